//! What the builds told, put together, and its two forms: lines and JSON.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::bail;
use serde::Serialize;

use crate::build::Told;
use crate::heap::{self, Sites};
use crate::ir::Module;
use crate::items::Items;
use crate::remarks::{self, Decision};
use crate::sizes::{self, Size};
use crate::source::{Place, Sources};
use crate::standard_library;
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
    /// Why there may be less in it than the reader expects.
    pub notes: Vec<String>,
}

/// An allocation on the heap that a line of the package's own code makes.
#[derive(Debug, Serialize)]
pub struct Allocation {
    #[serde(flatten)]
    pub place: Place,
    /// The function that the line calls.
    pub what: String,
    /// Whether it is still there in optimized code; one that is not was elided, or can never be reached.
    pub survives: bool,
    /// Whether it happens in a function that is called, rather than in code that was inlined here.
    pub in_call: bool,
    /// What lies between the line and the allocator, the outermost first.
    pub via: Vec<String>,
}

/// Compares the allocations of the builds. The columns of a macro's code differ between them, so an allocation
/// is the same one if the line and the called function are.
///
/// `calling` are the lines that call something in the optimized build.
fn allocations(
    optimized: &Sites,
    unoptimized: Option<&Sites>,
    calling: &BTreeSet<(String, u32)>,
    sources: &Sources,
) -> Vec<Allocation> {
    let line = |(place, what): &(Place, String)| (place.file.clone(), place.line, what.clone());
    let mut shown = BTreeSet::new();
    let mut all = Vec::new();
    for (sites, survives) in [(Some(optimized), true), (unoptimized, false)] {
        let new = sites.into_iter().flatten().filter(|(site, reached)| {
            // Only a line that calls nothing any more has certainly lost its allocation. Where a `clone` was inlined,
            // its allocations are those of the lines that clone.
            let calls = || calling.contains(&(site.0.file.clone(), site.0.line));
            survives || !(shown.contains(&line(site)) || calls() || reached.in_clone)
        });
        let new: Vec<_> = new.collect();
        shown.extend(new.iter().map(|(site, _)| line(site)));
        all.extend(new.into_iter().map(|(site, reached)| Allocation {
            place: site.0.clone(),
            what: site.1.clone(),
            survives,
            in_call: !reached.inlined,
            via: reached.via.clone(),
        }));
    }
    all.sort_by(|a, b| (&a.place, !a.survives, &a.what).cmp(&(&b.place, !b.survives, &b.what)));
    // What a derived trait allocates is one finding: its functions are in nobody's source.
    for one in &mut all {
        if let Some(name) = sources.derived(&one.place) {
            one.what = format!("derive({name})");
            one.via.insert(0, one.what.clone());
        }
    }
    all.dedup_by(|one, before| one.place == before.place && one.what.starts_with("derive("));
    all
}

impl Report {
    /// Puts together what the compiler told. What it did before LLVM has run tells what was elided, and the calls.
    pub fn of(
        package: &str,
        told: &Told,
        before: Option<&Told>,
        sources: &Sources,
    ) -> anyhow::Result<Self> {
        let optimized = Module::parse(&told.calls, sources);
        let of_std = standard_library::allocating(&told.compilation.standard_library)?;
        let (mut calling, mut inlining) = Default::default();
        let mut unoptimized = None;
        if let Some(before) = before {
            let module = Module::parse(&before.calls, sources);
            unoptimized = Some(heap::sites(&module, &of_std));
            calling = heap::calling(&optimized);
            inlining = remarks::decisions(&told.remarks, &module.debug_info, sources)?;
        }
        let survivors = heap::sites(&optimized, &of_std);
        let items = Items::parse(&told.items, sources)?;
        Ok(Self {
            package: package.to_owned(),
            level: if before.is_some() { 2 } else { 1 },
            heap: allocations(&survivors, unoptimized.as_ref(), &calling, sources),
            inlining,
            sizes: sizes::sizes(&told.sizes, &items, sources)?,
            notes: notes(&optimized, told, sources)?,
        })
    }

    /// Leaves out what is in other files.
    pub fn only(&mut self, file: &str) {
        self.heap.retain(|one| one.place.file == file);
        self.inlining.retain(|one| one.place.file == file);
        self.sizes.retain(|one| one.file == file);
    }

    /// Leaves out what is of no interest at this level. `from` is the size from which on types and futures are of
    /// interest; without one the level decides.
    pub fn reduce(&mut self, from: Option<u64>) {
        let level = self.level;
        self.sizes.retain(|size| {
            let large = match (level, size.future) {
                (1, true) => LARGE_FUTURE,
                (1, false) => LARGE_TYPE,
                _ => 0,
            };
            size.bytes >= from.unwrap_or(large)
        });
    }

    /// One line per finding, as the Go compiler prints them.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for one in &self.heap {
            let state = match (one.survives, one.in_call) {
                (true, true) => "survives, in the call",
                (true, false) => "survives",
                (false, _) => "elided",
            };
            let (place, what) = (&one.place, &one.what);
            write!(out, "{STRONG}{place}:{STRONG:#} heap: {what}, {state}")?;
            if self.level > 1 && one.via.len() > 1 {
                write!(out, "{QUIET}, via {}{QUIET:#}", via(&one.via[1..]))?;
            }
            writeln!(out)?;
        }
        for one in &self.inlining {
            let not = if one.inlined { "" } else { "not " };
            let others = match one.other_callers {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            writeln!(
                out,
                "{STRONG}{}:{STRONG:#} call: {} {not}inlined into {}{others}: {}",
                one.place, one.callee, one.caller, one.reason
            )?;
        }
        for one in &self.sizes {
            let kind = if one.future { "future" } else { "type" };
            let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
            write!(
                out,
                "{STRONG}{}{line}:{STRONG:#} {kind}: {}, {} bytes",
                one.file, one.name, one.bytes
            )?;
            if let Some(part) = &one.largest {
                let (name, bytes) = (&part.name, part.bytes);
                write!(out, "{QUIET}, of which {name} {bytes}{QUIET:#}")?;
            }
            writeln!(out)?;
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

/// What the findings are of, and what is left out. It is an error if that is everything, and there is no reason for it.
fn notes(module: &Module<'_>, told: &Told, sources: &Sources) -> anyhow::Result<Vec<String>> {
    let mut notes = Vec::new();
    if let Some(file) = sources.generated.first() {
        notes.push(format!(
            "not in the report: {} files that a build script has written, as {}",
            sources.generated.len(),
            file.display()
        ));
    }
    let functions = module.own_functions();
    if functions == 0 && sources.generated.is_empty() {
        let own = format!("{}::", told.compilation.crate_name);
        let names = module.functions.iter();
        let mut names = names.map(|(function, _)| module.symbols[*function].name());
        if let Some(name) = names.find(|name| name.trim_start_matches('<').starts_with(&own)) {
            bail!(
                "rustc has compiled {name}, and says of no function that it is from a file of the package: \
                 the paths in its output are not understood"
            );
        }
    }
    notes.push(format!(
        "{functions} functions of its own are compiled here; those that are generic, async or #[inline] are where they are used"
    ));
    Ok(notes)
}

/// Where it leads first, and where it ends: what lies between is std's affair.
fn via(path: &[String]) -> String {
    match path {
        [first, second, _, .., last] if path.len() > 3 => format!("{first}, {second}, …, {last}"),
        _ => path.join(", "),
    }
}
