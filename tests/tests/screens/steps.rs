//! Lines of a plan that somebody else works on too, and what is kept of them (`tui.md` rules 1 and 5).

use std::fs;

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tests::world::Session;
use rolo_tui::strings::Lang;

use crate::{
    drafts::files,
    opportunities::filled,
    stage::{hides, row, shows},
};

/// To the line for what came of the visit.
const RESULT: &str = "g o 2 enter tab g g j c";

/// The step that is a visit.
async fn visit(boss: &Session) -> Result<pb::PlanStep> {
    let request = pb::ListPlanStepsRequest { mine: true, page_size: 50, ..Default::default() };
    let steps = boss.opportunities().list_plan_steps(request).await?.into_inner().steps;
    steps.into_iter().find(|step| step.todo == "上门演示").context("no visit is planned")
}

async fn now(boss: &Session, step: &pb::PlanStep) -> Result<pb::PlanStep> {
    Ok(boss.opportunities().get_plan_step(pb::GetPlanStepRequest { id: step.id }).await?.into_inner())
}

#[tokio::test]
async fn of_two_results_of_one_step_the_second_asks_before_it_replaces_the_first() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let step = visit(&boss).await?;
    let mut rolo = stage.boss().await?;
    rolo.press(&format!("{RESULT} '客户同意试用'")).await?;
    boss.result(&step, "客户要求再演示一次").await?;
    // That the row shows it already does not mean that it was read.
    rolo.until_shows("要求再演示").await?;
    rolo.press("enter").await?;
    for text in ["Changed by somebody else meanwhile", "客户同意试用", "客户要求再演示一次"] {
        shows(&rolo, text)?;
    }
    // Who does not choose loses nothing, and is asked again.
    rolo.press("esc").await?;
    shows(&rolo, "客户同意试用")?;
    assert_eq!(now(&boss, &step).await?.result, "客户要求再演示一次");
    rolo.press("enter T enter").await?;
    hides(&rolo, "客户同意试用")?;
    assert_eq!(now(&boss, &step).await?.result, "客户要求再演示一次");
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_restored_result_stands_on_the_step_that_it_was_typed_for() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let step = visit(&boss).await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(&format!("{RESULT} '客户同意试用'")).await?;
    drop(rolo);
    boss.result(&step, "客户要求再演示一次").await?;
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "客户同意试用")?;
    rolo.press("enter").await?;
    for text in ["Changed by somebody else meanwhile", "客户同意试用", "客户要求再演示一次"] {
        shows(&rolo, text)?;
    }
    assert_eq!(now(&boss, &step).await?.result, "客户要求再演示一次");
    drop(rolo);
    // The question is not lost with the program either.
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("enter").await?;
    shows(&rolo, "Changed by somebody else meanwhile")?;
    rolo.press("enter").await?;
    shows(&rolo, "Recorded: 上门演示")?;
    assert_eq!(now(&boss, &step).await?.result, "客户同意试用");
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_result_typed_today_on_stale_ground_waits_in_the_plan() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let step = visit(&boss).await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g t").await?;
    shows(&rolo, "上门演示")?;
    while !row(&rolo).contains("上门演示") {
        rolo.press("j").await?;
    }
    rolo.press("c '客户同意试用'").await?;
    boss.result(&step, "客户要求再演示一次").await?;
    rolo.press("enter").await?;
    shows(&rolo, "1 draft waits")?;
    assert_eq!(now(&boss, &step).await?.result, "客户要求再演示一次");
    rolo.press("g d enter").await?;
    for text in ["Changed by somebody else meanwhile", "客户同意试用", "客户要求再演示一次"] {
        shows(&rolo, text)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_day_and_a_task_changed_by_two_people_are_both_changed() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let step = visit(&boss).await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("g o 2 enter tab g g j e").await?;
    shows(&rolo, "2026-11-03 上门演示")?;
    rolo.press("'两次'").await?;
    drop(rolo);
    let input = pb::PlanStepInput { plan_date: "2026-11-12".into(), ..Default::default() };
    boss.change_step(&step, &["plan_date"], input).await?;
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "2026-11-03 上门演示两次")?;
    rolo.press("enter").await?;
    shows(&rolo, "Saved 上门演示两次")?;
    let step = now(&boss, &step).await?;
    assert_eq!((step.plan_date.as_str(), step.todo.as_str()), ("2026-11-12", "上门演示两次"));
    Ok(())
}

#[tokio::test]
async fn the_result_of_a_step_and_its_task_are_kept_apart() -> Result<()> {
    let (stage, _, _) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(&format!("{RESULT} '客户同意试用' esc e '两次' esc")).await?;
    rolo.press("g d").await?;
    for text in ["Plan step › Result: 客户同意试用", "Plan step › Edit: 2026-11-03 上门演示两次"] {
        shows(&rolo, text)?;
    }
    rolo.press("esc").await?;
    drop(rolo);
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(&format!("{RESULT} enter")).await?;
    shows(&rolo, "Recorded: 上门演示")?;
    rolo.press("g d").await?;
    shows(&rolo, "2026-11-03 上门演示两次")
}

/// Lines were once kept without the ground that they stand on, a result under the key of its step.
#[tokio::test]
async fn a_result_kept_without_its_ground_overwrites_nothing_either() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let step = visit(&boss).await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(&format!("{RESULT} '客户同意试用'")).await?;
    drop(rolo);
    let file = files(&stage.state())?.pop().context("a draft")?;
    let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(&file)?)?;
    let draft = &mut kept["draft"];
    draft["revision"] = 0.into();
    draft["key"] = serde_json::json!({ "Edit": draft["key"]["Outcome"] });
    fs::write(&file, serde_json::to_vec(&kept)?)?;
    boss.result(&step, "客户要求再演示一次").await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("enter").await?;
    shows(&rolo, "Changed by somebody else meanwhile")?;
    rolo.press("T enter").await?;
    assert_eq!(now(&boss, &step).await?.result, "客户要求再演示一次");
    drop(rolo);
    assert_eq!(files(&stage.state())?.len(), 0);
    Ok(())
}

/// Whatever the width is.
#[tokio::test]
async fn why_a_line_is_refused_can_be_read_to_its_end() -> Result<()> {
    let (stage, _, _) = filled().await?;
    for size in [(80, 24), (46, 16), (40, 12)] {
        let mut rolo = stage.screens("boss", size, Lang::En).await?;
        rolo.press("g o 2 enter tab n '签合同' enter").await?;
        for text in ["签合同", "! begin with a day", "2026-12-01"] {
            shows(&rolo, text)?;
        }
    }
    Ok(())
}
