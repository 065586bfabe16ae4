//! Coming back to a server that was lost. What is on the screen stays; the server is tried again after pauses that grow
//! to [`LONGEST`], at once when a key is pressed, and when it answers, what failed to be read is read again. A write that
//! failed is offered again (`!`), under its request id; only the person knows whether it is still meant.

use super::{
    effect::{Effect, Request, Slot, Timer},
    live,
    model::{Model, PROGRAM},
    press,
    shared::Shared,
};
use crate::{data::Failure, strings::Texts, theme::Role};

/// The first pause between two tries, doubled each time up to the longest; milliseconds.
const FIRST: u64 = 500;
/// The longest pause.
const LONGEST: u64 = 5_000;

/// Whether the server is there.
#[derive(Debug, Default)]
pub struct Reach {
    /// The last call could not reach it.
    pub offline: bool,
    tries: u32,
    generation: u64,
}

/// The server was not reached.
pub fn lost(sh: &mut Shared) {
    if !std::mem::replace(&mut sh.reach.offline, true) {
        pause(sh);
    }
}

/// The stream is there and brings something: the next loss begins with short pauses again.
pub fn steady(model: &mut Model) {
    model.sh.reach.tries = 0;
    found(model);
}

/// The server was reached. Until the stream stands, another loss goes on with longer pauses.
pub fn found(model: &mut Model) {
    if !std::mem::take(&mut model.sh.reach.offline) {
        return;
    }
    live::resume(&mut model.sh);
    settle(model);
}

/// What was said of the loss goes: what failed to be read is read again, what is typed is saved again with its own key,
/// and what else was to be written can be tried as long as one likes.
fn settle(model: &mut Model) {
    let Some(toast) = &model.sh.toast else { return };
    let Some((screen, slot, request)) = &toast.retry else { return };
    let typed = *slot == Slot::Save && model.screens.iter().any(|s| s.id() == *screen);
    if reads(*slot, request) {
        press::retry(model);
    } else if typed {
        model.sh.toast = None;
    } else if let Some(toast) = &mut model.sh.toast {
        toast.text = Texts::of(model.sh.lang).there_again.to_owned();
        toast.role = Role::Warn;
    }
}

/// The pause of this generation is over.
pub fn rested(sh: &mut Shared, generation: u64) {
    if sh.reach.generation == generation {
        nudge(sh);
    }
}

/// Somebody is there and does not want to wait.
pub fn nudge(sh: &mut Shared) {
    if sh.reach.offline && !sh.waits(PROGRAM, Slot::Reach) {
        sh.call(PROGRAM, Slot::Reach, Request::Reach);
    }
}

/// What a try brought.
pub fn tried(model: &mut Model, outcome: Option<&Failure>) {
    if outcome.is_some_and(Failure::is_unreached) {
        pause(&mut model.sh);
        return;
    }
    found(model);
    // What the screen shows may be older than the loss.
    if let Some(screen) = model.screens.last_mut() {
        screen.enter(&mut model.sh);
    }
}

fn pause(sh: &mut Shared) {
    let whole = (FIRST << sh.reach.tries.min(8)).min(LONGEST);
    sh.reach.tries += 1;
    sh.reach.generation = sh.id();
    // Between half and all of it: many who lost one server do not come back as one.
    let pause = whole / 2 + sh.chance(whole / 2);
    sh.effects.push(Effect::Timer(Timer::Reconnect(sh.reach.generation), pause));
}

/// Whether making the call again changes nothing.
fn reads(slot: Slot, request: &Request) -> bool {
    matches!(request, Request::Session) || !matches!(slot, Slot::Save | Slot::Act | Slot::Session | Slot::File)
}
