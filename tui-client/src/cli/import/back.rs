//! `rolo import list` and `rolo import undo`: which imports there were, and taking one back after a look.

use clap::{Args, Subcommand};
use rolo_proto::v1;
use serde_json::json;

use super::super::{ask, out::Out, session::Session, undo};
use crate::{
    data::{Failure, Reason, client::new_request_id},
    overlay::undo::counts,
    resource::{self, parse},
    screen::show,
    strings::Lang,
};

/// What is done with imports that were.
#[derive(Debug, Subcommand)]
pub enum Earlier {
    /// One's own imports, newest first
    List(ListArgs),
    /// Undo a whole import: what was changed since is listed first, and kept
    Undo(UndoArgs),
}

impl Earlier {
    /// Whether errors are JSON too.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::List(args) => args.json,
            Self::Undo(args) => args.json,
        }
    }
}

/// Arguments of `rolo import list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// One JSON object a line; errors too, on stderr
    #[arg(long)]
    json: bool,
}

/// Arguments of `rolo import undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The import, by the number that its result and `rolo import list` show
    batch: i64,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Say what would be undone and kept, and write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// As a JSON object; errors too, on stderr
    #[arg(long)]
    json: bool,
}

pub async fn run(session: &Session, earlier: &Earlier, out: &mut Out) -> Result<(), Failure> {
    match earlier {
        Earlier::List(args) => list(session, args, out).await,
        Earlier::Undo(args) => take_back(session, args, out).await,
    }
}

async fn list(session: &Session, args: &ListArgs, out: &mut Out) -> Result<(), Failure> {
    let mut request = v1::ListOperationsRequest { imports: true, ..Default::default() };
    let mut left = args.limit;
    while left > 0 {
        request.page_size = i32::try_from(left).unwrap_or(i32::MAX).min(200);
        let page: v1::ListOperationsResponse = session
            .client()
            .call(request.clone(), |c, r| async move { c.operations().list_operations(r).await })
            .await?;
        for operation in page.operations.iter().take(left) {
            out.line(&told(session, operation, args.json))?;
        }
        left = left.saturating_sub(page.operations.len());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    Ok(())
}

fn told(session: &Session, operation: &v1::Operation, as_json: bool) -> String {
    let resource = v1::Kind::try_from(operation.kind).ok().and_then(resource::of);
    if as_json {
        return json!({ "batch": operation.id, "at": parse::rfc3339(operation.at), "file": operation.file_name,
                       "kind": resource.map(|r| r.names().1), "records": operation.records,
                       "undone": operation.undone_by > 0 })
        .to_string();
    }
    let lang = session.locale.lang;
    let undone = match (operation.undone_by > 0, lang) {
        (false, _) => "",
        (true, Lang::En) => "  undone",
        (true, Lang::Zh) => "  已撤销",
    };
    let kind = resource.map_or("", |r| r.labels().1.get(lang));
    let at = show::exact(operation.at, session.locale.zone);
    let records = show::thousands(operation.records);
    format!("{:>6}  {at}  {kind}  {records}  {}{undone}", operation.id, operation.file_name)
}

async fn take_back(session: &Session, args: &UndoArgs, out: &mut Out) -> Result<(), Failure> {
    if !args.yes && !args.dry_run && !ask::possible() {
        return Err(Failure::usage(
            "Nobody can be asked here: say --yes, or look first with --dry-run",
            "此处无法询问：请加 --yes，或先用 --dry-run 查看",
        ));
    }
    let request = v1::UndoRequest { operation_id: args.batch, preview: true, ..Default::default() };
    let (look, kept) = undo::run_through(session, request, out).await?;
    if look.method != "StartImport" {
        return Err(Failure::usage(
            format!("{0} is no import: rolo undo {0} undoes it", args.batch),
            format!("{0} 不是导入，可用 rolo undo {0} 撤销", args.batch),
        ));
    }
    if args.json && args.dry_run {
        return out.line(&undo::json(&look, &kept).to_string());
    }
    if !args.json {
        let (n, m, of) = (show::thousands(look.done), show::thousands(look.kept), counts(&look.counts, out.lang));
        out.line(&match out.lang {
            Lang::En => format!("Import {}: {n} would be undone ({of}), {m} kept", args.batch),
            Lang::Zh => format!("导入 {}：将撤销 {n} 条（{of}），保留 {m} 条", args.batch),
        })?;
        if args.dry_run || !args.yes {
            undo::tell_kept(&kept, out)?;
        }
    }
    if args.dry_run {
        return Ok(());
    }
    out.flush()?;
    if !args.yes {
        let answer = ask::line(match out.lang {
            Lang::En => "Undo it? [y/N] ",
            Lang::Zh => "确认撤销？[y/N] ",
        })?;
        if !matches!(answer.to_lowercase().as_str(), "y" | "yes" | "是") {
            return Err(Failure::local(Reason::Cancelled, "Nothing was undone", "未撤销任何记录"));
        }
    }
    // Interrupted, the same command goes on: what is taken back already is not taken back twice.
    let request = v1::UndoRequest { operation_id: args.batch, request_id: new_request_id(), ..Default::default() };
    undo::take_back(session, request, args.json, out).await
}
