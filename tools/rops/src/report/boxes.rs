//! The boxes of a flame graph, for a page that draws them itself.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::Serialize;

use super::Report;
use super::amount::Amount;
use crate::places::Places;

/// All boxes of a flame graph: each comes right after what called it or after the last box above that one, and among
/// those that one box called the largest comes first.
#[derive(Debug, Serialize)]
pub struct Boxes {
    /// Names of functions, each once.
    pub names: Vec<String>,
    /// Values, each once.
    pub amounts: Vec<Amount>,
    /// Whether there is something to compare with.
    pub is_difference: bool,
    /// The columns: for each box a number.
    #[serde(skip)]
    pub columns: Columns,
}

/// What is known of each box.
#[derive(Debug, Default)]
pub struct Columns {
    /// Its place in the names.
    pub name: Vec<u32>,
    /// How many boxes it stands on.
    pub depth: Vec<u32>,
    /// What it used together with what it called, as a place in the amounts.
    pub cum: Vec<u32>,
    /// What it used itself.
    pub flat: Vec<u32>,
    /// What it used before; only in a difference, as the next one.
    pub before: Vec<u32>,
    /// How much more that is now.
    pub change: Vec<u32>,
}

impl Columns {
    /// All columns one after the other.
    pub fn all(&self) -> impl Iterator<Item = &[u32]> {
        let Self {
            name,
            depth,
            cum,
            flat,
            before,
            change,
        } = self;
        [name, depth, cum, flat, before, change]
            .into_iter()
            .map(Vec::as_slice)
            .filter(|column| !column.is_empty())
    }
}

/// A box while samples are counted. Subtracted samples are those of before.
#[derive(Debug, Default)]
struct Counted {
    row: u32,
    now: u64,
    before: u64,
    flat: i64,
    /// The one above it that was seen last; 0 for none, since the first box is above no other.
    above: u32,
    /// The one beside it that was seen before.
    beside: u32,
}

impl Report {
    /// The boxes of the flame graph.
    pub fn boxes(&self) -> Boxes {
        let places = self.places();
        let counted = self.counted(&places);
        let is_difference = counted[0].before > 0;
        let by_size = |&child: &u32| {
            let child = &counted[child as usize];
            let size = child.now.saturating_add(child.before);
            // The largest is the last one on the stack, and so the next.
            (size, Reverse(&places.names[child.row as usize]))
        };
        let mut names = Table::default();
        let mut amounts = Table::default();
        let mut columns = Columns::default();
        let (mut open, mut children) = (vec![(0, 0)], Vec::new());
        while let Some((index, depth)) = open.pop() {
            let one: &Counted = &counted[index as usize];
            let name = if index == 0 { u32::MAX } else { one.row };
            let (now, before) = (signed(one.now), signed(one.before));
            columns.name.push(names.place(name));
            columns.depth.push(depth);
            columns.cum.push(amounts.place(now));
            columns.flat.push(amounts.place(one.flat));
            if is_difference {
                columns.before.push(amounts.place(before));
                columns
                    .change
                    .push(amounts.place(now.saturating_sub(before)));
            }
            let mut above = one.above;
            children.clear();
            while above != 0 {
                children.push(above);
                above = counted[above as usize].beside;
            }
            children.sort_unstable_by_key(by_size);
            open.extend(children.iter().map(|&child| (child, depth + 1)));
        }
        let name = |row: u32| match row {
            u32::MAX => "everything".to_owned(),
            row => places.names[row as usize].clone(),
        };
        Boxes {
            names: names.all.into_iter().map(name).collect(),
            amounts: amounts
                .all
                .into_iter()
                .map(|value| self.amount(value))
                .collect(),
            is_difference,
            columns,
        }
    }

    /// All boxes, the one that all others stand on first.
    fn counted(&self, places: &Places<'_>) -> Vec<Counted> {
        let mut all = vec![Counted::default()];
        let mut known: HashMap<(u32, u32), u32, RandomState> = HashMap::default();
        for sample in &self.profile.samples {
            let value = self.values.of(&sample.values).get();
            let frames = sample.location_ids.iter().rev();
            let mut frames = frames
                .flat_map(|&location| places.of_location(location).iter().rev())
                .peekable();
            if value == 0 || frames.peek().is_none() {
                continue;
            }
            let count = |one: &mut Counted| {
                let sum = if value < 0 {
                    &mut one.before
                } else {
                    &mut one.now
                };
                *sum = sum.saturating_add(value.unsigned_abs());
            };
            let mut at = 0;
            count(&mut all[0]);
            for &row in frames {
                let next = all.len() as u32;
                let child = *known.entry((at, row)).or_insert(next);
                if child == next {
                    let beside = std::mem::replace(&mut all[at as usize].above, child);
                    all.push(Counted {
                        row,
                        beside,
                        ..Counted::default()
                    });
                }
                at = child;
                count(&mut all[at as usize]);
            }
            let leaf = &mut all[at as usize];
            leaf.flat = leaf.flat.saturating_add(value);
        }
        all
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Each value once, with its place.
#[derive(Debug)]
struct Table<T> {
    all: Vec<T>,
    places: HashMap<T, u32, RandomState>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            places: HashMap::default(),
        }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Table<T> {
    fn place(&mut self, value: T) -> u32 {
        let next = self.all.len() as u32;
        let place = *self.places.entry(value).or_insert(next);
        if place == next {
            self.all.push(value);
        }
        place
    }
}

#[cfg(test)]
mod tests;
