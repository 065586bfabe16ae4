//! What people see of opportunities: views, board, forecast, sums, whom to assign to, who had what when (§2.2 row 5, §5.2,
//! S01-06).

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, OpportunityView};
use rolo_server::clock::DAY;
use rolo_tests::{
    Session, World,
    ask::{lead, reason_of},
};
use tonic::Status;

use super::opportunities::{delete, edit, reassign};

fn view(view: OpportunityView) -> pb::ListOpportunitiesRequest {
    let filter = pb::OpportunityFilter { view: view.into(), ..Default::default() };
    pb::ListOpportunitiesRequest { filter: Some(filter), page_size: 2, ..Default::default() }
}

/// §2.2 row 5: a manager sees what is assigned to them, and while unassigned what they recorded; views hold what they
/// say.
#[tokio::test]
async fn views_show_each_person_their_own_part() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    let a = mgr.record(lead("甲公司")).await?;
    let b = boss.record(lead("乙公司")).await?;
    let c = sup.record(lead("丙公司")).await?;
    assert_eq!(mgr.leads(view(OpportunityView::All)).await?, [a.id]);
    assert_eq!(sup.leads(view(OpportunityView::Unassigned)).await?, [c.id, a.id], "her department, newest first");
    assert_eq!(boss.leads(view(OpportunityView::Unassigned)).await?, [c.id, b.id, a.id]);
    sup.assign(&c, mgr.user_id).await?;
    assert_eq!(mgr.leads(view(OpportunityView::Mine)).await?, [c.id]);
    assert_eq!(mgr.leads(view(OpportunityView::Open)).await?, [c.id, a.id]);
    assert!(mgr.leads(view(OpportunityView::Stagnating)).await?.is_empty());
    world.advance(15 * DAY);
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    assert_eq!(mgr.leads(view(OpportunityView::Stagnating)).await?, [c.id]);
    let concerns = mgr.opportunity(c.id).await?.concerns;
    assert_eq!(concerns, [pb::Concern::NoPlan as i32]);
    let search = |text: &str| {
        let filter = pb::OpportunityFilter { search: text.into(), ..Default::default() };
        pb::ListOpportunitiesRequest { filter: Some(filter), ..Default::default() }
    };
    assert_eq!(boss.leads(search("丙公")).await?, [c.id]);
    assert_eq!(boss.leads(search("bgs")).await?, [c.id], "pinyin");
    assert_eq!(boss.leads(search("传感器")).await?.len(), 3, "by the title");
    assert_eq!(boss.leads(search("没有这个")).await?, Vec::<i64>::new());
    Ok(())
}

/// An order shows the same records in another order: those without a next step stand last.
#[tokio::test]
async fn a_list_by_next_step_holds_those_without_one_too() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let mut made = Vec::new();
    for name in ["甲公司", "乙公司", "丙公司", "丁公司"] {
        made.push(boss.record(lead(name)).await?);
    }
    let [waits, later, sooner, won] = made.as_slice() else { anyhow::bail!("four") };
    for (one, day) in [(later, "2027-02-01"), (sooner, "2027-01-01")] {
        boss.assign(one, boss.user_id).await?;
        boss.step(one.id, day, "拜访").await?;
    }
    boss.win(&boss.assign(won, boss.user_id).await?, 0).await?;
    let by_step =
        |shown| pb::ListOpportunitiesRequest { order_by: pb::OpportunitySort::NextStepAt.into(), ..view(shown) };
    let all = boss.leads(by_step(OpportunityView::All)).await?;
    assert_eq!(all, [sooner.id, later.id, waits.id, won.id]);
    assert_eq!(boss.leads(by_step(OpportunityView::Open)).await?, [sooner.id, later.id, waits.id]);
    assert_eq!(boss.leads(by_step(OpportunityView::Unassigned)).await?, [waits.id]);
    assert_eq!(boss.leads(by_step(OpportunityView::Won)).await?, [won.id]);
    Ok(())
}

