//! The model: the screens in the order they were opened, what lies on top of them, and what they share.

use super::{
    effect::{Request, ScreenId, Slot},
    shared::Shared,
};
use crate::{keys::Chord, screen::Screen, terminal::input::Input};

/// The id of the program itself, for calls that belong to no screen.
pub const PROGRAM: ScreenId = 0;

/// Everything.
pub struct Model {
    /// What screens share.
    pub sh: Shared,
    /// Open screens, the topmost last.
    pub screens: Vec<Box<dyn Screen>>,
    /// Screens that were left backwards.
    pub forward: Vec<Box<dyn Screen>>,
    /// Keys of a sequence pressed so far.
    pub prefix: Vec<Chord>,
    /// The panel of what can follow shows.
    pub which_key: bool,
    /// Names the prefix for its timer.
    pub prefix_generation: u64,
    /// Calls that wait for a sign-in.
    pub after_sign_in: Vec<(ScreenId, Slot, Request)>,
    /// Typed while the first screen waits for the server and for the drafts.
    pub typed_ahead: Vec<Input>,
    /// Nobody has set the database up yet.
    pub new_place: bool,
    /// There is a token to try.
    pub has_token: bool,
    /// The account offered at the sign-in.
    pub user: String,
    /// The program ends.
    pub quit: bool,
    /// Something may look different.
    pub dirty: bool,
}

impl Model {
    /// With nothing open yet.
    pub fn new(sh: Shared) -> Self {
        Self {
            sh,
            screens: Vec::new(),
            forward: Vec::new(),
            prefix: Vec::new(),
            which_key: false,
            prefix_generation: 0,
            after_sign_in: Vec::new(),
            typed_ahead: Vec::new(),
            new_place: false,
            has_token: false,
            user: String::new(),
            quit: false,
            dirty: true,
        }
    }

    /// The screen on top.
    pub fn top(&self) -> Option<&dyn Screen> {
        self.screens.last().map(AsRef::as_ref)
    }

    /// Whether ending now would lose something.
    pub fn unsaved(&self) -> bool {
        let typed = || !self.sh.drafts.is_empty() || self.screens.iter().any(|s| s.unsaved());
        !self.sh.drafts_on_disk && typed()
    }
}
