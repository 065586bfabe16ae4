//! What the demo promises.

use rolo_proto::v1 as pb;

use super::*;
use crate::{
    audit::{self, Verification},
    customers, interactions,
};

/// A Friday, 15:20 in Shanghai.
const NOW: Millis = 1_763_709_600_000;

async fn filled(language: &str, customers: usize) -> Result<(tempfile::TempDir, Db, Demo)> {
    let dir = tempfile::tempdir().map_err(|e| Error::Internal(e.to_string()))?;
    let clock = Clock::from_fn(|| NOW);
    let demo = fill(dir.path(), Options { language: language.into(), customers, clock: clock.clone() }).await?;
    let db = Db::open(&directory::database_path(dir.path()), clock)?;
    Ok((dir, db, demo))
}

async fn names_and_numbers(db: &Db) -> Result<Vec<(String, String, i64)>> {
    let read = |tx: &Tx<'_>| {
        tx.query("SELECT no, name, created_at FROM customer ORDER BY id LIMIT 1000", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    };
    db.read(read).await
}

#[tokio::test]
async fn two_demos_of_one_time_have_the_same_customers_with_the_same_numbers() -> Result<()> {
    let (_first, one, _) = filled("zh", 50).await?;
    let (_second, other, _) = filled("zh", 50).await?;
    let customers = names_and_numbers(&one).await?;
    assert_eq!(customers.len(), 50);
    assert_eq!(customers, names_and_numbers(&other).await?);
    assert!(customers.is_sorted_by_key(|(_, _, created_at)| *created_at), "ids follow time: {customers:#?}");
    assert!(customers.iter().all(|(_, _, created_at)| *created_at <= NOW), "nothing was made in the future");
    Ok(())
}

/// D4
#[tokio::test]
async fn whoever_writes_interactions_finds_something_overdue_something_today_and_something_this_week() -> Result<()> {
    for language in ["zh", "en"] {
        let (_dir, db, demo) = filled(language, 50).await?;
        for role in ["supervisor", "manager", "service"] {
            let account = demo.account(role).expect("every role has an account");
            for due in [pb::DueView::Overdue, pb::DueView::Today, pb::DueView::Next7Days] {
                let count = db.read(move |tx| due_for(tx, account, due)).await?;
                assert!(count > 0, "{language}: nothing is {due:?} for {account} ({role})");
            }
        }
    }
    Ok(())
}

fn due_for(tx: &Tx<'_>, account: &str, due: pb::DueView) -> Result<i64> {
    let id = tx.query_one("SELECT id FROM user WHERE name = ?1", [account], |row| row.get(0))?;
    let filter = pb::InteractionFilter { due: due.into(), mine: true, ..pb::InteractionFilter::default() };
    let request = pb::ListInteractionsRequest { filter: Some(filter), ..pb::ListInteractionsRequest::default() };
    let zone = Settings::load(tx)?.ok_or(Error::NotFound)?.time_zone;
    Ok(interactions::list::walk(&actor(tx, id)?, NOW, zone, &request)?.count(tx)?.0)
}

#[tokio::test]
async fn every_view_of_customers_has_something_to_show_and_the_audit_log_verifies() -> Result<()> {
    let (_dir, db, demo) = filled("zh", 500).await?;
    let supervisor = demo.account("supervisor").expect("every role has an account");
    let counts = db
        .read(move |tx| {
            let id = tx.query_one("SELECT id FROM user WHERE name = ?1", [supervisor], |row| row.get(0))?;
            customers::list::count_views(tx, &actor(tx, id)?, NOW)
        })
        .await?;
    for count in counts.iter().filter(|count| count.view() != pb::CustomerView::Mine) {
        let total = count.total.unwrap_or_default().count;
        assert!(total > 0 && total <= 500, "{:?}: {total}", count.view());
    }
    let mut seen = Verification::default();
    while !seen.finished {
        seen = db.read(move |tx| audit::verify(tx, seen)).await?;
    }
    assert_eq!(seen.bad, None);
    Ok(())
}
