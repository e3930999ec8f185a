//! Closed and open loops: who notices that a service stood still.

use std::time::Duration;

use serde_json::Value;

use crate::stub::Stub;

/// A service that stands still once, after a while.
fn stalling() -> Stub {
    Stub::with(|it| it.stall = Some((300, Duration::from_millis(500))))
}

fn milliseconds(report: &Value, percentiles: &str, name: &str) -> u64 {
    report[percentiles][name].as_u64().unwrap() / 1_000_000
}

#[test]
fn an_open_loop_counts_a_stall_that_a_closed_loop_hides() {
    let closed = stalling().report("room --requests 2000 --workers 2");
    let open = stalling().report("room --requests 2000 --rate 1000");

    // The histogram has three significant digits.
    for report in [&closed, &open] {
        assert!(milliseconds(report, "latency_ns", "max") >= 495, "{report}");
        assert_eq!(report["statuses"]["200"], 2000);
    }
    // A quarter of the open loop's requests were due while the service stood still: a tenth waited for 300 ms
    // and more. Of the closed loop's requests it was two in 2000.
    let open_p90 = milliseconds(&open, "latency_ns", "p90");
    let closed_p99 = milliseconds(&closed, "latency_ns", "p99");
    assert!(open_p90 >= 290, "{open}");
    assert!(closed_p99 * 2 < open_p90, "{closed}");
}

#[test]
fn waiting_for_a_free_worker_is_part_of_the_latency() {
    let report = stalling().report("room --requests 2000 --rate 1000 --workers 2");
    assert_eq!(report["workers"], 2);
    // Two requests wait for the service, all others that are due wait for one of the two workers.
    for percentiles in ["start_delay_ns", "latency_ns"] {
        assert!(milliseconds(&report, percentiles, "p90") >= 290, "{report}");
    }
    assert_eq!(report["connections_opened"], 2);
}

#[test]
fn only_an_open_loop_has_a_schedule() {
    let stub = Stub::new();
    let open = stub.report("room --requests 100 --rate 200");
    // The last request is due after 495 ms, and none is sent before it is due.
    assert!(open["elapsed_seconds"].as_f64().unwrap() >= 0.495);
    assert!(open["throughput_per_second"].as_f64().unwrap() <= 203.0);
    assert_eq!(open["answers"], 100);

    let closed = stub.report("room --requests 100 --workers 3");
    assert_eq!(closed["loop"], "closed");
    assert_eq!(closed["start_delay_ns"], Value::Null);
    assert_eq!(closed["rate_per_second"], Value::Null);
    assert_eq!(closed["connections_opened"], 3);
}
