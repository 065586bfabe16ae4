//! The grams of a document and of a query's words: both sides are cut here, so that they agree.
//!
//! | gram | of | serves |
//! |---|---|---|
//! | 1 character, no digit | names, number, external id | one character |
//! | 2 characters, not both digits | the same | any fragment |
//! | 3 Latin letters | the same | fragments of Latin names, where pairs say little |
//! | 3 digits, 4 digits | runs of digits there; in phones 4 digits only | numbers, phones |
//! | `^` and the first 1 or 2 characters | name | names that begin with the query |
//! | `^` and the first 1 to 8 letters of its sort key | name | the same in pinyin |
//! | `~` and the first 2 to 4 initials | name | names that begin with these initials |
//! | `=` and 6 letters of a hash | name, number, external id | exact hits |
//! | `-` and 1 or 2 initials, 2 initials and one of the later ones | pinyin of each name at its starts | initials, with gaps |
//! | `-` and 2, 3, 4, 6, 8, 11 letters | full pinyin at the same places | full pinyin |
//!
//! Candidates are tested by their document anyway, so it does no harm that initials and full pinyin may look the same.
//! Only `^` and `~` also exclude (`Query::expression_of`): they may stand for nothing but a beginning of the name.

use super::Lines;
use crate::text::pinyin::{Sound, combine, spell, starts};

/// How long beginnings of full pinyin are kept.
const SPOKEN: [usize; 6] = [2, 3, 4, 6, 8, 11];
/// So many characters give at least the longest of them.
const SPOKEN_CHARS: usize = 11;
/// The longest beginning of a sort key.
const KEY: usize = 8;
/// The longest beginning of initials.
const INITIALS: usize = 4;

