//! Which column of a file goes into which field. Pure.
//!
//! A header that is a field's name, label or alias in either language maps itself; `--map` says the rest and wins. A
//! header that was mapped by hand does not map itself besides.

use rolo_proto::v1::Kind;

use crate::{
    data::Failure,
    resource::{Contacts, Field, PlanSteps, Resource, fold_name},
};

/// One mapped field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// As the server knows it: `name`, `contact.name`.
    pub field: String,
    /// Columns of the file, joined in this order.
    pub columns: Vec<usize>,
    /// By its header, not by hand.
    pub guessed: bool,
}

/// The columns that are used, and those that are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// In the order of the file.
    pub fields: Vec<Mapped>,
    /// Headers that go nowhere.
    pub unused: Vec<String>,
}

impl Mapping {
    /// The fields, in the order of the cells of [`Mapping::cells`].
    pub fn names(&self) -> Vec<String> {
        self.fields.iter().map(|m| m.field.clone()).collect()
    }

    /// The cells of a row, one a field; columns that are joined are joined by a blank, but Chinese without.
    pub fn cells(&self, row: &[String]) -> Vec<String> {
        let of = |i: &usize| row.get(*i).map_or("", |c| c.trim_matches(' '));
        self.fields
            .iter()
            .map(|mapped| match mapped.columns.as_slice() {
                [one] => row.get(*one).cloned().unwrap_or_default(),
                many => join(many.iter().map(of)),
            })
            .collect()
    }
}

fn join<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for part in parts.filter(|p| !p.is_empty() && *p != "NULL") {
        let han = |c: Option<char>| c.is_some_and(|c| ('\u{2e80}'..='\u{9fff}').contains(&c) || c >= '\u{20000}');
        let both = han(joined.chars().next_back()) && han(part.chars().next());
        if !joined.is_empty() && !both {
            joined.push(' ');
        }
        joined.push_str(part);
    }
    joined
}

/// Whether an import can fill a field: what can be written, what says which record or whose it is, and for an opportunity
/// what has become of it.
fn is_importable(resource: &dyn Resource, field: &Field) -> bool {
    field.wire.is_some() || names_a_record(resource, field) || is_told_with(resource, field)
}

/// A number of ours, by which an existing record is found.
fn names_a_record(resource: &dyn Resource, field: &Field) -> bool {
    matches!(
        (resource.kind(), field.name),
        (Kind::Customer, "no") | (Kind::Contact | Kind::Product | Kind::Opportunity, "id")
    )
}

/// What a form never asks and a file may tell.
fn is_told_with(resource: &dyn Resource, field: &Field) -> bool {
    matches!(
        (resource.kind(), field.name),
        (Kind::Interaction, "author")
            | (Kind::Opportunity, "status" | "assigned_at" | "closed_at" | "close_reason" | "close_text")
    )
}

/// A kind of which each row may hold a record besides: the contact of a customer, the plan step of an opportunity.
struct Second {
    resource: &'static dyn Resource,
    /// Before its fields' names, for the server.
    prefix: &'static str,
    /// What people write before them, folded.
    words: &'static [&'static str],
    /// The field that is meant where only the word stands.
    itself: &'static str,
    /// What only a record of this kind has: beside [`Second::itself`] a header needs no word before it.
    bare: &'static [&'static str],
}

const CONTACT: Second = Second {
    resource: &Contacts,
    prefix: "contact.",
    words: &["contact", "联系人"],
    itself: "name",
    bare: &["sex", "position", "mobile", "wechat", "email"],
};
const STEP: Second = Second {
    resource: &PlanSteps,
    prefix: "step.",
    words: &["planstep", "计划项", "step", "plan", "计划", "执行"],
    itself: "todo",
    bare: &[],
};

fn second(resource: &dyn Resource) -> Option<&'static Second> {
    match resource.kind() {
        Kind::Customer => Some(&CONTACT),
        Kind::Opportunity => Some(&STEP),
        _ => None,
    }
}

