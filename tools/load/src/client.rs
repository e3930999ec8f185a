//! One keep-alive connection to the service.
//!
//! This sits on hyper's connection type and not on a pooling client: a worker is one connection by
//! definition, and a pool would only cost time that the service on the same machine could use.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::operation::Operation;

/// A request, ready to be sent.
#[derive(Debug)]
pub struct Call {
    pub operation: Operation,
    /// Path and query.
    pub uri: Uri,
    /// JSON, or nothing.
    pub body: Bytes,
    /// The `Authorization` header.
    pub token: Option<HeaderValue>,
}

/// How much of an answer's body is worth its memory.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// All of it: the body is the purpose of the call.
    Everything,
    /// The beginning, and only if the status is not the expected one.
    Evidence,
}

/// The length of an [`Keep::Evidence`] in bytes.
const EVIDENCE: usize = 600;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Size of the whole body in bytes.
    pub size: u64,
    /// As much of the body as was to be kept.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No connection could be opened.
    #[error("cannot connect: {0}")]
    Connect(#[source] std::io::Error),
    /// The connection broke, or what came over it was not HTTP.
    #[error("{}", innermost(.0))]
    Broken(#[source] hyper::Error),
    /// There was no whole answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// hyper's own text names the step that failed; its source says why.
fn innermost(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What all connections of a run have in common.
#[derive(Debug)]
pub struct Endpoint {
    /// Tried in this order.
    pub addresses: Vec<SocketAddr>,
    pub host: HeaderValue,
    /// For a connection and an answer together.
    pub timeout: Duration,
    /// Connections opened so far.
    pub opened: AtomicU64,
}

/// A connection that is opened when it is needed, and opened again after it broke.
#[derive(Debug)]
pub struct Client {
    endpoint: Arc<Endpoint>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    pub fn new(endpoint: Arc<Endpoint>) -> Self {
        Self {
            endpoint,
            sender: None,
        }
    }

    /// Opens the connection unless it is open.
    pub async fn connect(&mut self) -> Result<(), Failure> {
        let timeout = self.endpoint.timeout;
        tokio::time::timeout(timeout, self.ready())
            .await
            .map_err(|_| Failure::Timeout(timeout))?
            .map(|_| ())
    }

    /// Sends one request and reads the whole answer.
    pub async fn send(&mut self, call: Call, keep: Keep) -> Result<Answer, Failure> {
        let timeout = self.endpoint.timeout;
        let result = match tokio::time::timeout(timeout, self.exchange(call, keep)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Timeout(timeout)),
        };
        if result.is_err() {
            // A late answer must not be taken for the answer to the next request.
            self.sender = None;
        }
        result
    }

    async fn exchange(&mut self, call: Call, keep: Keep) -> Result<Answer, Failure> {
        let expected = call.operation.expected();
        let request = self.request(call);
        let response = self
            .ready()
            .await?
            .send_request(request)
            .await
            .map_err(Failure::Broken)?;
        let status = response.status();
        let limit = match keep {
            Keep::Everything => usize::MAX,
            Keep::Evidence if status == expected => 0,
            Keep::Evidence => EVIDENCE,
        };
        let mut incoming = response.into_body();
        let (mut size, mut body) = (0, Vec::new());
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(Failure::Broken)?;
            if let Some(data) = frame.data_ref() {
                size += data.len() as u64;
                let room = limit.saturating_sub(body.len()).min(data.len());
                body.extend_from_slice(&data[..room]);
            }
        }
        Ok(Answer { status, size, body })
    }

    /// The connection's sending half, waiting to take a request.
    async fn ready(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Failure> {
        let still_open = match &mut self.sender {
            // The service may have closed the connection after the last answer.
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !still_open {
            self.sender = None;
        }
        match &mut self.sender {
            Some(sender) => Ok(sender),
            none => Ok(none.insert(open(&self.endpoint).await?)),
        }
    }

    fn request(&self, call: Call) -> Request<Full<Bytes>> {
        let with_body = !call.body.is_empty();
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.operation.method();
        *request.uri_mut() = call.uri;
        let headers = request.headers_mut();
        headers.insert(HOST, self.endpoint.host.clone());
        if with_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(token) = call.token {
            headers.insert(AUTHORIZATION, token);
        }
        request
    }
}

async fn open(endpoint: &Endpoint) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(endpoint.addresses.as_slice())
        .await
        .map_err(Failure::Connect)?;
    // Head and body of a request may go out in two writes; the second must not wait for an acknowledgement.
    stream.set_nodelay(true).map_err(Failure::Connect)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Failure::Broken)?;
    endpoint.opened.fetch_add(1, Ordering::Relaxed);
    // It ends when the sender is dropped or the service closes; the sender reports how.
    tokio::spawn(connection);
    Ok(sender)
}
