//! What the source itself promises: pure rules, no text in SQL, released migrations left alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rolo_proto::v1::Kind;
use rolo_server::{
    contacts, customers, dictionary,
    fields::{Field, Shape},
    interactions, opportunities, products,
};
use rolo_tui::resource::{self, Input};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A file without its comments and tests.
fn code(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)?;
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    Ok(text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn rules_know_nothing_of_databases_networks_or_the_time() -> Result<()> {
    let mut files = Vec::new();
    sources(&root().join("server/src"), &mut files)?;
    let rules: Vec<_> = files.iter().filter(|path| path.ends_with("rules.rs")).collect();
    assert!(rules.len() >= 5, "only {} rules.rs were found", rules.len());
    for path in rules {
        let code = code(path)?;
        for banned in ["rusqlite", "tonic", "tokio", "prost", "Clock", "async ", "std::fs", "std::time"] {
            assert!(!code.contains(banned), "{} uses {banned}: rules are pure", path.display());
        }
    }
    Ok(())
}

/// Security lesson 12: a statement is a literal, or is put together by `db::sql::Sql` from literals.
#[test]
fn no_text_is_formatted_into_a_statement() -> Result<()> {
    let mut files = Vec::new();
    sources(&root().join("server/src"), &mut files)?;
    for path in files {
        let code = code(&path)?;
        for (place, _) in code.match_indices("format!(") {
            let call = code.get(place..).unwrap_or_default();
            let literal = call.split('"').nth(1).unwrap_or_default();
            for word in ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", " WHERE ", "ORDER BY"] {
                assert!(!literal.contains(word), "{}: {literal}", path.display());
            }
        }
    }
    Ok(())
}

/// The parts of such a joined statement that are no literals: only constants may be, whose names are upper case.
fn joined_from(parts: &str) -> Vec<&str> {
    let between = parts.split('"').step_by(2).flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'));
    between.filter(|word| word.chars().any(|c| !c.is_ascii_uppercase() && c != '_')).collect()
}

/// What stands between the bracket that ends here and the one that opens it.
fn within_brackets(before: &str) -> &str {
    let mut open = 0_usize;
    let start = before.rmatch_indices(['[', ']']).find(|(_, bracket)| {
        match *bracket {
            "]" => open += 1,
            _ if open == 0 => return true,
            _ => open -= 1,
        }
        false
    });
    start.map_or(before, |(place, _)| &before[place + 1..])
}

/// Security lesson 12: a statement that is joined is joined from literals and constants.
#[test]
fn no_text_is_joined_into_a_statement() -> Result<()> {
    let mut files = Vec::new();
    sources(&root().join("server/src"), &mut files)?;
    let mut statements = 0;
    for path in files {
        let code = code(&path)?;
        for (end, _) in code.match_indices("]\n            .concat()").chain(code.match_indices("].concat()")) {
            let parts = within_brackets(&code[..end]);
            if ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "WHERE ", "ORDER BY"]
                .iter()
                .any(|w| parts.contains(w))
            {
                assert_eq!(joined_from(parts), [""; 0], "{}: {parts}", path.display());
                statements += 1;
            }
        }
    }
    assert!(statements > 3, "only {statements} joined statements were found");
    assert_eq!(joined_from(r#"SELECT, "WHERE name = '", name, "'""#), ["name"], "it would notice");
    Ok(())
}

/// `domain-spec.md` §3: a form takes as much as the server does, and knows where a choice comes from. The rest of a
/// field's shape is the server's alone: it refuses, and the form says what.
#[test]
fn forms_take_as_many_characters_as_the_server() {
    let kinds: [(Kind, &[Field]); 7] = [
        (Kind::Customer, customers::rules::FIELDS),
        (Kind::Contact, contacts::rules::FIELDS),
        (Kind::Interaction, interactions::rules::FIELDS),
        (Kind::DictionaryItem, dictionary::rules::FIELDS),
        (Kind::Product, products::rules::FIELDS),
        (Kind::Opportunity, opportunities::rules::FIELDS),
        (Kind::PlanStep, opportunities::rules::STEP_FIELDS),
    ];
    for (kind, served) in kinds {
        let mut compared = 0;
        for field in resource::of(kind).map(|r| r.fields()).unwrap_or_default() {
            let Some(theirs) = served.iter().find(|f| Some(f.column) == field.wire) else { continue };
            let same = match (field.input, theirs.shape) {
                (Input::Text { max }, Shape::Usc) => max == 18,
                (Input::Text { max }, Shape::Line(most))
                | (Input::LongText { max }, Shape::Text(most))
                | (Input::Phone { max }, Shape::Phone(most))
                | (Input::Email { max }, Shape::Email(most)) => max == most,
                (Input::Choice { dictionary }, Shape::Choice(of)) => dictionary == of,
                (Input::Text { .. } | Input::LongText { .. } | Input::Phone { .. } | Input::Email { .. }, _)
                | (Input::Choice { .. }, _)
                | (_, Shape::Line(_) | Shape::Text(_) | Shape::Phone(_) | Shape::Email(_) | Shape::Choice(_)) => false,
                _ => true,
            };
            assert!(same, "{kind:?} {}: {:?}, the server's is {:?}", field.name, field.input, theirs.shape);
            compared += 1;
        }
        assert!(compared >= 4, "{kind:?}: {compared} fields are of the same name");
    }
}

#[test]
fn released_migrations_are_as_they_were_released() -> Result<()> {
    let dir = root().join("migrations");
    let sums = fs::read_to_string(dir.join("CHECKSUMS")).context("migrations/CHECKSUMS")?;
    for line in sums.lines().filter(|line| !line.starts_with('#')) {
        let (hash, name) = line.split_once("  ").context("HASH  NAME")?;
        let now = blake3::hash(&fs::read(dir.join(name))?).to_hex().to_string();
        assert_eq!(now, hash, "{name} is released: write a new migration instead of changing it");
    }
    Ok(())
}
