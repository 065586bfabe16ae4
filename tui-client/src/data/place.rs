//! Where data live, and what this person keeps on this machine: tokens and drafts in the state directory.
//!
//! The state directory is 0700 and every file in it 0600, written to a temporary file and renamed. There is one token a
//! (database, person); the last person to sign in to a database is its default.

use std::{
    env, fs,
    io::{self, Write as _},
    net::{SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use rolo_proto::join::{Address, Fingerprint};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    Failure,
    servers::{Server, Servers},
};

/// Where the data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A data directory on this machine: own it, or talk to whoever does.
    Directory(PathBuf),
    /// A server on a Unix socket.
    Unix(PathBuf),
    /// A server on the loopback, in plaintext.
    Loopback(SocketAddr),
    /// A server over the network, encrypted.
    Server(Server),
}

impl Place {
    /// From `--data` and `--server`, else `ROLO_SERVER`, else `ROLO_DATA`, else the configured default server, else the
    /// person's own data directory.
    pub fn choose(data: Option<&Path>, server: Option<&str>) -> Result<Self, Failure> {
        match (server, data) {
            (Some(server), _) => Self::server(server),
            (None, Some(data)) => Self::directory(data),
            (None, None) => match (variable("ROLO_SERVER"), variable("ROLO_DATA")) {
                (Some(server), _) => Self::server(&server),
                (None, Some(data)) => Self::directory(Path::new(&data)),
                (None, None) => match Servers::load()?.default() {
                    Some(server) => Ok(Self::Server(server.clone())),
                    None => Self::directory(&base()?.data_dir().join("rolo")),
                },
            },
        }
    }

    /// A directory; made absolute, so that it stays the same when the process changes its own.
    fn directory(path: &Path) -> Result<Self, Failure> {
        std::path::absolute(path).map(Self::Directory).map_err(|error| Failure::file(path, &error))
    }

    /// `unix:PATH`, `plain:HOST:PORT` on this machine, `HOST:PORT`, or the name of a configured server.
    pub fn server(text: &str) -> Result<Self, Failure> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        if let Some(plain) = text.strip_prefix("plain:") {
            let found = plain.to_socket_addrs().ok().into_iter().flatten().find(|a| a.ip().is_loopback());
            return found.map(Self::Loopback).ok_or_else(|| {
                Failure::usage(
                    format!("{plain} is not HOST:PORT on this machine: plaintext is spoken on the loopback only"),
                    format!("{plain} 不是本机的 主机:端口：未加密连接仅限本机回环地址"),
                )
            });
        }
        let servers = Servers::load()?;
        match (servers.named(text), text.contains(':').then(|| text.parse::<Address>())) {
            (Some(server), _) => Ok(Self::Server(server.clone())),
            (None, Some(Ok(address))) => Ok(Self::Server(servers.at(address))),
            (None, _) => {
                let names = servers.names();
                let (en, zh) = match names.is_empty() {
                    true => (", of which there is none yet".to_owned(), "（尚无）".to_owned()),
                    false => (format!(": {names}"), format!("：{names}")),
                };
                Err(Failure::usage(
                    format!("--server {text}: it takes unix:PATH, HOST:PORT, or the name of a server{en}"),
                    format!("--server {text}：应为 unix:路径、主机:端口，或已配置的服务器名称{zh}"),
                ))
            }
        }
    }

    /// What tokens are kept under: the database, whatever the way to it; over the network the address too, so that a
    /// server that claims to be another gets nothing of that one's.
    pub fn scope(&self, instance: &str) -> String {
        match self {
            Self::Server(server) => format!("{} {instance}", server.address),
            Self::Directory(_) | Self::Unix(_) | Self::Loopback(_) => instance.to_owned(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Loopback(address) => write!(f, "plain:{address}"),
            Self::Server(server) => write!(f, "{}", server.address),
        }
    }
}

/// An environment variable; a blank one counts as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|v| !v.trim().is_empty())
}

fn base() -> Result<impl etcetera::BaseStrategy, Failure> {
    etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage(
            "No home directory: say where the data are with --data DIR",
            "找不到主目录：请用 --data 目录 指定数据位置",
        )
    })
}

/// Where the settings are, whether the file exists or not: `ROLO_CONFIG`, else `rolo/config.toml` in the configuration
/// directory; none without a home.
pub fn config_file() -> Option<PathBuf> {
    if let Some(said) = variable("ROLO_CONFIG") {
        return Some(said.into());
    }
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("rolo").join("config.toml"))
}

/// The state directory.
#[derive(Debug, Clone)]
pub struct State {
    dir: PathBuf,
}

/// What is kept of a sign-in.
#[derive(Serialize, Deserialize)]
struct Kept {
    user: String,
    token: String,
}

