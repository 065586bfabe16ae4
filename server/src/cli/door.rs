//! The host's door to a data directory.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use hyper_util::rt::TokioIo;
use rolo_proto::v1::host_service_client::HostServiceClient;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use super::words::{refused, words};
use crate::{Config, Handle, Place, Reached};

/// How often an owner that leaves while it is spoken to is followed by the next.
const TRIES: usize = 20;

/// The host's door to a directory: this process if nobody owns it, else the owner's socket.
pub(super) struct Door {
    dir: PathBuf,
    client: HostServiceClient<Channel>,
    handle: Option<Handle>,
}

impl Door {
    pub(super) async fn open(dir: &Path) -> anyhow::Result<Self> {
        let mut left = TRIES;
        loop {
            let stream = match Place::reach(dir, Config::default()).await.map_err(words)? {
                Reached::Owner(handle) => {
                    let stream = handle.connect().await.map_err(words)?;
                    let client = HostServiceClient::new(channel(stream).await?);
                    return Ok(Self { dir: dir.to_owned(), client, handle: Some(handle) });
                }
                Reached::Other(stream) => stream,
            };
            match channel(stream).await {
                Ok(channel) => {
                    let client = HostServiceClient::new(channel);
                    return Ok(Self { dir: dir.to_owned(), client, handle: None });
                }
                Err(error) if left == 0 => {
                    return Err(error).context("the process that owns the directory does not answer");
                }
                Err(_) => left -= 1,
            }
        }
    }

    /// Makes a call; of the next owner, if this one leaves before it answers. An owner that leaves in good order finishes
    /// what it began, so a call without an answer was not made.
    pub(super) async fn call<Req, Res, F, Fut>(&mut self, request: Req, method: F) -> anyhow::Result<Res>
    where
        Req: Clone,
        F: Fn(HostServiceClient<Channel>, Req) -> Fut,
        Fut: Future<Output = Result<Response<Res>, Status>>,
    {
        let mut left = TRIES;
        loop {
            match method(self.client.clone(), request.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status)
                    if left > 0 && self.handle.is_none() && status.get_error_details().error_info().is_none() =>
                {
                    let dir = std::mem::take(&mut self.dir);
                    *self = Self::open(&dir).await?;
                    left -= 1;
                }
                Err(status) => return Err(refused(status)),
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

/// A channel over one stream.
async fn channel(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<Channel, tonic::transport::Error> {
    let mut stream = Some(stream);
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new).ok_or_else(|| io::Error::other("one connection only"));
        std::future::ready(stream)
    });
    Endpoint::from_static("http://rolo.invalid").connect_with_connector(connector).await
}
