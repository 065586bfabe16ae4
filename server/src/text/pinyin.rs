//! Names as people type them without an input method: pinyin, its initials, and both mixed with characters (D6).
//!
//! Always true here: a character has its likeliest reading first; a word of the tables is read as it stands there and
//! not otherwise (重庆 is chong qing, never zhong qing); a surname's reading comes first in a name of two or three
//! characters and is one of several elsewhere; ü is found as v and as u. Letters and digits stand for themselves, so
//! that mixed input (bj华盛) needs no case of its own. A character without a known reading stands for itself too.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use pinyin::ToPinyinMulti;

use super::fold::{fold, squeeze};

/// The most readings of one name.
pub const READINGS: usize = 16;
/// The most bytes of a sort key.
pub const KEY_BYTES: usize = 96;
/// What a rare reading costs beside a likely second one, when readings are ordered by likelihood.
const RARE: usize = 4;

/// One way to read a name aloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The first letter of each character: `bjhs`.
    pub initials: String,
    /// The whole: `beijinghuasheng`.
    pub full: String,
}

/// One character of a name with its readings, the likeliest first; none if it stands for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sound {
    pub c: char,
    pub readings: &'static [&'static str],
    /// So many of the readings are alive; the others are found in old books.
    likely: usize,
}

/// All readings of a name, at most 16, the likeliest first.
pub fn readings(name: &str) -> Vec<Reading> {
    combine(&spell(&squeeze(name)))
}

/// The likeliest [`READINGS`] combinations of these characters' readings, each once, in order.
pub(crate) fn combine(sounds: &[Sound]) -> Vec<Reading> {
    // The best sixteen of all combinations, character by character: costs only add up, so what falls out of the best
    // sixteen beginnings cannot come back.
    let mut best = vec![(0, Reading { initials: String::new(), full: String::new() })];
    for sound in sounds {
        let mut next: Vec<(usize, Reading)> = Vec::with_capacity(best.len() * sound.readings.len().max(1));
        for (cost, mut reading) in best {
            if sound.readings.is_empty() {
                reading.initials.push(sound.c);
                reading.full.push(sound.c);
                next.push((cost, reading));
                continue;
            }
            for (rank, syllable) in sound.readings.iter().enumerate() {
                let mut longer = reading.clone();
                longer.initials.extend(syllable.chars().next());
                longer.full.push_str(syllable);
                next.push((cost + if rank < sound.likely { rank } else { rank + RARE }, longer));
            }
        }
        next.sort_by_key(|(cost, _)| *cost);
        next.truncate(READINGS);
        best = next;
    }
    let mut readings: Vec<Reading> = Vec::with_capacity(best.len());
    for (_, reading) in best {
        if !reading.full.is_empty() && readings.iter().all(|other| other.full != reading.full) {
            readings.push(reading);
        }
    }
    readings
}

/// What names sort by: the likeliest full pinyin, other characters folded, at most [`KEY_BYTES`] bytes. Names that
/// sound alike have the same key; the id decides then.
pub fn name_key(name: &str) -> String {
    let squeezed = squeeze(name);
    let mut key = String::new();
    for sound in spell(&squeezed) {
        match sound.readings.first() {
            Some(syllable) => key.push_str(syllable),
            None => key.push(sound.c),
        }
        if key.len() >= KEY_BYTES {
            break;
        }
    }
    if squeezed.is_empty() {
        // A name of signs only.
        key = fold(name);
    }
    key.truncate(key.floor_char_boundary(KEY_BYTES));
    key
}

/// What the sort keys of names that begin with this squeezed text can begin with, sorted; none begins with another.
///
/// What follows may change a character's reading (重 in 重庆), so all readings count, and only as many characters are
/// taken as leave few combinations.
pub(crate) fn key_beginnings(squeezed: &str) -> Vec<String> {
    let read = spell(squeezed);
    let mut keys = vec![String::new()];
    for (at, c) in squeezed.chars().enumerate() {
        // The words' own readings need not be in the dictionary.
        let own = read.get(at).map(|sound| sound.readings).unwrap_or_default();
        let mut readings = [sound(c, false).readings, own].concat();
        readings.sort_unstable();
        readings.dedup();
        if at > 0 && keys.len() * readings.len() > READINGS {
            break;
        }
        keys = match readings.as_slice() {
            [] => keys.into_iter().map(|key| key + c.encode_utf8(&mut [0; 4])).collect(),
            _ => keys.iter().flat_map(|key| readings.iter().map(move |reading| [key, *reading].concat())).collect(),
        };
    }
    keys.iter_mut().for_each(|key| key.truncate(key.floor_char_boundary(KEY_BYTES)));
    keys.sort_unstable();
    keys.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    keys
}

