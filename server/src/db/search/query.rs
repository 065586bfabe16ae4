//! What a person typed, and how a document answers to it. Pure.

use std::cell::OnceCell;

use super::{
    Lines,
    grams::{self, initial, letters, speaks},
};
use crate::text::{
    fold, phone_key,
    pinyin::{Sound, key_beginnings, spell, starts},
    squeeze,
};

/// The most characters of a query that are looked at.
const LENGTH: usize = 200;
/// So many words narrow the candidates; further ones are only tested.
const NARROWING: usize = 8;

/// Nearly every company's name ends so: with enough before it, it tells nothing and costs the longest lists of all.
const ENDINGS: [&str; 4] = ["股份有限公司", "有限责任公司", "有限公司", "公司"];

/// How well a customer answers a query; the better comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The whole query is its name, number or external id.
    Exact,
    /// Its name begins with the first word, as written or in its likeliest full pinyin.
    Prefix,
    /// The first word is the initials that its name begins with, in the likeliest reading.
    Initials,
    /// Every word is found somewhere.
    Other,
}

impl Rank {
    /// All, the best first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Prefix, Self::Initials, Self::Other];

    /// The part of the list that it is in ([`Position::part`](crate::db::list::Position)).
    pub fn part(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::Prefix => 1,
            Self::Initials => 2,
            Self::Other => 3,
        }
    }
}

/// A query. All of its words must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
    /// The words put together.
    whole: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Four digits or more: found in phones too.
    Digits,
    /// Letters (and digits) that may be pinyin.
    Letters,
    /// Letters and characters of another script: the letters may be pinyin.
    Mixed,
    /// Anything else, found as it stands.
    Text,
}

impl Word {
    fn new(text: String) -> Self {
        let letters = text.chars().any(|c| c.is_ascii_alphabetic());
        let kind = match text.is_ascii() {
            true if !letters && text.len() >= 4 => Kind::Digits,
            true if letters => Kind::Letters,
            false if letters => Kind::Mixed,
            _ => Kind::Text,
        };
        Self { text, kind }
    }

    /// An FTS5 expression that every match fulfils; none if the word is too frequent to tell anything.
    fn expression(&self) -> Option<String> {
        let mut grams = Vec::new();
        match self.kind {
            Kind::Digits => grams::of_digits(&self.text, 4, &mut grams),
            Kind::Text => self.fragment(&mut grams),
            Kind::Mixed => {
                for run in self.text.split(|c: char| c.is_ascii()).filter(|run| !run.is_empty()) {
                    Word::new(run.to_owned()).fragment(&mut grams);
                }
            }
            Kind::Letters => {
                self.fragment(&mut grams);
                let forms = [grams, grams::initials(&self.text), grams::spoken(&self.text).into_iter().collect()];
                let forms: Vec<String> = forms.iter().filter_map(|form| all(form)).collect();
                return Some(["(", &forms.join(" OR "), ")"].concat());
            }
        }
        all(&grams)
    }

    /// The grams of the word as it stands, without those that a rarer one makes idle.
    fn fragment(&self, grams: &mut Vec<String>) {
        if self.text.chars().nth(1).is_none() {
            return grams::of_letters(&self.text, grams);
        }
        let rare = ENDINGS.iter().find_map(|ending| self.text.strip_suffix(ending));
        let rare = rare.filter(|rare| rare.chars().count() > 2).unwrap_or(&self.text);
        grams::of_text(rare, grams);
        let four = |gram: &str| gram.len() == 4 && gram.bytes().all(|b| b.is_ascii_digit());
        if grams.iter().any(|gram| four(gram)) {
            // Every number begins with the same letters, and three digits are in four.
            grams.retain(|gram| four(gram) || !gram.is_ascii());
        }
        let latin = |gram: &str, length: usize| gram.len() == length && gram.bytes().all(|b| b.is_ascii_alphabetic());
        if grams.iter().any(|gram| latin(gram, 3)) {
            grams.retain(|gram| !latin(gram, 2));
        }
    }

