//! A reason after the other, as lines.

use std::fmt::Write as _;

use super::{Reason, Why};
use crate::trace::amounts::{percent, time};

impl Why {
    /// As sentences. Parts of less than a thousandth are one line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let status = match self.status {
            0 => String::new(),
            status => format!(", status {status}"),
        };
        let open = match self.unfinished {
            true => ", not over at the end of the trace",
            false => "",
        };
        let _ = writeln!(
            text,
            "request {}: {}, {} from {} on{status}{open}",
            self.request,
            self.route,
            time(self.length),
            time(self.start)
        );
        let is_long = |reason: &&Reason| reason.length * 1000 >= self.length;
        let mut line = |length: u64, what: &str| {
            let part = percent(length, self.length);
            let _ = writeln!(text, "  {:>8} {part:>8}  {what}", time(length));
        };
        for reason in self.reasons.iter().filter(is_long) {
            let not_known = match reason.explained {
                true => "",
                false => "; why, the trace does not tell",
            };
            line(reason.length, &format!("{}{not_known}", reason.sentence));
        }
        let short: Vec<_> = self.reasons.iter().filter(|one| !is_long(one)).collect();
        if !short.is_empty() {
            let length = short.iter().map(|reason| reason.length).sum();
            line(length, &format!("{} shorter parts", short.len()));
        }
        if self.unexplained * 1000 >= self.length {
            line(self.unexplained, "of all that are not explained");
        }
        for hint in &self.hints {
            let _ = writeln!(text, "{hint}");
        }
        text
    }
}
