//! How values read: the same in lists, details, forms and messages.

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Timelike};
use chrono_tz::Tz;
use rolo_proto::{
    number::Currency,
    v1::{Choice, Figures, Total, UserRef},
};

use crate::{
    app::shared::Shared,
    resource::{Field, Input, Record, Resource, Value},
    strings::{Lang, fill},
    theme::{Role, Symbols, plain_symbol},
};

/// A person's name.
pub fn user(user: &UserRef) -> &str {
    if user.display_name.is_empty() { &user.name } else { &user.display_name }
}

/// A dictionary entry in a language.
pub fn choice(choice: &Choice, lang: Lang) -> &str {
    if lang == Lang::En && !choice.en.is_empty() { &choice.en } else { &choice.zh }
}

/// What is known of a count. One that ended at its bound, of rows or of time, is rounded down to its first digit, for
/// more of it would look counted; below ten it says nothing.
pub fn known(total: Total) -> Total {
    match total.count {
        _ if !total.at_least => total,
        ..10 => Total { count: 0, ..total },
        count => {
            let unit = 10_i64.pow(count.ilog10());
            Total { count: count / unit * unit, ..total }
        }
    }
}

/// A count: `8,448`, or `8,000+` up to a bound; empty where nothing is known.
pub fn total(total: &Total) -> String {
    match known(*total) {
        Total { count: 0, at_least: true } => String::new(),
        Total { count, at_least } => format!("{}{}", thousands(count), if at_least { "+" } else { "" }),
    }
}

/// Of two countings of the same, each up to a bound of its own, the one that knows more; the first where none does.
pub fn fuller(one: Total, other: Total) -> Total {
    let more = one.at_least && other.count >= one.count && (!other.at_least || other.count > one.count);
    if more { other } else { one }
}

/// A whole number with commas.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// Steps that are due, which the server counts up to a hundred.
pub fn due(count: i64) -> String {
    if count < 100 { count.to_string() } else { "99+".to_owned() }
}

/// A sum of money as it is read at a glance: `1.24 M`, in Chinese `124 万`; what is small in full.
pub fn sum(amount: i64, sh: &Shared) -> String {
    let units = amount / 10_000;
    let steps: &[(i64, &str)] = match sh.lang {
        Lang::En => &[(1_000_000_000, " B"), (1_000_000, " M"), (10_000, " K")],
        Lang::Zh => &[(100_000_000, "亿"), (10_000, "万")],
    };
    match steps.iter().find(|(step, _)| units.abs() >= *step) {
        // Three digits at least: 1.24, 12.4, 124.
        Some((step, word)) => {
            let step = if *word == " K" { 1_000 } else { *step };
            let places = match units.abs() / step {
                0..=9 => 2,
                10..=99 => 1,
                _ => 0,
            };
            let text = format!("{:.places$}", units as f64 / step as f64);
            let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            format!("{text}{word}")
        }
        None => thousands(units),
    }
}

/// Two sums as one; more than fits is the most that fits.
pub fn together(sum: Figures, part: &Figures) -> Figures {
    Figures {
        count: sum.count + part.count,
        amount: sum.amount.saturating_add(part.amount),
        weighted: sum.weighted.saturating_add(part.weighted),
        unknown: sum.unknown + part.unknown,
    }
}

/// What opportunities add up to: amount, and what that is worth by their success rates; `least` stands before both.
pub fn amounts(figures: &Figures, least: &str, sh: &Shared) -> String {
    let weighted = fill(sh.t().weighted_sum, &[&format!("{least}{}", sum(figures.weighted, sh))]);
    format!("{} {} {weighted}", amount(figures, least, sh), sh.theme.sym.sep)
}

/// The same, as a footer has room for it.
pub fn amounts_in(figures: &Figures, sh: &Shared) -> String {
    if sh.size.0 < 60 { amount(figures, "", sh) } else { amounts(figures, "", sh) }
}

/// What opportunities add up to, without weight.
pub fn amount(figures: &Figures, least: &str, sh: &Shared) -> String {
    format!("{} {least}{}", sh.theme.sym.sum, in_currency(sum(figures.amount, sh), sh))
}

