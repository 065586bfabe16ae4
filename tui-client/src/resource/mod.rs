//! Descriptors: what a kind of record looks like to a person. A business area on the client is one value that
//! implements [`Resource`]; the generic list, detail and form screens, the command line, import and export are all fed
//! by it, so that a field added here is everywhere at once.

use chrono::NaiveDate;
use futures::future::BoxFuture;
use rolo_proto::v1::{Action, Capability, Choice, ContactRef, CustomerRef, Kind, Total, UserRef};

mod bind;
mod calls;
mod contact;
mod customer;
mod dictionary;
pub mod filter;
mod interaction;
pub mod many;
mod opportunity;
pub mod parse;
mod plan_step;
mod product;
mod user;
pub mod when;

pub use contact::Contacts;
pub use customer::{Customers, record as customer};
pub use dictionary::Dictionary;
pub use interaction::Interactions;
pub use opportunity::{
    Opportunities, filter as opportunity_filter, record as opportunity, status as opportunity_status,
};
pub use plan_step::{PlanSteps, record as plan_step};
pub use product::{Products, request as product_request};
pub use user::Users;

use crate::{
    data::{Client, Failure},
    strings::Label,
};

/// The value of one field of one record, or of one field of a form.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing there.
    #[default]
    Absent,
    /// Text, one line or many.
    Text(String),
    /// A whole number.
    Int(i64),
    /// One to five stars.
    Stars(u8),
    /// A point in time, Unix milliseconds UTC.
    Time(i64),
    /// A day.
    Date(NaiveDate),
    /// An amount of money, in ten-thousandths of the currency unit.
    Money(i64),
    /// Yes or no.
    Flag(bool),
    /// A dictionary entry.
    Choice(Choice),
    /// A person.
    User(UserRef),
    /// A customer.
    Customer(CustomerRef),
    /// A contact.
    Contact(ContactRef),
    /// A record of another kind.
    Link(Link),
    /// One of a fixed set of states or kinds; the index into the field's [`Input::Fixed`] items.
    Fixed(usize),
    /// Several short texts: the names of missing fields, or codes of the field's [`Input::Several`] items.
    List(Vec<String>),
}

/// A record as another one refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub label: String,
}

/// One entry of a fixed set (not a dictionary): a state, a kind, a sex.
#[derive(Debug, Clone, Copy)]
pub struct FixedItem {
    /// The word in JSON and on the command line.
    pub code: &'static str,
    /// How a person reads it.
    pub label: Label,
    /// The number of the enum value on the wire.
    pub wire: i32,
    /// The symbol that stands for it in a list, with its colour role.
    pub symbol: &'static str,
}

/// How a field is shown and edited.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    /// One line, at most so many characters.
    Text { max: usize },
    /// Several lines.
    LongText { max: usize },
    /// A telephone number: folded full width.
    Phone { max: usize },
    /// An e-mail address.
    Email { max: usize },
    /// A whole number, with its unit if it has one.
    Int { unit: Option<Label> },
    /// An amount of money.
    Money,
    /// One to five stars.
    Stars,
    /// A date and time.
    Time,
    /// A day.
    Date,
    /// An entry of the dictionary type of this name (`region`, `customer_level`, `channel`, `classification`).
    Choice { dictionary: &'static str },
    /// A person.
    User,
    /// A customer.
    Customer,
    /// A contact of the record's customer.
    Contact,
    /// A record of this kind.
    Link(Kind),
    /// Yes or no.
    Flag,
    /// One of these.
    Fixed(&'static [FixedItem]),
    /// Several short texts; never edited.
    List,
    /// Any of these; never edited.
    Several(&'static [FixedItem]),
}

impl Input {
    /// Whether it is kept in tens of thousands of the company's currency (万元).
    pub fn in_wan(&self) -> bool {
        matches!(self, Self::Int { unit: Some(unit) } if unit.zh == "万元")
    }
}

/// One field of a kind of record.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As in the tables of `domain-spec.md` §3: in JSON, `--filter`, `--map`, `field=value` and `field:value`.
    pub name: &'static str,
    /// Other names that people and files use for it, beside its labels.
    pub aliases: &'static [&'static str],
    /// What a person reads.
    pub label: Label,
    /// What stands above a column that has no room for the label.
    pub heading: Option<Label>,
    /// How it is shown and edited.
    pub input: Input,
    /// The name in the update mask and input message; none: it cannot be written.
    pub wire: Option<&'static str>,
    /// ★ as shipped (the server decides).
    pub required: bool,
    /// Fixed once the record exists.
    pub create_only: bool,
    /// `--filter` and `field:value` understand it.
    pub filter: bool,
    /// Filters understand `none` for it, too.
    pub filters_none: bool,
    /// Width in a list, in columns: smallest and wished; none: not offered as a column.
    pub column: Option<(u16, u16)>,
    /// The letter that sorts by it after `s`, if the server can.
    pub sort: Option<char>,
    /// Offered in forms only to who may do this.
    pub needs: Option<Capability>,
}

