//! The company that is measured: a million believable customers from a list of short names, each by its place alone, so
//! that a directory can be grown and its searches be known beforehand.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use rolo_server::text;

/// Ways to make a customer of a short name: words before and behind it.
const VARIANTS: [(&str, &str); 9] = [
    ("", ""),
    ("北京", "科技有限公司"),
    ("上海", "贸易有限公司"),
    ("广州市", "实业发展有限公司"),
    ("深圳市", "电子商务股份有限公司"),
    ("杭州", "信息技术有限公司"),
    ("重庆", "建材经营部"),
    ("厦门", "进出口公司"),
    ("", "集团"),
];
/// The variants above, and one in Latin letters.
const WAYS: usize = VARIANTS.len() + 1;
/// Without a file: so many short names, made of these characters.
const MADE: usize = 20_000;
const CHARACTERS: &str = "华盛美通川珍木多红昌帝标娜塔莎环境资源小皮孩星辰海天宏远金鼎泰和瑞丰恒信安康博雅卓越鑫源嘉禾";

/// Who the customers are.
#[derive(Debug)]
pub struct Company {
    short: Vec<String>,
}

impl Company {
    /// From a file of short names, one a line; without one, from made ones.
    ///
    /// # Errors
    /// The file cannot be read, or holds too few names.
    pub fn new(file: Option<&Path>) -> Result<Self> {
        let mut seen = HashSet::new();
        let mut short: Vec<String> = match file {
            Some(file) => fs::read_to_string(file).with_context(|| file.display().to_string())?,
            None => made(),
        }
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
        // What the server takes for one name is one customer (D2).
        short.retain(|name| !name.is_empty() && seen.insert(text::dedupe_name(name)));
        // A name that another one makes with the words around it would be there twice.
        let made = |name: &str| {
            let stems = VARIANTS
                .iter()
                .skip(1)
                .filter_map(|(before, behind)| name.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)));
            stems.into_iter().any(|stem| seen.contains(&text::dedupe_name(stem)))
        };
        short.retain(|name| !made(name));
        ensure!(short.len() >= WAYS, "too few names");
        Ok(Self { short })
    }

    /// The short name of a customer, its place in the list, and in which way it is used.
    fn parts(&self, index: usize) -> (&str, usize, usize) {
        let (round, way) = (index / WAYS, index % WAYS);
        // Each way begins elsewhere in the list, so that any number of customers has many short names.
        let at = (round + way * (self.short.len() / WAYS)) % self.short.len();
        (self.short.get(at).map(String::as_str).unwrap_or_default(), at, way)
    }

    /// The name of the customer at a place; names repeat only behind the list's length times the number of ways.
    pub fn name(&self, index: usize) -> String {
        let (short, at, way) = self.parts(index);
        let lap = index / WAYS / self.short.len();
        let name = match VARIANTS.get(way) {
            Some((before, behind)) => [before, short, behind].concat(),
            None => {
                // The short name's place keeps names apart that sound alike.
                let spoken = text::readings(short).into_iter().next().map_or_else(|| short.to_owned(), |r| r.full);
                format!("{spoken} {at} Trading Ltd")
            }
        };
        if lap == 0 { name } else { format!("{name}{lap}") }
    }

    /// The cells of an import's row ([`FIELDS`]).
    pub fn cells(&self, index: usize) -> Vec<String> {
        let pick = |of: &[&str]| of.get(scatter(index, of.len())).map_or_else(String::new, |s| (*s).to_owned());
        let rare = index.is_multiple_of(997);
        vec![
            self.name(index),
            if rare { "东北".into() } else { pick(&["北京", "华北", "中南", "西部"]) },
            if index.is_multiple_of(499) {
                "战略合作伙伴".into()
            } else {
                pick(&["普通客户", "重点开发客户", "大客户"])
            },
            (1 + scatter(index + 1, 5)).to_string(),
            (1 + scatter(index + 2, 5)).to_string(),
            self.phone(index),
        ]
    }

    /// The telephone of the customer at a place: a mobile number of its own.
    pub fn phone(&self, index: usize) -> String {
        format!("13{:09}", (index as u64).wrapping_mul(982_451_653) % 1_000_000_000)
    }

    /// What to look for among the first `customers`.
    pub fn searches(&self, customers: usize) -> Searches {
        let step = (customers / 5_000).max(1);
        let names: Vec<String> = (0..customers).step_by(step).map(|index| self.name(index)).collect();
        let shorts: Vec<&str> = (0..customers).step_by(step).map(|index| self.parts(index).0).collect();
        let pairs: HashSet<(char, char)> =
            self.short.iter().flat_map(|name| name.chars().zip(name.chars().skip(1))).collect();
        let mut searches = Searches::default();
        for length in [2, 3] {
            let mut counts: HashMap<String, usize> = HashMap::new();
            for name in &names {
                let chars: Vec<char> = name.chars().collect();
                for window in chars.windows(length).filter(|window| window.iter().all(|c| !c.is_ascii())) {
                    *counts.entry(window.iter().collect()).or_default() += 1;
                }
            }
            let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
            counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let common = counts.iter().take(20).map(|(text, _)| text.clone()).collect();
            let rare: Vec<String> = counts.iter().rev().take(400).map(|(text, _)| text.clone()).collect();
            // Characters that exist, in an order that does not.
            let absent = rare.iter().map(|text| text.chars().rev().collect::<String>());
            let absent = absent.filter(|text| !text.chars().zip(text.chars().skip(1)).any(|two| pairs.contains(&two)));
            let absent = absent.collect();
            searches.fragments.push((length, Kinds { rare, common, absent }));
        }
        for short in shorts.iter().filter(|short| short.chars().count() >= 4) {
            let Some(reading) = text::readings(short).into_iter().next() else { continue };
            let letters: Vec<char> = reading.initials.chars().collect();
            searches.initials.push(letters.iter().take(4).collect());
            // The first two stand together, then one is left out.
            let gapped = letters.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, letter)| letter);
            searches.gapped.push(gapped.take(4).collect());
            searches.two_initials.push(letters.iter().take(2).collect());
            searches.latin.extend(reading.full.get(1..6).map(str::to_owned));
        }
        let phones = (0..customers).step_by(step).map(|index| self.phone(index));
        searches.digits = phones.filter_map(|phone| phone.get(4..10).map(str::to_owned)).collect();
        searches
    }
}

