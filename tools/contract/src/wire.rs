//! One connection, byte by byte: for what a proper client never sends, and for requests that are held half-way.
//!
//! The suite has no other HTTP client: what the server makes of a request depends on nothing but the bytes that
//! stand in a case.

use std::{fmt, io, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use http::{
    Method, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::answer::Answer;

const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// The server went away. It is among the causes of an error where that is why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    BeforeTheAnswer,
    WithinTheAnswer,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeTheAnswer => "the server was gone before it answered",
            Self::WithinTheAnswer => "the answer was cut off",
        })
    }
}

/// A connection to a server.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))
            .context(Lost::BeforeTheAnswer)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        Ok(Self { stream })
    }

    /// Whether another request can be sent: the server has neither closed the connection nor said too much.
    pub fn is_open(&self) -> bool {
        let unread = self.stream.get_ref().try_read(&mut [0]);
        self.stream.buffer().is_empty()
            && unread.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = self.stream.get_mut().write_all(bytes).await;
        sent.context(Lost::BeforeTheAnswer)
    }

    /// Says that nothing more is coming, so that the server need not wait for the rest of what is none.
    pub async fn end_sending(&mut self) -> Result<()> {
        Ok(self.stream.get_mut().shutdown().await?)
    }

    /// Reads the server's word that it wants the body: it then has the head of a request with
    /// `Expect: 100-continue` in its hands.
    pub async fn read_continue(&mut self) -> Result<()> {
        let head = timeout(ANSWER_LIMIT, self.read_head()).await;
        let (status, _) = head.context("no 100 Continue")??;
        ensure!(
            status == StatusCode::CONTINUE,
            "expected 100 Continue, the server said {status}"
        );
        Ok(())
    }

    /// Reads one whole answer.
    pub async fn read_answer(&mut self, method: &Method, path: &str) -> Result<Answer> {
        let reading = async {
            let begun = self
                .stream
                .fill_buf()
                .await
                .context(Lost::BeforeTheAnswer)?;
            ensure!(!begun.is_empty(), Lost::BeforeTheAnswer);
            let rest = async {
                let (status, headers) = self.read_head().await?;
                let body = self.read_body(method, status, &headers).await?;
                anyhow::Ok((status, headers, body))
            };
            rest.await.context(Lost::WithinTheAnswer)
        };
        let (status, headers, body) = timeout(ANSWER_LIMIT, reading)
            .await
            .context("no answer within two minutes")??;
        Ok(Answer {
            method: method.clone(),
            path: path.to_owned(),
            status,
            headers,
            body,
        })
    }

    async fn read_head(&mut self) -> Result<(StatusCode, HeaderMap)> {
        let line = self.read_line().await?;
        let status = line.strip_prefix("HTTP/1.1 ");
        let status = status.and_then(|rest| rest.get(..3));
        let status = status.context("not HTTP/1.1")?.parse()?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.read_line().await?;
            if line.is_empty() {
                return Ok((status, headers));
            }
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            let value = HeaderValue::try_from(value.trim())?;
            headers.append(HeaderName::try_from(name)?, value);
        }
    }

    async fn read_body(
        &mut self,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        if method == Method::HEAD || status == StatusCode::NO_CONTENT {
            return Ok(body);
        }
        if headers.contains_key(TRANSFER_ENCODING) {
            loop {
                let size = usize::from_str_radix(&self.read_line().await?, 16)
                    .context("not a chunk's size")?;
                let mut chunk = vec![0; size];
                self.stream.read_exact(&mut chunk).await?;
                let end = self.read_line().await?;
                ensure!(end.is_empty(), "a chunk longer than its size");
                if size == 0 {
                    return Ok(body);
                }
                body.extend(chunk);
            }
        }
        if let Some(length) = headers.get(CONTENT_LENGTH) {
            body.resize(length.to_str()?.parse()?, 0);
            self.stream.read_exact(&mut body).await?;
        } else {
            ensure!(
                headers
                    .get(CONNECTION)
                    .is_some_and(|value| value == "close"),
                "nothing says where the body ends"
            );
            self.stream.read_to_end(&mut body).await?;
        }
        Ok(body)
    }

    async fn read_line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await?;
        match line.strip_suffix(b"\r\n") {
            Some(line) => Ok(String::from_utf8(line.to_owned())?),
            None => bail!("it ended after {:?}", String::from_utf8_lossy(&line)),
        }
    }
}
