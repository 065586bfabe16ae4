//! Values from what people type, and back: for lists and details, for JSON and for files. Everything that needs no look-up
//! is here and pure; choices, people, customers and contacts are looked up by [`crate::data::lookup`].

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use rolo_proto::{
    number::{self, Currency},
    v1::{Choice, Kind, UserRef},
};
use serde_json::{Value as Json, json};

use super::{Field, FixedItem, Input, Value, fold_name, when};
use crate::{
    data::{Fault, failure},
    files::write::Cell,
    strings::Lang,
};

/// What words and times are read and shown in.
#[derive(Debug, Clone, Copy)]
pub struct Locale {
    /// The interface's language.
    pub lang: Lang,
    /// The company's zone.
    pub zone: Tz,
    /// Now, Unix milliseconds UTC.
    pub now: i64,
    /// The company's currency.
    pub currency: Currency,
}

/// Full-width forms as ASCII, and what Chinese keyboards type in place of ASCII punctuation.
pub const fn fold_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '。' => '.',
        '、' => ',',
        '～' => '~',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(c as u32 - 0xfee0) {
            Some(ascii) => ascii,
            None => c,
        },
        _ => c,
    }
}

/// The text folded, without blanks at its ends.
fn folded(text: &str) -> String {
    text.chars().map(fold_width).collect::<String>().trim().to_owned()
}

/// The value that a text means in a field that needs no look-up; a blank text is absent.
pub fn value(input: &Input, text: &str, locale: &Locale) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Ok(Value::Absent);
    }
    let malformed = |form: &str| Fault::Malformed(form.to_owned());
    Ok(match input {
        Input::Text { .. } => Value::Text(text.trim().to_owned()),
        Input::LongText { .. } => Value::Text(text.trim_end().to_owned()),
        Input::Phone { .. } | Input::Email { .. } => Value::Text(folded(text)),
        Input::Int { unit } => {
            let text =
                if unit.is_some_and(|u| u.en == "%") { text.trim_end().trim_end_matches(['%', '％']) } else { text };
            Value::Int(number::whole(text, input.in_wan(), locale.currency).ok_or_else(|| malformed("number"))?)
        }
        Input::Money => Value::Money(number::amount(text, locale.currency).ok_or_else(|| malformed("amount"))?),
        Input::Date => Value::Date(day(text, locale).ok_or_else(|| malformed("date"))?),
        Input::Stars => Value::Stars(stars(text).ok_or_else(|| malformed("stars"))?),
        Input::Time => {
            Value::Time(when::understand(text, locale.now, locale.zone).ok_or_else(|| malformed("date"))?.start)
        }
        Input::Flag => Value::Flag(flag(text).ok_or_else(|| malformed("flag"))?),
        Input::Fixed(items) => {
            Value::Fixed(fixed(items, text).ok_or_else(|| Fault::UnknownChoice(text.trim().to_owned()))?)
        }
        Input::List | Input::Several(_) => return Err(Fault::NotWritable),
        Input::Choice { .. } | Input::User | Input::Customer | Input::Contact | Input::Link(_) => {
            return Err(Fault::UnknownReference(text.trim().to_owned()));
        }
    })
}

/// A day as people say it.
pub fn day(text: &str, locale: &Locale) -> Option<NaiveDate> {
    when::understand(text, locale.now, locale.zone).map(|when| day_of(when.start, locale.zone))
}

/// The day of a point in time.
pub fn day_of(at: i64, zone: Tz) -> NaiveDate {
    DateTime::from_timestamp_millis(at).unwrap_or_default().with_timezone(&zone).date_naive()
}

/// An amount with thousands by commas, and decimals only where there are any.
pub fn money_text(amount: i64) -> String {
    let plain = money_plain(amount.unsigned_abs());
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let grouped = grouped(whole.parse().unwrap_or_default());
    let sign = if amount < 0 { "-" } else { "" };
    if decimals.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{decimals}") }
}

