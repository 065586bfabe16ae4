//! Who looks at, or edits, which record just now. Kept in memory: clients say it again every few seconds, and after a
//! restart; what is not said again is over.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rolo_proto::v1::{self as pb, Doing};
use tokio::sync::broadcast;

use super::sight::Owners;
use crate::clock::Millis;

/// How long a word holds.
pub const HOLDS: Millis = 30_000;
/// Records with somebody at them, at most: more are not kept, which only means that nobody is told.
const MOST: usize = 10_000;
/// People at one record, at most.
const MOST_AT_ONE: usize = 50;

/// A change of presence, and whose record it is about.
#[derive(Debug, Clone)]
pub struct Said {
    /// What is said.
    pub presence: pb::Presence,
    /// Who owns the record, for the sight of others.
    pub owners: Owners,
}

#[derive(Debug, Clone)]
struct Entry {
    session_id: i64,
    said: Said,
    until: Millis,
}

type Entries = HashMap<(i32, i64), Vec<Entry>>;

/// Who is where.
#[derive(Debug)]
pub struct Presences {
    entries: Mutex<Entries>,
    said: broadcast::Sender<Said>,
}

impl Default for Presences {
    fn default() -> Self {
        Self { entries: Mutex::default(), said: broadcast::Sender::new(256) }
    }
}

impl Presences {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes of presence from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Said> {
        self.said.subscribe()
    }

    /// Says what a session does at a record; answers what others do there. A session is at one record at a time.
    pub fn set(&self, session_id: i64, said: Said, now: Millis) -> Vec<pb::Presence> {
        let place = (said.presence.kind, said.presence.id);
        let doing = said.presence.doing;
        let me = said.presence.user.as_ref().map(|user| user.id);
        let mut entries = self.lock();
        let mut news =
            leave(&mut entries, |entry, at| entry.until <= now || (entry.session_id == session_id && *at != place));
        let at_place = entries.entry(place).or_default();
        let known = at_place.iter().position(|entry| entry.session_id == session_id);
        match known {
            Some(index) if doing == Doing::Unspecified as i32 => {
                at_place.swap_remove(index);
                news.push(said);
            }
            None if doing == Doing::Unspecified as i32 || at_place.len() >= MOST_AT_ONE => {}
            None => {
                at_place.push(Entry { session_id, said: said.clone(), until: now + HOLDS });
                news.push(said);
            }
            Some(index) => {
                if let Some(entry) = at_place.get_mut(index) {
                    entry.until = now + HOLDS;
                    if entry.said.presence.doing != doing {
                        entry.said = said.clone();
                        news.push(said);
                    }
                }
            }
        }
        let others = at_place
            .iter()
            .map(|entry| &entry.said.presence)
            .filter(|presence| presence.user.as_ref().map(|user| user.id) != me)
            .cloned()
            .collect();
        entries.retain(|_, at| !at.is_empty());
        if entries.len() > MOST {
            entries.clear();
        }
        drop(entries);
        self.tell(news);
        others
    }

    /// A session has ended, or its connection has.
    pub fn leave(&self, session_id: i64) {
        let news = leave(&mut self.lock(), |entry, _| entry.session_id == session_id);
        self.tell(news);
    }

    /// Ends what was not said again in time.
    pub fn sweep(&self, now: Millis) {
        let news = leave(&mut self.lock(), |entry, _| entry.until <= now);
        self.tell(news);
    }

    /// Everything that is known just now, for who joins.
    pub fn all(&self, now: Millis) -> Vec<Said> {
        self.lock().values().flatten().filter(|entry| entry.until > now).map(|entry| entry.said.clone()).collect()
    }

    fn tell(&self, news: Vec<Said>) {
        for said in news {
            // Nobody watching is no failure.
            let _ = self.said.send(said);
        }
    }
}

/// Takes entries away and answers what has to be said of it.
fn leave(entries: &mut Entries, gone: impl Fn(&Entry, &(i32, i64)) -> bool) -> Vec<Said> {
    let mut news = Vec::new();
    for (place, at) in entries.iter_mut() {
        at.retain(|entry| {
            let gone = gone(entry, place);
            if gone {
                let mut said = entry.said.clone();
                said.presence.doing = Doing::Unspecified.into();
                news.push(said);
            }
            !gone
        });
    }
    entries.retain(|_, at| !at.is_empty());
    news
}

#[cfg(test)]
mod tests {
    use rolo_proto::v1::Kind;

    use super::*;

    fn said(user: i64, id: i64, doing: Doing) -> Said {
        let user = pb::UserRef { id: user, ..pb::UserRef::default() };
        let kind = Kind::Customer.into();
        let presence = pb::Presence { kind, id, user: Some(user), doing: doing.into(), since: 0 };
        Said { presence, owners: Owners::default() }
    }

    #[test]
    fn a_person_at_a_record_is_seen_by_others_until_they_leave_or_fall_silent() {
        let presences = Presences::default();
        let mut told = presences.subscribe();
        assert!(presences.set(1, said(1, 7, Doing::Viewing), 0).is_empty());
        assert_eq!(presences.set(2, said(2, 7, Doing::Editing), 0).len(), 1, "the second sees the first");
        assert_eq!(presences.set(1, said(1, 7, Doing::Viewing), 10).len(), 1);
        let doing = |told: &mut broadcast::Receiver<Said>| told.try_recv().map(|said| said.presence.doing).ok();
        assert_eq!(doing(&mut told), Some(Doing::Viewing as i32));
        assert_eq!(doing(&mut told), Some(Doing::Editing as i32));
        assert_eq!(doing(&mut told), None, "saying the same again is no news");
        presences.sweep(HOLDS + 5);
        assert_eq!(presences.all(HOLDS + 5).len(), 1, "the second fell silent, the first spoke later");
        assert_eq!(doing(&mut told), Some(Doing::Unspecified as i32));
        presences.leave(1);
        assert!(presences.all(0).is_empty());
    }

    #[test]
    fn who_goes_on_to_another_record_has_left_the_first() {
        let presences = Presences::default();
        presences.set(1, said(1, 7, Doing::Viewing), 0);
        presences.set(1, said(1, 8, Doing::Viewing), 1);
        assert_eq!(presences.all(2).iter().map(|said| said.presence.id).collect::<Vec<_>>(), [8]);
    }
}
