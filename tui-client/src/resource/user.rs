//! People (用户), as pickers and lists need them: `domain-spec.md` §3.11. They are administered with `rolod user`.

use futures::future::BoxFuture;
use rolo_proto::v1::{self, Kind};

use super::{
    Changes, Field, FixedItem, Input, ListQuery, Page, Record, Resource, Value, View, WriteOptions,
    bind::{self, Bound, Head, at, read},
};
use crate::{
    data::{Client, Failure, Reason},
    strings::Label,
};

/// The descriptor.
pub struct Users;

/// The shipped roles.
const ROLES: &[FixedItem] = &[
    role("admin", "System administrator", "系统管理员", 1),
    role("supervisor", "Sales supervisor", "销售主管", 2),
    role("manager", "Account manager", "客户经理", 3),
    role("executive", "Executive", "高管", 4),
    role("service", "Service staff", "客服", 5),
];

/// A role goes by its code everywhere, on the wire too.
const fn role(code: &'static str, en: &'static str, zh: &'static str, wire: i32) -> FixedItem {
    FixedItem { code, label: Label::new(en, zh), wire, symbol: "" }
}

type Row = Bound<v1::User, ()>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 7;
const ROWS: [Row; COUNT] = [
    read(
        Field::text("name", "Account", "账号", 50).alias(&["user name", "用户名", "帐户"]).column(6, 14),
        |m| Value::Text(m.user.as_ref().map(|u| u.name.clone()).unwrap_or_default()),
    ),
    read(Field::text("true_name", "Full name", "姓名", 50).alias(&["display name"]).column(6, 14), |m| {
        m.user.as_mut().map_or(Value::Absent, |u| bind::text(&mut u.display_name))
    }),
    read(Field::text("department", "Department", "部门", 200).column(8, 20), |m| bind::text(&mut m.department)),
    read(Field::new("role", "Roles", "角色", Input::Several(ROLES)).alias(&["roles"]).column(8, 20), |m| {
        bind::list(&mut m.roles)
    }),
    read(Field::new("customers", "Customers", "客户数", Input::Int { unit: None }).column(4, 9), |m| {
        Value::Int(m.customers)
    }),
    read(
        Field::new("active", "Active", "是否启用", Input::Flag).alias(&["flag", "启用"]).filter().column(4, 8),
        |m| Value::Flag(m.user.as_ref().is_some_and(|u| u.active)),
    ),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| {
        Value::Int(m.user.as_ref().map_or(0, |u| u.id))
    }),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 5] = [
    at(&FIELD_ROWS, "name"),
    at(&FIELD_ROWS, "true_name"),
    at(&FIELD_ROWS, "department"),
    at(&FIELD_ROWS, "role"),
    at(&FIELD_ROWS, "customers"),
];

// The wire has no view enum for people; these numbers are the client's own.
const ACTIVE: i32 = 1;

static VIEWS: [View; 2] = [
    View { code: "all", label: Label::new("All", "全部"), wire: 0 },
    View { code: "active", label: Label::new("Active", "启用"), wire: ACTIVE },
];

fn record(message: v1::User) -> Record {
    let user = message.user.as_ref();
    let head = Head {
        kind: Kind::User,
        id: user.map_or(0, |u| u.id),
        revision: 0,
        label: user.map(|u| super::parse::person(u).to_owned()).unwrap_or_default(),
        allowed: Vec::new(),
        operation_id: 0,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

fn elsewhere<T: Send + 'static>() -> BoxFuture<'static, Result<T, Failure>> {
    Box::pin(std::future::ready(Err(Failure::local(
        Reason::Usage,
        "People are administered on the host: rolod user add|disable|reset|roles",
        "用户在服务器主机上管理：rolod user add|disable|reset|roles",
    ))))
}

impl Resource for Users {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("user", "users")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("User", "用户"), Label::new("Users", "用户"))
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn columns(&self) -> &'static [usize] {
        &COLUMNS
    }

    fn views(&self) -> &'static [View] {
        &VIEWS
    }

    fn list<'a>(&'a self, client: &'a Client, query: &'a ListQuery) -> BoxFuture<'a, Result<Page, Failure>> {
        let active = query.conditions.iter().any(|c| c.values.first() == Some(&Value::Flag(true)));
        let request = v1::ListUsersRequest {
            search: query.search.clone(),
            ids: query.ids.clone(),
            active_only: active || VIEWS.get(query.view).is_some_and(|v| v.wire == ACTIVE),
            page_size: query.page_size,
            page_token: query.page_token.clone(),
        };
        Box::pin(async move {
            let reply: v1::ListUsersResponse =
                client.call(request, |c, r| async move { c.users().list_users(r).await }).await?;
            Ok(Page {
                records: reply.users.into_iter().map(record).collect(),
                next_page_token: reply.next_page_token,
                total: None,
            })
        })
    }

    fn get<'a>(&'a self, client: &'a Client, id: i64) -> BoxFuture<'a, Result<Record, Failure>> {
        let request = v1::ListUsersRequest { ids: vec![id], page_size: 1, ..Default::default() };
        Box::pin(async move {
            let reply: v1::ListUsersResponse =
                client.call(request, |c, r| async move { c.users().list_users(r).await }).await?;
            let missing = || Failure::local(Reason::NotFound, "", "");
            reply.users.into_iter().next().map(record).ok_or_else(missing)
        })
    }

    fn create<'a>(
        &'a self,
        _: &'a Client,
        _: &'a Changes,
        _: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>> {
        elsewhere()
    }

    fn update<'a>(
        &'a self,
        _: &'a Client,
        _: i64,
        _: &'a Changes,
        _: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>> {
        elsewhere()
    }

    fn delete<'a>(&'a self, _: &'a Client, _: i64, _: &'a WriteOptions) -> BoxFuture<'a, Result<i64, Failure>> {
        elsewhere()
    }

    fn restore<'a>(&'a self, _: &'a Client, _: i64, _: &'a WriteOptions) -> BoxFuture<'a, Result<Record, Failure>> {
        elsewhere()
    }
}
