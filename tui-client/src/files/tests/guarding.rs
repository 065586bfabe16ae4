//! The formula guard.

use super::super::guard::{guard, unguard};

#[test]
fn what_could_run_as_a_formula_gets_an_apostrophe_and_loses_it_again() {
    for text in [
        "=1+1",
        "+86 138",
        "-x",
        "@sum",
        "\tx",
        "\rx",
        "\nx",
        "  =1",
        "\u{3000}=1",
        "＝1",
        "'=x",
        "''+y",
        "\u{feff}=1",
        "\u{200b}=1",
        "\u{a0}＋1",
        " \u{3000}－1",
        "＠x",
        "''＝1",
        "\u{202e}\u{ad}@x",
    ] {
        let written = guard(text);
        assert_eq!(written, format!("'{text}"), "{text:?}");
        assert_eq!(unguard(&written), text);
    }
}

#[test]
fn other_texts_are_left_alone() {
    for text in ["", "Acme", "'tis", "'", "''", "a=b", "5-3", " x", "上海", "3 = 3"] {
        assert_eq!(guard(text), text);
        assert_eq!(unguard(text), text);
    }
}
