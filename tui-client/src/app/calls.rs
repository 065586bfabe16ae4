//! Calls in flight. A call belongs to a screen and a slot of it; a newer call of the slot replaces the older one, and a
//! reply whose call is not here any more is dropped: so nothing stale is ever shown.

use std::collections::BTreeMap;

use super::effect::{CallId, Request, ScreenId, Slot};

/// A call in flight.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Whose it is.
    pub screen: ScreenId,
    /// Which of its calls.
    pub slot: Slot,
    /// To make it again.
    pub request: Request,
    /// When it was made.
    pub since: i64,
    /// How far it got: done of total.
    pub progress: Option<(u64, u64)>,
}

/// All calls in flight.
#[derive(Debug, Default)]
pub struct Calls {
    next: CallId,
    flying: BTreeMap<CallId, Pending>,
}

impl Calls {
    /// Notes a call; answers its id and the call that it replaces.
    pub fn start(&mut self, screen: ScreenId, slot: Slot, request: Request, now: i64) -> (CallId, Option<CallId>) {
        let older = self.find(screen, slot);
        if let Some(older) = older {
            self.flying.remove(&older);
        }
        self.next += 1;
        self.flying.insert(self.next, Pending { screen, slot, request, since: now, progress: None });
        (self.next, older)
    }

    /// Takes a call whose reply has come; none: nobody waits for it any more.
    pub fn take(&mut self, id: CallId) -> Option<Pending> {
        self.flying.remove(&id)
    }

    /// Notes how far long work got.
    pub fn progress(&mut self, id: CallId, done: u64, total: u64) {
        if let Some(call) = self.flying.get_mut(&id) {
            call.progress = Some((done, total));
        }
    }

    /// The call of a slot.
    pub fn find(&self, screen: ScreenId, slot: Slot) -> Option<CallId> {
        self.flying.iter().find(|(_, p)| p.screen == screen && p.slot == slot).map(|(id, _)| *id)
    }

    /// The call of a slot, as it was made.
    pub fn of(&self, screen: ScreenId, slot: Slot) -> Option<&Pending> {
        self.flying.values().find(|p| p.screen == screen && p.slot == slot)
    }

    /// Drops all calls of a screen that has been left, but those that change something: their outcome is still told.
    pub fn leave(&mut self, screen: ScreenId) -> Vec<CallId> {
        let left = |p: &Pending| p.screen == screen && !matches!(p.slot, Slot::Save | Slot::Act | Slot::Session);
        let ids: Vec<_> = self.flying.iter().filter(|(_, p)| left(p)).map(|(id, _)| *id).collect();
        for id in &ids {
            self.flying.remove(id);
        }
        ids
    }

    /// Whether anything is in flight.
    pub fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    /// The call that somebody has waited for longest.
    pub fn oldest(&self) -> Option<&Pending> {
        self.flying.values().filter(|p| !p.slot.is_quiet()).min_by_key(|p| p.since)
    }
}

impl Pending {
    /// Whether the call makes sense again after a sign-in. What a picker or a check asked is asked anew anyway.
    pub fn request_can_wait(&self) -> bool {
        !(self.slot.is_quiet() || matches!(self.slot, Slot::Choices | Slot::Duplicates | Slot::Preview | Slot::Counts))
    }
}
