//! Which lines of the package's own code allocate on the heap.
//!
//! Every allocation of a compiled function is a call of the allocator (`__rust_alloc` and its kin) in the
//! module's LLVM code; its debug location says through which inlined functions it was reached. An allocation
//! inside a function of std or of a dependency that was compiled into this crate (a generic one) but not
//! inlined is found through the calls of that function. Limits:
//! - A function that is compiled in another crate is not in the module. The ones of std are known by their paths
//!   (`allocating.txt`); whether one of another dependency allocates is not known, and it is not reported.
//! - A call through a pointer (`dyn`, `fn`) is not followed.
//! - An allocation that is found may still be on a path that is rarely taken, as an error's.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::debug_info::Frame;
use crate::ir::{Module, Symbol};
use crate::names::{demangled, plain, short_function};
use crate::source::Place;

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
pub fn sites(module: &Module<'_>) -> Sites {
    let of_std: HashSet<&str> = include_str!("allocating.txt").lines().collect();
    let symbols = module.symbols.iter();
    let mut allocates: Vec<bool> = symbols.map(|one| is_allocator(one, &of_std)).collect();
    let mut seen = HashSet::new();
    let mut sites = Sites::new();
    // A function that was found to allocate makes its callers' calls allocations: until nothing is new.
    loop {
        let mut found = false;
        for (function, calls) in &module.functions {
            for call in calls {
                if !allocates[call.callee] || !seen.insert((function, call.callee, call.location)) {
                    continue;
                }
                let chain: Vec<Frame<'_>> = module.debug_info.chain(call.location).collect();
                let (own, goes_on) = own_frame(&chain);
                if let Some((at, place)) = own {
                    let (what, via, inlined) =
                        path(&chain[..at], module.symbols[call.callee].name());
                    sites.entry((place, what)).or_insert(Reached {
                        via,
                        inlined,
                        in_clone: goes_on,
                    });
                }
                let name = || module.symbols[*function].name();
                if goes_on && !allocates[*function] && !is_drop_glue(name()) {
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
/// lines are (a derived one's are the fields), and those of its callers.
fn own_frame(chain: &[Frame<'_>]) -> (Option<(usize, Place)>, bool) {
    let mut clone = None;
    let mut goes_on = true;
    for (at, frame) in chain.iter().enumerate() {
        let Some(place) = frame.place() else {
            continue;
        };
        let is_clone = demangled(frame.function).ends_with(" as core::clone::Clone>::clone");
        goes_on &= is_clone;
        // Code that LLVM merged from several lines has none; the line that called it may be known.
        if frame.line == 0 {
            continue;
        }
        if !is_clone {
            return (Some((at, place)), false);
        }
        clone = Some((at, place));
    }
    (clone, goes_on)
}

/// The function that the line calls, those between the line and the allocator, and whether it is reached without a call.
fn path(inlined: &[Frame<'_>], callee: &str) -> (String, Vec<String>, bool) {
    let functions = inlined.iter().rev().map(|frame| demangled(frame.function));
    let mut via: Vec<String> = functions.map(|name| short_function(&name)).collect();
    // The allocator itself is the end of every chain, and says nothing.
    let is_inlined = is_root(callee);
    if !is_inlined || via.is_empty() {
        via.push(short_function(callee));
    }
    let what = via[0].clone();
    via.retain(|name| *name == what || !INNERMOST.iter().any(|start| name.starts_with(start)));
    (what, via, is_inlined)
}

/// The allocator's functions, `__rustc::__rust_alloc` and its kin.
fn is_root(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc"].contains(&last)
}

fn is_allocator(symbol: &Symbol<'_>, of_std: &HashSet<&str>) -> bool {
    if symbol.mangled.contains("__rust_") && is_root(symbol.name()) {
        return true;
    }
    let mut path = plain(symbol.name());
    // A type's own function is `<TYPE>::function` in one mangling, and `TYPE::function` in the other.
    if !path.contains(" as ") {
        path = path.replace(['<', '>'], "");
    }
    !symbol.defined && of_std.contains(path.as_str())
}

/// Calls that stay behind where an allocation is gone: the mark that an allocator is linked, what tells
/// LLVM about lifetimes, and the end of the value.
fn does_nothing(name: &str) -> bool {
    name.starts_with("llvm.") || name.contains("__rust_no_alloc_shim") || is_drop_glue(name)
}

/// What a closing brace runs; a line that only drops is no allocation that its author wrote.
fn is_drop_glue(name: &str) -> bool {
    name.starts_with("core::ptr::drop_in_place")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::sources;

    /// What a function at `src/lib.rs:3` is said to allocate by calling the function of this mangled name.
    fn told(callee: &str) -> Vec<String> {
        let module = format!(
            "define void @own() {{\n  call void @{callee}(), !dbg !3\n}}\n\
             !1 = !DIFile(filename: \"src/lib.rs\", directory: \"/known\")\n\
             !2 = distinct !DISubprogram(name: \"own\", file: !1)\n\
             !3 = !DILocation(line: 3, column: 5, scope: !2)\n"
        );
        let sources = sources([("src/lib.rs", "")]);
        let sites = sites(&Module::parse(&module, &sources));
        sites.into_keys().map(|(_, what)| what).collect()
    }

    #[test]
    fn std_is_known_by_whole_paths() {
        for (callee, what) in [
            ("_RNvCs1_7___rustc12___rust_alloc", "__rustc::__rust_alloc"),
            (
                "_RNvNtNtCs1_5alloc3fmt6format12format_inner",
                "format::format_inner",
            ),
            (
                "_RNvXNtCs1_5alloc6stringNtB2_6StringNtNtCs2_4core5clone5Clone5clone",
                "<String as Clone>::clone",
            ),
            (
                "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h1002a49e49ec7db7E",
                "RawVec::grow_one",
            ),
            (
                "_RNvMs_NtCs1_5alloc7raw_vecINtB4_6RawVechE8grow_one",
                "RawVec::grow_one",
            ),
        ] {
            assert_eq!(told(callee), [what], "{callee}");
        }
        for callee in [
            // What a thread's end is waited for with, and another crate's `push` of a `String`.
            "_RNvMs0_NtNtNtCs1_3std3sys6thread4unixNtB5_6Thread4join",
            "_RNvXCs1_3ownNtNtCs2_5alloc6string6StringNtB2_4Text4push",
            "_RNvNtNtCs1_5other3fmt6format12format_inner",
        ] {
            assert_eq!(told(callee), [""; 0], "{callee}");
        }
    }
}
