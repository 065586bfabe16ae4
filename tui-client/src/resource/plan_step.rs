//! Steps of development plans (客户开发计划项): `domain-spec.md` §3.2, §4.2.

use rolo_proto::v1::{self, Kind, StepView};

use super::{
    Field, Input, ListQuery, Record, Resource, Value, View,
    bind::{self, Bound, Head, at, both, read},
    calls::calls,
};
use crate::strings::Label;

/// The descriptor.
pub struct PlanSteps;

type Row = Bound<v1::PlanStep, v1::PlanStepInput>;

static TABLE: [Row; COUNT] = ROWS;
const COUNT: usize = 14;
const ROWS: [Row; COUNT] = [
    both(
        Field::new("plan_date", "Date", "日期", Input::Date)
            .alias(&["day", "计划日期"])
            .write("plan_date")
            .star()
            .column(6, 10),
        |m| bind::date(&m.plan_date),
        |i, v| bind::set_date(&mut i.plan_date, v),
    ),
    both(
        Field::text("todo", "Step", "计划项", 500)
            .alias(&["task", "plan item", "计划内容"])
            .write("todo")
            .star()
            .column(14, 40),
        |m| bind::text(&mut m.todo),
        |i, v| bind::set_text(&mut i.todo, v),
    ),
    both(
        Field::new("result", "Result", "执行效果", Input::LongText { max: 500 })
            .alias(&["outcome", "效果", "结果"])
            .write("result")
            .column(10, 40),
        |m| bind::text(&mut m.result),
        |i, v| bind::set_text(&mut i.result, v),
    ),
    both(
        Field::new("opportunity", "Opportunity", "销售机会", Input::Link(Kind::Opportunity))
            .alias(&["opportunity_id", "chance_id", "销售机会编号"])
            .write("opportunity_id")
            .star()
            .once()
            .filter()
            .column(12, 30),
        |m| {
            let mut label = super::opportunity::label(&m.customer_name, &m.opportunity_title);
            bind::link(Kind::Opportunity, m.opportunity_id, &mut label)
        },
        |i, v| bind::set_id(&mut i.opportunity_id, v),
    ),
    both(
        Field::text("external_id", "External id", "外部编号", 100)
            .alias(&["外部ID"])
            .write("external_id")
            .column(6, 14),
        |m| bind::text(&mut m.external_id),
        |i, v| bind::set_text(&mut i.external_id, v),
    ),
    read(Field::new("overdue", "Overdue", "逾期", Input::Flag).column(4, 7), |m| Value::Flag(m.overdue)),
    read(Field::new("result_at", "Done at", "完成时间", Input::Time).column(8, 16), |m| bind::time(m.result_at)),
    read(Field::new("assignee", "Assigned to", "负责人", Input::User).column(6, 10), |m| {
        bind::user(&mut m.assignee)
    }),
    read(Field::new("created_at", "Created at", "创建时间", Input::Time).column(8, 16), |m| {
        bind::time(m.created_at)
    }),
    read(Field::new("created_by", "Created by", "创建人", Input::User).column(6, 10), |m| {
        bind::user(&mut m.created_by)
    }),
    read(Field::new("updated_at", "Changed at", "修改时间", Input::Time).alias(&["updated"]).column(8, 16), |m| {
        bind::time(m.updated_at)
    }),
    read(Field::new("deleted_at", "Deleted at", "删除时间", Input::Time).column(8, 16), |m| {
        bind::time(m.deleted_at)
    }),
    read(Field::text("customer_name", "Customer name", "客户名称", 100).column(10, 24), |m| {
        bind::text(&mut m.customer_name)
    }),
    read(Field::new("id", "Id", "编号", Input::Int { unit: None }), |m| Value::Int(m.id)),
];

static FIELDS: [Field; COUNT] = FIELD_ROWS;
const FIELD_ROWS: [Field; COUNT] = bind::fields_of(&ROWS);

static COLUMNS: [usize; 4] = [
    at(&FIELD_ROWS, "plan_date"),
    at(&FIELD_ROWS, "todo"),
    at(&FIELD_ROWS, "opportunity"),
    at(&FIELD_ROWS, "assignee"),
];

// Views of what is due have the numbers of the wire; the last is the client's own.
const RECYCLE_BIN: i32 = 100;

static VIEWS: [View; 5] = [
    View { code: "open", label: Label::new("Open", "未完成"), wire: StepView::Unspecified as i32 },
    View { code: "today", label: Label::new("Due today", "今日到期"), wire: StepView::Today as i32 },
    View { code: "overdue", label: Label::new("Overdue", "已逾期"), wire: StepView::Overdue as i32 },
    View { code: "next_7_days", label: Label::new("Next 7 days", "未来7天"), wire: StepView::Next7Days as i32 },
    View { code: "recycle_bin", label: Label::new("Recycle bin", "回收站"), wire: RECYCLE_BIN },
];

fn request(query: &ListQuery) -> v1::ListPlanStepsRequest {
    let view = VIEWS.get(query.view).map_or(0, |v| v.wire);
    let of = query.conditions.iter().find(|one| FIELDS.get(one.field).is_some_and(|field| field.name == "opportunity"));
    let opportunity_id = of.and_then(|one| bind::ids(&one.values).first().copied()).unwrap_or(query.parent_id);
    v1::ListPlanStepsRequest {
        opportunity_id,
        view: if view == RECYCLE_BIN { 0 } else { view },
        // What is due is due for somebody: the views show one's own, as the counts of the Today screen do.
        mine: opportunity_id == 0,
        ids: query.ids.clone(),
        deleted: view == RECYCLE_BIN,
        page_size: query.page_size,
        page_token: query.page_token.clone(),
        with_total: query.with_total,
    }
}

/// A step as the screens see it; also used where another reply carries one.
pub fn record(message: v1::PlanStep) -> Record {
    let head = Head {
        kind: Kind::PlanStep,
        id: message.id,
        revision: message.revision,
        label: message.todo.clone(),
        allowed: bind::actions(&message.allowed_actions),
        operation_id: message.operation_id,
        warnings: Vec::new(),
    };
    bind::record(&TABLE, head, message)
}

impl Resource for PlanSteps {
    fn kind(&self) -> Kind {
        Kind::PlanStep
    }

    fn names(&self) -> (&'static str, &'static str) {
        ("step", "steps")
    }

    fn labels(&self) -> (Label, Label) {
        (Label::new("Plan step", "计划项"), Label::new("Plan steps", "计划项"))
    }

    calls! {
        service opportunities;
        list list_plan_steps(request) -> ListPlanStepsResponse { steps, total };
        get get_plan_step(|id| v1::GetPlanStepRequest { id });
        create create_plan_step CreatePlanStepRequest { step };
        update update_plan_step UpdatePlanStepRequest { step };
        delete delete_plan_step DeletePlanStepRequest;
        restore restore_plan_step RestorePlanStepRequest;
    }
}
