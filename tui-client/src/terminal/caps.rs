//! What this terminal can do, told from the environment before the first paint.

use crate::{strings::Lang, text::Measure, theme::ThemeName};

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// How text is measured.
    pub measure: Measure,
    /// Colours or none.
    pub theme: ThemeName,
    /// The language that the environment asks for.
    pub lang: Lang,
    /// Chinese cannot be shown: English whatever is asked for, and a hint.
    pub english_only: bool,
}

/// How wide characters of ambiguous width are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ambiguous {
    /// Ask the terminal.
    #[default]
    Auto,
    /// One column.
    Narrow,
    /// Two columns.
    Wide,
}

impl Ambiguous {
    /// As it is written in the settings (`ambiguous = auto|narrow|wide`).
    pub fn parse(s: &str) -> Option<Self> {
        match s {
            "auto" => Some(Self::Auto),
            "narrow" => Some(Self::Narrow),
            "wide" => Some(Self::Wide),
            _ => None,
        }
    }
}

/// What the environment says. `env` looks a variable up; an empty one counts as unset.
pub fn detect(env: impl Fn(&str) -> Option<String>, ambiguous: Ambiguous) -> Caps {
    let get = |name: &str| env(name).filter(|v| !v.is_empty());
    let locale = get("LC_ALL").or_else(|| get("LC_CTYPE")).or_else(|| get("LANG")).unwrap_or_default();
    let lower = locale.to_ascii_lowercase();
    let utf8 = lower.contains("utf-8") || lower.contains("utf8");
    let term = get("TERM").unwrap_or_default();
    let english_only = !utf8 || matches!(term.as_str(), "linux" | "dumb" | "vt100" | "vt220");
    let asked = get("LC_ALL").or_else(|| get("LC_MESSAGES")).or_else(|| get("LANG")).unwrap_or_default();
    let chinese = asked.starts_with("zh") && !english_only;
    Caps {
        measure: Measure { wide: ambiguous == Ambiguous::Wide, ascii: english_only },
        theme: if get("NO_COLOR").is_some() || term == "dumb" { ThemeName::Mono } else { ThemeName::Default },
        lang: if chinese { Lang::Zh } else { Lang::En },
        english_only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Caps {
        detect(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), Ambiguous::Auto)
    }

    #[test]
    fn a_chinese_locale_opens_in_chinese() {
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("TERM", "xterm-256color")]).lang, Lang::Zh);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("TERM", "xterm")]).lang, Lang::En);
    }

    #[test]
    fn the_linux_console_and_other_encodings_get_english_and_ascii() {
        for vars in [[("LANG", "zh_CN.UTF-8"), ("TERM", "linux")], [("LANG", "zh_CN.GB18030"), ("TERM", "xterm")]] {
            let caps = of(&vars);
            assert!(caps.english_only && caps.measure.ascii);
            assert_eq!(caps.lang, Lang::En);
        }
    }

    #[test]
    fn no_color_is_honoured() {
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("NO_COLOR", "1")]).theme, ThemeName::Mono);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("NO_COLOR", "")]).theme, ThemeName::Default);
    }
}
