//! Statements put together from literals and bound values: text from outside cannot get in, by type.

use rusqlite::Row;

use super::tx::{LookUp, Tx};
use crate::{error::Result, value::Value};

/// A statement under construction.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    text: String,
    params: Vec<Value>,
}

impl Sql {
    /// A statement that begins with these words.
    pub fn new(words: &'static str) -> Self {
        Self { text: words.into(), params: Vec::new() }
    }

    /// More words.
    pub fn push(&mut self, words: &'static str) -> &mut Self {
        self.text.push_str(words);
        self
    }

    /// A bound value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.params.push(value.into());
        self.text.push('?');
        self.text.push_str(&self.params.len().to_string());
        self
    }

    /// Bound values in parentheses; NULL if there are none, which equals nothing.
    pub fn bind_list(&mut self, values: impl IntoIterator<Item = i64>) -> &mut Self {
        self.text.push('(');
        let start = self.params.len();
        for value in values {
            if self.params.len() > start {
                self.text.push_str(", ");
            }
            self.bind(value);
        }
        if self.params.len() == start {
            self.text.push_str("NULL");
        }
        self.text.push(')');
        self
    }

    /// Another statement's words and values, its values renumbered.
    pub fn append(&mut self, other: &Sql) -> &mut Self {
        let mut rest = other.text.as_str();
        let mut values = other.params.iter();
        // `?N` stands only where `bind` put it: literals of ours hold no question mark.
        while let Some(at) = rest.find('?') {
            let (words, after) = rest.split_at(at);
            self.text.push_str(words);
            rest = after.trim_start_matches(|c: char| c == '?' || c.is_ascii_digit());
            if let Some(value) = values.next() {
                self.bind(value.clone());
            }
        }
        self.text.push_str(rest);
        self
    }

    /// The statement's text, e.g. to explain it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Runs the statement and walks its rows until `each` answers false.
    pub fn walk(&self, tx: &Tx<'_>, each: impl FnMut(&Row<'_>) -> Result<bool>) -> Result<()> {
        tx.walk(&self.text, rusqlite::params_from_iter(&self.params), each)
    }

    /// The statement for one id after the other, which is its last value, yet to come.
    pub(super) fn look_up<'t>(&self, tx: &'t Tx<'_>) -> Result<LookUp<'t>> {
        let text = [&self.text, "?", &(self.params.len() + 1).to_string()].concat();
        tx.look_up(&text, &self.params)
    }

    /// Runs the statement for one row.
    pub fn one<T>(&self, tx: &Tx<'_>, row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        tx.query_one(&self.text, rusqlite::params_from_iter(&self.params), row)
    }

    /// Runs the statement for all its rows, which the statement itself must bound.
    pub fn all<T>(&self, tx: &Tx<'_>, row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        tx.query(&self.text, rusqlite::params_from_iter(&self.params), row)
    }

    /// How SQLite would run it, a line a step.
    pub fn explain(&self, tx: &Tx<'_>) -> Result<Vec<String>> {
        let text = ["EXPLAIN QUERY PLAN ", &self.text].concat();
        tx.query(&text, rusqlite::params_from_iter(&self.params), |row| row.get(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_anew_when_one_statement_joins_another() {
        let mut inner = Sql::new("a = ");
        inner.bind(1).push(" AND b IN ").bind_list([2, 3]);
        let mut outer = Sql::new("SELECT ");
        outer.bind(0).push(" WHERE ").append(&inner).push(" LIMIT ").bind(9);
        assert_eq!(outer.text(), "SELECT ?1 WHERE a = ?2 AND b IN (?3, ?4) LIMIT ?5");
        assert_eq!(outer.params.len(), 5);
    }

    #[test]
    fn an_empty_list_equals_nothing() {
        let mut sql = Sql::new("a IN ");
        sql.bind_list([]);
        assert_eq!(sql.text(), "a IN (NULL)");
    }
}
