//! The list of opportunities: how a request becomes a walk through them, or through what a search finds.

use rolo_proto::v1::{self as pb, OpportunitySort, OpportunityStatus, OpportunityView};

use super::{
    derive,
    read::{self, Judged},
    shown::{condition, is_without_steps, own_order, sort_key, sorted, states},
    totals,
};
use crate::{
    authz::{Actor, Permission, Scope},
    clock::{DAY, Millis},
    db::{
        Tx,
        list::{EXAMINED, Key, Position, Slice, TIME, Walk, among, bounded},
        search,
        sql::Sql,
    },
    error::{Error, Fault, Result},
    rpc::{
        guard::View,
        page::{Binding, size},
    },
};

/// An owner's open opportunities drive the list if they are at most so many, whatever its order.
const FEW: i64 = 2_000;
/// Hits of a search that one call looks at one by one.
const HITS: usize = 2_000;

/// An assignment is new for so long.
const NEW: Millis = 7 * DAY;

/// The list that a request describes.
#[derive(Debug)]
pub struct List {
    walk: Walk,
    query: Option<search::Query>,
    /// Sums that are kept of just these, if any are.
    kept: Option<Sql>,
}

/// Whether somebody reads their own alone.
fn is_own(actor: &Actor) -> bool {
    actor.scope(Permission::OpportunityRead) == Some(Scope::Own)
}

/// Whose opportunities a list is of; empty: everybody's.
fn owners(actor: &Actor, shown: OpportunityView, filter: &pb::OpportunityFilter) -> Vec<i64> {
    match matches!(shown, OpportunityView::Mine | OpportunityView::New) || is_own(actor) {
        true => vec![actor.user_id],
        false => filter.assignee_ids.clone(),
    }
}

impl List {
    /// Reads a request.
    ///
    /// # Errors
    /// `VALIDATION` for values outside the enums or dates that are none; `FORBIDDEN` for the recycle bin without the
    /// right to delete.
    pub fn new(view: &View<'_>, request: &pb::ListOpportunitiesRequest) -> Result<Self> {
        let filter = request.filter.clone().unwrap_or_default();
        let unknown = |field: &str| Error::field(field, Fault::UnknownField);
        let shown = OpportunityView::try_from(filter.view).map_err(|_| unknown("view"))?;
        let sort = OpportunitySort::try_from(request.order_by).map_err(|_| unknown("order_by"))?;
        let lists = [
            &filter.assignee_ids,
            &filter.creator_ids,
            &filter.stage_ids,
            &filter.lead_source_ids,
            &filter.product_ids,
        ];
        bounded(lists.map(Vec::len).into_iter().chain([filter.statuses.len()]))?;
        if shown == OpportunityView::RecycleBin {
            view.actor.require(Permission::OpportunityDelete)?;
        }
        let (mut key, mut descending) = match sort {
            OpportunitySort::Unspecified => own_order(shown),
            // Only what is developed has next steps.
            OpportunitySort::NextStepAt if is_without_steps(shown) => own_order(shown),
            sort => (sort_key(sort), false),
        };
        if shown == OpportunityView::RecycleBin {
            // What is deleted is in no other order's index.
            (key, descending) = ("o.deleted_at", true);
        }
        let owners = owners(view.actor, shown, &filter);
        let free = sort == OpportunitySort::Unspecified && key == "o.created_at" && owners.len() != 1;
        if filter.close_none && (free || key == "o.close_rank") {
            // What has no date stands together in the index of dates, there by number: the newest last.
            key = "o.id";
        }
        let mut walk = Walk {
            from: Sql::new("FROM opportunity o WHERE "),
            hit: Sql::new("1"),
            key,
            id: "o.id",
            descending: descending != request.descending,
            among: among(&filter.ids)?,
        };
        let (condition, indexed) = condition(shown, key);
        // What one person lacks is looked for among theirs.
        let indexed = indexed && !(shown == OpportunityView::Incomplete && owners.len() == 1);
        if shown == OpportunityView::RecycleBin {
            walk.from.push(condition);
        } else {
            walk.from.push("o.deleted_at IS NULL");
            if indexed {
                walk.from.push(" AND ").push(condition);
            } else {
                walk.hit.push(" AND ").push(condition);
            }
        }
        let whole = filter == pb::OpportunityFilter { view: filter.view, ..pb::OpportunityFilter::default() };
        let kept = states(shown).filter(|_| whole).map(|states| totals::of_states(view.actor, &owners, states));
        let mut list = Self { walk, query: None, kept: kept.transpose()? };
        let driven = list.add_owners(view, shown, &owners, &filter)?;
        list.add_view(view, shown, driven);
        list.add_end(&filter, driven);
        list.add_tests(&filter)?;
        if filter.close_none {
            let test = if driven || key != "o.id" { &mut list.walk.hit } else { &mut list.walk.from };
            test.push(" AND o.close_rank = ").bind(derive::NO_DATE);
        }
        list.query = search::Query::parse(&filter.search);
        Ok(list)
    }

