//! One question to a service's agent or listener, over HTTP.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime;
use tokio::time::timeout;

/// No answer is larger; a trace of a busy minute has a tenth of it.
const MOST_BYTES: usize = 1 << 30;

/// How long to wait for what takes no time.
pub const MOMENT: Duration = Duration::from_secs(30);

/// Where the pages of a service are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// An agent's socket.
    Socket(PathBuf),
    /// HOST:PORT of a listener.
    Address(String),
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Address(address) => f.write_str(address),
        }
    }
}

impl Door {
    /// # Errors
    /// When nobody answers in time, or with anything but 200: then with what the service says.
    pub fn ask(&self, method: Method, path: &str, patience: Duration) -> anyhow::Result<Vec<u8>> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let answer = runtime.block_on(async {
            let answer = timeout(patience, self.answer(method, path)).await;
            answer.map_err(|_| anyhow!("no answer within {patience:?}"))?
        });
        answer.with_context(|| self.to_string())
    }

    /// # Errors
    /// As above, and when the answer is not what it should be.
    pub fn json<T: DeserializeOwned>(&self, method: Method, path: &str) -> anyhow::Result<T> {
        let bytes = self.ask(method, path, MOMENT)?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{self}: {path} has an unexpected answer"))
    }

    /// # Errors
    /// As above.
    pub fn text(&self, path: &str) -> anyhow::Result<String> {
        let bytes = self.ask(Method::GET, path, MOMENT)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn answer(&self, method: Method, path: &str) -> anyhow::Result<Vec<u8>> {
        let no_answer = "nobody answers there";
        match self {
            Self::Socket(socket) => {
                let stream = UnixStream::connect(socket).await.context(no_answer)?;
                exchange(stream, "localhost", method, path).await
            }
            Self::Address(address) => {
                let stream = TcpStream::connect(address).await.context(no_answer)?;
                exchange(stream, address, method, path).await
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    method: Method,
    path: &str,
) -> anyhow::Result<Vec<u8>> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("host", host).body(Empty::<Bytes>::new())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender.
    tokio::spawn(async { connection.await.ok() });
    let sent = sender.send_request(request).await;
    let response = sent.context("it does not speak HTTP; the address is that of the diagnostics, not of gops or the service")?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MOST_BYTES)
        .collect()
        .await;
    let body = body
        .map_err(|error| anyhow!("the answer broke off: {error}"))?
        .to_bytes();
    if status != StatusCode::OK {
        let reason = String::from_utf8_lossy(&body);
        let reason = match reason.trim() {
            "" => status.to_string(),
            reason if status == StatusCode::NOT_FOUND => {
                format!("it has no {path}, so it is no such service, or an older one: {reason}")
            }
            reason => reason.to_owned(),
        };
        bail!("{reason}");
    }
    Ok(body.to_vec())
}
