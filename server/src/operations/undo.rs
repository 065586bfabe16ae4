//! Taking an operation back: the before-images written anew, as an operation of its own.
//!
//! Each record is taken back only if it is still as the operation left it, and if the person may still write it;
//! otherwise it is kept as it is, with the reason and who changed it. A record that the operation made goes to the
//! recycle bin, unless somebody has hung something on it since. Redo is the undo of an undo. The work goes in slices, each its own transaction; interrupted, it goes on
//! where it stopped, for what is taken back already carries the undo's name.

use rolo_proto::v1::{self as pb, Kind};

use super::image::{Image, holder, may_take_back, take_back};
use crate::{
    authz::{Actor, Permission, Scope},
    change::{Change, Table, last_change},
    clock::{DAY, Millis},
    customers::timeline::table,
    db::{Lane, Tx, params},
    error::{Error, Result},
    notices,
};

/// How long an operation can be taken back; an import longer.
const KEPT: Millis = DAY;
const KEPT_IMPORT: Millis = 30 * DAY;
/// An operation of so many records is taken back whole, in one transaction.
const WHOLE: usize = 200;
/// Of a larger one, so many at once: a slice holds the writer for that long, and people wait.
const SLICE: usize = 50;

/// Operations that are taken back whole or not at all: an opportunity is not open again while its customer stays (O10).
const WHOLE_ONLY: [&str; 1] = ["SucceedOpportunity"];

/// An operation as undo sees it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The id.
    pub id: i64,
    /// What it was.
    pub method: String,
    /// The undo that is under way or done, 0 if none.
    pub undo: i64,
    /// It was taken back.
    pub undone: bool,
}

/// The operation that is to be taken back.
///
/// # Errors
/// `NOT_FOUND` if there is none, or it is another's whom the right to undo does not reach; `INVALID_STATE` if it cannot be
/// taken back, or no longer.
pub fn choose(tx: &Tx<'_>, actor: &Actor, now: Millis, request: &pb::UndoRequest) -> Result<Operation> {
    let id = match request.operation_id {
        0 => newest(tx, actor, request.redo)?.ok_or(Error::NotFound)?,
        id => id,
    };
    let row = tx.query_opt(
        "SELECT user_id, at, method, reversible, undone_by,
                (SELECT u.id FROM operation u WHERE u.undoes = o.id AND u.user_id = ?2 ORDER BY u.id DESC LIMIT 1),
                (SELECT w.department_id FROM user w WHERE w.id = o.user_id)
         FROM operation o
         WHERE id = ?1",
        params![id, actor.user_id],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Millis>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, bool>(3)?,
                row.get::<_, Option<i64>>(4)?,
                row.get::<_, Option<i64>>(5)?,
                row.get::<_, Option<i64>>(6)?.unwrap_or_default(),
            ))
        },
    )?;
    let (user_id, at, method, reversible, undone_by, undo, department_id) = row.ok_or(Error::NotFound)?;
    let reached = match actor.scope(Permission::Undo) {
        Some(Scope::All) => true,
        Some(Scope::Department) => actor.departments.contains(&department_id),
        Some(Scope::Own) | None => false,
    };
    if user_id != actor.user_id && !reached {
        return Err(Error::NotFound);
    }
    if !reversible {
        return Err(Error::InvalidState("irreversible".into()));
    }
    let kept = if method == "StartImport" { KEPT_IMPORT } else { KEPT };
    if now - at > kept {
        return Err(Error::InvalidState("too old".into()));
    }
    Ok(Operation { id, method, undo: undone_by.or(undo).unwrap_or_default(), undone: undone_by.is_some() })
}

