//! A recording as a profile.

use std::time::{Duration, SystemTime};

use profile::{Builder, Profile, maps};

use crate::sampling::cpu::{Facts, Recording};

/// Go's types of samples and its period, whose threads and for whom they worked as labels, and what has to be known as
/// comments. Its locations are addresses still.
pub(super) fn profile(recording: &Recording, since: SystemTime, doc_url: Option<&str>) -> Profile {
    let facts = &recording.facts;
    let mappings = maps::of_this_process().unwrap_or_default();
    let types = [("samples", "count"), ("cpu", "nanoseconds")];
    let mut builder = Builder::new(types, &mappings);
    builder.taken(since, facts.duration);
    builder.period(types[1], 1_000_000_000 / i64::from(facts.hz));
    let mut stack: Vec<u64> = Vec::new();
    for sample in &recording.samples {
        stack.clear();
        stack.extend(sample.stack.iter().map(|&address| address as u64));
        let values = [sample.weight, sample.nanoseconds];
        let values = values.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        let worked_for = sample.label.to_string();
        let labels = [
            Some(("thread", sample.thread.as_str().into())),
            sample
                .label
                .key()
                .map(|key| (key, worked_for.as_str().into())),
        ];
        let labels: Vec<_> = labels.into_iter().flatten().collect();
        builder.sample(&stack, values, &labels);
    }
    for sentence in comments(facts) {
        builder.comment(&sentence);
    }
    if let Some(url) = doc_url {
        builder.doc_url(url);
    }
    builder.build()
}

/// What somebody who reads the profile has to know. What is always said says zero, too, so that nobody has to guess.
fn comments(facts: &Facts) -> Vec<String> {
    let seconds = |duration: Duration| format!("{:.3} s", duration.as_secs_f64());
    let mut comments = vec![
        format!(
            "{} samples a second of processor time, for {}: {} taken, {} dropped since they were not fetched in time, {} since \
             there was no memory for more different stacks.",
            facts.hz,
            seconds(facts.duration),
            facts.taken,
            facts.dropped,
            facts.forgotten,
        ),
        format!(
            "{} threads; without a timer, and so without samples: {} since the limit of pending signals (RLIMIT_SIGPENDING) is \
             reached, {} for another reason.",
            facts.threads, facts.no_timer.over_limit, facts.no_timer.other,
        ),
        format!(
            "Processor time of the process: {}, of which no sample stands for {}: threads that ended within a tenth of a second, \
             that had no timer, or that block SIGPROF.",
            seconds(facts.process),
            seconds(facts.unseen),
        ),
        format!(
            "The profile itself took {} on its own thread and {} in signal handlers; naming functions comes after.",
            seconds(facts.recording),
            seconds(facts.handlers),
        ),
    ];
    if let Some(why) = &facts.no_timer.why {
        comments.push(format!("A thread got no timer: {why}."));
    }
    if facts.cut > 0 {
        comments.push(format!(
            "{} stacks had more frames than are kept; their outermost ones are missing.",
            facts.cut
        ));
    }
    if facts.replaced {
        comments.push(
            "Another handler of SIGPROF was installed meanwhile: samples are missing from then on."
                .into(),
        );
    }
    if !facts.frame_pointers {
        comments.push(
            "The program keeps no frame pointers; stacks were walked by call frame information, which takes some \
             microseconds more each."
                .into(),
        );
    }
    if !facts.without_information.is_empty() {
        comments.push(format!(
            "Without call frame information, so that a caller may be missing: {}.",
            facts.without_information.join(", ")
        ));
    }
    if let Some(compared) = facts.compared {
        comments.push(format!(
            "Walked by call frame information all the way, too: {} stacks, {} identical.",
            compared.stacks, compared.identical
        ));
    }
    comments
}
