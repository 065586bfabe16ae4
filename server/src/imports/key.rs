//! What a record of a file is known again by: among the records that exist (`matching.rs`), and among the rows of the file.

use super::{record::Record, rules::Sheet};
use crate::{fields::value_of, products, text, value::Value};

/// The values by which a row's record is compared with existing ones.
#[derive(Debug, Clone, Copy)]
pub struct Key<'r> {
    /// The number or id that the file gives, as text.
    pub number: &'r str,
    /// The values of a new record.
    pub values: &'r [(&'static str, Value)],
    /// The customer of a contact or an interaction, the opportunity of a step.
    pub parent: Option<i64>,
}

impl<'r> Key<'r> {
    /// The key of a record that has been read.
    pub fn new(record: &'r Record, values: &'r [(&'static str, Value)], parent: Option<i64>) -> Self {
        Self { number: &record.number, values, parent }
    }

    pub(super) fn text(&self, column: &str) -> &'r str {
        value_of(self.values, column).map(Value::text).unwrap_or_default()
    }

    pub(super) fn int(&self, column: &str) -> Option<i64> {
        value_of(self.values, column).and_then(Value::int)
    }

    pub(super) fn phones(&self, columns: &[&str]) -> Vec<String> {
        columns.iter().flat_map(|column| text::phones(self.text(column))).collect()
    }

    pub(super) fn product_norm(&self) -> String {
        products::store::norm(self.text("name"), self.text("model"), self.text("batch"))
    }

    /// What a new record of this key has for itself, as texts: two rows of one file that share one are one record.
    pub fn marks(&self, sheet: Sheet) -> Vec<String> {
        let parent = self.parent.unwrap_or_default();
        let mut marks = match self.text("external_id") {
            "" => Vec::new(),
            external => vec![["external ", external].concat()],
        };
        let name = text::dedupe_name(self.text("name"));
        match sheet {
            Sheet::Customers if name.is_empty() => {}
            Sheet::Customers if self.int("party") == Some(2) => {
                marks.extend(marked("person", &name, &self.phones(&["tel"])))
            }
            Sheet::Customers => marks.push(["name ", &name].concat()),
            Sheet::Contacts => {
                let phones = self.phones(&["mobile", "office_tel"]);
                marks.extend(marked(&parent.to_string(), &name, &phones));
            }
            Sheet::Interactions => marks.push(format!(
                "{parent} {} {}\n{}",
                self.int("at").unwrap_or_default(),
                self.text("title"),
                self.text("detail")
            )),
            Sheet::Products if name.is_empty() => {}
            Sheet::Products => marks.push(["name ", &self.product_norm()].concat()),
            // Two of one name may well be two, and an external id tells them apart.
            Sheet::Opportunities if !self.text("external_id").is_empty() => {}
            Sheet::Opportunities => marks.push(format!(
                "{}\n{}\n{:?} {:?}",
                text::dedupe_name(self.text("customer_name")),
                self.text("title"),
                self.int("product_id"),
                self.int("closed_at")
            )),
            Sheet::Steps => marks.push(format!("{parent} {}\n{}", self.text("plan_date"), self.text("todo"))),
        }
        marks
    }
}

fn marked(kind: &str, name: &str, phones: &[String]) -> Vec<String> {
    let mark = |phone: &str| [kind, " ", name, " ", phone].concat();
    if phones.is_empty() { vec![mark("")] } else { phones.iter().map(|phone| mark(phone)).collect() }
}
