//! Decisions on records: the same letters, questions and messages in lists, details and Today. What may be decided is
//! what the record's `allowed_actions` say, never a rule of our own.

pub mod opportunity;

use rolo_proto::v1::{Action as Right, Capability, Kind};

use super::{Ask, show};
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot, Target},
        live,
        shared::{Again, Nav, Shared, allows, create_right},
    },
    data::{Failure, Reason},
    keys::Action,
    overlay::{Overlay, picker::Source},
    resource::{self, Record, Resource, Value, WriteOptions},
    strings::fill,
    theme::Role,
};

/// What can be decided about a record, the most wanted first.
pub fn actions(record: &Record, sh: &Shared) -> Vec<Action> {
    let mut out = Vec::new();
    let mut add = |yes: bool, action| {
        if yes {
            out.push(action);
        }
    };
    add(allows(record, Right::Restore), Action::Restore);
    add(allows(record, Right::Edit), Action::Edit);
    for action in opportunity::actions(record) {
        add(true, action);
    }
    add(allows(record, Right::Settle), Action::Done);
    add(allows(record, Right::Settle), Action::Snooze);
    let of_customer = customer_of(record).is_some();
    let interaction = match record.kind {
        Kind::Customer => allows(record, Right::AddInteraction),
        _ => of_customer && sh.can(Capability::InteractionCreate),
    };
    add(interaction, Action::Interaction);
    add(record.kind == Kind::Customer && allows(record, Right::AddContact), Action::NewContact);
    add(allows(record, Right::Reassign), Action::Assign);
    add(allows(record, Right::Delete), Action::Delete);
    add(allows(record, Right::Merge), Action::Merge);
    add(true, Action::Copy);
    add(live::is_told(record.kind) && !allows(record, Right::Restore), Action::Follow);
    out
}

/// The customer that a record is or belongs to.
pub fn customer_of(record: &Record) -> Option<Value> {
    let resource = resource::of(record.kind)?;
    if record.kind == Kind::Customer {
        let number = match show::value(record, resource, "no") {
            Value::Text(no) => no.clone(),
            _ => String::new(),
        };
        return Some(Value::Customer(rolo_proto::v1::CustomerRef {
            id: record.id,
            number,
            name: record.label.clone(),
        }));
    }
    record.values.iter().find(|v| matches!(v, Value::Customer(_))).cloned()
}

/// Starts a form for something new at the record's customer, filled in as far as the record tells.
fn new_of(kind: Kind, record: &Record, sh: &mut Shared) {
    let Some(resource) = resource::of(kind) else { return };
    let mut given = Vec::new();
    let at = |name: &str| resource.fields().iter().position(|f| f.name == name);
    if let (Some(customer), Some(field)) = (customer_of(record), at("customer_no")) {
        given.push((field, customer));
    }
    if let (Kind::Contact, Some(field)) = (record.kind, at("contact")) {
        let contact = rolo_proto::v1::ContactRef { id: record.id, name: record.label.clone() };
        given.push((field, Value::Contact(contact)));
    }
    sh.nav.push(Nav::New(kind, given));
}

/// What a decision is about.
pub struct Subject<'a> {
    /// The screen that decides.
    pub screen: ScreenId,
    /// The record under the cursor.
    pub record: &'a Record,
    /// All that it is done to.
    pub targets: Vec<Target>,
}

/// Does or asks for a decision; false if it is none, or not allowed on this record.
pub fn act(action: Action, subject: Subject<'_>, sh: &mut Shared) -> bool {
    let Subject { screen, record, targets } = subject;
    if action == Action::Repeat {
        return repeat(screen, record, targets, sh);
    }
    if !actions(record, sh).contains(&action) {
        let why = opportunity::why_not(action, record, sh);
        let told = why.is_some();
        why.into_iter().for_each(|why| sh.say(why, Role::Warn));
        return told;
    }
    let subject = Subject { screen, record, targets };
    if opportunity::act(action, &subject, sh) {
        return true;
    }
    let targets = subject.targets;
    let t = sh.t();
    match action {
        Action::Edit => sh.nav.push(Nav::Edit(Box::new(record.clone()))),
        Action::Interaction => new_of(Kind::Interaction, record, sh),
        Action::NewContact => new_of(Kind::Contact, record, sh),
        Action::Assign => {
            let picker = Overlay::picker(sh, screen, Ask::Assign, t.assign_to, Source::Users);
            sh.overlays.push(picker);
        }
        Action::Merge => merge(screen, record, &targets, sh),
        Action::Snooze => sh.overlays.push(Overlay::words(screen, Ask::Snooze, t.snooze_until, "", true)),
        Action::Delete if targets.len() > 1 => {
            let question = fill(t.delete_many, &[&targets.len()]);
            sh.overlays.push(Overlay::confirm(screen, Ask::Delete, question));
        }
        Action::Delete => run(screen, Request::Delete(record.kind, targets), sh),
        Action::Restore => run(screen, Request::Restore(record.kind, targets), sh),
        Action::Done => {
            sh.again = Some(Again::Act(Action::Done));
            settle(screen, record, targets, sh);
        }
        Action::Follow => live::follow_record(record.kind, record.id, sh),
        Action::Copy => copy(screen, record, sh),
        _ => return false,
    }
    if matches!(action, Action::Delete | Action::Restore) {
        sh.again = Some(Again::Act(action));
    }
    true
}

