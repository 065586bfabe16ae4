//! How the lists run: every list query is held to an index (`tests/golden/plans.txt`).

use std::fmt::Write as _;

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::{
    authz::Actor,
    contacts, customers,
    db::{Lane, Tx, sql::Sql},
    dictionary, interactions, opportunities,
    rpc::guard::View,
    settings::Settings,
    users,
};
use rolo_tests::{World, golden::assert_golden};

const VIEWS: [pb::CustomerView; 8] = [
    pb::CustomerView::All,
    pb::CustomerView::Mine,
    pb::CustomerView::Recent,
    pb::CustomerView::NoContact,
    pb::CustomerView::Incomplete,
    pb::CustomerView::WithoutManager,
    pb::CustomerView::Lost,
    pb::CustomerView::RecycleBin,
];

const SORTS: [pb::CustomerSort; 10] = [
    pb::CustomerSort::Unspecified,
    pb::CustomerSort::Name,
    pb::CustomerSort::No,
    pb::CustomerSort::CreatedAt,
    pb::CustomerSort::UpdatedAt,
    pb::CustomerSort::LastContactAt,
    pb::CustomerSort::Level,
    pb::CustomerSort::Region,
    pb::CustomerSort::Satisfaction,
    pb::CustomerSort::Credit,
];

/// More customers than are sorted in memory: in every view, live and deleted.
const MANY: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
    INSERT INTO customer (no, name, name_norm, created_at, created_by, updated_at, missing, status, deleted_at)
    SELECT 'X' || i, 'x' || i, 'x' || i, i, 1, i, 1, 2, CASE WHEN i % 2 = 0 THEN i END FROM n";

fn explain(tx: &Tx<'_>, plans: &mut String, label: &str, sql: &Sql) -> rolo_server::error::Result<()> {
    let steps = sql.explain(tx)?.join(" | ");
    let _ = writeln!(plans, "{label}: {steps}");
    Ok(())
}

/// Design §3: no list query lacks an index.
#[tokio::test]
async fn every_list_query_walks_an_index() -> Result<()> {
    let world = World::new().await?;
    let db = world.handle()?.kernel().db().clone();
    db.write(rolo_server::db::Lane::People, |write| write.tx.execute(MANY, []).map(drop)).await?;
    let plans = world
        .handle()?
        .kernel()
        .db()
        .read(|tx| {
            let mut plans = String::new();
            let actor = Actor::host();
            for view in VIEWS {
                for sort in SORTS {
                    let filter = pb::CustomerFilter { view: view.into(), ..pb::CustomerFilter::default() };
                    let request = pb::ListCustomersRequest {
                        filter: Some(filter),
                        order_by: sort.into(),
                        ..pb::ListCustomersRequest::default()
                    };
                    let list = customers::list::List::new(tx, &actor, 0, &request)?;
                    for (page, sql) in ["first", "next"].iter().zip(list.statements()) {
                        let label = format!("customers {} {} {page}", view.as_str_name(), sort.as_str_name());
                        explain(tx, &mut plans, &label, &sql)?;
                    }
                }
            }
            for (label, sql) in contacts::list::statements(&actor)? {
                explain(tx, &mut plans, &format!("contacts {label}"), &sql)?;
            }
            for (label, sql) in interactions::list::statements(&actor)? {
                explain(tx, &mut plans, &format!("interactions {label}"), &sql)?;
            }
            for sql in dictionary::rpc::statements() {
                explain(tx, &mut plans, "dictionary", &sql)?;
            }
            for sql in users::rpc::statements() {
                explain(tx, &mut plans, "users", &sql)?;
            }
            Ok(plans)
        })
        .await?;
    for line in plans.lines() {
        // By number is by id: the table itself is that index, and a page ends long before the table does.
        let by_id = line.contains("SORT_NO") || line.starts_with("dictionary");
        let scans = line.contains("SCAN") && !line.contains("USING") && !by_id;
        assert!(!scans, "a list walks a whole table: {line}");
        // Mine are few here, and few may be sorted.
        let sorts = line.contains("TEMP B-TREE") && line.starts_with("customers") && !line.contains("VIEW_MINE");
        assert!(!sorts, "a list sorts in memory: {line}");
    }
    assert_golden("plans.txt", &plans);
    Ok(())
}

