//! Dates as people say them (`tui.md` rule 9), in English and Chinese, whatever the language of the interface: forms,
//! snooze, filters and the command line all read them here. Pure: now and the company's zone are parameters.
//!
//! A text is a day and a time of day in either order, each at most once. A day alone means that whole day, a time alone
//! means today. Weeks start on Monday. A month and day without a year are the nearest such day; a weekday alone is the
//! next one, today included.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;

use self::{
    cursor::Cursor,
    words::{DAYS, HALVES, HAN_WEEKDAYS, MONTHS, PARTS, Part, Unit, WEEK_WORDS, WEEKDAYS, WEEKS},
};
use super::parse::fold_width;

mod cursor;
mod words;

/// What was understood: the period from `start` until before `end`, Unix milliseconds UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The first moment of it.
    pub start: i64,
    /// The first moment after it.
    pub end: i64,
    /// A time of day was said, so that `start` is that minute and not the begin of a day.
    pub exact: bool,
}

/// A day or longer, in the company's zone: first day and first day after it.
type Period = (NaiveDate, NaiveDate);

/// What a date, a time of day or both mean at `now` (Unix milliseconds) in `zone`; none if it is neither.
pub fn understand(text: &str, now: i64, zone: Tz) -> Option<When> {
    let text: String = text.trim().chars().map(fold_width).flat_map(char::to_lowercase).collect();
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        return Some(moment(at.timestamp_millis(), 1));
    }
    let now = DateTime::from_timestamp_millis(now)?.with_timezone(&zone);
    let mut cursor = Cursor { rest: &text, now: now.naive_local() };
    if let Some(minutes) = cursor.whole(Cursor::minutes_from_now) {
        return Some(moment((now + Duration::minutes(minutes)).timestamp_millis(), 60_000));
    }
    let (mut day, mut time) = (None, None);
    cursor.skip();
    while !cursor.rest.is_empty() {
        if let Some(t) = cursor.attempt(Cursor::time) {
            (time.is_none()).then(|| time = Some(t))?;
        } else {
            let d = cursor.attempt(Cursor::period)?;
            (day.is_none()).then(|| day = Some(d))?;
        }
        cursor.skip();
    }
    match (day, time) {
        (None, None) => None,
        (Some((first, after)), None) => {
            Some(When { start: instant(first.into(), zone)?, end: instant(after.into(), zone)?, exact: false })
        }
        (day, Some(time)) => {
            let day = day.map_or(cursor.today(), |(first, _)| first);
            Some(moment(instant(day.and_time(time), zone)?, 60_000))
        }
    }
}

const fn moment(start: i64, length: i64) -> When {
    When { start, end: start + length, exact: true }
}

/// A local time as an instant; one that a clock change skips is an hour later, one that it repeats is the first.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    let at = zone.from_local_datetime(&local).earliest();
    let at = at.or_else(|| zone.from_local_datetime(&(local + Duration::hours(1))).earliest())?;
    Some(at.timestamp_millis())
}

const fn single(day: Option<NaiveDate>) -> Option<Period> {
    match day {
        Some(day) => match day.succ_opt() {
            Some(after) => Some((day, after)),
            None => None,
        },
        None => None,
    }
}

fn month_of(day: NaiveDate) -> Option<Period> {
    let first = day.with_day(1)?;
    Some((first, first.checked_add_months(Months::new(1))?))
}

fn add_months(day: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { day.checked_sub_months(count) } else { day.checked_add_months(count) }
}

fn add_days(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(count) } else { day.checked_add_days(count) }
}

