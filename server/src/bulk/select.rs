//! Which records a bulk action is about.

use rolo_proto::v1::{self as pb, Kind, selection::Filter};

use crate::{
    contacts, customers,
    db::list::{Position, distinct},
    error::{Error, Fault, Result},
    interactions,
    kernel::Kernel,
    opportunities, products,
    rpc::guard::{Caller, View},
};

/// The most records of one bulk action.
pub const MOST: usize = 10_000;
/// Ids found in one read.
const PAGE: usize = 1_000;

/// The ids that a selection means, in the list's order, each once.
///
/// # Errors
/// `VALIDATION` for none, too many, or a filter of another kind; what the list answers.
pub async fn ids(kernel: &Kernel, caller: &Caller, selection: pb::Selection) -> Result<Vec<i64>> {
    let kind = Kind::try_from(selection.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
    let too_many = || Error::field("selection", Fault::OutOfRange(1, MOST as i64));
    let mut ids = selection.ids;
    if let Some(filter) = selection.filter {
        if !ids.is_empty() {
            return Err(Error::field("selection", Fault::OneOf("ids, filter")));
        }
        fits(kind, &filter)?;
        let mut after: Option<Position> = None;
        loop {
            let (filter, position) = (filter.clone(), after.take());
            let slice = kernel.view(caller, move |view| page(view, filter, position.as_ref())).await?;
            ids.extend(slice.ids);
            after = slice.next;
            if after.is_none() || ids.len() > MOST {
                break;
            }
        }
    }
    let ids = distinct(ids);
    if ids.is_empty() || ids.len() > MOST { Err(too_many()) } else { Ok(ids) }
}

fn fits(kind: Kind, filter: &Filter) -> Result<()> {
    let fits = match filter {
        Filter::Customers(_) => kind == Kind::Customer,
        Filter::Contacts(_) => kind == Kind::Contact,
        Filter::Interactions(_) => kind == Kind::Interaction,
        Filter::Opportunities(_) => kind == Kind::Opportunity,
        Filter::Products(_) => kind == Kind::Product,
    };
    if fits { Ok(()) } else { Err(Error::field("filter", Fault::UnknownField)) }
}

fn page(view: &View<'_>, filter: Filter, after: Option<&Position>) -> Result<crate::db::list::Slice> {
    let tx = view.tx;
    match filter {
        Filter::Customers(filter) => {
            view.actor.require(crate::authz::Permission::CustomerRead)?;
            let request = pb::ListCustomersRequest { filter: Some(filter), ..pb::ListCustomersRequest::default() };
            customers::list::List::new(tx, view.actor, view.now, &request)?.page(tx, after, PAGE)
        }
        Filter::Opportunities(filter) => {
            view.actor.require(crate::authz::Permission::OpportunityRead)?;
            let request =
                pb::ListOpportunitiesRequest { filter: Some(filter), ..pb::ListOpportunitiesRequest::default() };
            opportunities::list::List::new(view, &request)?.page(tx, after, PAGE)
        }
        Filter::Contacts(filter) => {
            view.actor.require(crate::authz::Permission::ContactRead)?;
            let request = pb::ListContactsRequest { filter: Some(filter), ..pb::ListContactsRequest::default() };
            contacts::list::walk(view.actor, &request)?.page(tx, after, PAGE, 0, |_| Ok(true))
        }
        Filter::Interactions(filter) => {
            view.actor.require(crate::authz::Permission::InteractionRead)?;
            let request =
                pb::ListInteractionsRequest { filter: Some(filter), ..pb::ListInteractionsRequest::default() };
            let walk = interactions::list::walk(view.actor, view.now, view.settings.time_zone, &request)?;
            walk.page(tx, after, PAGE, 0, |_| Ok(true))
        }
        Filter::Products(request) => {
            view.actor.require(crate::authz::Permission::ProductRead)?;
            products::store::walk(&request)?.page(tx, after, PAGE, 0, |_| Ok(true))
        }
    }
}
