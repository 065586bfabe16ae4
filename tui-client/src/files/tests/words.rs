//! Dates as people write them.

use chrono::NaiveDate;

use super::super::dates::{DateError, DateOrder, When, parse_date, parse_when};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn days_are_understood_as_people_write_them() {
    for text in [
        "2026-12-01",
        "2026/12/1",
        "2026.12.1",
        "20261201",
        "2026年12月1日",
        "2026年12月1",
        " ２０２６-１２-０１ ",
        "2026-12-01 00:00:00",
        "1.12.2026",
    ] {
        assert_eq!(parse_date(text, None), Ok(day(2026, 12, 1)), "{text}");
    }
    assert_eq!(parse_date("31/12/2026", None), Ok(day(2026, 12, 31)));
    assert_eq!(parse_date("12/31/2026", None), Ok(day(2026, 12, 31)));
    assert_eq!(parse_date("5/5/2026", None), Ok(day(2026, 5, 5)));
}

#[test]
fn a_date_that_could_be_two_days_asks_for_the_order() {
    assert_eq!(parse_date("1/12/2026", None), Err(DateError::Ambiguous));
    assert_eq!(parse_date("1/12/2026", Some(DateOrder::DayMonth)), Ok(day(2026, 12, 1)));
    assert_eq!(parse_date("1/12/2026", Some(DateOrder::MonthDay)), Ok(day(2026, 1, 12)));
    assert_eq!(parse_date("12/31/2026", Some(DateOrder::DayMonth)), Err(DateError::NoSuchDay));
    assert_eq!(DateOrder::by_name("dmy"), Some(DateOrder::DayMonth));
}

#[test]
fn times_come_with_days() {
    let at = |hour, minute, second| Ok(When::DateTime(day(2026, 12, 1).and_hms_opt(hour, minute, second).unwrap()));
    for text in [
        "2026-12-01 15:04",
        "2026-12-01T15:04:00",
        "2026/12/1 3:04 PM",
        "2026年12月1日 下午3:04",
        "2026年12月1日15时4分",
        "20261201 15:04:00.000",
        "12/1/2026 3:04 pm",
    ] {
        assert_eq!(parse_when(text, Some(DateOrder::MonthDay)), at(15, 4, 0), "{text}");
    }
    assert_eq!(parse_when("2026-12-01 12:00 AM", None), at(0, 0, 0));
    assert_eq!(parse_when("2026年12月1日下午3点", None), at(15, 0, 0));
    let Ok(When::Instant(moment)) = parse_when("2026-12-01T15:04:05+08:00", None) else { unreachable!("RFC 3339") };
    assert_eq!(moment.to_utc().to_rfc3339(), "2026-12-01T07:04:05+00:00");
    assert_eq!(parse_date("2026-12-01 15:04", None), Err(DateError::HasTime));
}

#[test]
fn what_is_no_date_is_refused() {
    for (text, error) in [
        ("", DateError::NotADate),
        ("tomorrow", DateError::NotADate),
        ("12", DateError::NotADate),
        ("2026-12", DateError::NotADate),
        ("2026-12-01x", DateError::NotADate),
        ("2026-12-01 15", DateError::NotADate),
        ("2026-12-01 15:04:05:06", DateError::NotADate),
        ("2026-02-29", DateError::NoSuchDay),
        ("2026-13-01", DateError::NoSuchDay),
        ("2026-12-01 25:00", DateError::NoSuchDay),
        ("2026-12-01 13:00 PM", DateError::NoSuchDay),
        ("01/12/26", DateError::ShortYear),
        ("46357", DateError::NotADate),
        ("１/2/3/4", DateError::NotADate),
        ("年月日", DateError::NotADate),
        ("0000-01-01", DateError::NoSuchDay),
    ] {
        assert_eq!(parse_when(text, None), Err(error), "{text}");
    }
}
