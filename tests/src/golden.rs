//! Golden files: what was agreed on, kept as text under `tests/golden/`. `UPDATE_GOLDEN=1` writes them anew.

use std::{fs, path::PathBuf};

/// Compares `actual` with the golden file of that name.
///
/// # Panics
/// They differ; the message shows the first line that does.
#[expect(clippy::panic, reason = "a difference fails the test")]
pub fn assert_golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if let Err(error) = fs::write(&path, actual) {
            panic!("{}: {error}", path.display());
        }
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    let differs = expected
        .lines()
        .zip(actual.lines())
        .find(|(old, new)| old != new)
        .map_or_else(|| "one is longer".to_owned(), |(old, new)| format!("\n  agreed: {old}\n  now:    {new}"));
    panic!("{name} is no longer what was agreed: {differs}\nIf the change is meant, run again with UPDATE_GOLDEN=1.");
}
