//! Saving a form: what goes to the server, and what comes back. A refusal goes to its field, a change by somebody else
//! to the person, a lost answer to the same request again.

use rolo_proto::v1::Kind;

use super::{FormScreen, Item, editor::Editor};
use crate::{
    app::{
        effect::{Reply, Request, Slot},
        shared::{Again, Nav, Shared},
    },
    data::{Failure, Fault, Reason, failure::fault_text},
    keys::Action,
    overlay::{Overlay, conflict::Difference},
    resource::{Changes, Input, Record, Value, WriteOptions},
    screen::{Ask, decide, show},
    strings::fill,
    theme::Role,
};

impl FormScreen {
    /// Sends what has changed, unless a field cannot be read.
    pub(super) fn save(&mut self, sh: &mut Shared) {
        if sh.waits(self.id, Slot::Save) {
            return;
        }
        let mut values: Changes = Vec::new();
        let mut seen: Changes = Vec::new();
        let mut contact: Changes = Vec::new();
        for at in 0..self.items.len() {
            let item = &self.items[at];
            let field = self.field_of(item);
            let read = item.editor.value(field, sh);
            let item = &mut self.items[at];
            match read {
                Err(fault) => item.error = Some(fault_text("", &fault, sh.lang)),
                Ok(value) => {
                    item.error = None;
                    match (item.contact, self.record.is_some()) {
                        (true, _) if value != Value::Absent => contact.push((item.field, value)),
                        (true, _) => {}
                        (false, false) if value != Value::Absent => values.push((item.field, value)),
                        (false, true) if !same(&value, &item.was) => {
                            values.push((item.field, value));
                            seen.push((item.field, item.was.clone()));
                        }
                        _ => {}
                    }
                }
            }
        }
        if self.faults() > 0 {
            self.go_to_first_fault(sh);
            return;
        }
        if self.record.is_some() && values.is_empty() {
            self.touched = false;
            sh.drop_draft(self.key_of_draft());
            let text = sh.t().nothing_changed;
            sh.say(text, Role::Dim);
            sh.nav.push(Nav::Back);
            return;
        }
        let mut options = WriteOptions {
            revision: self.revision,
            full_form: self.record.is_none(),
            first_contact: (!contact.is_empty()).then_some(contact),
            seen,
            ..WriteOptions::default()
        };
        // What was typed has its name since it was typed, after a restart too: if it did arrive, the second time changes
        // nothing. Other values, as of a time that is told from now, are another write.
        let another = self.sent.as_ref().is_some_and(|(before, sent)| {
            sent.request_id == self.request_id
                && (*before != values
                    || sent.first_contact != options.first_contact
                    || sent.revision != options.revision)
        });
        if another {
            self.request_id = sh.request_id();
            self.keep_draft(true, sh);
        }
        options.request_id.clone_from(&self.request_id);
        self.sent = Some((values.clone(), options.clone()));
        let request = match &self.record {
            Some(record) => Request::Update(self.kind, record.id, values, options),
            None => Request::Create(self.kind, values, options),
        };
        sh.call(self.id, Slot::Save, request);
    }

    fn go_to_first_fault(&mut self, sh: &mut Shared) {
        if let Some(at) = self.items.iter().position(|i| i.error.is_some()) {
            self.cursor = at;
            self.resting = false;
        }
        let text = fill(sh.t().to_mend, &[&self.faults()]);
        sh.say(text, Role::Bad);
    }

    /// The record is saved.
    pub(super) fn saved(&mut self, record: &Record, sh: &mut Shared) {
        sh.drop_draft(self.key_of_draft());
        self.touched = false;
        sh.changes += 1;
        // One field that was changed can be set to the same elsewhere.
        if let (Some((values, _)), Some(_)) = (&self.sent, &self.record)
            && let [(field, value)] = values.as_slice()
        {
            sh.again = Some(Again::Set(self.kind, *field, value.clone()));
        }
        let t = sh.t();
        // What was handed over may be out of sight for the one who did it.
        let handed_over = self.kind == Kind::Customer && record.label.is_empty();
        let mut text = if handed_over { t.handed_over.to_owned() } else { format!("{} {}", t.saved, record.label) };
        if let Some(d) = record.warnings.first() {
            let label = d.customer.as_ref().map_or("", |c| c.name.as_str());
            let owner = d.manager.as_ref().map_or(t.nobody, show::user);
            text = format!("{text}. {}", fill(t.same_as, &[&label, &owner]));
        }
        let role = if record.warnings.is_empty() { Role::Good } else { Role::Warn };
        // An account is not taken back.
        match self.kind {
            Kind::User => sh.say(text, role),
            _ => sh.say_with(text, role, Action::Undo),
        }
        sh.nav.push(Nav::Back);
        if self.record.is_none() && matches!(self.kind, Kind::Customer | Kind::Opportunity) {
            sh.nav.push(Nav::Detail(self.kind, record.id, record.label.clone()));
        }
    }

