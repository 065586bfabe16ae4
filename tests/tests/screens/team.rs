//! A company with account managers and opportunities to give them.

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::{
    db::Lane,
    users::store::{self, NewUser},
};
use rolo_tests::{Session, ask::lead, world::request_id};

use crate::stage::Stage;

/// More account managers of the northern department: account and name.
pub async fn managers(stage: &Stage, people: &'static [(&'static str, &'static str)]) -> Result<()> {
    let add = move |write: &mut rolo_server::db::Write<'_>| {
        for (name, display_name) in people {
            let department_id = store::department(write.tx, "North")?;
            let user = NewUser {
                name: (*name).into(),
                display_name: (*display_name).into(),
                department_id,
                ..NewUser::default()
            };
            let id = store::create(write.tx, &user, write.now)?;
            store::set_roles(write.tx, id, &["manager".to_owned()])?;
        }
        Ok(())
    };
    Ok(stage.world.handle()?.kernel().db().write(Lane::People, add).await?)
}

/// Records so many opportunities of different customers, amounts, rates, stages and months; answers their ids in order.
pub async fn opportunities(stage: &Stage, by: &Session, count: usize) -> Result<Vec<i64>> {
    let mut stages = Vec::new();
    for value in STAGES {
        stages.push(stage.world.item("sales_stage", value).await?);
    }
    let mut ids = Vec::new();
    for n in 0..count {
        let number = if n < CUSTOMERS.len() { String::new() } else { n.to_string() };
        let input = pb::OpportunityInput {
            customer_name: format!("{}{number}", CUSTOMERS[n % CUSTOMERS.len()]),
            title: TITLES[n % TITLES.len()].into(),
            success_rate: Some([70, 40, 55, 10][n % 4]),
            expected_amount: (n % 4 != 3).then_some((n as i64 % 9 + 1) * 120_000 * 10_000),
            expected_close_at: ["2026-11-20", "2026-12-15", "", "2027-02-28"][n % 4].into(),
            stage_id: stages.get(n % 4).copied(),
            ..lead("")
        };
        ids.push(by.record(input).await?.id);
    }
    Ok(ids)
}

/// The first stages of the shipped dictionary.
const STAGES: [&str; 3] = ["contact", "quotation", "negotiation"];
const CUSTOMERS: [&str; 8] = [
    "宁波东方重工",
    "杭州文澜出版",
    "青岛海运物流",
    "Ernst Handel",
    "苏州精密仪器有限责任公司",
    "Mère Paillarde",
    "天津启明科技",
    "包头稀土",
];
const TITLES: [&str; 3] = ["生产线传感器改造", "Office furniture, framework contract", "仓储系统一期"];

/// A step of somebody's plan.
pub async fn step(by: &Session, opportunity_id: i64, plan_date: &str, todo: &str) -> Result<pb::PlanStep> {
    let step = pb::PlanStepInput {
        opportunity_id,
        plan_date: plan_date.into(),
        todo: todo.into(),
        ..pb::PlanStepInput::default()
    };
    let request = pb::CreatePlanStepRequest { step: Some(step), request_id: request_id() };
    Ok(by.opportunities().create_plan_step(request).await?.into_inner())
}
