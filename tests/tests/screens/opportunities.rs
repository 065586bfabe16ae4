//! Opportunities on the screens: record, assign, plan, win and lose them (S01-04 … S01-10, §4.1, §4.2, §5.3, D7–D9).

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tests::{ask::lead, world::Session};
use rolo_tui::{app::harness::Harness, strings::Lang};

use crate::{
    stage::{Stage, hides, row, shows},
    team::managers,
};

const DAY: i64 = 86_400_000;

/// A company with two opportunities unassigned and one of boss's with a plan; calls of boss; the ids of boss and mgr.
pub async fn filled() -> Result<(Stage, Session, [i64; 2])> {
    let stage = Stage::new().await?;
    let boss = stage.world.session("boss").await?;
    let (me, mgr) = (stage.user("boss").await?, stage.user("mgr").await?);
    let offer = |name: &str, title: &str, amount: i64, rate: i32| pb::OpportunityInput {
        title: title.into(),
        expected_amount: Some(amount * 10_000),
        success_rate: Some(rate),
        expected_close_at: "2026-11-30".into(),
        linkman: "陈总".into(),
        ..lead(name)
    };
    boss.record(offer("青岛海运物流", "仓储系统一期", 300_000, 55)).await?;
    boss.record(offer("杭州文澜出版", "年度办公用品框架", 86_000, 40)).await?;
    let mine = boss.record(offer("宁波东方重工", "生产线传感器改造", 1_240_000, 70)).await?;
    let mine = boss.assign(&mine, me).await?;
    let step = boss.step(mine.id, "2026-11-02", "电话了解需求").await?;
    boss.result(&step, "预算已批，月底前定").await?;
    boss.step(mine.id, "2026-11-03", "上门演示").await?;
    boss.step(mine.id, "2026-11-20", "报价").await?;
    stage.world.advance(3 * DAY);
    let boss = stage.world.session("boss").await?;
    Ok((stage, boss, [me, mgr]))
}

async fn on_mine(stage: &Stage) -> Result<Harness> {
    let mut rolo = stage.boss().await?;
    // One of its steps is overdue: the state says that something is wrong.
    rolo.press("g o 2").await?;
    shows(&rolo, "! assigned")?;
    rolo.press("enter").await?;
    shows(&rolo, "宁波东方重工")?;
    Ok(rolo)
}

#[tokio::test]
async fn an_opportunity_is_recorded_assigned_planned_and_won_and_its_customer_opens_with_the_contact() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    // What is empty teaches.
    rolo.press("g o").await?;
    shows(&rolo, "n makes the first one")?;
    rolo.press("n '宁波东方重工' tab '生产线传感器改造' tab tab '70％' tab '１２４万'").await?;
    shows(&rolo, "= ¥ 1,240,000")?;
    rolo.press("tab '月底'").await?;
    shows(&rolo, "= Mon 2026-11-30")?;
    rolo.press("tab tab tab '陈总' tab tab tab tab '三条产线' ctrl-s").await?;
    shows(&rolo, "Saved 宁波东方重工 / 生产线传感器改造")?;
    shows(&rolo, "unassigned")?;
    shows(&rolo, "1,240,000")?;
    // Assigned, and planned line by line.
    rolo.press("a 'boss' enter").await?;
    shows(&rolo, "is assigned to")?;
    rolo.press("tab").await?;
    shows(&rolo, "No steps are planned yet")?;
    rolo.press("n '周三 电话了解需求' enter '周五 上门演示' enter '下周一 报价'").await?;
    shows(&rolo, "= 11-09 Mon  报价")?;
    rolo.press("enter esc").await?;
    shows(&rolo, "1–3 of 3")?;
    rolo.press("g g enter '预算已批' enter").await?;
    shows(&rolo, "Recorded: 电话了解需求")?;
    assert!(row(&rolo).contains("上门演示"), "the cursor goes on: {}", row(&rolo));
    // Won: the telephone is missing and asked for, the steps without result are told.
    rolo.press("S").await?;
    shows(&rolo, "new: 宁波东方重工")?;
    shows(&rolo, "2 steps have no result")?;
    rolo.press("'13800001111' ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    shows(&rolo, "[Contacts]")?;
    shows(&rolo, "陈总")?;
    shows(&rolo, "13800001111")?;
    shows(&rolo, "! Incomplete")?;
    // And taken back by one key.
    rolo.press("esc u").await?;
    shows(&rolo, "assigned")
}