/// My newest operation that is in effect; or, to redo, my newest undo that is, if nothing was done since. One of which
/// nothing could be taken back stands in nobody's way: it is passed over, and can still be named.
fn newest(tx: &Tx<'_>, actor: &Actor, redo: bool) -> Result<Option<i64>> {
    let sql = if redo {
        "SELECT id FROM operation o
         WHERE user_id = ?1 AND reversible = 1 AND undone_by IS NULL AND passed = 0 AND level % 2 = 1
           AND NOT EXISTS (SELECT 1 FROM operation n
                           WHERE n.user_id = ?1 AND n.reversible = 1 AND n.id > o.id AND n.level = 0)
         ORDER BY id DESC
         LIMIT 1"
    } else {
        "SELECT id FROM operation
         WHERE user_id = ?1 AND reversible = 1 AND undone_by IS NULL AND passed = 0 AND level % 2 = 0
         ORDER BY id DESC
         LIMIT 1"
    };
    tx.query_opt(sql, [actor.user_id], |row| row.get(0))
}

/// How far an undo has come.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Rows of the operation's log after this one are dealt with.
    before: Option<i64>,
    /// Records of a slice.
    slice: usize,
    /// The answer so far; its kept records are those of the last slice.
    pub answer: pb::UndoProgress,
}

impl Progress {
    /// An undo, or a look at one, of which nothing is done yet.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin(tx: &Tx<'_>, target: &Operation) -> Result<Self> {
        let total = records(tx, target.id)?;
        let answer = pb::UndoProgress {
            operation_id: target.id,
            method: target.method.clone(),
            total,
            undo_operation_id: target.undo,
            ..pb::UndoProgress::default()
        };
        // One row more than there are, so that the first slice is known to be the last.
        Ok(Self { before: None, slice: if total > WHOLE as i64 { SLICE } else { WHOLE + 1 }, answer })
    }

    /// Whose writes wait for it: what is taken back whole is as one call of a person, the rest lets people go first.
    pub fn lane(&self) -> Lane {
        if self.slice == SLICE { Lane::Feeds } else { Lane::People }
    }

    /// The records of the next slice, last changed first, each with what the operation did to it.
    fn next(&mut self, tx: &Tx<'_>, operation_id: i64) -> Result<Vec<(&'static Table, i64, Image)>> {
        let rows = tx.query(
            "SELECT sequence, kind, record_id FROM audit
             WHERE operation_id = ?1 AND sequence < ?2
             ORDER BY sequence DESC
             LIMIT ?3",
            params![operation_id, self.before.unwrap_or(i64::MAX), self.slice as i64],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i32>(1)?, row.get::<_, i64>(2)?)),
        )?;
        self.answer.kept_records.clear();
        self.answer.finished = rows.len() < self.slice;
        self.before = rows.last().map(|row| row.0).or(self.before);
        let mut records = Vec::with_capacity(rows.len());
        for (sequence, kind, id) in rows {
            let kind = Kind::try_from(kind).unwrap_or_default();
            let Some(table) = table(kind) else {
                // No record that is taken back: an account that came with an import stays.
                self.answer.total -= 1;
                continue;
            };
            let image = Image::load(tx, operation_id, kind, id)?;
            if image.last_sequence == sequence {
                records.push((table, id, image));
            } else {
                // An earlier row of a record that was dealt with at its last row.
                self.answer.total -= 1;
            }
        }
        Ok(records)
    }

    /// Counts what became of a record, or would.
    fn count(&mut self, tx: &Tx<'_>, table: &'static Table, id: i64, outcome: &Result<()>, except: i64) -> Result<()> {
        let Err(cause) = outcome else {
            self.answer.done += 1;
            let kind = i32::from(table.kind);
            match self.answer.counts.iter_mut().find(|counted| counted.kind == kind) {
                Some(counted) => counted.count += 1,
                None => self.answer.counts.push(pb::KindCount { kind, count: 1 }),
            }
            return Ok(());
        };
        self.answer.kept += 1;
        self.answer.kept_records.push(kept(tx, table, id, cause, except)?);
        Ok(())
    }
}

/// How many records an operation changed, counted up to a bound.
fn records(tx: &Tx<'_>, operation_id: i64) -> Result<i64> {
    tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE operation_id = ?1 LIMIT 2000000)",
        [operation_id],
        |row| row.get(0),
    )
}