impl State {
    /// `ROLO_STATE`, else `rolo` in the person's state home; made if it is not there.
    pub fn open() -> Result<Self, Failure> {
        let dir = match variable("ROLO_STATE") {
            Some(dir) => std::path::absolute(&dir).map_err(|error| Failure::file(Path::new(&dir), &error))?,
            None => {
                let base = base()?;
                base.state_dir().unwrap_or_else(|| base.data_dir()).join("rolo")
            }
        };
        Self::at(dir)
    }

    /// In this directory.
    pub fn at(dir: PathBuf) -> Result<Self, Failure> {
        private_directory(&dir).map_err(|error| Failure::file(&dir, &error))?;
        Ok(Self { dir })
    }

    /// A directory inside for something that belongs to one database, e.g. `drafts`; made if it is not there.
    pub fn directory(&self, instance: &str, what: &str) -> Result<PathBuf, Failure> {
        let dir = self.dir.join(what).join(file_name(instance));
        private_directory(&dir).map_err(|error| Failure::file(&dir, &error))?;
        Ok(dir)
    }

    /// Where a person's drafts on a database lie; made if it is not there.
    pub fn drafts(&self, instance: &str, person: i64) -> Result<PathBuf, Failure> {
        let dir = self.directory(instance, "drafts")?.join(person.to_string());
        private_directory(&dir).map_err(|error| Failure::file(&dir, &error))?;
        Ok(dir)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Which database this place was last time; known before the first call, so that the screens stand at once.
    pub fn instance_at(&self, place: &Place) -> Option<String> {
        fs::read_to_string(self.dir.join("places").join(file_name(&place.to_string()))).ok()
    }

    /// Remembers which database this place is.
    pub fn remember(&self, place: &Place, instance: &str) -> Result<(), Failure> {
        if self.instance_at(place).as_deref() == Some(instance) {
            return Ok(());
        }
        let dir = self.dir.join("places");
        private_directory(&dir).map_err(|error| Failure::file(&dir, &error))?;
        write_private(&dir.join(file_name(&place.to_string())), instance.as_bytes())
    }

    /// The file of a server's pin: one a server, so that two programs never undo each other's.
    fn known_server(&self, address: &Address) -> PathBuf {
        self.dir.join("known_servers").join(file_name(&address.to_string()))
    }

    /// The fingerprint that was pinned for the server of this address. A file that cannot be read is not no pin.
    pub fn pin(&self, address: &Address) -> Result<Option<Fingerprint>, Failure> {
        let path = self.known_server(address);
        let failed = |error: io::Error| Failure::file(&path, &error);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let pinned = text.trim().split_once('\t').and_then(|(_, fingerprint)| fingerprint.parse().ok());
        pinned.map(Some).ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))
    }

    /// Pins a fingerprint for the server of this address.
    pub fn keep_pin(&self, address: &Address, fingerprint: Fingerprint) -> Result<(), Failure> {
        let dir = self.dir.join("known_servers");
        private_directory(&dir).map_err(|error| Failure::file(&dir, &error))?;
        write_private(&self.known_server(address), format!("{address}\t{fingerprint}\n").as_bytes())
    }

    /// Forgets everything about the server of this address: its pin, and who was signed in there.
    pub fn forget_server(&self, address: &Address) -> Result<bool, Failure> {
        let place = Place::Server(Server { name: None, address: address.clone(), ca: None });
        if let Some(instance) = self.instance_at(&place) {
            // Tokens that are not there are forgotten already.
            let _ = fs::remove_dir_all(self.tokens(&place.scope(&instance)));
        }
        let path = self.known_server(address);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Failure::file(&path, &error)),
        }
    }

    fn tokens(&self, instance: &str) -> PathBuf {
        self.dir.join("tokens").join(file_name(instance))
    }

    /// The kept token of this person, else of the last who signed in; with the account's name.
    pub fn token(&self, instance: &str, user: Option<&str>) -> Option<(String, SecretString)> {
        let dir = self.tokens(instance);
        let user = match user {
            Some(user) => user.to_owned(),
            None => fs::read_to_string(dir.join("last")).ok()?.trim().to_owned(),
        };
        let kept: Kept = serde_json::from_slice(&fs::read(dir.join(file_name(&user))).ok()?).ok()?;
        Some((kept.user, kept.token.into()))
    }

    /// Keeps a token and makes its person the default.
    pub fn keep(&self, instance: &str, user: &str, token: &SecretString) -> Result<(), Failure> {
        let dir = self.directory(instance, "tokens")?;
        let kept = Kept { user: user.to_owned(), token: token.expose_secret().to_owned() };
        let bytes = serde_json::to_vec(&kept).map(zeroize::Zeroizing::new).map_err(Failure::unreachable)?;
        write_private(&dir.join(file_name(user)), &bytes)?;
        write_private(&dir.join("last"), user.as_bytes())
    }

    /// Forgets a token that is no longer good; the default stays, so that the next sign-in offers the name.
    pub fn forget(&self, instance: &str, user: &str) {
        // A token that is not there is forgotten already.
        let _ = fs::remove_file(self.tokens(instance).join(file_name(user)));
    }

    /// Who signed in last.
    pub fn last_user(&self, instance: &str) -> Option<String> {
        let last = fs::read_to_string(self.tokens(instance).join("last")).ok()?;
        Some(last.trim().to_owned()).filter(|l| !l.is_empty())
    }
}