    /// The record is not saved.
    pub(super) fn refused(&mut self, failure: Failure, request: Request, sh: &mut Shared) {
        match failure.reason {
            Reason::Stale => {
                if let Some(record) = &self.record {
                    sh.call(self.id, Slot::Record, Request::Get(self.kind, record.id));
                }
                self.stale = Some(failure);
            }
            Reason::NotFound if self.record.is_some() => self.gone(sh),
            Reason::InvalidState if self.record.is_some() && failure.detail("state") == "deleted" => self.gone(sh),
            Reason::Validation if failure.violations.iter().any(|v| v.fault == Fault::UsedAlready) => {
                // It was saved before the program was interrupted, and has been changed since: another write.
                self.request_id = sh.request_id();
                self.keep_draft(true, sh);
                let text = sh.t().saved_before;
                sh.say(text, Role::Warn);
            }
            Reason::Duplicate => {
                let field = failure.detail("field").to_owned();
                let message = failure.message(sh.lang);
                match self.item_named(&field, false) {
                    Some(at) => {
                        self.items[at].error = Some(message);
                        self.items[at].hint = None;
                        self.go_to_first_fault(sh);
                    }
                    None => sh.fail(&failure, None),
                }
            }
            Reason::Validation if !failure.violations.is_empty() => {
                let mut lost = Vec::new();
                for violation in &failure.violations {
                    let contact = violation
                        .field
                        .strip_prefix("contact.")
                        .or_else(|| violation.field.strip_prefix("first_contact."));
                    let name = contact.unwrap_or(&violation.field);
                    let name = name.strip_prefix("customer.").unwrap_or(name);
                    let text =
                        match self.item_named(name, contact.is_some()).map(|at| self.field_of(&self.items[at]).input) {
                            Some(Input::Time) => time_fault(&violation.fault, sh),
                            _ => fault_text(name, &violation.fault, sh.lang),
                        };
                    match self.item_named(name, contact.is_some()) {
                        Some(at) => {
                            self.items[at].error = Some(text);
                            self.items[at].hint = None;
                        }
                        None => lost.push(text),
                    }
                }
                if self.faults() > 0 {
                    self.go_to_first_fault(sh);
                }
                if !lost.is_empty() {
                    sh.fail(&failure, None);
                }
            }
            _ => sh.fail(&failure, Some((self.id, Slot::Save, request))),
        }
    }

    /// The record has been deleted meanwhile: what was typed stays, and can be saved as something new.
    pub(super) fn gone(&mut self, sh: &mut Shared) {
        let label = self.record.as_ref().map_or("", |r| r.label.as_str());
        if decide::may_create(self.kind, sh) {
            let question = fill(sh.t().gone_anew, &[&label]);
            sh.overlays.push(Overlay::confirm(self.id, Ask::Anew, question));
        } else {
            let said = fill(sh.t().gone, &[&label]);
            sh.say(said, Role::Bad);
        }
    }

    /// The record as somebody else has changed it meanwhile: says what, and changes nothing that was typed. Saving merges.
    pub(super) fn look(&mut self, outcome: Result<Reply, Failure>, sh: &Shared) {
        // Who is choosing between the two sees both.
        if self.theirs.is_some() {
            return;
        }
        let t = sh.t();
        self.meanwhile = match outcome {
            // Who may see it in the recycle bin is told the same.
            Ok(Reply::Record(now)) if show::value(&now, self.resource, "deleted_at") != &Value::Absent => {
                Some(t.gone_meanwhile.to_owned())
            }
            Ok(Reply::Record(now)) => {
                let differs =
                    |i: &&Item| !i.contact && !same(now.values.get(i.field).unwrap_or(&Value::Absent), &i.was);
                let fields: Vec<_> =
                    self.items.iter().filter(differs).map(|i| self.field_of(i).label.get(sh.lang)).collect();
                (!fields.is_empty()).then(|| fill(t.changed_meanwhile, &[&fields.join(t.comma)]))
            }
            Err(failure) if failure.reason == Reason::NotFound => Some(t.gone_meanwhile.to_owned()),
            // Not worth a message: saving finds out.
            _ => return,
        };
    }

