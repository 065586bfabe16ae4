//! Imports: the rules, pure. What the columns of a file are, which existing record a row may be, and what a row sends to
//! be written (`domain-spec.md` §5.7, §5.9, D1–D4).

use crate::{
    change::field_name,
    contacts, customers,
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    interactions, opportunities, products,
    value::Value,
};

/// Columns and their values.
pub type Values = Vec<(&'static str, Value)>;

/// The most columns that a file may fill.
const MOST_COLUMNS: usize = 200;
/// The most bytes of a default, which are kept with the import: more than any field takes.
const MOST_DEFAULT: usize = 64 << 10;
/// Who had an interaction; the importer if the file does not say.
const AUTHOR: Field = Field::new("author_id", Shape::User);
/// Shown in lists and exports, but not to be given.
const READ_ONLY: [&str; 12] = [
    "id",
    "status",
    "created_at",
    "created_by",
    "updated_at",
    "deleted_at",
    "missing",
    "revision",
    "last_contact_at",
    "settled_at",
    "due",
    "customer",
];

/// The kind of record that a file holds a row each of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// 客户
    Customers,
    /// 联系人
    Contacts,
    /// 交往记录
    Interactions,
    /// 产品
    Products,
    /// 销售机会
    Opportunities,
    /// 客户开发计划项, of the opportunity in the same row.
    Steps,
}

impl Sheet {
    /// The writable fields of its records.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Customers => customers::rules::FIELDS,
            Self::Contacts => contacts::rules::FIELDS,
            Self::Interactions => interactions::rules::FIELDS,
            Self::Products => products::rules::FIELDS,
            Self::Opportunities => opportunities::rules::FIELDS,
            Self::Steps => opportunities::rules::STEP_FIELDS,
        }
    }

    /// What a row may say beside the fields of a form: who had an interaction, what became of an opportunity.
    pub fn beside(self) -> &'static [Field] {
        match self {
            Self::Interactions => &[AUTHOR],
            Self::Opportunities => opportunities::history::FIELDS,
            Self::Customers | Self::Contacts | Self::Products | Self::Steps => &[],
        }
    }

    /// The kind that a row may hold a record of besides, and what stands before the names of its fields.
    pub fn second(self) -> Option<(&'static str, Self)> {
        match self {
            Self::Customers => Some(("contact.", Self::Contacts)),
            Self::Opportunities => Some(("step.", Self::Steps)),
            Self::Contacts | Self::Interactions | Self::Products | Self::Steps => None,
        }
    }

    /// It belongs to a customer, whom a row of such records names.
    pub fn of_customer(self) -> bool {
        matches!(self, Self::Contacts | Self::Interactions)
    }

    /// The name of the field by which the company knows a record of its own.
    fn number(self) -> &'static str {
        if self == Self::Customers { "no" } else { "id" }
    }

    fn target(self, name: &str) -> Result<Target, Fault> {
        if name == self.number() {
            return Ok(Target::Number);
        }
        match self.fields().iter().chain(self.beside()).find(|field| field_name(field.column) == name) {
            Some(field) => Ok(Target::Field(*field)),
            None if READ_ONLY.contains(&name) => Err(Fault::NotWritable),
            None => Err(Fault::UnknownField),
        }
    }
}

/// What becomes of a row whose record exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Left alone.
    Skip,
    /// Mapped columns that are not blank are written, `NULL` clears.
    Update,
    /// The row is refused.
    Refuse,
}

/// What a column of a file fills.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// The number (the id where a kind has none) by which an existing record is found; never given to a new one.
    Number,
    /// A field.
    Field(Field),
}

/// A column of a file, or a default.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The field's name, `contact.` or `step.` included: faults are named by it.
    pub name: String,
    /// It belongs to the record of the second kind.
    pub second: bool,
    /// What it fills.
    pub target: Target,
}

/// What the columns of a file are.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The kind of record.
    pub sheet: Sheet,
    /// A column each.
    pub slots: Vec<Slot>,
    /// Values for fields of new records that no column fills, or only blank ones.
    pub defaults: Vec<(Slot, String)>,
    /// What becomes of existing records.
    pub existing: Existing,
}

