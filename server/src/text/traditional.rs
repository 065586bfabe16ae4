//! Traditional characters as simplified ones, one for one.
//!
//! For comparing, not for reading: no context is looked at, so a fragment of a name is always converted as the whole
//! name was, and finds it.

use std::{collections::HashMap, sync::LazyLock};

static TABLE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let lines = include_str!("traditional.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .filter_map(|pair| {
            let mut chars = pair.chars();
            chars.next().zip(chars.next())
        })
        .collect()
});

/// The simplified character of a traditional one; any other as it is.
pub(super) fn simplified(c: char) -> char {
    // Below the first Han block there is nothing to look up.
    if c < '\u{3400}' { c } else { TABLE.get(&c).copied().unwrap_or(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D6
    #[test]
    fn traditional_characters_become_simplified_ones_and_no_others_change() {
        let line: String = "臺灣華盛電腦軟體 头发 ABC".chars().map(simplified).collect();
        assert_eq!(line, "台湾华盛电脑软体 头发 ABC");
    }

    #[test]
    fn the_table_is_whole_and_no_result_is_a_key() {
        assert!(TABLE.len() > 4_000, "lines of traditional.txt were lost: {}", TABLE.len());
        assert!(TABLE.values().all(|simple| !TABLE.contains_key(simple)));
    }
}
