//! Which functions of the standard library allocate: those from whose compiled code a call leads to the allocator.
//!
//! The libraries that the compiler brings (`rustc --print target-libdir`) are machine code. Who calls whom stands in
//! the relocations, which name the functions that the linker has to fill in. Calls through pointers (`dyn`) have none.
//! Not followed is what happens when something is wrong, at the end of a value, and once for a whole process: hardly any
//! function of std would be left that does not allocate.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SymbolKind};

use crate::ir::Symbol;
use crate::names::{demangled, plain};

/// Functions, by how their paths begin, that do not count although the allocator can be reached from them.
const NEVER: [&str; 10] = [
    // Panics, and what cannot go on.
    "core::panicking::",
    "std::panicking::",
    "__rustc::rust_begin_unwind",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::handle_error",
    "std::backtrace::Backtrace>::capture",
    // The end of values.
    "core::ptr::drop_in_place::",
    // The first call of all.
    "std::sync::once::Once>::call",
    "std::thread::current::init_current",
    // A path of more than 384 bytes is copied to the heap, where it can end in a zero.
    "std::sys::helpers::small_c_string::run_with_cstr_allocating",
];

/// Functions, by how their paths begin, that allocate, and that std calls when something is wrong.
const TROUBLE: [&str; 2] = ["std::io::error::Error", "std::backtrace::"];

/// The allocator's functions, `__rustc::__rust_alloc` and its kin.
pub fn is_allocator(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc"].contains(&last)
}

/// Who calls whom, by mangled names.
#[derive(Debug, Default)]
struct Calls {
    numbers: HashMap<String, usize>,
    callers: Vec<Vec<usize>>,
}

impl Calls {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.callers.len();
        self.callers.push(Vec::new());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// Reads an object file. What is no object file, as a library's metadata, calls nobody.
    fn read(&mut self, data: &[u8]) -> object::Result<()> {
        let object = object::File::parse(data)?;
        // The functions of each section, by their addresses.
        let mut functions: HashMap<_, Vec<(u64, usize)>> = HashMap::new();
        for symbol in object.symbols() {
            if let (SymbolKind::Text, Some(section)) = (symbol.kind(), symbol.section_index()) {
                let number = self.number(symbol.name()?);
                functions
                    .entry(section)
                    .or_default()
                    .push((symbol.address(), number));
            }
        }
        for list in functions.values_mut() {
            list.sort_unstable();
        }
        for section in object.sections() {
            let Some(list) = functions.get(&section.index()) else {
                continue;
            };
            for (at, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    continue;
                };
                let symbol = object.symbol_by_index(symbol)?;
                let callee = match symbol.kind() {
                    // A function that only this file knows; each has a section.
                    SymbolKind::Section => {
                        let section = symbol
                            .section_index()
                            .and_then(|index| functions.get(&index));
                        section.map(|list| list[0].1)
                    }
                    SymbolKind::Data | SymbolKind::Tls => None,
                    _ => Some(self.number(symbol.name()?)),
                };
                let Some(callee) = callee else { continue };
                let caller =
                    list.partition_point(|(address, _)| *address <= section.address() + at);
                let Some(&(address, _)) = list[..caller].last() else {
                    continue;
                };
                // One piece of code may have several names.
                for (_, caller) in list[..caller]
                    .iter()
                    .rev()
                    .take_while(|one| one.0 == address)
                {
                    self.callers[callee].push(*caller);
                }
            }
        }
        Ok(())
    }
}

/// The functions that allocate.
#[derive(Debug, Default)]
pub struct Allocating {
    mangled: HashSet<String>,
    /// Without generics. A dependency may have compiled one for a type of its own, and have it called by others.
    paths: HashSet<String>,
}

impl Allocating {
    pub fn has(&self, symbol: &Symbol<'_>) -> bool {
        !symbol.defined
            && (self.mangled.contains(symbol.mangled) || self.paths.contains(&path(symbol.name())))
    }
}

/// A type's own function is `<TYPE>::function` in one mangling, and `TYPE::function` in the other.
fn path(name: &str) -> String {
    let path = plain(name);
    if path.contains(" as ") {
        path
    } else {
        path.replace(['<', '>'], "")
    }
}

/// What allocates in the libraries of this folder.
pub fn allocating(folder: &Path) -> anyhow::Result<Allocating> {
    let mut calls = Calls::default();
    for entry in fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "rlib")
        {
            let data =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let archive = ArchiveFile::parse(&*data)?;
            for member in archive.members() {
                let member = member?;
                // The other members are metadata.
                if member.name().ends_with(b".o") {
                    let read = calls.read(member.data(&*data)?);
                    read.with_context(|| format!("cannot read the code in {}", path.display()))?;
                }
            }
        }
    }
    let mut names: Vec<&str> = vec![""; calls.callers.len()];
    for (name, number) in &calls.numbers {
        names[*number] = name;
    }
    let mut allocating = vec![false; names.len()];
    // Most names are not asked for, and to demangle one takes a while.
    let is_root = |name: &str| name.contains("__rust_") && is_allocator(&demangled(name));
    let mut found: Vec<usize> = (0..names.len())
        .filter(|&number| is_root(names[number]))
        .collect();
    if found.is_empty() {
        bail!(
            "nothing calls the allocator in the libraries of {}",
            folder.display()
        );
    }
    while let Some(function) = found.pop() {
        let path = demangled(names[function]);
        let begins_with = |starts: &[&str]| {
            let path = path.trim_start_matches('<');
            starts.iter().any(|start| path.starts_with(start))
        };
        if allocating[function] || begins_with(&NEVER) {
            continue;
        }
        allocating[function] = true;
        if !begins_with(&TROUBLE) {
            found.extend(&calls.callers[function]);
        }
    }
    let all = names.into_iter().zip(allocating);
    let found = all.filter(|(_, allocating)| *allocating);
    let mangled: HashSet<String> = found.map(|(name, _)| name.to_owned()).collect();
    let paths = mangled.iter().map(|name| path(&demangled(name))).collect();
    Ok(Allocating { mangled, paths })
}
