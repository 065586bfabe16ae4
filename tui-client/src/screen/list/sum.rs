//! What a list of opportunities adds up to: count, amount and what it is worth by its success rates. The first part (10,000
//! rows) is summed by itself; what is more is "at least" until somebody wants it in full.

use rolo_proto::v1::{Figures, Kind};

use super::rows::Rows;
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        shared::Shared,
        work::{Ask, Told},
    },
    screen::show,
    theme::Role,
};

/// The sums of one list.
#[derive(Debug, Default)]
pub struct Sum {
    figures: Option<Figures>,
    next: String,
    all: bool,
    of: u64,
}

impl Sum {
    /// Sums what the list now finds, if that is other than before.
    pub fn follow(&mut self, owner: ScreenId, rows: &Rows, sh: &mut Shared) {
        if rows.resource.kind() == Kind::Opportunity && self.of != rows.version {
            *self = Self { figures: self.figures, of: rows.version, ..Self::default() };
            self.ask(owner, rows, sh);
        }
    }

    fn ask(&self, owner: ScreenId, rows: &Rows, sh: &mut Shared) {
        sh.call(owner, Slot::Sum, Request::Work(Ask::Sum(Box::new(rows.query()), self.next.clone())));
    }

    /// Sums once more: others have changed something.
    pub fn again(&mut self, owner: ScreenId, rows: &Rows, sh: &mut Shared) {
        if rows.resource.kind() == Kind::Opportunity && !sh.waits(owner, Slot::Sum) {
            self.next.clear();
            self.ask(owner, rows, sh);
        }
    }

    /// Goes on to the end; Esc stops it.
    pub fn go_on(&mut self, owner: ScreenId, rows: &Rows, sh: &mut Shared) {
        if self.next.is_empty() {
            let text = self.text(sh);
            sh.say(text, Role::Good);
            return;
        }
        self.all = true;
        self.ask(owner, rows, sh);
    }

    /// Stops going on; whether it was.
    pub fn halt(&mut self, owner: ScreenId, sh: &mut Shared) -> bool {
        if self.all && sh.waits(owner, Slot::Sum) {
            sh.drop_call(owner, Slot::Sum);
            return std::mem::take(&mut self.all);
        }
        false
    }

    /// A part has come. Without it nothing is shown: the rows tell what is wrong.
    pub fn came(&mut self, owner: ScreenId, request: &Request, reply: Reply, rows: &Rows, sh: &mut Shared) {
        let Reply::Work(Told::Sum(part, next)) = reply else { return };
        let goes_on = matches!(request, Request::Work(Ask::Sum(_, from)) if !from.is_empty());
        let before = self.figures.filter(|_| goes_on).unwrap_or_default();
        self.figures = Some(show::together(before, &part));
        self.next = next;
        if self.next.is_empty() {
            self.all = false;
        } else if self.all {
            self.ask(owner, rows, sh);
        }
    }

    /// How many there are, at least if there are more.
    pub fn count(&self, sh: &Shared) -> String {
        self.figures.as_ref().map_or_else(String::new, |f| format!("{}{}", self.least(sh), show::thousands(f.count)))
    }

    /// Their amount alone, where there is little room.
    pub fn amount(&self, sh: &Shared) -> String {
        self.figures.as_ref().map_or_else(String::new, |figures| show::amount(figures, self.least(sh), sh))
    }

    /// What they are worth.
    pub fn text(&self, sh: &Shared) -> String {
        self.figures.as_ref().map_or_else(String::new, |figures| show::amounts(figures, self.least(sh), sh))
    }

    fn least(&self, sh: &Shared) -> &'static str {
        if self.next.is_empty() { "" } else { sh.theme.sym.least }
    }
}

#[cfg(test)]
mod tests {
    use rolo_proto::v1::Figures;

    use super::*;
    use crate::{
        strings::Lang,
        text::Measure,
        theme::{Theme, ThemeName},
    };

    const OWNER: ScreenId = 7;

    fn asked(sh: &mut Shared) -> Option<Request> {
        let call = sh.calls.find(OWNER, Slot::Sum).and_then(|id| sh.calls.take(id));
        call.map(|call| call.request)
    }

    fn part(next: &str) -> Reply {
        let figures = Figures { count: 10_000, amount: 20_000_000 * 10_000, weighted: 5_000_000 * 10_000, unknown: 0 };
        Reply::Work(Told::Sum(figures, next.to_owned()))
    }

    /// Footer: up to 10,000 rows by itself, then "at least" and a key to compute it in full.
    #[test]
    fn what_is_more_than_a_part_is_at_least_until_it_is_summed_to_the_end() {
        let measure = Measure::default();
        let theme = Theme::new(ThemeName::Default, measure);
        let sh = &mut Shared::new(Lang::En, measure, theme, (80, 24), 1);
        let Some(mut rows) = Rows::new(OWNER, 0, Kind::Opportunity, 0, 0) else { return };
        let mut sum = Sum::default();
        rows.version = 1;
        sum.follow(OWNER, &rows, sh);
        let first = asked(sh).unwrap_or(Request::Reach);
        sum.came(OWNER, &first, part("b"), &rows, sh);
        assert_eq!((sum.count(sh), sum.text(sh)), ("≥ 10,000".into(), "Σ ≥ 20 M · weighted ≥ 5 M".into()));
        assert!(asked(sh).is_none(), "no more than a part by itself");
        sum.go_on(OWNER, &rows, sh);
        let second = asked(sh).unwrap_or(Request::Reach);
        sum.came(OWNER, &second, part("c"), &rows, sh);
        let third = asked(sh).unwrap_or(Request::Reach);
        sum.came(OWNER, &third, part(""), &rows, sh);
        assert_eq!((sum.count(sh), sum.text(sh)), ("30,000".into(), "Σ 60 M · weighted 15 M".into()));
    }
}
