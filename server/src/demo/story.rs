//! One customer's year: how it came to us, what was said, what was changed, what became of it.

use super::{
    calendar::Due,
    company::{Profile, phone},
    names_zh,
    partner::{Partner, partner},
    people::{self, place_of},
    places_west,
    plan::{Deed, Event, Fate, Setting, Values},
    random::Random,
    talk::{Topic, talk},
};
use crate::{
    clock::{DAY, MINUTE, Millis},
    value::Value,
};

/// What a customer's year is told from.
#[derive(Debug)]
pub(super) struct Story<'s> {
    /// What is decided for all.
    pub(super) setting: &'s Setting,
    /// Which customer.
    pub(super) customer: usize,
    /// Who looks after it in the end.
    pub(super) manager: usize,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// The customer itself.
    pub(super) profile: Profile,
}

/// An interaction before it has words.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Millis,
    who: usize,
    topic: Topic,
    /// The next contact that it leaves open.
    due: Option<Millis>,
}

impl Story<'_> {
    /// The events, in order.
    pub(super) fn tell(&self, mut random: Random) -> Vec<Event> {
        let random = &mut random;
        let level = if self.profile.person { 1 } else { 1 + random.weighted(&[55, 25, 11, 6, 3]) };
        let (born, steps) = self.steps(random, level);
        let partners: Vec<_> = (0..self.partners(random)).map(|_| partner(random, &self.profile)).collect();
        let handed_over = if self.fate == Fate::HandedOver { steps.len() / 2 } else { 0 };
        let first = if handed_over > 0 { self.former() } else { self.manager };
        let maker = if self.fate == Fate::Unassigned { place_of("wang") } else { first };
        let mut events = Vec::new();
        let mut add = |at: Millis, who: usize, deed: Deed| {
            events.push(Event { at: at.min(self.setting.calendar.now), who, customer: self.customer, deed });
        };
        add(born, maker, Deed::Create(self.values(random, level, first), partners.first().map(|p| p.values.clone())));
        let mut met = 1;
        let mut keeper = first;
        for (place, step) in steps.iter().enumerate() {
            let noted = step.at + random.between(2, 25) * MINUTE;
            if handed_over > 0 && place == handed_over {
                keeper = self.manager;
                let manager = Value::Int(self.setting.people[self.manager]);
                add(step.at - 20 * MINUTE, place_of("wang"), Deed::HandOver(vec![("manager_id", manager)]));
            }
            if place > 0 && met < partners.len() && self.fate != Fate::Unassigned {
                add(step.at, keeper, Deed::Contact(partners[met].values.clone()));
                met += 1;
            }
            let who = if step.who == self.manager { keeper } else { step.who };
            let partner = random.below(met.min(partners.len()));
            let known = (!partners.is_empty() && random.chance(900)).then_some(partner);
            add(noted, who, Deed::Talk(self.words(random, &steps, place, partners.get(partner)), known));
            if place == 2 && self.fate != Fate::Unassigned && random.chance(280) {
                add(noted + 4 * MINUTE, keeper, Deed::Edit(self.news(random, level)));
            }
        }
        let end = steps.last().map_or(born, |step| step.at) + 30 * MINUTE;
        match self.fate {
            Fate::Lost => add(end, keeper, Deed::Lose),
            Fate::Binned => add(end + DAY * random.between(0, 6), keeper, Deed::Bin),
            _ => {}
        }
        events
    }

    /// When the customer came, and when somebody talked to it about what.
    fn steps(&self, random: &mut Random, level: usize) -> (Millis, Vec<Step>) {
        let calendar = &self.setting.calendar;
        let now = calendar.now;
        let age = match self.fate {
            Fate::Due(_) | Fate::Supervised(_) | Fate::Served(_) => random.between(45, 362),
            Fate::Unassigned => random.between(1, 50),
            Fate::Lost | Fate::HandedOver => random.between(90, 362),
            _ => random.between(0, 362),
        };
        let born = calendar.working(random, now - age * DAY);
        let (few, many) = [(1, 3), (2, 5), (3, 8), (4, 10), (6, 13)][level - 1];
        let count = match self.fate {
            Fate::Unassigned | Fate::Binned => random.between(0, 1),
            Fate::Lost | Fate::HandedOver => random.between(3, 7),
            Fate::Due(_) => random.between(few.max(2), many),
            _ => random.between(few, many),
        };
        let owed = match self.fate {
            Fate::Due(due) => Some(calendar.due(random, due)),
            _ => None,
        };
        let end = match (owed, self.fate) {
            (Some(due), _) => due - random.between(3, 20) * DAY,
            (_, Fate::Lost) => born + random.between(50, 80) * (now - born) / 100,
            _ if random.chance(550) => now - random.between(0, 29) * DAY,
            _ => born + random.between(20, 95) * (now - born) / 100,
        };
        let end = end.clamp(born, now);
        let mut abouts: Vec<_> = (1..count).map(|_| born + random.between(20, 960) * (end - born) / 1_000).collect();
        abouts.sort_unstable();
        if count > 1 {
            abouts.pop();
            abouts.push(end);
        }
        let mut ats = if count > 0 { vec![born + 25 * MINUTE] } else { Vec::new() };
        for about in abouts {
            let at = calendar.working(random, about);
            let after = ats.last().map_or(born, |last| last + random.between(9, 20) * 5 * MINUTE);
            ats.push(at.max(after));
        }
        let mut steps: Vec<_> = ats
            .into_iter()
            .filter(|at| *at <= now)
            .enumerate()
            .map(|(place, at)| Step { at, who: self.manager, topic: Topic::Story(place), due: None })
            .collect();
        self.cast(random, &mut steps, owed);
        (born, steps)
    }

    /// Who else talks to the customer, and what is still owed to it.
    fn cast(&self, random: &mut Random, steps: &mut Vec<Step>, owed: Option<Millis>) {
        let service = place_of(if self.profile.chinese { "liu" } else { "sarah" });
        let last = steps.len().saturating_sub(1);
        for step in steps.iter_mut().take(last).skip(4) {
            if random.chance(140) && !matches!(self.fate, Fate::Served(_)) {
                (step.who, step.topic) = (service, Topic::Service);
            }
        }
        let Some(newest) = steps.last_mut() else { return };
        match self.fate {
            Fate::Due(_) => newest.due = owed,
            Fate::Lost => newest.topic = Topic::Farewell,
            Fate::Unassigned => (newest.who, newest.topic) = (place_of("wang"), Topic::Story(0)),
            Fate::Supervised(due) => self.add_debt(random, steps, place_of("wang"), Topic::Supervisor, due),
            Fate::Served(due) => self.add_debt(random, steps, service, Topic::Service, due),
            Fate::Plain | Fate::HandedOver | Fate::Binned => {}
        }
    }

    /// Somebody else's interaction that leaves a next contact open.
    fn add_debt(&self, random: &mut Random, steps: &mut Vec<Step>, who: usize, topic: Topic, due: Due) {
        let calendar = &self.setting.calendar;
        let due = calendar.due(random, due);
        let before = random.between(3, 12) * DAY;
        let at = calendar.working(random, due - before);
        steps.push(Step { at, who, topic, due: Some(due) });
        steps.sort_by_key(|step| step.at);
    }

    /// The fields of an interaction.
    fn words(&self, random: &mut Random, steps: &[Step], place: usize, partner: Option<&Partner>) -> Values {
        let step = steps[place];
        let nobody = if self.profile.chinese { "对方" } else { "they" };
        let who = partner.map_or(nobody, |partner| partner.who.as_str());
        let talk = talk(random, self.profile.chinese, step.topic, who);
        // What was agreed was kept, more or less: the same person's next interaction settles it.
        let leaving = self.fate == Fate::HandedOver && place + 1 == steps.len() / 2;
        let kept = steps[place + 1..].iter().find(|later| later.who == step.who && !leaving);
        let kept = kept.filter(|later| later.at - step.at > DAY && random.chance(620));
        let half_hour = 30 * MINUTE;
        let agreed = kept.map(|later| (later.at / half_hour * half_hour + random.between(-1, 0) * DAY).max(step.at));
        let mut values = vec![
            ("at", Value::Int(step.at)),
            ("channel_id", self.setting.choices.id("channel", talk.channel)),
            ("place", talk.place.into()),
            ("title", talk.title.as_str().into()),
            ("detail", talk.detail.as_str().into()),
        ];
        values.extend(step.due.or(agreed).map(|next| ("next_contact_at", Value::Int(next))));
        values
    }

    /// The fields of the customer as it came.
    fn values(&self, random: &mut Random, level: usize, manager: usize) -> Values {
        let (profile, choices) = (&self.profile, &self.setting.choices);
        let mut values = vec![
            ("name", profile.name.as_str().into()),
            ("party", Value::Int(1 + i64::from(profile.person))),
            ("region_id", choices.id("region", profile.region)),
            ("level_id", choices.id("customer_level", &level.to_string())),
            ("classification_id", choices.id("classification", profile.classification)),
            ("address", profile.address.as_str().into()),
            ("zip", profile.zip.into()),
            ("tel", profile.tel.as_str().into()),
            ("fax", profile.fax.as_str().into()),
            ("website", profile.website.as_str().into()),
            ("legal_person", profile.legal_person.as_str().into()),
            ("bank", profile.bank.as_str().into()),
            ("bank_account", profile.bank_account.as_str().into()),
            ("usc_code", profile.usc_code.as_str().into()),
        ];
        if self.fate != Fate::Unassigned {
            values.push(("manager_id", Value::Int(self.setting.people[manager])));
        }
        if random.chance(680) {
            values.push(("satisfaction", stars(random)));
        }
        if random.chance(620) {
            values.push(("credit", stars(random)));
        }
        if profile.chinese && !profile.person && random.chance(700) {
            let capital = random.pick(&[50, 100, 200, 300, 500, 800, 1_000, 2_000, 5_000, 12_000]);
            values.push(("capital", Value::Int(capital)));
            values.push(("turnover", Value::Int(capital * random.between(12, 90) / 10)));
        }
        if !profile.person && random.chance(150) {
            values.push(("external_id", format!("ERP-{}", 20_413 + 7 * self.customer).as_str().into()));
        }
        if random.chance(330) {
            values.push(("tags", self.tags(random)));
        }
        if matches!(self.fate, Fate::Plain | Fate::Unassigned) && random.chance(85) {
            let gone = random.pick(&["address", "tel", "region_id", "level_id", "address"]);
            let too = random.pick(&["tel", "zip", "fax", "level_id", "website"]);
            values.retain(|(column, _)| *column != gone && *column != too);
        }
        values
    }

    /// What was learned about the customer later.
    fn news(&self, random: &mut Random, level: usize) -> Values {
        let up = self.setting.choices.id("customer_level", &(level + 1).min(5).to_string());
        let new_tel = match self.profile.chinese {
            true => phone(random, self.profile.phone, "-"),
            false => phone(random, self.profile.phone, ""),
        };
        match random.below(6) {
            0 | 1 if !self.profile.person => vec![("level_id", up), ("credit", stars(random))],
            2 => vec![("tel", new_tel.as_str().into())],
            3 => vec![("tags", self.tags(random))],
            4 => vec![("satisfaction", stars(random)), ("credit", stars(random))],
            _ => vec![("satisfaction", stars(random))],
        }
    }

    fn tags(&self, random: &mut Random) -> Value {
        let (table, between) = if self.profile.chinese { (names_zh::TAGS, "、") } else { (places_west::TAGS, ", ") };
        let (one, other) = (random.pick(table), random.pick(table));
        if one == other || random.chance(600) { one.into() } else { [one, between, other].concat().as_str().into() }
    }

    fn partners(&self, random: &mut Random) -> usize {
        if self.profile.person { random.weighted(&[50, 50]) } else { 1 + random.weighted(&[55, 32, 13]) }
    }

    /// A colleague of the manager, who looked after the customer before.
    fn former(&self) -> usize {
        people::colleague(self.manager).unwrap_or(self.manager)
    }
}

/// More satisfied customers than not.
fn stars(random: &mut Random) -> Value {
    Value::Int(1 + random.weighted(&[3, 7, 27, 40, 23]) as i64)
}
