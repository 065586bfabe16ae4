//! Which column of a file goes into which field. Pure.
//!
//! A header that is a field's name, label or alias in either language maps itself; `--map` says the rest and wins. A
//! header that was mapped by hand does not map itself besides.

use crate::{
    data::Failure,
    resource::{Contacts, Field, Resource, fold_name},
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

/// Whether an import can fill a field: what can be written, and what only says which record or whose it is.
fn is_importable(resource: &dyn Resource, field: &Field) -> bool {
    use rolo_proto::v1::Kind;
    field.wire.is_some()
        || matches!(
            (resource.kind(), field.name),
            (Kind::Customer, "no") | (Kind::Contact, "id") | (Kind::Interaction, "author")
        )
}

/// The field that a name means in an import of this kind: its own, or for customers `contact.` and one of the contact's.
/// Answers the name for the server and the descriptor.
pub fn field(resource: &dyn Resource, name: &str) -> Option<(String, &'static Field)> {
    let own = |resource: &dyn Resource, name: &str| {
        resource.field(name).map(|i| &resource.fields()[i]).filter(|f| is_importable(resource, f))
    };
    if let Some(field) = own(resource, name) {
        return Some((field.name.to_owned(), field));
    }
    if resource.kind() != rolo_proto::v1::Kind::Customer {
        return None;
    }
    // contact.name, contactName, 联系人姓名; the second kind never says whose it is.
    let folded = fold_name(name);
    let inner = folded.strip_prefix("contact").or_else(|| folded.strip_prefix("联系人"))?;
    let inner = if inner.is_empty() { "name" } else { inner };
    let field = own(&Contacts, &folded).or_else(|| own(&Contacts, inner)).filter(|f| !is_outer(f))?;
    Some((format!("contact.{}", field.name), field))
}

/// A contact's field that its customer's row says already.
fn is_outer(field: &Field) -> bool {
    matches!(field.name, "customer_no" | "id")
}

/// Maps the headers of a file. `by_hand` is `(field, columns)`: one header, several with `+` between, or nothing to leave
/// the field out.
pub fn map(resource: &dyn Resource, headers: &[String], by_hand: &[(String, String)]) -> Result<Mapping, Failure> {
    let mut fields: Vec<Mapped> = Vec::new();
    let mut taken = vec![false; headers.len()];
    let mut left_out = Vec::new();
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
    for (column, header) in headers.iter().enumerate() {
        if taken[column] {
            continue;
        }
        // Every file has a column `id` of its own; ours is meant only where that is said.
        let Some((field, _)) = field(resource, header).filter(|(_, f)| f.name != "id") else { continue };
        // The first header of a field counts; a second one would have to be joined by hand.
        if !left_out.contains(&field) && !fields.iter().any(|m| m.field == field) {
            taken[column] = true;
            fields.push(Mapped { field, columns: vec![column], guessed: true });
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
    let own = |r: &dyn Resource| r.fields().iter().filter(|f| is_importable(r, f)).collect::<Vec<_>>();
    let mut all: Vec<_> = own(resource).into_iter().map(|f| (f.name.to_owned(), f)).collect();
    if resource.kind() == rolo_proto::v1::Kind::Customer {
        let inner = own(&Contacts).into_iter().filter(|f| !is_outer(f));
        all.extend(inner.map(|f| (format!("contact.{}", f.name), f)));
    }
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
    use crate::resource::{Customers, Interactions};

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

    #[test]
    fn a_column_named_id_is_ours_only_where_that_is_said() {
        let columns = headers("id,name,mobile");
        let guessed = map(&Contacts, &columns, &[]).unwrap_or_default();
        assert_eq!(guessed.unused, ["id"]);
        let said = map(&Contacts, &columns, &by_hand(&[("id", "id")])).unwrap_or_default();
        assert_eq!(said.fields[0].field, "id");
    }
}
