//! Contacts: the people to talk to at a customer.

use super::{
    company::{self, Profile},
    names_zh as zh,
    places_west::{self as west, Country},
    plan::Values,
    random::Random,
};
use crate::value::Value;

/// Somebody at a customer.
#[derive(Debug)]
pub(super) struct Partner {
    /// How we speak of them.
    pub(super) who: String,
    /// The contact's fields.
    pub(super) values: Values,
}

/// Somebody who works for a company; a private person is their own contact.
pub(super) fn partner(random: &mut Random, profile: &Profile) -> Partner {
    match company::country(profile.region) {
        _ if profile.person => Partner {
            who: profile.name.clone(),
            values: vec![("name", text(&profile.name)), ("mobile", text(&profile.tel))],
        },
        Some(country) => western(random, profile, country),
        None => chinese(random, profile),
    }
}

fn text(words: &str) -> Value {
    Value::from(words)
}

fn chinese(random: &mut Random, profile: &Profile) -> Partner {
    let name = company::chinese_name(random);
    let (position, title) = random.pick(zh::POSITIONS);
    let title = match title {
        "" if name.woman => "女士",
        "" => "先生",
        title => title,
    };
    let who = [name.surname, title].concat();
    // Now and then only the surname and the title are known.
    let full = if random.chance(40) { who.clone() } else { name.whole(true) };
    let mobile = company::mobile(random);
    let letters = company::latin(&name.whole(true));
    let mut values = vec![("name", text(&full)), ("sex", Value::Int(1 + i64::from(name.woman)))];
    if !random.chance(30) {
        values.push(("position", text(position)));
    }
    if random.chance(880) {
        values.push(("mobile", text(&mobile)));
    }
    if random.chance(600) {
        let extension = format!("{}转{}", profile.tel, random.between(801, 869));
        values.push(("office_tel", text(if random.chance(500) { &extension } else { &profile.tel })));
    }
    if random.chance(580) {
        let account = format!("{letters}{}", random.between(1975, 2002));
        values.push(("wechat", text(if random.chance(400) { &mobile } else { &account })));
    }
    if random.chance(520) {
        values.push(("email", text(&format!("{letters}@{}", profile.domain))));
    }
    if random.chance(180) {
        values.push(("memo", text(random.pick(zh::MEMOS))));
    }
    Partner { who, values }
}

fn western(random: &mut Random, profile: &Profile, country: &Country) -> Partner {
    let name = company::western_name(random, country);
    let mut values = vec![("name", text(&name.whole(false))), ("sex", Value::Int(1 + i64::from(name.woman)))];
    if !random.chance(30) {
        values.push(("position", text(random.pick(west::POSITIONS))));
    }
    if random.chance(750) {
        let direct = company::phone(random, profile.phone, "");
        values.push(("office_tel", text(if random.chance(600) { &direct } else { &profile.tel })));
    }
    // Numbers kept for fiction; the other countries keep none.
    let mobiles = match profile.region {
        "de" => Some(("+49 171 39200", 2)),
        "uk" => Some(("+44 7700 900", 3)),
        "fr" => Some(("+33 6 39 98 ", 4)),
        _ => None,
    };
    if let Some(mobile) = mobiles.filter(|_| random.chance(650)) {
        values.push(("mobile", text(&company::phone(random, mobile, ""))));
    }
    if random.chance(850) {
        let (given, surname) = (company::latin(name.given), company::latin(name.surname));
        values.push(("email", text(&format!("{given}.{surname}@{}", profile.domain))));
    }
    if random.chance(180) {
        values.push(("memo", text(random.pick(west::MEMOS))));
    }
    Partner { who: name.given.to_owned(), values }
}
