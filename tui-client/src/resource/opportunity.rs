//! Sales opportunities (销售机会): `domain-spec.md` §3.1, §4.1, D7–D9. What is done with them beside editing (assign, win,
//! lose and so on) is in [`crate::data::opportunity`].

use futures::future::BoxFuture;
use rolo_proto::v1::{
    self, Capability, Concern, Kind, OpportunitySort as Sort, OpportunityStatus as Status, OpportunityView as Shown,
};

use super::{
    Changes, Field, FixedItem, Input, ListQuery, Record, Resource, Value, View, WriteOptions,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::{
    data::{Client, Failure},
    strings::Label,
};

/// The descriptor.
pub struct Opportunities;

const fn item(code: &'static str, en: &'static str, zh: &'static str, wire: i32, symbol: &'static str) -> FixedItem {
    FixedItem { code, label: Label::new(en, zh), wire, symbol }
}

/// The states.
pub const STATUS: &[FixedItem] = &[
    item("unassigned", "unassigned", "未指派", Status::Unassigned as i32, "○"),
    item("assigned", "assigned", "已指派", Status::Assigned as i32, "◇"),
    item("won", "won", "开发成功", Status::Won as i32, "●"),
    item("lost", "lost", "开发失败", Status::Lost as i32, "×"),
    item("deleted", "deleted", "删除", Status::Deleted as i32, "-"),
];

const CONCERNS: &[FixedItem] = &[
    item("step_overdue", "step overdue", "计划逾期", Concern::StepOverdue as i32, ""),
    item("no_plan", "no plan", "无计划", Concern::NoPlan as i32, ""),
    item("no_progress", "no progress", "无进展", Concern::NoProgress as i32, ""),
    item("close_passed", "close date passed", "成交日已过", Concern::ClosePassed as i32, ""),
];

/// A rate in a hundred.
const PERCENT: Option<Label> = Some(Label::new("%", "%"));

/// What stays as it is while an opportunity is developed: who the customer is, and what it is about (§5.10).
const SETTLED: &[&str] = &["customer_name", "title", "source", "description", "product", "lead_source"];

type Row = Bound<v1::Opportunity, v1::OpportunityInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 32;
const ROWS: [Row; COUNT] = [
    both(
        Field::text("customer_name", "Customer name", "客户名称", 100)
            .heading("Customer", "客户")
            .alias(&["company", "company name", "公司名称", "name", "名称"])
            .write("customer_name")
            .star()
            .column(12, 24)
            .sort('n'),
        |m| bind::text(&mut m.customer_name),
        |i, v| bind::set_text(&mut i.customer_name, v),
    ),
    both(
        Field::text("title", "Summary", "概要", 200)
            .alias(&["subject", "主题", "标题"])
            .write("title")
            .star()
            .column(14, 22),
        |m| bind::text(&mut m.title),
        |i, v| bind::set_text(&mut i.title, v),
    ),
    both(
        Field::new("product", "Product", "产品", Input::Link(Kind::Product))
            .alias(&["product_id", "产品名称"])
            .write("product_id")
            .filter()
            .column(6, 16),
        |m| match m.product.take() {
            Some(product) => super::product::value(product),
            None => Value::Absent,
        },
        |i, v| bind::set_ref(&mut i.product_id, v),
    ),
    both(
        Field::new("success_rate", "Success rate", "成功机率", Input::Int { unit: PERCENT })
            .alias(&["rate", "probability", "机率", "成功机率(%)", "成功率"])
            .heading("Rate", "机率")
            .write("success_rate")
            .star()
            .filter()
            .column(4, 5)
            .sort('r'),
        |m| bind::int(m.success_rate.map(i64::from)),
        |i, v| bind::set_int32(&mut i.success_rate, v),
    ),
    both(
        Field::new("expected_amount", "Expected amount", "预期成交金额", Input::Money)
            .alias(&["amount", "金额", "预期金额"])
            .heading("Amount", "金额")
            .write("expected_amount")
            .filter()
            .column(9, 14)
            .sort('m'),
        |m| bind::money(m.expected_amount),
        |i, v| bind::set_money(&mut i.expected_amount, v),
    ),
    both(
        Field::new("expected_close_at", "Expected close", "预计成交", Input::Date)
            .alias(&["close", "close date", "预计成交日期", "成交日期"])
            .heading("Close", "成交")
            .write("expected_close_at")
            .filter_or_none()
            .column(8, 10)
            .sort('c'),
        |m| bind::date(&m.expected_close_at),
        |i, v| bind::set_date(&mut i.expected_close_at, v),
    ),
    both(
        Field::new("stage", "Stage", "销售阶段", Input::Choice { dictionary: "sales_stage" })
            .alias(&["阶段"])
            .write("stage_id")
            .filter_or_none()
            .column(6, 10),
        |m| bind::choice(&mut m.stage),
        |i, v| bind::set_ref(&mut i.stage_id, v),
    ),
    both(
        Field::new("lead_source", "Lead source", "线索来源", Input::Choice { dictionary: "lead_source" })
            .alias(&["lead"])
            .write("lead_source_id")
            .filter_or_none()
            .column(6, 10),
        |m| bind::choice(&mut m.lead_source),
        |i, v| bind::set_ref(&mut i.lead_source_id, v),
    ),
    both(
        Field::text("linkman", "Contact", "联系人", 50).alias(&["contact name"]).write("linkman").column(6, 10),
        |m| bind::text(&mut m.linkman),
        |i, v| bind::set_text(&mut i.linkman, v),
    ),
    both(
        Field::new("tel", "Contact phone", "联系人电话", Input::Phone { max: 50 })
            .alias(&["phone", "telephone", "mobile", "电话", "手机", "联系电话"])
            .write("tel")
            .column(8, 15),
        |m| bind::text(&mut m.tel),
        |i, v| bind::set_text(&mut i.tel, v),
    ),
    both(
        Field::text("source", "Origin", "机会来源", 50).alias(&["来源"]).write("source").column(6, 12),
        |m| bind::text(&mut m.source),
        |i, v| bind::set_text(&mut i.source, v),
    ),
    both(
        Field::new("customer_no", "Customer", "客户", Input::Customer)
            .alias(&["customer number", "linked customer", "客户编号", "生成的客户编号"])
            .write("customer_id")
            .filter()
            .column(8, 20),
        |m| bind::customer(&mut m.customer),
        |i, v| bind::set_ref(&mut i.customer_id, v),
    ),
    both(
        Field::new("description", "Description", "机会描述", Input::LongText { max: 2000 })
            .alias(&["描述", "details"])
            .write("description")
            .star()
            .column(10, 30),
        |m| bind::text(&mut m.description),
        |i, v| bind::set_text(&mut i.description, v),
    ),
    both(
        Field::new("memo", "Memo", "备注", Input::LongText { max: 500 })
            .alias(&["note", "notes"])
            .write("memo")
            .column(8, 20),
        |m| bind::text(&mut m.memo),
        |i, v| bind::set_text(&mut i.memo, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["外部ID"])
            .write("external_id")
            .filter()
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    // Assigning at once is part of creating (§5.2); [`Opportunities::create`] takes it out of the changes.
    both(
        Field::new("assignee", "Assigned to", "指派给", Input::User)
            .heading("Manager", "指派给")
            .alias(&["assigned_to", "owner", "manager", "account manager", "客户经理", "负责人"])
            .write("assignee_id")
            .once()
            .needs(Capability::OpportunityAssign)
            .filter()
            .column(6, 10),
        |m| bind::user(&mut m.assignee),
        |_, _| Ok(()),
    ),
    read(
        Field::new("status", "Status", "状态", Input::Fixed(STATUS)).alias(&["state"]).filter().column(8, 12),
        |m| bind::fixed(STATUS, m.status),
    ),
    read(
        Field::new("concerns", "Concerns", "预警", Input::Several(CONCERNS))
            .alias(&["stagnating", "停滞"])
            .column(8, 22),
        |m| bind::several(CONCERNS, &m.concerns),
    ),
    read(
        Field::new("next_step_at", "Next step", "下一步", Input::Date).alias(&["下次计划"]).column(8, 10).sort('s'),
        |m| bind::date(&m.next_step_at),
    ),
    read(Field::new("steps", "Plan steps", "计划项数", Input::Int { unit: None }).column(4, 6), |m| {
        Value::Int(m.steps.into())
    }),
    read(Field::new("steps_done", "Steps done", "已完成", Input::Int { unit: None }).column(4, 6), |m| {
        Value::Int(m.steps_done.into())
    }),
    read(Field::new("progress_at", "Last progress", "最近进展", Input::Time).column(8, 16), |m| {
        bind::time(m.progress_at)
    }),
    read(Field::new("assigned_at", "Assigned at", "指派时间", Input::Time).column(8, 16), |m| {
        bind::time(m.assigned_at)
    }),
    read(Field::new("closed_at", "Closed at", "结束时间", Input::Time).filter().column(8, 16), |m| {
        bind::time(m.closed_at)
    }),
    read(
        Field::new("close_reason", "Reason", "终止原因", Input::Choice { dictionary: "close_reason" }).column(6, 10),
        |m| bind::choice(&mut m.close_reason),
    ),
    read(Field::new("close_text", "What happened", "终止说明", Input::LongText { max: 500 }).column(8, 20), |m| {
        bind::text(&mut m.close_text)
    }),
    read(Field::new("missing", "Incomplete", "待完善", Input::List).alias(&["missing fields"]).column(6, 20), |m| {
        bind::list(&mut m.missing)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).filter().column(8, 16).sort('a'), |m| {
        bind::time(m.created_at)
    }),
    read(
        Field::new("created_by", "Created by", "创建人", Input::User).alias(&["creator"]).filter().column(6, 10),
        |m| bind::user(&mut m.created_by),
    ),
    read(
        Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16).sort('u'),
        |m| bind::time(m.updated_at),
    ),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(
        Field::new("id", "Id", "编号", Input::Int { unit: None }).alias(&["no", "number"]).column(4, 7).sort('#'),
        |m| Value::Int(m.id),
    ),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

const ASSIGNEE: usize = at(&FIELD_ROWS, "assignee");
const STATE: usize = at(&FIELD_ROWS, "status");

static COLUMNS: [usize; 10] = [
    STATE,
    at(&FIELD_ROWS, "customer_name"),
    at(&FIELD_ROWS, "title"),
    at(&FIELD_ROWS, "expected_amount"),
    at(&FIELD_ROWS, "success_rate"),
    at(&FIELD_ROWS, "expected_close_at"),
    ASSIGNEE,
    at(&FIELD_ROWS, "next_step_at"),
    at(&FIELD_ROWS, "concerns"),
    at(&FIELD_ROWS, "stage"),
];

const fn view(code: &'static str, en: &'static str, zh: &'static str, wire: Shown) -> View {
    View { code, label: Label::new(en, zh), wire: wire as i32 }
}

static VIEWS: [View; 11] = [
    view("unassigned", "Unassigned", "未指派", Shown::Unassigned),
    view("mine", "Mine", "我的", Shown::Mine),
    view("due_this_week", "Due this week", "本周到期", Shown::DueThisWeek),
    view("stagnating", "Stagnating", "停滞", Shown::Stagnating),
    view("won", "Won", "开发成功", Shown::Won),
    view("lost", "Lost", "开发失败", Shown::Lost),
    view("all", "All", "全部", Shown::All),
    view("open", "Open", "进行中", Shown::Open),
    view("incomplete", "Incomplete", "待完善", Shown::Incomplete),
    view("recycle_bin", "Recycle bin", "回收站", Shown::RecycleBin),
    view("new", "Newly assigned", "新指派", Shown::New),
];

/// The filter of a query; what sums, spreads and bulk actions are asked for too.
pub fn filter(query: &ListQuery) -> v1::OpportunityFilter {
    let mut filter = v1::OpportunityFilter {
        search: query.search.clone(),
        ids: query.ids.clone(),
        view: VIEWS.get(query.view).map_or(0, |v| v.wire),
        customer_id: query.parent_id,
        ..Default::default()
    };
    for condition in &query.conditions {
        let values = &condition.values;
        match FIELDS.get(condition.field).map_or("", |f| f.name) {
            "status" => filter.statuses = vec![bind::first_wire(STATUS, values)],
            // Nobody's: they are unassigned.
            "assignee" if bind::is_none(values) => filter.statuses = vec![Status::Unassigned.into()],
            "assignee" => filter.assignee_ids = bind::ids(values),
            "created_by" => filter.creator_ids = bind::ids(values),
            "stage" => filter.stage_ids = bind::ids_or_none(values),
            "lead_source" => filter.lead_source_ids = bind::ids_or_none(values),
            "product" => filter.product_ids = bind::ids(values),
            "customer_no" => filter.customer_id = bind::ids(values).first().copied().unwrap_or(0),
            "expected_amount" => (filter.amount_from, filter.amount_to) = bind::numbers(values),
            "expected_close_at" if bind::is_none(values) => filter.close_none = true,
            "expected_close_at" => (filter.close_from, filter.close_to) = bind::days(values),
            "success_rate" => filter.rate_from = bind::numbers(values).0.and_then(|rate| rate.try_into().ok()),
            "created_at" => (filter.created_from, filter.created_to) = bind::range(values),
            "closed_at" => (filter.ended_from, filter.ended_to) = bind::range(values),
            "external_id" => filter.external_id = bind::first_text(values),
            _ => {}
        }
    }
    filter
}

/// The order on the wire.
pub fn sort(field: Option<usize>) -> Sort {
    match field.and_then(|i| FIELDS.get(i)).map_or("", |f| f.name) {
        "customer_name" => Sort::CustomerName,
        "id" => Sort::Id,
        "created_at" => Sort::CreatedAt,
        "updated_at" => Sort::UpdatedAt,
        "expected_close_at" => Sort::CloseAt,
        "expected_amount" => Sort::Amount,
        "success_rate" => Sort::Rate,
        "next_step_at" => Sort::NextStepAt,
        _ => Sort::Unspecified,
    }
}

fn request(query: &ListQuery) -> v1::ListOpportunitiesRequest {
    v1::ListOpportunitiesRequest {
        filter: Some(filter(query)),
        order_by: sort(query.sort).into(),
        descending: query.descending,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        with_total: query.with_total,
        export: query.export,
    }
}

/// An opportunity as the screens see it; also used where another reply carries one.
pub fn record(message: v1::Opportunity) -> Record {
    let head = Head {
        kind: Kind::Opportunity,
        id: message.id,
        revision: message.revision,
        label: label(&message.customer_name, &message.title),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

/// What an opportunity is called: its customer and what it is about.
pub(super) fn label(customer: &str, title: &str) -> String {
    if title.is_empty() { customer.to_owned() } else { format!("{customer} / {title}") }
}

/// The state of an opportunity.
pub fn status(record: &Record) -> Status {
    match record.values.get(STATE) {
        Some(Value::Fixed(index)) => STATUS.get(*index).and_then(|i| i.wire.try_into().ok()).unwrap_or_default(),
        _ => Status::Unspecified,
    }
}

impl Resource for Opportunities {
    fn kind(&self) -> Kind {
        Kind::Opportunity
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("opportunity", "opportunities")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Opportunity", "销售机会"), Label::new("Opportunities", "销售机会"))
    }

    fn sort_wire(&self, field: usize) -> i32 {
        sort(Some(field)).into()
    }

    calls! {
        service opportunities;
        list list_opportunities(request) -> ListOpportunitiesResponse { opportunities, total };
        get get_opportunity(|id| v1::GetOpportunityRequest { id, ..Default::default() });
        update update_opportunity UpdateOpportunityRequest { opportunity };
        delete delete_opportunity DeleteOpportunityRequest;
        restore restore_opportunity RestoreOpportunityRequest;
    }

    fn create<'a>(
        &'a self,
        client: &'a Client,
        values: &'a Changes,
        options: &'a WriteOptions,
    ) -> BoxFuture<'a, Result<Record, Failure>> {
        Box::pin(async move {
            let (assignee, values): (Changes, Changes) = values.iter().cloned().partition(|(i, _)| *i == ASSIGNEE);
            let assignee: Vec<Value> = assignee.into_iter().map(|(_, value)| value).collect();
            let request = v1::CreateOpportunityRequest {
                opportunity: Some(bind::input(&TABLE, &values, true)?.0),
                assignee_id: bind::ids(&assignee).first().copied().unwrap_or(0),
                full_form: options.full_form,
                request_id: options.request_id(),
            };
            let reply: v1::CreateOpportunityResponse =
                client.call(request, |c, r| async move { c.opportunities().create_opportunity(r).await }).await?;
            Ok(record(reply.opportunity.unwrap_or_default()))
        })
    }

    /// By id, else by external id.
    fn find<'a>(&'a self, client: &'a Client, key: &'a str) -> BoxFuture<'a, Result<Record, Failure>> {
        let key = key.trim();
        let id = key.parse().unwrap_or(0);
        let external_id = if id == 0 { key.to_owned() } else { String::new() };
        let request = v1::GetOpportunityRequest { id, external_id };
        Box::pin(async move {
            client.call(request, |c, r| async move { c.opportunities().get_opportunity(r).await }).await.map(record)
        })
    }

    fn holds(&self, view: usize, record: &Record) -> bool {
        let (is, open) = (status(record), [Status::Unassigned, Status::Assigned]);
        match VIEWS.get(view).and_then(|v| Shown::try_from(v.wire).ok()).unwrap_or_default() {
            Shown::Unassigned => is == Status::Unassigned,
            Shown::Mine | Shown::DueThisWeek | Shown::Stagnating | Shown::New => is == Status::Assigned,
            Shown::Won => is == Status::Won,
            Shown::Lost => is == Status::Lost,
            Shown::Open => open.contains(&is),
            Shown::RecycleBin => is == Status::Deleted,
            Shown::Unspecified | Shown::All | Shown::Incomplete => is != Status::Deleted,
        }
    }

    fn is_fixed(&self, field: usize, record: &Record) -> bool {
        status(record) == Status::Assigned && FIELDS.get(field).is_some_and(|f| SETTLED.contains(&f.name))
    }
}
