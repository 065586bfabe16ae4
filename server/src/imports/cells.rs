//! What one cell of a file says, pure: text to value by the shape of the field.
//!
//! Numbers and dates are taken as people and programs write them, in either width; what could mean two things is refused.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use rolo_proto::number::{self, Currency};
use rust_decimal::Decimal;

use crate::{
    error::{Error, Fault},
    fields::{Field, Shape, clean},
    text,
    value::Value,
};

/// The order of day and month in a date with the year at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Not said: what could be both is refused.
    Unknown,
    /// 31/12/2026
    DayFirst,
    /// 12/31/2026
    MonthFirst,
}

/// How dates are to be read.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// The company's zone, in which a date without one stands.
    pub zone: Tz,
    /// Day or month first.
    pub order: DateOrder,
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: the field is left as it is.
    Blank,
    /// The literal `NULL`: nothing shall be there. The value is the field's empty one.
    Clear(Value),
    /// A clean value.
    Is(Value),
    /// The name of a dictionary entry, a person or a record, to be looked up.
    Names(String),
}

/// Fields that are kept in 万元: a number that brings its own unit (500万, 1.5亿元, 8000000元) counts single ones.
const IN_WAN: [&str; 2] = ["capital", "turnover"];
/// In percent, with its sign or without.
const RATE: &str = "success_rate";

/// Reads a cell.
///
/// # Errors
/// The field's fault.
pub fn read(field: &Field, cell: &str, dates: &Dates, currency: Currency) -> Result<Cell, Fault> {
    let given = text::scrub(cell, matches!(field.shape, Shape::Text(_)));
    if given.is_empty() {
        return Ok(Cell::Blank);
    }
    if given == "NULL" {
        return cleaned(field, Value::Null).map(Cell::Clear);
    }
    let value = match field.shape {
        Shape::Line(_) | Shape::Text(_) | Shape::Phone(_) | Shape::Email(_) | Shape::Usc => Value::from(&*given),
        Shape::Int(..) if field.column == RATE => Value::Int(percent(&given)?),
        Shape::Int(..) => Value::Int(whole(&given, IN_WAN.contains(&field.column), currency)?),
        Shape::Money(least, _) => match number::amount(&given, currency).ok_or(Fault::Malformed("amount"))? {
            // Where an amount is more than nothing, people write nothing for one that they do not know.
            0 if least > 0 => return cleaned(field, Value::Null).map(Cell::Clear),
            amount => Value::Int(amount),
        },
        Shape::Date => match date(&given, dates) {
            Some(day) => Value::Text(day.format("%Y-%m-%d").to_string()),
            None => return Err(Fault::Malformed("date")),
        },
        Shape::Stars => Value::Int(stars(&given)?),
        Shape::OneOf(items) => Value::Int(one_of(items, &given)?),
        Shape::Time => Value::Int(time(&given, dates).ok_or(Fault::Malformed("date"))?),
        Shape::Choice(_) | Shape::User | Shape::Customer | Shape::Contact | Shape::Product | Shape::Opportunity => {
            return Ok(Cell::Names(given.into_owned()));
        }
    };
    cleaned(field, value).map(Cell::Is)
}

fn cleaned(field: &Field, value: Value) -> Result<Value, Fault> {
    match clean(std::slice::from_ref(field), vec![(field.column, value)]) {
        Ok(mut values) => Ok(values.pop().map(|(_, value)| value).unwrap_or_default()),
        Err(Error::Validation(mut faults)) => Err(faults.pop().map_or(Fault::UnknownField, |one| one.fault)),
        Err(_) => Err(Fault::UnknownField),
    }
}

/// A whole number, as [`rolo_proto::number`] has it.
fn whole(given: &str, in_wan: bool, currency: Currency) -> Result<i64, Fault> {
    number::whole(given, in_wan, currency).ok_or(Fault::Malformed("number"))
}

/// A percentage: 60, 60%; a spreadsheet keeps it as 0.6.
fn percent(given: &str) -> Result<i64, Fault> {
    let rate = number::decimal(given.trim_end_matches(['%', '％'])).ok_or(Fault::Malformed("number"))?;
    let share = rate > Decimal::ZERO && rate < Decimal::ONE && !given.ends_with(['%', '％']);
    number::to_whole(if share { rate * Decimal::ONE_HUNDRED } else { rate }).ok_or(Fault::Malformed("number"))
}

