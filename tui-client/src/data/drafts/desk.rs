//! A thread that writes drafts, so that no key waits for the disk: it takes what comes, and shortly after the first
//! change writes the newest state of each form. With nothing to write it sleeps.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{Draft, DraftKey, Drafts, Found};
use crate::data::Failure;

/// How long changes are collected before they are written.
const SOON: Duration = Duration::from_millis(150);

/// Hears that drafts cannot be kept.
type Tell = Box<dyn Fn(Failure) + Send>;

enum Order {
    Open(i64, PathBuf, i64, oneshot::Sender<Result<Found, Failure>>),
    Keep(i64, Box<Draft>),
    Drop(i64, DraftKey),
    Flush(mpsc::Sender<()>),
    Close(mpsc::Sender<()>),
}

/// Where drafts are handed in. Cheap to clone; all clones are the same desk.
#[derive(Clone, Default)]
pub struct Desk(Arc<Mutex<Option<mpsc::Sender<Order>>>>);

impl Desk {
    /// Opens a person's drafts in a directory and answers those that wait; what another person left is written first.
    /// `tell` hears when something cannot be written.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub async fn open(&self, person: i64, dir: PathBuf, now: i64, tell: Tell) -> Result<Found, Failure> {
        let (sender, answer) = oneshot::channel();
        {
            let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let orders = desk.get_or_insert_with(|| start(tell));
            // The thread ends only with the desk; if it did, no answer comes.
            let _ = orders.send(Order::Open(person, dir, now, sender));
        }
        answer.await.unwrap_or_else(|_| Err(Failure::unreachable("no drafts")))
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // As above.
            let _ = orders.send(order);
        }
    }

    /// Keeps a person's draft, soon.
    pub fn keep(&self, person: i64, draft: Box<Draft>) {
        self.order(Order::Keep(person, draft));
    }

    /// Removes a person's draft, now.
    pub fn drop(&self, person: i64, key: DraftKey) {
        self.order(Order::Drop(person, key));
    }

    /// Writes what has not been written, and waits for it.
    pub fn flush(&self) {
        self.wait(Order::Flush);
    }

    /// The same, and leaves the drafts to other clients.
    pub fn close(&self) {
        self.wait(Order::Close);
    }

    fn wait(&self, order: impl FnOnce(mpsc::Sender<()>) -> Order) {
        let (sender, done) = mpsc::channel();
        self.order(order(sender));
        // Where nothing was opened the sender is gone at once, and so is the waiting.
        let _ = done.recv();
    }
}

fn start(tell: Tell) -> mpsc::Sender<Order> {
    let (sender, orders) = mpsc::channel();
    thread::spawn(move || Writer { open: None, pending: BTreeMap::new(), tell, failed: false }.run(&orders));
    sender
}

struct Writer {
    open: Option<(i64, Drafts)>,
    pending: BTreeMap<DraftKey, Box<Draft>>,
    tell: Tell,
    /// The last one could not be written, and that was told.
    failed: bool,
}

impl Writer {
    fn run(mut self, orders: &mpsc::Receiver<Order>) {
        let mut due: Option<Instant> = None;
        loop {
            let order = match due {
                None => orders.recv().ok(),
                Some(at) => match orders.recv_timeout(at.saturating_duration_since(Instant::now())) {
                    Ok(order) => Some(order),
                    Err(RecvTimeoutError::Timeout) => {
                        self.write();
                        due = None;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => None,
                },
            };
            let Some(order) = order else { break };
            match order {
                Order::Open(person, dir, now, answer) => {
                    self.write();
                    // Left before it is opened anew: the same person's drafts are found again.
                    self.open = None;
                    let opened = Drafts::open(dir).map(|drafts| {
                        let found = drafts.take_over(now);
                        self.open = Some((person, drafts));
                        found
                    });
                    // Whoever asked may have gone.
                    let _ = answer.send(opened);
                }
                Order::Keep(person, draft) if self.is_of(person) => {
                    self.pending.insert(draft.key, draft);
                    due.get_or_insert_with(|| Instant::now() + SOON);
                }
                Order::Drop(person, key) if self.is_of(person) => {
                    self.pending.remove(&key);
                    // What took its place is on disk before it goes.
                    self.write();
                    if let Some((_, drafts)) = &self.open {
                        drafts.drop(&key);
                    }
                }
                // Of a person who is not at the desk (any more): never into another's directory.
                Order::Keep(..) | Order::Drop(..) => {}
                Order::Flush(done) => {
                    self.write();
                    let _ = done.send(());
                }
                Order::Close(done) => {
                    self.write();
                    self.open = None;
                    let _ = done.send(());
                }
            }
        }
        self.write();
    }

    fn is_of(&self, person: i64) -> bool {
        self.open.as_ref().is_some_and(|(of, _)| *of == person)
    }

    fn write(&mut self) {
        let Some((_, drafts)) = &self.open else { return };
        for draft in std::mem::take(&mut self.pending).into_values() {
            match drafts.keep(&draft) {
                Ok(()) => self.failed = false,
                // The next key tries again; saying it once is enough.
                Err(failure) if !std::mem::replace(&mut self.failed, true) => (self.tell)(failure),
                Err(_) => {}
            }
        }
    }
}