/// Takes the next slice back.
///
/// # Errors
/// The database fails; what a single record is refused for is in the answer.
pub fn slice(change: &mut Change<'_, '_>, target: &Operation, mut progress: Progress) -> Result<Progress> {
    let records = progress.next(change.tx(), target.id)?;
    if WHOLE_ONLY.contains(&target.method.as_str()) {
        whole(change, target.id, &records, &mut progress)?;
    } else {
        for (table, id, image) in records {
            let outcome = change.attempt(|change| {
                take_back(change, table, id, &image)?;
                notices::store::tell_again(change, target.id, table.kind, id)
            });
            progress.count(change.tx(), table, id, &outcome, 0)?;
        }
    }
    if progress.answer.finished {
        finish(change, target, &progress)?;
    }
    progress.answer.undo_operation_id = change.operation_id.unwrap_or_default();
    Ok(progress)
}

/// Takes all of these back, or none: what one of them is refused for keeps the others too.
fn whole(
    change: &mut Change<'_, '_>,
    target_id: i64,
    records: &[(&'static Table, i64, Image)],
    progress: &mut Progress,
) -> Result<()> {
    let mut refused = None;
    let all = change.attempt(|change| {
        records.iter().try_for_each(|(table, id, image)| {
            take_back(change, table, *id, image).inspect_err(|_| refused = Some((table.kind, *id)))?;
            notices::store::tell_again(change, target_id, table.kind, *id)
        })
    });
    let mut cause = all.err();
    for (table, id, _) in records {
        let outcome = match refused {
            None => Ok(()),
            Some(first) if first == (table.kind, *id) => Err(cause.take().unwrap_or(Error::NotFound)),
            Some(_) => Err(Error::InvalidState("kept whole".into())),
        };
        progress.count(change.tx(), table, *id, &outcome, 0)?;
    }
    Ok(())
}

/// Looks at the next slice, and writes nothing: what was changed since, what the person may not write. What only shows
/// when the rows stand beside all others (a name that is taken again) comes up when it is done.
///
/// # Errors
/// The database fails.
pub fn preview(tx: &Tx<'_>, actor: &Actor, target: &Operation, mut progress: Progress) -> Result<Progress> {
    for (table, id, image) in progress.next(tx, target.id)? {
        let outcome = may_take_back(tx, actor, table, id, &image, target.id).map(drop);
        progress.count(tx, table, id, &outcome, target.id)?;
    }
    Ok(progress)
}

/// Marks the operation as taken back, or as passed over if nothing of it could be by the person who did it.
fn finish(change: &mut Change<'_, '_>, target: &Operation, progress: &Progress) -> Result<()> {
    match change.operation_id {
        Some(undo) if progress.answer.done > 0 => {
            notices::store::withdraw(change.tx(), target.id, progress.answer.kept > 0, change.now())?;
            change.tx().execute("UPDATE operation SET undone_by = ?2 WHERE id = ?1", params![target.id, undo])
        }
        _ => change.tx().execute(
            "UPDATE operation SET passed = 1 WHERE id = ?1 AND user_id = ?2",
            [target.id, change.actor.user_id],
        ),
    }
    .map(drop)
}

/// A record that was left as it is. What the person may not see is not told.
fn kept(tx: &Tx<'_>, table: &'static Table, id: i64, cause: &Error, except: i64) -> Result<pb::KeptRecord> {
    let visible = !matches!(cause, Error::NotFound);
    let (who, at) = match cause {
        Error::Stale { who, at, .. } => (who.clone(), *at),
        Error::InUse(_) => match holder(tx, table, id, except)? {
            Some((kind, id)) => last_change(tx, kind, id)?,
            None => Default::default(),
        },
        _ => Default::default(),
    };
    let label = if visible { (table.label)(tx, id).unwrap_or_default() } else { String::new() };
    Ok(pb::KeptRecord { kind: table.kind.into(), id, label, reason: cause.reason().into(), who, at })
}
