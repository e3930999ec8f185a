//! What is no trace, or a damaged one: a sentence each, no panic, no memory without bounds.

use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use rops::trace::{Window, decode};
use test_tools::{Folder, Ran};

use crate::written::{Written, run};

fn gzip(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        gzip.write_all(&part).expect("memory can be written to");
    }
    gzip.finish().expect("memory can be written to")
}

fn small() -> Written {
    Written::default()
        .request(70, 0, (0.0, 50.0), "/rooms")
        .span(71, 0, (10.0, 40.0), ("query", "src/db.rs:5"))
        .poll(1, 11, (0.0, 20.0), 5.0)
        .busy((0, 70), 1, 11, (0.0, 10.0))
        .poll(1, 12, (40.0, 50.0), 5.0)
}

#[test]
fn each_kind_has_its_sentence() {
    let good = small().json().into_bytes();
    let zipped = gzip([good.clone()]);
    let mut damaged = zipped.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    for (bytes, told) in [
        (Vec::new(), "this is empty; was it cut off?"),
        (
            b"\n<!doctype HTML><p>".to_vec(),
            "this is a web page, not a trace",
        ),
        (b"go 1.24 trace\0\0\0".to_vec(), "`go tool trace` reads it"),
        (b"PERFILE2".to_vec(), "this was recorded by perf"),
        (b"\x7fELF".to_vec(), "this is a program, not a trace"),
        (
            gzip([vec![0x0a, 4, 8, 1]]),
            "of profiles, `rops pprof` knows more",
        ),
        (b"{\"a\":1}".to_vec(), "this JSON has no traceEvents"),
        (b"[]".to_vec(), "there are no events in this trace"),
        (
            b"{\"traceEvents\":[]}".to_vec(),
            "there are no events in this trace",
        ),
        (
            b"{\"traceEvents\":[{\"ph\":\"X\",".to_vec(),
            "it is cut off before the first event",
        ),
        (
            b"{\"traceEvents\":7}".to_vec(),
            "this is no JSON of the Trace Event Format",
        ),
        (
            b"[{}} ".to_vec(),
            "this is no JSON of the Trace Event Format",
        ),
        (
            b"[{\"ph\":\"M\"}]".to_vec(),
            "nothing in this trace takes time",
        ),
        (b"[1, 2]".to_vec(), "there are no events in this trace"),
        (b"[".repeat(100_000), "it is cut off before the first event"),
        (
            zipped[..30].to_vec(),
            "nothing of it can be unpacked; was it cut off?",
        ),
    ] {
        let ran = run(&bytes, &["summary"]).expect(1);
        ran.told(told);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let ran = run(&damaged, &["summary"]);
    assert_ne!(ran.stderr, "", "it is damaged");
}

#[test]
fn what_is_cut_off_is_read_as_far_as_it_goes() {
    let good = small().json().into_bytes();
    for bytes in [good[..good.len() - 250].to_vec(), good[..600].to_vec()] {
        let ran = run(&bytes, &["summary"]).expect(0);
        ran.told("it is cut off after ");
        ran.printed("elapsed:");
    }
    let many = (0..2000_u32).fold(small(), |written, task| {
        let start = f64::from(task) * 20.0;
        written.poll(task.into(), 11, (start, start + 7.0), 1.5)
    });
    let zipped = gzip([many.json().into_bytes()]);
    let ran = run(&zipped[..zipped.len() / 2], &["summary"]).expect(0);
    ran.told("it is cut off after ");
}

#[test]
fn an_event_of_another_shape_is_counted() {
    let json = r#"[{"ph":"X","ts":0,"dur":5,"name":"a"},{"ph":{}},null,[1],{"ph":"X","ts":"now"}]"#;
    let ran = run(json.as_bytes(), &["summary"]).expect(0);
    ran.told("4 of 5 events cannot be read");
    ran.printed("events:     1 others");
}

/// Runs with little memory, so that what takes much of it fails.
fn with_little_memory(bytes: &[u8]) -> Ran {
    let folder = Folder::new();
    let path = folder.path("trace.json");
    fs::write(&path, bytes).expect("the folder can be written to");
    let mut command = Command::new("bash");
    command
        .args(["-c", "ulimit -v 1500000; exec \"$0\" trace summary \"$1\""])
        .arg(env!("CARGO_BIN_EXE_rops"))
        .arg(path);
    Ran::of(command)
}

#[test]
fn what_unpacks_to_much_takes_little() {
    let name = (0..70).map(|_| vec![b'x'; 1 << 20]);
    let start = std::iter::once(b"[{\"ph\":\"X\",\"name\":\"".to_vec());
    let ran = with_little_memory(&gzip(start.chain(name))).expect(1);
    ran.told("are one single event, which no trace has");
    // Names without end: what is too much of them has one name.
    let names = (0..20_000_u32).map(|number| {
        let name = format!("{number:0>4096}");
        format!(
            "{}{{\"ph\":\"X\",\"ts\":{number},\"dur\":1,\"name\":\"{name}\"}}",
            if number == 0 { "[" } else { "," }
        )
        .into_bytes()
    });
    let ran = with_little_memory(&gzip(names.chain([b"]".to_vec()]))).expect(0);
    ran.printed("20,000 others");
}

/// `ROPS_INPUTS` says how many.
#[test]
fn changed_traces_never_panic() {
    let inputs =
        std::env::var("ROPS_INPUTS").map_or(2_000, |count| count.parse().expect("a number"));
    let good = small()
        .other(serde_json::json!({"ph": "s", "id": 1, "pid": 1, "tid": 11, "ts": 5.0, "name": "wake", "args": {}}))
        .other(serde_json::json!({"ph": "f", "id": 1, "pid": 1, "tid": 12, "ts": 40.0, "name": "wake", "args": {}}))
        .other(serde_json::json!({"ph": "i", "pid": 1, "tid": 11, "ts": 5.0, "name": "f", "args": {"stack": ["f", "g"]}}))
        .json()
        .into_bytes();
    let mut random = Rng::with_seed(11);
    let tokens: [&[u8]; 12] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"-1",
        b"1e308",
        b"18446744073709551615",
        b"null",
        b"0",
        b",",
        b"\xff",
    ];
    let mut read = 0;
    for number in 0..inputs {
        let mut bytes = good.clone();
        for _ in 0..random.usize(1..6) {
            let place = random.usize(0..bytes.len());
            match random.u8(0..4) {
                0 => bytes[place] = random.u8(..),
                1 => bytes.truncate(place.max(1)),
                2 => {
                    let end = (place + random.usize(0..40)).min(bytes.len());
                    let token = random.choice(tokens).expect("there are some");
                    bytes.splice(place..end, token.iter().copied());
                }
                // A digit elsewhere: times, numbers of spans and lanes.
                _ => {
                    for byte in bytes
                        .iter_mut()
                        .skip(place)
                        .filter(|byte| byte.is_ascii_digit())
                        .take(3)
                    {
                        *byte = random.u8(b'0'..=b'9');
                    }
                }
            }
            if bytes.is_empty() {
                bytes.push(b'[');
            }
        }
        let done = catch_unwind(AssertUnwindSafe(|| {
            let Ok(trace) = decode(&*bytes, "a trace") else {
                return false;
            };
            let texts = [
                trace.summary().text(),
                trace.tasks().text(),
                trace.longest_polls(3).text(),
                trace.requests_by_route().text(),
                trace.waits().text(),
                trace
                    .why(1)
                    .map_or_else(|error| error.to_string(), |why| why.text()),
                Window::default().of(&trace).map_or_else(
                    |error| error.to_string(),
                    |window| trace.svg(window, Some(1)),
                ),
            ];
            texts.iter().all(|text| !text.is_empty())
        }));
        match done {
            Ok(was_read) => read += u64::from(was_read),
            Err(_) => panic!("input {number}: {}", String::from_utf8_lossy(&bytes)),
        }
    }
    assert!(read > inputs / 20, "{read} of {inputs} were read at all");
}