const OPPORTUNITY_VIEWS: [pb::OpportunityView; 11] = [
    pb::OpportunityView::All,
    pb::OpportunityView::Open,
    pb::OpportunityView::Unassigned,
    pb::OpportunityView::Mine,
    pb::OpportunityView::DueThisWeek,
    pb::OpportunityView::Stagnating,
    pb::OpportunityView::Won,
    pb::OpportunityView::Lost,
    pb::OpportunityView::Incomplete,
    pb::OpportunityView::RecycleBin,
    pb::OpportunityView::New,
];

const OPPORTUNITY_SORTS: [pb::OpportunitySort; 9] = [
    pb::OpportunitySort::Unspecified,
    pb::OpportunitySort::Id,
    pb::OpportunitySort::CustomerName,
    pb::OpportunitySort::CreatedAt,
    pb::OpportunitySort::UpdatedAt,
    pb::OpportunitySort::CloseAt,
    pb::OpportunitySort::Amount,
    pb::OpportunitySort::Rate,
    pb::OpportunitySort::NextStepAt,
];

/// How those without expected close date are asked for: by the forecast, and by who sorts by it.
const UNDATED: [(pb::OpportunityView, pb::OpportunitySort); 5] = [
    (pb::OpportunityView::Open, pb::OpportunitySort::Unspecified),
    (pb::OpportunityView::All, pb::OpportunitySort::Unspecified),
    (pb::OpportunityView::Unassigned, pb::OpportunitySort::Unspecified),
    (pb::OpportunityView::Mine, pb::OpportunitySort::Unspecified),
    (pb::OpportunityView::All, pb::OpportunitySort::CloseAt),
];

/// More opportunities of two people than are sorted in memory, of every state, live and deleted, with a step each.
const MANY_OPPORTUNITIES: [&str; 2] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
     INSERT INTO opportunity (customer_name, name_norm, name_key, created_at, created_by, updated_at, status, open,
                              assignee_id, owner_id, missing, deleted_at)
     SELECT 'x' || i, 'x' || i, 'x' || i, i, 1, i, 1 + i % 4, i % 4 < 2, whose, whose, 1, CASE WHEN i % 7 = 0 THEN i END
     FROM (SELECT i, (SELECT id FROM user WHERE name = iif(i / 4 % 2, 'mgr', 'boss')) AS whose FROM n)",
    "INSERT INTO plan_step (opportunity_id, plan_date, todo, created_at, created_by, updated_at, due_owner_id)
     SELECT id, '2026-11-02', 'x', id, 1, id, CASE status WHEN 2 THEN owner_id ELSE 0 END FROM opportunity",
];

/// Who sees all of them, those of a department, and their own.
fn people(tx: &Tx<'_>) -> rolo_server::error::Result<[(&'static str, Actor); 3]> {
    let person = |name: &str| {
        let id = tx.query_one("SELECT id FROM user WHERE name = ?1", [name], |row| row.get(0))?;
        Actor::load(tx, id, 0)?.ok_or(rolo_server::error::Error::NotFound)
    };
    let mut all = Actor::host();
    all.user_id = person("boss")?.user_id;
    Ok([("all", all), ("department", person("sup")?), ("own", person("mgr")?)])
}

