//! A row, record by record: looked at (CheckRows) or written (WriteRows).

use std::collections::HashSet;

use rolo_proto::v1::{ImportRow, RowOutcome, RowResult};

use super::{
    faults::Stop,
    key::Key,
    lookups::Lacking,
    matching,
    record::{Missing, Reader, Record},
    rules::Sheet,
    steps::{Parent, Step},
    writing,
};
use crate::{
    authz::{Actor, Permission},
    change::Change,
    db::{Tx, params},
    dictionary,
    error::{Error, Result},
    fields::value_of,
    products,
    settings::Settings,
    users,
    value::Value,
};

/// A record of the second kind, with what stands before the names of its fields.
type Second = (Record, &'static str, Sheet);

/// What is true of all rows of one call.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Reads the rows.
    pub reader: Reader<'a>,
    /// The company's settings.
    pub settings: &'a Settings,
    /// What rows name and nobody has is added.
    pub create_missing: bool,
    /// What is missing and how many rows of this call use each: told by a look.
    pub missing: Vec<(Missing, i64)>,
    /// The import's operation; none for a look.
    pub operation_id: Option<i64>,
    /// What the rows before make, for a look; see [`Key::marks`].
    pub made: HashSet<String>,
}

impl Desk<'_> {
    pub(super) fn actor(&self) -> &Actor {
        self.reader.actor
    }

    /// What a row would do.
    ///
    /// # Errors
    /// The server cannot go on; what is wrong with the row is in the outcome.
    pub fn look(&mut self, tx: &Tx<'_>, row: &ImportRow) -> Result<RowOutcome> {
        let outcome = self.looked(tx, row);
        finished(row, outcome)
    }

    fn looked(&mut self, tx: &Tx<'_>, row: &ImportRow) -> Result<RowOutcome, Stop> {
        let sheet = self.reader.layout.sheet;
        let record = self.reader.record(tx, row, false)?;
        let second = self.second(tx, row)?;
        let mut marks = Vec::new();
        let step =
            self.step(tx, sheet, &record, Parent::Named, &mut marks).map_err(|stop| and_of_second(stop, &second))?;
        writing::check(tx, self.reader.actor, self.settings, sheet, &step)?;
        let mut outcome = outcome(tx, sheet, &step)?;
        outcome.changes = writing::changes(tx, self.settings, sheet, &step, "")?;
        if let Some(left) = self.left_out(tx, sheet, &step, second.as_ref())? {
            outcome.second_result = left.into();
        } else if let Some((second, prefix, sheet)) = second {
            let of_second = |stop: Stop| stop.of_second(prefix);
            let step = self.step(tx, sheet, &second, parent(&step), &mut marks).map_err(of_second)?;
            writing::check(tx, self.reader.actor, self.settings, sheet, &step)
                .map_err(|stop| stop.of_second(prefix))?;
            outcome.second_result = step.result().into();
            outcome.changes.extend(writing::changes(tx, self.settings, sheet, &step, prefix)?);
        }
        self.made.extend(marks);
        Ok(outcome)
    }

    /// Does what a row does, or nothing of it.
    ///
    /// # Errors
    /// The server cannot go on; what is wrong with the row is in the outcome.
    pub fn write(&mut self, change: &mut Change<'_, '_>, row: &ImportRow) -> Result<RowOutcome> {
        let mut refused = None;
        let outcome = change.attempt(|change| {
            self.written(change, row).map_err(|stop| match stop {
                Stop::Failed(error) => error,
                faults => {
                    refused = Some(faults);
                    Error::NotFound
                }
            })
        });
        self.reader.lookups.settle(outcome.is_ok());
        match (refused, outcome) {
            (Some(faults), Err(Error::NotFound)) => finished(row, Err(faults)),
            (_, outcome) => finished(row, outcome.map_err(Stop::Failed)),
        }
    }

    /// As [`Desk::write`], without a savepoint for the row, which costs as much as a tenth of it: nearly every row that
    /// is refused is so before it has written anything. None if it had, and all that this transaction did must go.
    ///
    /// # Errors
    /// The server cannot go on.
    pub fn write_lightly(&mut self, change: &mut Change<'_, '_>, row: &ImportRow) -> Result<Option<RowOutcome>> {
        let before = change.tx().changes();
        let outcome = self.written(change, row);
        // A failure of the engine is none of the row's, and may have ended the transaction.
        if matches!(outcome, Err(Stop::Refused(_))) && change.tx().changes() != before {
            return Ok(None);
        }
        self.reader.lookups.settle(outcome.is_ok());
        finished(row, outcome).map(Some)
    }

    fn written(&mut self, change: &mut Change<'_, '_>, row: &ImportRow) -> Result<RowOutcome, Stop> {
        let tx = change.tx();
        let sheet = self.reader.layout.sheet;
        let record = self.reader.record(tx, row, false)?;
        let second = self.second(tx, row)?;
        let mut step = self
            .step(tx, sheet, &record, Parent::Named, &mut Vec::new())
            .map_err(|stop| and_of_second(stop, &second))?;
        self.add_missing(change, &mut step)?;
        let result = step.result();
        let id = writing::carry_out(change, self.settings, sheet, &step, Permission::ContactWrite)?;
        let mut outcome = RowOutcome { result: result.into(), ..labelled(tx, sheet, id)? };
        if let Some(left) = self.left_out(tx, sheet, &step, second.as_ref())? {
            outcome.second_result = left.into();
        } else if let Some((second, prefix, sheet)) = second {
            let of_second = |stop: Stop| stop.of_second(prefix);
            let mut step = self
                .step(tx, sheet, &second, Parent::Is(id), &mut Vec::new())
                .map_err(|stop| stop.of_second(prefix))?;
            self.add_missing(change, &mut step).map_err(of_second)?;
            // Whoever may make a customer may give it its first contact (as in the form).
            let right =
                if result == RowResult::Created { Permission::CustomerCreate } else { Permission::ContactWrite };
            writing::carry_out(change, self.settings, sheet, &step, right)
                .map_err(|error| Stop::from(error).of_second(prefix))?;
            outcome.second_result = step.result().into();
        }
        Ok(outcome)
    }

    /// The record of the second kind that a row holds, if it does, with what stands before the names of its fields.
    fn second(&mut self, tx: &Tx<'_>, row: &ImportRow) -> Result<Option<Second>> {
        let Some((prefix, sheet)) = self.reader.layout.second() else { return Ok(None) };
        if row.cells.len() != self.reader.layout.slots.len() {
            return Ok(None);
        }
        let record = self.reader.record(tx, row, true)?;
        Ok((!record.is_blank()).then_some((record, prefix, sheet)))
    }

    /// What is told of a second record that is left out: what existed before this import stays as it is, so that nothing
    /// is added to it either. None if there is no such record, or it comes in.
    fn left_out(
        &self,
        tx: &Tx<'_>,
        first: Sheet,
        step: &Step,
        second: Option<&Second>,
    ) -> Result<Option<RowResult>, Stop> {
        let (Step::Skip(id), Some((record, _, sheet))) = (step, second) else { return Ok(None) };
        if self.made_here(tx, first, *id)? {
            return Ok(None);
        }
        let values = record.values();
        match matching::find(tx, self.actor(), *sheet, &Key::new(record, &values, Some(*id))).map_err(Stop::from) {
            Ok(None) => Ok(Some(RowResult::LeftOut)),
            // Which of several it is does not matter.
            Ok(Some(_)) | Err(Stop::Refused(_)) => Ok(Some(RowResult::Skipped)),
            Err(failed) => Err(failed),
        }
    }

    /// Whether an earlier row of the same import made a record: a plan has a row a step.
    fn made_here(&self, tx: &Tx<'_>, sheet: Sheet, id: i64) -> Result<bool> {
        let Some(operation_id) = self.operation_id else { return Ok(false) };
        tx.query_one(
            "SELECT EXISTS (SELECT 1 FROM audit
                            WHERE record_id = ?1 AND kind = ?2 AND verb = 'create' AND operation_id = ?3)",
            params![id, sheet.table().kind as i32, operation_id],
            |row| row.get(0),
        )
    }

    /// Adds what the step names and nobody has.
    fn add_missing(&mut self, change: &mut Change<'_, '_>, step: &mut Step) -> Result<(), Stop> {
        let (Step::Create { values, missing, .. } | Step::Update { values, missing, .. }) = step else { return Ok(()) };
        for one in missing.drain(..) {
            let id = match self.reader.lookups.added(change.tx(), one.what, &one.text)? {
                Some(id) => id,
                None => added(change, one.what, &one.text)?,
            };
            self.reader.lookups.add(one.what, &one.text, id);
            values.retain(|(column, _)| *column != one.column);
            values.push((one.column, Value::Int(id)));
        }
        Ok(())
    }
}

