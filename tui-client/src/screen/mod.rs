//! Screens. Three are generic and fed by descriptors ([`list`], [`detail`], [`form`]); the few hand-written ones are in
//! [`special`]. A screen owns its state, changes it by what happens to it, asks [`Shared`] for everything else, and draws
//! itself from what it has: it never waits.

pub mod ageing;
pub mod bulk;
pub mod concerns;
pub mod decide;
pub mod detail;
pub mod form;
pub mod list;
pub mod show;
pub mod special;

use ratatui::layout::Rect;
use rolo_proto::v1::Kind;

use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        live::News,
        shared::Shared,
    },
    data::{Failure, drafts::DraftKey},
    keys::{Action, Chord, Layer},
    resource::Value,
    theme::Role,
    widget::canvas::Canvas,
};

/// What a question was about, so that the answer finds its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The value of a form's field.
    Field(usize),
    /// The new manager of the selected customers.
    Assign,
    /// The customer that is the same as this one.
    Merge,
    /// Whether to delete what is selected.
    Delete,
    /// Which field to set in all that is selected.
    Which,
    /// What this field is set to there.
    Set(usize),
    /// Until when.
    Snooze,
    /// Why it is lost.
    Lose,
    /// What happened, for the reason of this id.
    LoseText(i64),
    /// Why it is reopened.
    Reopen,
    /// What came of a step.
    Result,
    /// By which column.
    Sort,
    /// Which view of a list.
    View,
    /// The name to keep a view under.
    KeepView,
    /// Who sees it.
    ShareView,
    /// Another name for a view.
    RenameView,
    /// Which field.
    Copy,
    /// Whether to save it as something new.
    Anew,
    /// Which draft.
    Draft,
    /// Into which file.
    Export,
    /// The field that a column of a file goes into.
    Column(usize),
}

/// An answer from an overlay.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Something was picked.
    Picked(Ask, Value),
    /// Yes.
    Yes(Ask),
    /// These words, and the time they mean.
    Words(Ask, String, Option<i64>),
    /// This entry of a list of letters.
    Letter(Ask, usize),
    /// The bulk action that was asked for has ended, or was stopped.
    Ran,
    /// Which of the fields keep my value.
    Mine(Vec<(usize, bool)>),
    /// Who gets which of the opportunities.
    Shares(Vec<rolo_proto::v1::bulk_action::Share>),
}

/// Which screen this is, for going to it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The list of a kind.
    List(Kind),
    /// What is due.
    Today,
    /// Opportunities and whom to give them to.
    Assignment,
    /// Open opportunities by stage.
    Board,
    /// Expected and won amounts by month.
    Forecast,
    /// What reached me.
    Notices,
    /// A record.
    Detail(Kind, i64),
    /// A form, with the draft that is its own.
    Form(DraftKey),
    /// Nothing to go back to.
    Passing,
    /// Sign-in and password: goes away when it is done.
    SignIn,
}

/// A screen.
pub trait Screen: Send {
    /// Its id.
    fn id(&self) -> ScreenId;
    /// Which screen it is.
    fn place(&self) -> Place;
    /// The layers of keys, top first.
    fn layers(&self) -> &'static [Layer];
    /// It is on top, for the first time or again.
    fn enter(&mut self, sh: &mut Shared);
    /// Whether letters are text now.
    fn types(&self) -> bool {
        false
    }
    /// A key while letters are text; false: it means what the keymap says.
    fn key(&mut self, _: Chord, _: &mut Shared) -> bool {
        false
    }
    /// Text from the clipboard, or Han text typed where letters are keys.
    fn text(&mut self, _: &str, _: &mut Shared) -> bool {
        false
    }
    /// An action; false: it is not valid here.
    fn act(&mut self, action: Action, chord: Chord, sh: &mut Shared) -> bool;
    /// A call's outcome.
    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared);
    /// Others have changed records; `top`: this screen is seen. Notes it, and shows it calmly.
    fn told(&mut self, _: &News, _top: bool, _: &mut Shared) {}
    /// The record that is shown beside the screen's own.
    fn beside(&self) -> Option<(Kind, i64)> {
        None
    }
    /// What is worth knowing just now: stands on the rule under the header.
    fn note(&self, _: &Shared) -> Vec<(String, Role)> {
        Vec::new()
    }
    /// Something has rested since this generation.
    fn rested(&mut self, _: Slot, _: u64, _: &mut Shared) {}
    /// What an overlay asked was answered.
    fn answer(&mut self, _: Answer, _: &mut Shared) {}
    /// It is left for good: what must be kept is kept now.
    fn leave(&mut self, _: &mut Shared) {}
    /// The parts of the header, from the left.
    fn crumbs(&self, sh: &Shared) -> Vec<String>;
    /// What can be done now, the most wanted first.
    fn actions(&self, sh: &Shared) -> Vec<Action>;
    /// What the palette offers here beside the actions: how it reads, and the answer that it is.
    fn choices(&self, _: &Shared) -> Vec<(String, Answer)> {
        Vec::new()
    }
    /// What an action is called here, where that says more than its name.
    fn label(&self, _: Action, _: &Shared) -> Option<String> {
        None
    }
    /// Shows this view (its number on the wire) with this filter.
    fn narrow(&mut self, _: i32, _: &str, _: &mut Shared) {}
    /// Keys and what they do where the footer must say other things than [`Self::actions`]: while a filter is typed.
    fn hints(&self, _: &Shared) -> Option<Vec<(String, String)>> {
        None
    }
    /// What stands at the right of the footer.
    fn status(&self, _: &Shared) -> String {
        String::new()
    }
    /// Draws itself.
    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared);
    /// Whether ending the program now would lose something.
    fn unsaved(&self) -> bool {
        false
    }
}
