//! The year of the demo's company as a list of events in order of time: who did what to which customer or opportunity.
//!
//! Every customer and every opportunity has its own stream of choices, so that a smaller demo is the beginning of a larger one.

use super::{
    calendar::{Calendar, Due},
    choices::Choices,
    company::{Profile, Register},
    leads::{self, Lead, Way},
    people::{self, PEOPLE},
    random::Random,
    story::Story,
};
use crate::{clock::Millis, value::Value};

/// Columns with their values.
pub(super) type Values = Vec<(&'static str, Value)>;

/// Something that somebody did.
#[derive(Debug)]
pub(super) struct Event {
    /// When.
    pub(super) at: Millis,
    /// Who, as a place in [`PEOPLE`].
    pub(super) who: usize,
    /// Which customer, in the order in which they were planned; for a [`Deed::Lead`] which opportunity.
    pub(super) customer: usize,
    /// What.
    pub(super) deed: Deed,
}

/// What somebody did.
#[derive(Debug)]
pub(super) enum Deed {
    /// A new customer with its first contact.
    Create(Values, Option<Values>),
    /// Another contact.
    Contact(Values),
    /// An interaction, with one of the contacts so far.
    Talk(Values, Option<usize>),
    /// An edit.
    Edit(Values),
    /// Handed over to another manager.
    HandOver(Values),
    /// Lost.
    Lose,
    /// Into the recycle bin.
    Bin,
    /// To an opportunity.
    Lead(Lead),
}

/// What becomes of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing in particular.
    Plain,
    /// Its manager owes it a call.
    Due(Due),
    /// The supervisor owes it a call.
    Supervised(Due),
    /// Service staff owe it a call.
    Served(Due),
    /// It was handed over.
    HandedOver,
    /// Nobody looks after it.
    Unassigned,
    /// It was lost.
    Lost,
    /// It is in the recycle bin.
    Binned,
}

/// Everything that is decided before the first customer.
#[derive(Debug)]
pub(super) struct Setting {
    /// Now, and what a day is.
    pub(super) calendar: Calendar,
    /// `zh` or `en`.
    pub(super) language: String,
    /// The ids of people, in the order of [`PEOPLE`].
    pub(super) people: Vec<i64>,
    /// The ids of choices.
    pub(super) choices: Choices,
    /// The ids of products.
    pub(super) products: Vec<i64>,
}

/// The events of so many customers, in order of time. Those that opportunities became are among them.
pub(super) fn plan(setting: &Setting, customers: usize) -> Vec<Event> {
    let mut register = Register::default();
    // Of each account manager: how many customers so far, and those that may have sisters.
    let mut counts = vec![0_usize; PEOPLE.len()];
    let mut elders: Vec<Vec<Profile>> = vec![Vec::new(); PEOPLE.len()];
    let turns = people::turns(&setting.language);
    let mut events = Vec::new();
    let leads = leads::count(customers);
    let won = (0..leads).filter(|number| leads::fate(*number) == leads::Fate::Won).count();
    for customer in 0..customers.saturating_sub(won) {
        let mut random = Random::new(customer);
        let manager = people::place_of(turns[customer % turns.len()]);
        let fate = fate(&mut random, manager, counts[manager]);
        counts[manager] += 1;
        let mut profile = None;
        if fate == Fate::Plain && !elders[manager].is_empty() && random.chance(25) {
            let elder = &elders[manager][random.below(elders[manager].len())];
            profile = register.sister(&mut random, elder);
        }
        let profile = match profile {
            Some(sister) => sister,
            None => {
                let person = fate == Fate::Plain && random.chance(55);
                let profile = register.enter(&mut random, PEOPLE[manager].regions, person);
                if !person {
                    elders[manager].push(profile.clone());
                }
                profile
            }
        };
        events.extend(Story { setting, customer, manager, fate, profile }.tell(random));
    }
    for number in 0..leads {
        let mut random = Random::new(2_000_003 + number);
        let manager = people::place_of(turns[leads::turn(number, turns.len())]);
        let profile = register.enter(&mut random, PEOPLE[manager].regions, false);
        events.extend(Way { setting, number, manager, profile }.tell());
    }
    // Stable: what happened to one customer at one moment stays in its order.
    events.sort_by_key(|event| event.at);
    events
}

/// The first customers of everybody are those that somebody owes a call; of the others chance decides.
fn fate(random: &mut Random, manager: usize, count: usize) -> Fate {
    let due = [Due::Today, Due::Overdue, Due::Week][manager % 3];
    match count % 30 {
        0 => Fate::Due(Due::Today),
        1 => Fate::Due(Due::Overdue),
        2 | 7 => Fate::Due(Due::Week),
        8 | 9 => Fate::Due(Due::Later),
        3 if count < 30 => Fate::Supervised(due),
        4 if count < 30 => Fate::Served(due),
        _ => match random.below(1_000) {
            0..30 => Fate::Lost,
            30..38 => Fate::Binned,
            38..75 => Fate::Unassigned,
            75..105 => Fate::HandedOver,
            _ => Fate::Plain,
        },
    }
}
