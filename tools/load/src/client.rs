//! One keep-alive connection to the service.
//!
//! It writes requests and reads answers itself, and only has their heads parsed by a library: the client runs beside
//! the service on the same cores, and what it does for a request is taken from the service. A request takes two system
//! calls, as few as wrk's; with hyper's client, whose connection is a task of its own behind two channels, it took a
//! third more time of the processor.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use httparse::{EMPTY_HEADER, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::plan::Call;
use crate::target::Target;

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    /// With the query.
    pub path: &'a str,
    /// JSON, or nothing.
    pub body: &'a str,
    pub token: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A call of the API, with the token where it needs one.
    pub fn of(call: &'a Call<'_>, token: &'a str) -> Self {
        Self {
            method: call.operation.method(),
            path: &call.path,
            body: &call.body,
            token: call.operation.needs_token().then_some(token),
        }
    }

    /// Whether the service may get it twice.
    fn is_safe(&self) -> bool {
        self.method == "GET"
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// Why nothing came back. Each says its cause itself and has no source, so that no report says it twice.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("the service closed the connection before it had answered")]
    Closed,
    #[error("the answer is not HTTP: {0}")]
    NotHttp(httparse::Error),
    /// There was no whole answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// A connection that is opened when it is needed, and opened again after it was closed or broke.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    timeout: Duration,
    /// One timer for all requests, moved on for each: that is an atomic store, a new one takes locks.
    timer: Pin<Box<Sleep>>,
}

#[derive(Debug)]
struct Wire {
    target: Target,
    stream: Option<TcpStream>,
    /// How often the connection was opened.
    opened: u64,
    output: Vec<u8>,
    /// The answer as far as it has come.
    input: Vec<u8>,
}

/// What an answer's head says.
struct Head {
    length: usize,
    status: u16,
    body: Length,
    /// The service announces that it closes the connection.
    closes: bool,
}

enum Length {
    Bytes(usize),
    Chunks,
}

impl Client {
    /// `timeout` is for a connection and an answer together.
    pub fn new(target: Target, timeout: Duration) -> Self {
        Self {
            wire: Wire {
                target,
                stream: None,
                opened: 0,
                output: Vec::new(),
                input: Vec::new(),
            },
            timeout,
            timer: Box::pin(tokio::time::sleep(timeout)),
        }
    }

    /// How often the connection was opened.
    pub fn opened(&self) -> u64 {
        self.wire.opened
    }

    /// Opens the connection unless it is open.
    pub async fn connect(&mut self) -> Result<(), Failure> {
        let opened = tokio::time::timeout(self.timeout, self.wire.open()).await;
        opened.unwrap_or(Err(Failure::Timeout(self.timeout)))
    }

    /// Sends one request and reads the whole answer.
    pub async fn send(&mut self, request: Request<'_>) -> Result<Answer<'_>, Failure> {
        self.timer.as_mut().reset(Instant::now() + self.timeout);
        let result = tokio::select! {
            biased;
            result = self.wire.exchange(request) => result,
            () = &mut self.timer => Err(Failure::Timeout(self.timeout)),
        };
        match result {
            Ok((status, body)) => Ok(Answer {
                status,
                body: &self.wire.input[body],
            }),
            Err(failure) => {
                // A late answer must not be taken for the answer to the next request.
                self.wire.stream = None;
                Err(failure)
            }
        }
    }
}

impl Wire {
    async fn open(&mut self) -> Result<(), Failure> {
        if self.stream.is_some() {
            return Ok(());
        }
        let stream = TcpStream::connect(self.target.addresses.as_slice()).await;
        let stream = stream.map_err(Failure::Connect)?;
        stream.set_nodelay(true).map_err(Failure::Connect)?;
        self.stream = Some(stream);
        self.opened += 1;
        Ok(())
    }

    /// A service may close a connection between two requests, and that is no failure of the next one: it goes over a
    /// new connection, unless it was sent already and must not be sent twice.
    async fn exchange(&mut self, request: Request<'_>) -> Result<(u16, Range<usize>), Failure> {
        self.write_down(request);
        self.drop_if_closed();
        let kept = self.stream.is_some();
        match self.attempt().await {
            Err(Failure::Broken(_) | Failure::Closed)
                if kept && request.is_safe() && self.input.is_empty() =>
            {
                self.stream = None;
                self.attempt().await
            }
            result => result,
        }
    }

