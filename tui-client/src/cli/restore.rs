//! `rolo restore`: out of the recycle bin.

use clap::Args;

use super::{
    Change, Shape, edit, kind,
    out::{Out, Tally},
    pairs,
    session::Session,
    show,
};
use crate::{
    data::Failure,
    resource::{Record, Resource, WriteOptions},
};

/// Arguments of `rolo restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The kind: customer, contact, interaction, opportunity, step, product, dictionary
    kind: String,
    /// Ids, numbers or external ids; - reads them from stdin
    #[arg(required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    pub shape: Shape,
}

pub async fn run(session: &Session, args: &RestoreArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let keys = pairs::keys(&args.keys)?;
    let single = edit::one_revision(&keys, &args.change)?;
    let mut tally = Tally::default();
    for (n, key) in keys.iter().enumerate() {
        let request_id = edit::request_id(&args.change, n, single);
        let outcome = match one(session, resource, key, request_id, args.change.if_revision).await {
            Ok(record) => {
                let called = show::called(resource, &record);
                let said = (&*format!("Restored {called}"), &*format!("已恢复 {called}"));
                show::outcome(resource, &record, &session.locale, &args.shape, said, out)
            }
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
) -> Result<Record, Failure> {
    let record = resource.find(session.client(), key).await?;
    let options = WriteOptions { request_id, revision: if_revision.unwrap_or(record.revision), ..Default::default() };
    resource.restore(session.client(), record.id, &options).await
}
