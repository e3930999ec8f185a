//! What other programs write: beginnings and ends for themselves, times since the machine was started.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::trace::model::{Slice, Time, Trace};
use crate::trace::names::Name;
use crate::trace::read::event::Event;

/// Things that have begun and not ended that are kept in mind.
const MOST_OPEN: usize = 1_000_000;

/// What waits for its end, and what is known of spans and flows until they are put together.
#[derive(Default)]
pub(super) struct Foreign {
    /// `B` without its `E`, by the track.
    begun: HashMap<u32, Vec<(u64, Name)>, RandomState>,
    /// `b` without its `e`.
    open: HashMap<(u64, Name), (u64, u32), RandomState>,
    count: usize,
    /// Spans' numbers, and those of the spans that they were opened in.
    pub(super) parents: Parents,
    /// Where flows lead.
    pub(super) ends: Vec<(u32, u64)>,
}

pub(super) type Parents = HashMap<u64, u64, RandomState>;

impl Foreign {
    pub(super) fn add(
        &mut self,
        event: &Event<'_>,
        time: u64,
        (track, name): (u32, Name),
        slices: &mut Vec<Slice>,
    ) {
        let id = event.id.unwrap_or_default().0;
        let begun = match &*event.ph {
            "B" if self.count < MOST_OPEN => {
                self.begun.entry(track).or_default().push((time, name));
                self.count += 1;
                None
            }
            "E" => {
                let begun = self.begun.get_mut(&track).and_then(Vec::pop);
                begun.map(|(start, name)| (start, track, name))
            }
            "b" | "S" if self.count < MOST_OPEN => {
                self.open.insert((id, name), (time, track));
                self.count += 1;
                None
            }
            "e" | "F" => {
                let begun = self.open.remove(&(id, name));
                begun.map(|(start, track)| (start, track, name))
            }
            _ => None,
        };
        if let Some((start, thread, name)) = begun {
            self.count -= 1;
            let end = time.max(start);
            slices.push(Slice {
                time: Time { start, end },
                name,
                thread,
            });
        }
    }

    /// Ends what is open, and lets the trace begin with its first event.
    pub(super) fn finish(self, trace: &mut Trace) -> (Parents, Vec<(u32, u64)>) {
        let ends = trace.slices.iter().map(|slice| slice.time.end);
        let end = ends.max().unwrap_or(0);
        let begun = self
            .begun
            .into_iter()
            .flat_map(|(track, all)| all.into_iter().map(move |begun| (track, begun)));
        let open = self
            .open
            .into_iter()
            .map(|((_, name), (start, track))| (track, (start, name)));
        for (thread, (start, name)) in begun.chain(open) {
            let end = end.max(start);
            trace.slices.push(Slice {
                time: Time { start, end },
                name,
                thread,
            });
        }
        if !trace.facts.is_of_diagnostics() && trace.polls.is_empty() && trace.spans.is_empty() {
            begin_with_the_first(trace);
        }
        (self.parents, self.ends)
    }
}

fn begin_with_the_first(trace: &mut Trace) {
    let slices = trace.slices.iter().map(|slice| slice.time.start);
    let counted = trace.series.values().flat_map(|series| &series.values);
    let samples = trace.samples.iter().map(|sample| sample.time);
    let all = slices.chain(counted.map(|&(time, _)| time)).chain(samples);
    let first = all.min().unwrap_or(0);
    trace.first = first;
    for slice in &mut trace.slices {
        slice.time.start -= first;
        slice.time.end -= first;
    }
    for (time, _) in trace
        .series
        .values_mut()
        .flat_map(|series| &mut series.values)
    {
        *time -= first;
    }
    for sample in &mut trace.samples {
        sample.time -= first;
    }
}
