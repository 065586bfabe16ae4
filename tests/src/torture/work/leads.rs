//! Opportunities of a client's own: recorded, assigned by several at once or many at once, planned, won, given up, and
//! taken back.

use futures::future::join;
use rolo_proto::v1::{self as pb, Kind, OpportunityStatus, bulk_action as act};
use rolo_tui::data::importer::Cancel;

use super::{Entry, Mark, Outcome, Worker, attempts, expected};
use crate::ask::{lead, mask};

/// Opportunities that a client has in hand at most.
const LEADS: u64 = 5;

/// Whom an opportunity can be given to, and why it can be given up.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    /// Who all the clients are: what is to be developed must be theirs.
    pub me: i64,
    /// Two more account managers.
    pub others: [i64; 2],
    /// A close reason.
    pub reason: i64,
}

/// An opportunity of this client's own; nobody else writes it.
pub(super) struct Lead {
    id: i64,
    /// The operation of its last move, to be taken back.
    operation_id: i64,
    /// A step without result.
    step: i64,
}

impl Lead {
    /// One that nobody has moved so far.
    pub(super) fn new(id: i64) -> Self {
        Self { id, operation_id: 0, step: 0 }
    }
}

impl Worker {
    /// Writes one thing about an opportunity.
    pub(super) async fn pursue(&mut self) {
        let few = (self.leads.len() as u64) < LEADS && self.random.below(5) == 0;
        let chosen = self.random.below(self.leads.len() as u64) as usize;
        let Some(lead) = self.leads.get(chosen).filter(|_| !few) else { return self.record().await };
        let (id, operation_id, step) = (lead.id, lead.operation_id, lead.step);
        let request = pb::GetOpportunityRequest { id, ..Default::default() };
        let seen = self.client.call(request, |c, r| async move { c.opportunities().get_opportunity(r).await }).await;
        let Ok(seen): Result<pb::Opportunity, _> = seen else { return };
        let mine = seen.assignee.as_ref().is_some_and(|user| user.id == self.choices.me);
        let turn = self.random.below(12);
        match seen.status() {
            _ if turn < 2 && operation_id > 0 => self.back(operation_id).await,
            OpportunityStatus::Unassigned if turn < 5 => self.assign_all().await,
            OpportunityStatus::Unassigned => self.contest(id, seen.revision).await,
            OpportunityStatus::Assigned if !mine => self.reassign(id, seen.revision).await,
            OpportunityStatus::Assigned => match turn {
                ..6 if step == 0 => self.plan(id).await,
                ..8 if step > 0 => self.carry_out(id, step).await,
                ..10 => self.win(id, seen.revision).await,
                _ => self.fail(id, seen.revision).await,
            },
            _ => self.leads.retain(|lead| lead.id != id),
        }
    }

    /// Remembers the operation that moved an opportunity; one of which nobody knows is left alone.
    fn moved(&mut self, id: i64, operation_id: Option<i64>) {
        match (self.history.last().map(|entry| &entry.outcome), operation_id) {
            (Some(Outcome::Unknown), _) => self.leads.retain(|lead| lead.id != id),
            (_, Some(operation_id)) => {
                let own = self.leads.iter_mut().filter(|lead| lead.id == id);
                own.for_each(|lead| lead.operation_id = operation_id);
            }
            (_, None) => {}
        }
    }

    /// Takes the last move of an opportunity back, and of all that were moved with it.
    async fn back(&mut self, operation_id: i64) {
        self.take_back(operation_id).await;
        let moved: Vec<_> =
            self.leads.iter().filter(|lead| lead.operation_id == operation_id).map(|lead| lead.id).collect();
        moved.into_iter().for_each(|id| self.moved(id, Some(0)));
    }

    async fn record(&mut self) {
        let (name, request_id) = (self.fresh("L"), self.fresh("r"));
        let input = pb::OpportunityInput {
            // A third without: it is counted as unknown.
            expected_amount: Some(self.random.below(900_000) as i64).filter(|amount| amount % 3 > 0),
            success_rate: Some(self.random.below(101) as i32),
            expected_close_at: format!("2026-{:02}-15", 11 + self.random.below(2)),
            linkman: "陈总".into(),
            ..lead(&name)
        };
        let request = pb::CreateOpportunityRequest {
            opportunity: Some(input),
            request_id: request_id.clone(),
            ..Default::default()
        };
        let mark = Mark::Named(Kind::Opportunity, name);
        let run = |c: super::Client, r| async move { c.opportunities().create_opportunity(r).await };
        let done: Option<pb::CreateOpportunityResponse> =
            self.call(request, &request_id, "CreateOpportunity", mark, run).await;
        let id = done.and_then(|made| made.opportunity).map(|opportunity| opportunity.id);
        self.acknowledged(id);
        self.leads.extend(id.map(Lead::new));
    }

    /// Gives an opportunity to two people at once: one of them gets it.
    async fn contest(&mut self, id: i64, revision: i64) {
        let other = self.choices.others[self.random.below(2) as usize];
        let requests = [self.choices.me, other].map(|assignee_id| pb::AssignOpportunityRequest {
            id,
            assignee_id,
            revision,
            request_id: self.fresh("r"),
        });
        let [mine, theirs] = requests.clone().map(|request| {
            attempts(&self.client, request, |c, r| async move { c.opportunities().assign_opportunity(r).await })
        });
        let (mine, theirs): ((Option<pb::Opportunity>, _), _) = join(mine, theirs).await;
        for (request, (answer, outcome)) in requests.into_iter().zip([mine, theirs]) {
            let mark = Mark::Verb(Kind::Opportunity, id, "assign");
            let (request_id, method) = (request.request_id, "AssignOpportunity");
            self.history.push(Entry { request_id, method, mark, outcome, create: None });
            self.moved(id, answer.map(|done| done.operation_id));
        }
    }

