//! A job of the writer: what it writes with, what becomes of it, and who hears of that.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use super::Tx;
use crate::{
    audit::Chain,
    clock::Millis,
    error::{Error, Result},
};

/// What a job writes with.
pub struct Write<'a> {
    /// The open transaction.
    pub tx: &'a Tx<'a>,
    /// The time of this batch.
    pub now: Millis,
    /// The head of the audit chain as this job sees it.
    pub chain: &'a mut Chain,
}

/// As the writer knows it.
pub(super) trait Job: Send {
    fn run(&mut self, write: &mut Write<'_>) -> Result<(), ()>;
    /// Runs after a rolled-back job, in the same batch.
    fn refused(&mut self, write: &mut Write<'_>);
    /// What the job answered counts no more: the engine failed under it.
    fn void(&mut self);
    fn answer(self: Box<Self>, failure: Option<&Error>);
}

struct Call<F, R> {
    job: Option<F>,
    result: Option<Result<R>>,
    answer: Option<oneshot::Sender<Result<R>>>,
}

/// A job; whoever waits for its answer, if anybody does, gets it after the commit.
pub(super) fn call<R: Send + 'static>(
    job: impl FnOnce(&mut Write<'_>) -> Result<R> + Send + 'static,
    answer: Option<oneshot::Sender<Result<R>>>,
) -> Box<dyn Job> {
    Box::new(Call { job: Some(job), result: None, answer })
}

impl<F, R> Job for Call<F, R>
where
    F: FnOnce(&mut Write<'_>) -> Result<R> + Send,
    R: Send,
{
    fn run(&mut self, write: &mut Write<'_>) -> Result<(), ()> {
        let Some(job) = self.job.take() else { return Err(()) };
        let result = catch_unwind(AssertUnwindSafe(|| job(write))).unwrap_or_else(|panic| Err(panicked(&*panic)));
        let outcome = if result.is_ok() { Ok(()) } else { Err(()) };
        self.result = Some(result);
        outcome
    }

    fn refused(&mut self, write: &mut Write<'_>) {
        if let Some(Err(Error::Refused { refusal, cause })) = &self.result
            && let Err(error) = refusal.log(write, cause)
        {
            tracing::error!(%error, "a refusal could not be logged");
        }
    }

    fn void(&mut self) {
        self.result = None;
    }

    fn answer(mut self: Box<Self>, failure: Option<&Error>) {
        let result = match (self.result.take(), failure) {
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.duplicate()),
            (Some(Err(Error::Refused { cause, .. })), _) => Err(*cause),
            (Some(result), _) => result,
            (None, None) => Err(Error::Internal("a job without result".into())),
        };
        if let Some(answer) = self.answer.take() {
            // The caller may have gone; what it asked for is done all the same.
            let _ = answer.send(result);
        }
    }
}

/// What a job answers that panicked.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::Internal(format!("a write panicked: {}", text.unwrap_or("no message")))
}