/// The characters of a squeezed name with their readings.
pub(crate) fn spell(squeezed: &str) -> Vec<Sound> {
    let chars: Vec<char> = squeezed.chars().collect();
    let mut sounds: Vec<Sound> = Vec::with_capacity(chars.len());
    while let Some(rest) = chars.get(sounds.len()..).filter(|rest| !rest.is_empty()) {
        let start = sounds.is_empty();
        let family = || longest(&SURNAMES, rest).filter(|(word, _)| start && word.len() > 1);
        let word = longest(&WORDS, rest).or_else(family);
        match word {
            Some((word, syllables)) => {
                let said =
                    |(c, syllable): (&char, &&'static str)| Sound { c: *c, readings: alone(syllable), likely: 1 };
                sounds.extend(word.iter().zip(syllables).map(said));
            }
            None => sounds.extend(rest.first().map(|c| sound(*c, start && (2..=3).contains(&chars.len())))),
        }
    }
    sounds
}

/// Where reading aloud may begin: at the start, and behind each place that the name begins with (the short name).
pub(crate) fn starts(sounds: &[Sound]) -> Vec<usize> {
    let chars: Vec<char> = sounds.iter().map(|sound| sound.c).collect();
    let mut starts = vec![0];
    let mut at = 0;
    while let Some((place, _)) = chars.get(at..).and_then(|rest| longest(&PLACES, rest)) {
        at += place.len();
        if chars.get(at).is_some_and(|c| "省市县区".contains(*c)) {
            at += 1;
        }
        // One character is no name of its own.
        if chars.len() < at + 2 || starts.len() == 3 {
            break;
        }
        starts.push(at);
    }
    starts
}

/// A character with all its readings; as the first of a person's name with the surname's reading first.
fn sound(c: char, surname: bool) -> Sound {
    // Below the first Han character there is nothing to look up.
    let found = if c < FIRST { None } else { SOUNDS.get(&c) };
    let Some((readings, likely)) = found else { return Sound { c, readings: &[], likely: 0 } };
    match surname.then(|| FAMILIES.get(&c)).flatten() {
        Some(readings) => Sound { c, readings, likely: *likely },
        None => Sound { c, readings, likely: *likely },
    }
}

/// The readings of a character and how many of them are alive: the tables' first, then the dictionary's, then what ü
/// may be typed as.
fn look_up(c: char) -> Option<(Vec<&'static str>, usize)> {
    let dictionary = || c.to_pinyin_multi().into_iter().flatten().filter_map(|reading| ascii(reading.plain()));
    let mut readings: Vec<&'static str> = POLYPHONES.get(&c).cloned().unwrap_or_else(|| dictionary().take(1).collect());
    if let Some(family) = family(c).filter(|family| !readings.contains(family)) {
        readings.push(family);
    }
    let likely = readings.len();
    for reading in dictionary() {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    for plain in readings.clone().into_iter().filter_map(with_u) {
        if !readings.contains(&plain) {
            readings.push(plain);
        }
    }
    (likely > 0).then_some((readings, likely))
}

/// The reading of a character as a surname, if it has one of its own.
fn family(c: char) -> Option<&'static str> {
    longest(&SURNAMES, &[c]).and_then(|(_, syllables)| syllables.first().copied())
}

/// How a syllable with ü is typed by those who have no v in mind.
fn with_u(syllable: &str) -> Option<&'static str> {
    match syllable {
        "lv" => Some("lu"),
        "nv" => Some("nu"),
        "lve" => Some("lue"),
        "nve" => Some("nue"),
        _ => None,
    }
}

