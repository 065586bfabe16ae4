//! What is read with more than one call, or is made into something else on the way.

use rolo_proto::v1::{self, Kind, Total};

use super::{
    super::effect::{MergeLook, Person, Preview, Reply},
    Performer, kind_of,
};
use crate::{
    data::{Client, Failure},
    resource::{self, Link, ListQuery, Page, Resource, filter, parse::Locale},
    screen::list::views::{self, Kept},
};

/// How many a picker shows.
const HANDFUL: i32 = 20;

impl Performer {
    /// Kept views with what they hold. One whose filter means nothing any more (its person or choice is gone) has no
    /// count; opened, it says why.
    pub(super) async fn views(&self, kind: Kind, locale: &Locale) -> Result<Vec<Kept>, Failure> {
        let (client, resource) = (&self.connection.client, kind_of(kind)?);
        let request = v1::ListViewsRequest { kind: kind.into() };
        let all: v1::ListViewsResponse =
            client.call(request, |c, r| async move { c.views().list_views(r).await }).await?;
        let mut kept = Vec::new();
        for view in all.views.into_iter().take(views::MOST) {
            let mut total = None;
            if let Ok(filter) = filter::understand(resource, &view.filter, locale, &self.lookup).await {
                let base = resource.views().iter().position(|v| v.wire == view.base);
                let query = ListQuery {
                    search: filter.search,
                    view: filter.view.or(base).or_else(|| resource.view("all")).unwrap_or(0),
                    conditions: filter.conditions,
                    page_size: 1,
                    with_total: true,
                    ..ListQuery::default()
                };
                total = resource.list(client, &query).await.ok().and_then(|page| page.total);
            }
            kept.push((view, total));
        }
        Ok(kept)
    }

    pub(super) async fn users(&self, text: &str) -> Result<Reply, Failure> {
        let people = self.lookup.users(text, true).await?;
        let person = |u: v1::User| {
            let about = format!("{} {}", u.department, u.customers).trim().to_owned();
            Some(Person { user: u.user?, about })
        };
        Ok(Reply::Users(people.into_iter().filter_map(person).collect()))
    }
}

pub(super) async fn follows(client: &Client, kind: Kind, id: i64) -> Result<v1::SetFollowResponse, Failure> {
    let request = v1::GetFollowRequest { kind: kind.into(), id };
    client.call(request, |c, r| async move { c.notices().get_follow(r).await }).await
}

/// Which of the query's ids the list holds, however many pages that takes.
pub(super) async fn among(resource: &dyn Resource, client: &Client, mut query: ListQuery) -> Result<Page, Failure> {
    let mut all = Page::default();
    loop {
        let page = resource.list(client, &query).await?;
        all.records.extend(page.records);
        query.page_token = page.next_page_token;
        if query.page_token.is_empty() {
            return Ok(all);
        }
    }
}

pub(super) async fn counts(client: &Client, kind: Kind) -> Result<Reply, Failure> {
    let views = kind_of(kind)?.views();
    let at = |wire: i32| views.iter().position(|v| v.wire == wire);
    if kind == Kind::Customer {
        let reply: v1::CountViewsResponse =
            client.call(v1::CountViewsRequest {}, |c, r| async move { c.customers().count_views(r).await }).await?;
        let counts = reply.counts.into_iter().filter_map(|c| Some((at(c.view)?, c.total?)));
        return Ok(Reply::Counts(counts.collect()));
    }
    if kind == Kind::Opportunity {
        let request = v1::CountOpportunityViewsRequest {};
        let reply: v1::CountOpportunityViewsResponse =
            client.call(request, |c, r| async move { c.opportunities().count_opportunity_views(r).await }).await?;
        let counts = reply.counts.into_iter().filter_map(|c| Some((at(c.view)?, c.total?)));
        return Ok(Reply::Counts(counts.collect()));
    }
    let due: v1::CountDueResponse =
        client.call(v1::CountDueRequest {}, |c, r| async move { c.interactions().count_due(r).await }).await?;
    let buckets: [(v1::DueView, Option<Total>); 3] = [
        (v1::DueView::Today, due.today),
        (v1::DueView::Overdue, due.overdue),
        (v1::DueView::Next7Days, due.next_7_days),
    ];
    Ok(Reply::Counts(buckets.into_iter().filter_map(|(view, total)| Some((at(view as i32)?, total?))).collect()))
}

pub(super) fn merge_look(look: v1::PreviewMergeResponse) -> MergeLook {
    let keep = resource::customer(look.keep.unwrap_or_default());
    let other = resource::customer(look.merge.unwrap_or_default());
    let fields = resource::of(Kind::Customer).map(|r| r.fields()).unwrap_or_default();
    let fields = look.differing.iter().filter_map(|name| {
        let index = fields.iter().position(|field| field.wire == Some(name.as_str()))?;
        Some((index, look.suggested.contains(name)))
    });
    MergeLook { fields: fields.collect(), keep, other, moving: look.moving }
}

