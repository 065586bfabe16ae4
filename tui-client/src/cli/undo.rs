//! `rolo undo`: takes an operation back, or does it again. `rolo import undo` goes the same way after a look.

use clap::Args;
use rolo_proto::v1;
use serde_json::{Value as Json, json};

use super::{out::Out, session::Session};
use crate::{
    data::{Failure, Reason, client::new_request_id, failure},
    resource,
    strings::{Lang, fill},
};

/// Arguments of `rolo undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The operation, as changes name it; without, the newest of one's own
    operation: Option<i64>,
    /// Do again what was undone last
    #[arg(long, conflicts_with = "operation")]
    redo: bool,
    /// Names the undo: the same id again undoes nothing more
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// As a JSON object; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &UndoArgs, out: &mut Out) -> Result<(), Failure> {
    let request = v1::UndoRequest {
        operation_id: args.operation.unwrap_or(0),
        redo: args.redo,
        request_id: args.request_id.clone().unwrap_or_else(new_request_id),
        preview: false,
    };
    take_back(session, request, args.json, out).await
}

/// Takes back and tells what was kept and why; fails as stale if anything was.
pub async fn take_back(
    session: &Session,
    request: v1::UndoRequest,
    as_json: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    let redo = request.redo;
    let (done, kept) = run_through(session, request, out).await?;
    if as_json {
        out.line(&json(&done, &kept).to_string())?;
    } else {
        let (n, m, total, back) = (done.done, done.kept, done.total, done.undo_operation_id);
        out.line(&match (out.lang, redo) {
            (Lang::En, false) => fill("Undone: {} of {} [record|records]{}", &[&n, &total, &kept_en(m)]),
            (Lang::En, true) => fill("Redone: {} of {} [record|records]{}", &[&n, &total, &kept_en(m)]),
            (Lang::Zh, false) => format!("已撤销 {n} / {total} 条{}", kept_zh(m)),
            (Lang::Zh, true) => format!("已重做 {n} / {total} 条{}", kept_zh(m)),
        })?;
        tell_kept(&kept, out)?;
        if back > 0 {
            match redo {
                false => out.note(&format!("Redo with: rolo undo {back}"), &format!("重做：rolo undo {back}")),
                true => out.note(&format!("Undo with: rolo undo {back}"), &format!("撤销：rolo undo {back}")),
            }
        }
    }
    if done.kept == 0 {
        return Ok(());
    }
    let n = done.kept;
    let left = fill("{} [record was left as it is|records were left as they are]", &[&n]);
    Err(Failure::local(Reason::Stale, left, format!("{n} 条记录保持原样")))
}

fn kept_en(kept: i64) -> String {
    if kept == 0 { String::new() } else { format!(", {kept} kept:") }
}

fn kept_zh(kept: i64) -> String {
    if kept == 0 { String::new() } else { format!("，保留 {kept} 条：") }
}

/// The whole stream: its last word, and all that is kept.
pub async fn run_through(
    session: &Session,
    request: v1::UndoRequest,
    out: &mut Out,
) -> Result<(v1::UndoProgress, Vec<v1::KeptRecord>), Failure> {
    let mut kept = Vec::new();
    let done = session.client().undo(request, |step| {
        kept.extend(step.kept_records.iter().cloned());
        out.progress(&format!("{} / {}", step.done + step.kept, step.total));
    });
    let done = done.await;
    out.end_progress();
    Ok((done?, kept))
}

/// As JSON: what was done, and each record that was kept.
pub fn json(done: &v1::UndoProgress, kept: &[v1::KeptRecord]) -> Json {
    let name = |kind: i32| v1::Kind::try_from(kind).ok().and_then(resource::of).map(|r| r.names().0);
    let kept: Vec<_> = kept
        .iter()
        .map(|k| {
            json!({ "kind": name(k.kind), "id": k.id, "label": k.label, "error": k.reason, "who": k.who,
                    "at": (k.at > 0).then(|| resource::parse::rfc3339(k.at)) })
        })
        .collect();
    let counts: serde_json::Map<_, _> =
        done.counts.iter().filter_map(|c| Some((name(c.kind)?.to_owned(), c.count.into()))).collect();
    json!({ "operation_id": done.operation_id,
            "undo_operation_id": (done.undo_operation_id > 0).then_some(done.undo_operation_id),
            "done": done.done, "counts": counts, "kept": kept })
}

/// A line for each record that is kept: what it is, and why.
pub fn tell_kept(kept: &[v1::KeptRecord], out: &mut Out) -> Result<(), Failure> {
    for record in kept {
        let why = failure::kept_text(&record.reason, &record.who, out.lang);
        out.line(&match out.lang {
            Lang::En => format!("  kept {} ({}): {why}", record.label, record.id),
            Lang::Zh => format!("  保留 {}（{}）：{why}", record.label, record.id),
        })?;
    }
    Ok(())
}