    async fn attempt(&mut self) -> Result<(u16, Range<usize>), Failure> {
        self.input.clear();
        self.open().await?;
        let stream = self.stream.as_mut().ok_or(Failure::Closed)?;
        let written = stream.write_all(&self.output).await;
        written.map_err(Failure::Broken)?;
        let head = loop {
            if let Some(head) = Head::parse(&self.input).map_err(Failure::NotHttp)? {
                break head;
            }
            self.read().await?;
        };
        let (body, end) = match head.body {
            Length::Bytes(length) => {
                let end = head.length.saturating_add(length);
                self.read_up_to(end).await?;
                (head.length..end, end)
            }
            Length::Chunks => self.read_chunks(head.length).await?,
        };
        if head.closes || end != self.input.len() {
            self.stream = None;
        }
        Ok((head.status, body))
    }

    fn write_down(&mut self, request: Request<'_>) {
        self.output.clear();
        let mut add = |part: &str| self.output.extend_from_slice(part.as_bytes());
        add(request.method);
        add(" ");
        add(request.path);
        add(" HTTP/1.1\r\nhost: ");
        add(&self.target.authority);
        if let Some(token) = request.token {
            add("\r\nauthorization: Bearer ");
            add(token);
        }
        if !request.body.is_empty() {
            add("\r\ncontent-type: application/json\r\ncontent-length: ");
            add(&request.body.len().to_string());
        }
        add("\r\n\r\n");
        add(request.body);
    }

    /// The service may have closed a connection since the last answer; nothing else can have come over it.
    fn drop_if_closed(&mut self) {
        let nothing_came = |stream: &mut TcpStream| matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.stream.take_if(|stream| !nothing_came(stream));
    }

    /// Reads what is there, at least a byte.
    async fn read(&mut self) -> Result<(), Failure> {
        let stream = self.stream.as_mut().ok_or(Failure::Closed)?;
        self.input.reserve(4096);
        match stream.read_buf(&mut self.input).await {
            Ok(0) => Err(Failure::Closed),
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Broken(error)),
        }
    }

    async fn read_up_to(&mut self, end: usize) -> Result<(), Failure> {
        while self.input.len() < end {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads a body in chunks and joins them; tells where the body lies, and where the answer ends.
    async fn read_chunks(&mut self, start: usize) -> Result<(Range<usize>, usize), Failure> {
        let (mut joined, mut next) = (start, start);
        loop {
            let size = httparse::parse_chunk_size(&self.input[next..]);
            let Status::Complete((line, size)) =
                size.map_err(|_| Failure::NotHttp(httparse::Error::Token))?
            else {
                self.read().await?;
                continue;
            };
            let (chunk, size) = (next + line, size as usize);
            next = chunk.saturating_add(size).saturating_add("\r\n".len());
            self.read_up_to(next).await?;
            if size == 0 {
                return Ok((start..joined, next));
            }
            self.input.copy_within(chunk..chunk + size, joined);
            joined += size;
        }
    }
}

impl Head {
    /// `None` while it is not there as a whole.
    fn parse(input: &[u8]) -> Result<Option<Self>, httparse::Error> {
        let mut headers = [EMPTY_HEADER; 32];
        let mut answer = httparse::Response::new(&mut headers);
        let Status::Complete(length) = answer.parse(input)? else {
            return Ok(None);
        };
        let mut body = Length::Bytes(0);
        let mut closes = answer.version == Some(0);
        for header in answer.headers {
            let value = header.value.trim_ascii();
            if header.name.eq_ignore_ascii_case("content-length") {
                let length = str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                body = Length::Bytes(length.ok_or(httparse::Error::HeaderValue)?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                body = Length::Chunks;
            } else if header.name.eq_ignore_ascii_case("connection") {
                closes = value.eq_ignore_ascii_case(b"close");
            }
        }
        Ok(Some(Self {
            length,
            status: answer.code.unwrap_or(0),
            body,
            closes,
        }))
    }
}