/// One to five: 4, ４, 4.0, 4星, ★★★★, ★★★★☆.
fn stars(given: &str) -> Result<i64, Fault> {
    let drawn = |c: char| matches!(c, '★' | '☆' | '⭐' | '\u{fe0f}');
    if given.chars().all(drawn) {
        return Ok(given.chars().filter(|c| matches!(c, '★' | '⭐')).map(|_| 1).sum());
    }
    whole(given.trim_end_matches(['星', '★']), false, Currency::CNY).map_err(|_| Fault::Malformed("stars"))
}

/// A member of a fixed set, by any of its words or by its number.
fn one_of(items: &[(i64, &[&str])], given: &str) -> Result<i64, Fault> {
    let folded = text::fold(given);
    items
        .iter()
        .find(|(number, words)| {
            number.to_string() == folded || words.iter().any(|word| !word.is_empty() && text::fold(word) == folded)
        })
        .map(|(number, _)| *number)
        .ok_or_else(|| Fault::UnknownChoice(given.to_owned()))
}

/// A date with or without a time of day, as Unix milliseconds: 2026-12-01, 2026/12/1, 20261201, 2026年12月1日, each with
/// ` 9:05`, ` 09:05:30` or ` 09:05:30.000` behind it; RFC 3339; with a known order also 1/12/2026.
fn time(given: &str, dates: &Dates) -> Option<i64> {
    let narrow = text::narrow(given);
    if let Ok(instant) = DateTime::parse_from_rfc3339(&narrow) {
        return Some(instant.timestamp_millis());
    }
    let end = match narrow.find(['日', '号']) {
        Some(at) => at + '日'.len_utf8(),
        None => narrow.find([' ', 'T']).unwrap_or(narrow.len()),
    };
    let (date, of_day) = narrow.split_at_checked(end)?;
    let local = NaiveDateTime::new(day(date, dates.order)?, time_of_day(of_day.trim_start_matches('T').trim())?);
    let instant = match dates.zone.from_local_datetime(&local).earliest() {
        Some(instant) => instant,
        // The hour that a change to summer time leaves out.
        None => dates.zone.from_local_datetime(&local.checked_add_signed(Duration::hours(1))?).earliest()?,
    };
    Some(instant.timestamp_millis())
}

/// A day, as a spreadsheet writes it too: with a time that is of no interest.
fn date(given: &str, dates: &Dates) -> Option<NaiveDate> {
    let at = || DateTime::from_timestamp_millis(time(given, dates)?);
    day(&text::narrow(given), dates.order).or_else(|| Some(at()?.with_timezone(&dates.zone).date_naive()))
}

fn day(date: &str, order: DateOrder) -> Option<NaiveDate> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
    if date.len() == 8 && digits(date) {
        return NaiveDate::parse_from_str(date, "%Y%m%d").ok();
    }
    let parts: Vec<&str> =
        date.trim_end_matches(['日', '号']).split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let &[first, second, third] = parts.as_slice() else { return None };
    if !parts.iter().all(|part| digits(part) && part.len() <= 4) {
        return None;
    }
    let (a, b, c): (u32, u32, u32) = (first.parse().ok()?, second.parse().ok()?, third.parse().ok()?);
    if first.len() == 4 {
        return NaiveDate::from_ymd_opt(i32::try_from(a).ok()?, b, c);
    }
    if third.len() != 4 {
        return None;
    }
    let (month, day) = match order {
        DateOrder::DayFirst => (b, a),
        DateOrder::MonthFirst => (a, b),
        DateOrder::Unknown if a > 12 || a == b => (b, a),
        DateOrder::Unknown if b > 12 => (a, b),
        DateOrder::Unknown => return None,
    };
    NaiveDate::from_ymd_opt(i32::try_from(c).ok()?, month, day)
}

