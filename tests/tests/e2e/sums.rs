//! The sums that board and forecast read, after many changes in a random order.

use std::collections::HashMap;

use anyhow::{Context, Result};
use futures::StreamExt;
use rolo_proto::v1::{self as pb, Kind, OpportunityStatus, bulk_action as act};
use rolo_server::clock::DAY;
use rolo_tests::{
    Session, World,
    ask::{faults, lead, mask},
    files::Sheet,
    sums::{ANEW, TOO_MUCH},
    torture::Random,
    world::request_id,
};
use tonic::Status;

fn one_of<T: Clone>(random: &mut Random, all: &[T]) -> T {
    all[random.below(all.len() as u64) as usize].clone()
}

/// People, and what they can choose from.
struct Company {
    world: World,
    random: Random,
    boss: Session,
    mgr: Session,
    stages: Vec<i64>,
    price: i64,
    made: u64,
}

impl Company {
    async fn new(seed: u64) -> Result<Self> {
        let world = World::new().await?;
        let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
        let mut stages = vec![0];
        for value in ["contact", "need", "quotation"] {
            stages.push(world.item("sales_stage", value).await?);
        }
        let price = world.item("close_reason", "price").await?;
        Ok(Self { world, random: Random::new(seed), boss, mgr, stages, price, made: 0 })
    }

    /// A name that a dozen opportunities share in turn: some meet a customer, some each other.
    fn name(&mut self) -> String {
        format!("公司{}", self.random.below(12))
    }

    fn input(&mut self) -> pb::OpportunityInput {
        let close = ["", "2026-10-31", "2026-11-30", "2026-12-01", "2027-01-15"];
        pb::OpportunityInput {
            expected_amount: Some(self.random.below(900_000_000) as i64 + 1).filter(|amount| amount % 3 > 0),
            expected_close_at: one_of(&mut self.random, &close).into(),
            success_rate: Some(self.random.below(101) as i32),
            stage_id: Some(one_of(&mut self.random, &self.stages)).filter(|id| *id > 0),
            ..lead(&self.name())
        }
    }

    /// One of the latest opportunities as it is now: mostly one in a wanted state, so that not too much is refused.
    async fn any(&mut self, wanted: &[OpportunityStatus]) -> Result<pb::Opportunity> {
        let last = self.world.number("SELECT COALESCE(MAX(id), 0) FROM opportunity").await?;
        let mut found = pb::Opportunity::default();
        for _ in 0..6 {
            let id = last - self.random.below(last.clamp(1, 20).unsigned_abs()) as i64;
            found = self.boss.opportunity(id).await.unwrap_or_default();
            if wanted.is_empty() || wanted.contains(&found.status()) {
                break;
            }
        }
        Ok(found)
    }

    async fn bulk(&mut self, action: act::Action) -> Result<(), Status> {
        let ids = (0..8).map(|_| self.random.below(40) as i64 + 1).collect();
        let request = pb::RunBulkRequest {
            selection: Some(pb::Selection { kind: Kind::Opportunity.into(), ids, filter: None }),
            action: Some(pb::BulkAction { action: Some(action) }),
            request_id: request_id(),
            ..Default::default()
        };
        let mut stream = self.boss.bulk().run_bulk(request).await?.into_inner();
        while let Some(progress) = stream.next().await {
            progress?;
        }
        Ok(())
    }

    async fn import(&mut self) -> Result<(), Status> {
        const FIELDS: &[&str] = &["external_id", "customer_name", "status", "assignee", "expected_amount", "closed_at"];
        let rows: Vec<[String; 6]> = (0..4)
            .map(|_| {
                self.made += 1;
                let (status, amount) = (self.random.below(4), self.random.below(9_000).to_string());
                let status = ["", "已指派", "won", "lost"][status as usize].to_owned();
                let again = self.random.below(self.made);
                [format!("X{again}"), self.name(), status, "mgr".into(), amount, "2026-09-30".into()]
            })
            .collect();
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        self.boss.import(&Sheet::new(Kind::Opportunity, FIELDS, &rows).updating()).await.map(drop)
    }

    /// Makes one customer of two.
    async fn merge(&mut self) -> Result<(), Status> {
        let two = self.boss.walk(pb::ListCustomersRequest::default()).await?;
        if two.len() < 2 {
            return Ok(());
        }
        let at = self.random.below(two.len() as u64 - 1) as usize;
        self.boss.merge(&two[at], &two[at + 1], &[]).await.map(drop)
    }

    /// A stage goes to another place, is retired, or comes back on offer.
    async fn stage(&mut self) -> Result<(), Status> {
        let id = one_of(&mut self.random, &self.stages[1..]);
        let (field, active) = (one_of(&mut self.random, &["position", "active"]), Some(self.random.below(2) > 0));
        let item =
            pb::DictionaryItemInput { position: Some(self.random.below(30) as i32 + 1), active, ..Default::default() };
        let request = pb::UpdateItemRequest {
            id,
            item: Some(item),
            update_mask: mask(&[field]),
            request_id: request_id(),
            ..Default::default()
        };
        self.boss.dictionary().update_item(request).await.map(drop)
    }

