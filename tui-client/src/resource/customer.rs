//! Customers (客户): `domain-spec.md` §3.3, D1–D3.

use futures::future::BoxFuture;
use rolo_proto::v1::{self, CustomerSort as Sort, CustomerView, Kind};

use super::{
    Changes, Field, FixedItem, Input, ListQuery, Record, Resource, View, WriteOptions,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
    contact,
};
use crate::{
    data::{Client, Failure},
    strings::Label,
};

/// The descriptor.
pub struct Customers;

const PARTY: &[FixedItem] = &[
    FixedItem { code: "organisation", label: Label::new("organisation", "企业"), wire: 1, symbol: "" },
    FixedItem { code: "person", label: Label::new("person", "个人"), wire: 2, symbol: "" },
];

const STATUS: &[FixedItem] = &[
    FixedItem { code: "normal", label: Label::new("normal", "正常"), wire: 1, symbol: "●" },
    FixedItem { code: "lost", label: Label::new("lost", "流失"), wire: 2, symbol: "×" },
    FixedItem { code: "deleted", label: Label::new("deleted", "删除"), wire: 3, symbol: "-" },
];

const DELETED: i32 = v1::CustomerStatus::Deleted as i32;

const WAN: Option<Label> = Some(Label::new("10,000 yuan", "万元"));

