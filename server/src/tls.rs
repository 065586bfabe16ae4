//! The server's certificate: one of its own in `DIR/tls`, which clients pin, or one that a public CA signed.
//!
//! ```text
//! DIR/tls/        0700
//!   cert.pem      self-signed, good for a hundred years: what counts is its fingerprint
//!   key.pem       0600
//!   addresses     where clients are told to find the server, one a line
//! ```

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rolo_proto::join::{Address, Fingerprint, JoinCode};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::TLS13,
};

use crate::{
    directory::{self, io_error},
    error::{Error, Result},
};

/// HTTP/2, the only protocol that is spoken inside.
const ALPN: &[u8] = b"h2";

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those between it and the CA's, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Those of a data directory, if it has any.
    pub fn of_directory(dir: &Path) -> Option<Self> {
        let files = Self { cert: tls(dir).join("cert.pem"), key: tls(dir).join("key.pem") };
        files.cert.exists().then_some(files)
    }

    /// The fingerprint of the certificate.
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        let chain = self.chain()?;
        chain.first().map(|leaf| Fingerprint::of(leaf)).ok_or_else(|| unusable(&self.cert, "there is no certificate"))
    }

    /// What connections are encrypted with.
    ///
    /// # Errors
    /// A file cannot be read, or the key is not the certificate's.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>> {
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| unusable(&self.key, e))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|e| unusable(&self.cert, e))?
            .with_no_client_auth()
            .with_single_cert(self.chain()?, key)
            .map_err(|e| unusable(&self.cert, e))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Arc::new(config))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>> {
        let read = CertificateDer::pem_file_iter(&self.cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        read.map_err(|e| unusable(&self.cert, e))
    }
}

fn tls(dir: &Path) -> PathBuf {
    dir.join("tls")
}

fn unusable(file: &Path, why: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("{}: {why}", file.display()))
}

/// Makes a directory's certificate, for these addresses and this machine; answers the join codes.
///
/// # Errors
/// There is a certificate already, or the directory cannot be written.
pub fn make(dir: &Path, addresses: &[Address]) -> Result<Vec<JoinCode>> {
    let place = tls(dir);
    if place.exists() {
        return Err(Error::Unavailable(format!(
            "{} is there already, and whoever joined has pinned it; `rolod tls show` prints its join code; to make \
             another, move it away first, and everybody has to join again",
            place.display()
        )));
    }
    let addresses = if addresses.is_empty() { vec![this_machine()?] } else { addresses.to_vec() };
    let (certificate, key) = self_signed(&addresses).map_err(|e| Error::Internal(format!("a certificate: {e}")))?;
    // Built beside its place and moved there when it is whole.
    let draft = dir.join("tls.new");
    let _ = fs::remove_dir_all(&draft);
    directory::create(&draft)?;
    let lines: String = addresses.iter().map(|address| format!("{address}\n")).collect();
    write(&draft.join("key.pem"), &key)?;
    write(&draft.join("cert.pem"), &certificate)?;
    write(&draft.join("addresses"), &lines)?;
    fs::rename(&draft, &place).map_err(|e| io_error(&place, &e))?;
    join_codes(dir, &[])
}

/// The join codes of a directory's certificate: for these addresses, else for those it was made for.
///
/// # Errors
/// There is no certificate.
pub fn join_codes(dir: &Path, addresses: &[Address]) -> Result<Vec<JoinCode>> {
    let Some(files) = CertificateFiles::of_directory(dir) else { return Err(none(dir)) };
    let fingerprint = files.fingerprint()?;
    let path = tls(dir).join("addresses");
    let addresses = match addresses {
        [] => fs::read_to_string(&path)
            .map_err(|e| io_error(&path, &e))?
            .lines()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|e| unusable(&path, e))?,
        said => said.to_vec(),
    };
    Ok(addresses.into_iter().map(|address| JoinCode { address, fingerprint }).collect())
}

/// What to do about a missing certificate.
pub(crate) fn none(dir: &Path) -> Error {
    let dir = dir.display();
    Error::Unavailable(format!(
        "{dir} has no certificate: make one with `rolod tls init --data {dir} --host NAME_OR_IP`, or give --cert and \
         --key; without encryption Rolo listens on loopback only"
    ))
}

/// The name by which this machine calls itself.
fn this_machine() -> Result<Address> {
    let names = ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().filter_map(|at| fs::read_to_string(at).ok());
    let named = names.filter_map(|name| name.parse().ok()).next();
    named.ok_or_else(|| Error::Unavailable("this machine's name is not known: say --host NAME_OR_IP".into()))
}

/// A certificate and its key, PEM.
fn self_signed(addresses: &[Address]) -> Result<(String, String), rcgen::Error> {
    let mut names: Vec<String> = addresses.iter().map(|address| address.host().to_owned()).collect();
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.sort();
    names.dedup();
    let mut params = rcgen::CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Rolo");
    // Neither a clock that is wrong nor the years may end what people have pinned.
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2126, 1, 1);
    let key = rcgen::KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| io_error(path, &e))
}
