//! What comes from the terminal, in our own words. Keys are folded only where they are not text (`tui.md` rule 12).

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::{
    keys::{Chord, Key},
    text::{fold_char, is_unsafe},
};

/// Something the person or the system did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Chord),
    /// Pasted text, without control characters but line breaks.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// SIGTERM or SIGHUP, or the terminal has gone.
    Terminate,
}

/// Translates an event; none for what means nothing to us.
pub fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let held = key.modifiers;
            if held.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
                return None;
            }
            let ctrl = held.contains(KeyModifiers::CONTROL);
            let key = match key.code {
                // ctrl-space and shift-space belong to input methods.
                KeyCode::Char(' ') if ctrl => return None,
                KeyCode::Char(c) if ctrl => Key::Char(c.to_ascii_lowercase()),
                KeyCode::Char(c) if !is_unsafe(c) => Key::Char(c),
                KeyCode::Tab if held.contains(KeyModifiers::SHIFT) => Key::BackTab,
                KeyCode::Tab => Key::Tab,
                KeyCode::BackTab => Key::BackTab,
                KeyCode::Enter => Key::Enter,
                KeyCode::Esc => Key::Esc,
                KeyCode::Backspace => Key::Backspace,
                KeyCode::Delete => Key::Delete,
                KeyCode::Up => Key::Up,
                KeyCode::Down => Key::Down,
                KeyCode::Left => Key::Left,
                KeyCode::Right => Key::Right,
                KeyCode::Home => Key::Home,
                KeyCode::End => Key::End,
                KeyCode::PageUp => Key::PageUp,
                KeyCode::PageDown => Key::PageDown,
                KeyCode::F(n) => Key::F(n),
                _ => return None,
            };
            // Some terminals send ctrl-h for backspace and ctrl-j for enter.
            let chord = Chord { key, ctrl };
            Some(Input::Key(match (ctrl, key) {
                (true, Key::Char('h')) => Chord::plain(Key::Backspace),
                (true, Key::Char('j' | 'm')) => Chord::plain(Key::Enter),
                (true, Key::Char('i')) => Chord::plain(Key::Tab),
                _ => chord,
            }))
        }
        Event::Paste(text) => Some(Input::Paste(clean_paste(&text))),
        Event::Resize(w, h) => Some(Input::Resize(w, h)),
        _ => None,
    }
}

/// Pasted text without what could move a terminal; line breaks and tabs stay.
pub fn clean_paste(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !is_unsafe(*c)).collect()
}

/// A key as the keymap sees it where text is not typed: what a Chinese input method makes of punctuation counts as the
/// key that was pressed.
pub fn fold(chord: Chord) -> Chord {
    let Some(c) = chord.text() else { return chord };
    let folded = match c {
        '。' => '.',
        '、' => '/',
        '【' => '[',
        '】' => ']',
        '《' => '<',
        '》' => '>',
        '￥' => '$',
        '…' => '^',
        '—' => '_',
        '·' => '`',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        c => fold_char(c),
    };
    Chord::plain(Key::Char(folded))
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn chinese_punctuation_counts_as_the_key_that_was_pressed() {
        let pairs = [
            ('：', ':'),
            ('？', '?'),
            ('。', '.'),
            ('、', '/'),
            ('【', '['),
            ('》', '>'),
            ('￥', '$'),
            ('\u{3000}', ' '),
            ('ｊ', 'j'),
            ('１', '1'),
        ];
        for (typed, meant) in pairs {
            assert_eq!(fold(Chord::plain(Key::Char(typed))), Chord::plain(Key::Char(meant)), "{typed}");
        }
    }

    #[test]
    fn han_text_stays_what_it_is() {
        assert_eq!(fold(Chord::plain(Key::Char('华'))).text(), Some('华'));
    }

    #[test]
    fn a_pasted_escape_sequence_loses_its_escape() {
        assert_eq!(clean_paste("a\x1b[2J\r\nb\u{202e}"), "a[2J\nb");
    }

    #[test]
    fn the_keys_of_input_methods_are_never_ours() {
        let ctrl_space = Event::Key(KeyEvent::new(KeyCode::Char(' '), KeyModifiers::CONTROL));
        assert_eq!(translate(ctrl_space), None);
    }
}
