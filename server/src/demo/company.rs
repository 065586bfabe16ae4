//! Customers as they present themselves: a company or a person, with address, numbers and the people to talk to.

use std::collections::HashSet;

use super::{
    names_zh::{self as zh, Trade},
    places_west::{self as west, Address, COUNTRIES, Country},
    places_zh::{BUILDINGS, CITIES, City, ROADS},
    random::Random,
};
use crate::text;

/// A customer, before anybody has worked on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    /// Its name.
    pub(super) name: String,
    /// A private person.
    pub(super) person: bool,
    /// We speak Chinese with them.
    pub(super) chinese: bool,
    /// Region and classification, as values of the dictionary.
    pub(super) region: &'static str,
    /// What it does.
    pub(super) classification: &'static str,
    pub(super) address: String,
    pub(super) zip: &'static str,
    pub(super) tel: String,
    pub(super) fax: String,
    pub(super) website: String,
    pub(super) legal_person: String,
    pub(super) usc_code: String,
    pub(super) bank: String,
    pub(super) bank_account: String,
    /// The domain of its mail.
    pub(super) domain: String,
    /// What a sister company shares with it: city and trade name.
    family: Option<(&'static City, String)>,
    /// How phone numbers begin here, and how many digits follow.
    pub(super) phone: (&'static str, usize),
}

/// Makes customers, no two organisations of one name.
#[derive(Debug, Default)]
pub(super) struct Register {
    names: HashSet<String>,
}

impl Register {
    /// A new customer in one of these regions.
    pub(super) fn enter(&mut self, random: &mut Random, regions: &[&str], person: bool) -> Profile {
        let region = random.pick(regions);
        let country = COUNTRIES.iter().find(|country| country.region == region);
        for attempt in 0_usize.. {
            let mut profile = match country {
                Some(country) => western(random, country, person),
                None => chinese(random, region, person),
            };
            if attempt > 50 {
                // The tables are used up: companies of one name tell themselves apart by a number.
                profile.name = format!("{} {attempt}", profile.name);
            }
            if person || self.names.insert(text::dedupe_name(&profile.name)) {
                return profile;
            }
        }
        Profile::default()
    }

    /// A company of the same owner at the same address with the same phone; none if it cannot have one.
    pub(super) fn sister(&mut self, random: &mut Random, elder: &Profile) -> Option<Profile> {
        let (city, mark) = elder.family.as_ref()?;
        let (trade, classification) = random.pick(zh::SISTER_TRADES);
        let name = format!("{}{mark}{trade}有限公司", city.name);
        let bank_account = random.digits(19);
        let usc_code = usc_code(random, city.division);
        self.names.insert(text::dedupe_name(&name)).then(|| Profile {
            name,
            classification,
            usc_code,
            bank_account,
            fax: String::new(),
            ..elder.clone()
        })
    }
}

fn chinese(random: &mut Random, region: &str, person: bool) -> Profile {
    let cities: Vec<&'static City> = CITIES.iter().filter(|city| city.region == region).collect();
    let city: &'static City = random.pick(&cities);
    let place = format!("{}{}市", city.province, city.name);
    let number = random.between(1, 388);
    let (district, road, building) = (random.pick(city.districts), random.pick(ROADS), random.pick(BUILDINGS));
    let common = Profile {
        person,
        chinese: true,
        region: city.region,
        address: format!("{place}{district}{road}{number}号{building}"),
        zip: city.zip,
        phone: city.phone,
        ..Profile::default()
    };
    if person {
        let name = chinese_name(random).whole(true);
        return Profile { name, classification: "private", tel: mobile(random), ..common };
    }
    let (mark, (trade, classification)) = (mark(random), random.pick(zh::TRADES));
    let tel = phone(random, city.phone, "-");
    let domain = format!("{}{}.example", latin(&mark), initials(city.name));
    let bank = match random.chance(650) {
        true => format!("{}{}{}支行", random.pick(zh::BANKS), city.name, short(district)),
        false => String::new(),
    };
    Profile {
        name: chinese_company(random, city, &mark, trade),
        classification,
        fax: if random.chance(550) { tail_changed(&tel, random) } else { String::new() },
        website: if random.chance(620) { format!("www.{domain}") } else { String::new() },
        legal_person: if random.chance(800) { chinese_name(random).whole(true) } else { String::new() },
        usc_code: if random.chance(640) { usc_code(random, city.division) } else { String::new() },
        bank_account: if bank.is_empty() { String::new() } else { random.digits(19) },
        bank,
        tel,
        domain,
        family: Some((city, mark)),
        ..common
    }
}

fn chinese_company(random: &mut Random, city: &City, mark: &str, trade: &str) -> String {
    let weights = zh::FORMS.map(|(_, weight)| weight);
    let form = zh::FORMS[random.weighted(&weights)].0;
    let form = if trade.ends_with("科技") { form.trim_start_matches("科技") } else { form };
    let name = city.name;
    match random.below(100) {
        0..66 => format!("{name}{mark}{trade}{form}"),
        66..80 => format!("{name}市{mark}{trade}{form}"),
        80..90 => format!("{mark}（{name}）{trade}{form}"),
        _ if city.province.is_empty() => format!("{name}{mark}{trade}{form}"),
        _ => format!("{}{mark}{trade}{form}", city.province.trim_end_matches('省')),
    }
}

fn mark(random: &mut Random) -> String {
    loop {
        let [first, second] = zh::MARKS.map(|characters| random.pick(characters));
        let mark = [first, second].concat();
        if first != second && !zh::KNOWN.contains(&mark.as_str()) {
            return mark;
        }
    }
}

fn western(random: &mut Random, country: &'static Country, person: bool) -> Profile {
    let (city, zip, begin, digits) = random.pick(country.cities);
    let (number, street) = (random.between(1, 190), random.pick(country.streets));
    let address = match country.address {
        Address::StreetNumber => format!("{street} {number}, {zip} {city}"),
        Address::NumberStreet => format!("{number} {street}, {zip} {city}"),
        Address::ZipLast => format!("{number} {street}, {city} {zip}"),
    };
    let common = Profile {
        person,
        region: country.region,
        address: format!("{address}, {}", country.name),
        zip,
        phone: (begin, digits),
        tel: phone(random, (begin, digits), ""),
        ..Profile::default()
    };
    if person {
        let name = western_name(random, country).whole(false);
        return Profile { name, classification: "private", ..common };
    }
    let (trade, classification): Trade = random.pick(country.trades);
    let plain = trade.replace("{}", random.pick(country.marks));
    let domain = format!("{}.example", latin(&plain));
    let bank = country.banks.first().map(|_| random.pick(country.banks).replace("{}", city)).unwrap_or_default();
    Profile {
        name: format!("{plain} {}", random.pick(country.forms)),
        classification,
        website: if random.chance(800) { format!("www.{domain}") } else { String::new() },
        legal_person: if random.chance(350) { western_name(random, country).whole(false) } else { String::new() },
        bank_account: if bank.is_empty() { String::new() } else { format!("DE{}", random.digits(20)) },
        bank,
        domain,
        ..common
    }
}

/// A person's name in its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    /// The family's.
    pub(super) surname: &'static str,
    /// The person's own.
    pub(super) given: &'static str,
    /// It is a woman's.
    pub(super) woman: bool,
}

