//! Dates as they stand in files: `2026-12-01`, `2026/12/1`, `2026.12.1`, `20261201`, `2026年12月1日`, day and month first
//! (`1/12/2026`), each with an optional time (`15:04`, `15:04:05`, `3:04 PM`, `下午3:04`), and RFC 3339.
//!
//! Nothing is guessed: `1/12/2026` is [`DateError::Ambiguous`] until somebody says the order; `31/12/2026` and `5/5/2026`
//! can only be one day; with dots (`1.12.2026`) the day is first wherever it is written so. Years have four digits.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use crate::strings::Lang;

/// Which comes first when the year is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2026`.
    DayMonth,
    /// `12/31/2026`.
    MonthDay,
}

impl DateOrder {
    /// By the value of `--date-order`: `dmy`, `dd/mm`, `mdy`, `mm/dd`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "dmy" | "dd/mm" | "dd/mm/yyyy" => Some(Self::DayMonth),
            "mdy" | "mm/dd" | "mm/dd/yyyy" => Some(Self::MonthDay),
            _ => None,
        }
    }
}

/// What a text said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A day.
    Date(NaiveDate),
    /// A day and a time, in whatever zone the reader takes for granted.
    DateTime(NaiveDateTime),
    /// A moment.
    Instant(DateTime<FixedOffset>),
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateError {
    /// Not understood.
    NotADate,
    /// Could be dd/mm or mm/dd.
    Ambiguous,
    /// The form is right but there is no such day or time.
    NoSuchDay,
    /// `01/12/26`.
    ShortYear,
    /// A time where only a day has a place.
    HasTime,
}

impl DateError {
    /// What to tell the person.
    pub fn message(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::NotADate, Lang::En) => "not a date; write 2026-12-01 or 2026-12-01 15:04",
            (Self::NotADate, Lang::Zh) => "不是日期;请写成 2026-12-01 或 2026-12-01 15:04",
            (Self::Ambiguous, Lang::En) => "could be dd/mm or mm/dd: say which with --date-order dmy or mdy",
            (Self::Ambiguous, Lang::Zh) => "无法分辨日/月还是月/日:请用 --date-order dmy 或 mdy 指定",
            (Self::NoSuchDay, Lang::En) => "there is no such day or time",
            (Self::NoSuchDay, Lang::Zh) => "没有这一天或这个时刻",
            (Self::ShortYear, Lang::En) => "write the year with four digits",
            (Self::ShortYear, Lang::Zh) => "年份请写四位",
            (Self::HasTime, Lang::En) => "only a day has a place here, not a time",
            (Self::HasTime, Lang::Zh) => "这里只要日期,不要时间",
        }
    }
}

/// A day. A time of exactly midnight, which spreadsheets add, is accepted.
pub fn parse_date(text: &str, order: Option<DateOrder>) -> Result<NaiveDate, DateError> {
    match parse_when(text, order)? {
        When::Date(day) => Ok(day),
        When::DateTime(at) if at.time() == NaiveTime::MIN => Ok(at.date()),
        When::DateTime(_) | When::Instant(_) => Err(DateError::HasTime),
    }
}

/// Full-width digits, letters and signs as their ASCII twins, the ideographic space as a space, other characters as they
/// are.
fn fold_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            '−' => '-',
            other => other,
        })
        .collect()
}

/// A day, a day with a time, or a moment.
pub fn parse_when(text: &str, order: Option<DateOrder>) -> Result<When, DateError> {
    let folded = fold_width(text);
    let text = folded.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(When::Instant(at));
    }
    // What follows the last character of the date, be it a space, a `T` or nothing (`12月1日下午3点`), is a time.
    let day_word = text.find(['日', '号']).map(|at| at + '日'.len_utf8());
    let other = || text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | '年' | '月')));
    let date_ends = day_word.or_else(other).unwrap_or(text.len());
    let (date, rest) = text.split_at(date_ends);
    let day = parse_day(date, order)?;
    let time = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim();
    if time.is_empty() {
        return if rest.is_empty() { Ok(When::Date(day)) } else { Err(DateError::NotADate) };
    }
    Ok(When::DateTime(day.and_time(parse_time(time)?)))
}

