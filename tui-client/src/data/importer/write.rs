//! The writing walk of an import, with its errors file.

use std::path::PathBuf;

use rolo_proto::v1;

use super::{Cancel, Event, Job, Opened, Progress, file_failure, import_row, reader, write_failure};
use crate::{
    data::{Client, Failure, client::new_request_id, failure},
    files::{RowFault, errors_file::ErrorsFile},
    strings::Lang,
};

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The counts of the server, and the operation that takes all of it back.
    pub status: v1::ImportStatus,
    /// Rows of the file that could not be read.
    pub unreadable: u64,
    /// Where the faulty rows are, if there are any, and how many.
    pub errors: Option<(PathBuf, u64)>,
    /// Contacts and plan steps that did not come in because what they belong to is left as it is; of this run.
    pub left_out: u64,
    /// It was stopped and can go on later.
    pub stopped: bool,
}

impl Report {
    /// Rows that did not come in.
    pub fn refused(&self) -> u64 {
        self.unreadable + u64::try_from(self.status.refused).unwrap_or(0)
    }

    /// Whether there is anything to take back.
    pub fn wrote(&self) -> bool {
        self.status.operation_id != 0 && self.status.created + self.status.updated > 0
    }
}

/// Writes the file's rows. Rows that were written by an interrupted run of the same import are passed over.
pub async fn run(
    client: &Client,
    job: &Job,
    opened: &Opened,
    cancel: &Cancel,
    mut tell: impl FnMut(Event<'_>) + Send,
) -> Result<Report, Failure> {
    let client = client.patient();
    let options = job.options(&opened.mapping)?;
    let request = v1::StartImportRequest {
        file_hash: job.fingerprint(opened, &options),
        file_name: job.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        options: Some(options),
        request_id: new_request_id(),
    };
    let mut status: v1::ImportStatus =
        client.call(request, |c, r| async move { c.imports().start_import(r).await }).await?;
    let resumed = status.resumed;
    let mut errors = Errors::new(job, opened);
    let mut earlier = Earlier::of(&client, &status);
    let mut progress = Progress { status, ..Default::default() };
    let mut report = Report::default();
    let mut batches = reader::read(&job.path, &job.file, &opened.mapping);
    while let Some(batch) = batches.recv().await {
        if cancel.is_cancelled() {
            report.stopped = true;
            break;
        }
        // A file that cannot be read on leaves the import open: mended, it goes on from there or is undone whole.
        let batch = batch.map_err(|error| file_failure(&error))?;
        let mut faulty: Vec<Faulty<'_>> =
            batch.faults.iter().map(|fault| Faulty::unreadable(fault, job.lang)).collect();
        batch.faults.iter().for_each(|fault| tell(Event::Unreadable(fault)));
        report.unreadable += batch.faults.len() as u64;

        let next = u64::try_from(status.next_row).unwrap_or(0);
        let written = usize::try_from(next.saturating_sub(batch.first)).unwrap_or(usize::MAX).min(batch.rows.len());
        for (n, row) in batch.rows[..written].iter().enumerate() {
            if let Some(faults) = earlier.faults_of(batch.first + n as u64).await? {
                faulty.push(Faulty::refused(row, &faults, job.lang));
            }
        }
        let rows = &batch.rows[written..];
        if !rows.is_empty() {
            let request = v1::WriteRowsRequest {
                import_id: status.id,
                first_row: i64::try_from(batch.first + written as u64).unwrap_or(i64::MAX),
                rows: rows.iter().map(import_row).collect(),
            };
            let reply = client.call(request, |c, r| async move { c.imports().write_rows(r).await }).await;
            let reply: v1::WriteRowsResponse = reply.map_err(|failure| interrupted(failure, &status))?;
            for (row, outcome) in rows.iter().zip(&reply.outcomes) {
                if outcome.result() == v1::RowResult::Refused || !outcome.faults.is_empty() {
                    faulty.push(Faulty::refused(row, &outcome.faults, job.lang));
                }
                report.left_out += u64::from(outcome.second_result() == v1::RowResult::LeftOut);
                tell(Event::Outcome(outcome));
            }
            status = reply.status.unwrap_or(status);
        }
        faulty.sort_by_key(|f| f.line);
        faulty.iter().try_for_each(|f| errors.add(f))?;
        progress.rows = batch.progress.rows;
        progress.total = batch.progress.total_rows;
        progress.status = status;
        progress.unreadable = report.unreadable;
        tell(Event::Progress(&progress));
    }
    if !report.stopped {
        let request = v1::FinishImportRequest { import_id: status.id };
        status = client.call(request, |c, r| async move { c.imports().finish_import(r).await }).await?;
    }
    report.status = v1::ImportStatus { resumed, ..status };
    report.errors = errors.finish()?;
    Ok(report)
}

/// A call that failed in the middle: what was written stays, and how to go on.
fn interrupted(mut failure: Failure, status: &v1::ImportStatus) -> Failure {
    if !failure.is_retryable() {
        return failure;
    }
    let (row, operation) = (status.next_row, status.operation_id);
    failure.text = (
        format!(
            "The server was lost after row {row}: the same command goes on from there, rolo undo {operation} undoes it"
        ),
        format!("写入第 {row} 行后与服务器断开：重新执行同一命令可继续，rolo undo {operation} 可全部撤销"),
    );
    failure.worded = true;
    failure
}

/// A row for the errors file.
struct Faulty<'a> {
    line: u64,
    cells: &'a [String],
    field: String,
    reason: String,
}

