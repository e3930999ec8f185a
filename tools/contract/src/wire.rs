//! Requests byte by byte, for what a proper client never sends and for requests that are held half-way.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::answer::Answer;

const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// One connection, for one request.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
}

/// The bytes of a request without a body, up to and without the blank line that ends its head.
pub fn head(method: &Method, path: &[u8]) -> Vec<u8> {
    [
        method.as_str().as_bytes(),
        b" ",
        path,
        b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
    ]
    .concat()
}

impl Wire {
    /// # Errors
    /// When nothing listens there.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// # Errors
    /// When the connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(bytes).await?)
    }

    /// Says that nothing more is coming, so that the server need not wait for the rest of what is none.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn end_sending(&mut self) -> Result<()> {
        Ok(self.stream.get_mut().shutdown().await?)
    }

    /// Reads the server's word that it wants the body: it then has the head of a request with
    /// `Expect: 100-continue` in its hands.
    ///
    /// # Errors
    /// When the server says something else.
    pub async fn read_continue(&mut self) -> Result<()> {
        let (status, _) = tokio::time::timeout(ANSWER_LIMIT, self.read_head())
            .await
            .context("no 100 Continue")??;
        ensure!(
            status == StatusCode::CONTINUE,
            "expected 100 Continue, the server said {status}"
        );
        Ok(())
    }

    /// Reads one whole answer.
    ///
    /// # Errors
    /// When the connection is closed before the answer is complete, or the answer is not HTTP.
    pub async fn read_answer(&mut self, method: &Method, path: &str) -> Result<Answer> {
        let (status, headers, body) = tokio::time::timeout(ANSWER_LIMIT, async {
            let (status, headers) = self.read_head().await?;
            let body = self
                .read_body(method, status, &headers)
                .await
                .context("the answer's body was cut off")?;
            anyhow::Ok((status, headers, body))
        })
        .await
        .context("no answer within a minute")??;
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
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .context("not HTTP/1.1")?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.read_line().await?;
            if line.is_empty() {
                return Ok((status.parse()?, headers));
            }
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            headers.append(
                HeaderName::try_from(name)?,
                HeaderValue::try_from(value.trim())?,
            );
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
                ensure!(
                    self.read_line().await?.is_empty(),
                    "a chunk longer than its size"
                );
                if size == 0 {
                    return Ok(body);
                }
                body.extend(chunk);
            }
        }
        let Some(length) = headers.get(CONTENT_LENGTH) else {
            self.stream.read_to_end(&mut body).await?;
            return Ok(body);
        };
        body.resize(length.to_str()?.parse()?, 0);
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    async fn read_line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await?;
        match line.strip_suffix(b"\r\n") {
            Some(line) => Ok(String::from_utf8(line.to_owned())?),
            None => bail!(
                "the connection was closed after {:?}",
                String::from_utf8_lossy(&line)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn read(answer: &'static [u8]) -> Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut wire = Wire::connect(listener.local_addr()?).await?;
        listener.accept().await?.0.write_all(answer).await?;
        wire.read_answer(&Method::GET, "/").await
    }

    #[tokio::test]
    async fn bodies_are_read_by_length_by_chunks_and_to_the_end() {
        for whole in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"[..],
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nhello",
        ] {
            assert_eq!(read(whole).await.unwrap().body, b"hello");
        }
    }

    #[tokio::test]
    async fn what_is_cut_off_is_not_an_answer() {
        for part in [
            &b""[..],
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n",
        ] {
            assert!(
                read(part).await.is_err(),
                "{}",
                String::from_utf8_lossy(part)
            );
        }
    }
}
