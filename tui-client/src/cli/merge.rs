//! `rolo merge`: makes one of two customers that are the same.

use clap::Args;
use rolo_proto::v1;
use serde_json::json;

use super::{Change, kind, out::Out, session::Session};
use crate::{
    data::{Failure, client::new_request_id},
    overlay::undo::counts,
    resource::{self, Field, Record, Resource, parse},
    strings::Lang,
};

/// Arguments of `rolo merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The kind: customers
    kind: String,
    /// The one that stays: id, number or external id
    keep: String,
    /// The one that becomes part of it
    other: String,
    /// Fields whose value comes from the other one, with commas between; what is empty in the one that stays comes from
    /// there anyway
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    take: Vec<String>,
    /// Fields that stay as they are even if they are empty
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    leave: Vec<String>,
    /// Say where they differ and what would move, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    change: Change,
    /// As a JSON object; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &MergeArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    if resource.kind() != v1::Kind::Customer {
        return Err(Failure::usage("Only customers can be merged", "只有客户可以合并"));
    }
    let client = session.client();
    let (keep, other) = (resource.find(client, &args.keep).await?, resource.find(client, &args.other).await?);
    let request = v1::PreviewMergeRequest { keep_id: keep.id, merge_id: other.id };
    let look: v1::PreviewMergeResponse =
        client.call(request, |c, r| async move { c.customers().preview_merge(r).await }).await?;
    let (take, leave) = (wires(resource, &args.take)?, wires(resource, &args.leave)?);
    let suggested = look.suggested.iter().filter(|name| !leave.contains(name));
    let mut paths: Vec<String> = suggested.cloned().collect();
    paths.extend(take.into_iter().filter(|name| !look.suggested.contains(name)));
    if args.dry_run {
        return tell(resource, &look, &paths, args.json, out);
    }
    let revision = |of: &Option<v1::Customer>| of.as_ref().map_or(0, |customer| customer.revision);
    let mut request = v1::MergeCustomersRequest {
        keep_id: keep.id,
        keep_revision: args.change.if_revision.unwrap_or_else(|| revision(&look.keep)),
        merge_id: other.id,
        merge_revision: revision(&look.merge),
        take: Some(Default::default()),
        request_id: args.change.request_id.clone().unwrap_or_else(new_request_id),
    };
    request.take.get_or_insert_default().paths = paths;
    let done: v1::MergeCustomersResponse =
        client.call(request, |c, r| async move { c.customers().merge_customers(r).await }).await?;
    let customer = done.customer.unwrap_or_default();
    let operation = customer.operation_id;
    if args.json {
        return out.line(
            &json!({ "id": customer.id, "no": customer.no, "merged": other.id, "operation_id": operation,
                     "moved": by_kind(&done.moved) })
            .to_string(),
        );
    }
    let moved = counts(&done.moved, out.lang);
    out.line(&match out.lang {
        Lang::En => {
            format!("Merged {} into {} {}; back with: rolo undo {operation}", other.label, customer.no, customer.name)
        }
        Lang::Zh => format!("已将 {} 并入 {} {}；撤销：rolo undo {operation}", other.label, customer.no, customer.name),
    })?;
    if !moved.is_empty() {
        out.line(&match out.lang {
            Lang::En => format!("  moved: {moved}"),
            Lang::Zh => format!("  转入：{moved}"),
        })?;
    }
    Ok(())
}

fn by_kind(moved: &[v1::KindCount]) -> serde_json::Map<String, serde_json::Value> {
    let name = |kind: i32| v1::Kind::try_from(kind).ok().and_then(resource::of).map(|r| r.names().1.to_owned());
    moved.iter().filter_map(|one| Some((name(one.kind)?, one.count.into()))).collect()
}

/// The names on the wire of fields as a person names them. `field=other` says the same as `field`.
fn wires(resource: &dyn Resource, names: &[String]) -> Result<Vec<String>, Failure> {
    let wire = |name: &String| {
        let name = name.strip_suffix("=other").unwrap_or(name).trim();
        let field = resource.field(name).and_then(|index| resource.fields().get(index));
        field.and_then(|field| field.wire).map(str::to_owned).ok_or_else(|| {
            Failure::usage(format!("{name}: no field that can be taken over"), format!("{name}：没有可取用的字段"))
        })
    };
    names.iter().map(wire).collect()
}

/// Where they differ, which value is taken, and what moves.
fn tell(
    resource: &dyn Resource,
    look: &v1::PreviewMergeResponse,
    paths: &[String],
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    let keep = resource::customer(look.keep.clone().unwrap_or_default());
    let other = resource::customer(look.merge.clone().unwrap_or_default());
    let rows = resource.fields().iter().enumerate().filter_map(|(index, field)| {
        let wire = field.wire.filter(|wire| look.differing.iter().any(|name| name == wire))?;
        Some((index, field, paths.iter().any(|path| path == wire)))
    });
    if as_json {
        let value =
            |record: &Record, index: usize, field: &Field| record.values.get(index).map(|v| parse::json(field, v));
        let fields: Vec<_> = rows
            .map(|(index, field, taken)| {
                json!({ "field": field.name, "keep": value(&keep, index, field), "other": value(&other, index, field),
                        "take": if taken { "other" } else { "keep" } })
            })
            .collect();
        return out.line(
            &json!({ "keep": keep.id, "other": other.id, "fields": fields, "moves": by_kind(&look.moving) })
                .to_string(),
        );
    }
    for (index, field, taken) in rows {
        let text = |record: &Record| record.values.get(index).map_or_else(String::new, |v| words(field, v));
        let (left, right) = (text(&keep), text(&other));
        let mark = |chosen: bool| if chosen { "*" } else { " " };
        out.line(&format!("{}: {}{left} | {}{right}", field.label.get(out.lang), mark(!taken), mark(taken)))?;
    }
    let moving = counts(&look.moving, out.lang);
    out.line(&match out.lang {
        Lang::En => format!("moves: {}", if moving.is_empty() { "nothing" } else { &moving }),
        Lang::Zh => format!("转入：{}", if moving.is_empty() { "无" } else { &moving }),
    })
}

/// A value as JSON has it, without the quotes of a text.
fn words(field: &Field, value: &resource::Value) -> String {
    match parse::json(field, value) {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
