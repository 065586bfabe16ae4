//! Decisions on what is marked, or on all that a filter finds: the same letters as for one record, one question with the
//! count, one operation. What a single record does not allow is refused for it alone.

use rolo_proto::v1::{
    BulkAction, Kind, Selection,
    bulk_action::{Action as Act, Assign, Fail, Nothing, SetField},
};

use super::{Answer, Ask, show};
use crate::{
    app::{
        effect::ScreenId,
        shared::{Again, Shared},
    },
    keys::Action,
    overlay::{
        Overlay,
        bulk::{Bulk, Plan},
        picker::{Picker, Source},
        words::Words,
    },
    resource::{self, Field, Input, Resource, Value, many, when},
    strings::fill,
};

/// What can be done to many at once, the most wanted first.
pub const ACTIONS: [Action; 9] = [
    Action::Edit,
    Action::Assign,
    Action::Done,
    Action::Snooze,
    Action::Lose,
    Action::Withdraw,
    Action::Delete,
    Action::Restore,
    Action::Follow,
];

/// What is selected.
pub struct Chosen {
    /// The screen that decides.
    pub screen: ScreenId,
    /// The records.
    pub selection: Selection,
    /// Of opportunities: somebody has all of them, as far as is known.
    pub assigned: bool,
}

/// Does or asks for a decision on what is selected; false: it is about the row under the cursor alone.
pub fn act(action: Action, chosen: Chosen, sh: &mut Shared) -> bool {
    let t = sh.t();
    let screen = chosen.screen;
    match action {
        Action::Delete | Action::Restore | Action::Done | Action::Withdraw => {
            sh.again = Some(Again::Act(action));
            let (what, act) = match action {
                Action::Delete => (t.bulk_delete, Act::Delete(Nothing {})),
                Action::Restore => (t.bulk_restore, Act::Restore(Nothing {})),
                Action::Withdraw => (t.bulk_withdraw, Act::Withdraw(Nothing {})),
                _ => (t.bulk_settle, Act::SettleAt(0)),
            };
            ask(what.to_owned(), chosen, act, sh);
        }
        Action::Follow => ask(t.bulk_follow.to_owned(), chosen, Act::Follow(true), sh),
        Action::Assign => {
            let opportunities = chosen.selection.kind() == Kind::Opportunity;
            let source = if opportunities { Source::Assignees } else { Source::Users };
            let picker = Overlay::picker(sh, screen, Ask::Assign, t.assign_to, source);
            sh.overlays.push(picker);
        }
        Action::Lose => {
            let picker = Overlay::picker(sh, screen, Ask::Lose, t.lose_why, Source::Choices("close_reason"));
            sh.overlays.push(picker);
        }
        Action::Snooze => sh.overlays.push(Overlay::words(screen, Ask::Snooze, t.snooze_until, "", true)),
        Action::Edit => which_field(screen, chosen.selection.kind(), sh),
        Action::Repeat => return repeat(chosen, sh),
        _ => return false,
    }
    true
}

fn repeat(chosen: Chosen, sh: &mut Shared) -> bool {
    let again = match sh.again.clone() {
        Some(Again::Act(action)) => return action != Action::Repeat && act(action, chosen, sh),
        Some(Again::Assign(person)) => Answer::Picked(Ask::Assign, person),
        Some(Again::Snooze(words)) => {
            let until = when::understand(&words, sh.now, sh.zone).map(show::in_working_hours);
            Answer::Words(Ask::Snooze, words, until)
        }
        Some(Again::Lose(reason, text)) if chosen.selection.kind() == Kind::Opportunity => {
            Answer::Words(Ask::LoseText(reason), text, None)
        }
        Some(Again::Set(kind, field, value)) if kind == chosen.selection.kind() => {
            Answer::Picked(Ask::Set(field), value)
        }
        _ => return false,
    };
    answer(&again, chosen, sh)
}

