//! `rolo delete`: into the recycle bin.

use clap::Args;
use serde_json::json;

use super::{
    Change, edit, kind,
    out::{Out, Tally},
    pairs,
    session::Session,
    show,
};
use crate::{
    data::Failure,
    resource::{Record, Resource, WriteOptions},
    strings::Lang,
};

/// Arguments of `rolo delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// The kind: customer, contact, interaction, opportunity, step, product, dictionary
    kind: String,
    /// Ids, numbers or external ids; - reads them from stdin
    #[arg(required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    change: Change,
    /// As JSON objects; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &DeleteArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let keys = pairs::keys(&args.keys)?;
    let single = edit::one_revision(&keys, &args.change)?;
    let mut tally = Tally::default();
    for (n, key) in keys.iter().enumerate() {
        let request_id = edit::request_id(&args.change, n, single);
        let outcome = match one(session, resource, key, request_id, args.change.if_revision).await {
            Ok((record, operation)) => written(resource, &record, operation, args, out),
            Err(failure) if single => return Err(failure),
            Err(failure) => Err(failure),
        };
        tally.add(key, outcome, out)?;
    }
    tally.end(out)
}

async fn one(
    session: &Session,
    resource: &dyn Resource,
    key: &str,
    request_id: String,
    if_revision: Option<i64>,
) -> Result<(Record, i64), Failure> {
    let record = resource.find(session.client(), key).await?;
    // A delete never merges: it names the revision that it saw.
    let options = WriteOptions { request_id, revision: if_revision.unwrap_or(record.revision), ..Default::default() };
    let operation = resource.delete(session.client(), record.id, &options).await?;
    Ok((record, operation))
}

fn written(
    resource: &dyn Resource,
    record: &Record,
    operation: i64,
    args: &DeleteArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    if args.json {
        return out.line(&json!({ "id": record.id, "operation_id": operation }).to_string());
    }
    let called = show::called(resource, record);
    out.line(&match out.lang {
        Lang::En => format!("Deleted {called}; back with: rolo undo {operation}"),
        Lang::Zh => format!("已删除 {called}；恢复：rolo undo {operation}"),
    })
}