/// Design §3, at size: lists, boards, forecasts and what waits, for who sees all, a department, and their own.
#[tokio::test]
async fn every_query_of_opportunities_and_steps_walks_an_index() -> Result<()> {
    let world = World::new().await?;
    let kernel = world.handle()?.kernel();
    let fill = |write: &mut rolo_server::db::Write<'_>| {
        MANY_OPPORTUNITIES.iter().try_for_each(|sql| write.tx.execute(sql, []).map(drop))
    };
    kernel.db().write(Lane::People, fill).await?;
    let settings = kernel.settings();
    let plans = kernel.db().read(move |tx| explain_opportunities(tx, &settings)).await?;
    for line in plans.lines() {
        // By number is by id: the table itself is that index, and a page ends long before the table does.
        let by_id = line.contains("SORT_ID") && line.ends_with("SCAN o");
        let scans = line.contains("SCAN") && !line.contains("USING") && !by_id;
        assert!(!scans, "a query walks a whole table: {line}");
        // The supervisor has none of her own, and few may be sorted.
        let few = line.starts_with("department") && line.contains("owner_id=?");
        let sorts = line.contains("TEMP B-TREE FOR ORDER BY") && !few;
        assert!(!sorts, "a list sorts in memory: {line}");
        // Tests of rows that no index decides would be made inside one step of the statement, out of the clock's sight.
        let whose = ["VIEW_MINE", "VIEW_NEW"].iter().any(|view| line.contains(view)) && line.starts_with("department");
        assert!(!whose || line.contains("owner_id=?"), "the few of one person are looked for among all: {line}");
        assert!(!line.contains(" of a customer ") || line.contains("customer_id=?"), "a customer's few: {line}");
    }
    assert_golden("plans_opportunities.txt", &plans);
    Ok(())
}

fn explain_opportunities(tx: &Tx<'_>, settings: &Settings) -> rolo_server::error::Result<String> {
    let mut plans = String::new();
    for (whose, actor) in people(tx)? {
        let view = View { tx, actor: &actor, now: rolo_tests::world::START, settings };
        let every = OPPORTUNITY_VIEWS.iter().flat_map(|shown| OPPORTUNITY_SORTS.map(|sort| (*shown, sort, false)));
        for (shown, sort, close_none) in every.chain(UNDATED.map(|(shown, sort)| (shown, sort, true))) {
            let filter = pb::OpportunityFilter { view: shown.into(), close_none, ..pb::OpportunityFilter::default() };
            let request = pb::ListOpportunitiesRequest {
                filter: Some(filter),
                order_by: sort.into(),
                ..pb::ListOpportunitiesRequest::default()
            };
            let list = opportunities::list::List::new(&view, &request)?;
            let undated = if close_none { " undated" } else { "" };
            for (page, sql) in ["first", "next"].iter().zip(list.statements()) {
                let label = format!("{whose} {} {}{undated} {page}", shown.as_str_name(), sort.as_str_name());
                explain(tx, &mut plans, &label, &sql)?;
            }
        }
        let of_customer = pb::OpportunityFilter { customer_id: 5, ..Default::default() };
        let won = pb::OpportunityView::Won.into();
        let won = pb::OpportunityFilter { view: won, ended_from: Some(1), ended_to: Some(9_000), ..Default::default() };
        for (what, filter) in [("of a customer", of_customer), ("won in a month", won)] {
            let request = pb::ListOpportunitiesRequest { filter: Some(filter), ..Default::default() };
            let list = opportunities::list::List::new(&view, &request)?;
            for (page, sql) in ["first", "next"].iter().zip(list.statements()) {
                explain(tx, &mut plans, &format!("{whose} {what} {page}"), &sql)?;
            }
        }
        for due in [pb::StepView::Today, pb::StepView::Overdue, pb::StepView::Next7Days] {
            for mine in [true, false] {
                let request =
                    pb::ListPlanStepsRequest { view: due.into(), mine, ..pb::ListPlanStepsRequest::default() };
                let sql = opportunities::plan::walk(&view, &request)?.statement(None, 51);
                explain(tx, &mut plans, &format!("{whose} steps {} mine {mine}", due.as_str_name()), &sql)?;
            }
        }
        for deleted in [false, true] {
            let request =
                pb::ListPlanStepsRequest { opportunity_id: 5, deleted, ..pb::ListPlanStepsRequest::default() };
            let sql = opportunities::plan::walk(&view, &request)?.statement(None, 51);
            explain(tx, &mut plans, &format!("{whose} steps of one, deleted {deleted}"), &sql)?;
        }
        for owners in [vec![], vec![1]] {
            for (label, sql) in opportunities::totals::statements(&actor, &owners)? {
                explain(tx, &mut plans, &format!("{whose} sums {label} of {owners:?}"), &sql)?;
            }
        }
    }
    Ok(plans)
}
