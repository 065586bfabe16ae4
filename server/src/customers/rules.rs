//! Customers: the rules, pure (`domain-spec.md` §3.3, §4.3, §5.6, D1–D3).
//!
//! ```text
//! 正常 normal ──churn confirmed──► 流失 lost ──win back──► 正常
//!    └────────────── delete ─────────┴──► (删除: `deleted_at` set, the state stays) ──restore──► the state before
//! ```

use crate::{
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    value::Value,
};

/// 正常, 流失
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 正常
    Normal = 1,
    /// 流失
    Lost = 2,
}

/// What is done to a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// C3
    Edit,
    /// C6
    Delete,
    /// C7
    Restore,
    /// A contact or an interaction is added, changed or taken away (§5.6: for lost customers too).
    Attend,
}

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub status: Status,
    /// In the recycle bin.
    pub deleted: bool,
}

/// Whether an event may happen to a customer that stands so.
///
/// # Errors
/// `INVALID_STATE` with the state.
pub fn permit(standing: Standing, event: Event) -> Result<()> {
    let permitted = match (standing.deleted, standing.status, event) {
        (true, _, Event::Restore) => true,
        (true, _, Event::Edit | Event::Delete | Event::Attend) | (false, _, Event::Restore) => false,
        (false, Status::Normal, Event::Edit) => true,
        (false, Status::Lost, Event::Edit) => false,
        (false, Status::Normal | Status::Lost, Event::Delete | Event::Attend) => true,
    };
    if permitted { Ok(()) } else { Err(Error::InvalidState(state_word(standing).into())) }
}

/// Whether `other` may become one with `keep`: as an edit of the one, and a deletion of the other.
///
/// # Errors
/// `INVALID_STATE` with the state that forbids it.
pub fn permit_merge(keep: Standing, other: Standing) -> Result<()> {
    permit(keep, Event::Edit).and_then(|()| permit(other, Event::Delete))
}

/// Characters of former names that are kept; of more, the oldest go.
const MOST_FORMER: usize = 4_000;

/// The former names of a customer after a merge: its own, the other's label, and those that had become the other; one a
/// line.
pub fn former(own: &str, other: &str, of_other: &str) -> String {
    let lines: Vec<&str> = [own, of_other, other].into_iter().flat_map(str::lines).filter(|l| !l.is_empty()).collect();
    let mut room = MOST_FORMER;
    let fits = lines.iter().rev().take_while(|line| {
        let chars = line.chars().count() + 1;
        let fits = chars <= room;
        room = room.saturating_sub(chars);
        fits
    });
    let newest = fits.count();
    lines.get(lines.len() - newest..).unwrap_or_default().join("\n")
}

fn state_word(standing: Standing) -> &'static str {
    match standing {
        Standing { deleted: true, .. } => "deleted",
        Standing { status: Status::Normal, .. } => "normal",
        Standing { status: Status::Lost, .. } => "lost",
    }
}

/// Organisation or person (C4).
pub const PARTIES: &[(i64, &[&str])] =
    &[(1, &["organisation", "organization", "组织", "企业", "单位"]), (2, &["person", "个人", "人"])];

/// The largest amount in 万元 that a form takes.
const MOST_WAN: i64 = 100_000_000_000;

/// The writable fields (§3.3, D3). The position of a field is also its bit in `missing`.
pub const FIELDS: &[Field] = &[
    Field::new("name", Shape::Line(100)),
    Field::new("party", Shape::OneOf(PARTIES)),
    Field::new("region_id", Shape::Choice("region")),
    Field::new("manager_id", Shape::User),
    Field::new("level_id", Shape::Choice("customer_level")),
    Field::new("classification_id", Shape::Choice("classification")),
    Field::new("satisfaction", Shape::Stars),
    Field::new("credit", Shape::Stars),
    Field::new("address", Shape::Line(300)),
    Field::new("zip", Shape::Line(10)),
    Field::new("tel", Shape::Phone(50)),
    Field::new("fax", Shape::Phone(50)),
    Field::new("website", Shape::Line(50)),
    Field::new("licence_no", Shape::Line(50)),
    Field::new("legal_person", Shape::Line(50)),
    Field::new("capital", Shape::Int(0, MOST_WAN)),
    Field::new("turnover", Shape::Int(0, MOST_WAN)),
    Field::new("bank", Shape::Line(200)),
    Field::new("bank_account", Shape::Line(50)),
    Field::new("local_tax_no", Shape::Line(50)),
    Field::new("national_tax_no", Shape::Line(50)),
    Field::new("usc_code", Shape::Usc),
    Field::new("external_id", Shape::Line(100)),
    Field::new("tags", Shape::Line(300)),
];

/// Fields that say nothing about a private person (C4).
const ORGANISATION_ONLY: &[&str] =
    &["licence_no", "legal_person", "bank", "bank_account", "local_tax_no", "national_tax_no", "usc_code"];

/// The required fields that are empty, as bits of [`FIELDS`]; `required` holds field names (D1).
pub fn missing(required: &[String], party: i64, is_empty: impl Fn(&str) -> bool) -> i64 {
    FIELDS
        .iter()
        .enumerate()
        .filter(|(_, field)| is_required(required, party, field.column) && is_empty(field.column))
        .fold(0, |bits, (bit, _)| bits | 1 << bit)
}