/// An amount as a plain decimal number, with two decimals or four if it has any.
fn money_plain(amount: u64) -> String {
    let (whole, rest) = (amount / 10_000, amount % 10_000);
    match rest {
        0 => whole.to_string(),
        rest if rest % 100 == 0 => format!("{whole}.{:02}", rest / 100),
        rest => format!("{whole}.{rest:04}"),
    }
}

fn stars(text: &str) -> Option<u8> {
    let text = folded(text);
    let full = text.chars().filter(|c| *c == '★').count();
    if full > 0 && text.chars().all(|c| matches!(c, '★' | '☆')) {
        return u8::try_from(full).ok().filter(|n| *n <= 5);
    }
    let digits = text.trim_end_matches(['星', '★', '*']).trim_end_matches("stars").trim_end_matches("star").trim();
    let digits = digits.strip_suffix("/5").unwrap_or(digits);
    digits.parse().ok().filter(|n| (1..=5).contains(n))
}

fn flag(text: &str) -> Option<bool> {
    match folded(text).to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "on" | "是" | "有" | "对" | "√" => Some(true),
        "no" | "n" | "false" | "0" | "off" | "否" | "无" | "不" | "×" => Some(false),
        _ => None,
    }
}

/// By word, label in either language, or the begin of a word that fits only one.
fn fixed(items: &[FixedItem], text: &str) -> Option<usize> {
    let text = fold_name(text);
    let exact = items
        .iter()
        .position(|i| fold_name(i.code) == text || fold_name(i.label.en) == text || fold_name(i.label.zh) == text);
    exact.or_else(|| {
        let mut begun = items.iter().enumerate().filter(|(_, i)| fold_name(i.code).starts_with(&text));
        match (begun.next(), begun.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    })
}

/// What a person is called.
pub fn person(user: &UserRef) -> &str {
    if user.display_name.is_empty() { &user.name } else { &user.display_name }
}

/// A dictionary entry in the person's language.
pub fn choice_text(choice: &Choice, lang: Lang) -> &str {
    if lang == Lang::En && !choice.en.is_empty() { &choice.en } else { &choice.zh }
}

/// A point in time in the company's zone, to the minute; midnight is the day alone.
pub fn time_text(at: i64, zone: Tz) -> String {
    let Some(at) = DateTime::from_timestamp_millis(at) else { return String::new() };
    let at = at.with_timezone(&zone);
    let form = if at.hour() == 0 && at.minute() == 0 { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
    at.format(form).to_string()
}

/// As lists and details show it.
pub fn show(field: &Field, value: &Value, locale: &Locale) -> String {
    match value {
        Value::Absent => String::new(),
        Value::Text(text) => text.clone(),
        Value::Int(number) => match field.input {
            Input::Int { unit: Some(unit) } if unit.en == "%" => format!("{number}%"),
            input if input.in_wan() => wan(*number, locale.lang, locale.currency),
            Input::Int { unit: Some(unit) } if locale.lang == Lang::Zh => format!("{} {}", grouped(*number), unit.zh),
            _ if field.name == "id" => number.to_string(),
            _ => grouped(*number),
        },
        Value::Stars(stars) => "★".repeat(usize::from(*stars)),
        Value::Time(at) => time_text(*at, locale.zone),
        Value::Date(day) => day.to_string(),
        Value::Money(amount) => money_text(*amount),
        Value::Flag(flag) => match (flag, locale.lang) {
            (true, Lang::En) => "yes".to_owned(),
            (false, Lang::En) => "no".to_owned(),
            (true, Lang::Zh) => "是".to_owned(),
            (false, Lang::Zh) => "否".to_owned(),
        },
        Value::Choice(choice) => choice_text(choice, locale.lang).to_owned(),
        Value::User(user) => person(user).to_owned(),
        Value::Customer(customer) => customer.name.clone(),
        Value::Contact(contact) => contact.name.clone(),
        Value::Link(link) => link.label.clone(),
        Value::Fixed(index) => match field.input {
            Input::Fixed(items) => items.get(*index).map_or("", |i| i.label.get(locale.lang)).to_owned(),
            _ => String::new(),
        },
        Value::List(texts) => {
            let labels: Vec<String> = match field.input {
                Input::Several(items) => texts.iter().map(|code| coded(items, code, locale.lang)).collect(),
                _ => texts.iter().map(|t| failure::field_label(t, locale.lang)).collect(),
            };
            labels.join(if locale.lang == Lang::En { ", " } else { "、" })
        }
    }
}

/// A number of ten thousands: 万 is for Chinese eyes, others get it in full.
pub fn wan(number: i64, lang: Lang, currency: Currency) -> String {
    match lang {
        Lang::En => grouped(number.saturating_mul(10_000)),
        Lang::Zh if currency == Currency::CNY => format!("{} 万元", grouped(number)),
        Lang::Zh => format!("{} 万", grouped(number)),
    }
}

/// What a code of a fixed set is called; one that is unknown stays as it is.
pub fn coded(items: &[FixedItem], code: &str, lang: Lang) -> String {
    items.iter().find(|i| i.code == code).map_or(code, |i| i.label.get(lang)).to_owned()
}

/// What a form puts into the field for editing: like [`show`], but as it can be typed again.
pub fn edit_text(field: &Field, value: &Value, locale: &Locale) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Stars(stars) => stars.to_string(),
        _ => show(field, value, locale),
    }
}

