//! Bringing a file in: what `rolo import` and the import screen both do. The client reads the file, the server decides
//! what each row means (`ImportService`); here is the walk from the one to the other.
//!
//! [`look`] opens the file and maps its columns. [`check`] walks the whole file without writing: what it names and nobody
//! has and, if asked, what each row would do. [`run`] writes, in calls of at most 1,000 rows under one operation. An import that
//! was interrupted is found again by the same person, file and options, and goes on where it ended.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rolo_proto::v1;

mod mapping;
mod reader;
mod write;

pub use mapping::{Mapped, Mapping, field, fields, fields_of_new, map, no_such_field};
pub use write::{Report, run};

use super::{Client, Failure, Reason};
use crate::{
    files,
    resource::{Field, Input, Resource, fold_name},
    strings::Lang,
};

/// What to import and how.
#[derive(Clone)]
pub struct Job {
    /// The kind of the rows.
    pub resource: &'static dyn Resource,
    /// The file.
    pub path: PathBuf,
    /// Encoding, sheet and delimiter, as far as they were said.
    pub file: files::Options,
    /// `(field, columns)`, said by hand.
    pub map: Vec<(String, String)>,
    /// Values for fields that are not mapped, or blank.
    pub defaults: Vec<(String, String)>,
    /// What happens to rows whose record exists.
    pub existing: v1::Existing,
    /// Add what does not exist: dictionary values, products, disabled accounts.
    pub create_missing: bool,
    /// How ambiguous dates are read.
    pub date_order: Option<files::dates::DateOrder>,
    /// Where the faulty rows go; none: beside the file.
    pub errors: Option<PathBuf>,
    /// The language of the errors file.
    pub lang: Lang,
}

/// Whether rows of a file can be records of a kind.
pub fn takes(kind: v1::Kind) -> bool {
    use v1::Kind;
    matches!(kind, Kind::Customer | Kind::Contact | Kind::Interaction | Kind::Opportunity | Kind::Product)
}

/// Stops a walk between two calls. What was written stays, and the import can go on later.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far a walk is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Rows behind us, faulty ones included.
    pub rows: u64,
    /// How many there will be, estimated.
    pub total: Option<u64>,
    /// What became of them so far; when checking, only `rows` counts.
    pub status: v1::ImportStatus,
    /// Rows of the file that could not be read.
    pub unreadable: u64,
}

/// What a walk tells on its way.
pub enum Event<'a> {
    /// How far it is; after each call.
    Progress(&'a Progress),
    /// What a row did or would do.
    Outcome(&'a v1::RowOutcome),
    /// A row of the file that could not be read.
    Unreadable(&'a files::RowFault),
}

/// An opened file.
pub struct Opened {
    /// Names of its columns.
    pub headers: Vec<String>,
    /// Format, encoding, sheet.
    pub kind: files::Kind,
    /// What goes where.
    pub mapping: Mapping,
    /// Its first rows.
    pub sample: Vec<files::RawRow>,
    /// BLAKE3 of its bytes.
    hash: blake3::Hash,
}

/// What some rows name and nobody has: a dictionary value, a product, somebody who had an opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The field.
    pub field: String,
    /// The dictionary type; `product`, `user`.
    pub what: String,
    /// As the file has it.
    pub text: String,
    /// In how many rows.
    pub rows: u64,
}

impl Missing {
    /// Added, it is an account with which nobody can sign in.
    pub fn is_account(&self) -> bool {
        self.what == "user"
    }
}

/// What a file error means as a failure.
pub fn file_failure(error: &files::FileError) -> Failure {
    Failure::local(Reason::File, error.message(Lang::En), error.message(Lang::Zh))
}

/// What a write error means as a failure.
pub fn write_failure(error: &files::messages::WriteError) -> Failure {
    Failure::local(Reason::File, error.message(Lang::En), error.message(Lang::Zh))
}

/// Opens the file, reads its first rows and maps its columns.
pub async fn look(job: &Job, sample: usize) -> Result<Opened, Failure> {
    let (path, options) = (job.path.clone(), job.file.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let mut table = files::open(&path, &options)?;
        let sample = table.rows().filter_map(Result::ok).take(sample).collect();
        let hash = table.hash()?;
        Ok((table.headers.clone(), table.kind.clone(), sample, hash))
    });
    let (headers, kind, sample, hash) =
        opened.await.map_err(Failure::unreachable)?.map_err(|error: files::FileError| file_failure(&error))?;
    let mapping = map(job.resource, &headers, &job.map)?;
    Ok(Opened { headers, kind, mapping, sample, hash })
}