    /// The scope of reading, as the predicate that fits [`Actor::reaches`], and whose opportunities are asked for: one
    /// person's few drive the list, which is answered.
    fn add_owners(
        &mut self,
        view: &View<'_>,
        shown: OpportunityView,
        owners: &[i64],
        filter: &pb::OpportunityFilter,
    ) -> Result<bool> {
        if !filter.assignee_ids.is_empty() {
            self.walk.hit.push(" AND o.assignee_id IN ").bind_list(filter.assignee_ids.iter().copied());
        }
        let mut driven = false;
        match owners {
            // A customer has fewer than a person.
            [one]
                if shown != OpportunityView::RecycleBin && filter.customer_id == 0 && self.drives(view.tx, *one)? =>
            {
                self.walk.from.push(" AND o.owner_id = ").bind(*one);
                driven = true;
            }
            [] => {}
            many => {
                self.walk.hit.push(" AND o.owner_id IN ").bind_list(many.iter().copied());
            }
        }
        if !is_own(view.actor) {
            add_scope(&mut self.walk.hit, view.actor);
        }
        Ok(driven)
    }

    /// Whether an owner's opportunities come in the order asked for, or are few enough to sort.
    fn drives(&mut self, tx: &Tx<'_>, owner_id: i64) -> Result<bool> {
        if matches!(self.walk.key, "o.due_rank" | "o.progress_at" | "o.closed_at" | "o.created_at") {
            return Ok(true);
        }
        let count: i64 = tx.query_one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM opportunity WHERE owner_id = ?1 AND deleted_at IS NULL LIMIT ?2)",
            [owner_id, FEW + 1],
            |row| row.get(0),
        )?;
        if count <= FEW {
            self.walk.key = sorted(self.walk.key);
        }
        Ok(count <= FEW)
    }

    fn add_view(&mut self, view: &View<'_>, shown: OpportunityView, driven: bool) {
        let judged = Judged::at(view.now, view.settings);
        match shown {
            OpportunityView::Mine => {
                self.walk.hit.push(" AND o.assignee_id = ").bind(view.actor.user_id);
            }
            OpportunityView::New => {
                self.walk.hit.push(" AND o.assignee_id = ").bind(view.actor.user_id);
                self.walk.hit.push(" AND o.steps = 0 AND o.assigned_at >= ").bind(view.now - NEW);
                if self.walk.key == "o.progress_at" && !driven {
                    // Progress is no earlier than the assignment: the index is walked from there on. A person's own has
                    // few more, and with two bounds the engine would pick everybody's.
                    self.walk.from.push(" AND o.progress_at >= ").bind(view.now - NEW);
                }
            }
            OpportunityView::DueThisWeek => {
                let end = end_of_week(&judged.today);
                let test = if self.walk.key == "o.due_rank" { &mut self.walk.from } else { &mut self.walk.hit };
                test.push(" AND o.due_rank <= ").bind(end.as_str());
            }
            OpportunityView::Stagnating => {
                // As `rules::concerns` says it: a date that has passed, or no progress for too long.
                self.walk.hit.push(" AND (o.due_rank < ").bind(judged.today.as_str());
                self.walk.hit.push(" OR o.progress_at < ").bind(judged.cut).push(")");
            }
            _ => {}
        }
    }

    /// When it ended: bounds of the walk itself where its index is by that, but for one person's, which are few.
    fn add_end(&mut self, filter: &pb::OpportunityFilter, driven: bool) {
        let walked = self.walk.key == "o.closed_at" && !driven;
        let test = if walked { &mut self.walk.from } else { &mut self.walk.hit };
        for (words, at) in [(" AND o.closed_at >= ", filter.ended_from), (" AND o.closed_at < ", filter.ended_to)] {
            if let Some(at) = at {
                test.push(words).bind(at);
            }
        }
    }

    fn add_tests(&mut self, filter: &pb::OpportunityFilter) -> Result<()> {
        let hit = &mut self.walk.hit;
        if !filter.statuses.is_empty() {
            // As an opportunity shows it: what is deleted is in no other state.
            let deleted = filter.statuses.contains(&(OpportunityStatus::Deleted as i32));
            hit.push(" AND (o.deleted_at IS NULL AND o.status IN ");
            hit.bind_list(filter.statuses.iter().map(|status| i64::from(*status)));
            hit.push(if deleted { " OR o.deleted_at IS NOT NULL)" } else { ")" });
        }
        let mut any_of = |words: &'static str, ids: &[i64]| {
            if !ids.is_empty() {
                hit.push(words).bind_list(ids.iter().copied());
            }
        };
        any_of(" AND o.created_by IN ", &filter.creator_ids);
        any_of(" AND COALESCE(o.stage_id, 0) IN ", &filter.stage_ids);
        any_of(" AND COALESCE(o.lead_source_id, 0) IN ", &filter.lead_source_ids);
        any_of(" AND o.product_id IN ", &filter.product_ids);
        if filter.customer_id > 0 {
            // A customer has few of them, which drive the list.
            self.walk.from.push(" AND o.customer_id = ").bind(filter.customer_id);
        }
        for (words, number) in [
            (" AND o.amount_rank >= ", filter.amount_from),
            (" AND o.amount_rank > 0 AND o.amount_rank <= ", filter.amount_to),
            (" AND o.rate_rank >= ", filter.rate_from.map(i64::from)),
            (" AND o.created_at >= ", filter.created_from),
            (" AND o.created_at < ", filter.created_to),
        ] {
            if let Some(number) = number {
                hit.push(words).bind(number);
            }
        }
        for (field, words, date) in [
            ("close_from", " AND o.close_rank >= ", &filter.close_from),
            ("close_to", " AND o.close_rank <= ", &filter.close_to),
        ] {
            if !date.is_empty() {
                chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d")
                    .map_err(|_| Error::field(field, Fault::Malformed("date")))?;
                hit.push(words).bind(date.as_str());
            }
        }
        if !filter.close_from.is_empty() && filter.close_to.is_empty() {
            hit.push(" AND o.close_rank < ").bind(derive::NO_DATE);
        }
        if !filter.external_id.is_empty() {
            hit.push(" AND o.external_id = ").bind(filter.external_id.as_str());
        }
        Ok(())
    }

    /// The next page.
    ///
    /// # Errors
    /// The database's.
    pub fn page(&self, tx: &Tx<'_>, after: Option<&Position>, size: usize) -> Result<Slice> {
        match &self.query {
            None => self.walk.page(tx, after, size, 0, |_| Ok(true)),
            Some(query) => query.page(tx, &search::OPPORTUNITIES, &self.walk, after, size),
        }
    }

    /// Shows each of the next rows to `each`, as many as one call has time for; answers where to go on.
    ///
    /// # Errors
    /// The database's, and what `each` answers.
    pub fn each(
        &self,
        tx: &Tx<'_>,
        after: Option<&Position>,
        mut each: impl FnMut(i64) -> Result<()>,
    ) -> Result<Option<Position>> {
        let Some(query) = &self.query else {
            return Ok(self.walk.page(tx, after, EXAMINED, 0, |id| each(id).map(|()| true))?.next);
        };
        let slice = query.page(tx, &search::OPPORTUNITIES, &self.walk, after, HITS)?;
        slice.ids.into_iter().try_for_each(each)?;
        Ok(slice.next)
    }

    /// What is kept of all of them together; none if nothing is.
    ///
    /// # Errors
    /// The database's.
    pub fn kept(&self, tx: &Tx<'_>) -> Result<Option<pb::Figures>> {
        self.kept.as_ref().map(|kept| kept.one(tx, |row| totals::figures(row, 0))).transpose()
    }

    /// How many there are: all of them where that is kept, otherwise up to a bound.
    ///
    /// # Errors
    /// The database's.
    pub fn total(&self, tx: &Tx<'_>) -> Result<pb::Total> {
        self.total_in_share(tx, 1)
    }

    /// As [`List::total`], in this share of the time that a page may take: one of several counts.
    ///
    /// # Errors
    /// The database's.
    pub fn total_in_share(&self, tx: &Tx<'_>, share: u32) -> Result<pb::Total> {
        if let Some(kept) = self.kept(tx)? {
            return Ok(pb::Total { count: kept.count, at_least: false });
        }
        let (count, at_least) = match &self.query {
            None => self.walk.count_within(tx, TIME / share)?,
            Some(query) => query.count(tx, &search::OPPORTUNITIES, &self.walk)?,
        };
        Ok(pb::Total { count, at_least })
    }

    /// The statement of the first page and of one further on, for looking at how they run.
    pub fn statements(&self) -> [Sql; 2] {
        let text = matches!(self.walk.key, "o.name_key" | "o.close_rank" | "o.next_step_at" | "o.due_rank");
        let key = if text { Key::Text("2026-06-01".into()) } else { Key::Int(1) };
        let after = Position { part: 0, key, id: 1 };
        [self.walk.statement(None, 51), self.walk.statement(Some(&after), 51)]
    }
}

