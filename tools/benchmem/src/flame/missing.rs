//! No flame graphs: the sampler needs a signal that this platform does not have.

use std::path::Path;

use criterion::profiler::Profiler;

/// Says that there are no flame graphs here.
#[derive(Debug, Default)]
pub struct FlameGraph {}

impl Profiler for FlameGraph {
    fn start_profiling(&mut self, benchmark: &str, _folder: &Path) {
        eprintln!("benchmem: no flame graph of {benchmark}: it is drawn on Unix alone");
    }

    fn stop_profiling(&mut self, _benchmark: &str, _folder: &Path) {}
}
