//! What is done with an opportunity beside editing it (§4.1, O4–O10): one call each.

use rolo_proto::v1;

use super::{Client, Failure};
use crate::resource::{self, Record};

/// A decision about one opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// O4: to this person; only what is unassigned.
    Assign(i64),
    /// O5: to this other person.
    Reassign(i64),
    /// O6
    Withdraw,
    /// O8: the reason's id, and what happened.
    Fail(i64, String),
    /// O10: why.
    Reopen(String),
    /// O7
    Succeed(Success),
}

/// How an opportunity becomes a customer (§5.3, D9).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Success {
    /// The customer to link; 0: the linked one, or a new one.
    pub customer_id: i64,
    /// The contact's name; empty: as the opportunity has it.
    pub linkman: String,
    /// The contact's telephone; empty: as the opportunity has it.
    pub tel: String,
}

/// An opportunity that was won.
#[derive(Debug, Clone)]
pub struct Won {
    /// As it is now.
    pub opportunity: Record,
    /// The customer that was made or linked.
    pub customer: v1::Customer,
    /// The contact that was made.
    pub contact: Option<v1::Contact>,
    /// Steps without result.
    pub open_steps: Vec<v1::PlanStep>,
}

/// What a decision came to.
#[derive(Debug, Clone)]
pub enum Made {
    /// The opportunity as it is now.
    Changed(Box<Record>),
    /// It was won.
    Won(Box<Won>),
}

/// Makes a decision about the opportunity of this id and revision; `request_id` names the write.
///
/// # Errors
/// Those of the calls: `INVALID_STATE` and `STALE` name who was first.
pub async fn make(
    client: &Client,
    id: i64,
    revision: i64,
    request_id: String,
    decision: Move,
) -> Result<Made, Failure> {
    let changed = match decision {
        Move::Assign(assignee_id) => {
            let request = v1::AssignOpportunityRequest { id, assignee_id, revision, request_id };
            client.call(request, |c, r| async move { c.opportunities().assign_opportunity(r).await }).await?
        }
        Move::Reassign(assignee_id) => {
            let request = v1::ReassignOpportunityRequest { id, assignee_id, revision, request_id };
            client.call(request, |c, r| async move { c.opportunities().reassign_opportunity(r).await }).await?
        }
        Move::Withdraw => {
            let request = v1::WithdrawOpportunityRequest { id, revision, request_id };
            client.call(request, |c, r| async move { c.opportunities().withdraw_opportunity(r).await }).await?
        }
        Move::Fail(close_reason_id, close_text) => {
            let request = v1::FailOpportunityRequest { id, revision, close_reason_id, close_text, request_id };
            client.call(request, |c, r| async move { c.opportunities().fail_opportunity(r).await }).await?
        }
        Move::Reopen(reason) => {
            let request = v1::ReopenOpportunityRequest { id, revision, reason, request_id };
            client.call(request, |c, r| async move { c.opportunities().reopen_opportunity(r).await }).await?
        }
        Move::Succeed(Success { customer_id, linkman, tel }) => {
            let request = v1::SucceedOpportunityRequest { id, revision, customer_id, linkman, tel, request_id };
            let done: v1::SucceedOpportunityResponse =
                client.call(request, |c, r| async move { c.opportunities().succeed_opportunity(r).await }).await?;
            return Ok(Made::Won(Box::new(Won {
                opportunity: resource::opportunity(done.opportunity.unwrap_or_default()),
                customer: done.customer.unwrap_or_default(),
                contact: done.contact,
                open_steps: done.open_steps,
            })));
        }
    };
    Ok(Made::Changed(Box::new(resource::opportunity(changed))))
}

/// Whom a customer's name meets (D8).
///
/// # Errors
/// Those of the call.
pub async fn priors(client: &Client, request: v1::CheckOpportunityRequest) -> Result<Vec<v1::Prior>, Failure> {
    let reply: v1::CheckOpportunityResponse =
        client.call(request, |c, r| async move { c.opportunities().check_opportunity(r).await }).await?;
    Ok(reply.priors)
}