    fn matches(&self, lines: &Lines<'_>, spelt: &Spelt<'_>) -> bool {
        if lines.text.contains(&self.text) {
            return true;
        }
        match self.kind {
            Kind::Digits => lines.phones.contains(&self.text),
            Kind::Text => false,
            Kind::Letters => spelt.any(|sounds| {
                starts(sounds).into_iter().filter_map(|start| sounds.get(start..)).any(|sounds| {
                    speaks(sounds) && (begins_spoken(&self.text, sounds) || begins_initials(&self.text, sounds))
                })
            }),
            Kind::Mixed => spelt.any(|sounds| (0..sounds.len()).any(|start| aligns(&self.text, sounds.get(start..)))),
        }
    }
}

/// The names of a document with their readings, looked up when a word needs them.
struct Spelt<'d> {
    lines: &'d Lines<'d>,
    name: OnceCell<Vec<Sound>>,
    contacts: OnceCell<Vec<Vec<Sound>>>,
}

impl Spelt<'_> {
    fn name(&self) -> &[Sound] {
        self.name.get_or_init(|| spell(self.lines.name))
    }

    fn any(&self, test: impl Fn(&[Sound]) -> bool) -> bool {
        test(self.name())
            || self
                .contacts
                .get_or_init(|| self.lines.contacts.split('\t').map(spell).collect())
                .iter()
                .any(|name| test(name))
    }
}

impl Query {
    /// Reads what a person typed; none if nothing in it can be searched.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().take(LENGTH).collect();
        let texts = match one_phone(&text) {
            Some(key) => vec![key],
            None => text.split_whitespace().map(squeeze).filter(|word| !word.is_empty()).collect(),
        };
        let whole = texts.concat();
        let words: Vec<Word> = texts.into_iter().map(Word::new).collect();
        (!words.is_empty()).then_some(Self { words, whole })
    }

    /// Whether and how well a document answers.
    pub fn rank(&self, doc: &str) -> Option<Rank> {
        let lines = Lines::of(doc);
        let spelt = Spelt { lines: &lines, name: OnceCell::new(), contacts: OnceCell::new() };
        if !self.words.iter().all(|word| word.matches(&lines, &spelt)) {
            return None;
        }
        if [lines.name, lines.number, lines.external_id].contains(&self.whole.as_str()) {
            return Some(Rank::Exact);
        }
        let Some(first) = self.words.first() else { return Some(Rank::Other) };
        if lines.name.starts_with(&first.text) {
            return Some(Rank::Prefix);
        }
        if first.kind != Kind::Letters {
            return Some(Rank::Other);
        }
        let sounds = spelt.name();
        Some(match speaks(sounds) {
            true if begins_key(&first.text, sounds) => Rank::Prefix,
            true if first.text.len() > 1 && has_initials(&first.text, sounds) => Rank::Initials,
            _ => Rank::Other,
        })
    }

    /// An FTS5 expression that every match fulfils; none if all words are too frequent to tell anything.
    pub(super) fn expression(&self) -> Option<String> {
        let parts: Vec<String> = self.words.iter().take(NARROWING).filter_map(Word::expression).collect();
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }

    /// An FTS5 expression that every match of this rank fulfils; none if there is nothing narrower than all rows.
    pub(super) fn expression_of(&self, rank: Rank) -> Option<String> {
        let first = self.words.first()?;
        let (beginning, whole) = grams::beginning(&first.text);
        let (initials, short) = grams::beginning_initials(&first.text);
        let (beginning, initials) = (all(&[beginning])?, all(&[initials])?);
        match (rank, self.expression()) {
            (Rank::Exact, _) => grams::exact(&self.whole).and_then(|gram| all(&[gram])),
            // The gram says all that the word does, or nearly.
            (Rank::Prefix, _) if self.words.len() == 1 && (whole || first.text.is_ascii()) => Some(beginning),
            (Rank::Prefix, Some(rest)) => Some([&beginning, " AND ", &rest].concat()),
            (Rank::Prefix, None) => Some(beginning),
            (Rank::Initials, Some(rest)) if self.words.len() > 1 => Some([&initials, " AND ", &rest].concat()),
            (Rank::Initials, _) => Some(initials),
            // Names that begin with the word are in a better part: they would only be in the way.
            (Rank::Other, Some(rest)) if whole && short && self.has(Rank::Initials) => {
                Some(["(", &rest, ") NOT (", &beginning, " OR ", &initials, ")"].concat())
            }
            (Rank::Other, Some(rest)) if whole => Some(["(", &rest, ") NOT ", &beginning].concat()),
            (Rank::Other, rest) => rest,
        }
    }

    /// There is one word only.
    pub(super) fn is_one_word(&self) -> bool {
        self.words.len() == 1
    }

    /// Whether any document can be of this rank.
    pub(super) fn has(&self, rank: Rank) -> bool {
        let initials = |word: &Word| word.kind == Kind::Letters && word.text.len() > 1;
        rank != Rank::Initials || self.words.first().is_some_and(initials)
    }

    /// Where in the order of sort keys all names of this rank lie: their keys begin with one of these texts, none of
    /// which begins with another. None if they may lie anywhere.
    pub(super) fn key_beginnings(&self, rank: Rank) -> Option<Vec<String>> {
        let first = self.words.first()?;
        match rank {
            Rank::Prefix => Some(key_beginnings(&first.text)),
            Rank::Initials => first.text.get(..1).map(|letter| vec![letter.to_owned()]),
            Rank::Exact | Rank::Other => None,
        }
    }
}

