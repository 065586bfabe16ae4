//! Saving a line of the plan: what goes to the server, and what comes back. A refusal stays at the line; what somebody
//! else has changed meanwhile is asked for, mine or theirs.

use rolo_proto::v1::Kind;

use super::{
    Plan,
    line::{Ground, What, as_typed, at, value_of},
};
use crate::{
    app::{
        effect::{Reply, Request, Slot},
        shared::Shared,
    },
    data::{Failure, Reason},
    overlay::{Overlay, conflict::Difference},
    resource::{Changes, Link, PlanSteps, Record, Resource as _, Value, WriteOptions},
    screen::{form::save::same, show},
    strings::fill,
    theme::Role,
    widget::line_input::LineInput,
};

impl Plan {
    pub(super) fn save(&mut self, sh: &mut Shared) {
        if sh.waits(self.screen, Slot::Save) {
            return;
        }
        let Some(line) = self.line.as_mut() else { return };
        if line.input.text().trim().is_empty() && line.what == What::New {
            self.line = None;
            return;
        }
        let mut values = match line.changes(sh) {
            Ok(values) => values,
            Err(fault) => {
                line.fault = Some(fault.to_owned());
                return;
            }
        };
        let what = line.what;
        if values.is_empty() {
            self.line = None;
            sh.drop_draft(self.key_of(what));
            return;
        }
        let request_id = line.request_id.clone();
        let request = match what.step() {
            None => {
                let link = Link { kind: Kind::Opportunity, id: self.opportunity_id, label: String::new() };
                values.extend(at("opportunity").map(|i| (i, Value::Link(link))));
                Request::Create(Kind::PlanStep, values, WriteOptions { request_id, ..WriteOptions::default() })
            }
            Some(id) => {
                let seen = values.iter().map(|(at, _)| (*at, line.ground.was(*at).clone())).collect();
                let options =
                    WriteOptions { request_id, revision: line.ground.revision, seen, ..WriteOptions::default() };
                Request::Update(Kind::PlanStep, id, values, options)
            }
        };
        sh.call(self.screen, Slot::Save, request);
    }

    /// The step is saved: the next one is planned, or the cursor goes on.
    pub fn saved(&mut self, record: &Record, request_id: &str, sh: &mut Shared, visible: usize) {
        let t = sh.t();
        self.done(request_id, sh);
        // Whoever has typed on since goes on with that.
        match self.line.take_if(|line| line.request_id == request_id) {
            Some(line) if line.what == What::New => {
                self.add(sh);
                sh.say(fill(t.step_planned, &[&record.label]), Role::Good);
            }
            Some(line) => {
                self.rows.pages.replace(record);
                let said = if matches!(line.what, What::Result(_)) { t.step_recorded } else { t.saved };
                sh.say(format!("{said} {}", record.label), Role::Good);
                self.rows.go(1, sh, visible);
            }
            None => {}
        }
    }

    /// The step is not saved: what was typed stays.
    pub fn refused(&mut self, failure: Failure, request: Request, sh: &mut Shared) {
        let (Request::Create(_, _, sent) | Request::Update(_, _, _, sent)) = &request else { return };
        let line = self.line.as_mut().filter(|line| line.request_id == sent.request_id);
        let Some(line) = line.filter(|_| !failure.is_retryable()) else {
            sh.fail(&failure, Some((self.screen, Slot::Save, request)));
            return;
        };
        line.fault = Some(failure.message(sh.lang));
        line.request_id = sh.request_id();
        if let (Reason::Stale, Some(step)) = (failure.reason, line.what.step()) {
            sh.call(self.screen, Slot::Theirs, Request::Get(Kind::PlanStep, step));
            self.stale = Some(failure);
        }
        self.keep(true, sh);
    }

    /// The step as somebody else has changed it: asks for just the fields that are changed here too.
    pub fn compare(&mut self, outcome: Result<Reply, Failure>, request: Request, sh: &mut Shared) {
        // Whoever has left the line meanwhile is asked when it is saved again.
        let Some(stale) = self.stale.take() else { return };
        let current = match outcome {
            Ok(Reply::Record(current)) => *current,
            Ok(_) => return,
            Err(failure) if failure.is_retryable() => {
                self.stale = Some(stale);
                sh.fail(&failure, Some((self.screen, Slot::Theirs, request)));
                return;
            }
            Err(failure) => {
                if let Some(line) = self.line.as_mut() {
                    line.fault = Some(failure.message(sh.lang));
                }
                return;
            }
        };
        let Some(line) = self.line.as_ref().filter(|line| line.what.step() == Some(current.id)) else { return };
        let Ok(mine) = line.changes(sh) else { return };
        let mut differences = Vec::new();
        for (at, was) in &line.ground.was {
            let theirs = current.values.get(*at).unwrap_or(&Value::Absent);
            let Some((_, mine)) = mine.iter().find(|(i, _)| i == at) else { continue };
            if same(theirs, was) || same(mine, theirs) {
                continue;
            }
            let field = &PlanSteps.fields()[*at];
            let of = |what: &str| stale.detail(&format!("{what}.{}", field.name));
            differences.push(Difference {
                item: *at,
                label: field.label.get(sh.lang).to_owned(),
                mine: show::full(mine, field, sh),
                theirs: show::full(theirs, field, sh),
                base: show::full(was, field, sh),
                who: of("who").to_owned(),
                at: of("at").parse().unwrap_or(0),
                keep_mine: true,
            });
        }
        self.theirs = Some(current);
        if differences.is_empty() {
            self.merge(&[], sh);
        } else {
            sh.overlays.push(Overlay::conflict(self.screen, differences));
        }
    }

    /// The person has chosen: the line stands on the step as it is now, and is saved.
    pub fn merge(&mut self, kept: &[(usize, bool)], sh: &mut Shared) {
        let Some((current, line)) = self.theirs.take().zip(self.line.as_mut()) else { return };
        let Ok(mine) = line.changes(sh) else { return };
        let ground = Ground::of(line.what, &current);
        // What nobody here has touched follows the step as it is now.
        let taken = |at: usize| mine.iter().any(|(i, _)| *i == at) && !kept.contains(&(at, false));
        let value = |at: usize| if taken(at) { value_of(&mine, at) } else { ground.was(at) };
        let values: Changes = ground.was.iter().map(|(at, _)| (*at, value(*at).clone())).collect();
        line.input = LineInput::new(&as_typed(&values));
        line.fault = None;
        line.request_id = sh.request_id();
        line.ground = ground;
        self.rows.pages.replace(&current);
        self.keep(true, sh);
        self.save(sh);
    }
}
