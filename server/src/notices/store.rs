//! Notice rows, and who follows what.

use rolo_proto::v1::{self as pb, Kind};

use crate::{
    authz::Actor,
    change::{Change, Whose},
    clock::{DAY, Millis},
    customers::timeline::table,
    db::{Tx, Write, params},
    error::{Error, Fault, Result},
    rpc::guard::View,
    users,
    watch::sight,
};

/// How long notices are kept.
const KEPT: Millis = 90 * DAY;
/// Followers of one record, at most.
const MOST_FOLLOWERS: i64 = 200;

/// Tells a person about a record that this operation has changed; not of their own doing.
///
/// # Errors
/// The database's.
pub fn tell(change: &mut Change<'_, '_>, user_id: i64, topic: &str, kind: Kind, id: i64) -> Result<()> {
    if user_id == change.actor.user_id || user_id == 0 {
        return Ok(());
    }
    let (tx, operation_id) = (change.tx(), change.operation()?);
    let known = tx.query_opt(
        "SELECT id FROM notice WHERE operation_id = ?1 AND user_id = ?2 AND topic = ?3",
        params![operation_id, user_id, topic],
        |row| row.get::<_, i64>(0),
    )?;
    let notice = match known {
        Some(known) => known,
        None => {
            let label = label(tx, kind, id)?;
            tx.insert(
                "INSERT INTO notice (user_id, at, actor_id, topic, kind, record_id, label, operation_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![user_id, change.now(), change.actor.user_id, topic, kind as i32, id, label, operation_id],
            )?
        }
    };
    let new = tx.execute(
        "INSERT INTO notice_record (notice_id, kind, record_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![notice, kind as i32, id],
    )?;
    if new == 0 {
        return Ok(());
    }
    let count =
        tx.query_one("UPDATE notice SET count = count + 1 WHERE id = ?1 RETURNING count", [notice], |row| row.get(0))?;
    announce(tx, notice, count, user_id)
}

fn label(tx: &Tx<'_>, kind: Kind, id: i64) -> Result<String> {
    table(kind).map_or_else(|| Ok(String::new()), |table| (table.label)(tx, id))
}

/// A notice is an event of its own for those who watch: its person hears of it at once.
fn announce(tx: &Tx<'_>, notice: i64, revision: i64, user_id: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO outbox (kind, record_id, revision, parent_id, owner_before, owner_after, also_owner, deleted)
         VALUES (?1, ?2, ?3, 0, ?4, ?4, 0, 0)",
        params![Kind::Notice as i32, notice, revision, user_id],
    )
    .map(drop)
}

/// Tells those who follow a record that somebody else changed it: of them, who may still see it, `whose` being whose it
/// is now.
///
/// # Errors
/// The database's.
pub fn tell_followers(change: &mut Change<'_, '_>, kind: Kind, id: i64, whose: Whose, deleted: bool) -> Result<()> {
    let tx = change.tx();
    let followers = tx.query(
        "SELECT user_id FROM follow WHERE kind = ?1 AND record_id = ?2 AND user_id <> ?3 LIMIT ?4",
        params![kind as i32, id, change.actor.user_id, MOST_FOLLOWERS],
        |row| row.get::<_, i64>(0),
    )?;
    let topic = if deleted { "deleted" } else { "changed" };
    for user_id in followers {
        let Some(follower) = Actor::load(tx, user_id, 0)? else { continue };
        if sight::sees(tx, &follower, kind, whose.into())? {
            tell(change, user_id, topic, kind, id)?;
        }
    }
    Ok(())
}

