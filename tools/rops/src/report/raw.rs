//! Everything that a profile has.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use profile::Profile;
use profile::proto::{Location, Mapping, Sample};

use super::Report;
use crate::labels::Labels;
use crate::time;

impl Report {
    /// The whole profile as text.
    pub fn raw(&self) -> String {
        let profile = &self.profile;
        let mut text = String::new();
        for &comment in &profile.comments {
            let _ = writeln!(text, "Comment: {}", profile.text(comment));
        }
        if !profile.text(profile.doc_url).is_empty() {
            let _ = writeln!(text, "Doc: {}", profile.text(profile.doc_url));
        }
        let period = profile.period_type.unwrap_or_default();
        let (kind, unit) = (profile.text(period.kind), profile.text(period.unit));
        let _ = writeln!(text, "PeriodType: {kind} {unit}");
        let _ = writeln!(text, "Period: {}", profile.period);
        if profile.time_nanos != 0 {
            let _ = writeln!(text, "Time: {}", time::exactly(profile.time_nanos));
        }
        if profile.duration_nanos != 0 {
            // Go's tool cuts it off there, too.
            let duration: String = time::duration(profile.duration_nanos)
                .chars()
                .take(4)
                .collect();
            let _ = writeln!(text, "Duration: {duration}");
        }
        let default = profile.text(profile.default_sample_type);
        let types = profile.sample_types.iter().map(|one| {
            let (kind, unit) = (profile.text(one.kind), profile.text(one.unit));
            let default = if kind == default { "[dflt]" } else { "" };
            format!("{kind}/{unit}{default}")
        });
        let _ = writeln!(text, "Samples:\n{}", Vec::from_iter(types).join(" ").trim());
        for one in &profile.samples {
            sample(&mut text, profile, one);
        }
        text += "Locations\n";
        for one in &profile.locations {
            location(&mut text, profile, one);
        }
        text += "Mappings\n";
        for one in &profile.mappings {
            mapping(&mut text, profile, one);
        }
        text
    }
}

fn sample(text: &mut String, profile: &Profile, sample: &Sample) {
    for value in &sample.values {
        let _ = write!(text, " {value:>10}");
    }
    text.push_str(": ");
    for id in &sample.location_ids {
        let _ = write!(text, "{id} ");
    }
    text.push('\n');
    let Labels { texts, numbers } = Labels::of(profile, sample);
    labels(text, texts);
    let numbers = numbers.into_iter().map(|(key, values)| {
        let has_unit = values.iter().any(|(_, unit)| !unit.is_empty());
        let values = values.into_iter().map(|(value, unit)| match has_unit {
            true => format!("{value} {unit}"),
            false => value.to_string(),
        });
        (key, values.collect())
    });
    labels::<String>(text, numbers.collect());
}

fn labels<V: Display>(text: &mut String, labels: BTreeMap<&str, Vec<V>>) {
    if labels.is_empty() {
        return;
    }
    let one = |(key, values): (&str, Vec<V>)| {
        let values: Vec<String> = values.iter().map(V::to_string).collect();
        format!("{key}:[{}]", values.join(" "))
    };
    let mut labels: Vec<String> = labels.into_iter().map(one).collect();
    labels.sort();
    let _ = writeln!(text, "                {}", labels.join(" "));
}

fn location(text: &mut String, profile: &Profile, location: &Location) {
    let mut start = format!("{:>6}: {:#x} ", location.id, location.address);
    if location.mapping_id != 0 {
        let _ = write!(start, "M={} ", location.mapping_id);
    }
    if location.is_folded {
        start.push_str("[F] ");
    }
    if location.lines.is_empty() {
        let _ = writeln!(text, "{start}");
    }
    for line in &location.lines {
        let function = profile
            .function(line.function_id)
            .copied()
            .unwrap_or_default();
        let name = profile.text(function.name);
        let system_name = profile.text(function.system_name);
        let _ = write!(
            text,
            "{start}{name} {}:{}:{} s={}",
            profile.text(function.filename),
            line.line,
            line.column,
            function.start_line
        );
        if name != system_name {
            let _ = write!(text, "({system_name})");
        }
        text.push('\n');
        start = " ".repeat(13);
    }
}

fn mapping(text: &mut String, profile: &Profile, mapping: &Mapping) {
    let known = [
        (mapping.has_functions, "[FN]"),
        (mapping.has_filenames, "[FL]"),
        (mapping.has_line_numbers, "[LN]"),
        (mapping.has_inline_frames, "[IN]"),
    ];
    let known = known.iter().filter(|(has, _)| *has).map(|(_, what)| *what);
    let _ = writeln!(
        text,
        "{}: {:#x}/{:#x}/{:#x} {} {} {}",
        mapping.id,
        mapping.start,
        mapping.limit,
        mapping.file_offset,
        profile.text(mapping.file),
        profile.text(mapping.build_id),
        known.collect::<String>()
    );
}
