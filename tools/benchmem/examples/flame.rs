//! Draws folded stacks, such as those of `trace_flame`, as a flame graph: what `inferno-flamegraph` does, for those who
//! have not installed it.
//!
//! ```console
//! cargo run --release -p benchmem --example flame < spans.folded > spans.svg
//! ```

use std::io;

use inferno::flamegraph::{Options, from_reader};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    options.count_name = "ns".to_owned();
    options.title = "Spans".to_owned();
    Ok(from_reader(
        &mut options,
        io::stdin().lock(),
        io::stdout().lock(),
    )?)
}
