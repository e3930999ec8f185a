//! The counts of a service, read over its diagnostics' own connection.

use std::ops::Sub;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hyper::body::Bytes;
use hyper::{StatusCode, Uri};
use serde::Deserialize;

use crate::client::{Call, Client, Endpoint, Keep};
use crate::operation::Operation;
use crate::session::excerpt;
use crate::target::Target;

/// What the service's process has allocated since it started, or between two readings.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Counts {
    #[serde(rename = "mallocs")]
    pub allocs: u64,
    #[serde(rename = "total_alloc")]
    pub bytes: u64,
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            allocs: self.allocs.saturating_sub(earlier.allocs),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }
}

/// A connection to a service's diagnostics.
#[derive(Debug)]
pub struct Debug {
    client: Client,
}

impl Debug {
    pub async fn connect(url: &Target, endpoint: Arc<Endpoint>) -> anyhow::Result<Self> {
        let mut client = Client::new(endpoint);
        client.connect().await.with_context(|| {
            format!(
                "no diagnostics answer at {url}: the service prints where they listen when it starts"
            )
        })?;
        Ok(Self { client })
    }

    pub async fn read(&mut self) -> anyhow::Result<Counts> {
        let call = Call {
            operation: Operation::MemStats,
            uri: Uri::from_static("/debug/memstats"),
            body: Bytes::new(),
            token: None,
        };
        let answer = self.client.send(call, Keep::Everything).await?;
        if answer.status != StatusCode::OK {
            let said = excerpt(&answer.body);
            bail!("GET /debug/memstats answered {}: {said}", answer.status);
        }
        serde_json::from_slice(&answer.body)
            .context("GET /debug/memstats answered what the diagnostics do not")
    }
}

/// The value in the middle, or the lower of the two there: always one that was counted. Zero without any.
pub fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_was_counted() {
        assert_eq!(median([5, 1, 100].into_iter()), 5);
        assert_eq!(median([4, 2, 3, 100].into_iter()), 3);
        assert_eq!(median(std::iter::empty()), 0);
    }
}
