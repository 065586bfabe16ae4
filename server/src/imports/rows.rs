//! What a row does: decided the same way for a look (CheckRows) and for the write (WriteRows).

use std::collections::HashSet;

use rolo_proto::v1::{ImportRow, RowFault, RowOutcome, RowResult};

use super::{
    faults::{Stop, fault},
    lookups::Lacking,
    matching::{self, Found, Key},
    record::{Missing, Reader, Record},
    rules::{Existing, Sheet, Values},
    writing,
};
use crate::{
    authz::{Actor, Permission},
    change::Change,
    db::Tx,
    dictionary,
    error::{Error, Fault, Match, Result},
    fields::value_of,
    opportunities::history,
    products,
    settings::Settings,
    users,
    value::Value,
};

/// What is to be done with a record.
#[derive(Debug)]
pub enum Step {
    /// A new one, of this customer or opportunity if its kind belongs to one.
    Create { parent: Option<i64>, values: Values, missing: Vec<Missing> },
    /// Other values for an existing one: only those that differ.
    Update { id: i64, values: Values, missing: Vec<Missing> },
    /// There already, and left alone.
    Skip(i64),
    /// There already, with the same values.
    Unchanged(i64),
    /// An earlier row of the same call makes it; only a look can see that, a write finds the record itself.
    Again(RowResult),
}

impl Step {
    fn result(&self) -> RowResult {
        match self {
            Self::Create { .. } => RowResult::Created,
            Self::Update { .. } => RowResult::Updated,
            Self::Skip(_) => RowResult::Skipped,
            Self::Unchanged(_) => RowResult::Unchanged,
            Self::Again(result) => *result,
        }
    }
}

/// Which record a record belongs to: the customer of a contact or an interaction, the opportunity of a step.
#[derive(Debug, Clone, Copy)]
enum Parent {
    /// The one that its own columns name.
    Named,
    /// The one in the same row, which exists.
    Is(i64),
    /// The one in the same row, which does not exist yet.
    New,
}

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
    /// What the rows before make, for a look; see [`Key::marks`].
    pub made: HashSet<String>,
}