#[tokio::test]
async fn who_has_the_name_already_is_said_while_it_is_typed() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g o n '宁波东方重工'").await?;
    shows(&rolo, "open already for this product")?;
    rolo.press("ctrl-u '北京华盛科技有限公司'").await?;
    shows(&rolo, "a customer already")?;
    rolo.press("ctrl-u '青岛海运物流' tab 'x' tab tab '10' ctrl-s").await?;
    // What is wrong is said where it is wrong, and nothing that was typed is lost.
    shows(&rolo, "is required")?;
    rolo.press("'y' ctrl-s").await?;
    shows(&rolo, "already exists")?;
    shows(&rolo, "王芳")
}

#[tokio::test]
async fn an_amount_narrows_a_list_and_so_does_a_state_or_nobody() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g o 7 / 'amount:>=100万'").await?;
    shows(&rolo, "宁波东方重工")?;
    hides(&rolo, "青岛海运物流")?;
    rolo.press("ctrl-u '金额:5万..40万'").await?;
    shows(&rolo, "青岛海运物流")?;
    hides(&rolo, "宁波东方重工")?;
    rolo.press("ctrl-u 'assignee:none'").await?;
    shows(&rolo, "杭州文澜出版")?;
    hides(&rolo, "宁波东方重工")?;
    rolo.press("ctrl-u '状态:已指派'").await?;
    shows(&rolo, "宁波东方重工")?;
    hides(&rolo, "杭州文澜出版")?;
    rolo.press("ctrl-u 'rate:>=50 close:2026-11'").await?;
    shows(&rolo, "青岛海运物流")?;
    hides(&rolo, "杭州文澜出版")
}

#[tokio::test]
async fn what_is_assigned_leaves_the_unassigned_and_the_next_is_under_the_cursor() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g o").await?;
    let first = row(&rolo);
    rolo.press("a 'boss' enter").await?;
    assert_ne!(row(&rolo), first);
    shows(&rolo, "1–1 of 1")
}

/// And it is readable whole where the screen is small: a long message goes on over the footer.
#[tokio::test]
async fn who_comes_second_is_told_who_was_first_and_when() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    managers(&stage, &[("m01", "赵敏（华东大区重点客户与战略合作伙伴部客户经理）")]).await?;
    let found = pb::ListAssigneesRequest { search: "赵敏".into() };
    let found = boss.opportunities().list_assignees(found).await?.into_inner().assignees;
    let first = found.into_iter().find_map(|one| one.user).map_or(0, |user| user.id);
    for (suffix, size, lang, told) in [
        ("80-en", (80, 24), Lang::En, ["assigned to 赵敏", "by 王芳", "(now)"]),
        ("80-zh", (80, 24), Lang::Zh, ["已指派给赵敏", "（王芳）", "（刚刚）"]),
    ] {
        let mut rolo = stage.screens("boss", size, lang).await?;
        rolo.press("g o a").await?;
        // The same person at another terminal is somebody else to this one.
        let filter = pb::OpportunityFilter { view: pb::OpportunityView::Unassigned.into(), ..Default::default() };
        let open = boss.leads(pb::ListOpportunitiesRequest { filter: Some(filter), ..Default::default() }).await?;
        boss.assign(&boss.opportunity(open[0]).await?, first).await?;
        rolo.press("'boss' enter").await?;
        insta::assert_snapshot!(format!("opportunity-taken-{suffix}"), rolo.snapshot());
        for words in told {
            shows(&rolo, words)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_overdue_step_says_so_and_is_moved_and_what_has_a_result_stays() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = on_mine(&stage).await?;
    shows(&rolo, "step overdue since 11-03")?;
    rolo.press("tab j").await?;
    shows(&rolo, "2 days overdue")?;
    rolo.press("z 'fri' enter").await?;
    hides(&rolo, "overdue")?;
    shows(&rolo, "11-06 Fri")?;
    // A line edits day and task at once.
    rolo.press("e ctrl-u '11-09 上门演示新版本' enter").await?;
    shows(&rolo, "上门演示新版本")?;
    shows(&rolo, "11-09 Mon")?;
    rolo.press("g g d").await?;
    shows(&rolo, "not")?;
    rolo.press("G d").await?;
    shows(&rolo, "Deleted 报价")?;
    rolo.press("u").await?;
    shows(&rolo, "报价")
}

#[tokio::test]
async fn a_line_without_day_is_not_taken_and_one_that_is_left_comes_back() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = on_mine(&stage).await?;
    rolo.press("tab n '拜访陈总' enter").await?;
    shows(&rolo, "! begin with a day")?;
    rolo.press("esc n").await?;
    shows(&rolo, "拜访陈总")
}

