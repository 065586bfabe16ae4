//! When things happen in the demo: on working days, in working hours, never after now.

use chrono::{DateTime, Datelike, Utc, Weekday};
use chrono_tz::Tz;

use super::random::Random;
use crate::{
    clock::{DAY, HOUR, MINUTE, Millis},
    interactions::list::day_start,
};

/// When a next contact is due, seen from today (D4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Before today.
    Overdue,
    /// Today, at whatever hour.
    Today,
    /// In the seven days after today.
    Week,
    /// In the weeks after that.
    Later,
}

/// The calendar of the company as it is now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    /// Now.
    pub(super) now: Millis,
    /// Where the company's days begin.
    pub(super) zone: Tz,
}

impl Calendar {
    /// A moment in the working hours of the day of `about`, or of the last working day before; never after now.
    pub(super) fn working(&self, random: &mut Random, about: Millis) -> Millis {
        let into_day = 8 * HOUR + random.between(6, 114) * 5 * MINUTE;
        let mut about = about.min(self.now);
        loop {
            let moment = day_start(about, self.zone, 0) + into_day;
            if moment <= self.now && !self.is_weekend(about) {
                return moment;
            }
            about -= DAY;
        }
    }

    /// A full or half hour at which a next contact is due.
    pub(super) fn due(&self, random: &mut Random, due: Due) -> Millis {
        let into_day = 9 * HOUR + random.between(0, 16) * 30 * MINUTE;
        let (first, last) = match due {
            Due::Overdue => (-9, -1),
            Due::Today => (0, 0),
            Due::Week => (1, 7),
            Due::Later => (8, 28),
        };
        let mut days = random.between(first, last);
        // Each of the longer spans holds a working day; today is today even on a Sunday.
        while due != Due::Today && self.is_weekend(self.now + days * DAY) {
            days = if days == last { first } else { days + 1 };
        }
        day_start(self.now + days * DAY, self.zone, 0) + into_day
    }

    fn is_weekend(&self, at: Millis) -> bool {
        let local = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default().with_timezone(&self.zone);
        matches!(local.weekday(), Weekday::Sat | Weekday::Sun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_every_hour_of_a_week_what_is_due_falls_where_it_should_and_nothing_happens_in_the_future() {
        let zone = Tz::Asia__Shanghai;
        for hour in 0..7 * 24 {
            let now = 1_764_000_000_000 + hour * HOUR;
            let calendar = Calendar { now, zone };
            let (today, tomorrow, week) = (day_start(now, zone, 0), day_start(now, zone, 1), day_start(now, zone, 8));
            let mut random = Random::new(hour as usize);
            let mut at = |due| calendar.due(&mut random, due);
            assert!(at(Due::Overdue) < today, "hour {hour}");
            assert!((today..tomorrow).contains(&at(Due::Today)), "hour {hour}");
            assert!((tomorrow..week).contains(&at(Due::Week)), "hour {hour}");
            assert!(at(Due::Later) >= week, "hour {hour}");
            let worked = calendar.working(&mut random, now);
            assert!(worked <= now && !calendar.is_weekend(worked), "hour {hour}");
        }
    }
}
