//! A reading as text.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};

use super::reading::{Nanoseconds, One, Place, Reading, Tasks, Thread, Wait};
use crate::readable::{Grouped, Lasting};

impl Reading {
    /// Threads with their stacks, then tasks.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{} threads, without the one that reads them\n",
            self.threads.len()
        );
        for thread in &self.threads {
            let _ = write!(text, "\n{thread}");
        }
        if let Some(tasks) = &self.tasks {
            let _ = write!(text, "\n{tasks}");
        }
        for (at, tasks) in by_place(self.waits.iter().flatten()) {
            let _ = match tasks.as_slice() {
                [task] => writeln!(text, "\ntask {task} waits at"),
                tasks => writeln!(text, "\n{} tasks wait at", Grouped(tasks.len() as u64)),
            };
            for line in at {
                let _ = writeln!(text, "    {line}");
            }
        }
        for sentence in &self.missing {
            let _ = writeln!(text, "\n{sentence}");
        }
        text
    }
}

/// The tasks that wait at one place, most of them first: a thousand may wait for the same.
fn by_place<'a>(waits: impl Iterator<Item = &'a Wait>) -> Vec<(&'a [String], Vec<u64>)> {
    let mut places: BTreeMap<&[String], Vec<u64>> = BTreeMap::new();
    for wait in waits {
        places.entry(&wait.at).or_default().push(wait.task);
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, tasks)| std::cmp::Reverse(tasks.len()));
    places
}

impl Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {} {}: ", self.number, self.name)?;
        match (self.on_cpu, &self.waits_in) {
            (true, _) => f.write_str("on CPU")?,
            (false, Some(place)) => write!(f, "off CPU, in {place}")?,
            (false, None) => write!(f, "off CPU")?,
        }
        if let Some(poll) = &self.polls {
            write!(f, ", polls task {}", poll.task)?;
            if let Some(place) = &poll.spawned_at {
                write!(f, " (spawned at {place})")?;
            }
            write!(f, " for {}", poll.since)?;
        }
        f.write_str("\n")?;
        for frame in &self.stack {
            writeln!(f, "    {}", short(frame))?;
        }
        match &self.no_stack {
            Some(reason) => writeln!(f, "    no stack: {reason}"),
            None => Ok(()),
        }
    }
}

impl Display for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} tasks alive", Grouped(self.count))?;
        if self.count > 0 {
            let head = ["count", "in poll", "polls", "busy", "idle up to", "oldest"];
            let places = self
                .places
                .iter()
                .map(|place| (place.row(), place.spawned_at.as_str()));
            table(f, head, &places.collect::<Vec<_>>())?;
        }
        if !self.each.is_empty() {
            let head = ["task", "polls", "busy", "idle", "age"];
            f.write_str("\n")?;
            let each = self
                .each
                .iter()
                .map(|task| (task.row(), task.spawned_at.as_str()));
            table(f, head, &each.collect::<Vec<_>>())?;
        }
        if self.not_listed > 0 {
            writeln!(
                f,
                "{} more that were polled later",
                Grouped(self.not_listed)
            )?;
        }
        if self.not_counted > 0 {
            writeln!(
                f,
                "{} tasks since the start are in no count: there were too many at once.",
                Grouped(self.not_counted)
            )?;
        }
        Ok(())
    }
}

impl Place {
    fn row(&self) -> [String; 6] {
        [
            Grouped(self.count).to_string(),
            Grouped(self.running).to_string(),
            Grouped(self.polls).to_string(),
            or_dash(self.busy),
            self.idle.to_string(),
            self.oldest.to_string(),
        ]
    }
}

impl One {
    fn row(&self) -> [String; 5] {
        [
            self.task.to_string(),
            Grouped(self.polls.into()).to_string(),
            or_dash(self.busy),
            self.idle
                .map_or_else(|| "polled now".into(), |idle| idle.to_string()),
            self.age.to_string(),
        ]
    }
}

impl Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Lasting(self.0).fmt(f)
    }
}

/// A frame without what is the same in front of all files of a kind: of crates from a registry, and of Rust's own library. Where
/// nobody knows the line, without one.
fn short(frame: &str) -> String {
    let Some((name, place)) = frame.rsplit_once(" (") else {
        return frame.to_owned();
    };
    if place == ":0)" {
        return name.to_owned();
    }
    let crates = place.split_once("/registry/src/");
    let of_crate = crates.and_then(|(_, path)| path.split_once('/'));
    let own = place.strip_prefix("/rustc/");
    let of_rust = own.and_then(|path| path.split_once("/library/"));
    let place = of_crate.or(of_rust).map_or(place, |(_, path)| path);
    format!("{name} ({place}")
}

fn or_dash(time: Option<Nanoseconds>) -> String {
    time.map_or_else(|| "-".into(), |time| time.to_string())
}

/// Columns on the right, and the place after them.
fn table<const COLUMNS: usize>(
    f: &mut fmt::Formatter<'_>,
    head: [&str; COLUMNS],
    rows: &[([String; COLUMNS], &str)],
) -> fmt::Result {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|(cells, _)| cells[column].chars().count());
        cells.fold(head[column].len(), usize::max)
    });
    for (title, width) in head.iter().zip(widths) {
        write!(f, "{title:>width$}  ")?;
    }
    f.write_str("spawned at\n")?;
    for (cells, place) in rows {
        for (cell, width) in cells.iter().zip(widths) {
            write!(f, "{cell:>width$}  ")?;
        }
        writeln!(f, "{place}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn files_are_named_from_their_crate_on() {
        for (frame, text) in [
            (
                "a::b (/root/.cargo/registry/src/index-1949cf8c/tokio-1.54.1/src/park.rs:7)",
                "a::b (tokio-1.54.1/src/park.rs:7)",
            ),
            (
                "f (/rustc/59807616e1/library/std/src/rt.rs:206)",
                "f (std/src/rt.rs:206)",
            ),
            ("f (/srv/shop/src/main.rs:1)", "f (/srv/shop/src/main.rs:1)"),
            ("main (:0)", "main"),
            ("0x7f00", "0x7f00"),
        ] {
            assert_eq!(short(frame), text);
        }
    }
}