fn parse_day(text: &str, order: Option<DateOrder>) -> Result<NaiveDate, DateError> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (year, rest) = text.split_at(4);
        let (month, day) = rest.split_at(2);
        return day_of(year, month, day);
    }
    if let Some((year, rest)) = text.split_once('年') {
        let (month, day) = rest.split_once('月').ok_or(DateError::NotADate)?;
        return day_of(year, month, day.strip_suffix(['日', '号']).unwrap_or(day));
    }
    let separator = text.chars().find(|c| !c.is_ascii_digit()).ok_or(DateError::NotADate)?;
    let parts: Vec<&str> = text.split(separator).collect();
    let &[first, second, third] = parts.as_slice() else {
        return Err(DateError::NotADate);
    };
    if first.len() == 4 {
        return day_of(first, second, third);
    }
    let (Ok(a), Ok(b)) = (first.parse::<u32>(), second.parse::<u32>()) else {
        return Err(DateError::NotADate);
    };
    match third.len() {
        4 => {}
        2 if third.bytes().all(|byte| byte.is_ascii_digit()) => return Err(DateError::ShortYear),
        _ => return Err(DateError::NotADate),
    }
    let order = match order {
        Some(order) => order,
        None if separator == '.' || a > 12 || a == b => DateOrder::DayMonth,
        None if b > 12 => DateOrder::MonthDay,
        None => return Err(DateError::Ambiguous),
    };
    match order {
        DateOrder::DayMonth => day_of(third, second, first),
        DateOrder::MonthDay => day_of(third, first, second),
    }
}

fn day_of(year: &str, month: &str, day: &str) -> Result<NaiveDate, DateError> {
    let number = |text: &str, longest: usize| {
        let sound = !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit());
        if sound { text.parse::<u32>().map_err(|_| DateError::NotADate) } else { Err(DateError::NotADate) }
    };
    if year.len() != 4 {
        return Err(if year.len() == 2 { DateError::ShortYear } else { DateError::NotADate });
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    i32::try_from(year)
        .ok()
        .filter(|year| *year >= 1)
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or(DateError::NoSuchDay)
}

/// `15:04`, `15:04:05`, `15:04:05.123`, `3:04 PM`, `下午3:04`, `15点`, `15时4分5秒`, `下午3点半` not.
fn parse_time(text: &str) -> Result<NaiveTime, DateError> {
    let upper = text.to_uppercase();
    let text = upper.as_str();
    let halves = [("上午", false), ("下午", true)];
    let (afternoon, text) = if let Some(rest) = text.strip_suffix("AM") {
        (Some(false), rest)
    } else if let Some(rest) = text.strip_suffix("PM") {
        (Some(true), rest)
    } else {
        halves
            .into_iter()
            .find_map(|(word, after)| text.strip_prefix(word).map(|rest| (Some(after), rest)))
            .unwrap_or((None, text))
    };
    let colons = text.trim().replace(['点', '时', '分'], ":").replace('秒', "");
    let mut parts = colons.trim_end_matches(':').split(':');
    let clock_word = text.contains(['点', '时']);
    let mut number = || -> Result<Option<u32>, DateError> {
        let Some(part) = parts.next() else { return Ok(None) };
        let whole = part.split('.').next().unwrap_or(part).trim();
        let sound = (1..=2).contains(&whole.len()) && whole.bytes().all(|byte| byte.is_ascii_digit());
        if sound { whole.parse().map(Some).map_err(|_| DateError::NotADate) } else { Err(DateError::NotADate) }
    };
    let hour = number()?.ok_or(DateError::NotADate)?;
    let minute = number()?;
    let second = number()?.unwrap_or(0);
    if parts.next().is_some() || (minute.is_none() && !clock_word && afternoon.is_none()) {
        return Err(DateError::NotADate);
    }
    let hour = match afternoon {
        Some(_) if hour == 0 || hour > 12 => return Err(DateError::NoSuchDay),
        Some(true) => hour % 12 + 12,
        Some(false) => hour % 12,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute.unwrap_or(0), second).ok_or(DateError::NoSuchDay)
}