/// One page of opportunities.
///
/// # Errors
/// As [`List::new`].
pub fn page(view: &View<'_>, mut request: pb::ListOpportunitiesRequest) -> Result<pb::ListOpportunitiesResponse> {
    let rows = size(request.page_size, request.export);
    let (token, with_total) = (std::mem::take(&mut request.page_token), request.with_total);
    request.page_size = 0;
    request.with_total = false;
    let binding = Binding::new(view.settings, view.actor, "ListOpportunities", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let list = List::new(view, &request)?;
    let slice = list.page(view.tx, after.as_ref(), rows)?;
    let judged = Judged::at(view.now, view.settings);
    let mut opportunities = Vec::with_capacity(slice.ids.len());
    let mut reader = read::Reader::new(view.tx, view.actor, &judged)?;
    for id in slice.ids {
        opportunities.extend(reader.read(id)?);
    }
    Ok(pb::ListOpportunitiesResponse {
        opportunities,
        next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()),
        total: with_total.then(|| list.total(view.tx)).transpose()?,
    })
}

/// The scope of reading as a test of `o`, the predicate that fits [`Actor::reaches`].
pub fn add_scope(sql: &mut Sql, actor: &Actor) {
    match actor.scope(Permission::OpportunityRead) {
        Some(Scope::All) => {}
        Some(Scope::Own) => {
            sql.push(" AND o.owner_id = ").bind(actor.user_id);
        }
        Some(Scope::Department) => {
            sql.push(" AND (o.owner_id = ").bind(actor.user_id);
            sql.push(" OR (SELECT u.department_id FROM user u WHERE u.id = o.owner_id) IN ");
            sql.bind_list(actor.departments.iter().copied()).push(")");
        }
        None => {
            sql.push(" AND 0");
        }
    }
}

/// The Sunday of a day's week; weeks start on Monday.
fn end_of_week(today: &str) -> String {
    use chrono::Datelike as _;
    chrono::NaiveDate::parse_from_str(today, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.checked_add_days(chrono::Days::new(u64::from(6 - day.weekday().num_days_from_monday()))))
        .map_or_else(|| today.to_owned(), |day| day.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_ends_on_its_sunday() {
        assert_eq!(end_of_week("2026-11-21"), "2026-11-22");
        assert_eq!(end_of_week("2026-11-22"), "2026-11-22");
        assert_eq!(end_of_week("2026-11-23"), "2026-11-29");
    }
}
