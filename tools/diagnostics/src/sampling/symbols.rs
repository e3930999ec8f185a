//! Functions and lines of addresses.

use std::collections::{BTreeSet, HashMap};

use profile::{Builder, Symbolizer, maps};

/// The names of addresses, each asked for once: of an address where functions are inlined, the innermost comes first.
pub(crate) struct Symbols(HashMap<usize, Vec<String>>);

impl Symbols {
    /// It reads debug information, which takes a tenth of a second or more, and a hundred megabytes meanwhile.
    pub(crate) fn of(addresses: impl IntoIterator<Item = usize>) -> Self {
        let addresses: BTreeSet<_> = addresses.into_iter().collect();
        if addresses.is_empty() {
            return Self(HashMap::new());
        }
        let mappings = maps::of_this_process().unwrap_or_default();
        let mut builder = Builder::new([("samples", "count")], &mappings);
        for &address in &addresses {
            builder.sample(&[address as u64], [1], &[]);
        }
        let mut profile = builder.build();
        Symbolizer::of_this_process().symbolize(&mut profile);
        let named = profile.locations.iter().map(|location| {
            let lines = location.lines.iter();
            let frames = lines.filter_map(|line| {
                let function = profile.function(line.function_id)?;
                let (name, file) = (profile.text(function.name), profile.text(function.filename));
                Some(format!("{name} ({file}:{})", line.line))
            });
            (location.address as usize, frames.collect())
        });
        Self(named.collect())
    }

    /// The frames of a stack, the innermost first.
    pub(crate) fn stack(&self, addresses: &[usize]) -> Vec<String> {
        let frames = addresses
            .iter()
            .flat_map(|address| match self.0.get(address) {
                Some(frames) if !frames.is_empty() => frames.clone(),
                _ => vec![format!("{address:#x}")],
            });
        frames.collect()
    }
}
