//! What is to be done with a record: made, changed, or left alone.

use rolo_proto::v1::{RowFault, RowResult};

use super::{
    faults::{Stop, fault},
    key::Key,
    lookups::Lacking,
    matching::{self, Found},
    record::{Missing, Record},
    rows::Desk,
    rules::{Existing, Sheet, Values},
    writing,
};
use crate::{
    db::Tx,
    error::{Error, Fault, Match, Result},
    fields::value_of,
    opportunities::history,
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
    /// What the person is told.
    pub fn result(&self) -> RowResult {
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
pub enum Parent {
    /// The one that its own columns name.
    Named,
    /// The one in the same row, which exists.
    Is(i64),
    /// The one in the same row, which does not exist yet.
    New,
}

impl Desk<'_> {
    /// What is to be done with a record. What is wrong with its cells counts only if it is to be written.
    pub(super) fn step(
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
}

/// Whether a field is among the faults, whose names may carry the prefix of the second kind.
fn names(faults: &[RowFault], field: &str) -> bool {
    faults.iter().any(|one| one.field.rsplit('.').next() == Some(field))
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