/// A Chinese name.
pub(super) fn chinese_name(random: &mut Random) -> Name {
    let woman = random.chance(420);
    let given = random.pick(if woman { zh::WOMEN } else { zh::MEN });
    Name { surname: random.pick(zh::SURNAMES), given, woman }
}

/// A name of a country.
pub(super) fn western_name(random: &mut Random, country: &Country) -> Name {
    let woman = random.chance(420);
    let given = random.pick(country.first[usize::from(woman)]);
    Name { surname: random.pick(country.last), given, woman }
}

impl Name {
    /// As it is written in its language.
    pub(super) fn whole(&self, chinese: bool) -> String {
        if chinese { [self.surname, self.given].concat() } else { [self.given, " ", self.surname].concat() }
    }
}

/// The country of a region; none for China.
pub(super) fn country(region: &str) -> Option<&'static Country> {
    west::COUNTRIES.iter().find(|country| country.region == region)
}

/// A fixed-line number of a place.
pub(super) fn phone(random: &mut Random, (begin, digits): (&str, usize), between: &str) -> String {
    format!("{begin}{between}{}", random.digits(digits))
}

/// A Chinese mobile number.
pub(super) fn mobile(random: &mut Random) -> String {
    let begin = random.pick(&["138", "139", "136", "135", "159", "158", "186", "188", "177", "150", "133", "189"]);
    format!("{begin}{}", random.digits(8))
}

/// The same number with another last digit: the fax stands beside the phone.
fn tail_changed(tel: &str, random: &mut Random) -> String {
    let mut fax = tel.to_owned();
    let last = fax.pop().and_then(|digit| digit.to_digit(10)).unwrap_or_default();
    fax.push_str(&((i64::from(last) + random.between(1, 9)) % 10).to_string());
    fax
}

/// Letters and digits for an address on the net.
pub(super) fn latin(words: &str) -> String {
    let plain = text::fold(words);
    let folded = match text::readings(words).first() {
        Some(reading) if !plain.is_ascii() => text::fold(&reading.full),
        _ => plain,
    };
    let words: Vec<_> = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn initials(words: &str) -> String {
    text::readings(words).first().map(|reading| text::fold(&reading.initials)).unwrap_or_default()
}

/// 朝阳区 is 朝阳 in the name of a bank's branch.
fn short(district: &str) -> &str {
    district.trim_end_matches("街道").trim_end_matches(['区', '镇'])
}

/// A unified social credit code of a division, with its check digit (GB 32100-2015).
fn usc_code(random: &mut Random, division: &str) -> String {
    const DIGITS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let mut code = format!("91{division}MA");
    code.extend((0..7).map(|_| char::from(random.pick(DIGITS))));
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).unwrap_or_default();
    let sum: usize = code.bytes().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    code.push(char::from(DIGITS[(31 - sum % 31) % 31]));
    code
}
