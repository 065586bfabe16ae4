//! A line of the plan and its draft: kept on disk as one types, back with the next line of its kind and after a crash.

use rolo_proto::v1::Kind;

use super::{Line, Plan, What};
use crate::{
    app::shared::Shared,
    data::drafts::{Draft, DraftField, DraftKey, DraftValue},
    theme::Role,
    widget::line_input::LineInput,
};

/// What a line's draft names the opportunity by, which is where the line is opened again.
const OPPORTUNITY: &str = "opportunity";

impl What {
    /// The field that the line is kept as: day and task, or the result.
    fn field(self) -> &'static str {
        match self {
            Self::New | Self::Edit(_) => "todo",
            Self::Result(_) => "result",
        }
    }

    fn of(draft: &Draft) -> Self {
        match draft.key {
            DraftKey::New(..) => Self::New,
            DraftKey::Edit(_, id) if text(draft, Self::Result(id)).is_some() => Self::Result(id),
            DraftKey::Edit(_, id) => Self::Edit(id),
        }
    }
}

/// What was typed for this.
fn text(draft: &Draft, what: What) -> Option<&str> {
    draft.fields.iter().find_map(|field| match &field.value {
        DraftValue::Text(text) if field.name == what.field() => Some(text.as_str()),
        _ => None,
    })
}

/// The opportunity whose plan the draft of a line belongs to; none if it is a form's.
pub fn opportunity_of(draft: &Draft) -> Option<i64> {
    let (DraftKey::New(kind, _) | DraftKey::Edit(kind, _)) = draft.key;
    let given = draft.given.iter().filter(|(name, _)| kind == Kind::PlanStep as i32 && name == OPPORTUNITY);
    given.into_iter().find_map(|(_, value)| if let DraftValue::Picked(id, ..) = value { Some(*id) } else { None })
}

impl Plan {
    pub(super) fn key_of(&self, what: What) -> DraftKey {
        match what {
            What::New => DraftKey::New(Kind::PlanStep as i32, self.opportunity_id),
            What::Edit(id) | What::Result(id) => DraftKey::Edit(Kind::PlanStep as i32, id),
        }
    }

    /// A line with what was typed for the same before, else with this text.
    pub(super) fn open(&mut self, what: What, begin: &str, sh: &mut Shared) {
        let draft = sh.drafts.get(&self.key_of(what));
        let kept = draft.and_then(|d| Some((text(d, what)?.to_owned(), d.request_id.clone())));
        let typed = kept.is_some();
        let (text, request_id) = kept.unwrap_or_else(|| (begin.to_owned(), sh.request_id()));
        self.line = Some(Line { what, input: LineInput::new(&text), fault: None, request_id });
        if typed {
            self.keep(true, sh);
        }
    }

    /// The line of a draft that waits.
    pub fn resume(&mut self, key: DraftKey, sh: &mut Shared) {
        if let Some(what) = sh.drafts.get(&key).map(What::of) {
            self.open(what, "", sh);
        }
    }

    /// Before its steps are there: the cursor goes to the one that the line is about.
    pub fn find(&mut self, sh: &mut Shared) {
        if let Some(What::Edit(id) | What::Result(id)) = self.line.as_ref().map(|line| line.what)
            && !self.rows.pages.is_started()
        {
            self.rows.reload_at(id, sh);
        }
    }

    /// Keeps what is typed; `open`: the line stays open.
    pub(super) fn keep(&self, open: bool, sh: &mut Shared) {
        let Some(line) = &self.line else { return };
        let (key, typed) = (self.key_of(line.what), line.input.text());
        if typed.trim().is_empty() {
            sh.drop_draft(key);
            return;
        }
        let field = DraftField {
            section: 0,
            name: line.what.field().to_owned(),
            value: DraftValue::Text(typed.to_owned()),
            was: DraftValue::Nothing,
        };
        let opportunity = DraftValue::Picked(self.opportunity_id, String::new(), String::new());
        let draft = Draft {
            key,
            label: typed.trim().to_owned(),
            at: sh.now,
            open,
            cursor: None,
            revision: 0,
            request_id: line.request_id.clone(),
            given: vec![(OPPORTUNITY.to_owned(), opportunity)],
            fields: vec![field],
        };
        sh.keep_draft(draft);
    }

    /// The line is left, if one is open: what was typed waits for the next.
    pub fn leave(&mut self, sh: &mut Shared) {
        let Some(what) = self.line.as_ref().map(|line| line.what) else { return };
        let kept = |sh: &Shared| sh.drafts.get(&self.key_of(what)).is_some_and(|draft| text(draft, what).is_some());
        // Who has typed nothing leaves no draft, and none that waits for the same step is touched.
        if kept(sh) {
            self.keep(false, sh);
        }
        if kept(sh) {
            sh.say(sh.t().draft_kept, Role::Dim);
        }
        self.line = None;
    }

    /// Nothing of what was sent under this id waits any more.
    pub(super) fn done(&self, request_id: &str, sh: &mut Shared) {
        let sent = sh.drafts.values().find(|draft| draft.request_id == request_id).map(|draft| draft.key);
        if let Some(key) = sent {
            sh.drop_draft(key);
        }
    }
}