    /// One change of any kind; answers its name, and whether it was done or refused.
    async fn change(&mut self) -> Result<(&'static str, bool)> {
        let (boss, mgr) = (self.boss.clone(), self.mgr.clone());
        use OpportunityStatus as S;
        let turn = self.random.below(18);
        let wanted: &[S] = match turn {
            6 | 12 => &[S::Unassigned],
            7..=10 => &[S::Assigned],
            11 => &[S::Lost, S::Deleted],
            _ => &[],
        };
        let seen = self.any(wanted).await?;
        let (id, revision, request_id) = (seen.id, seen.revision, request_id());
        let whose = one_of(&mut self.random, &[boss.user_id, mgr.user_id]);
        let by = if seen.assignee.as_ref().is_some_and(|user| user.id == mgr.user_id) { &mgr } else { &boss };
        let mut calls = by.opportunities();
        let (name, done) = match turn {
            0..=2 => ("create", mgr.record(self.input()).await.map(drop)),
            3 => ("create and assign", {
                let (opportunity, assignee_id) = (Some(self.input()), whose);
                let request = pb::CreateOpportunityRequest { opportunity, full_form: true, assignee_id, request_id };
                boss.opportunities().create_opportunity(request).await.map(drop)
            }),
            4 | 5 => ("edit", {
                let fields = ["expected_amount", "expected_close_at", "success_rate", "stage_id"];
                let (opportunity, update_mask) = (Some(self.input()), mask(&[one_of(&mut self.random, &fields)]));
                let request =
                    pb::UpdateOpportunityRequest { id, opportunity, update_mask, revision, request_id, seen: None };
                calls.update_opportunity(request).await.map(drop)
            }),
            6 => ("assign", boss.assign(&seen, whose).await.map(drop)),
            7 => ("reassign", {
                let assignee_id = if std::ptr::eq(by, &mgr) { boss.user_id } else { mgr.user_id };
                let request = pb::ReassignOpportunityRequest { id, assignee_id, revision, request_id };
                boss.opportunities().reassign_opportunity(request).await.map(drop)
            }),
            8 => ("withdraw", {
                let request = pb::WithdrawOpportunityRequest { id, revision, request_id };
                boss.opportunities().withdraw_opportunity(request).await.map(drop)
            }),
            9 => ("win", by.win(&seen, 0).await.map(drop)),
            10 => ("fail", {
                let (close_reason_id, close_text) = (self.price, "太贵".into());
                let request = pb::FailOpportunityRequest { id, revision, close_reason_id, close_text, request_id };
                calls.fail_opportunity(request).await.map(drop)
            }),
            11 => (
                "reopen or restore",
                match seen.status() {
                    OpportunityStatus::Deleted => {
                        let request = pb::RestoreOpportunityRequest { id, revision, request_id };
                        boss.opportunities().restore_opportunity(request).await.map(drop)
                    }
                    _ => {
                        let request =
                            pb::ReopenOpportunityRequest { id, revision, reason: "回来了".into(), request_id };
                        boss.opportunities().reopen_opportunity(request).await.map(drop)
                    }
                },
            ),
            12 => ("delete", {
                let request = pb::DeleteOpportunityRequest { id, revision, request_id };
                boss.opportunities().delete_opportunity(request).await.map(drop)
            }),
            13 => ("undo", one_of(&mut self.random, &[boss, mgr]).undo(0).await.map(drop)),
            14 => ("redo", {
                let who = one_of(&mut self.random, &[boss, mgr]);
                let undone = who.undo(0).await;
                undone.and(who.redo().await).map(drop)
            }),
            15 => ("import", self.import().await),
            16 => ("bulk", {
                let field = one_of(&mut self.random, &["stage_id", "expected_amount"]);
                let number = if field == "stage_id" { one_of(&mut self.random, &self.stages) } else { 70_000 };
                let set = act::SetField { field: field.into(), number, clear: number == 0, ..Default::default() };
                let assign = act::Assign { assignee_id: whose, shares: Vec::new() };
                let nothing = act::Nothing {};
                let actions = [act::Action::SetField(set), act::Action::Assign(assign), act::Action::Delete(nothing)];
                let action = one_of(&mut self.random, &actions);
                self.bulk(action).await
            }),
            _ => match self.random.below(3) {
                0 => ("merge", self.merge().await),
                1 => ("stage", self.stage().await),
                _ => ("time", {
                    self.world.advance(DAY / 3);
                    Ok(())
                }),
            },
        };
        Ok((name, done.is_ok()))
    }
}

