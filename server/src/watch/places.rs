//! How many streams a person has open: one a window, and no more than anybody needs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Streams of one person at a time.
const MOST: usize = 256;

type Counts = HashMap<i64, usize>;

/// The streams that are open, by person.
#[derive(Debug, Default)]
pub struct Places(Arc<Mutex<Counts>>);

/// The place of one stream, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    taken: Arc<Mutex<Counts>>,
    user_id: i64,
}

impl Places {
    /// A place for one more stream of a person; none if they have too many.
    pub fn take(&self, user_id: i64) -> Option<Place> {
        let mut taken = lock(&self.0);
        let count = taken.entry(user_id).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Place { taken: Arc::clone(&self.0), user_id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.user_id) {
            *count -= 1;
        }
        taken.retain(|_, count| *count > 0);
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
