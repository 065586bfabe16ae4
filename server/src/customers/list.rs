//! The list of customers: views, filters, sort keys, and the way through them for a search.

use rolo_proto::v1::{self as pb, CustomerSort, CustomerStatus, CustomerView};

use crate::{
    authz::{Actor, Permission, Scope},
    clock::{DAY, Millis},
    db::{
        Tx,
        list::{COUNTED, Key, Position, Slice, Walk, among, bounded},
        search,
        sql::Sql,
    },
    error::{Error, Result},
    text,
};

/// Without an interaction for so long a customer shows in the view 未跟进.
const NO_CONTACT: Millis = 30 * DAY;
/// A condition that leaves at most so many customers drives the list, whatever its order.
const FEW: i64 = 2_000;

/// The list that a request describes.
#[derive(Debug)]
pub struct List {
    walk: Walk,
    query: Option<search::Query>,
}

/// The sort keys: expression, whether the view's own order is descending.
fn sort_key(sort: CustomerSort) -> (&'static str, bool) {
    match sort {
        CustomerSort::Unspecified | CustomerSort::Name => ("c.name_key", false),
        CustomerSort::No => ("c.id", false),
        CustomerSort::CreatedAt => ("c.created_at", false),
        CustomerSort::UpdatedAt => ("c.updated_at", false),
        CustomerSort::LastContactAt => ("c.last_contact_at", false),
        CustomerSort::Level => ("c.level_rank", false),
        CustomerSort::Region => ("c.region_rank", false),
        CustomerSort::Satisfaction => ("c.satisfaction_rank", false),
        CustomerSort::Credit => ("c.credit_rank", false),
    }
}

/// The order that a view has when the caller names none.
fn own_order(view: CustomerView) -> (&'static str, bool) {
    match view {
        CustomerView::Recent => ("c.updated_at", true),
        CustomerView::NoContact => ("c.last_contact_at", false),
        CustomerView::RecycleBin => ("c.deleted_at", true),
        _ => ("c.name_key", false),
    }
}

impl List {
    /// Reads a request.
    ///
    /// # Errors
    /// `VALIDATION` for values outside the enums; `FORBIDDEN` for the recycle bin without the right to restore.
    pub fn new(tx: &Tx<'_>, actor: &Actor, now: Millis, request: &pb::ListCustomersRequest) -> Result<Self> {
        let filter = request.filter.clone().unwrap_or_default();
        let unknown = |field: &str| Error::field(field, crate::error::Fault::UnknownField);
        let view = CustomerView::try_from(filter.view).map_err(|_| unknown("view"))?;
        let sort = CustomerSort::try_from(request.order_by).map_err(|_| unknown("order_by"))?;
        let status = CustomerStatus::try_from(filter.status).map_err(|_| unknown("status"))?;
        let lists = [&filter.region_ids, &filter.manager_ids, &filter.level_ids, &filter.classification_ids];
        let stars = [&filter.satisfaction, &filter.credit];
        bounded(lists.map(Vec::len).into_iter().chain(stars.map(Vec::len)))?;
        let (key, descending) = match sort {
            CustomerSort::Unspecified => own_order(view),
            sort => sort_key(sort),
        };
        if view == CustomerView::RecycleBin {
            actor.require(Permission::CustomerRestore)?;
        }
        let mut walk = Walk {
            from: Sql::new("FROM customer c WHERE "),
            hit: Sql::new("1"),
            key,
            id: "c.id",
            descending: descending != request.descending,
            among: among(&filter.ids)?,
        };
        let few = drive(tx, view, &mut walk)?;
        let mut list = Self { walk, query: None };
        if !list.add_managers(tx, actor, (view, few), &filter)? && view != CustomerView::RecycleBin {
            list.add_rare(tx, &filter)?;
        }
        list.add_scope(actor);
        list.add_tests(now, view, status, &filter);
        list.query = search::Query::parse(&filter.search);
        Ok(list)
    }

    /// Whose customers: one person's few drive the list, unless few are in the view, otherwise it is one more test.
    /// Answers whether they drive it.
    fn add_managers(
        &mut self,
        tx: &Tx<'_>,
        actor: &Actor,
        (view, few_in_view): (CustomerView, bool),
        filter: &pb::CustomerFilter,
    ) -> Result<bool> {
        let mut managers = filter.manager_ids.clone();
        let own = actor.scope(Permission::CustomerRead) == Some(Scope::Own);
        if view == CustomerView::Mine || own && managers.is_empty() {
            managers = vec![actor.user_id];
        }
        if matches!(view, CustomerView::Mine | CustomerView::WithoutManager) && !filter.manager_ids.is_empty() {
            self.walk.hit.push(" AND c.manager_id IN ").bind_list(filter.manager_ids.iter().copied());
        }
        let bin = view == CustomerView::RecycleBin;
        match managers.as_slice() {
            _ if view == CustomerView::WithoutManager => {}
            [] => {}
            [one] if !bin && !few_in_view && (self.walk.key == "c.name_key" || few(tx, &of_manager(*one))?) => {
                self.walk.from = Sql::new("FROM customer c WHERE ");
                self.walk.from.append(&of_manager(*one));
                if let Some((condition, _)) = special(view) {
                    // Not decided by the index of who attends to them: a test per row, which a page may stop at.
                    self.walk.hit.push(" AND ").push(condition);
                }
                return Ok(true);
            }
            many => {
                self.walk.hit.push(" AND c.manager_id IN ").bind_list(many.iter().copied());
            }
        }
        Ok(false)
    }