impl Second {
    /// Its fields; the row says already whose it is.
    fn fields(&self) -> impl Iterator<Item = &'static Field> {
        let outer = |field: &&Field| matches!(field.name, "customer_no" | "opportunity" | "id");
        let resource = self.resource;
        resource.fields().iter().filter(move |field| is_importable(resource, field) && !outer(field))
    }

    /// The field that a folded name means: contact.name, contactName, 联系人姓名.
    fn field(&self, folded: &str) -> Option<&'static Field> {
        let inner = self.words.iter().find_map(|word| folded.strip_prefix(word))?;
        let inner = if inner.is_empty() { self.itself } else { inner };
        let own = |name: &str| {
            let at = self.resource.field(name)?;
            self.fields().find(|field| std::ptr::eq(*field, &self.resource.fields()[at]))
        };
        own(folded).or_else(|| own(inner))
    }

    /// The name for the server of what a header means that stands beside [`Second::itself`].
    fn beside(&self, header: &str) -> Option<String> {
        let field = &self.resource.fields()[self.resource.field(header)?];
        self.bare.contains(&field.name).then(|| [self.prefix, field.name].concat())
    }
}

/// The field that a name means in an import of this kind: its own, or one of the second kind that a row may hold.
/// Answers the name for the server and the descriptor.
pub fn field(resource: &dyn Resource, name: &str) -> Option<(String, &'static Field)> {
    let own = resource.field(name).map(|i| &resource.fields()[i]).filter(|f| is_importable(resource, f));
    if let Some(field) = own {
        return Some((field.name.to_owned(), field));
    }
    let second = second(resource)?;
    let field = second.field(&fold_name(name))?;
    Some(([second.prefix, field.name].concat(), field))
}

/// Maps the headers of a file. `by_hand` is `(field, columns)`: one header, several with `+` between, or nothing to leave
/// the field out.
pub fn map(resource: &dyn Resource, headers: &[String], by_hand: &[(String, String)]) -> Result<Mapping, Failure> {
    let mut fields: Vec<Mapped> = Vec::new();
    let mut taken = vec![false; headers.len()];
    let mut left_out: Vec<String> = Vec::new();
    for (name, columns) in by_hand {
        let Some((field, _)) = field(resource, name) else { return Err(no_such_field(resource, name)) };
        if fields.iter().any(|m| m.field == field) {
            return Err(Failure::usage(format!("--map {field}: given twice"), format!("--map {field}：重复指定")));
        }
        if columns.trim().is_empty() {
            left_out.push(field);
            continue;
        }
        let columns = columns_named(headers, columns)?;
        columns.iter().for_each(|c| taken[*c] = true);
        fields.push(Mapped { field, columns, guessed: false });
    }
    // The first header of a field counts; a second one would have to be joined by hand.
    let mut guess = |fields: &mut Vec<Mapped>, column: usize, field: String| {
        if !taken[column] && !left_out.contains(&field) && !fields.iter().any(|m| m.field == field) {
            taken[column] = true;
            fields.push(Mapped { field, columns: vec![column], guessed: true });
        }
    };
    for (column, header) in headers.iter().enumerate() {
        // Every file has a column `id` of its own; ours is meant only where that is said.
        if let Some((field, _)) = field(resource, header).filter(|(_, f)| f.name != "id") {
            guess(&mut fields, column, field);
        }
    }
    // 联系人, 手机: whose mobile it is stands in the column before.
    let beside = second(resource).filter(|s| fields.iter().any(|m| m.field == [s.prefix, s.itself].concat()));
    for (column, header) in headers.iter().enumerate() {
        if let Some(field) = beside.filter(|_| field(resource, header).is_none()).and_then(|s| s.beside(header)) {
            guess(&mut fields, column, field);
        }
    }
    if fields.is_empty() {
        let all = headers.join(", ");
        return Err(Failure::usage(
            format!(
                "No column is a field of {}: say which with --map field=column; the columns are: {all}",
                resource.names().1
            ),
            format!("没有列对应{}的字段：请用 --map 字段=列名 指定；文件的列：{all}", resource.labels().1.zh),
        ));
    }
    fields.sort_by_key(|m| m.columns.first().copied());
    let unused = headers.iter().zip(&taken).filter(|(h, taken)| !**taken && !h.is_empty()).map(|(h, _)| h.clone());
    Ok(Mapping { fields, unused: unused.collect() })
}

