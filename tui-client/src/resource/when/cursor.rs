//! The way through what was typed: words, numbers and what is counted of which unit.

use chrono::{NaiveDate, NaiveDateTime};

use super::words::{UNITS, Unit};

/// What of a text is not read yet, and the time that it is read at.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a str,
    pub(super) now: NaiveDateTime,
}

impl Cursor<'_> {
    pub(super) fn today(&self) -> NaiveDate {
        self.now.date()
    }

    pub(super) fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', ',', '的', '\u{3000}']);
        // The T of an ISO time, only where a digit follows.
        if let Some(after) = self.rest.strip_prefix('t')
            && after.starts_with(|c: char| c.is_ascii_digit())
        {
            self.rest = after;
        }
    }

    /// Runs a rule and stays where it was if the rule does not fit.
    pub(super) fn attempt<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = *self;
        let found = rule(self);
        if found.is_none() {
            *self = before;
        }
        found
    }

    /// Runs a rule that must take everything.
    pub(super) fn whole<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.attempt(|c| rule(c).filter(|_| c.rest.is_empty()))
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn one_of<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        words.iter().find(|(word, _)| self.eat(word)).map(|(_, meaning)| *meaning)
    }

    /// A Latin word ends here: `fri` is not the begin of `frisbee`.
    pub(super) fn word_end(&self) -> Option<()> {
        (!self.rest.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(())
    }

    /// A number in digits, or in Chinese up to 99.
    pub(super) fn number(&mut self) -> Option<u32> {
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let (number, rest) = self.rest.split_at(digits);
            self.rest = rest;
            return number.parse().ok();
        }
        let mut total = None;
        while let Some(c) = self.rest.chars().next() {
            let digit = "零一二三四五六七八九".chars().position(|d| d == c).map(|d| d as u32);
            total = match (digit.or((c == '两').then_some(2)), total) {
                (Some(d), None) => Some(d),
                (Some(d), Some(t)) if t % 10 == 0 && t > 0 => Some(t + d),
                (None, None) if c == '十' => Some(10),
                (None, Some(t)) if c == '十' && t < 10 => Some(t * 10),
                _ => break,
            };
            self.rest = &self.rest[c.len_utf8()..];
        }
        total
    }

    pub(super) fn number_in(&mut self, low: u32, high: u32) -> Option<u32> {
        self.number().filter(|n| (low..=high).contains(n))
    }

    /// `+3d`, `in 3 days`, `3天后`, `2 weeks ago`: how many of which unit, signed.
    pub(super) fn offset(&mut self) -> Option<(i64, Unit)> {
        let sign = if self.eat("+") || self.eat("in ") {
            Some(1)
        } else if self.eat("-") {
            Some(-1)
        } else {
            None
        };
        self.skip();
        let (count, unit) = if self.eat("半小时") || self.eat("半个小时") {
            (30, Unit::Minute)
        } else {
            let count = i64::from(self.number()?);
            self.skip();
            let unit = self.one_of(UNITS)?;
            (count, unit)
        };
        self.word_end()?;
        self.skip();
        let after = if self.eat("以后") || self.eat("之后") || self.eat("后") || self.eat("later") {
            Some(1)
        } else if self.eat("以前") || self.eat("之前") || self.eat("前") || self.eat("ago") {
            Some(-1)
        } else {
            None
        };
        Some((count * sign.or(after)?, unit))
    }
}
