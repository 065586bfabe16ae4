//! The data directory: its lock, its database file, its socket.
//!
//! ```text
//! try the lock ──got it──► owner: serve in process, on the socket, on TCP
//!       └────────taken──► other: connect to the owner's socket
//! ```
//!
//! The lock goes with its process, kill -9 included; the next one to ask becomes the owner.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::net::UnixStream;

use crate::{
    error::{Error, Result},
    run::{Config, Handle},
};

/// The longest path that every system takes for a socket.
const SOCKET_PATH: usize = 100;
/// How often an owner without a socket is asked again, and how long between: some seconds in all.
const HANDOVER_TRIES: u32 = 200;
const HANDOVER_PAUSE: Duration = Duration::from_millis(20);

/// What opening a data directory answers.
#[derive(Debug)]
pub enum Place {
    /// This process owns it and serves it.
    Owner(Handle),
    /// Another process owns it.
    Other {
        /// Where the owner listens.
        socket: PathBuf,
    },
}

/// A way to the server of a data directory.
#[derive(Debug)]
pub enum Reached {
    /// This process owns it and serves it.
    Owner(Handle),
    /// A connection to the process that does.
    Other(UnixStream),
}

impl Place {
    /// As [`Place::open`], and connects to whoever owns it. An owner that comes has no socket yet, and one that goes has
    /// none any more: while the directory changes hands, both ways are tried again.
    ///
    /// # Errors
    /// Those of [`Place::open`], or the owner does not listen.
    pub async fn reach(dir: &Path, config: Config) -> Result<Reached> {
        let mut left = HANDOVER_TRIES;
        loop {
            let socket = match Self::open(dir, config.clone()).await? {
                Self::Owner(handle) => return Ok(Reached::Owner(handle)),
                Self::Other { socket } => socket,
            };
            match UnixStream::connect(&socket).await {
                Ok(stream) => return Ok(Reached::Other(stream)),
                Err(error) if left == 0 => {
                    let owner = "the process that owns the directory does not answer";
                    return Err(Error::Unavailable(format!("{owner}: {}: {error}", socket.display())));
                }
                Err(_) => tokio::time::sleep(HANDOVER_PAUSE).await,
            }
            left -= 1;
        }
    }

    /// Becomes the owner of a directory and serves it, or finds the owner.
    ///
    /// # Errors
    /// The directory is not initialised, cannot be read, or its database cannot be opened.
    pub async fn open(dir: &Path, config: Config) -> Result<Self> {
        if !is_initialised(dir) {
            return Err(Error::Unavailable(format!("{} is not initialised; run `rolod init` first", dir.display())));
        }
        let socket = socket_path(dir)?;
        match lock(dir)? {
            Some(lock) => Ok(Self::Owner(Handle::start(dir, lock, config).await?)),
            None => Ok(Self::Other { socket }),
        }
    }
}

/// Whether a directory holds a database.
pub fn is_initialised(dir: &Path) -> bool {
    database_path(dir).exists()
}

/// The database file of a directory.
pub fn database_path(dir: &Path) -> PathBuf {
    dir.join("rolo.db")
}

/// Makes the directory, readable by its owner alone.
pub(crate) fn create(dir: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| io_error(dir, &e))
}

/// A new and empty file, for its owner alone.
pub(crate) fn private_file(path: &Path) -> Result<()> {
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map(drop).map_err(|e| io_error(path, &e))
}

/// The uid that the directory belongs to.
pub(crate) fn owner_uid(dir: &Path) -> Result<u32> {
    Ok(fs::metadata(dir).map_err(|e| io_error(dir, &e))?.uid())
}

/// The directory's lock, if it is free.
pub(crate) fn lock(dir: &Path) -> Result<Option<File>> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|e| io_error(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(io_error(&path, &e)),
    }
}

/// Where the owner listens: in the directory, or where its path would be too long for a socket, under the runtime
/// directory with a name made of the path.
pub fn socket_path(dir: &Path) -> Result<PathBuf> {
    let full = fs::canonicalize(dir).map_err(|e| io_error(dir, &e))?;
    let plain = full.join("rolod.sock");
    if plain.as_os_str().len() <= SOCKET_PATH {
        return Ok(plain);
    }
    let name = blake3::hash(full.as_os_str().as_encoded_bytes()).to_hex();
    let short = name.get(..32).unwrap_or_default();
    let run = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(dir) => PathBuf::from(dir).join("rolo"),
        None => std::env::temp_dir().join(format!("rolo-{}", owner_uid(&full)?)),
    };
    create(&run)?;
    if owner_uid(&run)? != owner_uid(&full)? {
        return Err(Error::Unavailable(format!("{} belongs to somebody else", run.display())));
    }
    Ok(run.join(short).with_extension("sock"))
}

/// An I/O error with the path that it happened at.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("{}: {error}", path.display()))
}