/// Forecast (销售预测) and board from sums that are kept; a filter's sums page by page.
#[tokio::test]
async fn sums_follow_every_change_and_equal_those_computed_anew() -> Result<()> {
    const UNIT: i64 = 10_000;
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let stage = world.item("sales_stage", "need").await?;
    let about = |name: &str, amount: i64, close: &str| pb::OpportunityInput {
        expected_amount: Some(amount * UNIT),
        expected_close_at: close.into(),
        stage_id: Some(stage),
        ..lead(name)
    };
    let a = mgr.record(about("甲公司", 1_000, "2026-11-20")).await?;
    let b = mgr.record(about("乙公司", 500, "2026-12-01")).await?;
    mgr.record(lead("丙公司")).await?;
    let forecast = |months| pb::GetForecastRequest { months, ..Default::default() };
    let told = sup.opportunities().get_forecast(forecast(2)).await?.into_inner().months;
    let open: Vec<_> = told
        .iter()
        .map(|m| (m.month.as_str(), m.open.map_or((0, 0, 0), |f| (f.count, f.amount / UNIT, f.weighted / UNIT))))
        .collect();
    assert_eq!(open, [("2026-11", (1, 1_000, 400)), ("2026-12", (1, 500, 200)), ("", (1, 0, 0))]);
    let assigned = sup.assign(&a, mgr.user_id).await?;
    mgr.win(&assigned, 0).await?;
    delete(&mgr, &b).await?;
    let told = sup.opportunities().get_forecast(forecast(1)).await?.into_inner().months;
    assert_eq!(told[0].open.map(|f| f.count), Some(0));
    assert_eq!(told[0].won.map(|f| (f.count, f.amount / UNIT)), Some((1, 1_000)));
    let board = sup.opportunities().get_board(pb::GetBoardRequest::default()).await?.into_inner().columns;
    assert_eq!(board.first().map(|c| (c.stage.is_none(), c.figures.map(|f| f.count))), Some((true, Some(1))));
    assert_eq!(board.len(), 6, "every stage on offer has its column");
    let sums = sup.opportunities().sum_opportunities(pb::SumOpportunitiesRequest::default()).await?.into_inner();
    assert_eq!(sums.figures.map(|f| (f.count, f.amount / UNIT, f.unknown)), Some((2, 1_000, 1)));
    let differ = world.handle()?.kernel().db().read(rolo_server::opportunities::sums::differ).await?;
    assert_eq!(differ, 0);
    Ok(())
}

/// Counts and sums of the plain views are kept; a filter that all fulfil has the same ones computed along the list.
#[tokio::test]
async fn what_is_kept_of_a_view_is_what_its_rows_add_up_to_for_whoever_asks() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    for number in 0..12 {
        let by = [&mgr, &sup, &boss][number % 3];
        let about = pb::OpportunityInput {
            expected_amount: (number % 4 > 0).then_some(10_000 * (number as i64 + 1)),
            ..lead(&format!("公司{number}"))
        };
        let made = by.record(about).await?;
        match number / 3 {
            0 => {}
            1 => drop(boss.assign(&made, mgr.user_id).await?),
            2 => drop(mgr.win(&boss.assign(&made, mgr.user_id).await?, 0).await?),
            _ => drop(delete(by, &made).await?),
        }
    }
    for who in [&mgr, &sup, &boss] {
        let counted =
            who.opportunities().count_opportunity_views(pb::CountOpportunityViewsRequest {}).await?.into_inner();
        for shown in [
            OpportunityView::All,
            OpportunityView::Open,
            OpportunityView::Unassigned,
            OpportunityView::Mine,
            OpportunityView::Won,
            OpportunityView::Lost,
        ] {
            let plain = pb::OpportunityFilter { view: shown.into(), ..Default::default() };
            let walked = pb::OpportunityFilter { created_from: Some(0), ..plain.clone() };
            let sums = async |filter: &pb::OpportunityFilter| {
                let request = pb::SumOpportunitiesRequest { filter: Some(filter.clone()), ..Default::default() };
                who.opportunities().sum_opportunities(request).await.map(|sums| sums.into_inner().figures)
            };
            let total = async |filter: &pb::OpportunityFilter| {
                let filter = Some(filter.clone());
                let request = pb::ListOpportunitiesRequest { filter, with_total: true, ..Default::default() };
                who.opportunities().list_opportunities(request).await.map(|page| page.into_inner().total)
            };
            assert_eq!(sums(&plain).await?, sums(&walked).await?, "{shown:?} of {}", who.user_id);
            assert_eq!(total(&plain).await?, total(&walked).await?, "{shown:?} of {}", who.user_id);
            let count = counted.counts.iter().find(|count| count.view() == shown).and_then(|count| count.total);
            assert_eq!(count, total(&walked).await?, "{shown:?} of {}", who.user_id);
        }
    }
    Ok(())
}

