//! One key press as it is written in the keymap: `j`, `G`, `ctrl-s`, `shift-tab`, `space`, `F2`. A sequence is written
//! with blanks: `g g`.

use std::fmt;

/// A key without its modifiers. A character carries its own case, so shift never stands beside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// A function key.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

const NAMED: [(&str, Key); 15] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
];

/// A key with or without ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Ctrl was held.
    pub ctrl: bool,
}

impl Chord {
    /// A key without ctrl.
    pub const fn plain(key: Key) -> Self {
        Self { key, ctrl: false }
    }

    /// The character to insert where text is typed.
    pub fn text(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl => Some(c),
            _ => None,
        }
    }

    /// 1–9 as such.
    pub fn digit(self) -> Option<usize> {
        self.text().and_then(|c| c.to_digit(10)).filter(|d| *d > 0).map(|d| d as usize)
    }

    /// Reads one chord.
    pub fn parse(s: &str) -> Option<Self> {
        if let Some((_, key)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(s)) {
            return Some(Self::plain(*key));
        }
        let one = |s: &str| {
            let mut chars = s.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => None,
            }
        };
        if let Some(c) = one(s) {
            return Some(Self::plain(Key::Char(c)));
        }
        if let Some(rest) = s.strip_prefix("ctrl-") {
            let key = match one(rest) {
                Some(c) => Key::Char(c.to_ascii_lowercase()),
                None => NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest))?.1,
            };
            return Some(Self { key, ctrl: true });
        }
        let number = s.strip_prefix(['F', 'f'])?.parse().ok()?;
        (1..=12).contains(&number).then_some(Self::plain(Key::F(number)))
    }

    /// Reads a sequence.
    pub fn parse_sequence(s: &str) -> Option<Vec<Self>> {
        let chords: Option<Vec<_>> = s.split_whitespace().map(Self::parse).collect();
        chords.filter(|c| !c.is_empty())
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, key)| *key == self.key) {
            return f.write_str(name);
        }
        match self.key {
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "F{n}"),
            _ => Ok(()),
        }
    }
}

/// A sequence as it is written.
pub fn print(sequence: &[Chord]) -> String {
    sequence.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read_again() {
        for s in ["j", "G", "ctrl-s", "ctrl-r", "shift-tab", "space", "F2", "g g", "enter", "*", "-", "ctrl-left"] {
            let read = Chord::parse_sequence(s).unwrap_or_default();
            assert_eq!(print(&read), s);
        }
        assert_eq!(Chord::parse("alt-x"), None);
        assert_eq!(Chord::parse("F13"), None);
    }
}
