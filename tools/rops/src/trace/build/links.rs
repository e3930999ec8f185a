//! The order of time, and what is found by it: polls of a task, of a thread, and who led to them.

use crate::trace::model::{NONE, Time, Trace};

/// Puts all lists into the order of time, and notes what is where.
pub(super) fn sort(trace: &mut Trace) {
    let outer_first = |time: Time| (time.start, u64::MAX - time.end);
    trace.polls.sort_by_key(|poll| outer_first(poll.time));
    trace.visits.sort_by_key(|visit| outer_first(visit.time));
    trace.blocking.sort_by_key(|work| work.time);
    trace.parked.sort_by_key(|parked| parked.time);
    trace.slices.sort_by_key(|slice| outer_first(slice.time));
    trace.samples.sort_by_key(|sample| sample.time);
    for series in trace.series.values_mut() {
        series.values.sort_by_key(|&(time, _)| time);
    }
    let ends = trace
        .polls
        .iter()
        .map(|poll| poll.time.end)
        .chain(trace.visits.iter().map(|visit| visit.time.end))
        .chain(trace.spans.iter().map(|span| span.time.end))
        .chain(trace.slices.iter().map(|slice| slice.time.end))
        .chain(trace.parked.iter().map(|parked| parked.time.end))
        .chain(trace.samples.iter().map(|sample| sample.time))
        .chain(
            trace
                .series
                .values()
                .flat_map(|series| series.values.last())
                .map(|&(time, _)| time),
        );
    trace.length = ends.max().unwrap_or(0);

    trace.polls_of = vec![Vec::new(); trace.threads.len()];
    trace.visits_of = vec![Vec::new(); trace.threads.len()];
    trace.parked_of = vec![Vec::new(); trace.threads.len()];
    for (index, poll) in trace.polls.iter().enumerate() {
        let index = index as u32;
        trace.by_task.entry(poll.task).or_default().push(index);
        trace.polls_of[poll.thread as usize].push(index);
    }
    for (index, visit) in trace.visits.iter().enumerate() {
        trace.visits_of[visit.thread as usize].push(index as u32);
    }
    for (index, parked) in trace.parked.iter().enumerate() {
        trace.parked_of[parked.thread as usize].push(index as u32);
    }
}

/// Finds the poll that each flow leads to.
pub(super) fn flows(trace: &mut Trace, ends: &[(u32, u64)]) {
    for (index, flow) in trace.flows.iter_mut().enumerate() {
        let (thread, time) = ends[flow.poll as usize];
        let polls = &trace.polls_of[thread as usize];
        // An event's time is that of the poll's start, unless the poll was cut to fit on its track.
        let after = polls.partition_point(|&poll| trace.polls[poll as usize].time.start <= time);
        flow.poll = NONE;
        if let Some(&poll) = after.checked_sub(1).map(|last| &polls[last])
            && trace.polls[poll as usize].time.has(time)
        {
            flow.poll = poll;
            trace.polls[poll as usize].flow = index as u32;
        }
    }
}