impl Layout {
    /// Reads the names of fields (§3 names, `contact.` before those of a customer's contact, `step.` before those of an
    /// opportunity's plan step).
    ///
    /// # Errors
    /// `VALIDATION` with every name that is no field of this kind, cannot be given, or comes twice.
    pub fn new<'d>(
        sheet: Sheet,
        existing: Existing,
        fields: &[String],
        defaults: impl IntoIterator<Item = (&'d String, &'d String)>,
    ) -> Result<Self> {
        let mut faults = Vec::new();
        if fields.is_empty() {
            faults.push(Violation::new("fields", Fault::Required));
        }
        if fields.len() > MOST_COLUMNS {
            return Err(Error::field("fields", Fault::TooLong(MOST_COLUMNS)));
        }
        let mut slots: Vec<Slot> = Vec::with_capacity(fields.len());
        for name in fields {
            match slot(sheet, name) {
                Ok(_) if slots.iter().any(|known| known.name == *name) => {
                    faults.push(Violation::new(name, Fault::Ambiguous(name.clone())));
                }
                Ok(slot) => slots.push(slot),
                Err(fault) => faults.push(Violation::new(name, fault)),
            }
        }
        let mut filled = Vec::new();
        for (name, text) in defaults {
            match slot(sheet, name) {
                Ok(Slot { target: Target::Number, .. }) => faults.push(Violation::new(name, Fault::NotWritable)),
                Ok(_) if text.len() > MOST_DEFAULT => {
                    faults.push(Violation::new(name, Fault::TooLong(MOST_DEFAULT)));
                }
                Ok(slot) => filled.push((slot, text.clone())),
                Err(fault) => faults.push(Violation::new(name, fault)),
            }
        }
        let layout = Self { sheet, slots, defaults: filled, existing };
        if faults.is_empty() { Ok(layout) } else { Err(Error::Validation(faults)) }
    }

    /// The kind of the second record that a row may hold, if any column is its.
    pub fn second(&self) -> Option<(&'static str, Sheet)> {
        self.sheet.second().filter(|_| self.slots.iter().any(|slot| slot.second))
    }
}

fn slot(sheet: Sheet, name: &str) -> Result<Slot, Fault> {
    let of_second = sheet.second().and_then(|(prefix, second)| Some((name.strip_prefix(prefix)?, second)));
    let (second, target) = match of_second {
        // It belongs to the record in the same row.
        Some(("customer_no" | "opportunity" | "id", _)) => return Err(Fault::NotWritable),
        Some((field, second)) => (true, second.target(field)?),
        None => (false, sheet.target(name)?),
    };
    Ok(Slot { name: name.to_owned(), second, target })
}

/// The values of a new record: what the file gives, and the defaults where it gives nothing.
pub fn with_defaults(given: &[(&'static str, Value)], defaults: &[(&'static str, Value)]) -> Values {
    let filled = |column: &str| value_of(given, column).is_some_and(|value| !value.is_empty());
    let unfilled = defaults.iter().filter(|(column, _)| !filled(column));
    let kept = given.iter().filter(|(column, value)| !value.is_empty() || value_of(defaults, column).is_none());
    kept.chain(unfilled).cloned().collect()
}

/// A record of the same name as a row's: perhaps the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    /// The record.
    pub id: i64,
    /// Its phones, as they are compared (D2).
    pub phones: Vec<String>,
}

