//! What is no profile, or a damaged one: a sentence each, no panic, no memory without bounds.

use std::env;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use clap::Parser as _;
use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use profile::Profile;
use profile::proto::{Location, Sample, ValueType};
use rops::{Options, Report, View};
use test_tools::{Folder, Ran};

use crate::both::{of_go, rops};
use crate::generator::{Kind, profile};

fn gzip(bytes: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for part in bytes {
        gzip.write_all(&part).expect("memory can be written to");
    }
    gzip.finish().expect("memory can be written to")
}

/// Runs with little memory, so that what takes much of it fails.
fn top(folder: &Folder, bytes: &[u8]) -> Ran {
    let path = folder.path("bad.pb.gz");
    fs::write(&path, bytes).expect("the folder can be written to");
    let mut command = Command::new("bash");
    let program = rops().get_program().to_owned();
    command
        .args(["-c", "ulimit -v 4000000; exec \"$0\" pprof top \"$1\""])
        .arg(program)
        .arg(path);
    Ran::of(command)
}

#[test]
fn each_kind_has_its_sentence() {
    let cpu = fs::read(of_go("cpu")).expect("it is there");
    let two_types = Profile {
        sample_types: vec![ValueType::default(); 2],
        samples: vec![Sample {
            values: vec![1],
            ..Sample::default()
        }],
        strings: vec![String::new()],
        ..Profile::default()
    };
    let no_types = Profile {
        period: 1,
        ..Profile::default()
    };
    let lost = |location_ids| Profile {
        sample_types: vec![ValueType::default()],
        samples: vec![Sample {
            location_ids,
            values: vec![1],
            labels: Vec::new(),
        }],
        locations: vec![Location {
            id: 1,
            mapping_id: 9,
            ..Location::default()
        }],
        ..Profile::default()
    };
    let outside = Profile {
        sample_types: vec![ValueType { kind: 99, unit: 0 }],
        ..Profile::default()
    };
    let folder = Folder::new();
    for (bytes, told) in [
        (Vec::new(), "the profile is empty; was it cut off"),
        (
            cpu[..cpu.len() / 2].to_vec(),
            "the profile's compression is damaged",
        ),
        (cpu[..5].to_vec(), "the profile's compression is damaged"),
        (
            [cpu.clone(), cpu.clone()].concat(),
            "bytes follow after the profile",
        ),
        (
            b"a text".to_vec(),
            "this is no profile of the format profile.proto",
        ),
        (
            b"\n<!doctype HTML><p>".to_vec(),
            "this is a web page, not a profile",
        ),
        (b"PERFILE2".to_vec(), "this was recorded by perf"),
        (
            fs::read("/bin/true").expect("it is there"),
            "this is no profile of the format profile.proto",
        ),
        (no_types.encode(), "the profile has no values"),
        (
            two_types.encode(),
            "sample 1 has 1 values, and there are 2 types",
        ),
        (
            lost(vec![7]).encode(),
            "refers to mapping 9, which is not there",
        ),
        (outside.encode(), "refers to text 99, and there are 1"),
        // That much is refused by its bytes alone is a test of the library; these are 2 bytes each.
        (
            gzip((0..64).map(|_| [0x12, 0].repeat(1 << 19))),
            "the profile would take more than 2048 MiB of memory",
        ),
    ] {
        let ran = top(&folder, &bytes).expect(1);
        ran.told(told);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[derive(Debug, clap::Parser)]
struct Asked {
    #[command(flatten)]
    options: Options,
}

fn options(line: &str) -> Options {
    Asked::parse_from(["rops"].into_iter().chain(line.split_whitespace())).options
}

/// All views of whatever these bytes are.
fn look_at(bytes: &[u8], options: &Options) {
    let Ok(profile) = rops::decode(bytes) else {
        return;
    };
    let any = regex::Regex::new("a").expect("it is one");
    for view in [
        View::Top,
        View::Tree,
        View::Peek,
        View::List,
        View::Traces,
        View::Tags,
        View::Raw,
        View::Graph,
        View::Flame,
    ] {
        let Ok((report, _)) = Report::new(profile.clone(), view, options) else {
            return;
        };
        let _ = match view {
            View::Top => report.top_json().map(|_| report.top()),
            View::Tree => report.tree(None),
            View::Peek => report.peek_json(&any).and_then(|_| report.tree(Some(&any))),
            View::List => report.list(&any),
            View::Traces => Ok(report.traces()),
            View::Tags => report.tags_json().map(|_| report.tags()),
            View::Raw => Ok(report.raw()),
            View::Graph => Ok(report.dot()),
            View::Flame => report.flame().map(|_| String::new()),
        };
    }
    let _ = rops::merge(vec![profile.clone(), profile]);
}

/// A fuzz target that needs no other toolchain: changed profiles, as many as `ROPS_INPUTS` says.
#[test]
fn changed_profiles_are_no_reason_to_panic() {
    let asked = env::var("ROPS_INPUTS").ok();
    let inputs: u64 = asked.and_then(|count| count.parse().ok()).unwrap_or(3_000);
    let small = |random: &mut Rng| Kind {
        samples: random.usize(1..12),
        ..Kind::any(random)
    };
    let all = [
        options(""),
        options("--cum --granularity=lines --node-count=3 --focus=main --tag-focus=1:9"),
        options(
            "--mean --granularity=addresses --show-columns --hide=shop --show-from=main --unit=auto",
        ),
        options(
            "--granularity=files --no-trim --prune-from=run --drop-negative --divide-by=-0.5 --tag-ignore=a",
        ),
    ];
    // That one's differences were too large to be drawn.
    for seed in (0..inputs).chain([162_907]) {
        let mut random = Rng::with_seed(seed);
        let packed = profile(random.u64(..200), small).encode();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut bytes)
            .expect("it was packed");
        for _ in 0..random.u8(1..6) {
            let at = random.usize(..bytes.len());
            match random.u8(..5) {
                0 => bytes[at] = random.u8(..),
                1 => bytes[at] ^= 1 << random.u8(..8),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, random.u8(..)),
                // A part of it once more.
                _ => {
                    let end = (at + random.usize(..40)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    let to = random.usize(..bytes.len());
                    bytes.splice(to..to, part);
                }
            }
        }
        let options = &all[random.usize(..all.len())];
        let looked = catch_unwind(AssertUnwindSafe(|| look_at(&bytes, options)));
        assert!(looked.is_ok(), "seed {seed}");
    }
}
