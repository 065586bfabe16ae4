//! A row as records: its cells read, cleaned, and what they name looked up.

use rolo_proto::{
    number::Currency,
    v1::{ImportRow, RowFault},
};

use super::{
    cells::{self, Cell, Dates},
    faults::{Stop, fault},
    lookups::{Choice, Lacking, Lookups},
    rules::{Layout, Sheet, Slot, Target, Values, with_defaults},
};
use crate::{
    authz::{Actor, Permission, Scope},
    db::Tx,
    error::{Error, Fault, Result},
    fields::{Field, Shape},
    text,
    value::Value,
};

/// Something that a row names and that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The field's name, as faults name it.
    pub field: String,
    /// The column that will refer to it.
    pub column: &'static str,
    /// What it is.
    pub what: Lacking,
    /// What the file says.
    pub text: String,
    /// A default says it, not the file.
    pub default: bool,
}

/// One record of a row.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The number or id that the file gives.
    pub number: String,
    /// What the file gives; `NULL` as the field's empty value.
    pub given: Values,
    /// The defaults.
    pub defaults: Values,
    /// What it names and nobody has.
    pub missing: Vec<Missing>,
    /// The name of an interaction's contact, to be looked up at its customer.
    pub contact: Option<String>,
    /// What is wrong with it; decides only if the record would be written.
    pub faults: Vec<RowFault>,
}

impl Record {
    /// The file says nothing of such a record.
    pub fn is_blank(&self) -> bool {
        self.number.is_empty()
            && self.given.iter().all(|(_, value)| value.is_empty() || *value == Value::Int(0))
            && self.missing.iter().all(|one| one.default)
            && self.contact.is_none()
            && self.faults.is_empty()
    }

    /// The values of a new record.
    pub fn values(&self) -> Values {
        with_defaults(&self.given, &self.defaults)
    }
}

/// Reads the records of rows.
#[derive(Debug)]
pub struct Reader<'a> {
    /// Who imports.
    pub actor: &'a Actor,
    /// How far their right to import reaches.
    pub scope: Scope,
    /// What the columns are.
    pub layout: &'a Layout,
    /// How dates are read.
    pub dates: Dates,
    /// The company's currency.
    pub currency: Currency,
    /// The look-ups of this batch.
    pub lookups: Lookups,
}

impl Reader<'_> {
    /// One record of a row: the first, or the customer's contact.
    pub fn record(&mut self, tx: &Tx<'_>, row: &ImportRow, second: bool) -> Result<Record> {
        let mut record = Record::default();
        if row.cells.len() != self.layout.slots.len() {
            record.faults.push(fault("", &Fault::Malformed("cells")));
            return Ok(record);
        }
        let layout = self.layout;
        for (slot, cell) in layout.slots.iter().zip(&row.cells).filter(|(slot, _)| slot.second == second) {
            match slot.target {
                Target::Number => {
                    let number = text::scrub(cell, false);
                    if number != "NULL" {
                        record.number = number.into_owned();
                    }
                }
                Target::Field(field) => self.fill(tx, &mut record, slot, &field, cell, false)?,
            }
        }
        for (slot, text) in layout.defaults.iter().filter(|(slot, _)| slot.second == second) {
            let Target::Field(field) = slot.target else { continue };
            let filled = record.given.iter().any(|(column, value)| *column == field.column && !value.is_empty())
                || record.missing.iter().any(|one| one.column == field.column)
                || record.faults.iter().any(|one| one.field == slot.name)
                || field.shape == Shape::Contact && record.contact.is_some();
            if !filled {
                self.fill(tx, &mut record, slot, &field, text, true)?;
            }
        }
        Ok(record)
    }

    fn fill(
        &mut self,
        tx: &Tx<'_>,
        record: &mut Record,
        slot: &Slot,
        field: &Field,
        cell: &str,
        default: bool,
    ) -> Result<()> {
        let value = match cells::read(field, cell, &self.dates, self.currency) {
            Ok(Cell::Blank) => return Ok(()),
            Ok(Cell::Clear(value) | Cell::Is(value)) => value,
            Ok(Cell::Names(text)) if field.shape == Shape::Contact => {
                record.contact = Some(text);
                return Ok(());
            }
            Ok(Cell::Names(text)) => match self.named(tx, record, slot, field, text, default)? {
                Some(id) => Value::Int(id),
                None => return Ok(()),
            },
            Err(wrong) => {
                record.faults.push(fault(&slot.name, &wrong));
                return Ok(());
            }
        };
        if default { &mut record.defaults } else { &mut record.given }.push((field.column, value));
        Ok(())
    }

    /// The id of what a cell names; none if it is noted as missing or as a fault.
    fn named(
        &mut self,
        tx: &Tx<'_>,
        record: &mut Record,
        slot: &Slot,
        field: &Field,
        text: String,
        default: bool,
    ) -> Result<Option<i64>> {
        let history = self.layout.sheet == Sheet::Opportunities;
        let lacking = match field.shape {
            Shape::Choice(kind) => match self.lookups.choice(tx, kind, &text)? {
                Choice::Is(id) => return Ok(Some(id)),
                Choice::Missing => Lacking::Choice(kind),
                Choice::Retired => {
                    record.faults.push(fault(&slot.name, &Fault::UnknownChoice(text)));
                    return Ok(None);
                }
            },
            Shape::User if history => match self.lookups.accounts(tx, &text)? {
                [id] => return Ok(Some(*id)),
                [] => Lacking::Account,
                _ => return Ok(ambiguous(record, slot, text)),
            },
            Shape::Product => match self.lookups.products(tx, &text)? {
                [id] => return Ok(Some(*id)),
                [] => Lacking::Product,
                _ => return Ok(ambiguous(record, slot, text)),
            },
            Shape::User => return self.person(tx, record, slot, text),
            _ => {
                return Ok(match *self.lookups.customers(tx, self.actor, &text)? {
                    [id] => Some(id),
                    [] => unknown(record, slot, text),
                    _ => ambiguous(record, slot, text),
                });
            }
        };
        if text.chars().count() > lacking.longest() {
            record.faults.push(fault(&slot.name, &Fault::TooLong(lacking.longest())));
        } else {
            let field_name = slot.name.clone();
            record.missing.push(Missing { field: field_name, column: field.column, what: lacking, text, default });
        }
        Ok(None)
    }

    /// An active person to be responsible, within the importer's reach.
    fn person(&mut self, tx: &Tx<'_>, record: &mut Record, slot: &Slot, text: String) -> Result<Option<i64>> {
        Ok(match *self.lookups.users(tx, &text)? {
            [id] if self.scope == Scope::Own && id != self.actor.user_id => {
                let denied = Stop::from(Error::Forbidden(Permission::Import.code().into()));
                if let Stop::Refused(faults) = denied {
                    record.faults.extend(faults.into_iter().map(|one| RowFault { field: slot.name.clone(), ..one }));
                }
                None
            }
            [id] => Some(id),
            [] => unknown(record, slot, text),
            _ => ambiguous(record, slot, text),
        })
    }
}

fn unknown(record: &mut Record, slot: &Slot, text: String) -> Option<i64> {
    record.faults.push(fault(&slot.name, &Fault::UnknownReference(text)));
    None
}

fn ambiguous(record: &mut Record, slot: &Slot, text: String) -> Option<i64> {
    record.faults.push(fault(&slot.name, &Fault::Ambiguous(text)));
    None
}
