//! Contacts (联系人): the people at a customer. `domain-spec.md` §3.4, D3.

use rolo_proto::v1::{self, ContactSort as Sort, Kind};

use super::{
    Changes, Field, FixedItem, Input, ListQuery, Record, Resource, View,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::{data::Failure, strings::Label};

/// The descriptor.
pub struct Contacts;

const SEX: &[FixedItem] = &[
    FixedItem { code: "male", label: Label::new("male", "男"), wire: 1, symbol: "" },
    FixedItem { code: "female", label: Label::new("female", "女"), wire: 2, symbol: "" },
];

type Row = Bound<v1::Contact, v1::ContactInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 16;
const ROWS: [Row; COUNT] = [
    both(
        Field::new("customer_no", "Customer", "客户", Input::Customer)
            .alias(&[
                "customer number",
                "customer id",
                "customer name",
                "company",
                "company name",
                "客户编号",
                "客户名称",
                "公司名称",
            ])
            .write("customer_id")
            .star()
            .once()
            .filter()
            .column(10, 30),
        |m| bind::customer(&mut m.customer),
        |i, v| bind::set_id(&mut i.customer_id, v),
    ),
    both(
        Field::text("name", "Name", "姓名", 50)
            .alias(&["contact", "contact name", "联系人", "联系人姓名", "名称"])
            .write("name")
            .star()
            .column(6, 16)
            .sort('n'),
        |m| bind::text(&mut m.name),
        |i, v| bind::set_text(&mut i.name, v),
    ),
    both(
        Field::new("sex", "Sex", "性别", Input::Fixed(SEX)).alias(&["gender"]).write("sex").column(3, 6),
        |m| bind::fixed(SEX, m.sex),
        |i, v| bind::set_fixed(SEX, &mut i.sex, v),
    ),
    both(
        Field::text("position", "Position", "职位", 50)
            .alias(&["title", "contact title", "job title", "职务"])
            .write("position")
            .column(6, 16),
        |m| bind::text(&mut m.position),
        |i, v| bind::set_text(&mut i.position, v),
    ),
    both(
        Field::new("mobile", "Mobile", "手机", Input::Phone { max: 50 })
            .alias(&["mobile phone", "cell", "手机号", "手机号码", "联系人电话"])
            .write("mobile")
            .column(11, 15),
        |m| bind::text(&mut m.mobile),
        |i, v| bind::set_text(&mut i.mobile, v),
    ),
    both(
        Field::new("office_tel", "Office phone", "办公电话", Input::Phone { max: 50 })
            .alias(&["phone", "telephone", "tel", "电话", "座机"])
            .write("office_tel")
            .column(8, 15),
        |m| bind::text(&mut m.office_tel),
        |i, v| bind::set_text(&mut i.office_tel, v),
    ),
    both(
        Field::text("wechat", "WeChat", "微信", 50).alias(&["微信号"]).write("wechat").column(6, 14),
        |m| bind::text(&mut m.wechat),
        |i, v| bind::set_text(&mut i.wechat, v),
    ),
    both(
        Field::new("email", "E-mail", "邮箱", Input::Email { max: 100 })
            .alias(&["mail", "email address", "电子邮箱", "邮件"])
            .write("email")
            .column(10, 24),
        |m| bind::text(&mut m.email),
        |i, v| bind::set_text(&mut i.email, v),
    ),
    both(
        Field::new("memo", "Memo", "备注", Input::LongText { max: 300 })
            .alias(&["note", "notes"])
            .write("memo")
            .column(10, 24),
        |m| bind::text(&mut m.memo),
        |i, v| bind::set_text(&mut i.memo, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["contact id", "外部ID"])
            .write("external_id")
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    read(Field::new("missing", "Incomplete", "待完善", Input::List).alias(&["missing fields"]).column(6, 20), |m| {
        bind::list(&mut m.missing)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).column(8, 16).sort('a'), |m| {
        bind::time(m.created_at)
    }),
    read(Field::new("created_by", "Created by", "创建人", Input::User).column(6, 10), |m| {
        bind::user(&mut m.created_by)
    }),
    read(
        Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16).sort('u'),
        |m| bind::time(m.updated_at),
    ),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| super::Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 6] = [
    at(&FIELD_ROWS, "name"),
    at(&FIELD_ROWS, "customer_no"),
    at(&FIELD_ROWS, "position"),
    at(&FIELD_ROWS, "mobile"),
    at(&FIELD_ROWS, "office_tel"),
    at(&FIELD_ROWS, "email"),
];

// The wire has no view enum for contacts; these numbers are the client's own.
const ALL: i32 = 0;
const MINE: i32 = 1;
const INCOMPLETE: i32 = 2;
const RECYCLE_BIN: i32 = 3;

static VIEWS: [View; 4] = [
    View { code: "all", label: Label::new("All", "全部"), wire: ALL },
    View { code: "mine", label: Label::new("Of my customers", "我的客户的联系人"), wire: MINE },
    View { code: "incomplete", label: Label::new("Incomplete", "待完善"), wire: INCOMPLETE },
    View { code: "recycle_bin", label: Label::new("Recycle bin", "回收站"), wire: RECYCLE_BIN },
];

fn filter(query: &ListQuery) -> v1::ContactFilter {
    let view = VIEWS.get(query.view).map_or(ALL, |v| v.wire);
    let mut filter = v1::ContactFilter {
        customer_id: query.parent_id,
        search: query.search.clone(),
        deleted: view == RECYCLE_BIN,
        incomplete: view == INCOMPLETE,
        mine: view == MINE,
        ..Default::default()
    };
    for condition in &query.conditions {
        if FIELDS.get(condition.field).map_or("", |f| f.name) == "customer_no" {
            filter.customer_id = bind::ids(&condition.values).first().copied().unwrap_or(0);
        }
    }
    filter
}

fn sort(field: Option<usize>) -> Sort {
    match field.and_then(|i| FIELDS.get(i)).map_or("", |f| f.name) {
        "name" => Sort::Name,
        "updated_at" => Sort::UpdatedAt,
        "created_at" => Sort::CreatedAt,
        _ => Sort::Unspecified,
    }
}

fn request(query: &ListQuery) -> v1::ListContactsRequest {
    v1::ListContactsRequest {
        filter: Some(filter(query)),
        order_by: sort(query.sort).into(),
        descending: query.descending,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        with_total: query.with_total,
        export: query.export,
    }
}

/// The first contact of a new customer.
pub fn first(values: &Changes) -> Result<v1::ContactInput, Failure> {
    bind::input(&TABLE, values, true).map(|(input, _)| input).map_err(|mut failure| {
        for violation in &mut failure.violations {
            violation.field = format!("contact.{}", violation.field);
        }
        failure
    })
}

/// A contact as the screens see it; also used where another reply carries one.
pub fn record(message: v1::Contact) -> Record {
    let head = Head {
        kind: Kind::Contact,
        id: message.id,
        revision: message.revision,
        label: message.name.clone(),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

impl Resource for Contacts {
    fn kind(&self) -> Kind {
        Kind::Contact
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("contact", "contacts")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Contact", "联系人"), Label::new("Contacts", "联系人"))
    }

    calls! {
        service contacts;
        list list_contacts(request) -> ListContactsResponse { contacts, total };
        get get_contact(|id| v1::GetContactRequest { id });
        create create_contact CreateContactRequest { contact, full_form };
        update update_contact UpdateContactRequest { contact };
        delete delete_contact DeleteContactRequest;
        restore restore_contact RestoreContactRequest;
    }
}