impl Job {
    /// How rows are to be read, for the server.
    fn options(&self, mapping: &Mapping) -> Result<v1::ImportOptions, Failure> {
        let default = |(name, value): &(String, String)| {
            let (name, _) = field(self.resource, name).ok_or_else(|| no_such_field(self.resource, name))?;
            Ok((name, value.clone()))
        };
        Ok(v1::ImportOptions {
            kind: self.resource.kind().into(),
            fields: mapping.names(),
            defaults: self.defaults.iter().map(default).collect::<Result<_, Failure>>()?,
            existing: self.existing.into(),
            create_missing: self.create_missing,
            date_order: match self.date_order {
                None => v1::DateOrder::Unspecified,
                Some(files::dates::DateOrder::DayMonth) => v1::DateOrder::Dmy,
                Some(files::dates::DateOrder::MonthDay) => v1::DateOrder::Mdy,
            }
            .into(),
        })
    }

    /// Where the faulty rows go.
    pub fn errors_path(&self) -> PathBuf {
        self.errors.clone().unwrap_or_else(|| {
            let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
            let ending = match self.path.extension().and_then(|e| e.to_str()) {
                Some(e) if e.eq_ignore_ascii_case("xlsx") => "xlsx",
                _ => "csv",
            };
            self.path.with_file_name(format!("{stem}.errors.{ending}"))
        })
    }

    /// Names the import: the file and everything that changes what its rows mean.
    fn fingerprint(&self, opened: &Opened, options: &v1::ImportOptions) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(opened.hash.as_bytes());
        let mut defaults: Vec<_> = options.defaults.iter().collect();
        defaults.sort();
        let columns: Vec<_> = opened.mapping.fields.iter().map(|m| &m.columns).collect();
        let meaning = format!("{:?} {columns:?} {defaults:?} {:?} {}", options.fields, opened.kind, options.date_order);
        hasher.update(meaning.as_bytes());
        hasher.update(&[
            u8::from(self.file.no_header),
            u8::from(options.create_missing),
            u8::try_from(options.existing).unwrap_or(0),
        ]);
        hasher.finalize().as_bytes().to_vec()
    }
}

fn import_row(row: &reader::Row) -> v1::ImportRow {
    v1::ImportRow { line: i64::try_from(row.line).unwrap_or(i64::MAX), cells: row.cells.clone() }
}

/// Most different missing values that are listed; a column of names mapped to a dictionary has as many as rows.
const MOST_MISSING: usize = 1_000;

