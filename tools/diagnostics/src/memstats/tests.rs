//! The form of the print, with figures that are chosen here.

use super::{Measured, MemStats};
use crate::AllocCounts;

const ZERO: MemStats = MemStats {
    alloc: 0,
    total_alloc: 0,
    freed: 0,
    mallocs: 0,
    frees: 0,
    reallocs: 0,
    objects: 0,
    sys: Some(0),
    allocated: Some(0),
    active: Some(0),
    resident: Some(0),
    mapped: Some(0),
    retained: Some(0),
    metadata: Some(0),
    rss: None,
    missing: &[],
};

#[test]
fn the_print_has_the_form_of_gos() {
    let before = MemStats {
        alloc: 1_048_576,
        total_alloc: 1_300_000,
        freed: 251_424,
        mallocs: 1_234,
        frees: 999,
        objects: 235,
        sys: Some(8 << 20),
        ..ZERO
    };
    let after = MemStats {
        alloc: 1_048_063,
        total_alloc: 3_400_001,
        freed: 2_351_938,
        mallocs: 1_000_234,
        frees: 1_000_001,
        objects: 233,
        sys: Some(12 << 20),
        ..ZERO
    };
    let own = AllocCounts {
        mallocs: 3,
        frees: 0,
        reallocs: 0,
        allocated_bytes: 1,
        freed_bytes: 0,
    };
    assert_eq!(
        Measured::new((), before, after, own).to_string(),
        "\
Before:

Alloc = 1.0 MiB (1,048,576 bytes)
TotalAlloc = 1.2 MiB (1,300,000 bytes)
Sys = 8.0 MiB (8,388,608 bytes)
Mallocs = 1,234
Frees = 999

After:

Alloc = 1023.5 KiB (1,048,063 bytes)
TotalAlloc = 3.2 MiB (3,400,001 bytes)
Sys = 12.0 MiB (12,582,912 bytes)
Mallocs = 1,000,234
Frees = 1,000,001

Difference, whole process:

Alloc = -513 B (-513 bytes)
TotalAlloc = +2.0 MiB (+2,100,001 bytes)
Sys = +4.0 MiB (+4,194,304 bytes)
Mallocs = +999,000
Frees = +999,002

Difference, on the thread that did the work:

Alloc = +1 B (+1 byte)
TotalAlloc = +1 B (+1 byte)
Mallocs = +3
Frees = 0
"
        .trim_end()
    );
}

#[test]
fn a_difference_knows_what_may_fall() {
    const GROWING: [&str; 5] = ["total_alloc", "freed", "mallocs", "frees", "reallocs"];
    let low = MemStats {
        rss: Some(100),
        ..ZERO
    };
    let high = MemStats {
        alloc: 1,
        total_alloc: 2,
        freed: 3,
        mallocs: 4,
        frees: 5,
        reallocs: 6,
        objects: 7,
        sys: Some(8),
        allocated: Some(9),
        active: Some(10),
        resident: Some(11),
        mapped: Some(12),
        retained: Some(13),
        metadata: Some(14),
        rss: Some(115),
        missing: &[],
    };
    let [up, down] =
        [high - low, low - high].map(|change| serde_json::to_value(change).expect("JSON"));
    let [high, low] = [high, low].map(|stats| serde_json::to_value(stats).expect("JSON"));
    let number = |value: &serde_json::Value| value.as_i64().expect("a number");
    for (name, by) in up.as_object().expect("fields") {
        let by = number(by);
        assert_eq!(by, number(&high[name]) - number(&low[name]), "{name}");
        let grows_only = GROWING.contains(&name.as_str());
        assert_eq!(
            number(&down[name]),
            if grows_only { 0 } else { -by },
            "{name}"
        );
    }
    assert_eq!(up.as_object().map(|fields| fields.len()), Some(15));
}

#[test]
fn what_is_absent_is_not_printed() {
    let elsewhere = MemStats { sys: None, ..ZERO };
    let printed = Measured::new((), elsewhere, elsewhere, AllocCounts::default()).to_string();
    assert!(printed.starts_with(
        "Before:\n\nAlloc = 0 B (0 bytes)\nTotalAlloc = 0 B (0 bytes)\nMallocs = 0\n"
    ));
    assert!(!printed.contains("Sys"), "{printed}");
    assert_eq!((elsewhere - ZERO).sys, None);
}
