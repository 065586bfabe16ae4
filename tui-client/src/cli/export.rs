//! `rolo export`: a list as a file.

use std::{
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::{
    kind,
    list::{self, Choice},
    out::Out,
    session::Session,
    show::{self, Column},
};
use crate::{
    data::{Failure, exporter, importer::Cancel},
    files::write::Format,
    resource::{ListQuery, Record, Resource},
    strings::{Lang, fill},
};

/// Arguments of `rolo export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// What to write: customers, contacts, interactions, opportunities, products, dictionaries
    kind: String,
    /// Words to search for, and field:value
    words: Vec<String>,
    /// The file: .csv, .xlsx or .json (one object a line)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// The fields to write, with commas between
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    columns: Vec<String>,
    /// Headers as people read them instead of field names
    #[arg(long)]
    labels: bool,
    /// Take the place of a file that exists
    #[arg(long)]
    overwrite: bool,
    /// Say what was done as a JSON object; errors too, on stderr
    #[arg(long)]
    pub json: bool,
}

pub async fn run(session: &Session, args: &ExportArgs, out: &mut Out) -> Result<(), Failure> {
    let resource = kind(&args.kind)?;
    let format = exporter::format_of(&args.output)?;
    let named = show::columns_named(resource, &args.columns)?;
    let columns: Vec<Column> = if named.is_empty() { show::all_columns(resource) } else { named };
    let locale = &session.locale;
    let query = list::query(resource, &args.words, &args.choice, locale, &session.lookup).await?;
    let cancel = Cancel::default();
    super::import::cancel_on_interrupt(&cancel);
    let rows = if format == Format::Json {
        json_lines(session, resource, args, query, &columns, &cancel, out).await?
    } else {
        let header =
            |c: &Column| if args.labels { c.label(resource, locale.lang) } else { c.name(resource) }.to_owned();
        let job = exporter::Job {
            resource,
            query,
            limit: args.limit,
            path: args.output.clone(),
            headers: columns.iter().map(header).collect(),
            cells: &|record: &Record| columns.iter().map(|c| c.cell(resource, record, locale)).collect(),
            overwrite: args.overwrite,
        };
        exporter::run(session.client(), job, &cancel, |rows| out.progress(&rows.to_string())).await?
    };
    out.end_progress();
    let path = args.output.display();
    if args.json {
        return out.line(&json!({ "file": path.to_string(), "rows": rows }).to_string());
    }
    out.line(&match out.lang {
        Lang::En => fill("{} [record|records] written to {}", &[&rows, &path]),
        Lang::Zh => format!("已将 {rows} 条记录写入 {path}"),
    })
}

/// The same lines that `rolo list --json` writes, into a file that appears when it is whole.
async fn json_lines(
    session: &Session,
    resource: &dyn Resource,
    args: &ExportArgs,
    query: ListQuery,
    columns: &[Column],
    cancel: &Cancel,
    out: &mut Out,
) -> Result<u64, Failure> {
    let path = &args.output;
    let failed = |error: &io::Error| Failure::file(path, error);
    if !args.overwrite && path.exists() {
        return Err(failed(&io::ErrorKind::AlreadyExists.into()));
    }
    let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(beside).map_err(|error| failed(&error))?;
    let mut writer = BufWriter::new(file);
    let mut rows = 0;
    exporter::walk(session.client(), resource, query, args.limit, cancel, |records| {
        for record in records {
            writeln!(writer, "{}", show::object(resource, record, columns)).map_err(|error| failed(&error))?;
        }
        rows += records.len() as u64;
        out.progress(&rows.to_string());
        Ok(())
    })
    .await?;
    let file = writer.into_inner().map_err(|error| failed(error.error()))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    let kept = if args.overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(|_| rows).map_err(|error| failed(&error.error))
}