type Row = Bound<v1::Customer, v1::CustomerInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 36;
const ROWS: [Row; COUNT] = [
    read(
        Field::text("no", "Customer number", "客户编号", 17)
            .alias(&["number", "编号", "customer_no"])
            .filter()
            .column(11, 13)
            .sort('#'),
        |m| bind::text(&mut m.no),
    ),
    both(
        Field::text("name", "Name", "名称", 100)
            .alias(&[
                "customer_name",
                "company",
                "company_name",
                "customer",
                "客户名称",
                "客户",
                "公司",
                "公司名称",
                "企业名称",
                "单位名称",
            ])
            .write("name")
            .star()
            .filter()
            .column(12, 36)
            .sort('n'),
        |m| bind::text(&mut m.name),
        |i, v| bind::set_text(&mut i.name, v),
    ),
    both(
        Field::new("party", "Kind", "客户性质", Input::Fixed(PARTY))
            .alias(&["性质", "party type"])
            .write("party")
            .filter()
            .column(4, 12),
        |m| bind::fixed(PARTY, m.party),
        |i, v| bind::set_fixed(PARTY, &mut i.party, v),
    ),
    both(
        Field::new("region", "Region", "地区", Input::Choice { dictionary: "region" })
            .alias(&["区域", "客户地区"])
            .write("region_id")
            .star()
            .filter()
            .column(4, 10)
            .sort('r'),
        |m| bind::choice(&mut m.region),
        |i, v| bind::set_ref(&mut i.region_id, v),
    ),
    both(
        Field::new("manager", "Account manager", "客户经理", Input::User)
            .alias(&["manager_name", "owner", "经理", "负责人"])
            .write("manager_id")
            .star()
            .filter()
            .column(6, 10),
        |m| bind::user(&mut m.manager),
        |i, v| bind::set_ref(&mut i.manager_id, v),
    ),
    both(
        Field::new("level", "Customer level", "客户等级", Input::Choice { dictionary: "customer_level" })
            .alias(&["等级", "级别", "grade"])
            .write("level_id")
            .star()
            .filter()
            .column(6, 14)
            .sort('l'),
        |m| bind::choice(&mut m.level),
        |i, v| bind::set_ref(&mut i.level_id, v),
    ),
    both(
        Field::new("classification", "Classification", "分类", Input::Choice { dictionary: "classification" })
            .alias(&["客户分类"])
            .write("classification_id")
            .filter()
            .column(4, 12),
        |m| bind::choice(&mut m.classification),
        |i, v| bind::set_ref(&mut i.classification_id, v),
    ),
    both(
        Field::new("satisfaction", "Satisfaction", "客户满意度", Input::Stars)
            .alias(&["满意度"])
            .write("satisfaction")
            .filter()
            .column(5, 10)
            .sort('s'),
        |m| bind::stars(m.satisfaction),
        |i, v| bind::set_stars(&mut i.satisfaction, v),
    ),
    both(
        Field::new("credit", "Credit", "客户信用度", Input::Stars)
            .alias(&["信用度", "credit rating"])
            .write("credit")
            .filter()
            .column(5, 10)
            .sort('c'),
        |m| bind::stars(m.credit),
        |i, v| bind::set_stars(&mut i.credit, v),
    ),
    both(
        Field::text("address", "Address", "地址", 300)
            .alias(&["客户地址", "联系地址"])
            .write("address")
            .star()
            .column(10, 30),
        |m| bind::text(&mut m.address),
        |i, v| bind::set_text(&mut i.address, v),
    ),
    both(
        Field::text("zip", "Post code", "邮政编码", 10)
            .alias(&["postal code", "zip code", "邮编"])
            .write("zip")
            .column(6, 8),
        |m| bind::text(&mut m.zip),
        |i, v| bind::set_text(&mut i.zip, v),
    ),
    both(
        Field::new("tel", "Telephone", "电话", Input::Phone { max: 50 })
            .alias(&["phone", "telephone number", "phone number", "联系电话", "电话号码", "客户电话"])
            .write("tel")
            .star()
            .filter()
            .column(8, 16),
        |m| bind::text(&mut m.tel),
        |i, v| bind::set_text(&mut i.tel, v),
    ),
    both(
        Field::new("fax", "Fax", "传真", Input::Phone { max: 50 }).write("fax").column(8, 16),
        |m| bind::text(&mut m.fax),
        |i, v| bind::set_text(&mut i.fax, v),
    ),
    both(
        Field::text("website", "Website", "网址", 50)
            .alias(&["web", "url", "homepage", "网站", "主页"])
            .write("website")
            .column(10, 20),
        |m| bind::text(&mut m.website),
        |i, v| bind::set_text(&mut i.website, v),
    ),
    both(
        Field::text("legal_person", "Legal person", "法人", 50)
            .alias(&["法定代表人", "法人代表"])
            .write("legal_person")
            .column(6, 10),
        |m| bind::text(&mut m.legal_person),
        |i, v| bind::set_text(&mut i.legal_person, v),
    ),
    both(
        Field::text("usc_code", "Unified credit code", "统一社会信用代码", 18)
            .alias(&["usc", "信用代码"])
            .write("usc_code")
            .column(18, 18),
        |m| bind::text(&mut m.usc_code),
        |i, v| bind::set_text(&mut i.usc_code, v),
    ),
    both(
        Field::text("licence_no", "Licence number", "营业执照注册号", 50)
            .alias(&["license no", "注册号"])
            .write("licence_no")
            .column(10, 16),
        |m| bind::text(&mut m.licence_no),
        |i, v| bind::set_text(&mut i.licence_no, v),
    ),
    both(
        Field::new("capital", "Registered capital", "注册资金", Input::Int { unit: WAN })
            .alias(&["注册资本", "注册资金（万元）"])
            .write("capital")
            .column(6, 12),
        |m| bind::int(m.capital),
        |i, v| bind::set_int(&mut i.capital, v),
    ),
    both(
        Field::new("turnover", "Annual turnover", "年营业额", Input::Int { unit: WAN })
            .alias(&["营业额", "年营业额（万元）"])
            .write("turnover")
            .column(6, 12),
        |m| bind::int(m.turnover),
        |i, v| bind::set_int(&mut i.turnover, v),
    ),
    both(
        Field::text("bank", "Bank of deposit", "开户银行", 200)
            .alias(&["bank name", "开户行"])
            .write("bank")
            .column(8, 20),
        |m| bind::text(&mut m.bank),
        |i, v| bind::set_text(&mut i.bank, v),
    ),
    both(
        Field::text("bank_account", "Bank account", "银行帐号", 50)
            .alias(&["account number", "银行账号", "帐号"])
            .write("bank_account")
            .column(8, 20),
        |m| bind::text(&mut m.bank_account),
        |i, v| bind::set_text(&mut i.bank_account, v),
    ),
    both(
        Field::text("local_tax_no", "Local tax number", "地税登记号", 50).write("local_tax_no").column(8, 16),
        |m| bind::text(&mut m.local_tax_no),
        |i, v| bind::set_text(&mut i.local_tax_no, v),
    ),
    both(
        Field::text("national_tax_no", "National tax number", "国税登记号", 50).write("national_tax_no").column(8, 16),
        |m| bind::text(&mut m.national_tax_no),
        |i, v| bind::set_text(&mut i.national_tax_no, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["customer_id", "external no", "外部ID"])
            .write("external_id")
            .filter()
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    both(
        Field::text("tags", "Tags", "标签", 300).alias(&["tag"]).write("tags").column(6, 16),
        |m| bind::text(&mut m.tags),
        |i, v| bind::set_text(&mut i.tags, v),
    ),
    read(
        Field::new("status", "Status", "状态", Input::Fixed(STATUS))
            .alias(&["state", "客户状态"])
            .filter()
            .column(6, 8),
        |m| bind::fixed(STATUS, m.status),
    ),
    read(
        Field::new("last_contact_at", "Last contact", "最近联系", Input::Time)
            .alias(&["最近联系时间", "上次联系时间"])
            .column(8, 16)
            .sort('t'),
        |m| bind::time(m.last_contact_at),
    ),
    read(
        Field::new("next_contact_at", "Next contact", "下次联系", Input::Time)
            .alias(&["下次联系时间", "回访日期"])
            .column(8, 16),
        |m| bind::time(m.next_contact_at),
    ),
    read(Field::new("missing", "Incomplete", "待完善", Input::List).alias(&["missing fields"]).column(6, 20), |m| {
        bind::list(&mut m.missing)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).filter().column(8, 16).sort('a'), |m| {
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
    read(Field::new("merged_into", "Merged into", "已并入", Input::Customer), |m| {
        bind::customer(&mut m.merged_into)
    }),
    read(Field::new("former", "Merged from", "曾并入", Input::LongText { max: 4_000 }), |m| {
        bind::text(&mut m.former)
    }),
    read(Field::new("id", "Id", "内部编号", Input::Int { unit: None }), |m| super::Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 8] = [
    at(&FIELD_ROWS, "no"),
    at(&FIELD_ROWS, "name"),
    at(&FIELD_ROWS, "status"),
    at(&FIELD_ROWS, "region"),
    at(&FIELD_ROWS, "manager"),
    at(&FIELD_ROWS, "level"),
    at(&FIELD_ROWS, "last_contact_at"),
    at(&FIELD_ROWS, "missing"),
];

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

fn request(query: &ListQuery) -> v1::ListCustomersRequest {
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