/// How many of `blocks` stand for `part` of `whole`; one as soon as there is something.
pub fn blocks(part: i64, whole: i64, blocks: usize) -> usize {
    let wanted = i128::from(part.max(0)) * blocks as i128 / i128::from(whole.max(1));
    usize::try_from(wanted).unwrap_or(blocks).max(usize::from(part > 0)).min(blocks)
}

/// A bar of so many blocks, full as `part` is of `whole`.
pub fn bar(part: i64, whole: i64, count: usize, sh: &Shared) -> String {
    let [full, empty] = sh.theme.sym.blocks;
    let filled = blocks(part, whole, count);
    format!("{}{}", full.repeat(filled), empty.repeat(count - filled))
}

/// Five stars, so many of them full.
pub fn stars(n: u8, sym: &Symbols) -> String {
    let n = usize::from(n.min(5));
    format!("{}{}", sym.star.repeat(n), sym.no_star.repeat(5 - n))
}

fn local(at: i64, zone: Tz) -> Option<DateTime<Tz>> {
    zone.timestamp_millis_opt(at).single()
}

/// The exact time: `2026-12-01 15:00`.
pub fn exact(at: i64, zone: Tz) -> String {
    local(at, zone).map_or_else(String::new, |t| t.format("%Y-%m-%d %H:%M").to_string())
}

/// The exact time with its weekday.
pub fn exact_day(at: i64, zone: Tz, lang: Lang) -> String {
    let Some(t) = local(at, zone) else { return String::new() };
    format!("{} {}", weekday(t.weekday().num_days_from_monday() as usize, lang), t.format("%Y-%m-%d %H:%M"))
}

/// The time for a file's name: `20261201-1500`.
pub fn stamp(at: i64, zone: Tz) -> String {
    local(at, zone).map_or_else(String::new, |t| t.format("%Y%m%d-%H%M").to_string())
}

/// When a next contact is meant: a day alone is nine in the morning of that day.
pub fn in_working_hours(when: crate::resource::when::When) -> i64 {
    if when.exact { when.start } else { when.start + 9 * 3_600_000 }
}

/// The day with its weekday.
pub fn day(at: i64, zone: Tz, lang: Lang) -> String {
    let Some(t) = local(at, zone) else { return String::new() };
    format!("{} {}", weekday(t.weekday().num_days_from_monday() as usize, lang), t.format("%Y-%m-%d"))
}

/// The weekday of a day.
pub fn weekday_of(day: NaiveDate, lang: Lang) -> &'static str {
    weekday(day.weekday().num_days_from_monday() as usize, lang)
}

fn weekday(day: usize, lang: Lang) -> &'static str {
    const EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    match lang {
        Lang::En => EN[day % 7],
        Lang::Zh => ZH[day % 7],
    }
}

/// How long ago or in how long, in the grain of minutes; what is further away than a week as a date.
pub fn relative(at: i64, sh: &Shared) -> String {
    let t = sh.t();
    let minutes = (sh.now - at).div_euclid(60_000);
    let (past, away) = (minutes >= 0, minutes.unsigned_abs());
    if away < 1 {
        return t.now.to_owned();
    }
    if away < 60 {
        return fill(if past { t.min_ago } else { t.in_min }, &[&away]);
    }
    let (Some(then), Some(now)) = (local(at, sh.zone), local(sh.now, sh.zone)) else { return String::new() };
    let days = (then.date_naive() - now.date_naive()).num_days();
    let clock = || format!("{:02}:{:02}", then.hour(), then.minute());
    if past {
        return match (away / 60, -days) {
            (h, _) if h < 24 => fill(t.h_ago, &[&h]),
            (_, d) if d < 31 => fill(t.d_ago, &[&d.max(1)]),
            _ => then.format("%Y-%m-%d").to_string(),
        };
    }
    match days {
        0 => fill(t.today_at, &[&clock()]),
        1 => fill(t.tomorrow_at, &[&clock()]),
        2..=6 => format!("{} {}", weekday(then.weekday().num_days_from_monday() as usize, sh.lang), clock()),
        _ => then.format("%Y-%m-%d").to_string(),
    }
}

/// The company's day.
pub fn today(sh: &Shared) -> NaiveDate {
    crate::resource::parse::day_of(sh.now, sh.zone)
}