/// A saved view that is shipped with the product.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The word on the command line (`--view mine`).
    pub code: &'static str,
    /// What a person reads.
    pub label: Label,
    /// The number of the view enum on the wire.
    pub wire: i32,
}

/// One condition of a filter, understood: a field and what it must be (any of the values).
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Index into [`Resource::fields`].
    pub field: usize,
    /// Any of these; for times, the first is inclusive and the second exclusive ([`Value::Absent`] = open).
    pub values: Vec<Value>,
}

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListQuery {
    /// Bare words.
    pub search: String,
    /// Index into [`Resource::views`].
    pub view: usize,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Only records that belong to this one: a customer, or the opportunity of plan steps (0: all).
    pub parent_id: i64,
    /// Just these, as far as the list holds them, at most 200; empty: all.
    pub ids: Vec<i64>,
    /// Index of the field to sort by; none: the view's own order.
    pub sort: Option<usize>,
    /// Reverse order.
    pub descending: bool,
    /// Rows a page.
    pub page_size: i32,
    /// Where to go on.
    pub page_token: String,
    /// Count what the filter finds.
    pub with_total: bool,
    /// This is an export: asks for that right, and is audited.
    pub export: bool,
}

/// A page of a list. A short page with a token is not the end.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The rows.
    pub records: Vec<Record>,
    /// Where to go on; empty at the end.
    pub next_page_token: String,
    /// How many the filter finds, if it was asked.
    pub total: Option<Total>,
}

/// A record of any kind, as lists, details, forms and the command line see it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: i64,
    /// Its revision.
    pub revision: i64,
    /// What it is called in crumbs and messages.
    pub label: String,
    /// What may be done with it.
    pub allowed: Vec<Action>,
    /// One value a field of [`Resource::fields`], in that order.
    pub values: Vec<Value>,
    /// The operation that made this revision, in replies of changes; else 0.
    pub operation_id: i64,
    /// What the server warns of (duplicates), in replies of changes.
    pub warnings: Vec<rolo_proto::v1::Duplicate>,
}

/// New values for some fields, by index into [`Resource::fields`].
pub type Changes = Vec<(usize, Value)>;

/// What a write carries beside its values.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Names the write: the same id again changes nothing more.
    pub request_id: String,
    /// The revision seen; 0 = whatever it is now, which only an update takes.
    pub revision: i64,
    /// The values seen of the fields that change, for merging.
    pub seen: Changes,
    /// Check the required set (a full form filled by hand).
    pub full_form: bool,
    /// The first contact of a new customer: indices into the contact's fields.
    pub first_contact: Option<Changes>,
}

impl WriteOptions {
    /// The request id that was given, or a new one: a write never goes out without, for it may have to be repeated.
    pub fn request_id(&self) -> String {
        if self.request_id.is_empty() { crate::data::client::new_request_id() } else { self.request_id.clone() }
    }
}

/// A kind of record.
pub trait Resource: Send + Sync {
    /// On the wire.
    fn kind(&self) -> Kind;
    /// Singular and plural on the command line (`customer`, `customers`).
    fn names(&self) -> (&'static str, &'static str);
    /// What a person reads: singular and plural.
    fn labels(&self) -> (Label, Label);
    /// All fields, in the order of the form.
    fn fields(&self) -> &'static [Field];
    /// The columns that a list shows at first, as indices into the fields.
    fn columns(&self) -> &'static [usize];
    /// Shipped views; the first is what a list opens with.
    fn views(&self) -> &'static [View];

    /// The number of the sort key of a field on the wire; 0: the server does not sort by it.
    fn sort_wire(&self, _field: usize) -> i32 {
        0
    }

