//! How what is typed finds a command or a choice: by its letters in order, by Chinese text, by pinyin and by initials
//! (`kh` finds 客户), in either language of the interface.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use pinyin::ToPinyin;

/// Pinyin and initials of a text with Chinese characters; none for others.
pub fn spellings(text: &str) -> Vec<String> {
    let (mut whole, mut initials) = (String::new(), String::new());
    let mut any = false;
    for c in text.chars() {
        match c.to_pinyin() {
            Some(p) => {
                any = true;
                whole.push_str(p.plain());
                initials.push_str(p.first_letter());
            }
            None => {
                whole.extend(c.to_lowercase());
                initials.extend(c.to_lowercase());
            }
        }
    }
    if any { vec![whole, initials] } else { Vec::new() }
}

/// Finds texts by what is typed.
pub struct Finder {
    matcher: Matcher,
}

impl Default for Finder {
    fn default() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT) }
    }
}

impl Finder {
    /// How well any of the texts fits; none: not at all.
    pub fn score(&mut self, typed: &str, texts: &[String]) -> Option<u32> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Some(0);
        }
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut best = None;
        for text in texts {
            for form in std::iter::once(text.clone()).chain(spellings(text)) {
                // Initials stand for a beginning, so a whole match of them counts like a whole word.
                let score = pattern.score(Utf32Str::new(&form, &mut buffer), &mut self.matcher);
                best = best
                    .max(score.map(|s| s + u32::from(form == typed) * 200 + u32::from(form.starts_with(typed)) * 50));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_in_either_language_by_pinyin_and_by_initials() {
        let texts = ["customers".to_owned(), "客户".to_owned()];
        for typed in ["cust", "客", "kehu", "kh", "CUST"] {
            assert!(Finder::default().score(typed, &texts).is_some(), "{typed} should find 客户");
        }
        assert!(Finder::default().score("xyz", &texts).is_none());
    }
}
