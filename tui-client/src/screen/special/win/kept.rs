//! What is typed to win an opportunity and its draft: kept on disk as one types, restored when the screen is opened again.
//! It still stands on the revision that was seen when it was typed, so the server notices what others have changed since.

use rolo_proto::v1::Kind;

use super::{CONFIRM, CUSTOMER, LINES, LINKMAN, WinScreen, text, value};
use crate::{
    app::shared::Shared,
    data::drafts::{Draft, DraftField, DraftKey, DraftValue},
    keys::{Action, keymap},
    resource::{Opportunities, Record, Resource as _, Value},
    screen::form::draft::typed_at,
    strings::fill,
    theme::Role,
    widget::line_input::LineInput,
};

/// The name of the field that says which customer it becomes.
const CUSTOMER_NO: &str = "customer_no";
/// What the lines are kept as, in their order.
const FIELDS: [&str; 3] = [CUSTOMER_NO, LINES[0], LINES[1]];

impl WinScreen {
    /// The draft of how this opportunity is won.
    pub const fn key_of(opportunity: &Record) -> DraftKey {
        DraftKey::Outcome(Kind::Opportunity as i32, opportunity.id)
    }

    pub(super) const fn key_of_draft(&self) -> DraftKey {
        Self::key_of(&self.opportunity)
    }

    /// Keeps what is typed; `open`: the screen stays open.
    pub(super) fn keep(&self, open: bool, sh: &mut Shared) {
        if !self.touched {
            return;
        }
        let field = |name: &str, value: DraftValue, was: DraftValue| DraftField {
            section: 0,
            name: name.to_owned(),
            value,
            was,
        };
        let customer = self.customer.clone().map_or(Value::Absent, Value::Customer);
        let lines = LINES.iter().zip(&self.lines).zip(&self.was).map(|((name, line), was)| {
            field(name, DraftValue::Text(line.text().to_owned()), DraftValue::Text(was.clone()))
        });
        sh.keep_draft(Draft {
            key: self.key_of_draft(),
            label: self.opportunity.label.clone(),
            at: self.typed_at,
            open,
            cursor: FIELDS.get(self.cursor).map(|name| (0, (*name).to_owned())),
            revision: self.revision,
            request_id: self.request_id.clone(),
            given: Vec::new(),
            fields: lines.chain([field(CUSTOMER_NO, DraftValue::of(&customer), DraftValue::Nothing)]).collect(),
        });
    }

    /// Puts in what was typed before, if a draft of it waits.
    pub(super) fn resume(&mut self, sh: &mut Shared) {
        let Some(draft) = sh.drafts.get(&self.key_of_draft()).cloned() else { return };
        for kept in &draft.fields {
            let line = LINES.iter().position(|name| *name == kept.name);
            match (line, &kept.value) {
                // What was left as it was follows the opportunity as it is now.
                (Some(_), typed) if *typed == kept.was => {}
                (Some(nth), DraftValue::Text(typed)) => {
                    self.lines[nth] = LineInput::new(typed);
                    self.was[nth] = if let DraftValue::Text(was) = &kept.was { was.clone() } else { String::new() };
                }
                (None, customer) if kept.name == CUSTOMER_NO => {
                    let field = Opportunities.fields().iter().find(|field| field.name == CUSTOMER_NO);
                    // Sent again, it must be the customer that was shown.
                    self.chosen = true;
                    self.customer = match field.map(|field| customer.value(field)) {
                        Some(Value::Customer(customer)) => Some(customer),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        let at = draft.cursor.and_then(|(_, name)| FIELDS.iter().position(|field| *field == name));
        self.cursor = at.unwrap_or(CONFIRM);
        self.touched = true;
        self.typed_at = draft.at;
        self.revision = draft.revision;
        self.request_id = draft.request_id;
        self.keep(true, sh);
        let (key, at) = (sh.key(keymap::FORM, Action::DiscardDraft), typed_at(draft.at, sh));
        let said = fill(sh.t().draft_restored, &[&at, &key]);
        sh.say(said, Role::Warn);
    }

    pub(super) fn discard(&mut self, sh: &mut Shared) {
        sh.drop_draft(self.key_of_draft());
        self.touched = false;
        self.revision = self.opportunity.revision;
        self.request_id = sh.request_id();
        self.faults = Default::default();
        self.fill_in();
    }

    /// The opportunity as somebody else has changed it: what was typed stays and says what it differs from, the rest is
    /// theirs. It is confirmed again, or not.
    pub(super) fn follow(&mut self, now: Record, sh: &mut Shared) {
        self.opportunity = now;
        for (nth, name) in LINES.into_iter().enumerate() {
            let theirs = text(&self.opportunity, name);
            if self.lines[nth].text() == self.was[nth] {
                self.lines[nth] = LineInput::new(&theirs);
            } else if theirs != self.was[nth] && theirs != self.lines[nth].text() {
                self.faults[LINKMAN + nth] = Some(format!("{}: {theirs}", sh.t().theirs));
            }
            self.was[nth] = theirs;
        }
        if let (false, Value::Customer(customer)) = (self.chosen, value(&self.opportunity, CUSTOMER_NO)) {
            self.customer = Some(customer.clone());
            self.faults[CUSTOMER] = None;
        }
        self.revision = self.opportunity.revision;
        self.request_id = sh.request_id();
        sh.changes += 1;
        self.keep(true, sh);
    }
}
