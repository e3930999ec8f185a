//! A benchmark with criterion alone, as one would write it elsewhere: `cargo bench -p benchmem --bench plain`.

// ANCHOR: plain
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn parse(text: &str) -> Result<Vec<u64>, std::num::ParseIntError> {
    text.lines().map(str::parse).collect()
}

fn bench_parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for lines in [10, 1000, 100_000] {
        let text = "12345\n".repeat(lines);
        group.bench_with_input(BenchmarkId::new("lines", lines), &text, |b, text| {
            b.iter(|| parse(text))
        });
    }
    group.finish();
}

criterion_group!(benches, bench_parse);
criterion_main!(benches);
// ANCHOR_END: plain