/// Headers by their exact text, else folded; a header that has a `+` itself wins over two joined.
fn columns_named(headers: &[String], text: &str) -> Result<Vec<usize>, Failure> {
    let find = |name: &str| {
        let exact = headers.iter().position(|h| h == name.trim());
        exact.or_else(|| headers.iter().position(|h| fold_name(h) == fold_name(name)))
    };
    if let Some(one) = find(text) {
        return Ok(vec![one]);
    }
    text.split('+')
        .map(|name| {
            find(name).ok_or_else(|| {
                let (name, all) = (name.trim(), headers.join(", "));
                Failure::usage(
                    format!("The file has no column {name}; it has: {all}"),
                    format!("文件中没有列“{name}”，现有：{all}"),
                )
            })
        })
        .collect()
}

/// The fields that an import of this kind can fill.
pub fn fields(resource: &dyn Resource) -> Vec<(String, &'static Field)> {
    let own = resource.fields().iter().filter(|f| is_importable(resource, f));
    let mut all: Vec<_> = own.map(|f| (f.name.to_owned(), f)).collect();
    if let Some(second) = second(resource) {
        all.extend(second.fields().map(|f| ([second.prefix, f.name].concat(), f)));
    }
    all
}

/// The fields that a template asks for: those that a new record can have.
pub fn fields_of_new(resource: &dyn Resource) -> Vec<(String, &'static Field)> {
    let mut all = fields(resource);
    all.retain(|(_, field)| !names_a_record(resource, field));
    all
}

