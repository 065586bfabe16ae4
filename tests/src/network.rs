//! A world that is served over TLS, and clients of it.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use rolo_proto::join::Fingerprint;
use rolo_server::{Config, Listen, tls};
use rolo_tui::data::{
    Client,
    trust::{Pin, Trust},
    wire,
};

use crate::World;

impl World {
    /// Starts the server, which must not run, so that it listens on TLS too, with a certificate of its own that is made
    /// where there is none; answers where, and the certificate's fingerprint.
    ///
    /// # Errors
    /// The machine fails.
    pub async fn start_encrypted(&mut self) -> Result<(SocketAddr, Fingerprint)> {
        let dir = self.dir.path();
        let codes = match tls::CertificateFiles::of_directory(dir) {
            Some(_) => tls::join_codes(dir, &[])?,
            None => tls::make(dir, &["localhost".parse()?])?,
        };
        let fingerprint = codes.first().context("a join code")?.fingerprint;
        let listen = vec![Listen::Tcp(([127, 0, 0, 1], 0).into())];
        self.start_with(Config { listen, ..Config::default() }).await?;
        Ok((self.tcp()?, fingerprint))
    }

    /// Where the server listens on TCP.
    ///
    /// # Errors
    /// It does not.
    pub fn tcp(&self) -> Result<SocketAddr> {
        self.handle()?.addresses().first().copied().context("it does not listen on TCP")
    }
}

/// A client over TLS that believes this certificate alone.
///
/// # Errors
/// The address is not one that a client takes.
pub fn pinned(address: SocketAddr, fingerprint: Fingerprint) -> Result<Client> {
    Ok(Client::new(wire::tls(address.to_string().parse()?, Trust::new(Pin::Given(fingerprint), None))))
}
