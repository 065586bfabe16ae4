//! The words of dates and times, longest first where one begins another.

use chrono::Weekday;

/// What is counted from now or today.
#[derive(Clone, Copy, PartialEq)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The units, as they follow a number.
pub const UNITS: &[(&str, Unit)] = &[
    ("minutes", Unit::Minute),
    ("minute", Unit::Minute),
    ("mins", Unit::Minute),
    ("min", Unit::Minute),
    ("months", Unit::Month),
    ("month", Unit::Month),
    ("mo", Unit::Month),
    ("m", Unit::Minute),
    ("hours", Unit::Hour),
    ("hour", Unit::Hour),
    ("h", Unit::Hour),
    ("days", Unit::Day),
    ("day", Unit::Day),
    ("d", Unit::Day),
    ("weeks", Unit::Week),
    ("week", Unit::Week),
    ("w", Unit::Week),
    ("years", Unit::Year),
    ("year", Unit::Year),
    ("y", Unit::Year),
    ("个小时", Unit::Hour),
    ("小时", Unit::Hour),
    ("分钟", Unit::Minute),
    ("天", Unit::Day),
    ("日", Unit::Day),
    ("个星期", Unit::Week),
    ("星期", Unit::Week),
    ("个礼拜", Unit::Week),
    ("礼拜", Unit::Week),
    ("周", Unit::Week),
    ("个月", Unit::Month),
    ("年", Unit::Year),
];

/// Days from today.
pub const DAYS: &[(&str, i64)] = &[
    ("the day after tomorrow", 2),
    ("day after tomorrow", 2),
    ("大后天", 3),
    ("大前天", -3),
    ("今天", 0),
    ("今日", 0),
    ("today", 0),
    ("明天", 1),
    ("明日", 1),
    ("tomorrow", 1),
    ("tmr", 1),
    ("后天", 2),
    ("昨天", -1),
    ("昨日", -1),
    ("yesterday", -1),
    ("前天", -2),
];

/// Weeks from this one.
pub const WEEKS: &[(&str, i64)] = &[
    ("下下个星期", 2),
    ("下下星期", 2),
    ("下下周", 2),
    ("下个星期", 1),
    ("下个礼拜", 1),
    ("下星期", 1),
    ("下礼拜", 1),
    ("下周", 1),
    ("next week", 1),
    ("上上周", -2),
    ("上个星期", -1),
    ("上个礼拜", -1),
    ("上星期", -1),
    ("上礼拜", -1),
    ("上周", -1),
    ("last week", -1),
    ("本周", 0),
    ("这周", 0),
    ("这个星期", 0),
    ("本星期", 0),
    ("this week", 0),
];

/// English words before a weekday.
pub const WEEK_WORDS: &[(&str, i64)] = &[("next ", 1), ("last ", -1), ("this ", 0)];

/// Months from this one.
pub const MONTHS: &[(&str, i64)] = &[
    ("下下个月", 2),
    ("下个月", 1),
    ("下月", 1),
    ("next month", 1),
    ("上个月", -1),
    ("上月", -1),
    ("last month", -1),
    ("这个月", 0),
    ("本月", 0),
    ("this month", 0),
];

/// The days of the week in English.
pub const WEEKDAYS: &[(&str, Weekday)] = &[
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
    ("mon", Weekday::Mon),
    ("tues", Weekday::Tue),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thurs", Weekday::Thu),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// The days of the week, as they follow `周`.
pub const HAN_WEEKDAYS: &[(&str, Weekday)] = &[
    ("一", Weekday::Mon),
    ("二", Weekday::Tue),
    ("三", Weekday::Wed),
    ("四", Weekday::Thu),
    ("五", Weekday::Fri),
    ("六", Weekday::Sat),
    ("日", Weekday::Sun),
    ("天", Weekday::Sun),
    ("末", Weekday::Sat),
];

/// The part of the day that a clock time is meant in.
#[derive(Clone, Copy)]
pub enum Part {
    Morning,
    Noon,
    Afternoon,
}

/// Words before a time of day.
pub const PARTS: &[(&str, Part)] = &[
    ("上午", Part::Morning),
    ("早上", Part::Morning),
    ("早晨", Part::Morning),
    ("凌晨", Part::Morning),
    ("下午", Part::Afternoon),
    ("傍晚", Part::Afternoon),
    ("晚上", Part::Afternoon),
    ("今晚", Part::Afternoon),
    ("中午", Part::Noon),
    ("noon", Part::Noon),
];

/// Words after a time of day.
pub const HALVES: &[(&str, Part)] =
    &[("a.m.", Part::Morning), ("p.m.", Part::Afternoon), ("am", Part::Morning), ("pm", Part::Afternoon)];
