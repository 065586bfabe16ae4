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

/// S01-05 … S01-10: board, forecast, Today, the assignment screen and the inbox of a living company.
#[tokio::test]
async fn opportunities_stand_in_every_state_and_the_sums_agree() -> Result<()> {
    for language in ["zh", "en"] {
        let (_dir, db, demo) = filled(language, 50).await?;
        let manager = demo.account("manager").expect("every role has an account");
        db.read(move |tx| {
            let count = |sql: &'static str| tx.query_one(sql, [], |row| row.get::<_, i64>(0));
            for (what, sql) in [
                ("unassigned", "SELECT COUNT(*) FROM opportunity WHERE status = 1"),
                ("assigned without a plan", "SELECT COUNT(*) FROM opportunity WHERE status = 2 AND steps = 0"),
                ("won", "SELECT COUNT(*) FROM opportunity WHERE status = 3 AND customer_id IS NOT NULL"),
                ("lost", "SELECT COUNT(*) FROM opportunity WHERE status = 4 AND close_text <> ''"),
                ("without amount", "SELECT COUNT(*) FROM opportunity WHERE expected_amount IS NULL"),
                ("incomplete customers", "SELECT COUNT(*) FROM customer WHERE missing <> 0"),
                ("done steps", "SELECT COUNT(*) FROM plan_step WHERE result <> ''"),
                ("products", "SELECT COUNT(*) FROM product"),
                ("views", "SELECT COUNT(*) FROM saved_view WHERE department_id IS NOT NULL"),
                ("stages", "SELECT COUNT(DISTINCT stage_id) - 3 FROM opportunity WHERE open = 1"),
            ] {
                assert!(count(sql)? > 0, "{language}: no {what}");
            }
            assert_eq!(count("SELECT COUNT(*) FROM customer")?, 50, "those that were won are among them");
            let mine = |sql: &'static str| tx.query_one(sql, [manager], |row| row.get::<_, i64>(0));
            let today = crate::opportunities::derive::date_of(NOW, chrono_tz::Asia::Shanghai);
            assert_eq!(today, "2025-11-21");
            for (what, sql) in [
                (
                    "today",
                    "SELECT COUNT(*) FROM plan_step s JOIN user u ON u.id = s.due_owner_id AND u.name = ?1
                           WHERE plan_date = '2025-11-21'",
                ),
                (
                    "overdue",
                    "SELECT COUNT(*) FROM plan_step s JOIN user u ON u.id = s.due_owner_id AND u.name = ?1
                             WHERE plan_date < '2025-11-21'",
                ),
                (
                    "later",
                    "SELECT COUNT(*) FROM plan_step s JOIN user u ON u.id = s.due_owner_id AND u.name = ?1
                           WHERE plan_date > '2025-11-21'",
                ),
                (
                    "fresh",
                    "SELECT COUNT(*) FROM opportunity o JOIN user u ON u.id = o.assignee_id AND u.name = ?1
                           WHERE status = 2 AND steps = 0",
                ),
            ] {
                assert!(mine(sql)? > 0, "{language}: nothing {what} for {manager}");
            }
            assert_eq!(crate::opportunities::sums::differ(tx)?, 0);
            assert_eq!(count("SELECT COUNT(*) FROM opportunity WHERE created_at > 1763709600000")?, 0);
            assert!(count("SELECT COUNT(*) FROM notice WHERE read_at IS NULL")? < 30);
            Ok(())
        })
        .await?;
    }
    Ok(())
}
