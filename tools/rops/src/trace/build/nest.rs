//! Spans inside of each other, as their lanes show them and as they say, and requests made of them.

use super::foreign::Parents;
use crate::trace::model::{NONE, Request, Span, Time, Trace};

/// Puts spans into each other and into requests, and what was done into spans.
pub(super) fn spans(trace: &mut Trace, parents: &Parents) {
    let of = |span: &Span| (span.lane, span.time.start, u64::MAX - span.time.end);
    // What is drawn first of two with the same times is around the other.
    trace.spans.sort_by_key(of);
    trace.busy.sort_by_key(|busy| (busy.span, busy.time));
    by_lanes(trace);
    for (index, span) in trace.spans.iter().enumerate() {
        trace.by_span.insert(span.id, index as u32);
    }
    for index in 0..trace.spans.len() {
        let span = &trace.spans[index];
        let told = parents.get(&span.id);
        let told = told.and_then(|parent| trace.by_span.get(parent)).copied();
        // A request stands by itself, and nothing is around what was there before it.
        if let Some(outer) = told.filter(|_| !span.is_request)
            && trace.spans[outer as usize].time.start <= span.time.start
            && outer != index as u32
        {
            trace.spans[index].outer = outer;
        }
    }
    depths(trace);
    requests(trace);
}

/// By the lanes alone: each is in the one that is around it.
fn by_lanes(trace: &mut Trace) {
    let mut busy = trace.busy.iter_mut().peekable();
    let mut around: Vec<u32> = Vec::new();
    for index in 0..trace.spans.len() {
        let Span { lane, time, .. } = trace.spans[index];
        // What was done before this span begins is of those around.
        while let Some(next) =
            busy.next_if(|next| (next.span, next.time.start) < (lane, time.start))
        {
            next.span = innermost(&trace.spans, &mut around, next.span, next.time);
        }
        let outer = innermost(&trace.spans, &mut around, lane, time);
        trace.spans[index].outer = match trace.spans[index].is_request {
            true => NONE,
            false => outer,
        };
        around.push(index as u32);
    }
    for next in busy {
        next.span = innermost(&trace.spans, &mut around, next.span, next.time);
    }
}

/// The last of those around in which this is, after those that it is after have gone.
fn innermost(spans: &[Span], around: &mut Vec<u32>, lane: u32, of: Time) -> u32 {
    while let Some(&last) = around.last() {
        let Span { lane: on, time, .. } = spans[last as usize];
        // What takes no time may lie at the start of what takes none either.
        let begins_within = time.end > of.start || time.start == of.start;
        if on == lane && time.end >= of.end && begins_within {
            break;
        }
        around.pop();
    }
    around.last().copied().unwrap_or(NONE)
}

/// How deep each span is. Numbers in a file may lead in a circle; nothing is deeper than there are spans above it.
fn depths(trace: &mut Trace) {
    const DEEPEST: u16 = 256;
    for index in 0..trace.spans.len() {
        let (mut depth, mut at) = (0, index);
        while trace.spans[at].outer != NONE {
            depth += 1;
            at = trace.spans[at].outer as usize;
            if depth > DEEPEST {
                trace.spans[index].outer = NONE;
                depth = 0;
                break;
            }
        }
        trace.spans[index].depth = depth;
        if trace.spans[at].is_request {
            trace.spans[index].request = at as u32;
        }
    }
}

/// One for each span that is a request's, with its spans and what was done in them.
fn requests(trace: &mut Trace) {
    let mut roots: Vec<u32> = (0..trace.spans.len() as u32)
        .filter(|&index| trace.spans[index as usize].is_request)
        .collect();
    roots.sort_by_key(|&root| trace.spans[root as usize].time.start);
    trace.requests = roots
        .iter()
        .map(|&span| Request {
            span,
            spans: Vec::new(),
            busy: 0..0,
        })
        .collect();
    // From here on a span tells the number of its request.
    let mut number = vec![NONE; trace.spans.len()];
    for (request, &root) in roots.iter().enumerate() {
        number[root as usize] = request as u32;
    }
    for index in 0..trace.spans.len() {
        let span = &mut trace.spans[index];
        if span.request != NONE {
            span.request = number[span.request as usize];
            trace.requests[span.request as usize]
                .spans
                .push(index as u32);
        }
    }
    for request in &mut trace.requests {
        let spans = &trace.spans;
        request
            .spans
            .sort_by_key(|&span| (spans[span as usize].depth, spans[span as usize].time.start));
    }
    let spans = &trace.spans;
    let request_of = |span: u32| spans.get(span as usize).map_or(NONE, |span| span.request);
    trace.busy.retain(|busy| busy.time.length() > 0);
    trace
        .busy
        .sort_by_key(|busy| (request_of(busy.span), busy.time));
    let mut from = 0;
    while let Some(first) = trace.busy.get(from) {
        let request = request_of(first.span);
        let count = trace.busy[from..].partition_point(|busy| request_of(busy.span) == request);
        if let Some(request) = trace.requests.get_mut(request as usize) {
            request.busy = from as u32..(from + count) as u32;
        }
        from += count;
    }
    for (index, busy) in trace.busy.iter().enumerate() {
        let of_task = trace.busy_of_task.entry(busy.task).or_default();
        of_task.push(index as u32);
    }
}
