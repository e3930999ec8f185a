//! Writes a large profile for measurements: `cargo run -p rops --example generated -- SAMPLES FILE`.
//!
//! Its stacks are those of a program: each place has a few others that it calls.

use std::env;
use std::fs;

use anyhow::Context as _;
use fastrand::Rng;
use generator::Kind;

#[path = "../tests/pprof/generator.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod generator;

const PLACES: usize = 9_000;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let samples = arguments.next().context("how many samples?")?.parse()?;
    let file = arguments.next().context("which file?")?;
    let kind = Kind {
        functions: PLACES / 3,
        locations: PLACES,
        samples,
        depth: 0,
        has_negative: false,
        has_lines: true,
        has_labels: false,
    };
    let mut profile = generator::profile(1, |_| kind);
    let mut random = Rng::with_seed(1);
    for sample in &mut profile.samples {
        let mut place = 1;
        for _ in 0..random.usize(5..40) {
            sample.location_ids.insert(0, place);
            place = (place * 31 + random.u64(..4) * 977) % PLACES as u64 + 1;
        }
    }
    fs::write(&file, profile.encode()).context(file)
}
