//! What was typed and not saved, as it lies on disk: one file a draft, in a directory of one database and one person.
//!
//! A client marks its files with a name of its own and holds a lock under that name while it lives. The drafts of a
//! client whose lock is free (it was killed, or has ended) belong to whoever renames them first; those of a client that
//! runs are left alone, so two clients of one person never write into each other's form.

mod desk;

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Failure, client::new_request_id, place::write_private};
pub use desk::Desk;

/// The version of the format; a draft of another one is set aside.
const VERSION: u32 = 1;
/// How long a draft is kept, in milliseconds.
const KEPT: i64 = 90 * 86_400_000;
/// How many drafts of one person are kept.
const MOST: usize = 200;
/// The longest file that is read or written, in bytes: several times a form that is full.
const LONGEST: u64 = 1 << 20;

/// Which form a draft belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DraftKey {
    /// Something new of a kind, at a customer (0: none).
    New(i32, i64),
    /// A record.
    Edit(i32, i64),
    /// What a record comes to: the result of a step, the customer that an opportunity becomes.
    Outcome(i32, i64),
}

impl DraftKey {
    /// The kind of the record, by its number.
    pub const fn kind(self) -> i32 {
        let (Self::New(kind, _) | Self::Edit(kind, _) | Self::Outcome(kind, _)) = self;
        kind
    }
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Whose form it is.
    pub key: DraftKey,
    /// What the form is about: the record, or the customer of something new; may be empty.
    pub label: String,
    /// When it was typed, Unix milliseconds.
    pub at: i64,
    /// The form was open: it is opened again at the next start.
    pub open: bool,
    /// The field under the cursor: of the first contact (1) or not (0), and its name.
    pub cursor: Option<(u8, String)>,
    /// The revision that was being edited; 0 for something new.
    pub revision: i64,
    /// The request id under which exactly this was sent, if it was: sent again, it happens once.
    pub request_id: String,
    /// What the form was given where it was opened, by name.
    pub given: Vec<(String, DraftValue)>,
    /// Its fields.
    pub fields: Vec<DraftField>,
}

/// One field of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftField {
    /// 1: of the first contact.
    pub section: u8,
    /// The field's name.
    pub name: String,
    /// What is typed.
    pub value: DraftValue,
    /// What was there when the form was opened.
    pub was: DraftValue,
}

/// A value of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DraftValue {
    /// As it was typed.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A point in time, Unix milliseconds.
    Time(i64),
    /// Stars, 0 for none.
    Stars(u8),
    /// Of a fixed set.
    Index(Option<usize>),
    /// Yes or no.
    Flag(bool),
    /// Something picked: id and both names.
    Picked(i64, String, String),
    /// Nothing.
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Written<D> {
    version: u32,
    draft: D,
}

/// The bytes of a draft's file.
///
/// # Errors
/// It is longer than a draft may be.
pub fn encode(draft: &Draft) -> Result<Vec<u8>, Failure> {
    let bytes = serde_json::to_vec(&Written { version: VERSION, draft }).map_err(Failure::unreachable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage("The draft is too long to be kept on disk", "草稿过长，无法保存到磁盘"));
    }
    Ok(bytes)
}

/// The draft in a file's bytes; none if they are no draft of this version.
pub fn decode(bytes: &[u8]) -> Option<Draft> {
    // The version first: what follows it may look otherwise.
    let Written { version, draft } = serde_json::from_slice::<Written<serde_json::Value>>(bytes).ok()?;
    if version != VERSION {
        return None;
    }
    serde_json::from_value(draft).ok()
}

/// What was found when a person's drafts were opened.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The drafts, one a form.
    pub drafts: Vec<Draft>,
    /// Files that are no drafts of this version, where they lie now.
    pub aside: Vec<PathBuf>,
}

/// One person's drafts on one database, as one client writes them.
pub struct Drafts {
    dir: PathBuf,
    client: String,
    _lock: File,
}