fn is_required(required: &[String], party: i64, column: &str) -> bool {
    let name = crate::change::field_name(column);
    required.iter().any(|field| field == name) && !(party == 2 && ORGANISATION_ONLY.contains(&column))
}

/// The names of the fields in a set of bits.
pub fn missing_names(bits: i64) -> Vec<String> {
    crate::fields::names(FIELDS, bits)
}

/// Checks a new customer: a name always, the required set if a full form was filled by hand (D1).
///
/// # Errors
/// `VALIDATION` with the empty fields.
pub fn check_new(values: &[(&'static str, Value)], required: &[String], full_form: bool) -> Result<()> {
    let empty = |column: &str| value_of(values, column).is_none_or(Value::is_empty);
    let party = value_of(values, "party").and_then(Value::int).unwrap_or(1);
    let mut faults = Vec::new();
    for field in FIELDS {
        let needed = field.column == "name" || full_form && is_required(required, party, field.column);
        if needed && empty(field.column) {
            faults.push(Violation::new(crate::change::field_name(field.column), Fault::Required));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks an edit: what was missing may stay missing, but a filled required field is never emptied (D1).
///
/// # Errors
/// `VALIDATION` with the fields that would be emptied.
pub fn check_edit(
    before: impl Fn(&str) -> bool,
    values: &[(&'static str, Value)],
    required: &[String],
    party: i64,
) -> Result<()> {
    let emptied = values.iter().filter(|(column, value)| {
        value.is_empty() && (*column == "name" || is_required(required, party, column)) && !before(column)
    });
    let faults: Vec<_> =
        emptied.map(|(column, _)| Violation::new(crate::change::field_name(column), Fault::Required)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NORMAL: Standing = Standing { status: Status::Normal, deleted: false };
    const LOST: Standing = Standing { status: Status::Lost, deleted: false };
    const BINNED: Standing = Standing { status: Status::Lost, deleted: true };

    /// C3, C6, C7, §5.6, S01-12: each row of §4.3 that this slice owns, once passing and once failing.
    #[rstest]
    #[case(NORMAL, Event::Edit, true)]
    #[case(LOST, Event::Edit, false)]
    #[case(BINNED, Event::Edit, false)]
    #[case(NORMAL, Event::Delete, true)]
    #[case(LOST, Event::Delete, true)]
    #[case(BINNED, Event::Delete, false)]
    #[case(BINNED, Event::Restore, true)]
    #[case(NORMAL, Event::Restore, false)]
    #[case(LOST, Event::Attend, true)]
    #[case(BINNED, Event::Attend, false)]
    fn the_state_decides_what_may_be_done(#[case] standing: Standing, #[case] event: Event, #[case] ok: bool) {
        assert_eq!(permit(standing, event).is_ok(), ok, "{standing:?} {event:?}");
    }

    /// Of one and the same company, what stays is 正常, and the other is not gone already.
    #[rstest]
    #[case(NORMAL, NORMAL, true)]
    #[case(NORMAL, LOST, true)]
    #[case(LOST, NORMAL, false)]
    #[case(BINNED, NORMAL, false)]
    #[case(NORMAL, BINNED, false)]
    fn a_merge_is_an_edit_of_one_and_a_deletion_of_the_other(
        #[case] keep: Standing,
        #[case] other: Standing,
        #[case] ok: bool,
    ) {
        assert_eq!(permit_merge(keep, other).is_ok(), ok, "{keep:?} {other:?}");
    }

    #[test]
    fn former_names_come_along_and_the_oldest_go_when_there_are_too_many() {
        assert_eq!(former("", "KH1 甲", ""), "KH1 甲");
        assert_eq!(former("KH1 甲", "KH3 丙", "KH2 乙"), "KH1 甲\nKH2 乙\nKH3 丙");
        let long = "长".repeat(3_998);
        assert_eq!(former("KH1 甲", &long, ""), long);
    }

    fn required() -> Vec<String> {
        ["name", "region", "legal_person"].map(str::to_owned).to_vec()
    }

    /// D1
    #[test]
    fn a_full_form_asks_for_the_required_set_and_everything_else_for_the_name_alone() {
        let name_only = vec![("name", Value::from("华盛"))];
        assert!(check_new(&name_only, &required(), false).is_ok());
        assert!(check_new(&[], &required(), false).is_err());
        let Err(Error::Validation(faults)) = check_new(&name_only, &required(), true) else { panic!("taken") };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["region", "legal_person"]);
    }

    /// D1
    #[test]
    fn an_edit_may_leave_missing_what_was_missing_but_never_empties_a_required_field() {
        let emptied = vec![("region_id", Value::Null)];
        assert!(check_edit(|_| true, &emptied, &required(), 1).is_ok());
        assert!(check_edit(|_| false, &emptied, &required(), 1).is_err());
        assert!(check_edit(|_| false, &[("fax", "".into())], &required(), 1).is_ok());
    }

    /// C4
    #[test]
    fn a_person_needs_no_legal_person() {
        assert_eq!(missing_names(missing(&required(), 1, |_| true)), ["name", "region", "legal_person"]);
        assert_eq!(missing_names(missing(&required(), 2, |_| true)), ["name", "region"]);
    }
}
