//! What the watchers heard, held against what was committed.

use std::{collections::HashMap, time::Duration};

use super::{Options, watcher::Heard};
use crate::measure::{millis, quantile};

/// When a change was asked for and when it was acknowledged, in microseconds: its commit lies between the two.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// The call began.
    pub asked: i64,
    /// The answer was there.
    pub acknowledged: i64,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    options: Options,
    sent: HashMap<(i32, i64, i64), Sent>,
    /// The first sequence that is to be heard, and the one that tells the end.
    range: (i64, i64),
    took: Duration,
    cpu: Duration,
    since_asked: Vec<Duration>,
    since_acknowledged: Vec<Duration>,
    redialled: usize,
    stopped: String,
    /// What must not be, in words.
    pub violations: Vec<String>,
}

impl Report {
    /// Of changes that have the sequences behind the first and before the last of `range`.
    pub fn new(
        options: Options,
        sent: HashMap<(i32, i64, i64), Sent>,
        range: (i64, i64),
        took: i64,
        cpu: Duration,
    ) -> Self {
        let (first, end) = (range.0 + 1, range.1);
        let mut report = Self {
            options,
            range: (first, end),
            took: duration(took),
            cpu,
            since_asked: Vec::new(),
            since_acknowledged: Vec::new(),
            redialled: 0,
            stopped: String::new(),
            violations: Vec::new(),
            sent,
        };
        let told = usize::try_from(end - first).unwrap_or_default();
        if told != report.sent.len() {
            report.violations.push(format!("{} changes made {told} sequences", report.sent.len()));
        }
        report
    }

    /// A watcher that may see everything.
    pub fn in_scope(&mut self, number: usize, dials: usize, heard: &[Heard]) {
        self.redialled += dials;
        self.whole(&format!("watcher {number}"), heard);
        for one in heard {
            if let Some(sent) = self.sent.get(&(one.kind, one.id, one.revision)) {
                self.since_asked.push(duration(one.at - sent.asked));
                // An arrival before the answer is as good as one with it.
                self.since_acknowledged.push(duration(one.at - sent.acknowledged));
            }
        }
    }

    /// The watcher that was stopped, and when it went on.
    pub fn stopped(&mut self, dials: usize, heard: &[Heard], continued: i64) {
        self.whole("the stopped watcher", heard);
        let missed = heard.iter().filter(|one| {
            self.sent.get(&(one.kind, one.id, one.revision)).is_some_and(|sent| sent.acknowledged < continued)
                && one.at >= continued
        });
        let (count, last) = missed.fold((0, continued), |(count, last), one| (count + 1, last.max(one.at)));
        let took = millis(duration(last - continued));
        self.stopped = format!("{count} events behind, caught up in {took} ms, dialled again {dials} times");
        if count == 0 {
            self.violations.push("the stopped watcher was never behind".into());
        }
    }

    /// The watcher that may see nothing of it.
    pub fn out_of_scope(&mut self, heard: &[Heard]) {
        if !heard.is_empty() {
            self.violations.push(format!("the watcher out of scope heard {} changes", heard.len()));
        }
    }

    /// Every sequence once, in order, and about what was changed.
    fn whole(&mut self, who: &str, heard: &[Heard]) {
        let (first, end) = self.range;
        let mut next = first;
        for one in heard {
            match one.sequence {
                at if at == next => next += 1,
                at if at < next => self.violations.push(format!("{who} heard {at} again after {}", next - 1)),
                at => {
                    self.violations.push(format!("{who} heard {at} after {}", next - 1));
                    next = at + 1;
                }
            }
            if !self.sent.contains_key(&(one.kind, one.id, one.revision)) {
                self.violations.push(format!("{who} heard {one:?}, which nobody did"));
            }
        }
        if next != end {
            self.violations.push(format!("{who} heard nothing from {next} to {}", end - 1));
        }
    }

    /// As a table. A broken budget is a violation.
    pub fn lines(&mut self) -> Vec<String> {
        self.since_asked.sort_unstable();
        self.since_acknowledged.sort_unstable();
        let p95 = quantile(&self.since_asked, 0.95);
        if self.options.budget.is_some_and(|budget| p95 > budget) {
            self.violations.push(format!("95 of 100 were heard within {} ms only", millis(p95)));
        }
        let rate = self.sent.len() as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE);
        let row = |what: &str, times: &[Duration]| {
            let at = |share| millis(quantile(times, share));
            format!("| {what} | {} | {} | {} | {} |", at(0.5), at(0.95), at(0.99), at(1.0))
        };
        let mut lines = vec![
            format!("watchers              {}", self.options.watchers),
            format!("changes               {} at {rate:.0} a second", self.sent.len()),
            format!("events heard in scope {}, dialled again {}", self.since_asked.len(), self.redialled),
            format!("stopped for {} s      {}", self.options.stop, self.stopped),
            format!(
                "server CPU            {:.0} % of a core",
                self.cpu.as_secs_f64() / self.took.as_secs_f64() * 100.0
            ),
            String::new(),
            "| ms | p50 | p95 | p99 | longest |\n|---|---|---|---|---|".into(),
            row("from the call to the watcher", &self.since_asked),
            row("from the answer to the watcher", &self.since_acknowledged),
            String::new(),
            format!("violations            {}", self.violations.len()),
        ];
        lines.extend(self.violations.iter().take(20).cloned());
        lines
    }
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