/// The columns of [`Company::cells`].
pub const FIELDS: [&str; 6] = ["name", "region", "level", "satisfaction", "credit", "tel"];

/// What is looked for.
#[derive(Debug, Default)]
pub struct Searches {
    /// Fragments of so many Chinese characters.
    pub fragments: Vec<(usize, Kinds)>,
    /// The first four initials of a short name.
    pub initials: Vec<String>,
    /// The same with one left out.
    pub gapped: Vec<String>,
    /// Two initials, which thousands share.
    pub two_initials: Vec<String>,
    /// Five letters from within a spelt name.
    pub latin: Vec<String>,
    /// Six digits from within a phone number.
    pub digits: Vec<String>,
}

/// The same kind of text, seldom, often and never there.
#[derive(Debug)]
pub struct Kinds {
    /// The rarest.
    pub rare: Vec<String>,
    /// The most frequent.
    pub common: Vec<String>,
    /// Nowhere.
    pub absent: Vec<String>,
}

/// A number below `of` that looks random and is always the same for an index.
pub fn scatter(index: usize, of: usize) -> usize {
    let mixed = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as usize % of.max(1)
}

fn made() -> String {
    let chars: Vec<char> = CHARACTERS.chars().collect();
    let letter = |n: usize| chars.get(scatter(n, chars.len())).copied().unwrap_or('华');
    let name = |n: usize| (0..4).map(|at| letter(n * 4 + at)).chain(['\n']).collect::<String>();
    (0..MADE).map(name).collect()
}