impl<'a> Faulty<'a> {
    fn unreadable(fault: &'a RowFault, lang: Lang) -> Self {
        Self { line: fault.line, cells: &fault.cells, field: String::new(), reason: fault.message(lang) }
    }

    fn refused(row: &'a reader::Row, faults: &[v1::RowFault], lang: Lang) -> Self {
        let fields: Vec<String> =
            faults.iter().filter(|f| !f.field.is_empty()).map(|f| failure::field_label(&f.field, lang)).collect();
        let reasons: Vec<String> = faults.iter().map(|f| failure::row_fault_text(f, lang)).collect();
        Self { line: row.line, cells: &row.raw, field: fields.join(", "), reason: reasons.join("; ") }
    }
}

/// The errors file, made with the first faulty row.
struct Errors<'a> {
    job: &'a Job,
    headers: &'a [String],
    path: PathBuf,
    file: Option<ErrorsFile>,
}

impl<'a> Errors<'a> {
    fn new(job: &'a Job, opened: &'a Opened) -> Self {
        Self { job, headers: &opened.headers, path: job.errors_path(), file: None }
    }

    fn add(&mut self, row: &Faulty<'_>) -> Result<(), Failure> {
        let file = match self.file.take() {
            Some(file) => file,
            None if same_file(&self.path, &self.job.path) => {
                let path = self.path.display();
                return Err(Failure::usage(
                    format!("{path} is the file that is read: say another one with --errors"),
                    format!("{path} 是正在读取的文件，请用 --errors 指定其他文件"),
                ));
            }
            None => ErrorsFile::create(&self.path, self.headers, self.job.lang, true).map_err(|e| write_failure(&e))?,
        };
        self.file.insert(file).add(row.cells, row.line, &row.field, &row.reason).map_err(|e| write_failure(&e))
    }

    fn finish(self) -> Result<Option<(PathBuf, u64)>, Failure> {
        let Some(file) = self.file else { return Ok(None) };
        let rows = file.finish().map_err(|e| write_failure(&e))?;
        Ok((rows > 0).then_some((self.path, rows)))
    }
}

fn same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// The rows that an interrupted run was refused, in file order, a page at a time.
struct Earlier<'a> {
    client: &'a Client,
    import_id: i64,
    rows: std::collections::VecDeque<v1::list_import_faults_response::Row>,
    page_token: Option<String>,
}

impl<'a> Earlier<'a> {
    fn of(client: &'a Client, status: &v1::ImportStatus) -> Self {
        let page_token = (status.resumed && status.refused > 0).then(String::new);
        Self { client, import_id: status.id, rows: std::collections::VecDeque::new(), page_token }
    }

    /// Why that row was refused, if it was; to be asked in file order.
    async fn faults_of(&mut self, row: u64) -> Result<Option<Vec<v1::RowFault>>, Failure> {
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        loop {
            while self.rows.front().is_some_and(|r| r.row < row) {
                self.rows.pop_front();
            }
            if let Some(front) = self.rows.front() {
                if front.row > row {
                    return Ok(None);
                }
                return Ok(self.rows.pop_front().map(|r| r.faults));
            }
            let Some(page_token) = self.page_token.take() else { return Ok(None) };
            let request = v1::ListImportFaultsRequest { import_id: self.import_id, page_size: 200, page_token };
            let reply: v1::ListImportFaultsResponse =
                self.client.call(request, |c, r| async move { c.imports().list_import_faults(r).await }).await?;
            self.rows = reply.rows.into();
            self.page_token = Some(reply.next_page_token).filter(|t| !t.is_empty());
        }
    }
}
