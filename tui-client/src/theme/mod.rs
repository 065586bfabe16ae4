//! Colours by role, out of the sixteen that every terminal has, and the symbols we draw ourselves. A role is never told
//! by colour alone: a symbol or a word stands beside it.

use ratatui::style::{Color, Modifier, Style};

use crate::text::Measure;

/// What a piece of text is; the theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Less important: labels, hints, counts.
    Dim,
    /// Headings and names.
    Title,
    /// What can be pressed or is chosen.
    Key,
    /// Rules and borders.
    Line,
    /// Good, done, live.
    Good,
    /// Wants attention.
    Warn,
    /// Wrong, overdue, lost.
    Bad,
    /// The row or field under the cursor.
    Cursor,
    /// The row under the cursor of a pane that has not the keys.
    Aside,
    /// Marked rows.
    Mark,
    /// The text field that is being typed in.
    Input,
    /// The name of the program in the header.
    Brand,
}

/// Which set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// Sixteen colours on whatever background the terminal has.
    #[default]
    Default,
    /// No colour at all (`NO_COLOR`).
    Mono,
}

/// The look of everything.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Which set.
    pub name: ThemeName,
    /// The symbols.
    pub sym: &'static Symbols,
}

impl Theme {
    /// The theme with the symbols that this terminal can draw.
    pub fn new(name: ThemeName, measure: Measure) -> Self {
        Self { name, sym: if measure.ascii || measure.wide { &ASCII } else { &UNICODE } }
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        let s = Style::new();
        if self.name == ThemeName::Mono {
            return match role {
                Role::Text | Role::Line | Role::Good | Role::Dim => s,
                Role::Title | Role::Key | Role::Brand | Role::Warn | Role::Mark => s.add_modifier(Modifier::BOLD),
                Role::Bad => s.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                Role::Cursor => s.add_modifier(Modifier::REVERSED),
                Role::Aside => s.remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD),
                Role::Input => s.add_modifier(Modifier::UNDERLINED),
            };
        }
        match role {
            Role::Text => s,
            Role::Dim => s.fg(Color::DarkGray),
            Role::Title => s.add_modifier(Modifier::BOLD),
            Role::Key => s.fg(Color::Cyan),
            Role::Line => s.fg(Color::DarkGray),
            Role::Good => s.fg(Color::Green),
            Role::Warn => s.fg(Color::Yellow),
            Role::Bad => s.fg(Color::LightRed),
            Role::Cursor => s.fg(Color::White).bg(Color::Blue),
            Role::Aside => s.fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::BOLD),
            Role::Mark => s.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            Role::Input => s.add_modifier(Modifier::UNDERLINED),
            Role::Brand => s.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        }
    }
}

/// The symbols we draw ourselves; all one column wide, or ASCII.
#[derive(Debug)]
pub struct Symbols {
    /// A horizontal rule.
    pub rule: &'static str,
    /// Between list and preview.
    pub bar: &'static str,
    /// Between crumbs.
    pub crumb: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// A full star.
    pub star: &'static str,
    /// An empty star.
    pub no_star: &'static str,
    /// A required field.
    pub required: &'static str,
    /// A row that has left the list.
    pub gone: &'static str,
    /// Unread notices.
    pub bell: &'static str,
    /// Sorted upwards.
    pub up: &'static str,
    /// Sorted downwards.
    pub down: &'static str,
    /// A field that opens choices.
    pub choose: &'static str,
    /// A state that is well.
    pub dot: &'static str,
    /// A state that is not there yet.
    pub ring: &'static str,
    /// Between parts of a line.
    pub sep: &'static str,
    /// Nothing there.
    pub none: &'static str,
    /// From–to.
    pub dash: &'static str,
    /// Became.
    pub arrow: &'static str,
    /// At least; stands before a number.
    pub least: &'static str,
    /// A sum; stands before a number.
    pub sum: &'static str,
    /// A part of a bar that is full, and one that is not.
    pub blocks: [&'static str; 2],
    /// Corners and edges of a panel: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// The steps of a spinner.
    pub spinner: &'static [&'static str],
}

static UNICODE: Symbols = Symbols {
    rule: "─",
    bar: "│",
    crumb: "›",
    cursor: "▌",
    mark: "✓",
    star: "★",
    no_star: "☆",
    required: "*",
    gone: "×",
    bell: "◆",
    up: "▲",
    down: "▼",
    choose: "▼",
    dot: "●",
    ring: "○",
    sep: "·",
    none: "–",
    dash: "–",
    arrow: "→",
    least: "≥ ",
    sum: "Σ",
    blocks: ["█", "░"],
    corners: ["┌", "┐", "└", "┘"],
    spinner: &["⠋", "⠙", "⠸", "⠴"],
};

static ASCII: Symbols = Symbols {
    rule: "-",
    bar: "|",
    crumb: ">",
    cursor: ">",
    mark: "+",
    star: "*",
    no_star: ".",
    required: "*",
    gone: "x",
    bell: "*",
    up: "^",
    down: "v",
    choose: "v",
    dot: "*",
    ring: "o",
    sep: "-",
    none: "-",
    dash: "-",
    arrow: "->",
    least: ">= ",
    sum: "sum",
    blocks: ["#", "."],
    corners: ["+", "+", "+", "+"],
    spinner: &["|", "/", "-", "\\"],
};

/// The symbols that anything can draw, by what a descriptor calls them: descriptors speak Unicode.
pub fn plain_symbol(symbol: &'static str) -> &'static str {
    match symbol {
        "●" | "★" | "◆" | "■" => "*",
        "○" | "☆" | "◇" | "□" => "o",
        "×" | "✗" | "✕" | "✖" => "x",
        "✓" => "+",
        "–" | "—" => "-",
        s if s.is_ascii() => s,
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_symbols_are_one_column_wide_or_ascii() {
        let narrow = Measure::default();
        for s in [
            UNICODE.gone,
            UNICODE.bell,
            UNICODE.rule,
            UNICODE.cursor,
            UNICODE.mark,
            UNICODE.star,
            UNICODE.choose,
            UNICODE.dot,
        ] {
            assert_eq!(narrow.width(s), 1, "{s} would shift what follows");
        }
        for s in [ASCII.rule, ASCII.cursor, ASCII.star, ASCII.arrow] {
            assert!(s.is_ascii(), "{s} is not safe for every terminal");
        }
    }
}
