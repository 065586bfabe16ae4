//! The deeds that the server does to many at once: one operation, a result a record.

use std::collections::BTreeMap;

use rolo_proto::v1::{self, BulkAction, BulkProgress, KindCount, RunBulkRequest};
use serde_json::{Value as Json, json};

use super::{DoArgs, Meant, count};
use crate::{
    cli::{
        out::{Out, Tally},
        session::Session,
    },
    data::{Failure, Fault, Reason, failure, importer::Cancel},
    overlay::{bulk::MOST, undo::counts},
    resource::{Resource, many},
    strings::{Lang, fill},
};

pub async fn run(
    session: &Session,
    resource: &'static dyn Resource,
    meant: Meant,
    action: BulkAction,
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    let (keys, selection, previewed) = match meant {
        Meant::Keys(keys) => {
            let ids = ids(session, resource, &keys).await?;
            let count = ids.len() as i64;
            let keys: BTreeMap<i64, String> = ids.iter().copied().zip(keys).collect();
            (keys, many::these(resource.kind(), ids), count)
        }
        Meant::All(selection) => {
            let found = match count(session, (*selection).clone(), action.clone()).await {
                // None is an answer, not a mistake.
                Err(failure) if is_out_of_range(&failure) => {
                    return nothing_or_too_many(session, resource, args, out).await;
                }
                found => found?,
            };
            if args.dry_run {
                return would(resource, found, args, out);
            }
            (BTreeMap::new(), *selection, args.expect.unwrap_or(found))
        }
    };
    if keys.len() > MOST {
        return Err(too_many());
    }
    let request =
        RunBulkRequest { selection: Some(selection), action: Some(action), previewed, request_id: args.request_id() };
    let cancel = Cancel::default();
    let done = session.client().run_bulk(request, &cancel, |step| {
        out.progress(&format!("{} / {}", step.done + step.unchanged + step.refused, step.total));
    });
    let done = done.await;
    out.end_progress();
    tell(resource, &keys, &done?, args, out)
}

/// Numbers are ids; what else people call a record is looked up.
async fn ids(session: &Session, resource: &dyn Resource, keys: &[String]) -> Result<Vec<i64>, Failure> {
    let mut ids = Vec::with_capacity(keys.len());
    for key in keys {
        ids.push(match key.trim().parse() {
            Ok(id) => id,
            Err(_) => resource.find(session.client(), key).await?.id,
        });
    }
    Ok(ids)
}

fn is_out_of_range(failure: &Failure) -> bool {
    failure.violations.iter().any(|v| v.field == "selection" && matches!(v.fault, Fault::OutOfRange(_)))
}

fn too_many() -> Failure {
    Failure::local(
        Reason::Validation,
        "One action takes at most 10,000 records: narrow the filter",
        "一次操作最多 10,000 条记录：请缩小筛选范围",
    )
}

/// The server names one range for none and for too many; a list tells which it is.
async fn nothing_or_too_many(
    session: &Session,
    resource: &'static dyn Resource,
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    let choice = crate::cli::list::Choice { filter: args.filter.clone(), view: args.view.clone(), sort: None };
    let mut query = crate::cli::list::query(resource, &[], &choice, &session.locale, &session.lookup).await?;
    query.page_size = 1;
    let first = resource.list(session.client(), &query).await?;
    if !first.records.is_empty() || !first.next_page_token.is_empty() {
        return Err(too_many());
    }
    if args.dry_run {
        would(resource, 0, args, out)
    } else {
        tell(resource, &BTreeMap::new(), &BulkProgress::default(), args, out)
    }
}

fn would(resource: &dyn Resource, found: i64, args: &DoArgs, out: &mut Out) -> Result<(), Failure> {
    if args.json {
        return out.line(&json!({ "total": found, "dry_run": true }).to_string());
    }
    let records = in_words(resource, found, out.lang);
    out.line(&match out.lang {
        Lang::En => format!("It would be about {records}"),
        Lang::Zh => format!("将涉及：{records}"),
    })
}

fn in_words(resource: &dyn Resource, count: i64, lang: Lang) -> String {
    match count {
        0 => match lang {
            Lang::En => format!("no {}", resource.labels().1.en.to_lowercase()),
            Lang::Zh => format!("{} 0", resource.labels().1.zh),
        },
        count => counts(&[KindCount { kind: resource.kind().into(), count }], lang),
    }
}

/// Each record that was given by its key with what became of it; of a filter the figures.
fn tell(
    resource: &dyn Resource,
    keys: &BTreeMap<i64, String>,
    done: &BulkProgress,
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    let operation = (done.operation_id > 0).then_some(done.operation_id);
    if args.json && !keys.is_empty() {
        let refused: BTreeMap<i64, &v1::BulkResult> = done.results.iter().map(|row| (row.id, row)).collect();
        for id in keys.keys().filter(|id| !refused.contains_key(id)) {
            out.line(&json!({ "id": id, "result": "done", "operation_id": operation }).to_string())?;
        }
        for (id, row) in &refused {
            let mut object = failure::refused(row).json(out.lang);
            (object["id"], object["result"], object["label"]) = ((*id).into(), "refused".into(), name(&row.label));
            out.line(&object.to_string())?;
        }
    }
    let mut tally = Tally::default();
    for row in &done.results {
        let key = keys.get(&row.id).cloned().unwrap_or_else(|| row.id.to_string());
        // The name of some kinds begins with the number.
        let key = match row.label.as_str() {
            label if label.is_empty() || args.json => key,
            label if label.starts_with(&format!("{key} ")) => label.to_owned(),
            label => format!("{key} {label}"),
        };
        tally.add(&key, Err(failure::refused(row)), out)?;
    }
    if args.json && keys.is_empty() {
        out.line(
            &json!({ "operation_id": operation, "done": done.done, "unchanged": done.unchanged,
                     "refused": done.refused, "total": done.total })
            .to_string(),
        )?;
    }
    if !args.json {
        summary(resource, done, args, out)?;
    }
    tally.end(out)
}

fn name(label: &str) -> Json {
    if label.is_empty() { Json::Null } else { label.into() }
}

fn summary(resource: &dyn Resource, done: &BulkProgress, args: &DoArgs, out: &mut Out) -> Result<(), Failure> {
    let (deed, records) = (args.deed.name(), in_words(resource, done.done, out.lang));
    let mut text = match out.lang {
        Lang::En => format!("{deed}: {records} done"),
        Lang::Zh => format!("{deed}：已完成 {records}"),
    };
    for (count, en, zh) in
        [(done.unchanged, "{} [was|were] so already", "本就如此"), (done.refused, "{} refused", "被拒绝")]
    {
        if count > 0 {
            text.push_str(&match out.lang {
                Lang::En => format!(", {}", fill(en, &[&count])),
                Lang::Zh => format!("，{count} 条{zh}"),
            });
        }
    }
    if done.operation_id > 0 && done.done > 0 {
        let operation = done.operation_id;
        text.push_str(&match out.lang {
            Lang::En => format!("; back with: rolo undo {operation}"),
            Lang::Zh => format!("；撤销：rolo undo {operation}"),
        });
    }
    out.line(&text)
}
