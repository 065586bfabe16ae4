//! The kept sums of opportunities, looked at from outside.

/// How many of the sums differ from what the opportunities say of themselves, without anything that is kept for the purpose; the company's
/// days are Shanghai's, eight hours before UTC's.
pub const ANEW: &str = "
    WITH one AS (
      SELECT COALESCE(assignee_id, created_by) AS owner_id, status, COALESCE(stage_id, 0) AS stage_id,
             CASE WHEN status <= 2 THEN COALESCE(substr(expected_close_at, 1, 7), '')
                  ELSE COALESCE(strftime('%Y-%m', closed_at / 1000 + 28800, 'unixepoch'), '') END AS month,
             COALESCE(expected_amount, 0) AS amount, COALESCE(success_rate, 0) AS rate
      FROM opportunity WHERE deleted_at IS NULL)
    SELECT (SELECT COUNT(*) FROM (
              SELECT owner_id, status, stage_id, COUNT(*), SUM(amount), SUM((amount * rate + 50) / 100), SUM(amount = 0)
              FROM one GROUP BY owner_id, status, stage_id
              EXCEPT SELECT owner_id, status, stage_id, count, amount, weighted, unknown FROM opportunity_stage_sum))
         + (SELECT COUNT(*) FROM (
              SELECT owner_id, status, month, COUNT(*), SUM(amount), SUM((amount * rate + 50) / 100), SUM(amount = 0)
              FROM one GROUP BY owner_id, status, month
              EXCEPT SELECT owner_id, status, month, count, amount, weighted, unknown FROM opportunity_month_sum))";
/// How many rows of the sums count nothing, and how far the sums count more or less than is there.
pub const TOO_MUCH: &str = "
    WITH kept AS (SELECT 1 AS kind, count FROM opportunity_stage_sum
                  UNION ALL SELECT 2, count FROM opportunity_month_sum),
         live AS (SELECT COUNT(*) AS count FROM opportunity WHERE deleted_at IS NULL)
    SELECT (SELECT COUNT(*) FROM kept WHERE count <= 0)
         + (SELECT SUM(ABS((SELECT COALESCE(SUM(count), 0) FROM kept WHERE kept.kind = kinds.kind) - live.count))
            FROM live, (SELECT 1 AS kind UNION SELECT 2) AS kinds)";