/// Thousands by commas.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As JSON: ids and counts as numbers, times RFC 3339 UTC, choices as the dictionary's item text (the same in either
/// language, so that scripts do not depend on it), people by account, customers by number, absent as null.
pub fn json(field: &Field, value: &Value) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Text(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Stars(stars) => json!(stars),
        Value::Time(at) => json!(rfc3339(*at)),
        Value::Date(day) => json!(day.to_string()),
        // Exact: an amount has fewer digits than a double holds.
        Value::Money(amount) if amount % 10_000 == 0 => json!(amount / 10_000),
        Value::Money(amount) => json!(*amount as f64 / 10_000.0),
        Value::Flag(flag) => json!(flag),
        Value::Choice(choice) => json!(choice.zh),
        Value::User(user) => json!(user.name),
        Value::Customer(customer) => json!(customer.number),
        Value::Contact(contact) => json!(contact.name),
        Value::Link(link) if link.kind == Kind::Product => json!(link.label),
        Value::Link(link) => json!(link.id),
        Value::Fixed(index) => match field.input {
            Input::Fixed(items) => items.get(*index).map_or(Json::Null, |i| json!(i.code)),
            _ => Json::Null,
        },
        Value::List(texts) => json!(texts),
    }
}

/// RFC 3339 in UTC; milliseconds only where there are any.
pub fn rfc3339(at: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at)
        .map_or_else(String::new, |t| t.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// As a cell of a file: like JSON, but times as spreadsheets read them, in the company's zone.
pub fn cell(field: &Field, value: &Value, zone: Tz) -> Cell {
    match value {
        Value::Int(number) => Cell::Int(*number),
        Value::Stars(stars) => Cell::Int(i64::from(*stars)),
        Value::Date(day) => Cell::Date(*day),
        Value::Money(amount) if amount % 10_000 == 0 => Cell::Int(amount / 10_000),
        Value::Money(amount) => {
            let sign = if *amount < 0 { "-" } else { "" };
            Cell::Decimal(format!("{sign}{}", money_plain(amount.unsigned_abs())))
        }
        Value::Time(at) => DateTime::from_timestamp_millis(*at)
            .map_or(Cell::Empty, |t| Cell::DateTime(t.with_timezone(&zone).fixed_offset())),
        _ => match json(field, value) {
            Json::Null => Cell::Empty,
            Json::String(text) => Cell::text(text),
            Json::Array(items) => Cell::text(items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(",")),
            other => Cell::Text(other.to_string()),
        },
    }
}

/// The text that a JSON value of a field stands for, as if it had been typed; null is absent.
pub fn text_of_json(json: &Json) -> Option<String> {
    match json {
        Json::Null => Some(String::new()),
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALE: Locale =
        Locale { lang: Lang::Zh, zone: chrono_tz::Asia::Shanghai, now: 1_795_573_200_000, currency: Currency::CNY };

    #[test]
    fn amounts_are_read_as_people_type_them_and_shown_with_thousands() {
        assert_eq!(value(&Input::Money, "１，２３４．５", &LOCALE), Ok(Value::Money(12_345_000)));
        assert_eq!(value(&Input::Money, "1,2,3", &LOCALE), Err(Fault::Malformed("amount".into())));
        let in_wan = Input::Int { unit: Some(crate::strings::Label::new("10k", "万元")) };
        assert_eq!(value(&in_wan, "1.5亿", &LOCALE), Ok(Value::Int(15_000)));
        assert_eq!(value(&Input::Int { unit: None }, "1.5e3", &LOCALE), Err(Fault::Malformed("number".into())));
        assert_eq!(money_text(12_345_678_900), "1,234,567.89");
        assert_eq!(money_text(-12_340_000), "-1,234");
        assert_eq!(money_text(5), "0.0005");
        let field = Field::new("amount", "Amount", "金额", Input::Money);
        assert_eq!(json(&field, &Value::Money(125_000)), json!(12.5));
        assert_eq!(cell(&field, &Value::Money(125_000), LOCALE.zone), Cell::Decimal("12.50".into()));
    }

    #[test]
    fn a_rate_takes_a_percent_sign_and_a_day_what_people_say() {
        let rate = Input::Int { unit: Some(crate::strings::Label::new("%", "%")) };
        assert_eq!(value(&rate, "70％", &LOCALE), Ok(Value::Int(70)));
        let day = NaiveDate::from_ymd_opt(2026, 11, 26).unwrap_or_default();
        assert_eq!(value(&Input::Date, "明天", &LOCALE), Ok(Value::Date(day)));
        assert_eq!(value(&Input::Date, "someday", &LOCALE), Err(Fault::Malformed("date".into())));
    }

    #[test]
    fn stars_flags_and_states_are_read_in_either_language() {
        assert_eq!(value(&Input::Stars, "★★★☆☆", &LOCALE), Ok(Value::Stars(3)));
        assert_eq!(value(&Input::Stars, "４", &LOCALE), Ok(Value::Stars(4)));
        assert_eq!(value(&Input::Stars, "6", &LOCALE), Err(Fault::Malformed("stars".into())));
        assert_eq!(value(&Input::Flag, "是", &LOCALE), Ok(Value::Flag(true)));
        assert_eq!(value(&Input::Phone { max: 50 }, "０１０－１２３４ ", &LOCALE), Ok(Value::Text("010-1234".into())));
        let party = super::super::Customers;
        let fields = super::super::Resource::fields(&party);
        let party = fields.iter().find(|f| f.name == "party").map(|f| f.input).unwrap_or(Input::Flag);
        assert_eq!(value(&party, "个人", &LOCALE), Ok(Value::Fixed(1)));
        assert_eq!(value(&party, "org", &LOCALE), Ok(Value::Fixed(0)));
    }

    #[test]
    fn json_is_the_same_in_either_language() {
        let level = Field::new("level", "Level", "等级", Input::Choice { dictionary: "customer_level" });
        let choice =
            Value::Choice(Choice {
                id: 3, value: "3".into(), zh: "大客户".into(), en: "Large".into(), retired: false
            });
        assert_eq!(json(&level, &choice), json!("大客户"));
        let at = Field::new("at", "Time", "时间", Input::Time);
        assert_eq!(json(&at, &Value::Time(1_795_573_200_000)), json!("2026-11-25T02:20:00Z"));
        assert_eq!(json(&at, &Value::Absent), Json::Null);
        let local = match cell(&at, &Value::Time(1_795_573_200_000), LOCALE.zone) {
            Cell::DateTime(local) => local.format("%F %T").to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(local, "2026-11-25 10:20:00");
        assert_eq!(show(&at, &Value::Time(1_795_573_200_000), &LOCALE), "2026-11-25 10:20");
    }
}