/// A day as a list shows it: in words where it is near, without its year where that is this one.
pub fn near(day: NaiveDate, sh: &Shared) -> String {
    let (t, today) = (sh.t(), today(sh));
    match (day - today).num_days() {
        -1 => t.day_yesterday.to_owned(),
        0 => t.day_today.to_owned(),
        1 => t.day_tomorrow.to_owned(),
        _ if day.year() == today.year() => day.format("%m-%d").to_string(),
        _ => day.to_string(),
    }
}

/// An amount with the company's currency.
pub fn money(amount: i64, sh: &Shared) -> String {
    in_currency(crate::resource::parse::money_text(amount), sh)
}

fn in_currency(text: String, sh: &Shared) -> String {
    match sh.session.as_ref().map_or("", |s| s.currency.as_str()) {
        "" => text,
        "CNY" => format!("¥ {text}"),
        "USD" => format!("$ {text}"),
        code => format!("{text} {code}"),
    }
}

/// A number of ten thousands with the company's currency, which 万元 names itself.
fn wan(number: i64, sh: &Shared) -> String {
    let currency = crate::screen::form::editor::locale(sh).currency;
    let text = crate::resource::parse::wan(number, sh.lang, currency);
    if sh.lang == Lang::Zh && currency == Currency::CNY { text } else { in_currency(text, sh) }
}

/// A fixed item's symbol and word, and how it looks.
fn fixed(items: &[crate::resource::FixedItem], index: usize, sh: &Shared) -> (String, Role) {
    let Some(item) = items.get(index) else { return (String::new(), Role::Text) };
    let role = match item.symbol {
        "●" => Role::Good,
        "×" => Role::Bad,
        "-" | "–" => Role::Dim,
        // Waits for somebody to take it up.
        "○" => Role::Warn,
        _ => Role::Text,
    };
    let symbol = if sh.measure.ascii || sh.measure.wide { plain_symbol(item.symbol) } else { item.symbol };
    let label = item.label.get(sh.lang);
    (if symbol.is_empty() { label.to_owned() } else { format!("{symbol} {label}") }, role)
}

/// A value in full.
pub fn full(value: &Value, field: &Field, sh: &Shared) -> String {
    match value {
        Value::Absent => String::new(),
        Value::Text(s) => s.clone(),
        Value::Int(n) => match field.input {
            input if input.in_wan() => wan(*n, sh),
            Input::Int { unit: Some(unit) } if unit.en == "%" => format!("{n}%"),
            Input::Int { unit: Some(unit) } => format!("{} {}", thousands(*n), unit.get(sh.lang)),
            _ => n.to_string(),
        },
        Value::Stars(n) => stars(*n, sh.theme.sym),
        Value::Time(at) => exact(*at, sh.zone),
        Value::Date(day) => format!("{} {day}", weekday_of(*day, sh.lang)),
        Value::Money(amount) => money(*amount, sh),
        Value::Flag(yes) => (if *yes { sh.t().yes } else { sh.t().no }).to_owned(),
        Value::Choice(c) => choice(c, sh.lang).to_owned(),
        Value::User(u) if !u.active => fill(sh.t().disabled, &[&user(u)]),
        Value::User(u) => user(u).to_owned(),
        Value::Customer(c) => c.name.clone(),
        Value::Contact(c) => c.name.clone(),
        Value::Link(link) => link.label.clone(),
        Value::Fixed(i) => match field.input {
            Input::Fixed(items) => fixed(items, *i, sh).0,
            _ => String::new(),
        },
        Value::List(codes) if let Input::Several(items) = field.input => {
            let words = codes.iter().map(|code| crate::resource::parse::coded(items, code, sh.lang));
            words.collect::<Vec<_>>().join(if sh.lang == Lang::Zh { "、" } else { ", " })
        }
        Value::List(texts) => {
            // Names of missing fields are told by their labels.
            let label = |name: &String| {
                let known = crate::resource::all().iter().find_map(|r| r.fields().iter().find(|f| f.name == name));
                known.map_or_else(|| name.clone(), |f| f.label.get(sh.lang).to_owned())
            };
            texts.iter().map(label).collect::<Vec<_>>().join(if sh.lang == Lang::Zh { "、" } else { ", " })
        }
    }
}

