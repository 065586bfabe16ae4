//! Decisions about opportunities and their plan steps: assign, withdraw, win, lose, reopen; a step's day and result.

use rolo_proto::v1::{Action as Right, Capability, Kind, OpportunityStatus as Status, UserRef};

use super::{Subject, run};
use crate::{
    app::{
        effect::{Request, ScreenId, Target},
        shared::{Again, Nav, Shared, allows},
    },
    data::opportunity::Move,
    keys::Action,
    overlay::{Overlay, picker::Source},
    resource::{self, Changes, Record, Value, WriteOptions, parse},
    screen::{Answer, Ask, show},
    strings::fill,
};

/// What can be decided about an opportunity or a step, the most wanted first.
pub fn actions(record: &Record) -> Vec<Action> {
    let offered: &[(Right, Action)] = match record.kind {
        Kind::Opportunity => &[
            (Right::Assign, Action::Assign),
            (Right::Succeed, Action::Succeed),
            (Right::Fail, Action::Lose),
            (Right::Reopen, Action::Reopen),
            (Right::Withdraw, Action::Withdraw),
        ],
        Kind::PlanStep => &[(Right::RecordResult, Action::Done), (Right::Edit, Action::Snooze)],
        _ => &[],
    };
    offered.iter().filter(|(right, _)| allows(record, *right)).map(|(_, action)| *action).collect()
}

/// Why an opportunity does not allow a decision of its own, and who may or what comes first; none: it is no such decision.
pub fn why_not(action: Action, record: &Record, sh: &Shared) -> Option<String> {
    let (t, name) = (sh.t(), action.label().get(sh.lang));
    let supervisors = matches!(action, Action::Assign | Action::Withdraw | Action::Reopen);
    if record.kind != Kind::Opportunity || !(supervisors || matches!(action, Action::Succeed | Action::Lose)) {
        return None;
    }
    if supervisors && !sh.can(Capability::OpportunityAssign) {
        return Some(fill(t.for_supervisors, &[&name]));
    }
    let said = |field| resource::of(record.kind).map_or_else(String::new, |r| show::named(record, r, field, sh));
    Some(match (action, resource::opportunity_status(record)) {
        (_, Status::Deleted) => fill(t.in_state, &[&name, &said("status")]),
        (Action::Reopen, _) => fill(t.not_lost, &[&name]),
        (_, Status::Unassigned) => fill(t.not_assigned, &[&name]),
        (_, Status::Assigned) => fill(t.for_assignee, &[&name, &said("assignee")]),
        _ => fill(t.in_state, &[&name, &said("status")]),
    })
}

/// Where Enter on a record leads: a step is seen in its plan.
pub fn opened(record: &Record) -> Nav {
    let plan = record.values.iter().find_map(|value| match value {
        Value::Link(link) if record.kind == Kind::PlanStep => Some(Nav::Plan(link.id, link.label.clone())),
        _ => None,
    });
    plan.unwrap_or_else(|| Nav::Detail(record.kind, record.id, record.label.clone()))
}

/// Asks for a decision that is not the same for all kinds; false if it is none of these.
pub fn act(action: Action, subject: &Subject<'_>, sh: &mut Shared) -> bool {
    let (screen, record, t) = (subject.screen, subject.record, sh.t());
    match (record.kind, action) {
        (Kind::Opportunity, Action::Assign) => {
            let picker = Overlay::picker(sh, screen, Ask::Assign, t.assign_to, Source::Assignees);
            sh.overlays.push(picker);
        }
        (Kind::Opportunity, Action::Withdraw) => {
            sh.again = Some(Again::Act(action));
            decide(subject, Move::Withdraw, sh);
        }
        (Kind::Opportunity, Action::Succeed) => sh.nav.push(Nav::Win(Box::new(record.clone()))),
        (Kind::Opportunity, Action::Lose) => {
            let picker = Overlay::picker(sh, screen, Ask::Lose, t.lose_why, Source::Choices("close_reason"));
            sh.overlays.push(picker);
        }
        (Kind::Opportunity, Action::Reopen) => {
            sh.overlays.push(Overlay::words(screen, Ask::Reopen, t.reopen_why, "", false));
        }
        (Kind::PlanStep, Action::Done) => {
            let result = named(record, "result");
            sh.overlays.push(Overlay::words(screen, Ask::Result, t.step_result, &result, false));
        }
        (Kind::PlanStep, Action::Snooze) => {
            sh.overlays.push(Overlay::words(screen, Ask::Snooze, t.step_moves_to, "", true));
        }
        _ => return false,
    }
    true
}