impl Desk<'_> {
    fn actor(&self) -> &Actor {
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
        if let Some((second, prefix, sheet)) = second {
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
        if let Some((second, prefix, sheet)) = second {
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

    /// What is to be done with a record. What is wrong with its cells counts only if it is to be written.
    fn step(
        &mut self,
        tx: &Tx<'_>,
        sheet: Sheet,
        record: &Record,
        parent: Parent,
        marks: &mut Vec<String>,
    ) -> Result<Step, Stop> {
        let mut values = record.values();
        let owner = match parent {
            Parent::Is(id) => Some(id),
            Parent::New => None,
            Parent::Named => value_of(&values, "customer_id").and_then(Value::int).filter(|_| sheet.of_customer()),
        };
        let key = Key::new(record, &values, owner);
        let found = match parent {
            Parent::New => None,
            _ => matching::find(tx, self.actor(), sheet, &key)?,
        };
        if let Some(found) = found {
            return self.existing(tx, sheet, record, &found);
        }
        let made = key.marks(sheet);
        let again = !matches!(parent, Parent::New) && made.iter().any(|mark| self.made.contains(mark));
        marks.extend(made);
        if again {
            return match self.reader.layout.existing {
                Existing::Skip => Ok(Step::Again(RowResult::Skipped)),
                Existing::Update => Ok(Step::Again(RowResult::Updated)),
                Existing::Refuse => Err(Error::Duplicate { field: "name", at: Match::default() }.into()),
            };
        }
        let mut faults = self.settle_missing(record, true);
        if sheet.of_customer() && owner.is_none() && !matches!(parent, Parent::New) && !names(&faults, "customer_no") {
            faults.push(fault("customer_no", &Fault::Required));
        }
        if !faults.is_empty() {
            // Whoever mends the row wants to know all that is wrong with it at once.
            if let Err(Stop::Refused(more)) = writing::check_values(self.settings, sheet, &values).map_err(Stop::from) {
                let new: Vec<_> = more.into_iter().filter(|one| !names(&faults, &one.field)).collect();
                faults.extend(new);
            }
            return Err(Stop::Refused(faults));
        }
        if let (Some(name), Some(customer)) = (&record.contact, owner) {
            let id = contact(tx, customer, name, None)?;
            values.push(("contact_id", Value::Int(id)));
        }
        Ok(Step::Create { parent: owner, values, missing: record.missing.clone() })
    }

    fn existing(&mut self, tx: &Tx<'_>, sheet: Sheet, record: &Record, found: &Found) -> Result<Step, Stop> {
        let label = if found.hidden { String::new() } else { (sheet.table().label)(tx, found.id)? };
        let id = if found.hidden { 0 } else { found.id };
        let in_the_way =
            |deleted| Error::Duplicate { field: found.by, at: Match { id, label, deleted, owner: String::new() } };
        match self.reader.layout.existing {
            _ if found.hidden => Err(in_the_way(false).into()),
            _ if found.deleted => Err(in_the_way(true).into()),
            Existing::Refuse => Err(in_the_way(false).into()),
            Existing::Skip => Ok(Step::Skip(found.id)),
            Existing::Update => self.update(tx, sheet, record, found.id),
        }
    }

    /// The values of a row that an existing record does not have yet.
    fn update(&mut self, tx: &Tx<'_>, sheet: Sheet, record: &Record, id: i64) -> Result<Step, Stop> {
        let faults = self.settle_missing(record, false);
        if !faults.is_empty() {
            return Err(Stop::Refused(faults));
        }
        let table = sheet.table();
        let before = table.values(tx, id)?;
        let mut values = Values::new();
        let given = match sheet {
            Sheet::Opportunities => {
                let unknown = writing::unknown_account(&record.missing);
                history::told_anew(tx, self.settings, &before, &record.given, unknown)?
            }
            _ => record.given.clone(),
        };
        for (column, value) in &given {
            if table.value(&before, column)? != value {
                values.push((column, value.clone()));
            }
        }
        if value_of(&values, "author_id").is_some() {
            return Err(Stop::Refused(vec![fault("author", &Fault::NotWritable)]));
        }
        if let Some(name) = &record.contact {
            let customer = table.value(&before, "customer_id")?.int().unwrap_or_default();
            let current = table.value(&before, "contact_id")?.clone();
            let named = Value::Int(contact(tx, customer, name, current.int())?);
            if named != current {
                values.push(("contact_id", named));
            }
        }
        // Whoever has an opportunity by now, an import adds nobody to it.
        let wanted = |one: &&Missing| !one.default && one.what != Lacking::Account;
        let missing: Vec<_> = record.missing.iter().filter(wanted).cloned().collect();
        if values.is_empty() && missing.is_empty() {
            return Ok(Step::Unchanged(id));
        }
        Ok(Step::Update { id, values, missing })
    }

    /// Counts what nobody has; answers what is wrong with the cells: what nobody has, unless it is to be added and this
    /// person may add it, and what cannot be read.
    fn settle_missing(&mut self, record: &Record, new: bool) -> Vec<RowFault> {
        let wanted: Vec<_> = record.missing.iter().filter(|one| new || !one.default).collect();
        for one in &wanted {
            match self.missing.iter_mut().find(|(known, _)| known.field == one.field && known.text == one.text) {
                Some((_, rows)) => *rows += 1,
                None => self.missing.push(((*one).clone(), 1)),
            }
        }
        let refused = |one: &&&Missing| !self.create_missing || self.actor().scope(one.what.right()).is_none();
        let mut faults: Vec<_> =
            wanted.iter().filter(refused).map(|one| fault(&one.field, &one.what.fault(&one.text))).collect();
        faults.extend(record.faults.iter().cloned());
        faults
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

/// Whether a field is among the faults, whose names may carry the prefix of the second kind.
fn names(faults: &[RowFault], field: &str) -> bool {
    faults.iter().any(|one| one.field.rsplit('.').next() == Some(field))
}

fn parent(step: &Step) -> Parent {
    match step {
        Step::Create { .. } | Step::Again(_) => Parent::New,
        Step::Update { id, .. } | Step::Skip(id) | Step::Unchanged(id) => Parent::Is(*id),
    }
}

/// The contact of a customer by name; of several the one that is there already.
fn contact(tx: &Tx<'_>, customer: i64, name: &str, current: Option<i64>) -> Result<i64, Stop> {
    let namesakes = matching::contacts_named(tx, customer, name, false)?;
    let wrong = match namesakes.as_slice() {
        [only] => return Ok(only.id),
        [] => Fault::UnknownReference(name.to_owned()),
        several => match current.filter(|id| several.iter().any(|one| one.id == *id)) {
            Some(id) => return Ok(id),
            None => Fault::Ambiguous(name.to_owned()),
        },
    };
    Err(Stop::Refused(vec![fault("contact", &wrong)]))
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
