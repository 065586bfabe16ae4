//! The log: a file in the state directory, for stdout and stderr belong to the command. `ROLO_LOG` says how much (as
//! `RUST_LOG` elsewhere), by default warnings. One old file is kept.

use std::{
    fs::{self, File, OpenOptions},
    path::Path,
    sync::Mutex,
};

use tracing_subscriber::EnvFilter;

use crate::data::State;

/// The file is put aside at this size.
const MOST: u64 = 4 * 1024 * 1024;

/// Starts the log. A program without one still works, so nothing is said when there is none.
pub fn start() {
    let Ok(state) = State::open() else { return };
    let Some(file) = open(&state.path().join("rolo.log")) else { return };
    let filter = EnvFilter::try_from_env("ROLO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file));
    // A test may have started one already.
    let _ = subscriber.try_init();
}

fn open(path: &Path) -> Option<File> {
    if fs::metadata(path).is_ok_and(|m| m.len() > MOST) {
        let _ = fs::rename(path, path.with_extension("log.old"));
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}
