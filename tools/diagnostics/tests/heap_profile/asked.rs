//! What the pages answer: differences, parameters, one at a time, and nothing of the diagnostics themselves.

use std::hint::black_box;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use test_tools::eventually;

use crate::pprof::{self, comment};
use crate::sums::{decoded, functions, sums};
use crate::{INTERVAL, alone, fetched, http, service};

/// Many intervals, so that each block is sampled.
const SIZE: usize = 64 << 10;

#[inline(never)]
fn freed_meanwhile() -> Vec<u8> {
    black_box(vec![1; SIZE])
}

#[inline(never)]
fn allocated_meanwhile() -> Vec<u8> {
    black_box(vec![1; 2 * SIZE])
}

#[test]
fn a_difference_has_what_came_and_less_than_nothing_for_what_went() {
    let _alone = alone();
    service();
    let before: Vec<_> = (0..3).map(|_| freed_meanwhile()).collect();
    let difference = thread::spawn(|| fetched("heap?seconds=2"));
    thread::sleep(Duration::from_secs(1));
    drop(before);
    let came = allocated_meanwhile();
    let profile = decoded(&difference.join().expect("no panic"));
    let size = SIZE as i64;
    let of = |function: &str| sums(&profile, &format!("asked::{function}"));
    assert_eq!(of("freed_meanwhile"), [0, 0, -3, -3 * size]);
    assert_eq!(of("allocated_meanwhile"), [1, 2 * size, 1, 2 * size]);
    assert!((2_000_000_000..10_000_000_000).contains(&profile.duration_nanos));
    comment(&profile, "In that time, counted exactly: ");
    drop(came);
}

#[test]
fn types_period_and_comments_are_told() {
    let _alone = alone();
    for (page, first) in [("heap", "inuse_space"), ("allocs", "alloc_space")] {
        let answer = http::get(service(), &format!("/debug/pprof/{page}"));
        for header in [
            "content-type: application/octet-stream".to_owned(),
            format!("content-disposition: attachment; filename=\"{page}\""),
        ] {
            assert!(answer.head.contains(&header), "{}", answer.head);
        }
        let profile = decoded(&answer.bytes);
        let text = |index| profile.text(index);
        let types = profile.sample_types.iter();
        let types: Vec<_> = types.map(|one| (text(one.kind), text(one.unit))).collect();
        let of_go = [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ];
        assert_eq!(types, of_go);
        assert_eq!(text(profile.default_sample_type), first);
        let period = profile.period_type.expect("a type of period");
        assert_eq!((text(period.kind), text(period.unit)), ("space", "bytes"));
        assert_eq!(profile.period, INTERVAL as i64);
        comment(&profile, "One sample in 1,024 bytes on average");
        comment(&profile, "Since sampling began, counted exactly: ");
        comment(&profile, "0 samples, which stand for 0 B, are missing");
    }
}

#[test]
fn addresses_alone_are_left_to_whoever_reads_them() {
    let _alone = alone();
    let profile = decoded(&fetched("heap?symbolize=0&gc=1"));
    assert!(profile.functions.is_empty() && profile.samples.len() > 1);
    assert!(!profile.text(profile.mappings[0].build_id).is_empty());
    assert!(profile.text(profile.drop_frames).contains("__rust_alloc"));
}

#[test]
fn what_is_wrong_is_told_and_a_second_difference_waits_its_turn() {
    let _alone = alone();
    let address = service();
    let get = |path: &str| http::get(address, &format!("/debug/pprof/{path}"));
    for (path, told) in [
        ("heap?seconds=0", "from 1 to 300"),
        ("allocs?debug=1", "no parameter \"debug\""),
        ("flamegraph?type=heap", "inuse_space"),
        ("flamegraph?type=inuse_space&hz=99", "no parameter \"hz\""),
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
    }

    let mut first = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /debug/pprof/heap?seconds=300 HTTP/1.1\r\nHost: {address}\r\n\r\n");
    first.write_all(request.as_bytes()).expect("a request");
    eventually("the first has its turn", || {
        get("allocs?seconds=1").status == 409
    });
    let refused = get("allocs?seconds=1");
    assert!(
        refused
            .body
            .starts_with("A difference of heap profiles is running"),
        "{}",
        refused.body
    );
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    assert_eq!(
        get("heap").status,
        200,
        "what is since the start can be had"
    );
    // Whoever goes away ends it.
    drop(first);
    eventually("the turn is free", || get("allocs?seconds=1").status == 200);
}

/// So much that no picture leaves it out.
#[inline(never)]
fn much() -> Vec<u8> {
    black_box(vec![1; 64 << 20])
}

#[test]
fn flame_graphs_of_memory() {
    let _alone = alone();
    let held = much();
    for (kind, title) in [
        ("inuse_space", "Memory in use, since the start"),
        ("alloc_space", "Memory allocated, since the start"),
    ] {
        let svg = http::get(service(), &format!("/debug/pprof/flamegraph?type={kind}"));
        assert_eq!(svg.status, 200);
        assert!(svg.head.contains("content-type: image/svg+xml"));
        assert!(svg.body.contains(title), "{title}");
        assert!(svg.body.contains("asked::much"), "{kind}");
    }
    drop(held);
}

/// The resident memory of this process in bytes. [`diagnostics::MemStats`] would be in the profile, as what the program
/// calls is.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("its memory");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    // SAFETY: it takes a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    pages.map_or(0, |pages: u64| pages * page)
}

#[test]
fn twenty_profiles_leave_nothing_behind() {
    let _alone = alone();
    fetched("heap");
    let before = resident();
    for _ in 0..20 {
        let profile = decoded(&fetched("heap"));
        for sample in &profile.samples {
            let functions = functions(&profile, sample);
            // That test's allocator calls itself.
            if functions.iter().any(|name| name.contains("reallocation::")) {
                continue;
            }
            let own = functions.iter().find(|name| {
                name.trim_start_matches('<').starts_with("diagnostics::")
                    || name.contains("__rust_alloc")
            });
            assert_eq!(own, None, "{functions:#?}");
        }
    }
    eventually("the memory is given back", || {
        resident() < before + (32 << 20)
    });
}

#[test]
fn pprof_asks_the_service_itself() {
    let Some(mut pprof) = pprof::needed() else {
        return;
    };
    let _alone = alone();
    let held = much();
    let url = format!("http://{}/debug/pprof/heap", service());
    let ran = test_tools::Ran::of(pprof.args(["-top", "-cum", &url])).expect(0);
    assert!(ran.stdout.contains("Type: inuse_space"), "{}", ran.stdout);
    assert!(ran.stdout.contains("asked::much"), "{}", ran.stdout);
    drop(held);
}
