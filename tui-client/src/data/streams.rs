//! Long work that the server tells the progress of: undo and bulk actions. A stream that breaks is opened again with the
//! same message, and the server goes on where it stopped: nothing is done twice.

use std::{ops::ControlFlow, time::Duration};

use rolo_proto::v1;
use tonic::{Response, Status, Streaming};

use super::{Client, Failure, importer::Cancel, scrub::Scrub};

impl Client {
    /// Takes an operation back (0: the newest), telling `progress` of each slice; answers the last word of the server.
    pub async fn undo(
        &self,
        request: v1::UndoRequest,
        mut progress: impl FnMut(&v1::UndoProgress) + Send,
    ) -> Result<v1::UndoProgress, Failure> {
        let mut last = v1::UndoProgress::default();
        self.hear_out(
            request,
            |c, r| async move { c.operations().undo(r).await },
            |_, step: v1::UndoProgress| {
                progress(&step);
                last = step;
                if last.finished { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .await?;
        Ok(last)
    }

    /// Does one thing to many records, telling `progress` of each job; answers the last word of the server with every
    /// record that was refused. Not `finished` when it was cancelled: the job under way is still done, and the same
    /// request goes on behind it.
    pub async fn run_bulk(
        &self,
        request: v1::RunBulkRequest,
        cancel: &Cancel,
        mut progress: impl FnMut(&v1::BulkProgress) + Send,
    ) -> Result<v1::BulkProgress, Failure> {
        let mut last = v1::BulkProgress::default();
        let mut opened = 0;
        self.hear_out(
            request,
            |c, r| async move { c.bulk().run_bulk(r).await },
            |time, mut step: v1::BulkProgress| {
                progress(&step);
                // A stream that is opened again begins with everything that was refused so far.
                let mut refused = if std::mem::replace(&mut opened, time) == time {
                    std::mem::take(&mut last.results)
                } else {
                    Vec::new()
                };
                refused.append(&mut step.results);
                last = v1::BulkProgress { results: refused, ..step };
                if last.finished || cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .await?;
        Ok(last)
    }

    /// Hands on each message of a stream, with how often the stream has been opened by then, until that is enough.
    /// Attempts count from the last message that came.
    async fn hear_out<Req, Res, F, Fut>(
        &self,
        request: Req,
        open: F,
        mut take: impl FnMut(u32, Res) -> ControlFlow<()> + Send,
    ) -> Result<(), Failure>
    where
        Req: Clone,
        Res: Scrub,
        F: Fn(Self, Req) -> Fut,
        Fut: Future<Output = Result<Response<Streaming<Res>>, Status>>,
    {
        let client = self.patient();
        let (mut opened, mut attempt) = (0, 0);
        loop {
            opened += 1;
            let outcome = client
                .hear_once(open(client.clone(), request.clone()), |message| {
                    attempt = 0;
                    take(opened, message)
                })
                .await;
            attempt += 1;
            match outcome {
                Err(failure) if failure.is_retryable() && attempt < self.attempts() => {
                    tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn hear_once<Res: Scrub>(
        &self,
        opening: impl Future<Output = Result<Response<Streaming<Res>>, Status>>,
        mut take: impl FnMut(Res) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let late = |_| self.failure(Status::deadline_exceeded("no progress in time"));
        let stream = tokio::time::timeout(self.deadline(), opening).await.map_err(late)?;
        let mut stream = stream.map_err(|status| self.failure(status))?.into_inner();
        loop {
            let next = tokio::time::timeout(self.deadline(), stream.message()).await.map_err(late)?;
            let Some(mut message) = next.map_err(|status| self.failure(status))? else {
                return Err(Failure::from(Status::unavailable("it ended early")));
            };
            message.scrub();
            if take(message).is_break() {
                return Ok(());
            }
        }
    }
}
