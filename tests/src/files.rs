//! Imports as a client makes them, without the file.

use anyhow::Result;
use rolo_proto::v1 as pb;
use tonic::Status;

use crate::{Session, world::request_id};

/// What to import.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// How the rows are to be read.
    pub options: pb::ImportOptions,
    /// Cells of the rows; the first stands on line 2.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Rows of these fields; what exists is left alone, what is missing is not added.
    pub fn new(kind: pb::Kind, fields: &[&str], rows: &[&[&str]]) -> Self {
        let texts = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        let options = pb::ImportOptions {
            kind: kind.into(),
            fields: fields.iter().map(|name| (*name).to_owned()).collect(),
            ..Default::default()
        };
        Self { options, rows: rows.iter().map(texts).collect() }
    }

    /// The same, and what is missing is added.
    pub fn creating(mut self) -> Self {
        self.options.create_missing = true;
        self
    }

    /// The same, and what exists is changed.
    pub fn updating(mut self) -> Self {
        self.options.existing = pb::Existing::Update.into();
        self
    }

    fn numbered(&self) -> Vec<pb::ImportRow> {
        (2..).zip(&self.rows).map(|(line, cells)| pb::ImportRow { line, cells: cells.clone() }).collect()
    }
}

/// What an import did.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Of each row.
    pub outcomes: Vec<pb::RowOutcome>,
    /// In all.
    pub status: pb::ImportStatus,
}

impl Imported {
    /// What the row of this place was refused for, as `field REASON detail`.
    pub fn faults(&self, row: usize) -> Vec<String> {
        faults(&self.outcomes, row)
    }
}

/// What the row of this place was refused for, as `field REASON detail`.
pub fn faults(outcomes: &[pb::RowOutcome], row: usize) -> Vec<String> {
    let told = outcomes.get(row).map(|outcome| outcome.faults.as_slice()).unwrap_or_default();
    told.iter().map(|one| [&*one.field, &*one.reason, &*one.detail].join(" ").trim().to_owned()).collect()
}

impl Session {
    /// Looks rows through without writing them.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn look_at(&self, sheet: &Sheet) -> Result<pb::CheckRowsResponse, Status> {
        let request = pb::CheckRowsRequest { options: Some(sheet.options.clone()), rows: sheet.numbered() };
        Ok(self.imports().check_rows(request).await?.into_inner())
    }

    /// Imports rows as one operation.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn import(&self, sheet: &Sheet) -> Result<Imported, Status> {
        let start = pb::StartImportRequest {
            options: Some(sheet.options.clone()),
            file_name: "客户.csv".into(),
            file_hash: blake3::hash(request_id().as_bytes()).as_bytes().to_vec(),
            request_id: request_id(),
        };
        let begun = self.imports().start_import(start).await?.into_inner();
        let (mut outcomes, mut first_row) = (Vec::new(), 0);
        for rows in sheet.numbered().chunks(1_000) {
            let write = pb::WriteRowsRequest { import_id: begun.id, first_row, rows: rows.to_vec() };
            outcomes.extend(self.imports().write_rows(write).await?.into_inner().outcomes);
            first_row += rows.len() as i64;
        }
        let finish = pb::FinishImportRequest { import_id: begun.id };
        Ok(Imported { outcomes, status: self.imports().finish_import(finish).await?.into_inner() })
    }
}
