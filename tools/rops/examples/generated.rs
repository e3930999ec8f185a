//! Writes a large profile for measurements: `cargo run -p rops --example generated -- SAMPLES FILE`.

use std::env;
use std::fs;

use anyhow::Context as _;

#[path = "../tests/pprof/generator.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod generator;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let samples = arguments.next().context("how many samples?")?.parse()?;
    let file = arguments.next().context("which file?")?;
    fs::write(&file, generator::large(samples).encode()).context(file)
}
