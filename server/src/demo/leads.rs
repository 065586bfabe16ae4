//! One opportunity's way: who recorded it, whom it was given to, what was planned and came of it, how it ended.

use super::{
    calendar::{Calendar, Due},
    company::Profile,
    leads_words::{self as words, Steps, Words},
    partner::partner,
    people::{self, place_of},
    plan::{Deed, Event, Setting, Values},
    random::Random,
};
use crate::{
    clock::{DAY, HOUR, MINUTE, Millis},
    opportunities::derive::date_of,
    value::Value,
};

/// What is done to an opportunity.
#[derive(Debug)]
pub(super) enum Lead {
    /// Recorded.
    Record(Values),
    /// Assigned to somebody, as a place in [`PEOPLE`](super::people::PEOPLE).
    Assign(usize),
    /// Given to somebody else.
    Reassign(usize),
    /// Known better than before.
    Progress(Values),
    /// A step is planned.
    Plan(Values),
    /// What came of the step that was planned last.
    Result(String),
    /// It became a customer.
    Win,
    /// The new customer's full form is filled in.
    Complete(Values),
    /// Given up: the reason's entry in the dictionary, and words.
    Fail(Value, &'static str),
}

/// What becomes of an opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody has it yet.
    Waiting,
    /// Assigned a few days ago, and nothing planned.
    Fresh,
    /// Developed; the next step is due then.
    Developed(Due),
    /// Developed, and nothing has come of it for weeks.
    Stagnating,
    /// 开发成功
    Won,
    /// 开发失败
    Lost,
}

/// What the first ones become, all of them the manager's whom the demo starts with, so that this person sees of
/// everything a little.
const FIRST: [Fate; 8] = [
    Fate::Developed(Due::Today),
    Fate::Developed(Due::Overdue),
    Fate::Developed(Due::Week),
    Fate::Fresh,
    Fate::Stagnating,
    Fate::Won,
    Fate::Developed(Due::Week),
    Fate::Fresh,
];
/// What the others become, over and over again.
const OTHERS: [Fate; 19] = [
    Fate::Waiting,
    Fate::Won,
    Fate::Developed(Due::Week),
    Fate::Lost,
    Fate::Waiting,
    Fate::Developed(Due::Later),
    Fate::Won,
    Fate::Developed(Due::Today),
    Fate::Fresh,
    Fate::Won,
    Fate::Waiting,
    Fate::Lost,
    Fate::Developed(Due::Overdue),
    Fate::Won,
    Fate::Stagnating,
    Fate::Developed(Due::Week),
    Fate::Lost,
    Fate::Waiting,
    Fate::Developed(Due::Later),
];

/// How many opportunities a company of so many customers has worked on.
pub(super) fn count(customers: usize) -> usize {
    12 + customers / 8
}

/// What becomes of the opportunity of this number.
pub(super) fn fate(number: usize) -> Fate {
    match number.checked_sub(FIRST.len()) {
        None => FIRST[number],
        Some(later) => OTHERS[later % OTHERS.len()],
    }
}

/// Whose it becomes, among those who get new ones in turn.
pub(super) fn turn(number: usize, turns: usize) -> usize {
    if number < FIRST.len() { 0 } else { (number + number / OTHERS.len()) % turns }
}

/// What an opportunity's way is told from.
#[derive(Debug)]
pub(super) struct Way<'s> {
    /// What is decided for all.
    pub(super) setting: &'s Setting,
    /// Which opportunity.
    pub(super) number: usize,
    /// Whose it becomes.
    pub(super) manager: usize,
    /// The company that may become a customer.
    pub(super) profile: Profile,
}

/// The events of one opportunity so far; time never runs back in them.
struct Told {
    events: Vec<Event>,
    number: usize,
    calendar: Calendar,
    last: Millis,
}

