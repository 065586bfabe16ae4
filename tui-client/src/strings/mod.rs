//! Every text of the client, in English and 简体中文. What belongs to a field, a column or an action stands beside its
//! descriptor as a [`Label`]; everything else is a field of the struct of texts, so that a missing one does not compile.

pub mod en;
pub mod texts;
pub mod zh_cn;

use std::borrow::Cow;

pub use texts::Texts;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 简体中文.
    Zh,
}

/// One text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// English.
    pub en: &'static str,
    /// 简体中文.
    pub zh: &'static str,
}

impl Label {
    /// A text in both languages.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// The text in one of them.
    pub const fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// Fills the `{}` of a text, in order. Where Han text and Latin letters or digits would touch, a blank comes between.
/// Behind a count, `[row|rows]` is the first word if that is 1, else the second.
pub fn fill(text: &str, with: &[&dyn std::fmt::Display]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut values = with.iter();
    let mut parts = text.split("{}");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let value = values.next().map(ToString::to_string).unwrap_or_default();
        join(&mut out, &value);
        join(&mut out, &counted(part, value == "1"));
    }
    out
}

/// A part of a text with the words that go with its count.
fn counted(part: &str, single: bool) -> Cow<'_, str> {
    let pair = part.split_once('[').and_then(|(before, rest)| {
        let (words, after) = rest.split_once(']')?;
        Some((before, words.split_once('|')?, after))
    });
    match pair {
        None => part.into(),
        Some((before, (one, many), after)) => {
            [before, if single { one } else { many }, &counted(after, single)].concat().into()
        }
    }
}

fn join(out: &mut String, next: &str) {
    let han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}');
    if let (Some(left), Some(right)) = (out.chars().next_back(), next.chars().next())
        && (han(left) && right.is_ascii_alphanumeric() || left.is_ascii_alphanumeric() && han(right))
    {
        out.push(' ');
    }
    out.push_str(next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_text_are_filled_in_order() {
        assert_eq!(fill("{} of {}", &[&1, &"10,000+"]), "1 of 10,000+");
        assert_eq!(fill("{} of {}", &[&1]), "1 of ");
    }

    #[test]
    fn the_words_behind_a_count_go_with_it() {
        let text = "{} [row is|rows are] faulty: mend [it|them] in {}";
        assert_eq!(fill(text, &[&1, &"a.csv"]), "1 row is faulty: mend it in a.csv");
        assert_eq!(fill(text, &[&"1,001", &"[a|b]"]), "1,001 rows are faulty: mend them in [a|b]");
        assert_eq!(fill("{} [row|rows]", &[&0]), "0 rows");
    }

    #[test]
    fn a_blank_stands_between_han_and_latin_and_nowhere_else() {
        assert_eq!(fill("指派 {} 条给{}", &[&3, &"Claire"]), "指派 3 条给 Claire");
        assert_eq!(fill("指派 {} 条给{}", &[&3, &"李伟"]), "指派 3 条给李伟");
        assert_eq!(fill("{}没有进行中的机会。", &[&"Claire"]), "Claire 没有进行中的机会。");
        assert_eq!(fill("客户 {}。", &[&"KH1"]), "客户 KH1。");
        assert_eq!(fill("{}{}", &[&"a", &"b"]), "ab");
    }
}