    /// All of the client's opportunities to one person, each by itself: what is somebody's already is refused.
    async fn assign_all(&mut self) {
        let assignee_id = [self.choices.me, self.choices.others[0]][self.random.below(2) as usize];
        let (ids, request_id) = (self.leads.iter().map(|lead| lead.id).collect::<Vec<_>>(), self.fresh("r"));
        let assign = act::Action::Assign(act::Assign { assignee_id, shares: Vec::new() });
        let request = pb::RunBulkRequest {
            selection: Some(pb::Selection { kind: Kind::Opportunity.into(), ids, filter: None }),
            action: Some(pb::BulkAction { action: Some(assign) }),
            request_id: request_id.clone(),
            ..Default::default()
        };
        let (mut told, mut outcome) = (None, Outcome::Unknown);
        match self.client.run_bulk(request, &Cancel::default(), |_| {}).await {
            Ok(done) => {
                told = Some(done.done);
                outcome = Outcome::Ok(done.operation_id);
                if let Some(wrong) = done.results.iter().find(|one| one.reason != "INVALID_STATE") {
                    outcome = Outcome::Refused(format!("{} for one", wrong.reason));
                }
            }
            Err(failure) if !expected(&failure) => outcome = Outcome::Refused(failure.reason.code().into()),
            Err(_) => {}
        }
        match &outcome {
            Outcome::Ok(operation_id) if told > Some(0) => {
                self.leads.iter_mut().for_each(|lead| lead.operation_id = *operation_id);
            }
            Outcome::Unknown => self.leads.clear(),
            _ => {}
        }
        let mark = Mark::Assigned(told);
        self.history.push(Entry { request_id, method: "RunBulk", mark, outcome, create: None });
    }

    /// One move of an opportunity, and how it ended.
    async fn step_on<Req, F, Fut>(
        &mut self,
        id: i64,
        method: &'static str,
        verb: &'static str,
        request: impl FnOnce(String) -> Req,
        run: F,
    ) where
        Req: Clone,
        F: Fn(super::Client, Req) -> Fut,
        Fut: Future<Output = Result<tonic::Response<pb::Opportunity>, tonic::Status>>,
    {
        let request_id = self.fresh("r");
        let mark = Mark::Verb(Kind::Opportunity, id, verb);
        let done = self.call(request(request_id.clone()), &request_id, method, mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        self.moved(id, done.map(|done| done.operation_id));
    }

    async fn reassign(&mut self, id: i64, revision: i64) {
        let assignee_id = self.choices.me;
        let request = |request_id| pb::ReassignOpportunityRequest { id, assignee_id, revision, request_id };
        let run = |c: super::Client, r| async move { c.opportunities().reassign_opportunity(r).await };
        self.step_on(id, "ReassignOpportunity", "reassign", request, run).await;
    }

    async fn fail(&mut self, id: i64, revision: i64) {
        let (close_reason_id, close_text) = (self.choices.reason, "太贵".to_owned());
        let request = |request_id| pb::FailOpportunityRequest { id, revision, close_reason_id, close_text, request_id };
        let run = |c: super::Client, r| async move { c.opportunities().fail_opportunity(r).await };
        self.step_on(id, "FailOpportunity", "fail", request, run).await;
    }

    /// Its customer and the contact are made with it.
    async fn win(&mut self, id: i64, revision: i64) {
        let request = |request_id| pb::SucceedOpportunityRequest { id, revision, request_id, ..Default::default() };
        let run = |c: super::Client, r| async move {
            let won = c.opportunities().succeed_opportunity(r).await?;
            Ok(won.map(|won| won.opportunity.unwrap_or_default()))
        };
        self.step_on(id, "SucceedOpportunity", "succeed", request, run).await;
    }

    async fn plan(&mut self, opportunity_id: i64) {
        let (todo, request_id) = (self.fresh("P"), self.fresh("r"));
        let step = pb::PlanStepInput {
            opportunity_id,
            plan_date: "2026-11-20".into(),
            todo: todo.clone(),
            ..Default::default()
        };
        let request = pb::CreatePlanStepRequest { step: Some(step), request_id: request_id.clone() };
        let mark = Mark::Named(Kind::PlanStep, todo);
        let run = |c: super::Client, r| async move { c.opportunities().create_plan_step(r).await };
        let done: Option<pb::PlanStep> = self.call(request, &request_id, "CreatePlanStep", mark, run).await;
        self.acknowledged(done.as_ref().map(|step| step.id));
        self.planned(opportunity_id, done.map(|step| step.id));
    }

    /// The result of a step.
    async fn carry_out(&mut self, opportunity_id: i64, id: i64) {
        let request_id = self.fresh("r");
        let request = pb::UpdatePlanStepRequest {
            id,
            step: Some(pb::PlanStepInput { result: "已报价".into(), ..Default::default() }),
            update_mask: mask(&["result"]),
            request_id: request_id.clone(),
            ..Default::default()
        };
        let mark = Mark::Verb(Kind::PlanStep, id, "record");
        let run = |c: super::Client, r| async move { c.opportunities().update_plan_step(r).await };
        let done: Option<pb::PlanStep> = self.call(request, &request_id, "UpdatePlanStep", mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        self.planned(opportunity_id, done.map(|_| 0));
    }

    /// The open step of an opportunity is this one now, 0 if it has none.
    fn planned(&mut self, id: i64, step: Option<i64>) {
        self.moved(id, None);
        let own = self.leads.iter_mut().filter(|lead| lead.id == id);
        own.for_each(|lead| lead.step = step.unwrap_or(lead.step));
    }
}
