//! The table of what was measured beside what was promised.

use std::{fmt, time::Duration};

/// Lines in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Table(Vec<Line>);

#[derive(Debug)]
struct Line {
    what: String,
    measured: String,
    promised: String,
    /// None: not promised, or not there yet.
    holds: Option<bool>,
}

impl Table {
    /// A figure with its budget.
    pub fn budget(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        promised: impl Into<String>,
        holds: bool,
    ) {
        self.0.push(Line {
            what: what.into(),
            measured: measured.into(),
            promised: promised.into(),
            holds: Some(holds),
        });
    }

    /// A figure that nothing is promised about.
    pub fn figure(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        self.0.push(Line { what: what.into(), measured: measured.into(), promised: String::new(), holds: None });
    }

    /// Whether every budget is met.
    pub fn holds(&self) -> bool {
        self.0.iter().all(|line| line.holds != Some(false))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Line) -> &str| self.0.iter().map(|line| of(line).chars().count()).max().unwrap_or(0);
        let (what, measured) = (width(|line| &line.what), width(|line| &line.measured));
        for line in &self.0 {
            let verdict = match line.holds {
                Some(true) => "ok",
                Some(false) => "NOT MET",
                None => "",
            };
            let text = format!("{:what$}  {:measured$}  {:24} {verdict}", line.what, line.measured, line.promised);
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

/// Many times or sizes of one kind.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// One more, in milliseconds.
    pub fn time(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1_000.0);
    }

    /// One more, in bytes.
    pub fn size(&mut self, bytes: usize) {
        self.0.push(bytes as f64);
    }

    /// The value below which this share of all lies; 0 of none.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }

    /// The largest.
    pub fn most(&self) -> f64 {
        self.at(1.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `p50 1.2  p95 2.0  p99 3.1 ms`.
    pub fn times(&self) -> String {
        format!("p50 {:.1}  p95 {:.1}  p99 {:.1} ms", self.at(0.5), self.at(0.95), self.at(0.99))
    }

    /// `p50 310  most 420 bytes`.
    pub fn sizes(&self) -> String {
        format!("p50 {:.0}  most {:.0} bytes", self.at(0.5), self.most())
    }
}
