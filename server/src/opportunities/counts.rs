//! How many opportunities each view holds, and what waits for a person.

use rolo_proto::v1::{self as pb, OpportunityView};

use super::{list::List, plan};
use crate::{
    authz::Permission,
    db::list::TIME,
    error::{Error, Result},
    rpc::guard::View,
};

/// How many opportunities each view holds for this person, each up to a bound.
///
/// # Errors
/// The database's.
pub fn views(view: &View<'_>) -> Result<Vec<pb::count_opportunity_views_response::Count>> {
    const VIEWS: [OpportunityView; 11] = [
        OpportunityView::All,
        OpportunityView::Open,
        OpportunityView::Unassigned,
        OpportunityView::Mine,
        OpportunityView::DueThisWeek,
        OpportunityView::Stagnating,
        OpportunityView::Won,
        OpportunityView::Lost,
        OpportunityView::Incomplete,
        OpportunityView::RecycleBin,
        OpportunityView::New,
    ];
    let mut counts = Vec::new();
    for shown in VIEWS {
        let filter = pb::OpportunityFilter { view: shown.into(), ..pb::OpportunityFilter::default() };
        let request = pb::ListOpportunitiesRequest { filter: Some(filter), ..pb::ListOpportunitiesRequest::default() };
        let total = match List::new(view, &request) {
            // Five of them are counted, in the time of a page.
            Ok(list) => list.total_in_share(view.tx, 5)?,
            Err(Error::Forbidden(_)) => continue,
            Err(error) => return Err(error),
        };
        counts.push(pb::count_opportunity_views_response::Count { view: shown.into(), total: Some(total) });
    }
    Ok(counts)
}

/// What waits for the caller, each count up to a bound.
///
/// # Errors
/// The database's.
pub fn work(view: &View<'_>) -> Result<pb::CountWorkResponse> {
    // Five of them are counted, in the time of a page.
    const SHARE: u32 = 5;
    let total = |(count, at_least)| Some(pb::Total { count, at_least });
    let steps = |due: pb::StepView| -> Result<Option<pb::Total>> {
        let request = pb::ListPlanStepsRequest { view: due.into(), mine: true, ..pb::ListPlanStepsRequest::default() };
        Ok(total(plan::walk(view, &request)?.count_within(view.tx, TIME / SHARE)?))
    };
    let shown = |shown: pb::OpportunityView| -> Result<Option<pb::Total>> {
        let filter = pb::OpportunityFilter { view: shown.into(), ..pb::OpportunityFilter::default() };
        let request = pb::ListOpportunitiesRequest { filter: Some(filter), ..pb::ListOpportunitiesRequest::default() };
        List::new(view, &request)?.total_in_share(view.tx, SHARE).map(Some)
    };
    let assigns = view.actor.scope(Permission::OpportunityAssign).is_some();
    Ok(pb::CountWorkResponse {
        steps_today: steps(pb::StepView::Today)?,
        steps_overdue: steps(pb::StepView::Overdue)?,
        steps_next_7_days: steps(pb::StepView::Next7Days)?,
        new_assignments: shown(pb::OpportunityView::New)?,
        unassigned: if assigns { shown(pb::OpportunityView::Unassigned)? } else { None },
        stagnating: shown(pb::OpportunityView::Stagnating)?,
    })
}
