//! Whom to believe that they are the server: a certificate whose fingerprint was pinned, and no other; where nothing is
//! pinned, one that a CA signed for the server's name. Nothing is sent to anybody else.

use std::{path::PathBuf, sync::Arc};

use rolo_proto::join::{Address, Fingerprint};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    version::TLS13,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Failure, State, wire::Trouble};

/// Where the pinned fingerprint of a server comes from.
#[derive(Debug, Clone)]
pub enum Pin {
    /// This one, of a join code.
    Given(Fingerprint),
    /// What is kept on this machine; looked up for each connection, so that what a person decides elsewhere counts.
    Kept(State),
}

/// Whom to believe.
#[derive(Debug, Clone)]
pub struct Trust {
    pin: Pin,
    /// PEM with the certificates of the company's own CA: it alone counts then.
    ca: Option<PathBuf>,
}

impl Trust {
    /// In this pin, else in public CAs, or in the company's own alone.
    pub const fn new(pin: Pin, ca: Option<PathBuf>) -> Self {
        Self { pin, ca }
    }

    /// Encrypts a connection to the server of this address.
    pub(super) async fn encrypt(&self, address: &Address, stream: TcpStream) -> Result<TlsStream<TcpStream>, Trouble> {
        let other = |error: &dyn std::fmt::Display| Trouble::Other(error.to_string());
        let name = ServerName::try_from(address.host().to_owned()).map_err(|error| other(&error))?;
        let pin = match &self.pin {
            Pin::Given(fingerprint) => Some(*fingerprint),
            Pin::Kept(state) => state.pin(address).map_err(|failure| other(&failure))?,
        };
        let provider = Arc::new(ring::default_provider());
        let roots = self.roots().map_err(|failure| other(&failure))?;
        let ca = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| other(&error))?;
        let verifier = Arc::new(Verifier { pin, ca, own_ca: self.ca.is_some() });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| other(&error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Every connection looks at the certificate anew.
        config.resumption = Resumption::disabled();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| trouble(&error))
    }

    fn roots(&self) -> Result<RootCertStore, Failure> {
        let Some(path) = &self.ca else {
            return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        };
        let unusable = |why: &dyn std::fmt::Display| {
            let path = path.display();
            Failure::usage(format!("the CA file {path}: {why}"), format!("CA 文件 {path}：{why}"))
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
            roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
        }
        match roots.is_empty() {
            false => Ok(roots),
            true => Err(unusable(&"there is no certificate in it")),
        }
    }
}

/// What a failed handshake means.
fn trouble(error: &std::io::Error) -> Trouble {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return Trouble::of(error);
    };
    match tls {
        rustls::Error::InvalidMessage(_) => Trouble::NotEncrypted,
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            let ours = other.0.downcast_ref::<Distrust>().map(|distrust| distrust.0.clone());
            ours.unwrap_or_else(|| Trouble::Disagreed(tls.to_string()))
        }
        rustls::Error::InvalidCertificate(why) => {
            use CertificateError as Why;
            let (en, zh) = match why {
                Why::Expired | Why::ExpiredContext { .. } => ("it has expired", "证书已过期"),
                Why::NotValidYet | Why::NotValidYetContext { .. } => ("it is not valid yet", "证书尚未生效"),
                Why::NotValidForName | Why::NotValidForNameContext { .. } => {
                    ("it is for another name", "证书不属于该地址")
                }
                Why::UnknownIssuer => ("somebody else signed it", "签发者不是该 CA"),
                _ => ("it is not sound", "证书无效"),
            };
            Trouble::NotOfCa(en, zh)
        }
        other => Trouble::Disagreed(other.to_string()),
    }
}

/// Ours, on its way through rustls.
#[derive(Debug)]
struct Distrust(Trouble);

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Distrust {}

#[derive(Debug)]
struct Verifier {
    pin: Option<Fingerprint>,
    ca: Arc<WebPkiServerVerifier>,
    own_ca: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(leaf);
        let distrust = match self.pin {
            // What was pinned is believed for its key alone: neither names nor dates matter.
            Some(pinned) if pinned == shown => return Ok(ServerCertVerified::assertion()),
            Some(pinned) => Trouble::Changed { pinned, shown },
            None => match self.ca.verify_server_cert(leaf, chain, name, ocsp, now) {
                Err(rustls::Error::InvalidCertificate(_)) if !self.own_ca => Trouble::Unknown(shown),
                verified => return verified,
            },
        };
        Err(CertificateError::Other(OtherError(Arc::new(Distrust(distrust)))).into())
    }

    // That the server holds the key of the certificate is always checked.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ca.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ca.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.ca.supported_verify_schemes()
    }
}
