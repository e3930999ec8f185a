//! The counts of a service, read over its diagnostics' own connection.

use std::ops::Sub;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::api::excerpt;
use crate::client::{Client, Request};

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

/// The counts as they are now; `diagnostics` is the service's other server.
pub async fn read(diagnostics: &mut Client) -> anyhow::Result<Counts> {
    let request = Request {
        method: "GET",
        path: "/debug/memstats",
        body: "",
        token: None,
    };
    let answer = diagnostics.send(request).await;
    let answer = answer.context("GET /debug/memstats failed")?;
    match (answer.status, serde_json::from_slice(answer.body)) {
        (200, Ok(counts)) => Ok(counts),
        (status, _) => bail!(
            "GET /debug/memstats answered {status} and what the diagnostics do not: {}",
            excerpt(answer.body)
        ),
    }
}

/// How many of some readings of the same thing hold the allocations of somebody else.
///
/// Readings differ by a few allocations, since it is chance which of the service's threads are quicker, and by a
/// hundredth where there are thousands. A request of somebody else costs fifty and more.
pub fn disturbed(readings: &[Counts]) -> usize {
    let allocs = || readings.iter().map(|counts| counts.allocs);
    let least = allocs().min().unwrap_or(0);
    let limit = least + 30 + least / 5;
    allocs().filter(|allocs| *allocs > limit).count()
}
