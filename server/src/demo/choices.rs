//! What the company added to its dictionary, and the ids of the entries that the demo uses.

use std::collections::HashMap;

use crate::{
    authz::Actor,
    change::Change,
    clock::SECOND,
    db::Write,
    dictionary::{rules, store},
    error::{Error, Result},
    fields::clean,
    value::Value,
};

/// Type, value, 中文, English.
const ADDED: &[(&str, &str, &str, &str)] = &[
    ("region", "east", "华东", "East China"),
    ("region", "south", "华南", "South China"),
    ("region", "de", "德国", "Germany"),
    ("region", "uk", "英国", "United Kingdom"),
    ("region", "us", "美国", "United States"),
    ("region", "fr", "法国", "France"),
    ("region", "nl", "荷兰", "Netherlands"),
    ("region", "it", "意大利", "Italy"),
    ("classification", "making", "制造业", "Manufacturing"),
    ("classification", "electronics", "电子电器", "Electronics"),
    ("classification", "software", "软件与信息", "Software and IT"),
    ("classification", "chemistry", "化工材料", "Chemicals"),
    ("classification", "energy", "能源环保", "Energy and water"),
    ("classification", "food", "食品农业", "Food and farming"),
    ("classification", "health", "医药健康", "Health care"),
    ("classification", "building", "建筑建材", "Construction"),
    ("classification", "transport", "物流运输", "Transport"),
    ("classification", "trade", "商贸流通", "Trade"),
    ("classification", "private", "个人客户", "Private customers"),
];

/// The ids of entries, by type and value.
#[derive(Debug, Default)]
pub(super) struct Choices(HashMap<(String, String), i64>);

impl Choices {
    /// The id of an entry as a column holds it; nothing if there is no such entry.
    pub(super) fn id(&self, kind: &str, value: &str) -> Value {
        self.0.get(&(kind.to_owned(), value.to_owned())).map_or(Value::Null, |id| Value::Int(*id))
    }
}

/// Adds the company's own entries, and reads the ids of all.
pub(super) fn add(write: &mut Write<'_>, actor: &Actor) -> Result<Choices> {
    for (kind, value, zh, en) in ADDED {
        write.now += 7 * SECOND;
        let values = vec![
            ("type", Value::from(*kind)),
            ("value", Value::from(*value)),
            ("zh", Value::from(*zh)),
            ("en", Value::from(*en)),
            ("position", Value::Null),
            ("active", Value::Int(1)),
        ];
        let mut change = Change::new(write, actor, "CreateItem", false);
        store::create(&mut change, clean(rules::FIELDS, values)?)?;
    }
    let rows = write.tx.query("SELECT type, value, id FROM dictionary_item LIMIT 1000", [], |row| {
        Ok(((row.get::<_, String>(0)?, row.get::<_, String>(1)?), row.get::<_, i64>(2)?))
    })?;
    if rows.is_empty() {
        Err(Error::Internal("the dictionary is empty".into()))
    } else {
        Ok(Choices(rows.into_iter().collect()))
    }
}