impl Drafts {
    /// In this directory, which is there and private.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(dir: PathBuf) -> Result<Self, Failure> {
        let client = new_request_id()[..12].to_owned();
        let made = || {
            // Locked before it gets its name, so that nobody finds it free.
            let file = tempfile::Builder::new().prefix(".lock").tempfile_in(&dir)?;
            file.as_file().lock()?;
            file.persist(dir.join(format!("{client}.lock"))).map_err(|error| error.error)
        };
        let lock = made().map_err(|error| Failure::file(&dir, &error))?;
        Ok(Self { dir, client, _lock: lock })
    }

    fn path(&self, key: &DraftKey) -> PathBuf {
        let form = match key {
            DraftKey::New(kind, customer) => format!("new-{kind}-{customer}"),
            DraftKey::Edit(kind, id) => format!("edit-{kind}-{id}"),
            DraftKey::Outcome(kind, id) => format!("outcome-{kind}-{id}"),
        };
        self.dir.join(format!("{form}.{}.json", self.client))
    }

    /// Writes a draft, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, draft: &Draft) -> Result<(), Failure> {
        let path = self.path(&draft.key);
        if !path.exists() {
            self.make_room();
        }
        write_private(&path, &encode(draft)?)
    }

    /// Removes a draft.
    pub fn drop(&self, key: &DraftKey) {
        // One that was never written is gone already.
        let _ = fs::remove_file(self.path(key));
    }

    /// The drafts that wait: those of clients that have ended become this one's. The newest of a form; an older one of
    /// the same form waits until that is gone.
    pub fn take_over(&self, now: i64) -> Found {
        let mut found = Found::default();
        let mut waiting = Vec::new();
        let mut alive = BTreeSet::new();
        let mut ended = BTreeSet::new();
        for path in files(&self.dir) {
            let Some(client) = client_of(&path) else {
                sweep(&path);
                continue;
            };
            if client != self.client && !ended.contains(&client) {
                if alive.contains(&client) || is_alive(&self.dir, &client) {
                    alive.insert(client);
                    continue;
                }
                ended.insert(client);
            }
            match read(&path).as_deref().and_then(decode) {
                Some(draft) if draft.at < now - KEPT => drop(fs::remove_file(&path)),
                Some(draft) => waiting.push((draft, path)),
                None => {
                    let aside = path.with_extension("aside");
                    if fs::rename(&path, &aside).is_ok() {
                        tracing::warn!(path = %aside.display(), "a draft that cannot be read was set aside");
                        found.aside.push(aside);
                    }
                }
            }
        }
        waiting.sort_by_key(|(draft, _)| std::cmp::Reverse(draft.at));
        let mut forms = BTreeSet::new();
        for (nth, (draft, path)) in waiting.into_iter().enumerate() {
            if nth >= MOST {
                let _ = fs::remove_file(&path);
            } else if forms.insert(draft.key) && fs::rename(&path, self.path(&draft.key)).is_ok() {
                // Whoever renames it has it: another client may have been faster.
                found.drafts.push(draft);
            }
        }
        found
    }

    /// Removes the oldest files where there are too many.
    fn make_room(&self) {
        let mine = files(&self.dir).filter(|path| client_of(path).is_some_and(|client| client == self.client));
        let age = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let mut mine: Vec<_> = mine.map(|path| (age(&path), path)).collect();
        mine.sort();
        for (_, path) in mine.iter().take((mine.len() + 1).saturating_sub(MOST)) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        // The lock is free with or without its file.
        let _ = fs::remove_file(self.dir.join(format!("{}.lock", self.client)));
    }
}

/// The files of a directory, as many as there can be with several clients.
fn files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(dir).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).take(10 * MOST)
}

/// Whose file this is; none if it is no draft.
fn client_of(path: &Path) -> Option<String> {
    let mut parts = path.file_name()?.to_str()?.rsplit('.');
    (parts.next() == Some("json")).then(|| parts.next().map(str::to_owned)).flatten()
}

/// Whether the client of this name still runs; the lock of one that does not is cleared away.
fn is_alive(dir: &Path, client: &str) -> bool {
    let path = dir.join(format!("{client}.lock"));
    let Ok(file) = File::open(&path) else { return false };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            false
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}

/// Removes what was set aside, or left half written by a client that was killed, when it is as old as a draft may be.
fn sweep(path: &Path) {
    let age = fs::metadata(path).and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
    if age.is_some_and(|age| age.as_millis() > KEPT as u128) && path.extension().is_none_or(|kind| kind != "lock") {
        let _ = fs::remove_file(path);
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes).filter(|bytes| bytes.len() as u64 <= LONGEST)
}

#[cfg(test)]
mod tests;
