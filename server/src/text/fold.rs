//! The forms in which texts are compared.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::traditional::simplified;

/// For searching: half width, lower case, simplified, without accents on Latin letters, one blank between words.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        // Most numbers, phones and query words: nothing to decompose.
        return one_blank(text.chars().map(|c| c.to_ascii_lowercase()));
    }
    if is_simple(text) {
        return one_blank(text.chars().map(|c| simplified(c.to_ascii_lowercase())));
    }
    let mut plain = String::with_capacity(text.len());
    let mut on_latin = false;
    // NFKD first (full width, ligatures, accents apart), then case, then NFC for what keeps its marks (が, й). Lowering
    // case may bring new marks (İ), so these are dropped after it.
    for c in text.nfkd().flat_map(char::to_lowercase) {
        if is_combining_mark(c) {
            if !on_latin {
                plain.push(c);
            }
            continue;
        }
        on_latin = c.is_ascii_alphabetic();
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ł' => plain.push('l'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            // The final form at a word's end is a matter of writing.
            'ς' => plain.push('σ'),
            c => {
                plain.push(c);
                continue;
            }
        }
        on_latin = true;
    }
    one_blank(plain.nfc().map(simplified))
}

/// ASCII and unified Han characters only, as most names are: no normal form changes them, nor does their case matter
/// beyond ASCII.
fn is_simple(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn one_blank(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut blank = false;
    for c in chars {
        if c.is_whitespace() || c.is_control() {
            blank = true;
            continue;
        }
        if blank && !out.is_empty() {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    out
}

/// [`fold`]ed, letters and digits only: what the search index holds and every query word is. Blanks and punctuation are
/// dropped, so that 北京（华盛） is found as 北京华盛 and AT&T as att.
pub fn squeeze(text: &str) -> String {
    let folded = fold(text);
    if folded.is_ascii() {
        return folded.chars().filter(char::is_ascii_alphanumeric).collect();
    }
    if is_simple(&folded) {
        return folded.chars().filter(|c| c.is_alphanumeric()).collect();
    }
    let mut squeezed = String::with_capacity(folded.len());
    for c in folded.chars().filter(|c| c.is_alphanumeric()) {
        // A mark that stood behind a blank must not become an accent of the letter before it.
        if !(is_combining_mark(c) && squeezed.ends_with(|last: char| last.is_ascii_alphabetic())) {
            squeezed.push(c);
        }
    }
    squeezed.nfc().collect()
}

/// For the uniqueness of names (D2): without spaces, full width as half width, without case. Nothing else is equal:
/// 華盛 and 华盛 may be two companies, and so may a name with 有限公司 and one without.
pub fn dedupe_name(name: &str) -> String {
    if is_simple(name) {
        return name.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    }
    let joined: String = narrow(name).chars().filter(|c| !c.is_whitespace()).collect();
    joined.to_lowercase().nfc().collect()
}

/// Full-width letters, digits and signs as half-width ones (and half-width kana as kana); NFC.
pub fn narrow(text: &str) -> String {
    if is_simple(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{3000}' => out.push(' '),
            '\u{ff00}'..='\u{ffef}' => out.extend(c.nfkc()),
            c => out.push(c),
        }
    }
    if out.is_ascii() { out } else { out.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D6
    #[test]
    fn folding_makes_width_case_accents_and_traditional_characters_equal() {
        assert_eq!(fold("ＡＢＣ　華盛  Mère Pájaro Straße Łódź"), "abc 华盛 mere pajaro strasse lodz");
        assert_eq!(fold("Сергей が İstanbul ﬁn"), "сергей が istanbul fin");
        assert_eq!(squeeze("AT&T（中國）-分公司"), "att中国分公司");
    }

    /// What is taken for simple is what the long way would leave alone.
    #[test]
    fn no_normal_form_and_no_case_changes_a_unified_han_character() {
        for c in '\u{4e00}'..='\u{9fff}' {
            let same = |form: String| form.chars().eq([c]);
            assert!(same(c.nfkd().collect()) && same(c.nfc().collect()) && same(c.to_lowercase().collect()), "{c}");
            assert!(!is_combining_mark(c) && c.is_alphanumeric(), "{c}");
        }
    }

    /// D2
    #[test]
    fn names_are_equal_without_spaces_width_and_case_and_in_nothing_else() {
        assert_eq!(dedupe_name(" 北京 华盛（ＡＢ）"), dedupe_name("北京华盛(ab)"));
        assert_ne!(dedupe_name("华盛有限公司"), dedupe_name("华盛"));
        assert_ne!(dedupe_name("華盛"), dedupe_name("华盛"));
        assert_ne!(dedupe_name("Mère"), dedupe_name("Mere"));
    }

    #[test]
    fn narrowing_keeps_what_is_not_wide() {
        assert_eq!(narrow("０１０－８８６６，ｌｉ＠crm　①華"), "010-8866,li@crm ①華");
    }
}