impl Cursor<'_> {
    fn minutes_from_now(&mut self) -> Option<i64> {
        self.skip();
        if self.eat("now") || self.eat("现在") || self.eat("此刻") {
            return Some(0);
        }
        match self.offset()? {
            (count, Unit::Minute) => Some(count),
            (count, Unit::Hour) => count.checked_mul(60),
            _ => None,
        }
    }

    fn period(&mut self) -> Option<Period> {
        let today = self.today();
        self.attempt(|c| {
            let days = c.one_of(DAYS)?;
            c.word_end()?;
            single(add_days(today, days))
        })
        .or_else(|| self.attempt(Self::edge))
        .or_else(|| self.attempt(Self::week))
        .or_else(|| self.attempt(Self::month))
        .or_else(|| self.attempt(Self::counted))
        .or_else(|| self.attempt(Self::calendar))
    }

    /// The begin or end of this month or year.
    fn edge(&mut self) -> Option<Period> {
        let (first, after) = month_of(self.today())?;
        if self.eat("月底") || self.eat("月末") || self.eat("end of month") || self.eat("month end") || self.eat("eom")
        {
            return single(after.pred_opt());
        }
        if self.eat("月初") {
            return single(Some(first));
        }
        if self.eat("年底") || self.eat("end of year") || self.eat("eoy") {
            return single(NaiveDate::from_ymd_opt(self.today().year(), 12, 31));
        }
        let year = if self.eat("今年") || self.eat("this year") {
            self.today().year()
        } else if self.eat("去年") || self.eat("last year") {
            self.today().year() - 1
        } else if self.eat("明年") || self.eat("next year") {
            self.today().year() + 1
        } else {
            return None;
        };
        // `去年12月1日` is a day of that year.
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let month = self.number_in(1, 12)?;
            return self.rest_of_han_date(year, month);
        }
        Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year + 1, 1, 1)?))
    }

    /// `周五`, `下周一`, `next week`, `fri`, `last monday`.
    fn week(&mut self) -> Option<Period> {
        let today = self.today();
        let monday = add_days(today, -i64::from(today.weekday().num_days_from_monday()))?;
        let in_week =
            |weeks: i64, day: Weekday| single(add_days(monday, weeks * 7 + i64::from(day.num_days_from_monday())));
        if let Some(weeks) = self.one_of(WEEKS) {
            return match self.one_of(HAN_WEEKDAYS) {
                Some(day) => in_week(weeks, day),
                None => {
                    let first = add_days(monday, weeks * 7)?;
                    Some((first, add_days(first, 7)?))
                }
            };
        }
        let (weeks, day) = if self.eat("周") || self.eat("星期") || self.eat("礼拜") {
            (None, self.one_of(HAN_WEEKDAYS)?)
        } else {
            let weeks = self.one_of(WEEK_WORDS);
            let day = self.one_of(WEEKDAYS)?;
            self.word_end()?;
            (weeks, day)
        };
        match weeks {
            Some(weeks) => in_week(weeks, day),
            None => {
                let ahead =
                    (7 + i64::from(day.num_days_from_monday()) - i64::from(today.weekday().num_days_from_monday())) % 7;
                single(add_days(today, ahead))
            }
        }
    }

    /// `下个月`, `下月底`, `本月15号`.
    fn month(&mut self) -> Option<Period> {
        let months = self.one_of(MONTHS)?;
        let (first, after) = month_of(add_months(self.today().with_day(1)?, months)?)?;
        if self.eat("底") || self.eat("末") {
            return single(after.pred_opt());
        }
        if self.eat("初") {
            return single(Some(first));
        }
        let day = self.attempt(|c| {
            let day = c.number_in(1, 31)?;
            (c.eat("号") || c.eat("日")).then_some(day)
        });
        match day {
            Some(day) => single(first.with_day(day)),
            None => Some((first, after)),
        }
    }

    fn counted(&mut self) -> Option<Period> {
        let today = self.today();
        let (count, unit) = self.offset()?;
        single(match unit {
            Unit::Day => add_days(today, count),
            Unit::Week => add_days(today, count.checked_mul(7)?),
            Unit::Month => add_months(today, count),
            Unit::Year => add_months(today, count.checked_mul(12)?),
            Unit::Minute | Unit::Hour => None,
        })
    }

    /// `2026-12-01`, `2026/12/1`, `20261201`, `2026年12月1日`, `2026-12`, `2026`, `12月1日`, `12/1`, `15号`.
    fn calendar(&mut self) -> Option<Period> {
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = self.number()?;
        if digits == 8 {
            let day = NaiveDate::from_ymd_opt(i32::try_from(number / 10_000).ok()?, number / 100 % 100, number % 100);
            return single(day.filter(|d| (1900..=2200).contains(&d.year())));
        }
        if digits == 4 {
            let year = i32::try_from(number).ok().filter(|y| (1900..=2200).contains(y))?;
            return self.rest_of_year(year);
        }
        if number <= 31 && (self.eat("号") || self.eat("日")) {
            let this = self.today().with_day(number);
            let next = month_of(self.today())?.1.with_day(number);
            return single(this.filter(|d| *d >= self.today()).or(next).or(this));
        }
        let month = (1..=12).contains(&number).then_some(number)?;
        if self.rest.starts_with('月') {
            let near = self.nearest_year(month, 1);
            let (first, after) = self.rest_of_han_date(near, month)?;
            if first.succ_opt() != Some(after) {
                return Some((first, after));
            }
            return single(NaiveDate::from_ymd_opt(self.nearest_year(month, first.day()), month, first.day()));
        }
        if !(self.eat("-") || self.eat("/")) {
            return None;
        }
        let day = self.number_in(1, 31)?;
        single(NaiveDate::from_ymd_opt(self.nearest_year(month, day), month, day))
    }

    fn rest_of_year(&mut self, year: i32) -> Option<Period> {
        for separator in ["-", "/", "."] {
            if self.eat(separator) {
                let month = self.number_in(1, 12)?;
                if !self.eat(separator) {
                    return month_of(NaiveDate::from_ymd_opt(year, month, 1)?);
                }
                return single(NaiveDate::from_ymd_opt(year, month, self.number_in(1, 31)?));
            }
        }
        if self.eat("年")
            && let Some(month) = self.number_in(1, 12)
        {
            return self.rest_of_han_date(year, month);
        }
        Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year + 1, 1, 1)?))
    }

    /// What follows the number of the month: `月`, and a day if there is one.
    fn rest_of_han_date(&mut self, year: i32, month: u32) -> Option<Period> {
        self.eat("月").then_some(())?;
        if self.eat("份") {
            return month_of(NaiveDate::from_ymd_opt(year, month, 1)?);
        }
        if self.eat("底") {
            return single(month_of(NaiveDate::from_ymd_opt(year, month, 1)?)?.1.pred_opt());
        }
        let day = self.attempt(|c| {
            let day = c.number_in(1, 31)?;
            // `12月1` is a day, `12月3点` is not.
            (c.eat("日") || c.eat("号") || !c.rest.starts_with(['点', '时', ':'])).then_some(day)
        });
        match day {
            Some(day) => single(NaiveDate::from_ymd_opt(year, month, day)),
            None => month_of(NaiveDate::from_ymd_opt(year, month, 1)?),
        }
    }

    /// The year in which that day is nearest to today.
    fn nearest_year(&self, month: u32, day: u32) -> i32 {
        let year = self.today().year();
        let distance = |y: &i32| {
            let that = NaiveDate::from_ymd_opt(*y, month, day).or_else(|| NaiveDate::from_ymd_opt(*y, month, 28));
            that.map_or(i64::MAX, |d| (d - self.today()).num_days().abs())
        };
        [year, year + 1, year - 1].into_iter().min_by_key(distance).unwrap_or(year)
    }

    /// `15:00`, `3pm`, `下午3点半`, `noon`.
    fn time(&mut self) -> Option<NaiveTime> {
        self.eat("at ");
        let part = self.one_of(PARTS);
        self.skip();
        let said = self.attempt(Self::clock);
        let (hour, minute, part) = match (said, part) {
            (Some((hour, minute, own)), part) => (hour, minute, own.or(part)),
            (None, Some(Part::Noon)) => (12, 0, None),
            (None, _) => return None,
        };
        let hour = match part {
            Some(Part::Afternoon) if hour < 12 => hour + 12,
            Some(Part::Noon) if hour < 4 => hour + 12,
            Some(Part::Morning) if hour == 12 => 0,
            _ => hour,
        };
        NaiveTime::from_hms_opt(hour, minute, 0)
    }

    fn clock(&mut self) -> Option<(u32, u32, Option<Part>)> {
        let hour = self.number_in(0, 24)?;
        let minute = if self.eat(":") {
            let minute = self.number_in(0, 59)?;
            if self.eat(":") {
                self.number_in(0, 59)?;
                if self.eat(".") {
                    self.number()?;
                }
            }
            Some(minute)
        } else if self.eat("点") || self.eat("时") {
            self.eat("钟");
            Some(if self.eat("半") {
                30
            } else if self.eat("一刻") {
                15
            } else if self.eat("三刻") {
                45
            } else {
                let minute = self.attempt(|c| c.number_in(0, 59)).unwrap_or(0);
                self.eat("分");
                minute
            })
        } else {
            None
        };
        self.skip();
        let part = self.one_of(HALVES);
        self.word_end()?;
        // A bare number is a time only with am or pm.
        Some((hour, minute.or(part.map(|_| 0))?, part))
    }
}

#[cfg(test)]
mod tests;