#[tokio::test]
async fn an_opportunity_is_given_up_with_reason_and_text_and_taken_up_again() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = on_mine(&stage).await?;
    rolo.press("L 1 '  ' enter").await?;
    shows(&rolo, "is required")?;
    rolo.press("'报价高于对手' enter").await?;
    shows(&rolo, "is closed as lost")?;
    shows(&rolo, "报价高于对手")?;
    // Nothing of its plan is due any more, whatever day it was planned for.
    rolo.press("tab").await?;
    shows(&rolo, "11-03 Tue")?;
    hides(&rolo, "today")?;
    hides(&rolo, "overdue")?;
    rolo.press("shift-tab").await?;
    rolo.press("O '客户追加预算' enter").await?;
    shows(&rolo, "is reopened")?;
    // The history keeps who did what.
    rolo.press("tab tab").await?;
    shows(&rolo, "closed as lost")?;
    shows(&rolo, "reopened")
}

/// §4.1: a decision that is not possible says why, and who may or what comes first.
#[tokio::test]
async fn a_decision_that_is_not_possible_says_why_and_what_to_do() -> Result<()> {
    let (stage, boss, [_, mgr]) = filled().await?;
    let theirs = boss.record(lead("苏州园林设计")).await?;
    let theirs = boss.assign(&theirs, mgr).await?;
    let mut manager = stage.screens("mgr", (80, 24), Lang::En).await?;
    manager.press("g o").await?;
    for (keys, says) in [
        ("a", "assign: this is for supervisors; ask yours to do it"),
        ("O", "reopen: this is for supervisors; ask yours to do it"),
    ] {
        manager.press(keys).await?;
        shows(&manager, says)?;
    }
    let mut supervisor = stage.screens("boss", (80, 24), Lang::Zh).await?;
    supervisor.press("g o 7 / '苏州' enter").await?;
    for (keys, says) in [("O", "只有开发失败的机会可以重新打开"), ("S", "只能由负责的客户经理")]
    {
        supervisor.press(keys).await?;
        shows(&supervisor, says)?;
    }
    supervisor.press("g o / esc 7 / '青岛' enter S").await?;
    shows(&supervisor, "尚未指派，须先由销售主管指派")?;
    assert_eq!(boss.opportunity(theirs.id).await?.revision, theirs.revision, "nothing has happened");
    Ok(())
}

/// Where the record fits as it is, in one column; where it does not, in two, with the long text below them.
#[tokio::test]
async fn a_long_text_takes_the_width_that_is_there() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let description = "The customer wants ".to_owned() + &"new sensors on every line of the plant, ".repeat(8);
    boss.record(pb::OpportunityInput { description, ..lead("苏州园林设计") }).await?;
    for (suffix, size) in [("tall", (120, 40)), ("low", (120, 16))] {
        let mut rolo = stage.screens("boss", size, Lang::En).await?;
        rolo.press("g o 7 / '苏州' enter enter").await?;
        if suffix == "low" {
            rolo.press("G").await?;
        }
        let widest = rolo.text().lines().filter(|line| line.contains("sensors")).map(str::len).max();
        assert!(widest.is_some_and(|widest| widest > 100), "{}", rolo.text());
        insta::assert_snapshot!(format!("opportunity-long-{suffix}-120-en"), rolo.snapshot());
    }
    Ok(())
}

#[tokio::test]
async fn an_assigned_opportunity_offers_only_what_is_still_known_better_every_week() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = on_mine(&stage).await?;
    rolo.press("e").await?;
    shows(&rolo, "Success rate")?;
    hides(&rolo, "Customer name")?;
    rolo.press("/ 'rate' enter ctrl-u '85' ctrl-s").await?;
    shows(&rolo, "85%")
}

