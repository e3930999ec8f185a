//! What counting adds to one allocation and its release: the counting allocator against jemalloc itself, both called
//! directly.
//!
//! `cargo bench -p diagnostics --bench alloc_pair`; a worst case, since nothing is done with the memory.

mod pair;
mod report;

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion};
use pair::pair;
use tikv_jemallocator::Jemalloc;

/// Bytes: the smallest class, a typical small object, a buffer, and one beyond jemalloc's small classes.
const SIZES: [usize; 4] = [16, 128, 2048, 32 * 1024];

const PLAIN: &str = "jemalloc";
const COUNTED: &str = "counted";

fn main() -> io::Result<()> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("alloc_pair");
    if output.exists() {
        // Old estimates would be taken for new ones when a run is cut short.
        fs::remove_dir_all(&output)?;
    }
    let mut criterion = Criterion::default()
        .output_directory(&output)
        .configure_from_args();
    compare(&mut criterion);
    criterion.final_summary();
    match summary(&output) {
        Some(text) => report::publish("alloc_pair", &text),
        // With `--test`, with a filter or with `--list`, criterion measures not everything.
        None => Ok(()),
    }
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pair");
    for size in SIZES {
        group.bench_function(BenchmarkId::new(PLAIN, size), |bencher| {
            bencher.iter(|| pair(&Jemalloc, size));
        });
        group.bench_function(BenchmarkId::new(COUNTED, size), |bencher| {
            bencher.iter(|| pair(&diagnostics::Allocator::new(), size));
        });
    }
    group.finish();
}

/// The estimates that criterion left, as a table; none if one is missing.
fn summary(output: &Path) -> Option<String> {
    let mut text = String::from("What counting adds to one allocation and its release\n\n");
    text.push_str(&report::conditions());
    text.push_str("\n   bytes   jemalloc    counted      added\n");
    for size in SIZES {
        let plain = nanoseconds(output.join(format!("pair/{PLAIN}/{size}/new")))?;
        let counted = nanoseconds(output.join(format!("pair/{COUNTED}/{size}/new")))?;
        let _ = writeln!(
            text,
            "{size:>8} {plain:>7.2} ns {counted:>7.2} ns {:>7.2} ns",
            counted - plain
        );
    }
    Some(text)
}

/// The median time of one iteration.
fn nanoseconds(folder: PathBuf) -> Option<f64> {
    let estimates = fs::read(folder.join("estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_slice(&estimates).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