/// All grams of a document, sorted, each once. Those of its name may have been cut before.
pub(super) fn of_document(doc: &str, of_its_name: Option<Vec<String>>) -> Vec<String> {
    let lines = Lines::of(doc);
    let mut grams = of_its_name.unwrap_or_else(|| of_name(lines.name));
    for line in [lines.number, lines.external_id].into_iter().chain(lines.contacts.split('\t')) {
        of_letters(line, &mut grams);
        of_text(line, &mut grams);
    }
    for line in [lines.number, lines.external_id] {
        grams.extend(exact(line));
    }
    for contact in lines.contacts.split('\t') {
        of_spoken(&spell(contact), &mut grams);
    }
    for phone in lines.phones.split('\t') {
        of_digits(phone, 4, &mut grams);
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The grams of a folded name, as they come.
pub(super) fn of_name(name: &str) -> Vec<String> {
    let mut grams = Vec::with_capacity(160);
    of_letters(name, &mut grams);
    of_text(name, &mut grams);
    grams.extend(exact(name));
    let sounds = spell(name);
    of_beginning(name, &sounds, &mut grams);
    of_spoken(&sounds, &mut grams);
    grams
}

/// Each character alone. Digits are not worth it: every number has nearly all of them.
pub(super) fn of_letters(text: &str, grams: &mut Vec<String>) {
    grams.extend(text.chars().filter(|c| !c.is_ascii_digit()).map(String::from));
}

/// Pairs of characters, three Latin letters, and runs of digits by themselves.
pub(super) fn of_text(text: &str, grams: &mut Vec<String>) {
    let (mut first, mut second): (Option<char>, Option<char>) = (None, None);
    for c in text.chars() {
        if let Some(second) = second.filter(|second| !(second.is_ascii_digit() && c.is_ascii_digit())) {
            grams.push([second, c].iter().collect());
            if let Some(first) = first
                && [first, second, c].iter().all(char::is_ascii_alphabetic)
            {
                grams.push([first, second, c].iter().collect());
            }
        }
        (first, second) = (second, Some(c));
    }
    of_digits(text, 3, grams);
    of_digits(text, 4, grams);
}

/// `length` digits each of every run of digits.
pub(super) fn of_digits(text: &str, length: usize, grams: &mut Vec<String>) {
    for run in text.split(|c: char| !c.is_ascii_digit()) {
        grams.extend((length..=run.len()).filter_map(|end| run.get(end - length..end)).map(str::to_owned));
    }
}

/// The gram of names that begin with this word, and whether it says just that: otherwise it is of a shorter beginning.
pub(super) fn beginning(word: &str) -> (String, bool) {
    marked('^', word, if word.is_ascii() { KEY } else { 2 })
}

/// The same of names that begin with these initials.
pub(super) fn beginning_initials(word: &str) -> (String, bool) {
    marked('~', word, INITIALS)
}

fn marked(mark: char, word: &str, length: usize) -> (String, bool) {
    let gram: String = std::iter::once(mark).chain(word.chars().take(length)).collect();
    let whole = gram.len() == word.len() + 1;
    (gram, whole)
}

fn of_beginning(name: &str, sounds: &[Sound], grams: &mut Vec<String>) {
    for length in 1..=2 {
        let start: String = name.chars().take(length).collect();
        if start.chars().count() == length {
            grams.push(["^", &start].concat());
        }
    }
    let mut key = String::from("^");
    for sound in sounds {
        match sound.readings.first() {
            Some(syllable) => key.push_str(syllable),
            None if sound.c.is_ascii() => key.push(sound.c),
            None => break,
        }
        if key.len() > KEY {
            break;
        }
    }
    grams.extend((2..=KEY + 1).filter_map(|end| key.get(..end)).map(str::to_owned));
    if speaks(sounds) {
        let initials: Vec<char> = sounds.iter().take(INITIALS).map(initial).collect();
        grams.extend(
            (2..=initials.len())
                .map(|length| std::iter::once('~').chain(initials.iter().copied().take(length)).collect()),
        );
    }
}

/// The gram of exactly this text; none if it is empty.
pub(super) fn exact(text: &str) -> Option<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    if text.is_empty() {
        return None;
    }
    let hash = blake3::hash(text.as_bytes());
    let letters = hash.as_bytes().iter().take(6).filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
    Some(std::iter::once('=').chain(letters.map(|letter| char::from(*letter))).collect())
}

/// The gram of a query word as the beginning of full pinyin; none for one letter.
pub(super) fn spoken(word: &str) -> Option<String> {
    SPOKEN.iter().rev().find_map(|length| word.get(..*length)).map(|start| ["-", start].concat())
}

/// The grams of a query word as initials, the first two adjacent at a start, the rest in order.
pub(super) fn initials(word: &str) -> Vec<String> {
    let Some((pair, rest)) = word.split_at_checked(2).filter(|(_, rest)| !rest.is_empty()) else {
        return vec![["-", word].concat()];
    };
    let mut grams: Vec<String> =
        rest.chars().map(|later| ["-", pair, later.encode_utf8(&mut [0; 4])].concat()).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn of_spoken(sounds: &[Sound], grams: &mut Vec<String>) {
    for start in starts(sounds) {
        let Some(sounds) = sounds.get(start..).filter(|sounds| speaks(sounds)) else { continue };
        of_initials(sounds, grams);
        let near = sounds.get(..SPOKEN_CHARS).unwrap_or(sounds);
        // A character that stands for itself and cannot be typed as a letter ends what pinyin finds.
        let typed = near.split(|sound| sound.readings.is_empty() && !sound.c.is_ascii()).next().unwrap_or_default();
        for reading in combine(typed) {
            grams.extend(
                SPOKEN.iter().filter_map(|length| reading.full.get(..*length)).map(|start| ["-", start].concat()),
            );
        }
    }
}

fn of_initials(sounds: &[Sound], grams: &mut Vec<String>) {
    let [first, rest @ ..] = sounds else { return };
    grams.extend(letters(first).filter(|c| !c.is_ascii_digit()).map(|a| String::from_iter(['-', a])));
    let [second, rest @ ..] = rest else { return };
    let mut later: Vec<char> = rest.iter().flat_map(letters).collect();
    later.sort_unstable();
    later.dedup();
    for a in letters(first) {
        for b in letters(second) {
            let pair = String::from_iter(['-', a, b]);
            grams.extend(later.iter().map(|c| String::from_iter(['-', a, b, *c])));
            grams.push(pair);
        }
    }
}

/// Some of the characters are read aloud: a name in letters only is found by its text.
pub(super) fn speaks(sounds: &[Sound]) -> bool {
    sounds.iter().any(|sound| !sound.readings.is_empty())
}

/// The letters that a character may be typed as in initials; some may come twice.
pub(super) fn letters(sound: &Sound) -> impl Iterator<Item = char> {
    let own = (sound.readings.is_empty() && sound.c.is_ascii()).then_some(sound.c);
    sound.readings.iter().filter_map(|reading| reading.chars().next()).chain(own)
}

/// The letter of a character in its likeliest reading.
pub(super) fn initial(sound: &Sound) -> char {
    sound.readings.first().and_then(|reading| reading.chars().next()).unwrap_or(sound.c)
}