/// §5.2: spreading evenly and by workload; nothing is written.
#[tokio::test]
async fn a_selection_is_spread_evenly_or_by_workload_and_nothing_is_written() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(boss.record(lead(&format!("公司{number}"))).await?.id);
    }
    for number in 0..3 {
        let busy = boss.record(lead(&format!("忙{number}"))).await?;
        boss.assign(&busy, mgr.user_id).await?;
    }
    let spread = |spread: pb::Spread| pb::SpreadOpportunitiesRequest {
        ids: ids.clone(),
        assignee_ids: vec![mgr.user_id, boss.user_id],
        spread: spread.into(),
        ..Default::default()
    };
    let share = |answer: pb::SpreadOpportunitiesResponse, who: i64| {
        let of = |share: &pb::spread_opportunities_response::Share| share.assignee.clone().and_then(|a| a.user);
        answer.shares.iter().find(|s| of(s).is_some_and(|user| user.id == who)).map_or(0, |s| s.ids.len())
    };
    let even = boss.opportunities().spread_opportunities(spread(pb::Spread::Evenly)).await?.into_inner();
    assert_eq!(share(even.clone(), mgr.user_id) + share(even.clone(), boss.user_id), 5);
    assert!(share(even.clone(), mgr.user_id).abs_diff(share(even, boss.user_id)) <= 1);
    let level = boss.opportunities().spread_opportunities(spread(pb::Spread::ByWorkload)).await?.into_inner();
    assert_eq!((share(level.clone(), mgr.user_id), share(level, boss.user_id)), (1, 4));
    assert_eq!(world.number("SELECT COUNT(*) FROM opportunity WHERE status = 2").await?, 3);
    assert_eq!(reason_of(&mgr.opportunities().spread_opportunities(spread(pb::Spread::Evenly)).await), "FORBIDDEN");
    Ok(())
}

/// S01-06: who had it when, from the log; only for who sees the opportunity, in the customer's timeline too.
#[tokio::test]
async fn the_history_of_assignment_is_for_who_sees_the_opportunity() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let assigned = boss.assign(&made, mgr.user_id).await?;
    mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    let moved = reassign(&boss, &mgr.opportunity(made.id).await?, boss.user_id).await?;
    let won = boss.win(&moved, 0).await?;
    let customer = won.customer.context("none")?;
    let past = |opportunity_id, customer_id| pb::ListTimelineRequest {
        opportunity_id,
        customer_id,
        page_size: 2,
        changes_only: true,
        ..Default::default()
    };
    let changes = async |by: &Session, request: pb::ListTimelineRequest| -> Result<Vec<pb::Change>, Status> {
        let entries = by.timeline(request).await?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| match entry.entry {
                Some(pb::timeline_entry::Entry::Change(change)) => Some(change),
                _ => None,
            })
            .collect())
    };
    let all = changes(&boss, past(made.id, 0)).await?;
    let verbs: Vec<_> = all.iter().map(|change| (change.kind(), change.verb.as_str())).collect();
    let (o, s) = (pb::Kind::Opportunity, pb::Kind::PlanStep);
    assert_eq!(verbs, [(o, "succeed"), (o, "reassign"), (s, "create"), (o, "assign"), (o, "create")]);
    let whose: Vec<_> = all[1].fields.iter().filter(|field| field.field == "assignee").collect();
    assert_eq!((whose[0].before.as_str(), whose[0].after.as_str()), ("mgr", "王芳"));
    for stranger in [&mgr, &sup] {
        assert_eq!(reason_of(&changes(stranger, past(made.id, 0)).await), "NOT_FOUND");
        let told = changes(stranger, past(0, customer.id)).await?;
        assert!(told.iter().all(|change| change.kind() == pb::Kind::Customer), "{told:?}");
    }
    let told = changes(&boss, past(0, customer.id)).await?;
    assert!(told.iter().any(|change| change.kind() == o), "who sees it finds it at the customer: {told:?}");
    let world_key = world.session("exe").await?;
    assert_eq!(reason_of(&changes(&world_key, past(made.id, 0)).await), "FORBIDDEN");
    Ok(())
}

