//! A reading as a profile.

use profile::{Builder, Profile, maps};

use super::parameters::Kind;
use crate::readable::{Grouped, Size};
use crate::sampling::heap::{Facts, Reading};
use crate::server::profiles::{Named, name};

/// The function that stands for stacks that had no room.
const REST: &str = "[further stacks: the heap sampler had no room for them]";

/// An address that no program has.
const NOWHERE: u64 = 1;

/// Go's types of samples and its period, and what has to be known as comments. Its locations are addresses still, but
/// for [`REST`].
pub(super) fn profile(reading: &Reading, first: Kind, doc_url: Option<&str>) -> Profile {
    let facts = &reading.facts;
    let mappings = maps::of_this_process().unwrap_or_default();
    let types = Kind::ALL.map(|kind| (kind.name(), kind.go_unit()));
    let mut builder = Builder::new(types, &mappings);
    builder.default_sample_type(first.name());
    builder.period(
        ("space", "bytes"),
        i64::try_from(facts.interval).unwrap_or(i64::MAX),
    );
    builder.taken(facts.until, facts.duration());
    for (stack, label, counted) in reading.stacks() {
        let values = [
            counted.allocated_objects,
            counted.allocated_bytes,
            counted.used_objects,
            counted.used_bytes,
        ];
        if values != [0; 4] {
            let (key, worked_for) = (label.key(), label.to_string());
            let labels = key.map(|key| (key, worked_for.as_str().into()));
            let stack = stack.as_deref().unwrap_or(&[NOWHERE]);
            builder.sample(stack, values, labels.as_slice());
        }
    }
    for sentence in comments(facts) {
        builder.comment(&sentence);
    }
    if let Some(url) = doc_url {
        builder.doc_url(url);
    }
    let mut profile = builder.build();
    let rest = Named {
        function: REST,
        ..Named::default()
    };
    name(&mut profile, NOWHERE, rest);
    profile
}

/// What somebody who reads the profile has to know. What is always said says zero, too, so that nobody has to guess.
fn comments(facts: &Facts) -> Vec<String> {
    let exact = facts.exact;
    let (since, change) = if facts.difference {
        ("In that time", "more in use than before")
    } else {
        ("Since sampling began", "in use")
    };
    let signed = |more: u64, less: u64| {
        let sign = if less > more { "-" } else { "" };
        (sign, more.abs_diff(less))
    };
    let (bytes_sign, bytes) = signed(exact.allocated_bytes, exact.freed_bytes);
    let (blocks_sign, blocks) = signed(exact.mallocs, exact.frees);
    let mut comments = vec![
        format!(
            "One sample in {} bytes on average, for {:.3} s: {} taken, each weighed by the probability of its size.",
            Grouped(facts.interval),
            facts.duration().as_secs_f64(),
            Grouped(facts.taken),
        ),
        format!(
            "{since}, counted exactly: {} allocations of {}; {bytes_sign}{} {change}, in {blocks_sign}{} blocks. The diagnostics' own \
             threads are counted, and not sampled.",
            Grouped(exact.mallocs),
            Size(exact.allocated_bytes),
            Size(bytes),
            Grouped(blocks),
        ),
        format!(
            "{} samples, which stand for {}, are missing from what is in use, since the table of blocks had no room for them.",
            Grouped(facts.untracked),
            Size(facts.untracked_bytes),
        ),
    ];
    if facts.cut > 0 {
        comments.push(format!(
            "{} stacks had more frames than are kept; their outermost ones are missing.",
            Grouped(facts.cut)
        ));
    }
    comments
}