/// Walks the file without writing. Answers what it names and nobody has. With `every_row`, each row goes to the server and
/// its outcome is told (`--dry-run`); else only rows with a name that was not seen before do, and a file without such
/// columns costs no call.
pub async fn check(
    client: &Client,
    job: &Job,
    opened: &Opened,
    every_row: bool,
    cancel: &Cancel,
    mut tell: impl FnMut(Event<'_>) + Send,
) -> Result<Vec<Missing>, Failure> {
    let client = client.patient();
    let options = job.options(&opened.mapping)?;
    let choices = naming_cells(job.resource, &opened.mapping);
    let mut walk = Seen::default();
    let mut progress = Progress::default();
    let defaults_need_a_look = job
        .defaults
        .iter()
        .any(|(name, _)| field(job.resource, name).is_some_and(|(_, f)| names_what_may_be_added(job.resource, f)));
    if !every_row && choices.is_empty() && !defaults_need_a_look {
        return Ok(Vec::new());
    }
    let mut batches = reader::read(&job.path, &job.file, &opened.mapping);
    let mut first = defaults_need_a_look;
    while let Some(batch) = batches.recv().await {
        stop_if(cancel)?;
        let batch = batch.map_err(|error| file_failure(&error))?;
        if every_row {
            batch.faults.iter().for_each(|fault| tell(Event::Unreadable(fault)));
        }
        progress.unreadable += batch.faults.len() as u64;
        let mut rows = Vec::new();
        for row in &batch.rows {
            // Every row is counted; sent are those that may tell something new.
            let new = walk.count(&choices, &row.cells);
            if every_row || new || std::mem::take(&mut first) {
                rows.push(import_row(row));
            }
        }
        for rows in rows.chunks(LOOK) {
            let request = v1::CheckRowsRequest { options: Some(options.clone()), rows: rows.to_vec() };
            let reply: v1::CheckRowsResponse =
                client.call(request, |c, r| async move { c.imports().check_rows(r).await }).await?;
            if every_row {
                reply.outcomes.iter().for_each(|outcome| tell(Event::Outcome(outcome)));
            }
            walk.missing(reply.missing);
        }
        progress.rows = batch.progress.rows;
        progress.total = batch.progress.total_rows;
        tell(Event::Progress(&progress));
    }
    Ok(walk.found())
}

/// The most rows of one look.
const LOOK: usize = 200;

/// Whether a field names something that an import may add: a choice, and in an opportunity its product and its assignee.
fn names_what_may_be_added(resource: &dyn Resource, field: &Field) -> bool {
    let opportunity = resource.kind() == v1::Kind::Opportunity;
    match field.input {
        Input::Choice { .. } => true,
        Input::User | Input::Link(v1::Kind::Product) => opportunity,
        _ => false,
    }
}

/// Which cells of a row name such a thing: index and field.
fn naming_cells(resource: &dyn Resource, mapping: &Mapping) -> Vec<(usize, String)> {
    let names = |name: &str| field(resource, name).is_some_and(|(_, f)| names_what_may_be_added(resource, f));
    mapping.names().into_iter().enumerate().filter(|(_, name)| names(name)).collect()
}

/// The choices of a file: how many rows use each, and which of them do not exist.
#[derive(Default)]
struct Seen {
    rows: HashMap<(String, String), u64>,
    missing: Vec<Missing>,
    known_missing: HashSet<(String, String)>,
}

impl Seen {
    /// Counts the choices of a row; answers whether one was not seen before.
    fn count(&mut self, choices: &[(usize, String)], cells: &[String]) -> bool {
        let mut new = false;
        for (index, name) in choices {
            let Some(text) = cells.get(*index).map(|c| c.trim()).filter(|c| !c.is_empty()) else { continue };
            let key = (name.clone(), fold_name(text));
            // What does not fit any more is asked about each time: slower, but right and bounded.
            if self.rows.len() < 100 * MOST_MISSING || self.rows.contains_key(&key) {
                let count = self.rows.entry(key).or_insert(0);
                *count += 1;
                new |= *count == 1;
            } else {
                new = true;
            }
        }
        new
    }

    fn missing(&mut self, missing: Vec<v1::MissingValue>) {
        for value in missing {
            let key = (value.field.clone(), fold_name(&value.text));
            if self.missing.len() < MOST_MISSING && self.known_missing.insert(key) {
                let rows = u64::try_from(value.rows).unwrap_or(0);
                self.missing.push(Missing { field: value.field, what: value.r#type, text: value.text, rows });
            }
        }
    }

    fn found(mut self) -> Vec<Missing> {
        for value in &mut self.missing {
            if let Some(rows) = self.rows.get(&(value.field.clone(), fold_name(&value.text))) {
                value.rows = *rows;
            }
        }
        self.missing
    }
}

fn stop_if(cancel: &Cancel) -> Result<(), Failure> {
    if cancel.is_cancelled() {
        return Err(Failure::local(Reason::Cancelled, "Stopped; nothing was written", "已取消，未写入任何内容"));
    }
    Ok(())
}

/// Writes a template to fill in: headers, required columns marked, choices to pick from.
pub async fn template(
    resource: &'static dyn Resource,
    path: &Path,
    choices: &HashMap<&'static str, Vec<String>>,
    lang: Lang,
    overwrite: bool,
) -> Result<(), Failure> {
    use files::template::{ColumnKind, TemplateColumn};
    let column = |(name, field): (String, &'static Field)| TemplateColumn {
        label: super::failure::field_label(&name, lang),
        required: field.required && !name.contains('.'),
        kind: match field.input {
            Input::Int { .. } | Input::Stars | Input::Money => ColumnKind::Number,
            Input::Date => ColumnKind::Date,
            Input::Time => ColumnKind::DateTime,
            _ => ColumnKind::Text,
        },
        choices: match field.input {
            Input::Choice { dictionary } => choices.get(dictionary).cloned().unwrap_or_default(),
            Input::Fixed(items) => items.iter().map(|i| i.label.get(lang).to_owned()).collect(),
            Input::Stars => (1..=5).map(|n: u8| n.to_string()).collect(),
            _ => Vec::new(),
        },
    };
    let columns: Vec<TemplateColumn> = fields_of_new(resource).into_iter().map(column).collect();
    let (path, sheet) = (path.to_owned(), resource.labels().1.get(lang));
    tokio::task::spawn_blocking(move || files::template::write(&path, sheet, &columns, lang, overwrite))
        .await
        .map_err(Failure::unreachable)?
        .map_err(|error| write_failure(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_asked_about_once_and_counted_in_every_row() {
        let choices = vec![(1, "region".to_owned())];
        let mut seen = Seen::default();
        let row = |region: &str| vec!["Acme".to_owned(), region.to_owned()];
        assert!(seen.count(&choices, &row("火星")));
        assert!(!seen.count(&choices, &row(" 火星 ")));
        assert!(!seen.count(&choices, &row("")));
        assert!(seen.count(&choices, &row("北京")));
        let value =
            v1::MissingValue { field: "region".into(), r#type: "region".into(), text: "火星".into(), rows: 1 };
        seen.missing(vec![value.clone(), value]);
        let found = seen.found();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rows, 2);
    }
}
