//! What the source itself promises: pure rules, no text in SQL, released migrations left alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

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
