//! Heap profiles of allocations that are known, read by `go tool pprof`.
//!
//! Small blocks are sampled by chance, so each line allocates as much as gives 2,500 samples and more, with which its
//! sums are within ten in a hundred but once in millions of runs. Blocks of many intervals are sampled always, and
//! counted exactly.

#![allow(unsafe_code)]

mod http;

#[path = "heap_profile/accuracy.rs"]
mod accuracy;
#[path = "heap_profile/asked.rs"]
mod asked;
#[allow(dead_code, reason = "the tests of CPU profiles ask for more")]
#[path = "cpu_profile/pprof.rs"]
mod pprof;
#[path = "heap_profile/reallocation.rs"]
mod reallocation;
#[path = "heap_profile/sums.rs"]
mod sums;

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// Bytes between two samples.
const INTERVAL: u64 = 1024;

/// A process has one installation, which the tests share.
fn service() -> SocketAddr {
    static LISTENING: OnceLock<SocketAddr> = OnceLock::new();
    *LISTENING.get_or_init(|| {
        let options = diagnostics::Options::default().heap_sample_interval(INTERVAL);
        let diagnostics = diagnostics::install_with(options).expect("a first installation");
        let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
        listening.http.expect("a free port")
    })
}

/// What one test measures of the process, another one must not change.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A profile that must be had.
#[track_caller]
fn fetched(page: &str) -> Vec<u8> {
    let answer = http::get(service(), &format!("/debug/pprof/{page}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.bytes
}
