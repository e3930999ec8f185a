//! The counts of a service, read over its diagnostics' own connection.

use std::ops::Sub;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::api::excerpt;
use crate::client::{Client, Request};
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
    pub async fn connect(url: &Target, timeout: Duration) -> anyhow::Result<Self> {
        let mut client = Client::new(url.clone(), timeout);
        client.connect().await.with_context(|| {
            format!("no diagnostics answer at {url}: the service prints where they listen when it starts")
        })?;
        Ok(Self { client })
    }

    pub async fn read(&mut self) -> anyhow::Result<Counts> {
        let request = Request {
            method: "GET",
            path: "/debug/memstats",
            body: "",
            token: None,
        };
        let answer = self.client.send(request).await;
        let answer = answer.context("GET /debug/memstats failed")?;
        ensure!(
            answer.status == 200,
            "GET /debug/memstats answered {}: {}",
            answer.status,
            excerpt(answer.body)
        );
        serde_json::from_slice(answer.body).map_err(|_| {
            anyhow::anyhow!(
                "GET /debug/memstats answered what the diagnostics do not: {}",
                excerpt(answer.body)
            )
        })
    }
}

/// How many of some readings of the same thing hold the allocations of somebody else.
///
/// Readings differ by a few allocations, since it is chance which of the service's threads are quicker, and by a
/// hundredth where there are thousands. A request of somebody else costs fifty and more.
pub fn disturbed(readings: &[Counts]) -> usize {
    let least = readings
        .iter()
        .map(|counts| counts.allocs)
        .min()
        .unwrap_or(0);
    let limit = least + 30 + least / 5;
    readings
        .iter()
        .filter(|counts| counts.allocs > limit)
        .count()
}

/// Whether so many of all readings are more than the service's own work now and then.
pub fn is_too_much(disturbed: usize, readings: usize) -> bool {
    disturbed > 1 + readings / 50
}
