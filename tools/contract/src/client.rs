//! Requests as a client of the API sends them. Every answer is held against the rules for all answers and against
//! the server's description before the case that asked for it sees it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result};
use http::{
    Method,
    header::{CONTENT_TYPE, HeaderName},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{answer::Answer, locked, openapi::Record, wire::Wire};

/// A client of one server. Cloning it is cheap and shares its connections.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    record: Arc<Record>,
    token: Option<String>,
    /// Connections that wait for their next request.
    idle: Arc<Mutex<Vec<Wire>>>,
}

impl Client {
    /// A client that is not logged in.
    pub fn new(address: SocketAddr, record: Arc<Record>) -> Self {
        Self {
            address,
            record,
            token: None,
            idle: Arc::default(),
        }
    }

    /// The same client with this token on every request.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let token = Some(token.to_owned());
        Self {
            token,
            ..self.clone()
        }
    }

    /// The token that every request carries.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Starts a request. Its path is sent as it stands, whatever bytes those are.
    pub fn call(&self, method: Method, path: impl AsRef<[u8]>) -> Call {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        Call {
            client: self.clone(),
            method,
            path: path.as_ref().to_owned(),
            authorization: bearer.map(String::into_bytes),
            headers: String::new(),
            body: None,
            json: None,
        }
    }

    pub fn get(&self, path: impl AsRef<[u8]>) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    pub fn delete(&self, path: impl AsRef<[u8]>) -> Call {
        self.call(Method::DELETE, path)
    }

    async fn connection(&self) -> Result<Wire> {
        loop {
            let Some(wire) = locked(&self.idle).pop() else {
                return Wire::connect(self.address).await;
            };
            if wire.is_open() {
                return Ok(wire);
            }
        }
    }
}

/// A request that is being put together.
#[derive(Clone, Debug)]
pub struct Call {
    client: Client,
    method: Method,
    path: Vec<u8>,
    authorization: Option<Vec<u8>>,
    headers: String,
    body: Option<Vec<u8>>,
    json: Option<Value>,
}

impl Call {
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.json = Some(body.clone());
        self.body("application/json", body.to_string())
    }

    /// A body that need not be what its type says.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.header(CONTENT_TYPE, content_type).untyped_body(body)
    }

    /// A body without a type.
    #[must_use]
    pub fn untyped_body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = Some(body.into());
        Self { body, ..self }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// An `Authorization` header with any bytes, in place of the client's token.
    #[must_use]
    pub fn authorization(self, value: impl Into<Vec<u8>>) -> Self {
        let authorization = Some(value.into());
        Self {
            authorization,
            ..self
        }
    }

    /// The server that it is for.
    pub fn address(&self) -> SocketAddr {
        self.client.address
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Result<Answer> {
        let mut wire = self.client.connection().await?;
        let answer = self.send_on(&mut wire).await?;
        // What is refused is sometimes not read to its end, after which the connection is of no use.
        if answer.status.is_success() || self.body.is_none() {
            locked(&self.client.idle).push(wire);
        }
        Ok(answer)
    }

    /// Sends it and expects this status.
    pub async fn expect(self, status: u16) -> Result<Answer> {
        self.send().await?.expect(status)
    }

    /// Sends it and expects this error.
    pub async fn refused(self, code: &str) -> Result<Answer> {
        self.send().await?.refused(code)
    }

    /// Sends it and expects 200 and this JSON.
    pub async fn read<T: DeserializeOwned>(self) -> Result<T> {
        self.expect(200).await?.json()
    }

    /// The same on a connection of the case's own.
    pub async fn send_on(&self, wire: &mut Wire) -> Result<Answer> {
        // A server may refuse and close before it has the whole body. Whether it did is in its answer.
        let _ = wire.send(&self.bytes()).await;
        self.answer_on(wire).await
    }

    /// Reads the answer where the request has been sent by hand, and holds it against what every answer must be.
    pub async fn answer_on(&self, wire: &mut Wire) -> Result<Answer> {
        let path = String::from_utf8_lossy(&self.path);
        let answer = wire.read_answer(&self.method, &path).await;
        let answer = answer.with_context(|| format!("asked {} {path}", self.method))?;
        self.client.record.check(&answer, self.json.as_ref())?;
        Ok(answer)
    }

    /// The request as it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let (head, body) = self.parts();
        [&head, body].concat()
    }

    /// Its head, with the blank line that ends it, and its body.
    pub fn parts(&self) -> (Vec<u8>, &[u8]) {
        let mut head = [self.method.as_str().as_bytes(), b" ", &self.path].concat();
        head.extend(b" HTTP/1.1\r\nHost: localhost\r\n");
        if let Some(authorization) = &self.authorization {
            head.extend([b"Authorization: ", authorization.as_slice(), b"\r\n"].concat());
        }
        head.extend(self.headers.as_bytes());
        if let Some(body) = &self.body {
            head.extend(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        head.extend(b"\r\n");
        (head, self.body.as_deref().unwrap_or_default())
    }
}