/// All of these grams. A gram holds letters, digits, `^`, `~`, `=` and `-` only, so quotes cannot be broken out of.
fn all(grams: &[String]) -> Option<String> {
    let quoted: Vec<String> = grams.iter().map(|gram| ["\"", gram, "\""].concat()).collect();
    (!quoted.is_empty()).then(|| ["(", &quoted.join(" AND "), ")"].concat())
}

/// A phone number typed in groups (+86 138 1234 5678), as one word. Groups of four digits and more stay words of their
/// own: each finds the number anyway.
fn one_phone(text: &str) -> Option<String> {
    let text = fold(text);
    let digits = |group: &str| group.bytes().filter(u8::is_ascii_digit).count();
    let phone_like = text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c)) && digits(&text) >= 7;
    let grouped = text.starts_with('+') || text.contains(' ') && text.split(' ').any(|group| digits(group) < 4);
    if phone_like && (grouped || text.starts_with("0086")) { Some(phone_key(&text)) } else { None }
}

/// The word is a beginning of the full pinyin, in any reading.
fn begins_spoken(word: &str, sounds: &[Sound]) -> bool {
    let Some((sound, rest)) = sounds.split_first() else { return word.is_empty() };
    if word.is_empty() {
        return true;
    }
    let mut own = [0; 4];
    let own: &str = sound.c.encode_utf8(&mut own);
    let alone = sound.readings.is_empty().then_some(own);
    sound.readings.iter().copied().chain(alone).any(|syllable| {
        syllable.starts_with(word) || word.strip_prefix(syllable).is_some_and(|word| begins_spoken(word, rest))
    })
}

/// The sort key begins with the word.
fn begins_key(word: &str, sounds: &[Sound]) -> bool {
    let Some((sound, rest)) = sounds.split_first() else { return word.is_empty() };
    let mut own = [0; 4];
    let syllable = sound.readings.first().copied().unwrap_or(sound.c.encode_utf8(&mut own));
    syllable.starts_with(word) || word.strip_prefix(syllable).is_some_and(|word| begins_key(word, rest))
}

/// The word is the initials of the first characters in their likeliest readings.
fn has_initials(word: &str, sounds: &[Sound]) -> bool {
    word.len() <= sounds.len() && word.chars().zip(sounds).all(|(letter, sound)| initial(sound) == letter)
}

/// The word's first two letters are the initials of the first two characters, the others follow in order.
fn begins_initials(word: &str, sounds: &[Sound]) -> bool {
    let mut sounds = sounds.iter();
    word.chars().enumerate().all(|(at, letter)| match at {
        0 | 1 => sounds.next().is_some_and(|sound| letters(sound).any(|own| own == letter)),
        _ => sounds.any(|sound| letters(sound).any(|own| own == letter)),
    })
}

/// The word stands at the start of these characters, each as itself, its initial or its full pinyin.
fn aligns(word: &str, sounds: Option<&[Sound]>) -> bool {
    let Some(first) = word.chars().next() else { return true };
    let Some((sound, rest)) = sounds.and_then(|sounds| sounds.split_first()) else { return false };
    let behind = word.get(first.len_utf8()..).unwrap_or_default();
    if first == sound.c && aligns(behind, Some(rest)) {
        return true;
    }
    sound.readings.iter().any(|syllable| {
        syllable.starts_with(word)
            || word.strip_prefix(syllable).is_some_and(|word| aligns(word, Some(rest)))
            || syllable.starts_with(first) && aligns(behind, Some(rest))
    })
}
