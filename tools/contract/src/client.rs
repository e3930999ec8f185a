//! Requests as a client of the API sends them. Every answer is held against the rules for all answers and against
//! the server's description before the case that asked for it sees it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::Value;

use crate::{
    answer::Answer,
    openapi::Record,
    wire::{self, Wire},
};

/// A client of one server. Cloning it is cheap and shares its connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    record: Arc<Record>,
    token: Option<String>,
}

impl Client {
    /// A client that is not logged in.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(address: SocketAddr, record: Arc<Record>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let http = http.timeout(Duration::from_secs(120)).build()?;
        Ok(Self {
            http,
            address,
            record,
            token: None,
        })
    }

    /// The same client with this token on every request.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same client without a token.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The token that every request carries.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Starts a request, to be sent by [`Call::send`].
    pub fn call(&self, method: Method, path: &str) -> Call {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.http.request(method.clone(), url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call {
            record: Arc::clone(&self.record),
            request,
            method,
            path: path.to_owned(),
            json: None,
        }
    }

    /// # Errors
    /// When there is no answer, or it breaks a rule or the description.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.call(Method::GET, path).send().await
    }

    /// # Errors
    /// When there is no answer, or it breaks a rule or the description.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, path).json(body).send().await
    }

    /// # Errors
    /// When there is no answer, or it breaks a rule or the description.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.call(Method::DELETE, path).send().await
    }

    /// Sends a path as it stands, which an HTTP client would tidy up first.
    ///
    /// # Errors
    /// When there is no answer, or it breaks a rule or the description.
    pub async fn get_verbatim(&self, path: &[u8]) -> Result<Answer> {
        let mut wire = Wire::connect(self.address).await?;
        let mut request = wire::head(&Method::GET, path);
        if let Some(token) = &self.token {
            request.extend(format!("Authorization: Bearer {token}\r\n").into_bytes());
        }
        request.extend(b"\r\n");
        wire.send(&request).await?;
        let path = String::from_utf8_lossy(path);
        let answer = wire
            .read_answer(&Method::GET, &path)
            .await
            .with_context(|| format!("GET {path}"))?;
        self.record.check(&answer, None)?;
        Ok(answer)
    }
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Call {
    record: Arc<Record>,
    request: reqwest::RequestBuilder,
    method: Method,
    path: String,
    json: Option<Value>,
}

impl Call {
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self.json = Some(body.clone());
        self
    }

    /// A body that need not be what its type says.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self
            .request
            .header(CONTENT_TYPE, content_type)
            .body(body.into());
        self
    }

    /// A body without a type.
    #[must_use]
    pub fn untyped_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body.into());
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// An `Authorization` header with any bytes, in place of the client's token.
    #[must_use]
    pub fn authorization(self, value: &[u8]) -> Self {
        let value =
            HeaderValue::from_bytes(value).expect("a case sends only what a header can carry");
        Self {
            request: self.request.header(AUTHORIZATION, value),
            ..self
        }
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// When there is no answer, or it breaks a rule or the description.
    pub async fn send(self) -> Result<Answer> {
        let asked = format!("{} {}", self.method, self.path);
        let response = self
            .request
            .send()
            .await
            .with_context(|| format!("no answer to {asked}"))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response
            .bytes()
            .await
            .with_context(|| format!("the answer to {asked} was cut off"))?;
        let answer = Answer {
            method: self.method,
            path: self.path,
            status,
            headers,
            body: body.into(),
        };
        self.record.check(&answer, self.json.as_ref())?;
        Ok(answer)
    }
}