/// What was asked for a selection was answered; false: it is about one record.
pub fn answer(given: &Answer, chosen: Chosen, sh: &mut Shared) -> bool {
    let kind = chosen.selection.kind();
    let t = sh.t();
    match given {
        Answer::Picked(Ask::Assign, person) => {
            let Value::User(user) = person else { return true };
            let what = fill(t.bulk_assign, &[&show::user(user)]);
            sh.again = Some(Again::Assign(person.clone()));
            let assign = Assign { assignee_id: user.id, shares: Vec::new() };
            let act = match kind {
                Kind::Opportunity if chosen.assigned => Act::Reassign(assign),
                Kind::Opportunity => Act::Assign(assign),
                _ => Act::SetField(SetField { field: "manager_id".into(), number: user.id, ..SetField::default() }),
            };
            ask(what, chosen, act, sh);
        }
        Answer::Picked(Ask::Lose, Value::Choice(reason)) => {
            let title = fill(t.lose_text, &[&show::choice(reason, sh.lang)]);
            sh.overlays.push(Overlay::words(chosen.screen, Ask::LoseText(reason.id), &title, "", false));
        }
        Answer::Words(Ask::LoseText(reason), text, _) => {
            sh.again = Some(Again::Lose(*reason, text.clone()));
            let fail = Fail { close_reason_id: *reason, close_text: text.clone() };
            ask(fill(t.bulk_lose, &[text]), chosen, Act::Fail(fail), sh);
        }
        Answer::Words(Ask::Snooze, words, Some(until)) => {
            let what = fill(t.bulk_snooze, &[&show::exact(*until, sh.zone)]);
            sh.again = Some(Again::Snooze(words.clone()));
            ask(what, chosen, Act::SettleAt(*until), sh);
        }
        Answer::Picked(Ask::Which, Value::Text(name)) => {
            let field = resource::of(kind).and_then(|resource| Some((resource, resource.field(name)?)));
            if let Some((resource, index)) = field {
                new_value(chosen.screen, resource, index, sh);
            }
        }
        Answer::Picked(Ask::Set(index), value) => {
            let field = resource::of(kind).and_then(|resource| resource.fields().get(*index));
            let Some((field, value)) = field.and_then(|field| Some((field, of_name(field, value, sh)?))) else {
                return true;
            };
            let Some(set) = many::set(field, &value) else { return true };
            let shown = match &value {
                Value::Absent => t.bulk_empty.to_owned(),
                value => show::full(value, field, sh),
            };
            let what = format!("{} = {shown}", field.label.get(sh.lang));
            sh.again = Some(Again::Set(kind, *index, value));
            ask(what, chosen, Act::SetField(set), sh);
        }
        _ => return false,
    }
    true
}

fn ask(what: String, chosen: Chosen, act: Act, sh: &mut Shared) {
    let action = BulkAction { action: Some(act) };
    let plan = Plan { owner: chosen.screen, what, selection: chosen.selection, action, tell: false };
    let bulk = Bulk::ask(plan, sh);
    sh.overlays.push(Overlay::Bulk(Box::new(bulk)));
}

/// Which field is to be set.
fn which_field(screen: ScreenId, kind: Kind, sh: &mut Shared) {
    let Some(resource) = resource::of(kind) else { return };
    let fields = many::settable(resource)
        .filter(|(_, field)| field.needs.is_none_or(|right| sh.can(right)))
        .map(|(_, field)| (Value::Text(field.label.get(sh.lang).to_owned()), field.name.to_owned()))
        .collect();
    let title = sh.t().bulk_which;
    let picker = Picker::given(sh, screen, Ask::Which, title, fields);
    sh.overlays.push(Overlay::Picker(picker));
}

/// What the field is set to: picked, or typed.
fn new_value(screen: ScreenId, resource: &'static dyn Resource, index: usize, sh: &mut Shared) {
    let Some(field) = resource.fields().get(index) else { return };
    let (ask, title) = (Ask::Set(index), field.label.get(sh.lang));
    let named = |names: Vec<&str>| names.iter().map(|name| (Value::Text((*name).to_owned()), String::new())).collect();
    let source = match field.input {
        Input::Choice { dictionary } => Source::Choices(dictionary),
        Input::User => Source::Users,
        Input::Customer => Source::Customers,
        Input::Link(kind) => Source::Records(kind),
        Input::Fixed(_) | Input::Flag => {
            let names = names(field, sh).into_iter().map(|(name, _)| name).collect();
            let picker = Picker::given(sh, screen, ask, title, named(names));
            sh.overlays.push(Overlay::Picker(picker));
            return;
        }
        _ => {
            sh.overlays.push(Overlay::Words(Words::of_field(screen, ask, title, field)));
            return;
        }
    };
    let picker = Overlay::picker(sh, screen, ask, title, source);
    sh.overlays.push(picker);
}

/// The names of a fixed set's values.
fn names(field: &Field, sh: &Shared) -> Vec<(&'static str, Value)> {
    match field.input {
        Input::Fixed(items) => {
            items.iter().enumerate().map(|(i, item)| (item.label.get(sh.lang), Value::Fixed(i))).collect()
        }
        Input::Flag => vec![(sh.t().yes, Value::Flag(true)), (sh.t().no, Value::Flag(false))],
        _ => Vec::new(),
    }
}

/// The value that was picked by its name.
fn of_name(field: &Field, value: &Value, sh: &Shared) -> Option<Value> {
    match value {
        Value::Text(name) if matches!(field.input, Input::Fixed(_) | Input::Flag) => {
            names(field, sh).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
        }
        value => Some(value.clone()),
    }
}
