//! Which lines of the package's own code allocate on the heap.
//!
//! Every allocation of a compiled function is a call of the allocator (`__rust_alloc` and its kin) in the
//! module's LLVM code; its debug location says through which inlined functions it was reached. An allocation
//! inside a function of std or of a dependency that was compiled into this crate (a generic one) but not
//! inlined is found through the calls of that function. Limits:
//! - A function that is compiled in another crate is not in the module. The ones of std are known by name
//!   ([`ALLOCATING`]); whether one of another dependency allocates is not known, and it is not reported.
//! - A call through a pointer (`dyn`, `fn`) is not followed.
//! - An allocation that is found may still be on a path that is rarely taken, as an error's.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use crate::debug_info::Frame;
use crate::ir::Module;
use crate::names::{demangled, short_function};

/// Functions that std has compiled already and that allocate, by the last name of their path.
const ALLOCATING: [&str; 38] = [
    "_join",
    "_var",
    "_with_extension",
    "box_new_uninit",
    "clone",
    "concat",
    "current_dir",
    "do_reserve_and_handle",
    "exchange_malloc",
    "extend_from_slice",
    "finish_grow",
    "format_inner",
    "from",
    "from_utf8_lossy",
    "grow_amortized",
    "grow_one",
    "insert_str",
    "into_boxed_str",
    "into_owned",
    "join",
    "push",
    "push_str",
    "read_to_string",
    "repeat",
    "replace",
    "reserve",
    "to_lowercase",
    "to_owned",
    "to_path_buf",
    "to_string",
    "to_string_lossy",
    "to_uppercase",
    "to_vec",
    "try_allocate_in",
    "with_capacity",
    "with_capacity_in",
    "write_char",
    "write_str",
];

/// What is the same at the end of every chain, below the collections and boxes.
const INNERMOST: [&str; 5] = [
    "<Global as",
    "Global::",
    "RawVec",
    "alloc::alloc",
    "boxed::box_new_uninit",
];

/// Where an allocation stands in the package's own code, and what allocates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// The function that the line calls: `Box::new`.
    pub what: String,
}

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

/// What a module allocates.
#[derive(Debug, Default)]
pub struct Sites {
    pub places: BTreeMap<Place, Reached>,
}

/// Finds all places; `own` turns the path of a source file into the package's own, if it is one.
pub fn sites(module: &Module<'_>, own: &dyn Fn(&Path) -> Option<String>) -> Sites {
    let names = Names::of(module);
    let mut defined = vec![false; module.symbols.len()];
    for (function, _) in &module.functions {
        defined[*function] = true;
    }
    let mut allocates: Vec<bool> = (0..defined.len())
        .map(|symbol| is_allocator(&names, symbol, defined[symbol]))
        .collect();

    let mut seen = HashSet::new();
    let mut places = BTreeMap::new();
    // A function that was found to allocate makes its callers' calls allocations: until nothing is new.
    loop {
        let mut found = false;
        for (function, calls) in &module.functions {
            for call in calls {
                if !allocates[call.callee] || !seen.insert((function, call.callee, call.location)) {
                    continue;
                }
                let chain = module.debug_info.chain(call.location);
                let (at, goes_on) = own_frame(&chain, own);
                if let Some((at, file)) = at {
                    let (place, mut reached) = site(&chain, at, file, names.get(call.callee));
                    reached.in_clone = goes_on;
                    places.entry(place).or_insert(reached);
                }
                if goes_on && !allocates[*function] && !is_drop_glue(names.get(*function)) {
                    allocates[*function] = true;
                    found = true;
                }
            }
        }
        if !found {
            return Sites { places };
        }
    }
}

/// Lines of own code that still call a function: nothing on them can be said to be gone for good, since a
/// function of another crate may do the allocating now.
pub fn calling(
    module: &Module<'_>,
    own: &dyn Fn(&Path) -> Option<String>,
) -> BTreeSet<(String, u32)> {
    let names = Names::of(module);
    let calls = module.functions.iter().flat_map(|(_, calls)| calls);
    let kept = calls.filter(|call| !does_nothing(names.get(call.callee)));
    let frames = module.debug_info.frames(kept.map(|call| call.location));
    frames
        .iter()
        .filter_map(|frame| Some((own(frame.file)?, frame.line)))
        .collect()
}

/// A module's symbols as paths. Most are never asked for, and to demangle one takes a while.
struct Names<'a> {
    symbols: &'a [&'a str],
    names: Vec<OnceCell<String>>,
}

impl<'a> Names<'a> {
    fn of(module: &'a Module<'_>) -> Self {
        Self {
            symbols: &module.symbols,
            names: vec![OnceCell::new(); module.symbols.len()],
        }
    }

    fn get(&self, symbol: usize) -> &str {
        self.names[symbol].get_or_init(|| demangled(self.symbols[symbol]))
    }
}

/// The innermost frame in the package's own code, and whether the callers' lines are of interest too.
///
/// An own `clone` is both: where it is inlined, the line that clones is the answer; where it is not, its own
/// lines are (a derived one's are the fields), and those of its callers.
fn own_frame(
    chain: &[Frame<'_>],
    own: &dyn Fn(&Path) -> Option<String>,
) -> (Option<(usize, String)>, bool) {
    let mut clone = None;
    let mut goes_on = true;
    for (at, frame) in chain.iter().enumerate() {
        let Some(file) = own(frame.file) else {
            continue;
        };
        let is_clone = demangled(frame.function).ends_with(" as core::clone::Clone>::clone");
        goes_on &= is_clone;
        // Code that LLVM merged from several lines has none; the line that called it may be known.
        if frame.line == 0 {
            continue;
        }
        if !is_clone {
            return (Some((at, file)), false);
        }
        clone = Some((at, file));
    }
    (clone, goes_on)
}

fn site(chain: &[Frame<'_>], at: usize, file: String, callee: &str) -> (Place, Reached) {
    let mut via: Vec<String> = chain[..at]
        .iter()
        .rev()
        .map(|frame| short_function(&demangled(frame.function)))
        .collect();
    // The allocator itself is the end of every chain, and says nothing.
    let inlined = is_root(callee);
    if !inlined || via.is_empty() {
        via.push(short_function(callee));
    }
    let what = via[0].clone();
    via.retain(|name| *name == what || !INNERMOST.iter().any(|start| name.starts_with(start)));
    let frame = &chain[at];
    let place = Place {
        file,
        line: frame.line,
        column: frame.column,
        what,
    };
    let reached = Reached {
        via,
        inlined,
        in_clone: false,
    };
    (place, reached)
}

fn is_root(name: &str) -> bool {
    ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc"]
        .iter()
        .any(|root| last_name(name) == *root)
}

fn is_allocator(names: &Names<'_>, symbol: usize, defined: bool) -> bool {
    if names.symbols[symbol].contains("__rust_") && is_root(names.get(symbol)) {
        return true;
    }
    if defined {
        return false;
    }
    let name = names.get(symbol);
    let path = name.trim_start_matches(['<', '[', '&']);
    let of_std = ["alloc::", "std::", "str>", "str as "]
        .iter()
        .any(|start| path.starts_with(start));
    of_std && ALLOCATING.contains(&last_name(name))
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

/// The last name of a path, without its generics.
fn last_name(path: &str) -> &str {
    let path = path.split("::<").next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