/// One syllable as the only reading.
fn alone(syllable: &&'static str) -> &'static [&'static str] {
    match *syllable {
        "lv" => &["lv", "lu"],
        "nv" => &["nv", "nu"],
        _ => SYLLABLES.get(syllable).map_or(&[], Vec::as_slice),
    }
}

/// A syllable of the crate in the letters that people type; none for the few that cannot be typed (ê).
fn ascii(syllable: &'static str) -> Option<&'static str> {
    match syllable {
        "lü" => Some("lv"),
        "nü" => Some("nv"),
        "lüe" => Some("lve"),
        "nüe" => Some("nve"),
        syllable => syllable.bytes().all(|b| b.is_ascii_lowercase()).then_some(syllable),
    }
}

/// Maps with characters as keys are asked for every character of every name tested: the standard hash costs as much as
/// all the rest.
type Chars<T> = HashMap<char, T, BuildHasherDefault<CharHasher>>;

#[derive(Default)]
struct CharHasher(u64);

impl Hasher for CharHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_u32(&mut self, c: u32) {
        self.0 = u64::from(c).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

/// The first character that may have a reading (〇).
const FIRST: char = '\u{3007}';

/// Words by their first character, the longest first.
type Words = Chars<Vec<(Vec<char>, Vec<&'static str>)>>;

/// Every character's readings, and how many of them are alive.
static SOUNDS: LazyLock<Chars<(&'static [&'static str], usize)>> = LazyLock::new(|| {
    // Most characters share their list with others: a few thousand lists serve all.
    let mut lists: HashMap<Vec<&'static str>, &'static [&'static str]> = HashMap::new();
    let han = ['\u{3007}'..='\u{3007}', '\u{3400}'..='\u{9fff}', '\u{20000}'..='\u{323af}'];
    let read = han.into_iter().flatten().filter_map(|c| look_up(c).map(|(readings, likely)| (c, readings, likely)));
    read.map(|(c, readings, likely)| {
        let list = *lists.entry(readings).or_insert_with_key(|readings| Vec::leak(readings.clone()));
        (c, (list, likely))
    })
    .collect()
});
/// The readings of surnames with the surname's first.
static FAMILIES: LazyLock<Chars<Vec<&'static str>>> = LazyLock::new(|| {
    let named = SURNAMES.keys().filter_map(|c| family(*c).zip(look_up(*c)).map(|(family, found)| (*c, family, found)));
    named
        .map(|(c, family, (mut readings, _))| {
            readings.retain(|reading| *reading != family);
            readings.insert(0, family);
            (c, readings)
        })
        .collect()
});
/// The syllables of the words, each as a list of its own.
static SYLLABLES: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let words = WORDS.values().chain(SURNAMES.values()).flatten();
    words.flat_map(|(_, syllables)| syllables).map(|syllable| (*syllable, vec![*syllable])).collect()
});
static WORDS: LazyLock<Words> = LazyLock::new(|| words(entries(include_str!("words.txt"))));
static SURNAMES: LazyLock<Words> = LazyLock::new(|| words(entries(include_str!("surnames.txt"))));
static PLACES: LazyLock<Words> = LazyLock::new(|| {
    words(entries(include_str!("places.txt")).flat_map(|line| line.into_iter().map(|place| vec![place])))
});
static POLYPHONES: LazyLock<Chars<Vec<&'static str>>> = LazyLock::new(|| {
    let lines = entries(include_str!("polyphones.txt"));
    lines
        .filter_map(|line| line.split_first().and_then(|(c, readings)| Some((c.chars().next()?, readings.to_vec()))))
        .collect()
});

fn entries(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect())
}

fn words(lines: impl Iterator<Item = Vec<&'static str>>) -> Words {
    let mut words = Words::default();
    for line in lines {
        if let Some((word, syllables)) = line.split_first()
            && let Some(first) = word.chars().next()
        {
            words.entry(first).or_default().push((word.chars().collect(), syllables.to_vec()));
        }
    }
    words.values_mut().for_each(|list| list.sort_by_key(|(word, _)| std::cmp::Reverse(word.len())));
    words
}