/// Two that are marked stand side by side at once; for one, the other is picked.
fn merge(screen: ScreenId, record: &Record, targets: &[Target], sh: &mut Shared) {
    let t = sh.t();
    match targets {
        [one, other] if one.id == record.id => sh.nav.push(Nav::Merge(one.id, other.id)),
        [one, other] => sh.nav.push(Nav::Merge(other.id, one.id)),
        [] | [_] => {
            let picker = Overlay::picker(sh, screen, Ask::Merge, t.merge_with, Source::Alike(record.id));
            sh.overlays.push(picker);
        }
        _ => sh.say(t.merge_two, Role::Dim),
    }
}

/// The other was picked.
pub fn merge_with(record: &Record, other: &Value, sh: &mut Shared) {
    if let Value::Customer(other) = other {
        sh.nav.push(Nav::Merge(record.id, other.id));
    }
}

fn run(screen: ScreenId, request: Request, sh: &mut Shared) {
    // One write at a time: dropping the one under way would leave its outcome unknown.
    if sh.waits(screen, Slot::Act) {
        let text = sh.t().still_saving;
        sh.say(text, Role::Dim);
        return;
    }
    sh.call(screen, Slot::Act, request);
}

fn settle(screen: ScreenId, record: &Record, targets: Vec<Target>, sh: &mut Shared) {
    if let Some(target) = targets.into_iter().find(|t| t.id == record.id) {
        run(screen, Request::Settle(target), sh);
    }
}

/// The manager was picked.
pub fn assign(screen: ScreenId, record: &Record, target: Option<Target>, manager: Value, sh: &mut Shared) {
    if let (Kind::Opportunity, Value::User(user)) = (record.kind, &manager) {
        opportunity::assign(screen, record, target, user, sh);
        return;
    }
    let Some(field) = resource::of(record.kind).and_then(|r| r.fields().iter().position(|f| f.name == "manager"))
    else {
        return;
    };
    sh.again = Some(Again::Assign(manager.clone()));
    set(screen, record, target, field, manager, sh);
}

/// The next contact moves to what the words mean.
pub fn snooze(
    screen: ScreenId,
    record: &Record,
    target: Option<Target>,
    words: String,
    until: Option<i64>,
    sh: &mut Shared,
) {
    let Some(until) = until else { return };
    sh.again = Some(Again::Snooze(words));
    if record.kind == Kind::PlanStep {
        opportunity::move_step(screen, record, target, until, sh);
        return;
    }
    let Some(target) = target else { return };
    run(screen, Request::Snooze(target, until), sh);
}

fn repeat(screen: ScreenId, record: &Record, targets: Vec<Target>, sh: &mut Shared) -> bool {
    match sh.again.clone() {
        None => {
            let text = sh.t().nothing_to_repeat;
            sh.say(text, Role::Dim);
            true
        }
        Some(Again::Act(action)) => act(action, Subject { screen, record, targets }, sh),
        Some(Again::Assign(manager)) if allows(record, Right::Reassign) || allows(record, Right::Assign) => {
            assign(screen, record, targets.into_iter().next(), manager, sh);
            true
        }
        Some(Again::Snooze(words)) if actions(record, sh).contains(&Action::Snooze) => {
            let until = crate::resource::when::understand(&words, sh.now, sh.zone).map(show::in_working_hours);
            snooze(screen, record, targets.into_iter().next(), words, until, sh);
            true
        }
        Some(Again::Lose(reason, text)) if allows(record, Right::Fail) => {
            opportunity::lose(screen, record, targets.into_iter().next(), reason, text, sh);
            true
        }
        Some(Again::Set(kind, field, value)) if kind == record.kind && allows(record, Right::Edit) => {
            set(screen, record, targets.into_iter().next(), field, value, sh);
            true
        }
        Some(_) => false,
    }
}

/// The field becomes this, as in the record before.
fn set(screen: ScreenId, record: &Record, target: Option<Target>, field: usize, value: Value, sh: &mut Shared) {
    let Some(target) = target else { return };
    let options = WriteOptions {
        request_id: target.request_id,
        revision: record.revision,
        seen: vec![(field, record.values.get(field).cloned().unwrap_or_default())],
        ..WriteOptions::default()
    };
    run(screen, Request::Update(record.kind, record.id, vec![(field, value)], options), sh);
}

