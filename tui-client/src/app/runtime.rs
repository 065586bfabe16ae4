//! Runs effects: calls and timers as tasks that bring back messages. A call that nobody waits for is aborted. The clock
//! is a parameter, so that tests wait for nothing.

use std::{collections::HashMap, sync::Arc};

use tokio::{sync::mpsc, task::AbortHandle};

use super::{
    effect::{CallId, Effect, Timer},
    msg::Msg,
    perform::Performer,
};

/// What time it is.
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now(&self) -> i64;
}

/// The machine's clock.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Whether timers run by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timers {
    /// They do.
    Real,
    /// The harness fires them.
    Virtual,
}

/// Runs effects.
pub struct Runtime {
    performer: Performer,
    tasks: HashMap<CallId, AbortHandle>,
    watch: Option<AbortHandle>,
    sender: mpsc::UnboundedSender<Msg>,
    timers: Timers,
    /// Timers that the harness fires: after so many milliseconds from when they were asked for.
    pub waiting: Vec<(i64, Timer)>,
}

/// What must be done by whoever holds the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chore {
    /// Put this on the clipboard.
    Copy(String),
    /// Draw everything anew.
    Redraw,
    /// Go to the shell.
    Suspend,
}

impl Runtime {
    /// With a place for the messages.
    pub fn new(mut performer: Performer, sender: mpsc::UnboundedSender<Msg>, timers: Timers) -> Self {
        performer.troubles = Some(sender.clone());
        Self { performer, tasks: HashMap::new(), watch: None, sender, timers, waiting: Vec::new() }
    }

    /// Runs an effect; answers what only the holder of the terminal can do.
    pub fn run(&mut self, effect: Effect, now: i64) -> Option<Chore> {
        match effect {
            Effect::Call(id, request) => {
                let (performer, sender) = (self.performer.clone(), self.sender.clone());
                self.tasks.retain(|_, task| !task.is_finished());
                let teller = sender.clone();
                let tell = Arc::new(move |done, total| {
                    let _ = teller.send(Msg::Progress(id, done, total));
                });
                let task = tokio::spawn(async move {
                    let mut reached = performer.connection.client.reached();
                    let work = performer.perform(request, tell);
                    tokio::pin!(work);
                    let outcome = loop {
                        tokio::select! {
                            biased;
                            outcome = &mut work => break outcome,
                            Ok(()) = reached.changed() => {
                                let _ = sender.send(Msg::Reached(*reached.borrow_and_update()));
                            }
                        }
                    };
                    // The receiver is gone only when the program ends.
                    let _ = sender.send(Msg::Reply(id, outcome));
                });
                self.tasks.insert(id, task.abort_handle());
            }
            Effect::Cancel(id) => {
                if let Some(task) = self.tasks.remove(&id) {
                    task.abort();
                }
            }
            Effect::Timer(timer, after) if self.timers == Timers::Real => {
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(after)).await;
                    let _ = sender.send(Msg::Timer(timer));
                });
            }
            Effect::Timer(timer, after) => self.waiting.push((now + after as i64, timer)),
            Effect::Watch(generation, after) => {
                self.unwatch();
                let (client, sender) = (self.performer.connection.client.clone(), self.sender.clone());
                let watch = tokio::spawn(async move {
                    // The receiver is gone only when the program ends.
                    let hear = |heard| drop(sender.send(Msg::Heard(generation, Box::new(heard))));
                    let ended = client.follow(after, |told| hear(Ok(told))).await;
                    hear(Err(ended));
                });
                self.watch = Some(watch.abort_handle());
            }
            Effect::Unwatch => self.unwatch(),
            Effect::KeepDraft(person, draft) => self.performer.desk.keep(person, draft),
            Effect::DropDraft(person, key) => self.performer.desk.drop(person, key),
            Effect::Copy(text) => return Some(Chore::Copy(text)),
            Effect::Redraw => return Some(Chore::Redraw),
            Effect::Suspend => {
                // Whoever is stopped may be killed before it goes on.
                self.performer.desk.flush();
                return Some(Chore::Suspend);
            }
        }
        None
    }

    fn unwatch(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        for task in self.tasks.values() {
            task.abort();
        }
        self.unwatch();
        self.performer.desk.close();
    }
}
