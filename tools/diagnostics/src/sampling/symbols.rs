//! Functions and lines of addresses.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use profile::maps::{self, CodeMapping};
use profile::{Builder, Symbolizer};

/// Addresses whose names are kept. A process has some hundreds of places where threads wait.
const MOST_KEPT: usize = 8192;

/// The names of addresses, each asked for once: of an address where functions are inlined, the innermost comes first.
#[derive(Default)]
pub(crate) struct Symbols(HashMap<usize, Vec<String>>);

impl Symbols {
    /// It reads debug information, which takes a tenth of a second or more, and a hundred megabytes meanwhile.
    pub(crate) fn of(addresses: impl IntoIterator<Item = usize>) -> Self {
        let addresses = addresses.into_iter().collect();
        Self::among(&maps::of_this_process().unwrap_or_default(), &addresses)
    }

    /// As above, for what is asked again and again: threads mostly wait where they have waited before. What was looked up once
    /// is kept as long as the same code is in memory.
    pub(crate) fn with_kept<R>(
        addresses: impl IntoIterator<Item = usize>,
        work: impl FnOnce(&Self) -> R,
    ) -> R {
        static KEPT: Mutex<Option<(Vec<CodeMapping>, Symbols)>> = Mutex::new(None);
        let mappings = maps::of_this_process().unwrap_or_default();
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let is_kept = |(of, symbols): &(_, Symbols)| *of == mappings && symbols.0.len() < MOST_KEPT;
        if !kept.as_ref().is_some_and(is_kept) {
            *kept = None;
        }
        let (mappings, symbols) = kept.get_or_insert_with(|| (mappings, Self::default()));
        let new = |address: &usize| !symbols.0.contains_key(address);
        let new = addresses.into_iter().filter(new).collect();
        symbols.0.extend(Self::among(mappings, &new).0);
        work(symbols)
    }

    fn among(mappings: &[CodeMapping], addresses: &BTreeSet<usize>) -> Self {
        if addresses.is_empty() {
            return Self::default();
        }
        let mut builder = Builder::new([("samples", "count")], mappings);
        for &address in addresses {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_the_same_names() {
        let here = Symbols::of as fn(Vec<usize>) -> Symbols as usize + 1;
        let text = |symbols: &Symbols| symbols.stack(&[here]);
        let first = Symbols::with_kept([here], text);
        assert!(
            first.iter().any(|frame| frame.contains("Symbols")),
            "{first:?}"
        );
        assert_eq!(Symbols::with_kept([here], text), first);
        assert_eq!(text(&Symbols::of([here])), first);
    }
}
