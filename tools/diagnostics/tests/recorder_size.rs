//! More tasks than the flight recorder could keep. In a process of its own, of which nothing else comes or goes.

use std::fs;

use diagnostics::{MemStats, flight_recorder};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

const MIB: u64 = 1 << 20;
const SIZE: u64 = 4 * MIB;

fn spawn(runtime: &Runtime, tasks: u32) {
    runtime.block_on(async {
        for _ in 0..tasks / 1000 {
            let tasks: Vec<_> = (0..1000).map(|_| tokio::spawn(async {})).collect();
            for task in tasks {
                task.await.expect("no panic");
            }
        }
    });
}

#[test]
fn a_million_tasks_stay_within_its_size() {
    let options = diagnostics::Options::default().recorder_size(SIZE);
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    let runtime = diagnostics.runtime().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    spawn(&runtime, 100_000);
    let allocated = || MemStats::read().expect("counts").alloc;
    let before = (allocated(), resident());
    spawn(&runtime, 1_000_000);
    let grown = allocated().saturating_sub(before.0);
    assert!(grown <= MIB / 16, "{grown} bytes more are allocated");
    // The allocator keeps some of what it got back.
    let with_records = resident();
    let grown = with_records.saturating_sub(before.1);
    assert!(grown <= SIZE, "{grown} bytes more are resident");
    flight_recorder().resize(0).expect("memory");
    let used = with_records.saturating_sub(resident());
    let most = SIZE + MIB / 16;
    assert!((SIZE / 2..=most).contains(&used), "{used} bytes of records");
}

/// Bytes of memory that the process has from the operating system.
fn resident() -> u64 {
    // Not from `status`: the kernel counts that for each thread, and adds it up now and then.
    let memory = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux tells");
    let line = memory.lines().find(|line| line.starts_with("Rss:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kibibytes.expect("a number") * 1024
}
