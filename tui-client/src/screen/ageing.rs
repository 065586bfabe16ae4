//! Figures (counts, sums, loads) that others' changes make old.

use crate::app::{
    effect::{ScreenId, Slot},
    shared::Shared,
};

/// Whether figures are to be loaded again. While their screen is looked at that happens after a pause, so that a busy day
/// does not ask all the time; beneath another screen it waits until the screen is looked at again.
#[derive(Debug, Default)]
pub struct Ageing {
    due: u64,
    old: bool,
}

impl Ageing {
    /// Others have changed what the figures are of. `pause`, in milliseconds: when the slot rests.
    pub fn told(&mut self, screen: ScreenId, slot: Slot, top: bool, pause: u64, sh: &mut Shared) {
        if !top {
            self.old = true;
        } else if self.due == 0 {
            self.due = sh.rest(screen, slot, pause);
        }
    }

    /// The screen is looked at: whether its figures are to be loaded now.
    pub fn seen(&mut self) -> bool {
        std::mem::take(&mut self.old)
    }

    /// A pause is over: whether the figures are to be loaded now.
    pub fn rested(&mut self, generation: u64) -> bool {
        let now = self.due == generation;
        if now {
            self.due = 0;
        }
        now
    }
}
