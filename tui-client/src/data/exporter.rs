//! Writing what a list holds to a file: the list with another encoder, page after page of 1,000, in its own order and
//! columns. What `rolo export` and the screens both do. It asks for the right to export and is audited; formulas are
//! neutralised by the writer.

use std::path::{Path, PathBuf};

use super::{
    Client, Failure,
    importer::{Cancel, write_failure},
};
use crate::{
    data::Reason,
    files::write::{Cell, FileWriter, Format},
    resource::{ListQuery, Record, Resource},
};

/// Rows a page; the most the server gives to an export.
const PAGE: i32 = 1_000;

/// What to write and where.
pub struct Job<'a> {
    /// The kind of the records.
    pub resource: &'a dyn Resource,
    /// Which, in which order.
    pub query: ListQuery,
    /// At most this many.
    pub limit: Option<u64>,
    /// The file; its ending says the format.
    pub path: PathBuf,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The cells of a record, one a column.
    pub cells: &'a (dyn Fn(&Record) -> Vec<Cell> + Send + Sync),
    /// Take the place of a file that exists.
    pub overwrite: bool,
}

/// The format that the file's name asks for.
pub fn format_of(path: &Path) -> Result<Format, Failure> {
    Format::of_path(path).ok_or_else(|| {
        let path = path.display();
        Failure::usage(
            format!("{path}: the name must end in .csv, .xlsx or .json"),
            format!("{path}：文件名须以 .csv、.xlsx 或 .json 结尾"),
        )
    })
}

/// Writes the file; answers how many records it holds. `tell` hears the count after each page. A file that is not
/// finished does not appear.
pub async fn run(
    client: &Client,
    job: Job<'_>,
    cancel: &Cancel,
    mut tell: impl FnMut(u64) + Send,
) -> Result<u64, Failure> {
    let mut writer = FileWriter::create(&job.path, format_of(&job.path)?, &job.headers, job.overwrite)
        .map_err(|error| write_failure(&error))?;
    walk(client, job.resource, job.query, job.limit, cancel, |records| {
        for record in records {
            writer.row(&(job.cells)(record)).map_err(|error| write_failure(&error))?;
        }
        tell(writer.rows());
        Ok(())
    })
    .await?;
    // Completing a workbook compresses it: not on a thread that answers calls.
    tokio::task::spawn_blocking(move || writer.finish())
        .await
        .map_err(Failure::unreachable)?
        .map_err(|error| write_failure(&error))
}

/// Takes every record that the query finds, a page at a time, as an export.
pub async fn walk(
    client: &Client,
    resource: &dyn Resource,
    query: ListQuery,
    limit: Option<u64>,
    cancel: &Cancel,
    mut take: impl FnMut(&[Record]) -> Result<(), Failure> + Send,
) -> Result<(), Failure> {
    let client = client.patient();
    let mut query = ListQuery { export: true, page_token: String::new(), ..query };
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        if cancel.is_cancelled() {
            return Err(Failure::local(Reason::Cancelled, "Stopped; no file was written", "已取消，未写入文件"));
        }
        query.page_size = i32::try_from(left).unwrap_or(PAGE).min(PAGE);
        let mut page = resource.list(&client, &query).await?;
        page.records.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= page.records.len() as u64;
        take(&page.records)?;
        if page.next_page_token.is_empty() {
            break;
        }
        query.page_token = page.next_page_token;
    }
    Ok(())
}
