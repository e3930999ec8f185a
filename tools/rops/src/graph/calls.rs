//! Edges, from samples.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use profile::Profile;
use profile::cores::{at_once, part_of};
use profile::proto::Sample;

use super::{Edge, Sum, Values};
use crate::places::Places;

/// The calls between rows that are kept.
pub(super) fn between(
    profile: &Profile,
    places: &Places<'_>,
    values: Values,
    kept: Option<&[bool]>,
) -> Vec<Edge> {
    let is_left_out = places.left_out(kept);
    let of = |part: &[Sample]| {
        let mut calls = Calls::default();
        calls.count(part, places, values, (kept, &is_left_out));
        calls
    };
    let samples = profile.samples.chunks(part_of(profile.samples.len()));
    let mut parts = at_once(samples, of).into_iter();
    let mut all = parts.next().unwrap_or_default();
    parts.for_each(|part| all.add(part));
    let edge = |((from, to), call): ((u32, u32), Call)| Edge {
        from: from as usize,
        to: to as usize,
        weight: call.weight,
        is_residual: call.is_residual,
        is_inlined: call.is_inlined,
    };
    all.ends.into_iter().zip(all.calls).map(edge).collect()
}

/// What samples come to, or a part of them.
#[derive(Default)]
struct Calls {
    calls: Vec<Call>,
    /// The caller and the callee of each. They are rarely looked at, and those above at every step.
    ends: Vec<(u32, u32)>,
    /// Where they are, by caller and callee.
    known: HashMap<(u32, u32), u32, RandomState>,
}

/// What will be an [`Edge`].
struct Call {
    weight: Sum,
    /// The sample that it was counted in last: in recursion it counts once.
    seen: u32,
    is_residual: bool,
    is_inlined: bool,
}

/// A row's last caller, and where its calls are; most often the next caller is the same.
#[derive(Clone, Default)]
struct Last {
    /// They count from 1, so that none is known at first.
    caller: u32,
    call: u32,
}

impl Calls {
    fn count(
        &mut self,
        samples: &[Sample],
        places: &Places<'_>,
        values: Values,
        (kept, is_left_out): (Option<&[bool]>, &[bool]),
    ) {
        let mut last = vec![Last::default(); places.all.len()];
        for (sample, number) in samples.iter().zip(1_u32..) {
            let sum = values.of(&sample.values);
            if sum == Sum::default() {
                continue;
            }
            let mut parent = None;
            let mut is_residual = false;
            for &location in sample.location_ids.iter().rev() {
                if is_left_out[location as usize - 1] {
                    is_residual = true;
                    continue;
                }
                let rows = places.of_location(location);
                for (line, &row) in rows.iter().enumerate().rev() {
                    if kept.is_some_and(|kept| !kept[row as usize]) {
                        is_residual = true;
                        continue;
                    }
                    if let Some(parent) = parent
                        && parent != row
                    {
                        let last = &mut last[row as usize];
                        if last.caller != parent + 1 {
                            *last = Last {
                                caller: parent + 1,
                                call: self.place(parent, row),
                            };
                        }
                        let call = &mut self.calls[last.call as usize];
                        if call.seen != number {
                            call.seen = number;
                            call.weight.add(sum);
                            call.is_residual |= is_residual;
                            call.is_inlined &= line + 1 != rows.len();
                        }
                    }
                    parent = Some(row);
                    is_residual = false;
                }
            }
        }
    }

    /// Where the calls from one row to another are; new ones come to nothing yet.
    fn place(&mut self, from: u32, to: u32) -> u32 {
        *self.known.entry((from, to)).or_insert_with(|| {
            self.ends.push((from, to));
            self.calls.push(Call {
                weight: Sum::default(),
                seen: 0,
                is_residual: false,
                is_inlined: true,
            });
            self.calls.len() as u32 - 1
        })
    }

    fn add(&mut self, other: Self) {
        for ((from, to), other) in other.ends.into_iter().zip(other.calls) {
            let place = self.place(from, to);
            let call = &mut self.calls[place as usize];
            call.weight.add(other.weight);
            call.is_residual |= other.is_residual;
            call.is_inlined &= other.is_inlined;
        }
    }
}