/// A value in a row of a list.
pub fn cell(value: &Value, field: &Field, sh: &Shared) -> (String, Role) {
    match value {
        Value::Absent if matches!(field.input, Input::List | Input::Several(_)) => (String::new(), Role::Dim),
        Value::Absent => (sh.theme.sym.none.to_owned(), Role::Dim),
        Value::Time(at) => {
            let late = *at < sh.now && field.name.starts_with("next_contact");
            (relative(*at, sh), if late { Role::Bad } else { Role::Text })
        }
        Value::Date(day) => {
            let late = *day < today(sh) && field.name == "next_step_at";
            (near(*day, sh), if late { Role::Bad } else { Role::Text })
        }
        // The currency is the company's: in every row it would say nothing.
        Value::Money(amount) => (crate::resource::parse::money_text(*amount), Role::Text),
        Value::Fixed(i) => match field.input {
            Input::Fixed(items) => fixed(items, *i, sh),
            _ => (String::new(), Role::Text),
        },
        Value::List(texts) if texts.is_empty() => (String::new(), Role::Dim),
        Value::List(_) if matches!(field.input, Input::Several(_)) => {
            (format!("! {}", full(value, field, sh)), Role::Warn)
        }
        Value::List(texts) => (format!("! {} {}", texts.len(), full(value, field, sh)), Role::Warn),
        Value::User(u) if !u.active => (user(u).to_owned(), Role::Dim),
        Value::Flag(false) => (String::new(), Role::Dim),
        Value::Text(s) if s.is_empty() => (sh.theme.sym.none.to_owned(), Role::Dim),
        _ => (full(value, field, sh), if field.name == "no" { Role::Dim } else { Role::Text }),
    }
}

/// A value in a column of this width: a number or a day that is cut off says something else, so it is said in fewer
/// characters.
pub fn fitted(value: &Value, field: &Field, width: u16, sh: &Shared) -> (String, Role) {
    let (text, role) = cell(value, field, sh);
    let shorter = match value {
        _ if sh.measure.width(&text) <= width.into() => return (text, role),
        Value::Money(amount) => sum(*amount, sh),
        Value::Date(day) => day.format("%y-%m-%d").to_string(),
        // Numbers of one day begin alike.
        Value::Text(number) if field.name == "no" => sh.measure.tail(number, width.into()),
        _ => text,
    };
    (shorter, role)
}

/// The value of a field by its name.
pub fn value<'a>(record: &'a Record, resource: &dyn Resource, name: &str) -> &'a Value {
    static NONE: Value = Value::Absent;
    let index = resource.fields().iter().position(|f| f.name == name);
    index.and_then(|i| record.values.get(i)).unwrap_or(&NONE)
}

/// The value of a field by its name, in full; empty if there is none.
pub fn named(record: &Record, resource: &dyn Resource, name: &str, sh: &Shared) -> String {
    let Some(index) = resource.fields().iter().position(|f| f.name == name) else { return String::new() };
    record.values.get(index).map_or_else(String::new, |v| full(v, &resource.fields()[index], sh))
}

/// The heading of a column: a label that is wider than its column loses its first words, which the list's name says
/// anyway (`Account manager` → `Manager`).
pub fn heading(field: &Field, width: u16, sh: &Shared) -> String {
    let label = field.label.get(sh.lang);
    if let Some(short) = field.heading.filter(|_| sh.measure.width(label) > usize::from(width)) {
        return short.get(sh.lang).to_owned();
    }
    if sh.lang == Lang::Zh || sh.measure.width(label) <= usize::from(width) {
        return label.to_owned();
    }
    capital(label.rsplit(' ').next().unwrap_or(label))
}

/// With a capital at the beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(10_000), "10,000");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
    }

    #[test]
    fn a_count_that_ended_at_its_bound_says_no_more_than_it_knows() {
        let said = |count, at_least| total(&Total { count, at_least });
        assert_eq!((said(0, false), said(8_448, false)), ("0".into(), "8,448".into()));
        assert_eq!((said(0, true), said(9, true)), (String::new(), String::new()));
        assert_eq!((said(10, true), said(99, true)), ("10+".into(), "90+".into()));
        assert_eq!((said(8_448, true), said(10_000, true)), ("8,000+".into(), "10,000+".into()));
    }
}
