//! Customers (客户): `domain-spec.md` §3.3, D1–D3.

mod fields;

use futures::future::BoxFuture;
use rolo_proto::v1::{self, CustomerSort as Sort, CustomerView, Kind};

use self::fields::{COLUMNS, FIELDS, PARTY, STATUS, TABLE};
use super::{
    Changes, ListQuery, Record, Resource, View, WriteOptions,
    bind::{self, Head},
    calls::calls,
    contact,
};
use crate::{
    data::{Client, Failure},
    strings::Label,
};

/// The descriptor.
pub struct Customers;

const DELETED: i32 = v1::CustomerStatus::Deleted as i32;

const fn view(code: &'static str, en: &'static str, zh: &'static str, wire: CustomerView) -> View {
    View { code, label: Label::new(en, zh), wire: wire as i32 }
}

static VIEWS: [View; 8] = [
    view("mine", "My customers", "我的客户", CustomerView::Mine),
    view("all", "All", "全部", CustomerView::All),
    view("recent", "Recent", "最近", CustomerView::Recent),
    view("no_contact", "No contact for 30 days", "30天未联系", CustomerView::NoContact),
    view("incomplete", "Incomplete", "待完善", CustomerView::Incomplete),
    view("without_manager", "Without manager", "无负责人", CustomerView::WithoutManager),
    view("lost", "Lost", "流失", CustomerView::Lost),
    view("recycle_bin", "Recycle bin", "回收站", CustomerView::RecycleBin),
];

fn filter(query: &ListQuery) -> v1::CustomerFilter {
    let mut filter = v1::CustomerFilter {
        search: query.search.clone(),
        ids: query.ids.clone(),
        view: VIEWS.get(query.view).map_or(0, |v| v.wire),
        ..Default::default()
    };
    for condition in &query.conditions {
        let values = &condition.values;
        match FIELDS.get(condition.field).map_or("", |f| f.name) {
            "region" => filter.region_ids = bind::ids(values),
            // Nobody responsible is a view of the server (D5), not an id.
            "manager" if values.contains(&super::Value::Absent) => filter.view = CustomerView::WithoutManager.into(),
            "manager" => filter.manager_ids = bind::ids(values),
            "level" => filter.level_ids = bind::ids(values),
            "classification" => filter.classification_ids = bind::ids(values),
            "satisfaction" => filter.satisfaction = bind::star_numbers(values),
            "credit" => filter.credit = bind::star_numbers(values),
            "party" => filter.party = bind::first_wire(PARTY, values),
            "status" => match bind::first_wire(STATUS, values) {
                DELETED => filter.view = CustomerView::RecycleBin.into(),
                status => filter.status = status,
            },
            "no" => filter.no = bind::first_text(values),
            "external_id" => filter.external_id = bind::first_text(values),
            "name" => filter.name = bind::first_text(values),
            "tel" => filter.tel = bind::first_text(values),
            "created_at" => (filter.created_from, filter.created_to) = bind::range(values),
            _ => {}
        }
    }
    filter
}

fn sort(field: Option<usize>) -> Sort {
    match field.and_then(|i| FIELDS.get(i)).map_or("", |f| f.name) {
        "name" => Sort::Name,
        "no" => Sort::No,
        "created_at" => Sort::CreatedAt,
        "updated_at" => Sort::UpdatedAt,
        "last_contact_at" => Sort::LastContactAt,
        "level" => Sort::Level,
        "region" => Sort::Region,
        "satisfaction" => Sort::Satisfaction,
        "credit" => Sort::Credit,
        _ => Sort::Unspecified,
    }
}

pub(super) fn request(query: &ListQuery) -> v1::ListCustomersRequest {
    v1::ListCustomersRequest {
        filter: Some(filter(query)),
        order_by: sort(query.sort).into(),
        descending: query.descending,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        with_total: query.with_total,
        export: query.export,
    }
}

/// A customer as the screens see it; also used where another reply carries one.
pub fn record(message: v1::Customer) -> Record {
    let head = Head {
        kind: Kind::Customer,
        id: message.id,
        revision: message.revision,
        label: message.name.clone(),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

impl Resource for Customers {
    fn kind(&self) -> Kind {
        Kind::Customer
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("customer", "customers")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Customer", "客户"), Label::new("Customers", "客户"))
    }

    fn sort_wire(&self, field: usize) -> i32 {
        sort(Some(field)).into()
    }

    calls! {
        service customers;
        list list_customers(request) -> ListCustomersResponse { customers, total };
        get get_customer(|id| v1::GetCustomerRequest { id, ..Default::default() });
        update update_customer UpdateCustomerRequest { customer };
        delete delete_customer DeleteCustomerRequest;
        restore restore_customer RestoreCustomerRequest;
    }

    /// By id, else by number, else by external id.
    fn find<'a>(&'a self, client: &'a Client, key: &'a str) -> BoxFuture<'a, Result<Record, Failure>> {
        Box::pin(async move {
            let key = key.trim();
            if let Ok(id) = key.parse() {
                return get(client, v1::GetCustomerRequest { id, ..Default::default() }).await;
            }
            let by_number = v1::GetCustomerRequest { no: key.to_owned(), ..Default::default() };
            match get(client, by_number).await {
                Err(failure) if failure.reason == crate::data::Reason::NotFound => {
                    get(client, v1::GetCustomerRequest { external_id: key.to_owned(), ..Default::default() }).await
                }
                outcome => outcome,
            }
        })
    }

    fn create<'a>(
        &'a self,
        client: &'a Client,
        values: &'a Changes,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>> {
        Box::pin(async move {
            let request = v1::CreateCustomerRequest {
                customer: Some(bind::input(&TABLE, values, true)?.0),
                first_contact: options.first_contact.as_ref().map(contact::first).transpose()?,
                full_form: options.full_form,
                request_id: options.request_id(),
            };
            let reply: v1::CreateCustomerResponse =
                client.call(request, |c, r| async move { c.customers().create_customer(r).await }).await?;
            let mut created = record(reply.customer.unwrap_or_default());
            created.warnings = reply.warnings;
            Ok(created)
        })
    }
}

async fn get(client: &Client, request: v1::GetCustomerRequest) -> Result<Record, Failure> {
    client.call(request, |c, r| async move { c.customers().get_customer(r).await }).await.map(record)
}
