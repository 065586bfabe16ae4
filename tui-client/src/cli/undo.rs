//! `rolo undo`: takes an operation back, or does it again.

use clap::Args;
use rolo_proto::v1;
use serde_json::json;

use super::{out::Out, session::Session};
use crate::{
    data::{Failure, Reason, client::new_request_id, failure},
    resource,
    strings::Lang,
};

/// Arguments of `rolo undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The operation, as changes name it; without, the newest of one's own
    operation: Option<i64>,
    /// Do again what was taken back last
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
    };
    let mut kept = Vec::new();
    let done = session.client().undo(request, |step| {
        kept.extend(step.kept_records.iter().cloned());
        out.progress(&format!("{} / {}", step.done + step.kept, step.total));
    });
    let done = done.await?;
    out.end_progress();
    if args.json {
        let kept: Vec<_> = kept
            .iter()
            .map(|k| {
                let kind = v1::Kind::try_from(k.kind).ok().and_then(resource::of).map(|r| r.names().0);
                json!({ "kind": kind, "id": k.id, "label": k.label, "error": k.reason, "who": k.who })
            })
            .collect();
        out.line(
            &json!({ "operation_id": done.operation_id, "undo_operation_id": done.undo_operation_id,
                     "done": done.done, "kept": kept })
            .to_string(),
        )?;
    } else {
        out.line(&match out.lang {
            Lang::En => {
                let (verb, back) = if args.redo { ("Redone", "undo") } else { ("Undone", "redo") };
                format!(
                    "{verb}: {} of {} records; {back} with: rolo undo {}",
                    done.done, done.total, done.undo_operation_id
                )
            }
            Lang::Zh => {
                let (verb, back) = if args.redo { ("已重做", "撤销") } else { ("已撤销", "重做") };
                format!("{verb} {} / {} 条；{back}：rolo undo {}", done.done, done.total, done.undo_operation_id)
            }
        })?;
        for record in &kept {
            let detail = if record.who.is_empty() { &record.label } else { &record.who };
            let why = failure::row_fault_text(&record.reason, detail, out.lang);
            out.line(&match out.lang {
                Lang::En => format!("  kept {} ({}): {why}", record.label, record.id),
                Lang::Zh => format!("  保留 {}（{}）：{why}", record.label, record.id),
            })?;
        }
    }
    if done.kept == 0 {
        return Ok(());
    }
    let n = done.kept;
    Err(Failure::local(Reason::Stale, format!("{n} records were left as they are"), format!("{n} 条记录保持原样")))
}
