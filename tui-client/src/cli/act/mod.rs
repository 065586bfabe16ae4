//! `rolo do`: a decision on records by id, or on all that a filter finds.

use clap::Args;
use rolo_proto::v1::{self, Selection};
use serde_json::json;

use super::{
    kind,
    list::{self, Choice},
    out::{Out, Tally},
    pairs,
    session::Session,
};
use crate::{
    data::{Failure, client::new_request_id},
    resource::{Resource, many},
};

mod deed;
mod many_at_once;
mod single;

use deed::Deed;

/// Arguments of `rolo do`.
#[derive(Debug, Args)]
pub struct DoArgs {
    /// The kind: customers, contacts, interactions, opportunities, products, steps
    kind: String,
    /// What to do
    #[arg(value_enum)]
    deed: Deed,
    /// Ids or numbers (- reads them from stdin); with set, also one field=value (field= empties it)
    #[arg(value_name = "ID|FIELD=VALUE")]
    arguments: Vec<String>,
    /// Instead of ids: all that fits, as rolo list has it
    #[arg(long, value_name = "FILTER")]
    filter: Vec<String>,
    /// Instead of ids: all of a shipped view
    #[arg(long, value_name = "VIEW")]
    view: Option<String>,
    /// To whom: account or name (assign, reassign)
    #[arg(long, value_name = "USER")]
    to: Option<String>,
    /// Why: a close reason (fail), or in words (reopen)
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// What happened (fail), or came of the step (result)
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Until when: 2026-12-01, +3d, fri ... (snooze)
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The customer that it becomes: id or number; else the linked one, or a new one (succeed)
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// With a filter: how many it should find; more than 5 % off changes nothing
    #[arg(long, value_name = "N")]
    expect: Option<i64>,
    /// Say what it would be about, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Names the change: the same id again changes nothing more
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// As JSON objects; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

impl DoArgs {
    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

/// What is meant: records by their keys, or all that a filter finds.
enum Meant {
    Keys(Vec<String>),
    All(Box<Selection>),
}

pub async fn run(session: &Session, args: &DoArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    args.deed.fits(resource)?;
    let (keys, given) = match args.deed {
        Deed::Set => pairs::split(&args.arguments),
        _ => (args.arguments.clone(), Vec::new()),
    };
    let keys = pairs::keys(&keys)?;
    let meant = meant(session, resource, keys, args).await?;
    if let (true, Meant::Keys(keys)) = (args.dry_run, &meant) {
        return look(session, resource, keys, args, out).await;
    }
    match (meant, args.deed.is_single()) {
        (Meant::Keys(keys), true) => single::run(session, resource, &keys, args, out).await,
        (Meant::All(_), true) => Err(Failure::usage(
            format!("{} takes ids, not a filter", args.deed.name()),
            format!("{} 需要指定 id，不能用筛选条件", args.deed.name()),
        )),
        (meant, false) => {
            let action = args.deed.action(session, resource, &given, args).await?;
            many_at_once::run(session, resource, meant, action, args, out).await
        }
    }
}

async fn meant(
    session: &Session,
    resource: &'static dyn Resource,
    keys: Vec<String>,
    args: &DoArgs,
) -> Result<Meant, Failure> {
    let by_filter = !args.filter.is_empty() || args.view.is_some();
    match (keys.is_empty(), by_filter) {
        // Never everything by accident: that is `--view all`.
        (true, false) => Err(Failure::usage(
            "Say which records: ids, - for ids on stdin, --filter or --view",
            "请指定记录：id、-（从标准输入读取 id）、--filter 或 --view",
        )),
        (false, true) => Err(Failure::usage("Say ids or a filter, not both", "id 与筛选条件只能指定其一")),
        (false, false) => Ok(Meant::Keys(keys)),
        (true, true) => {
            let choice = Choice { filter: args.filter.clone(), view: args.view.clone(), sort: None };
            let query = list::query(resource, &[], &choice, &session.locale, &session.lookup).await?;
            let selection = many::matching(resource.kind(), &query).ok_or_else(|| args.deed.unfit(resource))?;
            Ok(Meant::All(Box::new(selection)))
        }
    }
}

/// Says of each record what it is and whether it may be done.
async fn look(
    session: &Session,
    resource: &dyn Resource,
    keys: &[String],
    args: &DoArgs,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut tally = Tally::default();
    for key in keys {
        let outcome = resource.find(session.client(), key).await.and_then(|record| {
            let allowed = args.deed.right().is_none_or(|right| record.allowed.contains(&right));
            if args.json {
                return out.line(
                    &json!({ "id": record.id, "label": record.label, "allowed": allowed, "dry_run": true }).to_string(),
                );
            }
            let (id, label) = (record.id, &record.label);
            out.line(&match (out.lang, allowed) {
                (crate::strings::Lang::En, true) => format!("{id}  {label}: possible"),
                (crate::strings::Lang::En, false) => format!("{id}  {label}: not possible"),
                (crate::strings::Lang::Zh, true) => format!("{id}  {label}：可以执行"),
                (crate::strings::Lang::Zh, false) => format!("{id}  {label}：不能执行"),
            })
        });
        tally.add(key, outcome, out)?;
    }
    tally.end(out)
}

/// How many a filter finds.
async fn count(session: &Session, selection: Selection, action: v1::BulkAction) -> Result<i64, Failure> {
    let request = v1::PreviewBulkRequest { selection: Some(selection), action: Some(action) };
    let found: v1::PreviewBulkResponse =
        session.client().call(request, |c, r| async move { c.bulk().preview_bulk(r).await }).await?;
    Ok(found.total.map_or(0, |total| total.count))
}
