//! The grams of a document and of a query's words: both sides are cut here, so that they agree.
//!
//! | gram | of | serves |
//! |---|---|---|
//! | 1 character, not ASCII | names, external id | one character; a single ASCII letter or digit is too frequent to help |
//! | 2 characters | names, number, external id | any fragment |
//! | 4 digits | runs of digits there, and phones | numbers, phones |
//! | `^` + the first 1 or 2 characters | name | names that begin with the query |
//! | `=` + 6 letters of a hash | name, number, external id | exact hits |
//! | 2 initials, 2 initials and one of the later ones | pinyin of a name at its starts | initials, with gaps |
//! | 2, 3, 4, 6, 8, 11 letters | full pinyin at the same places | full pinyin |
//!
//! Grams of different kinds may look the same (`be`): candidates are tested by their document anyway.

use super::Lines;
use crate::text::pinyin::{Sound, combine, spell, starts};

/// How long beginnings of full pinyin are kept.
const SPOKEN: [usize; 6] = [2, 3, 4, 6, 8, 11];
/// So many characters give at least the longest of them.
const SPOKEN_CHARS: usize = 11;

/// All grams of a document, sorted, each once.
pub(super) fn of_document(doc: &str) -> Vec<String> {
    let lines = Lines::of(doc);
    let mut grams = Vec::with_capacity(128);
    for line in [lines.name, lines.number, lines.external_id].into_iter().chain(lines.contacts.split('\t')) {
        of_text(line, true, &mut grams);
    }
    for line in [lines.name, lines.number, lines.external_id] {
        grams.extend(exact(line));
    }
    for name in [lines.name].into_iter().chain(lines.contacts.split('\t')) {
        of_spoken(name, &mut grams);
    }
    for phone in lines.phones.split('\t') {
        of_digits(phone, &mut grams);
    }
    for length in [1, 2] {
        grams.extend(prefix(lines.name, length));
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The grams of a fragment of text. With `single`, of each character too.
pub(super) fn of_text(text: &str, single: bool, grams: &mut Vec<String>) {
    let chars: Vec<char> = text.chars().collect();
    if single || chars.len() == 1 {
        grams.extend(chars.iter().filter(|c| !c.is_ascii()).map(char::to_string));
    }
    grams.extend(chars.windows(2).map(|pair| pair.iter().collect()));
    of_digits(text, grams);
}

/// Four digits each of every run of digits.
pub(super) fn of_digits(text: &str, grams: &mut Vec<String>) {
    for run in text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 4) {
        grams.extend((4..=run.len()).filter_map(|end| run.get(end - 4..end)).map(str::to_owned));
    }
}

/// The gram of names that begin with the first `length` characters of this text; none if it is shorter.
pub(super) fn prefix(text: &str, length: usize) -> Option<String> {
    let start: String = text.chars().take(length).collect();
    (start.chars().count() == length).then(|| ["^", &start].concat())
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
    SPOKEN.iter().rev().find_map(|length| word.get(..*length)).map(str::to_owned)
}

/// The grams of a query word as initials, the first two adjacent at a start, the rest in order; none for one letter.
pub(super) fn initials(word: &str) -> Vec<String> {
    let Some((pair, rest)) = word.split_at_checked(2) else { return Vec::new() };
    if rest.is_empty() {
        return vec![pair.to_owned()];
    }
    let mut grams: Vec<String> = rest.chars().map(|later| format!("{pair}{later}")).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn of_spoken(name: &str, grams: &mut Vec<String>) {
    let sounds = spell(name);
    for start in starts(&sounds) {
        let Some(sounds) = sounds.get(start..).filter(|sounds| speaks(sounds)) else { continue };
        of_initials(sounds, grams);
        let near = sounds.get(..SPOKEN_CHARS).unwrap_or(sounds);
        // A character that stands for itself and cannot be typed as a letter ends what pinyin finds.
        let typed = near.split(|sound| sound.readings.is_empty() && !sound.c.is_ascii()).next().unwrap_or_default();
        for reading in combine(typed) {
            grams.extend(SPOKEN.iter().filter_map(|length| reading.full.get(..*length)).map(str::to_owned));
        }
    }
}

/// Some of the characters are read aloud: a name in letters only is found by its text.
pub(super) fn speaks(sounds: &[Sound]) -> bool {
    sounds.iter().any(|sound| !sound.readings.is_empty())
}

fn of_initials(sounds: &[Sound], grams: &mut Vec<String>) {
    let [first, second, rest @ ..] = sounds else { return };
    let mut later: Vec<char> = rest.iter().flat_map(letters).collect();
    later.sort_unstable();
    later.dedup();
    for a in letters(first) {
        for b in letters(second) {
            let pair: String = [a, b].iter().collect();
            grams.extend(later.iter().map(|c| format!("{pair}{c}")));
            grams.push(pair);
        }
    }
}

/// The letters that a character may be typed as in initials.
pub(super) fn letters(sound: &Sound) -> Vec<char> {
    let mut letters: Vec<char> = sound.readings.iter().filter_map(|reading| reading.chars().next()).collect();
    if letters.is_empty() && sound.c.is_ascii() {
        letters.push(sound.c);
    }
    letters.sort_unstable();
    letters.dedup();
    letters
}