/// What is new for me: assigned within a week and without a step; the view holds what Today counts.
#[tokio::test]
async fn new_assignments_are_counted_and_listed_alike() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let mut ids = Vec::new();
    for name in ["甲公司", "乙公司", "丙公司"] {
        ids.push(sup.assign(&sup.record(lead(name)).await?, mgr.user_id).await?.id);
        world.advance(1_000);
    }
    mgr.step(ids[1], "2026-11-05", "拜访").await?;
    let counted = async |by: &Session| -> Result<Option<i64>> {
        let work = by.opportunities().count_work(pb::CountWorkRequest {}).await?.into_inner();
        Ok(work.new_assignments.map(|total| total.count))
    };
    assert_eq!((counted(&mgr).await?, mgr.leads(view(OpportunityView::New)).await?), (Some(2), vec![ids[2], ids[0]]));
    assert_eq!((counted(&sup).await?, sup.leads(view(OpportunityView::New)).await?), (Some(0), vec![]));
    world.advance(8 * DAY);
    let mgr = world.session("mgr").await?;
    assert_eq!((counted(&mgr).await?, mgr.leads(view(OpportunityView::New)).await?), (Some(0), vec![]));
    Ok(())
}

/// What the forecast's row without a date stands for: its records, in whatever order, view and sight they are asked for.
#[tokio::test]
async fn those_without_expected_close_date_are_found_whoever_asks_in_whatever_order() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let closes = |name: &str, close: &str| pb::OpportunityInput { expected_close_at: close.into(), ..lead(name) };
    let first = mgr.record(lead("甲公司")).await?.id;
    let dated = mgr.record(closes("乙公司", "2026-11-20")).await?;
    let last = sup.record(lead("丙公司")).await?;
    sup.assign(&last, mgr.user_id).await?;
    let list = |sort: pb::OpportunitySort, filter: pb::OpportunityFilter| pb::ListOpportunitiesRequest {
        filter: Some(pb::OpportunityFilter { close_none: true, ..filter }),
        order_by: sort.into(),
        page_size: 1,
        ..Default::default()
    };
    let all = pb::OpportunityFilter::default;
    let newest = [last.id, first];
    assert_eq!(sup.leads(list(pb::OpportunitySort::Unspecified, all())).await?, newest);
    assert_eq!(mgr.leads(list(pb::OpportunitySort::Unspecified, all())).await?, newest);
    assert_eq!(sup.leads(list(pb::OpportunitySort::CreatedAt, all())).await?, [first, last.id]);
    for sort in [pb::OpportunitySort::CloseAt, pb::OpportunitySort::CustomerName, pb::OpportunitySort::Amount] {
        for who in [&sup, &mgr] {
            let mut found = who.leads(list(sort, all())).await?;
            found.sort_unstable();
            assert_eq!(found, [first, last.id], "{sort:?}");
        }
    }
    let of = |view: pb::OpportunityView| pb::OpportunityFilter { view: view.into(), ..all() };
    for (view, expected) in [
        (pb::OpportunityView::Open, newest.as_slice()),
        (pb::OpportunityView::Unassigned, &[first]),
        (pb::OpportunityView::Won, &[]),
    ] {
        assert_eq!(sup.leads(list(pb::OpportunitySort::Unspecified, of(view))).await?, expected, "{view:?}");
    }
    let his = pb::OpportunityFilter { assignee_ids: vec![mgr.user_id], ..all() };
    assert_eq!(sup.leads(list(pb::OpportunitySort::Unspecified, his)).await?, [last.id]);
    // Together with a range nothing is both.
    let both = pb::OpportunityFilter { close_from: "2026-11-01".into(), ..all() };
    assert_eq!(sup.leads(list(pb::OpportunitySort::Unspecified, both)).await?, Vec::<i64>::new());
    edit(&mgr, &dated, &["expected_close_at"], closes("", "")).await?;
    assert_eq!(sup.leads(list(pb::OpportunitySort::Unspecified, all())).await?, [last.id, dated.id, first]);
    Ok(())
}
