//! The grams of names that are about to be written, cut beside the writer: an import knows them before their turn comes.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use super::grams;
use crate::text::squeeze;

/// Names kept at most; those that never came to be written are forgotten then.
const MOST: usize = 4_000;

static CUT: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

fn cut() -> MutexGuard<'static, HashMap<String, Vec<String>>> {
    CUT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cuts the grams of a name before it is put into the index. What it says depends on the name alone, so that it does no
/// harm if the name is never written, or was already.
pub fn prepare(name: &str) {
    let name = squeeze(name);
    let grams = grams::of_name(&name);
    let mut cut = cut();
    if cut.len() >= MOST {
        cut.clear();
    }
    cut.insert(name, grams);
}

/// The grams of a folded name, if they were cut.
pub(super) fn take(name: &str) -> Option<Vec<String>> {
    cut().remove(name)
}