/// Which of a person's namesakes the person of a row is: one who shares a phone. Where one side has no phone to compare,
/// the name alone decides, if it can.
///
/// # Errors
/// More than one may be meant.
pub fn same_person(namesakes: &[Namesake], phones: &[String]) -> Result<Option<i64>, Fault> {
    if let Some(same) = namesakes.iter().find(|one| one.phones.iter().any(|phone| phones.contains(phone))) {
        return Ok(Some(same.id));
    }
    let without: Vec<_> = namesakes.iter().filter(|one| one.phones.is_empty()).map(|one| one.id).collect();
    match (phones.is_empty(), without.as_slice(), namesakes) {
        (_, [only], _) => Ok(Some(*only)),
        (true, [], [only]) => Ok(Some(only.id)),
        (true, [], []) | (false, ..) => Ok(None),
        (true, ..) => Err(Fault::Ambiguous(String::new())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn layout(sheet: Sheet, fields: &[&str], defaults: &[(&str, &str)]) -> Result<Layout> {
        let fields: Vec<_> = fields.iter().map(|name| (*name).to_owned()).collect();
        let defaults: BTreeMap<_, _> =
            defaults.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Layout::new(sheet, Existing::Skip, &fields, &defaults)
    }

    fn faults(answer: Result<Layout>) -> Vec<(String, Fault)> {
        match answer {
            Err(Error::Validation(faults)) => faults.into_iter().map(|one| (one.field, one.fault)).collect(),
            _ => Vec::new(),
        }
    }

    /// §3.3–§3.5: the names are those of the tables, references without `_id`.
    #[test]
    fn every_field_of_the_tables_can_be_mapped_by_its_name() {
        let sheets = [
            Sheet::Customers,
            Sheet::Contacts,
            Sheet::Interactions,
            Sheet::Products,
            Sheet::Opportunities,
            Sheet::Steps,
        ];
        for sheet in sheets {
            for field in sheet.fields().iter().chain(sheet.beside()) {
                assert!(layout(sheet, &[field_name(field.column)], &[]).is_ok(), "{sheet:?} {}", field.column);
            }
        }
        for (sheet, names) in [
            (Sheet::Customers, ["no", "region", "manager"]),
            (Sheet::Contacts, ["id", "customer_no", "external_id"]),
            (Sheet::Interactions, ["author", "contact", "channel"]),
            (Sheet::Opportunities, ["status", "assignee", "close_reason"]),
            (Sheet::Opportunities, ["step.plan_date", "step.todo", "step.result"]),
        ] {
            assert!(layout(sheet, &names, &[]).is_ok(), "{names:?}");
        }
    }

    /// Issue 2: "a second kind by prefix".
    #[test]
    fn a_customers_contact_is_mapped_by_prefix_and_belongs_to_the_same_row() -> Result<()> {
        let layout = layout(Sheet::Customers, &["name", "contact.name", "contact.mobile"], &[])?;
        assert_eq!(layout.slots.iter().map(|slot| slot.second).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(layout.second(), Some(("contact.", Sheet::Contacts)));
        Ok(())
    }

    #[test]
    fn every_wrong_name_is_told_with_what_is_wrong_about_it() {
        let wrong = layout(
            Sheet::Customers,
            &["name", "name", "colour", "status", "contact.customer_no", "customer.name"],
            &[("no", "KH1"), ("size", "XL")],
        );
        assert_eq!(
            faults(wrong),
            [
                ("name".to_owned(), Fault::Ambiguous("name".into())),
                ("colour".into(), Fault::UnknownField),
                ("status".into(), Fault::NotWritable),
                ("contact.customer_no".into(), Fault::NotWritable),
                ("customer.name".into(), Fault::UnknownField),
                ("no".into(), Fault::NotWritable),
                ("size".into(), Fault::UnknownField),
            ]
        );
        assert_eq!(faults(layout(Sheet::Contacts, &["contact.name"], &[])).len(), 1, "no second kind there");
        assert_eq!(faults(layout(Sheet::Contacts, &[], &[])), [("fields".to_owned(), Fault::Required)]);
    }

    /// import.proto: "for fields that are not mapped, or blank".
    #[test]
    fn a_default_stands_where_the_file_gives_nothing() {
        let given = vec![("name", Value::from("华盛")), ("fax", "".into()), ("tel", "".into())];
        let defaults = vec![("fax", Value::from("010-1")), ("zip", "100000".into()), ("name", "x".into())];
        let values = with_defaults(&given, &defaults);
        let text = |column| value_of(&values, column).map(Value::text);
        assert_eq!(
            [text("name"), text("fax"), text("zip"), text("tel")],
            [Some("华盛"), Some("010-1"), Some("100000"), Some("")]
        );
        assert_eq!(values.len(), 4, "each column once");
    }

    /// D2: contacts are known by customer, name and any phone.
    #[test]
    fn a_person_is_the_namesake_who_shares_a_phone() {
        let namesake = |id, phones: &[&str]| Namesake { id, phones: phones.iter().map(|p| (*p).to_owned()).collect() };
        let phone = |number: &str| vec![number.to_owned()];
        let two = [namesake(1, &["138"]), namesake(2, &["139", "010"])];
        assert_eq!(same_person(&two, &phone("010")), Ok(Some(2)));
        assert_eq!(same_person(&two, &phone("137")), Ok(None), "the same name and another phone is another person");
        assert!(same_person(&two, &[]).is_err());
        assert_eq!(same_person(&two[..1], &[]), Ok(Some(1)));
        assert_eq!(same_person(&[namesake(3, &[])], &phone("138")), Ok(Some(3)));
        assert_eq!(same_person(&[namesake(1, &["138"]), namesake(3, &[])], &[]), Ok(Some(3)));
        assert!(same_person(&[namesake(3, &[]), namesake(4, &[])], &[]).is_err());
        assert_eq!(same_person(&[], &[]), Ok(None));
    }
}
