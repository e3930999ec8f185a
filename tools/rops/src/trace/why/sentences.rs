//! The reason of a part, in a sentence with its place.

use std::cmp::Reverse;

use super::cause::Cause;
use super::holding::Held;
use super::{Reason, Same};
use crate::trace::amounts::time;
use crate::trace::model::{Request, Time, Trace};
use crate::trace::parts::{Kind, Part};

impl Trace {
    /// The reason of parts that have the same one.
    pub(super) fn reason(&self, request: &Request, same: Same, parts: &[Part]) -> Reason {
        let times: Vec<Time> = parts.iter().map(|part| part.time).collect();
        let place = parts
            .first()
            .map_or(String::new(), |part| self.place_of(part.kind));
        let (kind, sentence, explained) = match same {
            Same::Busy(..) => {
                let hottest = self.hottest_of(request, &times).unwrap_or_default();
                ("busy", format!("worked in {place}{hottest}"), true)
            }
            Same::OnThread(_, _, thread) => {
                let thread = self.thread(thread);
                ("other thread", format!("{thread} worked in {place}"), true)
            }
            Same::Polled(_) => {
                let what = "its task was polled outside of its spans, spawned at";
                ("busy", format!("{what} {place}"), true)
            }
            Same::Blocking(_) => {
                let what = "a blocking thread did what was asked for at";
                ("other thread", format!("{what} {place}"), true)
            }
            Same::Ready(held) => {
                let who = match held {
                    Held::Polls => self.held_workers(&times),
                    Held::Kernel => {
                        let meanwhile = self.circumstances(&place, &times);
                        format!("the kernel took that long to wake a worker that slept{meanwhile}")
                    }
                    Held::NotTold => {
                        format!(
                            "no poll had the workers{}",
                            self.circumstances(&place, &times)
                        )
                    }
                };
                let sentence = format!("ready but not polled: {who}");
                ("ready", sentence, held != Held::NotTold)
            }
            Same::Queued(_) => {
                let held = self.held_blocking(&times);
                let is_known = held.is_some();
                let held = held.map_or(String::new(), |held| {
                    format!(": they did what was asked for at {held}")
                });
                let what = "queued for a blocking thread, asked for at";
                ("queued", format!("{what} {place}{held}"), is_known)
            }
            // The span's own name tells what it waits for, unless it is the request's.
            Same::Waiting(_, _, is_own, cause) => {
                let is_told = !matches!(cause, Cause::NotTold | Cause::Over | Cause::Itself);
                let sentence = self.waiting(&place, cause, request, &times);
                ("waiting", sentence, is_told || !is_own)
            }
        };
        Reason {
            length: times.iter().map(|time| time.length()).sum(),
            kind,
            sentence,
            explained,
        }
    }

    fn place_of(&self, kind: Kind) -> String {
        match kind {
            Kind::Busy { span } | Kind::OnThread { span, .. } | Kind::Waiting { span } => {
                self.place(&self.spans[span as usize])
            }
            Kind::Polled { place } | Kind::Blocking { place } | Kind::Queued { place } => {
                self.text(place).to_owned()
            }
            Kind::Ready { .. } => String::new(),
        }
    }

    fn waiting(&self, place: &str, cause: Cause, request: &Request, times: &[Time]) -> String {
        let until = match cause {
            Cause::Request { route, .. } => {
                format!("until a task of {} let it go on", self.text(route))
            }
            Cause::Task { place, .. } => {
                format!(
                    "until the task spawned at {} let it go on",
                    self.text(place)
                )
            }
            Cause::Thread { thread } => format!("until {} let it go on", self.thread(thread)),
            Cause::Driver => {
                "for something outside of the program's tasks: the network, a timer".into()
            }
            Cause::Itself => "until its own task let it go on".into(),
            Cause::NotTold => {
                let meanwhile = self.circumstances(place, times);
                return format!("waited in {place}{meanwhile}");
            }
            Cause::Over => return format!("waited in {place} until that was over"),
        };
        let mut sums: Vec<(String, u64)> = Vec::new();
        for &time in times {
            for (what, length) in self.meanwhile(self.cause_in(request, time), time) {
                match sums.iter_mut().find(|(known, _)| *known == what) {
                    Some((_, sum)) => *sum += length,
                    None => sums.push((what, length)),
                }
            }
        }
        sums.sort_by_key(|&(_, length)| Reverse(length));
        let whole: u64 = times.iter().map(|time| time.length()).sum();
        let most: Vec<String> = sums
            .iter()
            .take(3)
            .filter(|(_, length)| length * 20 > whole)
            .map(|(what, length)| format!("{what} ({})", time(*length)))
            .collect();
        let by_somebody = matches!(
            cause,
            Cause::Request { .. } | Cause::Task { .. } | Cause::Thread { .. }
        );
        match most.is_empty() {
            // Such as a task that was spawned a moment before, to give a connection back.
            true if by_somebody => {
                let meanwhile = self.circumstances(place, times);
                format!("waited in {place} {until}{meanwhile}")
            }
            true => format!("waited in {place} {until}"),
            false => format!(
                "waited in {place} {until}, which meanwhile {}",
                most.join(", ")
            ),
        }
    }

    /// Where most samples of the processor are that were taken while a request was worked on.
    fn hottest_of(&self, request: &Request, times: &[Time]) -> Option<String> {
        let busy = self.busy_of(request).iter();
        let busy = busy.filter(|busy| times.iter().any(|time| time.and(busy.time).length() > 0));
        let longest = busy.max_by_key(|busy| busy.time.length())?;
        let hottest = self.hottest_text(longest.thread, longest.time)?;
        Some(format!("; most samples: {hottest}"))
    }
}
