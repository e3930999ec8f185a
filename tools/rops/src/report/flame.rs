//! Flame graphs.

use std::collections::BTreeMap;

use anyhow::bail;
use inferno::flamegraph::{self, Options};

use super::{Header, Report};
use crate::places::base;
use crate::units;

/// What the samples of a stack used: subtracted ones, and the others.
type BeforeAndAfter = (u64, u64);

/// Inferno multiplies what is different by 150 to choose a colour, in 64 bits.
const LARGEST: u128 = 1 << 55;

impl Report {
    /// A flame graph as SVG, which browsers let one zoom into and search. A difference has the width of what is there
    /// now, red where it became more and blue where it became less.
    ///
    /// # Errors
    /// When there is nothing to draw, or values are too large.
    pub fn flame(&self) -> anyhow::Result<Vec<u8>> {
        let stacks = self.stacks();
        let is_difference = stacks.values().any(|&(before, _)| before > 0);
        let lines = stacks.iter().map(|(stack, (before, after))| {
            if is_difference {
                format!("{stack} {before} {after}")
            } else {
                format!("{stack} {after}")
            }
        });
        let lines: Vec<String> = lines.collect();
        if stacks.values().all(|&(_, after)| after == 0) {
            bail!("there is nothing to draw: all values are 0");
        }
        let values = stacks.values();
        let all: u128 = values
            .map(|&(before, after)| u128::from(before) + u128::from(after))
            .sum();
        if all > LARGEST {
            bail!("the values are too large to be drawn: they add up to {all}");
        }
        let mut options = Options::default();
        let file = self
            .profile
            .mappings
            .first()
            .map_or("", |main| self.profile.text(main.file));
        options.title = match (self.kind.as_str(), base(file)) {
            (kind, ".") => kind.to_owned(),
            (kind, file) => format!("{kind} of {file}"),
        };
        let header = Header::of_profile(self, &self.scale()).lines;
        let duration = header.iter().find(|line| line.starts_with("Duration: "));
        options.subtitle = match duration {
            _ if is_difference => Some("red: more than before, blue: less".to_owned()),
            duration => duration.map(|line| line.trim_end().to_owned()),
        };
        // The same colours in each drawing of a profile.
        options.deterministic = true;
        // Whole numbers with three digits and more: inferno writes no others.
        let (_, unit) = units::scale(self.total / 1000, &self.unit, "auto");
        let (factor, name) = units::scale(
            1,
            &self.unit,
            if unit.is_empty() { &self.unit } else { unit },
        );
        options.factor = factor;
        options.count_name = name.to_owned();
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)?;
        Ok(svg)
    }

    /// All stacks, the outermost function first.
    fn stacks(&self) -> BTreeMap<String, BeforeAndAfter> {
        let places = self.places();
        let mut stacks: BTreeMap<String, BeforeAndAfter> = BTreeMap::new();
        for sample in &self.profile.samples {
            let rows = sample.location_ids.iter().rev();
            let rows = rows.flat_map(|&location| places.of_location(location).iter().rev());
            // A semicolon parts two functions; this character looks the same, as in `[u8; 4]`.
            let names = rows.map(|&row| places.names[row as usize].replace(';', "\u{37e}"));
            let stack = stacks
                .entry(names.collect::<Vec<_>>().join(";"))
                .or_default();
            let value = self.values.of(&sample.values).get();
            let sum = if value < 0 {
                &mut stack.0
            } else {
                &mut stack.1
            };
            *sum = sum.saturating_add(value.unsigned_abs());
        }
        stacks.retain(|stack, &mut values| !stack.is_empty() && values != (0, 0));
        stacks
    }
}