/// What was told by an operation that has been taken back is withdrawn; if some records were `kept`, what was told of these
/// stays.
///
/// # Errors
/// The database's.
pub fn withdraw(tx: &Tx<'_>, operation_id: i64, kept: bool, now: Millis) -> Result<()> {
    let told = tx.query(
        "SELECT id, user_id, count FROM notice WHERE operation_id = ?1 AND withdrawn_at IS NULL",
        [operation_id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    for (notice, user_id, count) in told {
        let left = if kept { narrow(tx, notice, operation_id)? } else { 0 };
        if left == 0 {
            tx.execute("UPDATE notice SET withdrawn_at = ?2 WHERE id = ?1", params![notice, now])?;
        }
        if left < count {
            announce(tx, notice, left, user_id)?;
        }
    }
    Ok(())
}

/// When an undo is taken back, those whom the operation told of this record are told again: what they were told then has
/// been withdrawn. Followers hear of it as of any change.
///
/// # Errors
/// The database's.
pub fn tell_again(change: &mut Change<'_, '_>, undo_id: i64, kind: Kind, id: i64) -> Result<()> {
    let told = change.tx().query(
        "SELECT n.user_id, n.topic
         FROM operation u
         JOIN notice n ON n.operation_id = u.undoes
         JOIN notice_record r ON r.notice_id = n.id
         WHERE u.id = ?1 AND r.kind = ?2 AND r.record_id = ?3 AND n.topic NOT IN ('changed', 'deleted')",
        params![undo_id, kind as i32, id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
    )?;
    told.into_iter().try_for_each(|(user_id, topic)| tell(change, user_id, &topic, kind, id))
}

/// Lets a notice tell only of what no undo of its operation has changed; answers of how many records that is. One that
/// tells of none any more stays as it was. Of which records it told at first stays known, should the undo be taken back.
fn narrow(tx: &Tx<'_>, notice: i64, operation_id: i64) -> Result<i64> {
    let left = tx.query_opt(
        "SELECT COUNT(*) OVER (), r.kind, r.record_id, (r.kind, r.record_id) = (n.kind, n.record_id) AS first
         FROM notice_record r JOIN notice n ON n.id = r.notice_id
         WHERE r.notice_id = ?1
           AND NOT EXISTS (SELECT 1 FROM audit a JOIN operation u ON u.id = a.operation_id
                           WHERE a.kind = r.kind AND a.record_id = r.record_id AND u.undoes = ?2)
         ORDER BY first DESC, r.record_id
         LIMIT 1",
        [notice, operation_id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i32>(1)?, row.get::<_, i64>(2)?, row.get::<_, bool>(3)?)),
    )?;
    let Some((count, kind, id, first)) = left else { return Ok(0) };
    tx.execute("UPDATE notice SET count = ?2 WHERE id = ?1", [notice, count])?;
    if !first {
        let label = label(tx, Kind::try_from(kind).unwrap_or_default(), id)?;
        tx.execute(
            "UPDATE notice SET kind = ?2, record_id = ?3, label = ?4 WHERE id = ?1",
            params![notice, kind, id, label],
        )?;
    }
    Ok(count)
}

/// How many notices a person has not read, up to 1,000.
///
/// # Errors
/// The database's.
pub fn unread(tx: &Tx<'_>, user_id: i64) -> Result<i64> {
    tx.query_one(
        "SELECT COUNT(*) FROM (
           SELECT 1 FROM notice WHERE user_id = ?1 AND read_at IS NULL AND withdrawn_at IS NULL LIMIT 1000)",
        [user_id],
        |row| row.get(0),
    )
}

/// A person's notices, newest first: `rows` of them before an id.
///
/// # Errors
/// The database's.
pub fn list(view: &View<'_>, unread_only: bool, before: i64, rows: usize) -> Result<Vec<pb::Notice>> {
    let sql = match unread_only {
        true => {
            "SELECT n.id, n.at, n.topic, n.kind, n.record_id, n.label, n.count, COALESCE(n.read_at, 0),
                    COALESCE(n.withdrawn_at, 0), n.operation_id, u.id, u.name, u.display_name, u.active
             FROM notice n LEFT JOIN user u ON u.id = n.actor_id
             WHERE n.user_id = ?1 AND n.id < ?2 AND n.read_at IS NULL AND n.withdrawn_at IS NULL
             ORDER BY n.id DESC LIMIT ?3"
        }
        false => {
            "SELECT n.id, n.at, n.topic, n.kind, n.record_id, n.label, n.count, COALESCE(n.read_at, 0),
                    COALESCE(n.withdrawn_at, 0), n.operation_id, u.id, u.name, u.display_name, u.active
             FROM notice n LEFT JOIN user u ON u.id = n.actor_id
             WHERE n.user_id = ?1 AND n.id < ?2
             ORDER BY n.id DESC LIMIT ?3"
        }
    };
    view.tx.query(sql, params![view.actor.user_id, before, rows as i64], |row| {
        Ok(pb::Notice {
            id: row.get(0)?,
            at: row.get(1)?,
            topic: row.get(2)?,
            kind: row.get(3)?,
            record_id: row.get(4)?,
            label: row.get(5)?,
            count: row.get(6)?,
            read_at: row.get(7)?,
            withdrawn_at: row.get(8)?,
            operation_id: row.get(9)?,
            actor: users::store::user_ref(row, 10)?,
        })
    })
}

/// Marks a person's own notices as read, or as unread again; saying it again changes nothing.
///
/// # Errors
/// `VALIDATION` for too many ids.
pub fn mark(write: &Write<'_>, user_id: i64, request: &pb::MarkReadRequest) -> Result<i64> {
    if request.ids.len() > 200 {
        return Err(Error::field("ids", Fault::OutOfRange(0, 200)));
    }
    let tx = write.tx;
    let read_at = if request.unread { None } else { Some(write.now) };
    let mut touched = None;
    for id in &request.ids {
        let changed = tx.execute(
            "UPDATE notice SET read_at = ?3 WHERE id = ?1 AND user_id = ?2 AND (read_at IS NULL) <> (?3 IS NULL)",
            params![id, user_id, read_at],
        )?;
        touched = touched.or((changed > 0).then_some(*id));
    }
    if request.up_to > 0 {
        let changed = tx.execute(
            "UPDATE notice SET read_at = ?3 WHERE user_id = ?1 AND id <= ?2 AND read_at IS NULL AND withdrawn_at IS NULL",
            params![user_id, request.up_to, write.now],
        )?;
        touched = touched.or((changed > 0).then_some(request.up_to));
    }
    if let Some(notice) = touched {
        // The person's other terminals count anew.
        announce(tx, notice, 0, user_id)?;
    }
    unread(tx, user_id)
}

/// Begins or ends following a record; saying it again changes nothing.
///
/// # Errors
/// `VALIDATION` if too many follow it already.
pub fn follow(write: &Write<'_>, user_id: i64, kind: Kind, id: i64, follow: bool) -> Result<()> {
    if !follow {
        return write
            .tx
            .execute(
                "DELETE FROM follow WHERE kind = ?1 AND record_id = ?2 AND user_id = ?3",
                params![kind as i32, id, user_id],
            )
            .map(drop);
    }
    let now = follows(write.tx, user_id, kind, id)?;
    if !now.follows && now.followers >= MOST_FOLLOWERS {
        return Err(Error::field("follow", Fault::OutOfRange(0, MOST_FOLLOWERS)));
    }
    write
        .tx
        .execute(
            "INSERT INTO follow (kind, record_id, user_id, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![kind as i32, id, user_id, write.now],
        )
        .map(drop)
}

/// Whether a person follows a record, and how many do.
///
/// # Errors
/// The database's.
pub fn follows(tx: &Tx<'_>, user_id: i64, kind: Kind, id: i64) -> Result<pb::SetFollowResponse> {
    let follows = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM follow WHERE kind = ?1 AND record_id = ?2 AND user_id = ?3)",
        params![kind as i32, id, user_id],
        |row| row.get(0),
    )?;
    Ok(pb::SetFollowResponse { follows, followers: followers(tx, kind, id)? })
}

fn followers(tx: &Tx<'_>, kind: Kind, id: i64) -> Result<i64> {
    tx.query_one("SELECT COUNT(*) FROM follow WHERE kind = ?1 AND record_id = ?2", params![kind as i32, id], |row| {
        row.get(0)
    })
}

/// Drops notices that are too old, a slice at a time.
///
/// # Errors
/// The database's.
pub fn sweep(write: &Write<'_>) -> Result<()> {
    write
        .tx
        .execute(
            "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE at < ?1 ORDER BY at LIMIT 500)",
            [write.now - KEPT],
        )
        .map(drop)
}
