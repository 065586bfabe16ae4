//! The list of contacts.

use rolo_proto::v1::{self as pb, ContactSort};

use crate::{
    authz::{Actor, Permission, Scope},
    db::{
        list::{Key, Position, WORDS, Walk, among},
        sql::Sql,
    },
    error::{Error, Fault, Result},
    text,
};

/// The walk that a request describes.
///
/// # Errors
/// `VALIDATION` for an unknown order.
pub fn walk(actor: &Actor, request: &pb::ListContactsRequest) -> Result<Walk> {
    let filter = request.filter.clone().unwrap_or_default();
    let sort = ContactSort::try_from(request.order_by).map_err(|_| Error::field("order_by", Fault::UnknownField))?;
    let mut from = Sql::new("FROM contact k WHERE ");
    from.push(if filter.deleted { "k.deleted_at IS NOT NULL" } else { "k.deleted_at IS NULL" });
    if filter.customer_id > 0 {
        from.push(" AND k.customer_id = ").bind(filter.customer_id);
    }
    // A contact follows its customer in and out of view.
    let mut hit = Sql::new("EXISTS (SELECT 1 FROM customer c WHERE c.id = k.customer_id AND c.deleted_at IS NULL");
    if filter.mine || actor.scope(Permission::ContactRead) == Some(Scope::Own) {
        hit.push(" AND c.manager_id = ").bind(actor.user_id);
    } else if actor.scope(Permission::ContactRead) == Some(Scope::Department) {
        hit.push(" AND (c.manager_id IS NULL OR c.manager_id = ").bind(actor.user_id);
        hit.push(" OR (SELECT u.department_id FROM user u WHERE u.id = c.manager_id) IN ");
        hit.bind_list(actor.departments.iter().copied()).push(")");
    }
    hit.push(")");
    if filter.incomplete {
        hit.push(" AND k.missing <> 0");
    }
    for word in text::fold(&filter.search).split(' ').filter(|word| !word.is_empty()).take(WORDS) {
        hit.push(" AND instr(k.search, ").bind(word).push(") > 0");
    }
    let (key, descending) = match sort {
        ContactSort::Unspecified if filter.deleted => ("k.deleted_at", true),
        ContactSort::Unspecified | ContactSort::Name => ("k.name_key", false),
        ContactSort::UpdatedAt => ("k.updated_at", false),
        ContactSort::CreatedAt => ("k.created_at", false),
    };
    Ok(Walk { from, hit, key, id: "k.id", descending: descending != request.descending, among: among(&filter.ids)? })
}

/// The statements of the list in all its forms, for looking at how they run.
pub fn statements(actor: &Actor) -> Result<Vec<(String, Sql)>> {
    let mut statements = Vec::new();
    for sort in [ContactSort::Name, ContactSort::UpdatedAt, ContactSort::CreatedAt] {
        for (name, customer_id) in [("all", 0), ("of a customer", 1)] {
            let filter = pb::ContactFilter { customer_id, ..pb::ContactFilter::default() };
            let request = pb::ListContactsRequest {
                filter: Some(filter),
                order_by: sort.into(),
                ..pb::ListContactsRequest::default()
            };
            let key = if sort == ContactSort::Name { Key::Text("m".into()) } else { Key::Int(1) };
            let after = Position { part: 0, key, id: 1 };
            let label = [name, " by ", sort.as_str_name()].concat();
            statements.push((label, walk(actor, &request)?.statement(Some(&after), 51)));
        }
    }
    Ok(statements)
}