/// The letter of each field that can be copied: its sort letter, else the first letter of its name that is free.
pub fn copy_letters(record: &Record, resource: &'static dyn Resource, sh: &Shared) -> Vec<(char, usize, String)> {
    let mut taken: Vec<char> = resource.fields().iter().filter_map(|f| f.sort).collect();
    let mut out = Vec::new();
    for (index, field) in resource.fields().iter().enumerate() {
        let text = record.values.get(index).map_or_else(String::new, |v| show::full(v, field, sh));
        if text.is_empty() || field.name == "missing" {
            continue;
        }
        let free = field.name.chars().chain("abcdefghijklmnopqrstuvwxyz".chars());
        let letter = field.sort.or_else(|| free.filter(char::is_ascii_lowercase).find(|c| !taken.contains(c)));
        let Some(letter) = letter else { continue };
        taken.push(letter);
        out.push((letter, index, format!("{}: {text}", field.label.get(sh.lang))));
    }
    out
}

fn copy(screen: ScreenId, record: &Record, sh: &mut Shared) {
    let Some(resource) = resource::of(record.kind) else { return };
    let letters = copy_letters(record, resource, sh);
    sh.overlays.push(Overlay::letters(screen, Ask::Copy, sh.t().copy_what, letters));
}

/// The field to copy was chosen.
pub fn copied(record: &Record, field: usize, sh: &mut Shared) {
    let Some(resource) = resource::of(record.kind) else { return };
    let (Some(value), Some(descriptor)) = (record.values.get(field), resource.fields().get(field)) else { return };
    let text = show::full(value, descriptor, sh);
    sh.effects.push(crate::app::effect::Effect::Copy(text.clone()));
    let said = fill(sh.t().copied, &[&text]);
    sh.say(said, Role::Good);
}

/// What a decision's outcome changes in the screen that asked.
pub enum Outcome {
    /// These records have gone from here.
    Gone(Vec<i64>),
    /// This record is another now.
    Changed(Box<Record>),
    /// An interaction was settled or moved.
    Settled(i64),
    /// Nothing was done: the record is another by now.
    Outdated,
    /// Nothing was done.
    Refused,
}

/// Tells a decision's outcome and what changes by it.
pub fn outcome(request: &Request, outcome: Result<Reply, Failure>, screen: ScreenId, sh: &mut Shared) -> Outcome {
    let t = sh.t();
    match outcome {
        // What was handed over may be out of sight for the one who did it.
        Ok(Reply::Record(record)) if record.kind == Kind::Customer && record.label.is_empty() => {
            sh.changes += 1;
            sh.say_with(t.handed_over, Role::Good, Action::Undo);
            Outcome::Gone(vec![record.id])
        }
        Ok(Reply::Record(record)) if matches!(request, Request::Opportunity(..)) => {
            sh.changes += 1;
            if let Request::Opportunity(_, decision) = request {
                let said = opportunity::said(decision, &record, sh);
                sh.say_with(said, Role::Good, Action::Undo);
            }
            Outcome::Changed(record)
        }
        Ok(Reply::Record(record)) => {
            sh.changes += 1;
            sh.say_with(format!("{} {}", t.saved, record.label), Role::Good, Action::Undo);
            Outcome::Changed(record)
        }
        Ok(Reply::Settled(id)) => {
            sh.changes += 1;
            let said = if matches!(request, Request::Snooze(..)) { t.snoozed } else { t.settled };
            sh.say_with(said, Role::Good, Action::Undo);
            Outcome::Settled(id)
        }
        Ok(Reply::Done(done, refused)) => {
            if !done.is_empty() {
                sh.changes += 1;
            }
            let verb = if matches!(request, Request::Restore(..)) { t.restored } else { t.deleted };
            match (done.len(), refused.first()) {
                (n, None) => {
                    let what = match request {
                        Request::Delete(_, targets) | Request::Restore(_, targets) if n == 1 => {
                            targets.first().map_or_else(String::new, |t| t.label.clone())
                        }
                        _ => n.to_string(),
                    };
                    sh.say_with(format!("{verb} {what}"), Role::Good, Action::Undo);
                }
                (n, Some((label, failure))) => {
                    let why = format!("{label}: {}", failure.message(sh.lang));
                    sh.say(fill(t.done_refused, &[&n, &refused.len(), &why]), Role::Bad);
                }
            }
            Outcome::Gone(done.into_iter().map(|(id, _)| id).collect())
        }
        Ok(_) => Outcome::Refused,
        Err(failure) => {
            sh.fail(&failure, Some((screen, Slot::Act, request.clone())));
            if matches!(failure.reason, Reason::Stale | Reason::NotFound | Reason::InvalidState) {
                Outcome::Outdated
            } else {
                Outcome::Refused
            }
        }
    }
}

/// Whether something new of a kind may be made here.
pub fn may_create(kind: Kind, sh: &Shared) -> bool {
    create_right(kind).is_some_and(|right| sh.can(right))
}