    /// Somebody else changed fields that are changed here too: asks for just these.
    pub(super) fn compare(&mut self, current: Record, sh: &mut Shared) {
        let stale = self.stale.take();
        let mut differences = Vec::new();
        for (at, item) in self.items.iter().enumerate().filter(|(_, i)| !i.contact) {
            let field = self.field_of(item);
            let theirs = current.values.get(item.field).cloned().unwrap_or_default();
            let Ok(mine) = item.editor.value(field, sh) else { continue };
            if !same(&mine, &item.was) && !same(&theirs, &item.was) && !same(&mine, &theirs) {
                let of = |what: &str| stale.as_ref().map_or("", |f| f.detail(&format!("{what}.{}", field.name)));
                differences.push(Difference {
                    item: at,
                    label: field.label.get(sh.lang).to_owned(),
                    mine: show::full(&mine, field, sh),
                    theirs: show::full(&theirs, field, sh),
                    base: show::full(&item.was, field, sh),
                    who: of("who").to_owned(),
                    at: of("at").parse().unwrap_or(0),
                    keep_mine: true,
                });
            }
        }
        self.meanwhile = None;
        self.theirs = Some(current);
        if differences.is_empty() {
            self.merge(&[], sh);
        } else {
            sh.overlays.push(Overlay::conflict(self.id, differences));
        }
    }

    /// The person has chosen field by field: the form stands on the record as it is now, and is saved.
    pub(super) fn merge(&mut self, kept: &[(usize, bool)], sh: &mut Shared) {
        let Some(current) = self.theirs.take() else { return };
        for at in 0..self.items.len() {
            let field = self.field_of(&self.items[at]);
            let item = &mut self.items[at];
            if item.contact {
                continue;
            }
            let theirs = current.values.get(item.field).cloned().unwrap_or_default();
            // What nobody here has touched follows the record as it is now.
            let untouched = item.editor.value(field, sh).is_ok_and(|mine| same(&mine, &item.was));
            if untouched || kept.contains(&(at, false)) {
                item.editor = Editor::new(field, &theirs, sh);
            }
            item.was = theirs;
        }
        // Lists behind the form show what others have changed, whatever is saved now.
        sh.changes += 1;
        self.revision = current.revision;
        self.record = Some(current);
        self.request_id = sh.request_id();
        self.keep_draft(true, sh);
        self.save(sh);
    }
}

/// Bounds of a time are milliseconds on the wire.
fn time_fault(fault: &Fault, sh: &Shared) -> String {
    let Fault::OutOfRange(range) = fault else { return fault_text("", fault, sh.lang) };
    let (from, to) = range.split_once("..").unwrap_or((range, ""));
    let time = |s: &str| s.parse::<i64>().ok().filter(|t| *t > 0 && *t < i64::MAX / 2).map(|t| show::exact(t, sh.zone));
    let (from, to) = (time(from).unwrap_or_default(), time(to).unwrap_or_default());
    let text = if to.is_empty() { sh.t().not_before } else { sh.t().not_after };
    fill(text, &[if to.is_empty() { &from } else { &to }])
}

/// Whether two values are the same to a person: an absent text is an empty one, a picked thing is its id.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Absent, Value::Text(s)) | (Value::Text(s), Value::Absent) => s.is_empty(),
        (Value::Choice(a), Value::Choice(b)) => a.id == b.id,
        (Value::User(a), Value::User(b)) => a.id == b.id,
        (Value::Customer(a), Value::Customer(b)) => a.id == b.id,
        (Value::Contact(a), Value::Contact(b)) => a.id == b.id,
        (Value::Link(a), Value::Link(b)) => a.id == b.id,
        // What a form shows has the grain of minutes.
        (Value::Time(a), Value::Time(b)) => a.div_euclid(60_000) == b.div_euclid(60_000),
        (Value::Absent, Value::Flag(no)) | (Value::Flag(no), Value::Absent) => !no,
        _ => a == b,
    }
}