fn added(change: &mut Change<'_, '_>, what: Lacking, text: &str) -> Result<i64> {
    match what {
        Lacking::Choice(kind) => dictionary::store::create_text(change, kind, text),
        Lacking::Product => products::store::create_named(change, text),
        Lacking::Account => users::store::create_former(change, text),
    }
}

/// A row whose first record is refused tells what cannot be read of the second with it.
fn and_of_second(stop: Stop, second: &Option<Second>) -> Stop {
    match (stop, second) {
        (Stop::Refused(mut faults), Some((second, ..))) => {
            faults.extend(second.faults.iter().cloned());
            Stop::Refused(faults)
        }
        (stop, _) => stop,
    }
}

fn parent(step: &Step) -> Parent {
    match step {
        Step::Create { .. } | Step::Again(_) => Parent::New,
        Step::Update { id, .. } | Step::Skip(id) | Step::Unchanged(id) => Parent::Is(*id),
    }
}

fn outcome(tx: &Tx<'_>, sheet: Sheet, step: &Step) -> Result<RowOutcome> {
    let labelled = match step {
        Step::Update { id, .. } | Step::Skip(id) | Step::Unchanged(id) => labelled(tx, sheet, *id)?,
        Step::Create { values, .. } => {
            let name = match sheet {
                Sheet::Interactions => "title",
                Sheet::Opportunities => "customer_name",
                _ => "name",
            };
            RowOutcome {
                label: value_of(values, name).map(Value::text).unwrap_or_default().to_owned(),
                ..Default::default()
            }
        }
        Step::Again(_) => RowOutcome::default(),
    };
    Ok(RowOutcome { result: step.result().into(), ..labelled })
}

fn labelled(tx: &Tx<'_>, sheet: Sheet, id: i64) -> Result<RowOutcome> {
    Ok(RowOutcome { id, label: (sheet.table().label)(tx, id)?, ..RowOutcome::default() })
}

fn finished(row: &ImportRow, outcome: Result<RowOutcome, Stop>) -> Result<RowOutcome> {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(Stop::Refused(faults)) => RowOutcome { result: RowResult::Refused.into(), faults, ..RowOutcome::default() },
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(RowOutcome { line: row.line, ..outcome })
}