/// Issue "sums kept by manager, state, stage and month": whatever happens in whatever order, they are those of the
/// opportunities, and every way of changing one was really gone.
#[tokio::test]
async fn sums_are_those_of_the_opportunities_after_any_sequence_of_changes() -> Result<()> {
    let mut done: HashMap<&str, (u32, u32)> = HashMap::new();
    for seed in 1..=4 {
        let mut company = Company::new(seed).await?;
        for step in 0..150 {
            let (name, ok) = company.change().await?;
            let counted = done.entry(name).or_default();
            if ok {
                counted.0 += 1
            } else {
                counted.1 += 1
            }
            let (anew, too_much) = (company.world.number(ANEW).await?, company.world.number(TOO_MUCH).await?);
            assert_eq!((anew, too_much), (0, 0), "seed {seed}, step {step}: {name}");
        }
        let kernel = company.world.handle()?.kernel();
        assert_eq!(kernel.db().read(rolo_server::opportunities::sums::differ).await?, 0);
        assert_eq!(company.world.audit().await?.1, 0);
    }
    let idle: Vec<_> = done.iter().filter(|(_, counted)| counted.0 < 3).collect();
    assert!(idle.is_empty() && done.len() == 17, "each way was gone: {done:?}");
    Ok(())
}

/// Durability: what the sums say is looked at by `rolod doctor`, and mended.
#[tokio::test]
async fn sums_that_do_not_fit_are_found_and_mended() -> Result<()> {
    let mut company = Company::new(9).await?;
    for _ in 0..60 {
        company.change().await?;
    }
    let world = &company.world;
    let check = async |repair| -> Result<usize> {
        let request = pb::CheckFiguresRequest { repair };
        Ok(world.nobody().await?.host().check_figures(request).await?.into_inner().differences.len())
    };
    assert_eq!(check(false).await?, 0);
    for broken in [
        "UPDATE opportunity_stage_sum SET count = count + 1",
        "UPDATE opportunity_month_sum SET amount = amount + 1",
        "DELETE FROM opportunity_month_sum WHERE status = 1",
        "INSERT INTO opportunity_month_sum VALUES (2, '1999-01', 1, 3, 0, 0, 3)",
        "UPDATE opportunity SET sum_key = '' WHERE status IN (3, 4)",
        "UPDATE opportunity SET sum_key = '9/1/0/', owner_id = 9, amount_rank = 5 WHERE status = 1",
        "UPDATE opportunity SET sum_key = '1/1/0/' WHERE deleted_at IS NOT NULL",
    ] {
        world.sql(broken).await?;
        assert_eq!((check(false).await?, check(true).await?, check(false).await?), (1, 1, 0), "{broken}");
        assert_eq!((world.number(ANEW).await?, world.number(TOO_MUCH).await?), (0, 0), "{broken}");
    }
    Ok(())
}

/// Writes never fail for the size of sums: what one has no room for is refused with the room there is, and what several
/// have together is shown as the most that fits.
#[tokio::test]
async fn what_a_sum_has_no_room_for_is_refused_and_a_total_is_the_most_that_fits() -> Result<()> {
    let company = Company::new(1).await?;
    let (world, boss, mgr) = (&company.world, &company.boss, &company.mgr);
    let worth = |name, amount| pb::OpportunityInput {
        expected_amount: Some(amount),
        expected_close_at: "2026-11-30".into(),
        success_rate: Some(100),
        ..lead(name)
    };
    boss.record(worth("甲公司", 10)).await?;
    mgr.record(worth("乙公司", 10)).await?;
    // As if ninety thousand of the largest were there: the month has less room than the stage.
    world.sql("UPDATE opportunity_stage_sum SET amount = 9223372036854775800, weighted = 9223372036854775800").await?;
    world.sql("UPDATE opportunity_month_sum SET amount = 9223372036854775802, weighted = 9223372036854775802").await?;
    for (amount, room) in [(9, "0..7"), (6, "0..5")] {
        let refusal = mgr.record(worth("丙公司", amount)).await.err().context("taken")?;
        assert_eq!(faults(&refusal), [format!("expected_amount OUT_OF_RANGE:{room}")]);
    }
    let last = mgr.record(worth("丙公司", 5)).await?;
    assert_eq!(boss.assign(&last, mgr.user_id).await?.assignee.map(|user| user.id), Some(mgr.user_id));
    mgr.record(worth("丁公司", 5)).await?;
    let board = boss.opportunities().get_board(pb::GetBoardRequest::default()).await?.into_inner();
    let first = board.columns.first().and_then(|column| column.figures).context("no column")?;
    assert_eq!((first.count, first.amount, first.weighted), (4, i64::MAX, i64::MAX));
    let forecast = boss.opportunities().get_forecast(pb::GetForecastRequest::default()).await?.into_inner();
    let first = forecast.months.first().and_then(|month| month.open).context("no month")?;
    assert_eq!((first.count, first.amount, first.weighted), (4, i64::MAX, i64::MAX));
    let all = boss.opportunities().sum_opportunities(pb::SumOpportunitiesRequest::default()).await?.into_inner();
    assert_eq!(all.figures.map(|sum| (sum.count, sum.amount)), Some((4, i64::MAX)));
    let request = pb::CheckFiguresRequest { repair: true };
    world.nobody().await?.host().check_figures(request).await?;
    assert_eq!((world.number(ANEW).await?, world.number(TOO_MUCH).await?), (0, 0));
    let all = boss.opportunities().sum_opportunities(pb::SumOpportunitiesRequest::default()).await?.into_inner();
    assert_eq!(all.figures.map(|sum| (sum.count, sum.amount)), Some((4, 30)));
    Ok(())
}