impl Told {
    /// The next event, at about this time.
    fn then(&mut self, random: &mut Random, about: Millis, who: usize, lead: Lead) {
        let at = self.calendar.working(random, about).max(self.last + 3 * MINUTE).min(self.calendar.now);
        self.last = at;
        self.events.push(Event { at, who, customer: self.number, deed: Deed::Lead(lead) });
    }
}

impl Way<'_> {
    /// The events, in order.
    pub(super) fn tell(&self) -> Vec<Event> {
        // A stream of its own, beside those of the customers.
        let random = &mut Random::new(1_000_003 + self.number);
        let calendar = self.setting.calendar;
        let fate = fate(self.number);
        let now = calendar.now;
        let words = if self.profile.chinese { &words::ZH } else { &words::EN };
        let age = match fate {
            Fate::Waiting => random.between(0, 24),
            Fate::Fresh => random.between(2, 6),
            Fate::Developed(_) => random.between(16, 75),
            Fate::Stagnating => random.between(45, 110),
            // Spread over the year, so that each month has won something.
            Fate::Won | Fate::Lost => random.between(40, 355),
        };
        let supervisor = place_of("wang");
        let mut told = Told { events: Vec::new(), number: self.number, calendar, last: 0 };
        let maker = if random.chance(450) { self.manager } else { supervisor };
        let born = now - age * DAY - 2 * HOUR;
        let values = self.values(random, words, fate, born);
        told.then(random, born, maker, Lead::Record(values));
        if fate == Fate::Waiting {
            return told.events;
        }
        let given = born + random.between(1, 30) * HOUR;
        // Now and then somebody else had it first.
        let colleague = people::colleague(self.manager).filter(|_| random.chance(120));
        told.then(random, given, supervisor, Lead::Assign(colleague.unwrap_or(self.manager)));
        if colleague.is_some() {
            told.then(random, given + HOUR, supervisor, Lead::Reassign(self.manager));
        }
        if fate != Fate::Fresh {
            self.develop(random, words, fate, &mut told, given);
        }
        told.events
    }

    fn develop(&self, random: &mut Random, words: &Words, fate: Fate, told: &mut Told, given: Millis) {
        let calendar = told.calendar;
        // The last result of what goes well is of these days, of what stagnates of last month.
        let until = match fate {
            Fate::Stagnating => calendar.now - random.between(20, 38) * DAY,
            Fate::Won | Fate::Lost => (given + random.between(18, 70) * DAY).min(calendar.now - DAY),
            _ => calendar.now - random.between(1, 8) * DAY,
        };
        let done = match fate {
            Fate::Won => random.between(3, 5),
            Fate::Lost | Fate::Stagnating => random.between(1, 3),
            _ => random.between(1, 4),
        };
        let steps: &Steps = &words.steps;
        for step in 0..done {
            let day = given + (step + 1) * (until - given) / (done + 1);
            let (todo, result) = random.pick(steps[(step as usize).min(steps.len() - 1)]);
            told.then(random, day - 3 * DAY, self.manager, Lead::Plan(self.step(day, todo)));
            told.then(random, day, self.manager, Lead::Result(result.to_owned()));
            let stage = (step as usize + 1).min(STAGES.len() - 1);
            let known = self.stage(random, stage);
            told.then(random, day, self.manager, Lead::Progress(known));
        }
        let next = random.pick(steps[(done as usize).min(steps.len() - 1)]).0;
        match fate {
            Fate::Developed(due) => {
                let day = calendar.due(random, due);
                told.then(random, until, self.manager, Lead::Plan(self.step(day, next)));
                if random.chance(400) {
                    let later = calendar.due(random, Due::Later);
                    let todo = random.pick(steps[(done as usize + 1).min(steps.len() - 1)]).0;
                    told.then(random, until, self.manager, Lead::Plan(self.step(later, todo)));
                }
            }
            Fate::Stagnating => told.then(random, until, self.manager, Lead::Plan(self.step(until + 6 * DAY, next))),
            Fate::Won => {
                told.then(random, until, self.manager, Lead::Win);
                // The first one still waits for its full form.
                if self.number >= FIRST.len() && random.chance(750) {
                    let customer = self.customer(random);
                    told.then(random, until + DAY, self.manager, Lead::Complete(customer));
                }
            }
            Fate::Lost => {
                let (reason, text) = random.pick(words.lost);
                let reason = self.setting.choices.id("close_reason", reason);
                told.then(random, until, self.manager, Lead::Fail(reason, text));
            }
            Fate::Waiting | Fate::Fresh => {}
        }
    }

    fn step(&self, day: Millis, todo: &str) -> Values {
        vec![("plan_date", date_of(day, self.setting.calendar.zone).as_str().into()), ("todo", todo.into())]
    }

    fn stage(&self, random: &mut Random, stage: usize) -> Values {
        let (value, rate) = STAGES[stage];
        vec![
            ("stage_id", self.setting.choices.id("sales_stage", value)),
            ("success_rate", Value::Int(rate + 5 * random.between(-1, 2))),
        ]
    }

    /// The fields of the opportunity as it was recorded.
    fn values(&self, random: &mut Random, words: &Words, fate: Fate, born: Millis) -> Values {
        let place = random.below(words.items.len());
        let item = words.items[place];
        let (title, description) = random.pick(words.leads);
        let n = random.between(2, 48).to_string();
        let fill = |text: &str| text.replace("{item}", item).replace("{n}", &n);
        let partner = partner(random, &self.profile);
        let field = |column: &str| {
            let found = partner.values.iter().find(|(name, _)| *name == column);
            found.map(|(_, value)| value.text().to_owned()).filter(|text| !text.is_empty())
        };
        let tel = field("mobile").or_else(|| field("office_tel")).unwrap_or_else(|| self.profile.tel.clone());
        let close = match fate {
            Fate::Stagnating => self.setting.calendar.now - random.between(3, 20) * DAY,
            Fate::Won | Fate::Lost => born + random.between(40, 90) * DAY,
            _ => self.setting.calendar.now + random.between(4, 170) * DAY,
        };
        let source = random.pick(&["referral", "exhibition", "website", "website", "call", "visit", "other"]);
        let mut values = vec![
            ("customer_name", self.profile.name.as_str().into()),
            ("title", fill(title).as_str().into()),
            ("description", fill(description).as_str().into()),
            ("linkman", field("name").unwrap_or_default().as_str().into()),
            ("tel", tel.as_str().into()),
            ("lead_source_id", self.setting.choices.id("lead_source", source)),
            ("expected_close_at", date_of(close, self.setting.calendar.zone).as_str().into()),
        ];
        values.extend(self.stage(random, 0));
        if random.chance(880) {
            // Most are small, a few are what the year is made of.
            let wan = random.between(2, 30) * random.pick(&[1, 1, 2, 2, 5, 12]);
            values.push(("expected_amount", Value::Int(wan * 10_000 * 10_000)));
        }
        if let Some(product) = self.setting.products.get(place).filter(|_| random.chance(850)) {
            values.push(("product_id", Value::Int(*product)));
        }
        if random.chance(60) {
            let gone = random.pick(&["description", "success_rate"]);
            values.retain(|(column, _)| *column != gone);
        }
        values
    }

    /// What the full form of the customer that was won asks for.
    fn customer(&self, random: &mut Random) -> Values {
        let (profile, choices) = (&self.profile, &self.setting.choices);
        vec![
            ("region_id", choices.id("region", profile.region)),
            ("classification_id", choices.id("classification", profile.classification)),
            ("address", profile.address.as_str().into()),
            ("zip", profile.zip.into()),
            ("tel", profile.tel.as_str().into()),
            ("website", profile.website.as_str().into()),
            ("satisfaction", Value::Int(random.between(3, 5))),
        ]
    }
}

/// The stages in order, with the success rate that belongs to them.
const STAGES: [(&str, i64); 5] =
    [("contact", 15), ("need", 30), ("proposal", 45), ("quotation", 60), ("negotiation", 75)];
