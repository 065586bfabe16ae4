//! Reads the terminal on a thread of its own: what is typed in one go arrives in one go, and is drawn once.

use std::{io, thread, time::Duration};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::input::{Input, translate};

/// Keys, pastes and sizes of the terminal, and the signals that end us. Nobody else may read the terminal from now on:
/// whoever has a question for it asks `first`, on the thread that reads.
pub fn start(first: impl FnOnce() + Send + 'static) -> UnboundedReceiver<Input> {
    let (sender, inputs) = unbounded_channel();
    signals(&sender);
    thread::spawn(move || {
        first();
        // Whatever was the reason, the terminal has gone, or there is nobody left to tell.
        let _ = read(&sender);
        let _ = sender.send(Input::Terminate);
    });
    inputs
}

/// Not crossterm's own stream: it takes one key at a time, and what wakes it up can make it overlook keys that are there.
fn read(sender: &UnboundedSender<Input>) -> io::Result<()> {
    // Keys that came in while the terminal was asked something lie aside until somebody looks without waiting. That reads
    // nothing, so no later key gets before them.
    crossterm::event::poll(Duration::ZERO)?;
    while !sender.is_closed() {
        if let Some(input) = translate(crossterm::event::read()?) {
            // Nobody there: the program ends.
            let _ = sender.send(input);
        }
    }
    Ok(())
}

#[cfg(unix)]
fn signals(sender: &UnboundedSender<Input>) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::terminate(), SignalKind::hangup()] {
        let sender = sender.clone();
        // Without it the signal ends the program as it ends any other.
        let Ok(mut signals) = signal(kind) else { continue };
        tokio::spawn(async move { while signals.recv().await.is_some() && sender.send(Input::Terminate).is_ok() {} });
    }
}

#[cfg(not(unix))]
fn signals(_: &UnboundedSender<Input>) {}
