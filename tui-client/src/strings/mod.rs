//! Every text of the client, in English and 简体中文. What belongs to a field, a column or an action stands beside its
//! descriptor as a [`Label`]; everything else is a field of the struct of texts, so that a missing one does not compile.

pub mod en;
pub mod texts;
pub mod zh_cn;

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

/// Fills the `{}` of a text, in order.
pub fn fill(text: &str, with: &[&dyn std::fmt::Display]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut values = with.iter();
    let mut parts = text.split("{}");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if let Some(value) = values.next() {
            out.push_str(&value.to_string());
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_text_are_filled_in_order() {
        assert_eq!(fill("{} of {}", &[&1, &"10,000+"]), "1 of 10,000+");
        assert_eq!(fill("{} of {}", &[&1]), "1 of ");
    }
}