#[tokio::test]
async fn winning_links_the_customer_that_is_there_already() -> Result<()> {
    let (stage, boss, [me, _]) = filled().await?;
    boss.customer("宁波东方重工", me).await?;
    let mut rolo = on_mine(&stage).await?;
    rolo.press("S").await?;
    shows(&rolo, "becomes part of the customer 宁波东方重工")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")
}

#[tokio::test]
async fn a_manager_begins_with_what_is_theirs() -> Result<()> {
    let (stage, boss, [_, mgr]) = filled().await?;
    let offer = boss.record(lead("太原中科")).await?;
    boss.assign(&offer, mgr).await?;
    let mut rolo = stage.screens("mgr", (120, 40), Lang::Zh).await?;
    rolo.press("g o").await?;
    shows(&rolo, "太原中科")?;
    hides(&rolo, "宁波东方重工")
}

#[tokio::test]
async fn products_are_made_and_picked() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g p n '传感器' tab 'S-200' ctrl-s").await?;
    shows(&rolo, "Saved 传感器")?;
    // A new one is offered, and stands in the list that shows those.
    shows(&rolo, "1–1 of 1")?;
    rolo.press("g o n '宁波东方重工' tab '改造' tab '传感'").await?;
    // The keys below are the picker's own.
    shows(&rolo, "enter accept  1-9 choose at once  esc back")?;
    rolo.press("enter").await?;
    shows(&rolo, "传感器 S-200")
}

#[tokio::test]
async fn how_they_look() -> Result<()> {
    let (stage, ..) = filled().await?;
    for (size, lang, suffix) in [((80, 24), Lang::Zh, "80-zh"), ((120, 40), Lang::En, "120-en")] {
        for (name, keys) in [
            ("opportunities", "g o 7 j"),
            ("opportunity-detail", "g o 2 enter"),
            ("opportunity-plan", "g o 2 enter tab j n '周五 签合同'"),
            ("opportunity-history", "g o 2 enter tab tab"),
            ("opportunity-win", "g o 2 S"),
            ("opportunity-form", "g o n '北京华盛科技有限公司' tab tab tab tab '12万'"),
            ("opportunity-assign", "g o a"),
        ] {
            let mut rolo = stage.screens("boss", size, lang).await?;
            rolo.press(keys).await?;
            insta::assert_snapshot!(format!("{name}-{suffix}"), rolo.snapshot());
        }
    }
    Ok(())
}

/// `tui.md` rule 1: a line of a plan is typed as much as a form is.
#[tokio::test]
async fn a_line_of_a_plan_outlives_the_program_and_waits_where_it_was_typed() -> Result<()> {
    let (stage, _, _) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("g o 2 enter").await?;
    rolo.press("tab n '周五 签合同'").await?;
    drop(rolo);
    // Another person on the same machine sees nothing of it.
    let mut other = stage.keeping("mgr").await?;
    hides(&other, "签合同")?;
    other.press("g d").await?;
    shows(&other, "No draft waits")?;
    drop(other);
    let mut rolo = stage.keeping("boss").await?;
    for text in ["宁波东方重工", "周五 签合同", "= 11-06 Fri  签合同"] {
        shows(&rolo, text)?;
    }
    // Left, it waits, and is saved once.
    rolo.press("esc").await?;
    shows(&rolo, "Draft kept")?;
    rolo.press("esc g d").await?;
    shows(&rolo, "周五 签合同")?;
    rolo.press("enter").await?;
    shows(&rolo, "11-06 Fri")?;
    rolo.press("esc g d").await?;
    shows(&rolo, "No draft waits")?;
    // So is the result of a step, which is not its task.
    rolo.press("g g j c '客户已签'").await?;
    drop(rolo);
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "客户已签")?;
    assert!(row(&rolo).contains("上门演示"), "{}", rolo.text());
    rolo.press("esc e").await?;
    hides(&rolo, "客户已签")?;
    rolo.press("esc c").await?;
    shows(&rolo, "客户已签")?;
    rolo.press("enter").await?;
    shows(&rolo, "Recorded")
}
