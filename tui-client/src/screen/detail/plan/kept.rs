//! A line of the plan and its draft: kept on disk as one types, back with the next line of its kind and after a crash.

use rolo_proto::v1::Kind;

use super::{
    Plan,
    line::{self, Ground, Line, What},
};
use crate::{
    app::{effect::Request, shared::Shared},
    data::drafts::{Draft, DraftField, DraftKey, DraftValue},
    resource::{PlanSteps, Record, Resource as _, Value},
    theme::Role,
    widget::line_input::LineInput,
};

/// What a line's draft names the opportunity by, which is where the line is opened again.
const OPPORTUNITY: &str = "opportunity";

impl What {
    /// The field that the draft keeps the text as.
    fn field(self) -> &'static str {
        self.fields().last().copied().unwrap_or_default()
    }

    fn key(self, opportunity_id: i64) -> DraftKey {
        let kind = Kind::PlanStep as i32;
        match self {
            Self::New => DraftKey::New(kind, opportunity_id),
            Self::Edit(id) => DraftKey::Edit(kind, id),
            Self::Result(id) => DraftKey::Outcome(kind, id),
        }
    }

    fn of(draft: &Draft) -> Self {
        match draft.key {
            DraftKey::New(..) => Self::New,
            DraftKey::Outcome(_, id) => Self::Result(id),
            // As results were kept before they had a key of their own.
            DraftKey::Edit(_, id) if draft.fields.iter().any(|field| field.name == "result") => Self::Result(id),
            DraftKey::Edit(_, id) => Self::Edit(id),
        }
    }
}

impl Line {
    /// As it was typed, on the ground that it was typed on, under its request id: saved again, it happens once.
    fn restored(what: What, draft: &Draft) -> Option<Self> {
        let field = |name: &str| draft.fields.iter().find(|field| field.name == name);
        let DraftValue::Text(text) = &field(what.field())?.value else { return None };
        let was = what.fields().iter().filter_map(|name| {
            let at = line::at(name)?;
            let was = field(name).map_or(Value::Absent, |field| field.was.value(&PlanSteps.fields()[at]));
            Some((at, was))
        });
        // Where none was kept it is the first, for which the server asks unless nothing was changed since.
        let revision = what.step().map_or(0, |_| draft.revision.max(1));
        let ground = Ground { revision, was: was.collect() };
        Some(Self { what, input: LineInput::new(text), fault: None, request_id: draft.request_id.clone(), ground })
    }

    fn draft(&self, opportunity_id: i64, open: bool, at: i64) -> Draft {
        let typed = self.input.text();
        let field = |name: &&str| DraftField {
            section: 0,
            name: (*name).to_owned(),
            value: if *name == self.what.field() { DraftValue::Text(typed.to_owned()) } else { DraftValue::Nothing },
            was: line::at(name).map_or(DraftValue::Nothing, |at| DraftValue::of(self.ground.was(at))),
        };
        let opportunity = DraftValue::Picked(opportunity_id, String::new(), String::new());
        Draft {
            key: self.what.key(opportunity_id),
            label: typed.trim().to_owned(),
            at,
            open,
            cursor: None,
            revision: self.ground.revision,
            request_id: self.request_id.clone(),
            given: vec![(OPPORTUNITY.to_owned(), opportunity)],
            fields: self.what.fields().iter().map(field).collect(),
        }
    }
}

/// A result that was asked for elsewhere, and refused because another was recorded meanwhile, waits as a line of the plan.
pub fn keep_result(step: &Record, refused: &Request, sh: &mut Shared) {
    let Request::Update(_, _, values, sent) = refused else { return };
    let result = line::at("result").map(|at| line::value_of(values, at));
    let opportunity =
        step.values.iter().find_map(|value| if let Value::Link(link) = value { Some(link.id) } else { None });
    if let (Some(Value::Text(result)), Some(opportunity)) = (result, opportunity) {
        let ground = Ground { revision: sent.revision, was: sent.seen.clone() };
        let input = LineInput::new(result);
        let line =
            Line { what: What::Result(step.id), input, fault: None, request_id: sent.request_id.clone(), ground };
        sh.keep_draft(line.draft(opportunity, false, sh.now));
    }
}

/// The opportunity whose plan the draft of a line belongs to; none if it is a form's.
pub fn opportunity_of(draft: &Draft) -> Option<i64> {
    let of_step = draft.key.kind() == Kind::PlanStep as i32;
    let given = draft.given.iter().filter(|(name, _)| of_step && name == OPPORTUNITY);
    given.into_iter().find_map(|(_, value)| if let DraftValue::Picked(id, ..) = value { Some(*id) } else { None })
}

impl Plan {
    pub(super) fn key_of(&self, what: What) -> DraftKey {
        what.key(self.opportunity_id)
    }

    /// A line with what was typed for the same before, else with what is there.
    pub(super) fn open(&mut self, what: What, ground: Ground, sh: &mut Shared) {
        let kept = sh.drafts.get(&self.key_of(what)).and_then(|draft| Line::restored(what, draft));
        let typed = kept.is_some();
        self.line = Some(kept.unwrap_or_else(|| Line::new(what, ground, sh.request_id())));
        if typed {
            self.keep(true, sh);
        }
    }

    /// The line of a draft that waits.
    pub fn resume(&mut self, key: DraftKey, sh: &mut Shared) {
        let Some(draft) = sh.drafts.get(&key).cloned() else { return };
        let what = What::of(&draft);
        self.line = Line::restored(what, &draft);
        self.keep(true, sh);
        if self.key_of(what) != key {
            sh.drop_draft(key);
        }
    }

    /// Before its steps are there: the cursor goes to the one that the line is about.
    pub fn find(&mut self, sh: &mut Shared) {
        if let Some(id) = self.line.as_ref().and_then(|line| line.what.step())
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
        sh.keep_draft(line.draft(self.opportunity_id, open, sh.now));
    }

    /// The line is left, if one is open: what was typed waits for the next.
    pub fn leave(&mut self, sh: &mut Shared) {
        let Some(key) = self.line.as_ref().map(|line| self.key_of(line.what)) else { return };
        // Who has typed nothing leaves no draft.
        if sh.drafts.contains_key(&key) {
            self.keep(false, sh);
        }
        if sh.drafts.contains_key(&key) {
            sh.say(sh.t().draft_kept, Role::Dim);
        }
        self.line = None;
        self.stale = None;
    }

    /// Nothing of what was sent under this id waits any more.
    pub(super) fn done(&self, request_id: &str, sh: &mut Shared) {
        let sent = sh.drafts.values().find(|draft| draft.request_id == request_id).map(|draft| draft.key);
        if let Some(key) = sent {
            sh.drop_draft(key);
        }
    }
}
