//! What must hold of opportunities besides what holds of every record.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension};

use super::one;
use crate::sums;

/// How many opportunities a bulk action has assigned, and how many the client was told of; if it was told nothing, as many
/// as the action's own row says.
pub(super) fn assigned(conn: &Connection, request_id: &str, told: Option<i64>) -> Result<(i64, i64)> {
    let sql = "SELECT b.done, (SELECT COUNT(*) FROM audit a
                               WHERE a.kind = 20 AND a.verb = 'assign' AND a.operation_id = NULLIF(b.operation_id, 0))
               FROM idempotency i JOIN bulk b ON b.id = i.record_id
               WHERE i.request_id = ?1 AND i.method = 'RunBulk'";
    let mut statement = conn.prepare_cached(sql)?;
    let row = statement.query_row([request_id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()?;
    let (done, there) = row.unwrap_or_default();
    Ok((there, told.unwrap_or(done)))
}

/// One assignee each, what was won has its customer, sums and plans are as the opportunities say.
pub(super) fn hold(conn: &Connection, found: &mut Vec<String>) -> Result<()> {
    for (what, sql) in [
        ("sums that are not those of the opportunities", sums::ANEW),
        ("counted too much or too little", sums::TOO_MUCH),
        (
            "given to one while they were another's",
            "SELECT COUNT(*) FROM audit
             WHERE kind = 20 AND verb = 'assign' AND json_extract(changes, '$.assignee_id[0]') IS NOT NULL",
        ),
        (
            "developed by nobody, or somebody's before they were given",
            "SELECT COUNT(*) FROM opportunity WHERE (status = 1) <> (assignee_id IS NULL)",
        ),
        (
            "won without just one customer of the name, its own",
            "SELECT COUNT(*) FROM opportunity o
             WHERE o.status = 3 AND o.deleted_at IS NULL
               AND o.customer_id IS NOT (SELECT IIF(COUNT(*) = 1, MIN(c.id), -1) FROM customer c
                                         WHERE c.name = o.customer_name AND c.deleted_at IS NULL)",
        ),
        ("won for one and the same customer", "SELECT COUNT(customer_id) - COUNT(DISTINCT customer_id) FROM opportunity"),
        (
            "customers made by a success that there is not",
            "SELECT COUNT(*) FROM customer c
             JOIN audit a ON a.kind = 1 AND a.record_id = c.id AND a.verb = 'create'
             JOIN operation p ON p.id = a.operation_id AND p.method = 'SucceedOpportunity'
             WHERE c.deleted_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM opportunity o WHERE o.customer_id = c.id AND o.status = 3)",
        ),
        (
            "plans counted wrong",
            "SELECT COUNT(*) FROM opportunity o
             WHERE (o.steps, o.steps_done) IS NOT
                   (SELECT COUNT(*), COALESCE(SUM(s.result <> ''), 0) FROM plan_step s
                    WHERE s.opportunity_id = o.id AND s.deleted_at IS NULL)",
        ),
        (
            "steps due by the wrong person",
            "SELECT COUNT(*) FROM plan_step s JOIN opportunity o ON o.id = s.opportunity_id
             WHERE s.due_owner_id <> IIF(s.result = '' AND s.deleted_at IS NULL AND o.deleted_at IS NULL AND o.status = 2,
                                      o.assignee_id, 0)",
        ),
        (
            "bulk actions whose count is wrong",
            "SELECT COUNT(*) FROM bulk b
             WHERE b.done + b.unchanged + b.refused <> b.next
                OR b.refused <> (SELECT COUNT(*) FROM bulk_refusal r WHERE r.bulk_id = b.id)",
        ),
        (
            "bulk actions without a request",
            "SELECT COUNT(*) FROM bulk b
             WHERE NOT EXISTS (SELECT 1 FROM idempotency i WHERE i.method = 'RunBulk' AND i.record_id = b.id)",
        ),
        (
            "without grams, or grams without one",
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM opportunity EXCEPT SELECT id FROM opportunity_gram_docsize))
                  + (SELECT COUNT(*) FROM (SELECT id FROM opportunity_gram_docsize EXCEPT SELECT id FROM opportunity))",
        ),
    ] {
        let count = one(conn, sql)?;
        if count != 0 {
            found.push(format!("opportunities: {what}: {count}"));
        }
    }
    Ok(())
}
