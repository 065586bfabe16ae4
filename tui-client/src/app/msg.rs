//! What can happen to the model.

use super::effect::{CallId, Reply, Timer};
use crate::{data::Failure, terminal::input::Input};

/// Something happened.
#[derive(Debug)]
pub enum Msg {
    /// The program has just started.
    Start,
    /// From the terminal.
    Input(Input),
    /// A call's outcome.
    Reply(CallId, Result<Reply, Failure>),
    /// A call that still goes on got an answer, or none.
    Reached(bool),
    /// The watch of this generation brought something, or has ended.
    Heard(u64, Box<Result<rolo_proto::v1::WatchResponse, Failure>>),
    /// Long work got on: done of total, 0 if unknown.
    Progress(CallId, u64, u64),
    /// A pause has lasted long enough.
    Timer(Timer),
    /// The terminal draws characters of ambiguous width in two columns.
    Wide,
    /// A draft cannot be kept on this machine.
    NotKept(Failure),
    /// Back from the shell.
    Resumed,
}