fn longest<'w>(words: &'w Words, rest: &[char]) -> Option<(&'w [char], &'w [&'static str])> {
    let list = words.get(rest.first()?)?;
    list.iter()
        .find(|(word, _)| rest.starts_with(word))
        .map(|(word, syllables)| (word.as_slice(), syllables.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initials(name: &str) -> Vec<String> {
        readings(name).into_iter().map(|reading| reading.initials).collect()
    }

    fn full(name: &str) -> Vec<String> {
        readings(name).into_iter().map(|reading| reading.full).collect()
    }

    /// D6
    #[test]
    fn places_and_words_are_read_as_people_read_them_and_not_otherwise() {
        assert_eq!(initials("重庆"), ["cq"]);
        assert_eq!(initials("厦门"), ["xm"]);
        assert_eq!(full("重庆银行"), ["chongqingyinhang"]);
        assert_eq!(name_key("厦门航空"), "xiamenhangkong");
        assert_eq!(name_key("台灣銀行"), "taiwanyinhang");
    }

    /// D6
    #[test]
    fn surnames_have_their_own_readings_and_keep_the_others() {
        for (name, surname, other) in [
            ("单晓明", "shan", "dan"),
            ("曾国藩", "zeng", "ceng"),
            ("解珍", "xie", "jie"),
            ("仇英", "qiu", "chou"),
            ("查良镛", "zha", "cha"),
            ("区志强", "ou", "qu"),
        ] {
            assert!(name_key(name).starts_with(surname), "{name}: {}", name_key(name));
            assert!(full(name).iter().any(|reading| reading.starts_with(other)), "{name}: {:?}", full(name));
        }
        assert!(full("乐嘉").contains(&"yuejia".to_owned()) && full("乐嘉").contains(&"lejia".to_owned()));
        assert_eq!(name_key("尉迟恭"), "yuchigong");
        assert!(full("单氏机械有限公司").iter().any(|reading| reading.starts_with("shanshi")));
    }

    /// D6
    #[test]
    fn u_umlaut_is_found_as_v_and_as_u() {
        for (name, v, u) in [("吕氏", "lvshi", "lushi"), ("女排", "nvpai", "nupai"), ("绿地", "lvdi", "ludi")] {
            assert_eq!(name_key(name), v);
            assert!(full(name).contains(&u.to_owned()), "{name}: {:?}", full(name));
        }
    }

    /// D6
    #[test]
    fn a_name_has_at_most_sixteen_readings_each_once_the_likeliest_first() {
        let name = "大行重长乐单朝曾会";
        assert_eq!(readings(name).len(), READINGS);
        assert_eq!(full(name).first(), Some(&name_key(name)));
        let mut all = full(name);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), READINGS);
        assert!(initials("乐行").contains(&"yx".to_owned()), "{:?}", initials("乐行"));
    }

    /// D6
    #[test]
    fn letters_and_digits_of_a_name_are_part_of_every_reading() {
        assert_eq!(initials("BJ华盛 7天"), ["bjhs7t"]);
        assert_eq!(full("58同城"), ["58tongcheng"]);
        assert_eq!(name_key("Ａ公司 Ltd."), "agongsiltd");
    }

    /// D6
    #[test]
    fn names_sort_by_pinyin_and_a_key_is_never_empty_for_a_visible_name() {
        let mut names = ["赵氏", "北京", "阿里", "重庆", "长沙", "Bosch"];
        names.sort_by_key(|name| name_key(name));
        assert_eq!(names, ["阿里", "北京", "Bosch", "长沙", "重庆", "赵氏"]);
        assert_eq!(name_key("★★"), "★★");
        assert_eq!(name_key(&"长".repeat(100)).len(), 95 + 1);
    }

    #[test]
    fn the_short_name_begins_behind_the_places() {
        let starts_of = |name: &str| starts(&spell(&squeeze(name)));
        assert_eq!(starts_of("北京华盛科技"), [0, 2]);
        assert_eq!(starts_of("广东省深圳市华盛"), [0, 3, 6]);
        assert_eq!(starts_of("北京"), [0]);
        assert_eq!(starts_of("华盛北京"), [0]);
    }

    #[test]
    fn every_syllable_of_the_tables_is_typed_in_lower_case_letters_and_none_is_missing() {
        for words in [&WORDS, &SURNAMES] {
            for (word, syllables) in words.values().flatten() {
                assert_eq!(word.len(), syllables.len(), "{word:?}");
            }
        }
        let all = WORDS.values().chain(SURNAMES.values()).flatten().flat_map(|(_, syllables)| syllables);
        for syllable in all.chain(POLYPHONES.values().flatten()) {
            assert!(syllable.bytes().all(|b| b.is_ascii_lowercase()), "{syllable}");
        }
    }
}
