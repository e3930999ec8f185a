//! The summary as lines.

use std::fmt::Write as _;

use terminal::{bytes, grouped};

use super::{Memory, Summary};
use crate::trace::amounts::{percent, time};
use crate::trace::facts::Sampling;

impl Summary {
    /// As lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = Lines(String::new());
        lines.add("elapsed", time(self.length));
        lines.add("written by", self.written_by.to_owned());
        if let Some(why) = &self.facts.why {
            lines.add("why", why.clone());
        }
        let events = self.events.iter();
        let events = events.map(|(kind, count)| format!("{} {kind}", grouped(count)));
        lines.add("events", events.collect::<Vec<_>>().join(", "));
        for worker in &self.workers {
            let [busy, parked] =
                [worker.busy, worker.parked].map(|length| percent(length, self.length));
            let polls = grouped(worker.polls);
            lines.add(
                "worker",
                format!(
                    "{}: {busy} polling ({polls} polls), {parked} parked",
                    worker.thread
                ),
            );
        }
        if self.tasks > 0 {
            let most = self.most_tasks.map_or(String::new(), |most| {
                format!(", at most {} alive", grouped(most))
            });
            lines.add("tasks", format!("{} polled{most}", grouped(self.tasks)));
        }
        if !self.requests.is_empty() {
            lines.add("requests", self.requests_text());
        }
        self.memory.write(&mut lines);
        self.write_cpu(&mut lines);
        if self.facts.is_of_diagnostics() {
            lines.add("lost", self.lost());
        }
        for sentence in self.warnings.iter().chain(&self.facts.missing) {
            lines.add("missing", sentence.clone());
        }
        if !self.facts.is_of_diagnostics() {
            let sentence =
                "Tasks, requests and why they were slow: only `diagnostics` writes these.";
            lines.add("missing", sentence.to_owned());
        }
        lines.0
    }

    fn requests_text(&self) -> String {
        let count: u64 = self.requests.values().sum();
        let by_status = self.requests.iter().map(|(status, count)| match status {
            0 => format!("{} without a status", grouped(count)),
            status => format!("{} with {status}", grouped(count)),
        });
        let each_second = count as f64 / (self.length.max(1) as f64 / 1e9);
        format!(
            "{}, {each_second:.0} in a second: {}",
            grouped(count),
            by_status.collect::<Vec<_>>().join(", ")
        )
    }

    fn write_cpu(&self, lines: &mut Lines) {
        match (&self.cpu, &self.facts.cpu) {
            (Some(cpu), _) => {
                let part = percent(cpu.in_allocator, cpu.samples);
                let samples = grouped(cpu.samples);
                lines.add(
                    "processor",
                    format!("{samples} samples, {part} of them in the allocator"),
                );
            }
            (None, Some(Sampling::Refused(sentence))) => {
                lines.add("processor", format!("not sampled: {sentence}"));
            }
            (None, _) => {}
        }
    }

    fn lost(&self) -> String {
        let facts = &self.facts;
        let lost = [
            (facts.overwritten, "overwritten before they were read"),
            (facts.dropped, "without room in the recorder"),
            (facts.too_many, "more than the trace may have"),
        ];
        let lost: Vec<String> = lost
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, what)| format!("{} events {what}", grouped(count)))
            .collect();
        match lost.is_empty() {
            true => "nothing".into(),
            false => lost.join(", "),
        }
    }
}

impl Memory {
    fn write(&self, lines: &mut Lines) {
        if let (Some(allocated), Some(resident)) = (self.most_allocated, self.most_resident) {
            lines.add(
                "memory",
                format!(
                    "at most {} allocated, {} resident",
                    bytes(allocated),
                    bytes(resident)
                ),
            );
        }
        if let (Some(out), Some(back)) = (self.handed_out, self.given_back) {
            lines.add(
                "heap",
                format!("{} allocated, {} given back", bytes(out), bytes(back)),
            );
        }
    }
}

struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: String) {
        let _ = writeln!(self.0, "{:<12}{value}", format!("{name}:"));
    }
}