fn time_of_day(given: &str) -> Option<NaiveTime> {
    if given.is_empty() {
        return Some(NaiveTime::MIN);
    }
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(given, form).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contacts::rules::SEXES;

    const HOUR: i64 = 3_600_000;
    /// 2026-12-01 00:00 in Shanghai.
    const FIRST_OF_DECEMBER: i64 = 1_796_054_400_000;

    fn dates(order: DateOrder) -> Dates {
        Dates { zone: chrono_tz::Asia::Shanghai, order }
    }

    fn one(column: &'static str, shape: Shape, cell: &str) -> Result<Cell, Fault> {
        read(&Field::new(column, shape), cell, &dates(DateOrder::Unknown), Currency::CNY)
    }

    /// Issue 2: "literal NULL and blanks understood".
    #[test]
    fn a_blank_cell_leaves_a_field_alone_and_null_clears_it() {
        assert_eq!(one("fax", Shape::Phone(50), " \u{3000}\u{feff}"), Ok(Cell::Blank));
        assert_eq!(one("fax", Shape::Phone(50), " NULL "), Ok(Cell::Clear("".into())));
        assert_eq!(one("capital", Shape::Int(0, 9), "NULL"), Ok(Cell::Clear(Value::Null)));
        assert_eq!(one("name", Shape::Line(50), "Null"), Ok(Cell::Is("Null".into())), "a person may be called Null");
    }

    /// §3.3: capital and turnover are kept in 万元.
    #[test]
    fn an_amount_with_a_unit_in_a_field_kept_in_wan_counts_yuan() {
        let amount = |cell| one("capital", Shape::Int(0, 1_000_000), cell);
        assert_eq!(amount("500"), Ok(Cell::Is(Value::Int(500))));
        assert_eq!(amount("500万"), Ok(Cell::Is(Value::Int(500))));
        assert_eq!(amount("1.5亿元"), Ok(Cell::Is(Value::Int(15_000))));
        assert_eq!(amount("8,000,000元"), Ok(Cell::Is(Value::Int(800))));
        assert_eq!(amount("800元"), Err(Fault::Malformed("number")));
        assert_eq!(amount("2000000"), Err(Fault::OutOfRange(0, 1_000_000)));
    }

    /// §3.1: an amount is more than nothing or unknown; a rate is in percent.
    #[test]
    fn an_expected_amount_of_nothing_is_unknown_and_a_rate_may_have_its_sign() {
        let amount = |cell| one("expected_amount", Shape::Money(1, 1_000_000_000_000), cell);
        for nothing in ["0", "0.00", "¥0", "０"] {
            assert_eq!(amount(nothing), Ok(Cell::Clear(Value::Null)), "{nothing}");
        }
        assert_eq!(amount("12万"), Ok(Cell::Is(Value::Int(1_200_000_000))));
        assert_eq!(amount("¥1,234.5"), Ok(Cell::Is(Value::Int(12_345_000))));
        assert!(matches!(amount("-1"), Err(Fault::OutOfRange(..))));
        for bad in ["about 5", "1,2,3", "1.5e3"] {
            assert_eq!(amount(bad), Err(Fault::Malformed("amount")), "{bad}");
        }
        let rate = |cell| one("success_rate", Shape::Int(0, 100), cell);
        for sixty in ["60", "60%", "６０％", "0.6", "60.0"] {
            assert_eq!(rate(sixty), Ok(Cell::Is(Value::Int(60))), "{sixty}");
        }
        assert_eq!(rate("0.6%"), Err(Fault::Malformed("number")));
        assert_eq!(rate("101%"), Err(Fault::OutOfRange(0, 100)));
        let day = |cell| one("expected_close_at", Shape::Date, cell);
        for cell in ["2026-12-01", "2026/12/1 00:00:00", "20261201", "2026年12月1日", "13/12/2026"] {
            assert!(matches!(day(cell), Ok(Cell::Is(Value::Text(_)))), "{cell}");
        }
        assert_eq!(day("03/04/2026"), Err(Fault::Malformed("date")), "could be both");
    }

    /// §3.3: satisfaction and credit are one to five.
    #[test]
    fn stars_are_digits_or_drawn() {
        for cell in ["3", "３", "3.0", "3星", "3★", "★★★", "★★★☆☆", "⭐⭐⭐"] {
            assert_eq!(one("credit", Shape::Stars, cell), Ok(Cell::Is(Value::Int(3))), "{cell}");
        }
        assert_eq!(one("credit", Shape::Stars, "6"), Err(Fault::OutOfRange(1, 5)));
        assert_eq!(one("credit", Shape::Stars, "☆☆"), Err(Fault::OutOfRange(1, 5)));
        assert_eq!(one("credit", Shape::Stars, "good"), Err(Fault::Malformed("stars")));
    }

    /// §3.4
    #[test]
    fn a_member_of_a_fixed_set_goes_by_any_of_its_words_or_its_number() {
        for cell in ["女", "Female", "F", "女士", "2"] {
            assert_eq!(one("sex", Shape::OneOf(SEXES), cell), Ok(Cell::Is(Value::Int(2))), "{cell}");
        }
        assert_eq!(one("sex", Shape::OneOf(SEXES), "猫"), Err(Fault::UnknownChoice("猫".into())));
        assert_eq!(one("sex", Shape::OneOf(SEXES), "NULL"), Ok(Cell::Clear(Value::Int(0))));
    }

    /// tui.md 9
    #[test]
    fn dates_stand_in_the_companys_zone_and_an_offset_wins() {
        let dates = dates(DateOrder::Unknown);
        for cell in [
            "2026-12-01",
            "2026/12/1",
            "2026.12.1",
            "20261201",
            "2026年12月1日",
            "２０２６－１２－０１",
            "2026-12-01 00:00:00.000",
        ] {
            assert_eq!(time(cell, &dates), Some(FIRST_OF_DECEMBER), "{cell}");
        }
        for cell in
            ["2026-12-01 9:05", "2026年12月1日 09:05", "2026年12月1日09:05", "2026-12-01T09:05:00", "20261201 09:05"]
        {
            assert_eq!(time(cell, &dates), Some(FIRST_OF_DECEMBER + 9 * HOUR + HOUR / 12), "{cell}");
        }
        assert_eq!(time("2026-12-01T00:00:00Z", &dates), Some(FIRST_OF_DECEMBER + 8 * HOUR));
        assert_eq!(time("2026-12-01T00:00:00+08:00", &dates), Some(FIRST_OF_DECEMBER));
        for bad in [
            "2026-13-01",
            "2026-02-30",
            "26-12-01",
            "2026-12",
            "tomorrow",
            "2026-12-01 25:00",
            "20261301",
            "日",
            "年月日",
        ] {
            assert_eq!(time(bad, &dates), None, "{bad}");
        }
    }

    /// tui.md 9: "An import that could be dd/mm or mm/dd asks".
    #[test]
    fn a_date_that_could_be_two_days_is_refused_unless_the_order_is_said() {
        let [unknown, day_first, month_first] =
            [DateOrder::Unknown, DateOrder::DayFirst, DateOrder::MonthFirst].map(dates);
        assert_eq!(time("01/12/2026", &unknown), None);
        assert_eq!(time("01/12/2026", &day_first), Some(FIRST_OF_DECEMBER));
        assert_eq!(time("12/01/2026", &month_first), Some(FIRST_OF_DECEMBER));
        assert_eq!(time("13/12/2026", &unknown), time("12/13/2026", &unknown), "only one reading is a date");
        assert!(time("12/12/2026", &unknown).is_some(), "both readings are the same day");
        assert_eq!(time("12/13/2026", &day_first), None);
    }

    #[test]
    fn an_hour_that_summer_time_leaves_out_is_read_as_the_next_one() {
        let dates = Dates { zone: chrono_tz::Europe::Berlin, order: DateOrder::Unknown };
        assert_eq!(time("2026-03-29 02:30", &dates), time("2026-03-29 03:30", &dates));
        assert!(time("2026-10-25 02:30", &dates).is_some());
    }

    proptest! {
        #[test]
        fn no_cell_breaks_the_reader(cell in any::<String>()) {
            for shape in [Shape::Line(9), Shape::Phone(9), Shape::Usc, Shape::Int(0, 9), Shape::Stars, Shape::OneOf(SEXES), Shape::Time] {
                let _ = one("capital", shape, &cell);
            }
        }

        #[test]
        fn no_date_breaks_the_reader(cell in "[0-9年月日号 T:./-]{0,24}") {
            let _ = time(&cell, &dates(DateOrder::DayFirst));
        }
    }
}