fn named(record: &Record, name: &str) -> String {
    match resource::of(record.kind).map(|r| show::value(record, r, name)) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn decide(subject: &Subject<'_>, decision: Move, sh: &mut Shared) {
    let target = subject.targets.iter().find(|t| t.id == subject.record.id).cloned();
    if let Some(target) = target {
        run(subject.screen, Request::Opportunity(target, decision), sh);
    }
}

/// The assignee was picked: of what is unassigned it is the first, else another.
pub fn assign(screen: ScreenId, record: &Record, target: Option<Target>, user: &UserRef, sh: &mut Shared) {
    let Some(target) = target else { return };
    sh.again = Some(Again::Assign(Value::User(user.clone())));
    let decision = if allows(record, Right::Assign) { Move::Assign(user.id) } else { Move::Reassign(user.id) };
    run(screen, Request::Opportunity(target, decision), sh);
}

/// An answer about an opportunity or a step.
pub fn answer(screen: ScreenId, record: &Record, target: Option<Target>, answer: Answer, sh: &mut Shared) {
    match (record.kind, answer) {
        (Kind::Opportunity, Answer::Picked(Ask::Lose, Value::Choice(reason))) => {
            let title = fill(sh.t().lose_text, &[&show::choice(&reason, sh.lang)]);
            sh.overlays.push(Overlay::words(screen, Ask::LoseText(reason.id), &title, "", false));
        }
        (Kind::Opportunity, Answer::Words(Ask::LoseText(reason), text, _)) => {
            lose(screen, record, target, reason, text, sh);
        }
        (Kind::Opportunity, Answer::Words(Ask::Reopen, why, _)) => {
            let subject = Subject { screen, record, targets: target.into_iter().collect() };
            decide(&subject, Move::Reopen(why), sh);
        }
        (Kind::PlanStep, Answer::Words(Ask::Result, result, _)) => {
            change(screen, record, target, "result", Value::Text(result), sh);
        }
        _ => {}
    }
}

/// It is given up, for a reason.
pub fn lose(screen: ScreenId, record: &Record, target: Option<Target>, reason: i64, text: String, sh: &mut Shared) {
    sh.again = Some(Again::Lose(reason, text.clone()));
    let subject = Subject { screen, record, targets: target.into_iter().collect() };
    decide(&subject, Move::Fail(reason, text), sh);
}

/// A step moves to the day of this time.
pub fn move_step(screen: ScreenId, record: &Record, target: Option<Target>, to: i64, sh: &mut Shared) {
    change(screen, record, target, "plan_date", Value::Date(parse::day_of(to, sh.zone)), sh);
}

fn change(screen: ScreenId, record: &Record, target: Option<Target>, name: &str, value: Value, sh: &mut Shared) {
    let field = resource::of(record.kind).and_then(|r| r.fields().iter().position(|f| f.name == name));
    let (Some(field), Some(target)) = (field, target) else { return };
    let (values, options) = changes(record, vec![(field, value)], target.request_id);
    run(screen, Request::Update(record.kind, record.id, values, options), sh);
}

/// Changes of a record with what was seen of them.
pub fn changes(record: &Record, values: Changes, request_id: String) -> (Changes, WriteOptions) {
    let seen = values.iter().map(|(i, _)| (*i, record.values.get(*i).cloned().unwrap_or_default())).collect();
    (values, WriteOptions { request_id, revision: record.revision, seen, ..WriteOptions::default() })
}

/// What was done, in words.
pub fn said(decision: &Move, record: &Record, sh: &Shared) -> String {
    let t = sh.t();
    match decision {
        Move::Assign(_) | Move::Reassign(_) => {
            let assignee = resource::of(record.kind).map(|r| show::named(record, r, "assignee", sh));
            fill(t.assigned_said, &[&record.label, &assignee.unwrap_or_default()])
        }
        Move::Withdraw => fill(t.withdrawn_said, &[&record.label]),
        Move::Fail(..) => fill(t.lost_said, &[&record.label]),
        Move::Reopen(_) => fill(t.reopened_said, &[&record.label]),
        Move::Succeed(_) => fill(t.won_said, &[&record.label]),
    }
}
