//! What the builds told, put together, and its two forms: lines and JSON.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::heap::{Place, Sites};
use crate::remarks::Decision;
use crate::sizes::Size;
use crate::source::Sources;
use terminal::style::{QUIET, STRONG};

/// From this size on a type is shown at level 1: where clippy's `result_large_err` begins.
const LARGE_TYPE: u64 = 128;
/// From this size on a future is shown at level 1. Clippy's `large_futures` begins at sixteen times as much;
/// this is what one task in a thousand may cost before the thousand cost a megabyte.
const LARGE_FUTURE: u64 = 1024;

/// Everything that is known about a package. In JSON it is one object of these fields.
#[derive(Debug, Serialize)]
pub struct Report {
    pub package: String,
    pub level: u8,
    /// By file and line.
    pub heap: Vec<Allocation>,
    /// By file and line; empty at level 1.
    pub inlining: Vec<Decision>,
    /// The largest first; at level 1 only the large ones.
    pub sizes: Vec<Size>,
}

/// An allocation on the heap that a line of the package's own code makes.
#[derive(Debug, Serialize)]
pub struct Allocation {
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// The function that the line calls.
    pub what: String,
    /// Whether it is still there in optimized code; one that is not was elided, or can never be reached.
    pub survives: bool,
    /// Whether it happens in a function that is called, rather than in code that was inlined here.
    pub in_call: bool,
    /// What lies between the line and the allocator, the outermost first.
    pub via: Vec<String>,
    /// Whether it is there when nothing is inlined; known at level 3. What survives inlining is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_inlining: Option<bool>,
}

/// Compares the allocations of the builds. The columns of a macro's code differ between them, so an allocation
/// is the same one if the line and the called function are.
pub fn allocations(
    optimized: &Sites,
    calling: &BTreeSet<(String, u32)>,
    unoptimized: Option<&Sites>,
    not_inlined: Option<&Sites>,
) -> Vec<Allocation> {
    let lines = |sites: &Sites| -> BTreeSet<(String, u32, String)> {
        sites.places.keys().map(line).collect()
    };
    let surviving = lines(optimized);
    let mut shown = surviving.clone();
    let kept = not_inlined.map(lines);
    let mut all = Vec::new();
    for sites in [Some(optimized), not_inlined, unoptimized]
        .into_iter()
        .flatten()
    {
        let new: Vec<_> = sites
            .places
            .iter()
            .filter(|(place, _)| std::ptr::eq(sites, optimized) || !shown.contains(&line(place)))
            .collect();
        for (place, reached) in new {
            let survives = surviving.contains(&line(place));
            // Only a line that calls nothing any more has certainly lost its allocation.
            if !survives && calling.contains(&(place.file.clone(), place.line)) {
                continue;
            }
            // Where the `clone` was inlined, its allocations are those of the lines that clone.
            if !survives && reached.in_clone {
                continue;
            }
            shown.insert(line(place));
            all.push(Allocation {
                file: place.file.clone(),
                line: place.line,
                column: place.column,
                what: place.what.clone(),
                survives,
                in_call: !reached.inlined,
                via: reached.via.clone(),
                without_inlining: kept
                    .as_ref()
                    .map(|kept| survives || kept.contains(&line(place))),
            });
        }
    }
    all.sort_by(|a, b| {
        (&a.file, a.line, a.column, &a.what).cmp(&(&b.file, b.line, b.column, &b.what))
    });
    all
}

/// What a derived trait allocates is one finding: its functions are in nobody's source.
pub fn join_derived(heap: &mut Vec<Allocation>, sources: &Sources) {
    for one in heap.iter_mut() {
        if let Some(name) = sources.derived(&one.file, one.line, one.column) {
            let what = format!("derive({name})");
            one.via.insert(0, what.clone());
            one.what = what;
        }
    }
    // What survives is what there is to say.
    heap.sort_by_key(|one| !one.survives);
    let mut known = BTreeSet::new();
    heap.retain(|one| {
        let derived = one.what.starts_with("derive(");
        !derived || known.insert((one.file.clone(), one.line, one.column))
    });
    heap.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
}

fn line(place: &Place) -> (String, u32, String) {
    (place.file.clone(), place.line, place.what.clone())
}

impl Report {
    /// Leaves out what is of no interest at this level, and what is in other files than the one asked for. `from` is
    /// the size from which on types and futures are of interest; without one the level decides.
    pub fn reduce(&mut self, file: Option<&str>, from: Option<u64>) {
        let wanted = |name: &str| file.is_none_or(|file| file == name);
        self.heap.retain(|allocation| wanted(&allocation.file));
        self.inlining.retain(|decision| wanted(&decision.file));
        let level = self.level;
        self.sizes.retain(|size| {
            let large = match (level, size.future) {
                (1, true) => LARGE_FUTURE,
                (1, false) => LARGE_TYPE,
                _ => 0,
            };
            wanted(&size.file) && size.bytes >= from.unwrap_or(large)
        });
    }

    /// One line per finding, as the Go compiler prints them.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for one in &self.heap {
            let place = format!("{}:{}:{}", one.file, one.line, one.column);
            let state = match (one.survives, one.in_call) {
                (true, true) => "survives, in the call",
                (true, false) => "survives",
                (false, _) => "elided",
            };
            write!(
                out,
                "{STRONG}{place}:{STRONG:#} heap: {}, {state}",
                one.what
            )?;
            if self.level > 1 && one.via.len() > 1 {
                write!(out, "{QUIET}, via {}{QUIET:#}", via(&one.via[1..]))?;
            }
            // What survives inlining is there without it, too.
            match one.without_inlining {
                Some(true) if !one.survives => writeln!(out, "; allocates without inlining")?,
                _ => writeln!(out)?,
            }
        }
        for one in &self.inlining {
            let place = format!("{}:{}:{}", one.file, one.line, one.column);
            let verdict = if one.inlined {
                "inlined"
            } else {
                "not inlined"
            };
            writeln!(
                out,
                "{STRONG}{place}:{STRONG:#} call: {} {verdict} into {}{}: {}",
                one.callee,
                one.caller,
                and_others(one.other_callers),
                one.reason
            )?;
        }
        for one in &self.sizes {
            let kind = if one.future { "future" } else { "type" };
            let place = format!("{}:{}", one.file, one.line);
            write!(
                out,
                "{STRONG}{place}:{STRONG:#} {kind}: {}, {} bytes",
                one.name, one.bytes
            )?;
            match &one.largest {
                Some(part) => writeln!(
                    out,
                    "{QUIET}, of which {} {}{QUIET:#}",
                    part.name, part.bytes
                )?,
                None => writeln!(out)?,
            }
        }
        Ok(())
    }

    /// What was found, in a sentence.
    pub fn summary(&self) -> String {
        let survive = self.heap.iter().filter(|one| one.survives).count();
        let mut parts = vec![format!("{survive} allocations survive")];
        if self.level > 1 {
            let inlined = self.inlining.iter().filter(|one| one.inlined).count();
            parts.push(format!("{} are elided", self.heap.len() - survive));
            parts.push(format!("{inlined} calls are inlined"));
            parts.push(format!("{} are not", self.inlining.len() - inlined));
        }
        parts.push(format!("{} types and futures", self.sizes.len()));
        format!("{}: {}", self.package, parts.join(", "))
    }
}

/// Where it leads first, and where it ends: what lies between is std's affair.
fn via(path: &[String]) -> String {
    match path {
        [first, second, _, .., last] if path.len() > 3 => format!("{first}, {second}, …, {last}"),
        _ => path.join(", "),
    }
}

fn and_others(callers: usize) -> String {
    match callers {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}