/// Customers that may be one and the same as this one: duplicates first, then whose name holds this one's; or, once
/// something is typed, what it finds.
pub(super) async fn alike(client: &Client, id: i64, typed: String) -> Result<Reply, Failure> {
    let is_itself = |found: &(v1::CustomerRef, String)| found.0.id == id;
    let mut found = Vec::new();
    let mut search = typed;
    if search.is_empty() {
        let request = v1::GetCustomerRequest { id, ..Default::default() };
        let it: v1::Customer = client.call(request, |c, r| async move { c.customers().get_customer(r).await }).await?;
        let request = v1::CheckDuplicatesRequest {
            name: it.name.clone(),
            party: it.party,
            tel: it.tel,
            usc_code: it.usc_code,
            external_id: it.external_id,
            except_id: id,
        };
        let duplicates: v1::CheckDuplicatesResponse =
            client.call(request, |c, r| async move { c.customers().check_duplicates(r).await }).await?;
        found.extend(duplicates.duplicates.into_iter().filter(|d| !d.deleted).filter_map(|d| {
            let customer = d.customer?;
            let owner = d.manager.as_ref().map_or("", crate::screen::show::user);
            let about = format!("{owner} {}", customer.number).trim().to_owned();
            Some((customer, about))
        }));
        search = it.name;
    }
    if let Reply::Customers(more) = customers(client, search).await? {
        let known: Vec<i64> = found.iter().map(|(customer, _)| customer.id).collect();
        found.extend(more.into_iter().filter(|(customer, _)| !known.contains(&customer.id)));
    }
    found.retain(|one| !is_itself(one));
    Ok(Reply::Customers(found))
}

pub(super) async fn timeline(
    client: &Client,
    request: v1::ListTimelineRequest,
) -> Result<v1::ListTimelineResponse, Failure> {
    client.call(request, |c, r| async move { c.customers().list_timeline(r).await }).await
}

pub(super) async fn preview(client: &Client, customer_id: i64) -> Result<Preview, Failure> {
    let request = v1::ListTimelineRequest { customer_id, page_size: 10, ..Default::default() };
    let people = v1::ListContactsRequest {
        filter: Some(v1::ContactFilter { customer_id, ..Default::default() }),
        page_size: 3,
        ..Default::default()
    };
    let (timeline, contacts) = tokio::join!(
        timeline(client, request),
        client.call(people, |c, r| async move { c.contacts().list_contacts(r).await })
    );
    let contacts: v1::ListContactsResponse = contacts?;
    Ok(Preview { timeline: timeline?.entries, contacts: contacts.contacts, steps: Vec::new() })
}

pub(super) async fn customers(client: &Client, search: String) -> Result<Reply, Failure> {
    // Without a search, those of mine that changed last are the likeliest.
    let view = if search.is_empty() { v1::CustomerView::Recent } else { v1::CustomerView::All };
    let request = |view: v1::CustomerView| v1::ListCustomersRequest {
        filter: Some(v1::CustomerFilter { search: search.clone(), view: view as i32, ..Default::default() }),
        page_size: HANDFUL,
        ..Default::default()
    };
    let mut reply: v1::ListCustomersResponse =
        client.call(request(view), |c, r| async move { c.customers().list_customers(r).await }).await?;
    if reply.customers.is_empty() && search.is_empty() {
        let all = request(v1::CustomerView::All);
        reply = client.call(all, |c, r| async move { c.customers().list_customers(r).await }).await?;
    }
    let entry = |c: v1::Customer| {
        let about =
            c.manager.as_ref().map_or_else(|| c.no.clone(), |m| format!("{} {}", crate::screen::show::user(m), c.no));
        (v1::CustomerRef { id: c.id, number: c.no, name: c.name }, about)
    };
    Ok(Reply::Customers(reply.customers.into_iter().map(entry).collect()))
}

pub(super) async fn assignees(client: &Client, search: String) -> Result<Reply, Failure> {
    let request = v1::ListAssigneesRequest { search };
    let reply: v1::ListAssigneesResponse =
        client.call(request, |c, r| async move { c.opportunities().list_assignees(r).await }).await?;
    Ok(Reply::Assignees(reply.assignees))
}

pub(super) async fn records(client: &Client, kind: Kind, search: String) -> Result<Reply, Failure> {
    let query = ListQuery { search, page_size: HANDFUL, ..ListQuery::default() };
    let page = kind_of(kind)?.list(client, &query).await?;
    let entry = |r: resource::Record| (Link { kind, id: r.id, label: r.label }, String::new());
    Ok(Reply::Records(page.records.into_iter().map(entry).collect()))
}

pub(super) async fn contacts(client: &Client, customer_id: i64, search: String) -> Result<Reply, Failure> {
    let request = v1::ListContactsRequest {
        filter: Some(v1::ContactFilter { customer_id, search, ..Default::default() }),
        page_size: HANDFUL,
        ..Default::default()
    };
    let reply: v1::ListContactsResponse =
        client.call(request, |c, r| async move { c.contacts().list_contacts(r).await }).await?;
    let entry = |c: v1::Contact| {
        let of = c.customer.map_or_else(String::new, |c| c.name);
        let about = if customer_id == 0 { of } else { c.position };
        (v1::ContactRef { id: c.id, name: c.name }, about)
    };
    Ok(Reply::Contacts(reply.contacts.into_iter().map(entry).collect()))
}
