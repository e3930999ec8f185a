//! Writes a large profile for measurements: `cargo run -p rops --example generated -- SAMPLES FILE`.
//!
//! It is like that of a large program: three thousand functions of three places each, some of them inlined, and each
//! place calls a few others.

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
    for function in &mut profile.functions {
        function.name = profile.strings.len() as i64;
        function.system_name = function.name;
        profile.strings.push(format!(
            "example.org/shop/stock.(*Shelf).function{}",
            function.id
        ));
    }
    for location in &mut profile.locations {
        for (line, inlined) in location.lines.iter_mut().zip(0..) {
            line.function_id = (location.id / 3 + inlined * 7) % (PLACES as u64 / 3) + 1;
        }
    }
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
