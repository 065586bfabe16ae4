//! Requests that read and write files: the same walks that the command line does, with words for the screen.

use std::path::PathBuf;

use rolo_proto::v1::{Kind, RowOutcome, RowResult};

use super::{
    effect::{Checked, ImportJob, Looked, Reply},
    perform::{Tell, kind_of},
};
use crate::{
    data::{
        Client, Failure, exporter,
        failure::{field_label, row_fault_text},
        importer::{self, Cancel, Event, Job},
    },
    files::{self, dates::DateOrder},
    resource::{ListQuery, Record, parse, parse::Locale},
    strings::{Lang, fill, texts::Texts},
};

/// Rows of a check that are shown.
const SHOWN: usize = 200;

/// A path as people type it.
fn path(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Writes what a list holds, every field under its label.
pub async fn export(
    client: &Client,
    kind: Kind,
    query: ListQuery,
    typed: String,
    locale: Locale,
    tell: Tell,
) -> Result<Reply, Failure> {
    let resource = kind_of(kind)?;
    let fields = resource.fields();
    let cells = |record: &Record| {
        fields.iter().zip(&record.values).map(|(field, value)| parse::cell(field, value, locale.zone)).collect()
    };
    let path = path(&typed);
    let job = exporter::Job {
        resource,
        query,
        limit: None,
        path: path.clone(),
        headers: fields.iter().map(|f| f.label.get(locale.lang).to_owned()).collect(),
        cells: &cells,
        overwrite: false,
    };
    let rows = exporter::run(client, job, &Cancel::default(), |rows| tell(rows, 0)).await?;
    Ok(Reply::Exported(path.display().to_string(), rows))
}

fn job(job: &ImportJob) -> Result<Job, Failure> {
    Ok(Job {
        resource: kind_of(job.kind)?,
        path: path(&job.path),
        file: files::Options::default(),
        map: job.map.clone(),
        defaults: Vec::new(),
        existing: job.existing,
        create_missing: job.create_missing,
        date_order: job.day_first.map(|first| if first { DateOrder::DayMonth } else { DateOrder::MonthDay }),
        errors: None,
        lang: job.lang,
    })
}

/// Opens a file and maps its columns.
pub async fn look(asked: &ImportJob) -> Result<Reply, Failure> {
    let opened = importer::look(&job(asked)?, 20).await?;
    let about = match &opened.kind {
        files::Kind::Csv { encoding, .. } => encoding.name().to_owned(),
        files::Kind::Xlsx { sheet, .. } => sheet.clone(),
    };
    let mut fields = vec![String::new(); opened.headers.len()];
    for mapped in &opened.mapping.fields {
        for column in &mapped.columns {
            if let Some(slot) = fields.get_mut(*column) {
                slot.clone_from(&mapped.field);
            }
        }
    }
    let sample = |column: usize| {
        let values = opened.sample.iter().filter_map(|row| row.cells.get(column));
        values.map(String::as_str).find(|v| !matches!(v.trim(), "" | "NULL")).unwrap_or_default().to_owned()
    };
    let samples = (0..opened.headers.len()).map(sample).collect();
    Ok(Reply::Looked(Looked { about, headers: opened.headers, fields, samples }))
}

/// Walks the file without writing.
pub async fn check(client: &Client, asked: &ImportJob, tell: Tell) -> Result<Reply, Failure> {
    let job = job(asked)?;
    let opened = importer::look(&job, 1).await?;
    let mut checked = Checked::default();
    let missing = importer::check(client, &job, &opened, true, &asked.cancel, |event| match event {
        Event::Progress(p) => tell(p.rows, p.total.unwrap_or(0)),
        Event::Outcome(outcome) => note(&mut checked, outcome, asked.lang),
        Event::Unreadable(fault) => {
            checked.counts[4] += 1;
            if checked.rows.len() < SHOWN {
                let line = i64::try_from(fault.line).unwrap_or(0);
                checked.rows.push((line, String::new(), fault.message(asked.lang)));
            }
        }
    })
    .await?;
    let t = Texts::of(asked.lang);
    let told = |m: importer::Missing| {
        let rows =
            if m.is_account() && asked.create_missing { fill(t.as_disabled, &[&m.rows]) } else { m.rows.to_string() };
        (field_label(&m.field, asked.lang), m.text, rows)
    };
    checked.missing = missing.into_iter().map(told).collect();
    Ok(Reply::Checked(checked))
}

/// Counts a row's outcome; rows that are refused, changed, or not brought in whole are shown.
fn note(checked: &mut Checked, outcome: &RowOutcome, lang: Lang) {
    let t = Texts::of(lang);
    let (at, word) = match outcome.result() {
        RowResult::Created | RowResult::Unspecified => (0, t.would_create),
        RowResult::Updated => (1, t.would_update),
        RowResult::Skipped | RowResult::LeftOut => (2, t.would_skip),
        RowResult::Unchanged => (3, t.would_keep),
        RowResult::Refused => (4, t.would_refuse),
    };
    checked.counts[at] += 1;
    let left_out = outcome.second_result() == RowResult::LeftOut;
    if !matches!(at, 1 | 4) && !left_out && outcome.faults.is_empty() || checked.rows.len() >= SHOWN {
        return;
    }
    let changes = outcome.changes.iter().map(|c| format!("{} {} → {}", field_label(&c.field, lang), c.before, c.after));
    let faults = outcome.faults.iter().map(|f| {
        let (label, text) = (field_label(&f.field, lang), row_fault_text(f, lang));
        if label.is_empty() { text } else { format!("{label} {text}") }
    });
    let why: Vec<_> = changes.chain(faults).chain(left_out.then(|| t.left_out.to_owned())).collect();
    checked.rows.push((outcome.line, outcome.label.clone(), fill(t.colon, &[&word, &why.join(t.semicolon)])));
}

/// Imports.
pub async fn import(client: &Client, asked: &ImportJob, tell: Tell) -> Result<Reply, Failure> {
    let job = job(asked)?;
    let opened = importer::look(&job, 1).await?;
    let report = importer::run(client, &job, &opened, &asked.cancel, |event| {
        if let Event::Progress(p) = event {
            tell(p.rows, p.total.unwrap_or(0));
        }
    })
    .await?;
    Ok(Reply::Imported(Box::new(report)))
}
