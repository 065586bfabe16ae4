//! How the lists run: every list query is held to an index (`tests/golden/plans.txt`).

use std::fmt::Write as _;

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::{authz::Actor, contacts, customers, db::Tx, db::sql::Sql, dictionary, interactions, users};
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
