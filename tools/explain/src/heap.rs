//! Which lines of the package's own code allocate on the heap.
//!
//! Every allocation of a compiled function is a call of the allocator (`__rust_alloc` and its kin) in the
//! module's LLVM code; its debug location says through which inlined functions it was reached. An allocation
//! inside a function of std or of a dependency that was compiled into this crate (a generic one) but not
//! inlined is found through the calls of that function. Limits:
//! - A function that is compiled in another crate is not in the module. What the ones of std do is known
//!   ([`crate::standard_library`]); whether one of another dependency allocates is not, and it is not reported.
//! - A call through a pointer (`dyn`, `fn`) is not followed, but for what is formatted into a writer ([`crate::ir`]).
//! - An allocation that is found may still be on a path that is rarely taken, as an error's.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::debug_info::Frame;
use crate::ir::Module;
use crate::names::{demangled, short_function};
use crate::source::Place;
use crate::standard_library::{Allocating, is_allocator};

/// What is the same at the end of every chain, below the collections and boxes.
const INNERMOST: [&str; 5] = [
    "<Global as",
    "Global::",
    "RawVec",
    "alloc::alloc",
    "boxed::box_new_uninit",
];

/// What a module allocates: where it stands in the package's own code, the function that the line calls (`Box::new`),
/// and how the allocator is reached from there.
pub type Sites = BTreeMap<(Place, String), Reached>;

/// How the allocation is reached from that function.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The functions between the line and the allocator, the outermost first.
    pub via: Vec<String>,
    /// Whether the allocation has become part of the own function's code, as opposed to happening in a call.
    pub inlined: bool,
    /// Whether the line stands in an own `clone`, and is not one that clones.
    pub in_clone: bool,
}

/// Finds all allocations.
///
/// `of_std` are the functions of std's that allocate.
pub fn sites(module: &Module<'_>, of_std: &Allocating) -> Sites {
    let symbols = module.symbols.iter();
    let mut allocates: Vec<bool> = symbols.map(|one| of_std.has(one)).collect();
    let mut seen = HashSet::new();
    let mut sites = Sites::new();
    // A function that was found to allocate makes its callers' calls allocations: until nothing is new.
    loop {
        let mut found = false;
        for (function, calls) in &module.functions {
            for call in calls {
                let key = (function, call.callee, call.location, call.in_table);
                if !allocates[call.callee] || !seen.insert(key) {
                    continue;
                }
                let chain: Vec<Frame<'_>> = module.debug_info.chain(call.location).collect();
                if call.in_table && !chain.first().is_some_and(|frame| is_of_std(frame.function)) {
                    continue;
                }
                let callee = &module.symbols[call.callee];
                let below_own = chain.iter().take_while(|frame| frame.file.is_none());
                let between = below_own.map(|frame| frame.function);
                let mut between = between.chain([callee.mangled]);
                let (own, goes_on) = own_frame(&chain, between.any(writes));
                let of_line = own.filter(|(at, _)| !ends_a_value(&chain[..*at]));
                if let Some((at, place)) = of_line {
                    let (what, via, inlined) = path(&chain[..at], callee.name());
                    sites.entry((place, what)).or_insert(Reached {
                        via,
                        inlined,
                        in_clone: goes_on,
                    });
                }
                let is_drop = || is_drop_glue(module.symbols[*function].mangled);
                if goes_on && !allocates[*function] && !is_drop() {
                    allocates[*function] = true;
                    found = true;
                }
            }
        }
        if !found {
            return sites;
        }
    }
}

/// Lines of own code that still call a function: nothing on them can be said to be gone for good, since a
/// function of another crate may do the allocating now.
pub fn calling(module: &Module<'_>) -> BTreeSet<(String, u32)> {
    let calls = module.functions.iter().flat_map(|(_, calls)| calls);
    let kept = calls.filter(|call| !does_nothing(module.symbols[call.callee].name()));
    let frames = kept.flat_map(|call| module.debug_info.chain(call.location));
    frames
        .filter_map(|frame| Some((frame.file?, frame.line)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|(file, line)| (file.to_owned(), line))
        .collect()
}

/// The innermost frame in the package's own code, and whether the callers' lines are of interest too.
///
/// An own `clone` is both: where it is inlined, the line that clones is the answer; where it is not, its own
/// lines are (a derived one's are the fields), and those of its callers. So is an own `fmt`, as far as it has `written`:
/// whoever formats it has the writer grow.
fn own_frame(chain: &[Frame<'_>], written: bool) -> (Option<(usize, Place)>, bool) {
    let mut for_caller = None;
    let mut goes_on = true;
    for (at, frame) in chain.iter().enumerate() {
        let Some(place) = frame.place() else {
            continue;
        };
        let function = demangled(frame.function);
        let formats = || function.contains(" as core::fmt::") && function.ends_with(">::fmt");
        let is_for_caller =
            function.ends_with(" as core::clone::Clone>::clone") || written && formats();
        goes_on &= is_for_caller;
        // Code that LLVM merged from several lines has none; the line that called it may be known.
        if frame.line == 0 {
            continue;
        }
        if !is_for_caller {
            return (Some((at, place)), false);
        }
        for_caller = Some((at, place));
    }
    (for_caller, goes_on)
}

/// The function that the line calls, those between the line and the allocator, and whether it is reached without a call.
fn path(inlined: &[Frame<'_>], callee: &str) -> (String, Vec<String>, bool) {
    let functions = inlined.iter().rev().map(|frame| demangled(frame.function));
    let mut via: Vec<String> = functions.map(|name| short_function(&name)).collect();
    // The allocator itself is the end of every chain, and says nothing.
    let is_inlined = is_allocator(callee);
    if !is_inlined || via.is_empty() {
        via.push(short_function(callee));
    }
    let what = via[0].clone();
    via.retain(|name| *name == what || !INNERMOST.iter().any(|start| name.starts_with(start)));
    (what, via, is_inlined)
}

/// Whether this mangled name is of a function of a writer's.
fn writes(name: &str) -> bool {
    name.contains("Write") && demangled(name).contains(" as core::fmt::Write>::")
}

/// Whether std has this function: as its own, or as one of its traits'.
fn is_of_std(name: &str) -> bool {
    let name = demangled(name);
    let path = name.split_once(" as ").map_or(&*name, |(_, path)| path);
    let path = path.trim_start_matches('<');
    ["core::", "alloc::", "std::"]
        .iter()
        .any(|root| path.starts_with(root))
}

/// Calls that stay behind where an allocation is gone: the mark that an allocator is linked, what tells
/// LLVM about lifetimes, and the end of the value.
fn does_nothing(name: &str) -> bool {
    name.starts_with("llvm.") || name.contains("__rust_no_alloc_shim") || is_drop_glue(name)
}

/// Whether the line only ends a value: what that allocates, its author does not see there.
fn ends_a_value(inlined: &[Frame<'_>]) -> bool {
    inlined
        .last()
        .is_some_and(|frame| is_drop_glue(frame.function))
}

/// What a closing brace runs, by its mangled name or its path; a line that only drops is no allocation that its author
/// wrote.
fn is_drop_glue(name: &str) -> bool {
    name.contains("drop_in_place")
}