/// A name that is safe and unique as a file's: hashed, for accounts may hold anything.
fn file_name(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

/// Makes a directory that only its owner can enter; tightens one that is there.
fn private_directory(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        if fs::metadata(dir)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    fs::create_dir_all(dir)
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let dir = path.parent().unwrap_or(Path::new("."));
        // Temporary files are made 0600.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: io::Error| Failure::file(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn state() -> Result<(tempfile::TempDir, State), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let state = State::at(dir.path().join("state"))?;
        Ok((dir, state))
    }

    #[test]
    fn the_last_to_sign_in_is_the_default_and_each_database_has_its_own() -> Outcome {
        let (_dir, state) = state()?;
        for (instance, user) in [("a", "li"), ("a", "王/芳"), ("b", "root")] {
            assert_eq!(state.keep(instance, user, &format!("token of {user}").into()), Ok(()));
        }
        let kept = |instance, user| state.token(instance, user).map(|(u, t)| (u, t.expose_secret().to_owned()));
        assert_eq!(kept("a", None), Some(("王/芳".into(), "token of 王/芳".into())));
        assert_eq!(kept("a", Some("li")), Some(("li".into(), "token of li".into())));
        assert_eq!(kept("b", None).map(|k| k.0), Some("root".into()));
        state.forget("a", "王/芳");
        assert_eq!(kept("a", None), None);
        assert_eq!(state.last_user("a").as_deref(), Some("王/芳"), "the next sign-in offers the name");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_is_kept() -> Outcome {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, state) = state()?;
        assert_eq!(state.keep("a", "li", &"secret".into()), Ok(()));
        let mode = |path: &Path| fs::metadata(path).map(|m| m.permissions().mode() & 0o777).unwrap_or(0);
        assert_eq!(mode(state.path()), 0o700);
        assert_eq!(mode(&state.tokens("a")), 0o700);
        assert_eq!(mode(&state.tokens("a").join(file_name("li"))), 0o600);
        assert_eq!(mode(&state.tokens("a").join("last")), 0o600);
        Ok(())
    }

    #[test]
    fn a_server_is_a_socket_an_address_or_plaintext_on_this_machine() {
        assert_eq!(Place::server("unix:/run/rolo.sock"), Ok(Place::Unix("/run/rolo.sock".into())));
        assert!(matches!(Place::server("plain:127.0.0.1:7000"), Ok(Place::Loopback(_))));
        assert!(matches!(Place::server("plain:[::1]:7000"), Ok(Place::Loopback(_))));
        assert_eq!(Place::server("plain:192.0.2.1:7000").err().map(|f| f.exit_code()), Some(2));
        assert!(matches!(Place::server("192.0.2.1:7000"), Ok(Place::Server(_))));
        assert!(matches!(Place::server("127.0.0.1:7000"), Ok(Place::Server(_))), "never unencrypted unasked");
        assert_eq!(Place::server("nonsense").err().map(|f| f.exit_code()), Some(2));
    }

    #[test]
    fn a_pin_is_kept_for_each_address_and_a_broken_one_is_not_taken_for_none() -> Outcome {
        let (_dir, state) = state()?;
        let (office, branch): (Address, Address) = ("crm.example.com".parse()?, "192.0.2.1:7000".parse()?);
        let fingerprint = Fingerprint::of(b"certificate");
        assert_eq!(state.pin(&office), Ok(None));
        assert_eq!(state.keep_pin(&office, fingerprint), Ok(()));
        assert_eq!((state.pin(&office), state.pin(&branch)), (Ok(Some(fingerprint)), Ok(None)));
        fs::write(state.known_server(&office), "garbage")?;
        assert!(state.pin(&office).is_err());
        assert_eq!((state.forget_server(&office), state.forget_server(&office)), (Ok(true), Ok(false)));
        assert_eq!(state.pin(&office), Ok(None));
        Ok(())
    }

    #[test]
    fn a_server_that_claims_to_be_another_gets_none_of_its_tokens() {
        let at = |text| Place::server(text).map(|place| place.scope("one")).unwrap_or_default();
        assert_ne!(at("192.0.2.1:7000"), at("192.0.2.2:7000"));
        assert_eq!(at("unix:/a"), at("unix:/b"), "on this machine the ways to one database are alike");
    }
}
