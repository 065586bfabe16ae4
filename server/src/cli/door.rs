//! The host's door to a data directory.

use std::{io, path::Path};

use anyhow::Context;
use hyper_util::rt::TokioIo;
use rolo_proto::v1::host_service_client::HostServiceClient;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

use super::words;
use crate::{Config, Handle, Place};

/// The host's door to a directory: this process if nobody owns it, else the owner's socket.
pub(super) struct Door {
    pub(super) client: HostServiceClient<Channel>,
    handle: Option<Handle>,
}

impl Door {
    pub(super) async fn open(dir: &Path) -> anyhow::Result<Self> {
        let place = Place::open(dir, Config::default()).await.map_err(words)?;
        let endpoint = Endpoint::from_static("http://rolo.invalid");
        match place {
            Place::Owner(handle) => {
                let stream = handle.connect().await.map_err(words)?;
                let mut stream = Some(stream);
                let channel = endpoint
                    .connect_with_connector(tower::service_fn(move |_| {
                        let stream = stream.take().map(TokioIo::new).ok_or_else(|| io::Error::other("one connection only"));
                        std::future::ready(stream)
                    }))
                    .await?;
                Ok(Self { client: HostServiceClient::new(channel), handle: Some(handle) })
            }
            Place::Other { socket } => {
                let channel = endpoint
                    .connect_with_connector(tower::service_fn(move |_| {
                        let socket = socket.clone();
                        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
                    }))
                    .await
                    .context("the process that owns the directory does not answer")?;
                Ok(Self { client: HostServiceClient::new(channel), handle: None })
            }
        }
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        drop(self.client);
        match self.handle {
            Some(handle) => handle.shutdown().await.map_err(words),
            None => Ok(()),
        }
    }
}