/// A failure that lists the fields.
pub fn no_such_field(resource: &dyn Resource, name: &str) -> Failure {
    let all: Vec<String> = fields(resource).into_iter().map(|(name, _)| name).collect();
    let all = all.join(", ");
    Failure::usage(
        format!("{} have no field {name}; there are: {all}", resource.names().1),
        format!("{}没有字段“{name}”，可用：{all}", resource.labels().1.zh),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Customers, Interactions, Opportunities};

    fn headers(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    fn by_hand(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(f, c)| ((*f).to_owned(), (*c).to_owned())).collect()
    }

    fn mapped(mapping: &Mapping) -> Vec<(&str, &[usize])> {
        mapping.fields.iter().map(|m| (m.field.as_str(), m.columns.as_slice())).collect()
    }

    #[test]
    fn headers_map_themselves_in_either_language() {
        let mapping = map(&Customers, &headers("客户名称,地区,客户经理,电话,联系人姓名,联系人电话,无关"), &[])
            .unwrap_or_default();
        let expected: Vec<(&str, &[usize])> = vec![
            ("name", &[0]),
            ("region", &[1]),
            ("manager", &[2]),
            ("tel", &[3]),
            ("contact.name", &[4]),
            ("contact.mobile", &[5]),
        ];
        assert_eq!(mapped(&mapping), expected);
        assert_eq!(mapping.unused, ["无关"]);
    }

    #[test]
    fn what_only_a_person_has_is_the_contact_s_where_one_is_named() {
        let mapping = map(&Customers, &headers("客户名称,联系人,手机,职务,电话"), &[]).unwrap_or_default();
        let fields = ["name", "contact.name", "contact.mobile", "contact.position", "tel"];
        assert_eq!(mapping.names(), fields);
        let mapping = map(&Customers, &headers("name,mobile,contact,cell"), &[]).unwrap_or_default();
        assert_eq!(mapping.names(), ["name", "contact.mobile", "contact.name"], "the first counts");
        let nobody = map(&Customers, &headers("客户名称,手机"), &[]).unwrap_or_default();
        assert_eq!(nobody.unused, ["手机"], "nobody is there whose it could be");
        let left_out = map(&Customers, &headers("客户名称,联系人,手机"), &by_hand(&[("contact.mobile", "")]));
        assert_eq!(left_out.unwrap_or_default().unused, ["手机"]);
    }

    #[test]
    fn the_well_known_sample_needs_little_help() {
        let names = "customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax";
        let mapping =
            map(&Customers, &headers(names), &by_hand(&[("contact.office_tel", "phone")])).unwrap_or_default();
        let fields: Vec<&str> = mapping.fields.iter().map(|m| m.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "external_id",
                "name",
                "contact.name",
                "contact.position",
                "address",
                "region",
                "zip",
                "contact.office_tel",
                "fax"
            ]
        );
        assert_eq!(mapping.unused, ["city", "country"]);
    }

    #[test]
    fn what_is_said_by_hand_wins_and_an_empty_column_leaves_a_field_out() {
        let mapping = map(&Customers, &headers("name,title,region"), &by_hand(&[("name", "title"), ("region", "")]))
            .unwrap_or_default();
        assert_eq!(mapped(&mapping), [("name", &[1_usize][..])]);
        assert_eq!(mapping.unused, ["name", "region"]);
    }

    #[test]
    fn joined_columns_are_joined_as_the_language_writes_them() {
        let mapping = map(&Customers, &headers("lastName,firstName"), &by_hand(&[("name", "lastName+firstName")]))
            .unwrap_or_default();
        let cells = |row: [&str; 2]| mapping.cells(&row.map(str::to_owned)).remove(0);
        assert_eq!(cells(["Davolio", "Nancy"]), "Davolio Nancy");
        assert_eq!(cells(["李", "明"]), "李明");
        assert_eq!(cells(["Davolio", "NULL"]), "Davolio");
    }

    #[test]
    fn a_wrong_field_or_column_is_told_with_those_that_exist() {
        let columns = headers("a,b");
        let message = |pairs: &[(&str, &str)]| match map(&Customers, &columns, &by_hand(pairs)) {
            Ok(_) => String::new(),
            Err(failure) => failure.message(crate::strings::Lang::En),
        };
        assert!(message(&[("colour", "a")]).contains("region"));
        assert!(message(&[("name", "c")]).contains("a, b"));
        assert!(message(&[]).contains("--map"));
        assert!(message(&[("name", "a"), ("名称", "b")]).contains("twice"));
    }

    #[test]
    fn a_second_kind_belongs_to_customers_only() {
        assert!(field(&Interactions, "contact.mobile").is_none());
        assert_eq!(field(&Interactions, "contact").map(|f| f.0), Some("contact".into()));
        assert_eq!(field(&Customers, "contact.客户").map(|f| f.0), None);
    }

    /// §3.1, §3.2: the columns of opportunities in either language, state and plan among them.
    #[test]
    fn opportunities_map_themselves_with_their_state_and_their_plan() {
        for names in [
            "外部编号,客户名称,概要,状态,负责人,产品,预期成交金额,预计成交日期,结束时间,终止原因,计划日期,计划项,执行效果",
            "external id,company,subject,status,assigned to,product,amount,close date,closed at,Reason,Plan date,Step,\
             Plan result",
        ] {
            let mapping = map(&Opportunities, &headers(names), &[]).unwrap_or_default();
            assert_eq!(
                mapping.names(),
                [
                    "external_id",
                    "customer_name",
                    "title",
                    "status",
                    "assignee",
                    "product",
                    "expected_amount",
                    "expected_close_at",
                    "closed_at",
                    "close_reason",
                    "step.plan_date",
                    "step.todo",
                    "step.result"
                ],
                "{names}"
            );
        }
        assert_eq!(field(&Opportunities, "step.opportunity").map(|f| f.0), None);
        assert_eq!(field(&Opportunities, "created_at").map(|f| f.0), None, "that is Rolo's own");
    }

    #[test]
    fn a_column_named_id_is_ours_only_where_that_is_said() {
        let columns = headers("id,name,mobile");
        let guessed = map(&Contacts, &columns, &[]).unwrap_or_default();
        assert_eq!(guessed.unused, ["id"]);
        let said = map(&Contacts, &columns, &by_hand(&[("id", "id")])).unwrap_or_default();
        assert_eq!(said.fields[0].field, "id");
    }
}