    /// One page of a list.
    fn list<'a>(&'a self, client: &'a Client, query: &'a ListQuery) -> BoxFuture<'a, Result<Page, Failure>>;
    /// One record.
    fn get<'a>(&'a self, client: &'a Client, id: i64) -> BoxFuture<'a, Result<Record, Failure>>;
    /// A new record.
    fn create<'a>(
        &'a self,
        client: &'a Client,
        values: &'a Changes,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>>;
    /// New values for some fields of a record.
    fn update<'a>(
        &'a self,
        client: &'a Client,
        id: i64,
        values: &'a Changes,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>>;
    /// Into the recycle bin; answers the operation.
    fn delete<'a>(
        &'a self,
        client: &'a Client,
        id: i64,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<i64, Failure>>;
    /// Out of the recycle bin.
    fn restore<'a>(
        &'a self,
        client: &'a Client,
        id: i64,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>>;

    /// Whether a record as it is now can be in a view, as far as the record alone tells: after a decision it may have
    /// left the one that is shown.
    fn holds(&self, _view: usize, _record: &Record) -> bool {
        true
    }

    /// Whether a field of this record stays as it is, although it can be written in others: forms leave it out.
    fn is_fixed(&self, _field: usize, _record: &Record) -> bool {
        false
    }

    /// One record by what people call it: its id, and for kinds that have them its number or external id.
    fn find<'a>(&'a self, client: &'a Client, key: &'a str) -> BoxFuture<'a, Result<Record, Failure>> {
        Box::pin(async move {
            match key.trim().parse() {
                Ok(id) => self.get(client, id).await,
                Err(_) => Err(Failure::field("id", crate::data::Fault::UnknownReference(key.to_owned()))),
            }
        })
    }

    /// The index of a field by its name, alias or label in either language; case, spaces, `_` and `-` do not count.
    fn field(&self, name: &str) -> Option<usize> {
        let name = fold_name(name);
        let fields = self.fields();
        // The proper name of one field wins over the alias of another.
        fields.iter().position(|f| fold_name(f.name) == name).or_else(|| {
            fields.iter().position(|f| {
                fold_name(f.label.en) == name
                    || fold_name(f.label.zh) == name
                    || f.aliases.iter().any(|a| fold_name(a) == name)
            })
        })
    }

    /// The index of a shipped view by its word or label in either language.
    fn view(&self, name: &str) -> Option<usize> {
        let name = fold_name(name);
        self.views()
            .iter()
            .position(|v| fold_name(v.code) == name || fold_name(v.label.en) == name || fold_name(v.label.zh) == name)
    }
}

/// A name as names are compared: lower case, without spaces, `_` and `-`; full-width letters folded, `No.` is `no`.
pub fn fold_name(name: &str) -> String {
    name.chars()
        .map(parse::fold_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '*' | '★' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

static ALL: [&dyn Resource; 8] =
    [&Customers, &Contacts, &Interactions, &Opportunities, &PlanSteps, &Products, &Dictionary, &Users];

/// All kinds, in the order of the palette.
pub fn all() -> &'static [&'static dyn Resource] {
    &ALL
}

/// The kind of this name: singular or plural, in either language.
pub fn by_name(name: &str) -> Option<&'static dyn Resource> {
    let name = fold_name(name);
    ALL.into_iter().find(|r| {
        let (one, many) = r.names();
        let (one_label, many_label) = r.labels();
        [one, many, one_label.en, one_label.zh, many_label.en, many_label.zh].iter().any(|n| fold_name(n) == name)
    })
}

/// The descriptor of a kind on the wire.
pub fn of(kind: Kind) -> Option<&'static dyn Resource> {
    ALL.into_iter().find(|r| r.kind() == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_every_name_people_use() {
        for name in ["customer", "customers", "Customers", "客户"] {
            assert_eq!(by_name(name).map(|r| r.kind()), Some(Kind::Customer), "{name}");
        }
        assert_eq!(by_name("交往记录").map(|r| r.kind()), Some(Kind::Interaction));
        assert_eq!(by_name("销售机会").map(|r| r.kind()), Some(Kind::Opportunity));
        assert!(by_name("invoice").is_none());
    }

    #[test]
    fn no_two_fields_of_a_kind_answer_to_one_name() {
        for resource in all() {
            for (index, field) in resource.fields().iter().enumerate() {
                for name in [field.name, field.label.en, field.label.zh].iter().chain(field.aliases) {
                    assert_eq!(resource.field(name), Some(index), "{name} of {}", resource.names().0);
                }
            }
        }
    }

    #[test]
    fn no_two_columns_of_a_kind_sort_by_one_letter() {
        for resource in all() {
            let mut letters: Vec<char> = resource.fields().iter().filter_map(|f| f.sort).collect();
            letters.sort_unstable();
            let all = letters.len();
            letters.dedup();
            assert_eq!(letters.len(), all, "{}", resource.names().0);
        }
    }
}