    /// A region or a level that few customers have drives the list: looking for them along the whole order would take
    /// many pages. The index is of the entry's place in the dictionary; the test of the entry itself stays.
    fn add_rare(&mut self, tx: &Tx<'_>, filter: &pb::CustomerFilter) -> Result<()> {
        let choices: [(&[i64], &'static str); 2] =
            [(&filter.region_ids, " AND c.region_rank = "), (&filter.level_ids, " AND c.level_rank = ")];
        for (ids, words) in choices {
            let [id] = ids else { continue };
            let place: Option<i64> =
                tx.query_opt("SELECT position FROM dictionary_item WHERE id = ?1", [id], |row| row.get(0))?;
            let Some(place) = place else { continue };
            let mut condition = Sql::new("c.deleted_at IS NULL");
            condition.push(words).bind(place);
            if few(tx, &condition)? {
                self.walk.from.push(words).bind(place);
                break;
            }
        }
        Ok(())
    }

    /// The scope of reading, as the predicate that fits [`Actor::reaches`].
    fn add_scope(&mut self, actor: &Actor) {
        match actor.scope(Permission::CustomerRead) {
            Some(Scope::All) => {}
            Some(Scope::Own) => {
                self.walk.hit.push(" AND c.manager_id = ").bind(actor.user_id);
            }
            Some(Scope::Department) => {
                let departments = actor.departments.iter().copied();
                self.walk.hit.push(" AND (c.manager_id IS NULL OR c.manager_id = ").bind(actor.user_id);
                self.walk
                    .hit
                    .push(" OR (SELECT u.department_id FROM user u WHERE u.id = c.manager_id) IN ")
                    .bind_list(departments)
                    .push(")");
            }
            None => {
                self.walk.hit.push(" AND 0");
            }
        }
    }

    fn add_tests(&mut self, now: Millis, view: CustomerView, status: CustomerStatus, filter: &pb::CustomerFilter) {
        let hit = &mut self.walk.hit;
        if view == CustomerView::NoContact {
            let cut = now - NO_CONTACT;
            if self.walk.key == "c.last_contact_at" {
                self.walk.from.push(" AND c.last_contact_at < ").bind(cut);
            } else {
                hit.push(" AND c.last_contact_at < ").bind(cut);
            }
            hit.push(" AND c.created_at < ").bind(cut);
        }
        let mut any_of = |words: &'static str, ids: &[i64]| {
            if !ids.is_empty() {
                hit.push(words).bind_list(ids.iter().copied());
            }
        };
        any_of(" AND c.region_id IN ", &filter.region_ids);
        any_of(" AND c.level_id IN ", &filter.level_ids);
        any_of(" AND c.classification_id IN ", &filter.classification_ids);
        any_of(" AND c.satisfaction_rank IN ", &filter.satisfaction.iter().map(|n| i64::from(*n)).collect::<Vec<_>>());
        any_of(" AND c.credit_rank IN ", &filter.credit.iter().map(|n| i64::from(*n)).collect::<Vec<_>>());
        if filter.party > 0 {
            hit.push(" AND c.party = ").bind(i64::from(filter.party));
        }
        match status {
            CustomerStatus::Unspecified => {}
            // As a customer shows it: who is deleted is neither normal nor lost.
            CustomerStatus::Deleted => {
                hit.push(" AND c.deleted_at IS NOT NULL");
            }
            CustomerStatus::Normal | CustomerStatus::Lost => {
                hit.push(" AND c.deleted_at IS NULL AND c.status = ").bind(status as i64);
            }
        }
        if !filter.no.is_empty() {
            let no = text::fold(&filter.no).to_uppercase();
            hit.push(" AND substr(c.no, 1, ").bind(no.chars().count() as i64).push(") = ").bind(no.as_str());
        }
        if !filter.external_id.is_empty() {
            hit.push(" AND c.external_id = ").bind(filter.external_id.as_str());
        }
        if let Some(from) = filter.created_from {
            hit.push(" AND c.created_at >= ").bind(from);
        }
        if let Some(to) = filter.created_to {
            hit.push(" AND c.created_at < ").bind(to);
        }
        if !filter.name.is_empty() {
            hit.push(" AND instr(c.name_norm, ").bind(text::dedupe_name(&filter.name).as_str()).push(") > 0");
        }
        let digits = text::phone_key(&filter.tel);
        if !digits.is_empty() {
            hit.push(" AND EXISTS (SELECT 1 FROM customer_phone p WHERE p.customer_id = c.id AND instr(p.phone, ");
            hit.bind(digits.as_str()).push(") > 0)");
        }
    }

    /// The next page.
    pub fn page(&self, tx: &Tx<'_>, after: Option<&Position>, size: usize) -> Result<Slice> {
        match &self.query {
            None => self.walk.page(tx, after, size, 0, |_| Ok(true)),
            Some(query) => query.page(tx, &search::CUSTOMERS, &self.walk, after, size),
        }
    }

    /// How many there are, up to a bound.
    pub fn total(&self, tx: &Tx<'_>) -> Result<pb::Total> {
        let (count, at_least) = match &self.query {
            None => self.walk.count(tx)?,
            Some(query) => query.count(tx, &search::CUSTOMERS, &self.walk)?,
        };
        Ok(pb::Total { count, at_least })
    }

    /// The statement of the first page and of one further on, for looking at how they run.
    pub fn statements(&self) -> [Sql; 2] {
        let key = if self.walk.key == "c.name_key" { Key::Text("m".into()) } else { Key::Int(1) };
        let after = Position { part: 0, key, id: 1 };
        [self.walk.statement(None, 51), self.walk.statement(Some(&after), 51)]
    }
}

/// Puts a view's condition where it belongs: it drives the list if its own index gives the order, or if it leaves few
/// customers to sort; otherwise it is one more test of each row. Answers whether few are in it.
fn drive(tx: &Tx<'_>, view: CustomerView, walk: &mut Walk) -> Result<bool> {
    let Some((condition, own_key)) = special(view) else {
        walk.from.push("c.deleted_at IS NULL");
        return Ok(false);
    };
    let few = few(tx, &Sql::new(condition))?;
    if few || walk.key == own_key {
        walk.from.push(condition);
    } else if view == CustomerView::RecycleBin {
        // What is deleted is in no other order's index: many deleted customers keep the order of their deletion.
        walk.from.push(condition);
        walk.key = own_key;
    } else {
        walk.from.push("c.deleted_at IS NULL");
        walk.hit = Sql::new(condition);
    }
    Ok(few)
}

/// What makes a view with an index of its own, and that index's order.
fn special(view: CustomerView) -> Option<(&'static str, &'static str)> {
    match view {
        CustomerView::RecycleBin => Some(("c.deleted_at IS NOT NULL", "c.deleted_at")),
        CustomerView::Incomplete => Some(("c.deleted_at IS NULL AND c.missing <> 0", "c.id")),
        CustomerView::Lost => Some(("c.deleted_at IS NULL AND c.status = 2", "c.name_key")),
        CustomerView::WithoutManager => Some(("c.deleted_at IS NULL AND c.manager_id IS NULL", "c.name_key")),
        _ => None,
    }
}

fn of_manager(manager_id: i64) -> Sql {
    let mut condition = Sql::new("c.deleted_at IS NULL AND c.manager_id = ");
    condition.bind(manager_id);
    condition
}

/// Whether a condition that has an index of its own leaves few customers.
fn few(tx: &Tx<'_>, condition: &Sql) -> Result<bool> {
    let mut sql = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM customer c WHERE ");
    sql.append(condition).push(" LIMIT ").bind(FEW + 1).push(")");
    let count: i64 = sql.one(tx, |row| row.get(0))?;
    Ok(count <= FEW)
}

/// How many customers each view holds for this person, each up to a bound.
pub fn count_views(tx: &Tx<'_>, actor: &Actor, now: Millis) -> Result<Vec<pb::count_views_response::Count>> {
    const VIEWS: [CustomerView; 8] = [
        CustomerView::All,
        CustomerView::Mine,
        CustomerView::Recent,
        CustomerView::NoContact,
        CustomerView::Incomplete,
        CustomerView::WithoutManager,
        CustomerView::Lost,
        CustomerView::RecycleBin,
    ];
    let mut counts = Vec::new();
    for view in VIEWS {
        let filter = pb::CustomerFilter { view: view.into(), ..pb::CustomerFilter::default() };
        let request = pb::ListCustomersRequest { filter: Some(filter), ..pb::ListCustomersRequest::default() };
        let total = match List::new(tx, actor, now, &request) {
            Ok(list) => list.total(tx)?,
            Err(Error::Forbidden(_)) => continue,
            Err(error) => return Err(error),
        };
        debug_assert!(total.count <= COUNTED, "a total is bounded");
        counts.push(pb::count_views_response::Count { view: view.into(), total: Some(total) });
    }
    Ok(counts)
}
