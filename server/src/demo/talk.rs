//! Interactions as people write them down: a customer's story goes from the first call to the repeat order.

use super::{random::Random, talk_en, talk_zh};

/// Channel, title, details.
pub(super) type Line = (&'static str, &'static str, &'static str);

/// What is said in one language.
#[derive(Debug)]
pub(super) struct Script {
    /// From the first contact to the repeat order.
    pub(super) stages: [&'static [Line]; 7],
    /// Why a customer left.
    pub(super) farewell: &'static [Line],
    /// What a supervisor talks about.
    pub(super) supervisor: &'static [Line],
    /// What service staff talk about.
    pub(super) service: &'static [Line],
    /// What we sell.
    pub(super) items: &'static [&'static str],
    /// Where customers are visited.
    pub(super) visits: &'static [&'static str],
    /// Where meetings are held.
    pub(super) meetings: &'static [&'static str],
    /// Where people meet for the first time.
    pub(super) fairs: &'static [&'static str],
}

/// What an interaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// The next step of the customer's story: how many came before.
    Story(usize),
    /// The customer leaves.
    Farewell,
    /// A supervisor's.
    Supervisor,
    /// Service staff's.
    Service,
}

/// One interaction, in words.
#[derive(Debug)]
pub(super) struct Talk {
    /// The channel's entry in the dictionary.
    pub(super) channel: &'static str,
    /// Where; empty unless the channel is one at a place.
    pub(super) place: &'static str,
    /// The title.
    pub(super) title: String,
    /// The details.
    pub(super) detail: String,
}

/// Words for an interaction with somebody.
pub(super) fn talk(random: &mut Random, chinese: bool, topic: Topic, who: &str) -> Talk {
    let script = if chinese { &talk_zh::SCRIPT } else { &talk_en::SCRIPT };
    let stage = match topic {
        // Old customers go round from the quote to the repeat order.
        Topic::Story(step @ 0..7) => step,
        Topic::Story(step) => 2 + (step - 7) % 5,
        _ => 0,
    };
    let lines = match topic {
        Topic::Story(_) => script.stages[stage],
        Topic::Farewell => script.farewell,
        Topic::Supervisor => script.supervisor,
        Topic::Service => script.service,
    };
    let (channel, title, detail) = random.pick(lines);
    let first = topic == Topic::Story(0);
    let place = match channel {
        "meeting" if first => random.pick(script.fairs),
        "meeting" => random.pick(script.meetings),
        "visit" => random.pick(script.visits),
        _ => "",
    };
    let item = random.pick(script.items);
    let n = (random.between(1, 12) * random.between(1, 5)).max(2).to_string();
    let sum = (random.between(3, 48) * random.between(1, 4)).to_string();
    let fill =
        |text: &str| text.replace("{who}", who).replace("{item}", item).replace("{n}", &n).replace("{sum}", &sum);
    Talk { channel, place, title: fill(title), detail: fill(detail) }
}
