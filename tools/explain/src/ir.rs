//! The calls of an LLVM module, read from its text (`--emit=llvm-ir`), of which the wrapper (`wrapper.rs`) keeps the
//! lines that matter here.
//!
//! What is formatted goes to its writer through a pointer, and the writer is named by its table of functions: code of
//! std's that mentions the table is taken for a call of its `write_str`. So `to_string` of any type, and `write!` into a
//! `String`. Elsewhere the table may only be handed on.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::debug_info::{DebugInfo, digits};
use crate::names::demangled;
use crate::source::Sources;

/// How a line begins that goes on with an instruction.
const CONTINUED: &str = "          ";

/// A call that stands in a function's code.
#[derive(Debug)]
pub struct Call {
    /// The index of the called function in [`Module::symbols`].
    pub callee: usize,
    /// The number of its debug location.
    pub location: usize,
    /// Whether the code only mentions the function, as part of a table.
    pub in_table: bool,
}

/// A function that is defined or called.
#[derive(Debug)]
pub struct Symbol<'a> {
    pub mangled: &'a str,
    name: OnceCell<String>,
    /// Whether its code is in the module.
    pub defined: bool,
}

impl Symbol<'_> {
    /// Its path. Most are never asked for, and to demangle one takes a while.
    pub fn name(&self) -> &str {
        self.name.get_or_init(|| demangled(self.mangled))
    }
}

/// Who calls what, and from which lines.
#[derive(Debug, Default)]
pub struct Module<'a> {
    pub symbols: Vec<Symbol<'a>>,
    /// The calls of each defined function, by the function's index in `symbols`.
    pub functions: Vec<(usize, Vec<Call>)>,
    pub debug_info: DebugInfo<'a>,
    /// What the debug information says about the defined functions, by its numbers.
    subprograms: Vec<usize>,
    numbers: HashMap<&'a str, usize>,
    /// The `write_str` in each table of functions that has one.
    writers: HashMap<&'a str, usize>,
}

impl<'a> Module<'a> {
    pub fn parse(text: &'a str, sources: &'a Sources) -> Self {
        let mut module = Self::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with('!') {
                module.debug_info.read(line, sources);
            } else if line.starts_with("define ") {
                if let Some(name) = symbol(line) {
                    let function = module.number(name);
                    module.symbols[function].defined = true;
                    module.functions.push((function, Vec::new()));
                    module.subprograms.extend(location(line));
                }
            } else if line.starts_with('@') {
                if let (Some(table), Some(name)) = (symbol(line), write_str(line)) {
                    let function = module.number(name);
                    module.writers.insert(table, function);
                }
            } else if line.starts_with("  ") {
                // An invoke goes on in the next line, and has its location there.
                let next = lines.peek().filter(|next| next.starts_with(CONTINUED));
                let Some(location) = location(line).or_else(|| location(next?)) else {
                    continue;
                };
                let called = callee(line).map(|name| (module.number(name), false));
                let written = |table| Some((*module.writers.get(table)?, true));
                let callees = called.into_iter().chain(tables(line).find_map(written));
                let calls_of = |(callee, in_table)| Call {
                    callee,
                    location,
                    in_table,
                };
                if let Some((_, calls)) = module.functions.last_mut() {
                    calls.extend(callees.map(calls_of));
                }
            }
        }
        module
    }

    /// How many of the defined functions are from the package's own files.
    pub fn own_functions(&self) -> usize {
        let own = |number: &&usize| self.debug_info.is_own(**number);
        self.subprograms.iter().filter(own).count()
    }

    fn number(&mut self, mangled: &'a str) -> usize {
        *self.numbers.entry(mangled).or_insert_with(|| {
            self.symbols.push(Symbol {
                mangled,
                name: OnceCell::new(),
                defined: false,
            });
            self.symbols.len() - 1
        })
    }
}

/// The function that an instruction calls directly. A call through a pointer names a register instead.
fn callee(line: &str) -> Option<&str> {
    let instruction = line.trim_start();
    let operation = match instruction.split_once(" = ") {
        Some((result, operation)) if result.starts_with('%') => operation,
        _ => instruction,
    };
    let operation = ["tail ", "musttail ", "notail "]
        .iter()
        .find_map(|marker| operation.strip_prefix(marker))
        .unwrap_or(operation);
    let call = operation
        .strip_prefix("call ")
        .or_else(|| operation.strip_prefix("invoke "))?;
    let name = symbol(call)?;
    // LLVM's own markers and arithmetic are no calls.
    (!name.starts_with("llvm.")).then_some(name)
}

/// The first global name, if no register comes before it.
fn symbol(text: &str) -> Option<&str> {
    let at = text.find(['@', '%'])?;
    let name = text[at..].strip_prefix('@')?;
    match name.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => name
            .split(|c: char| !c.is_ascii_alphanumeric() && !"-$._".contains(c))
            .next(),
    }
}

/// How the compiler names the tables of functions behind a `dyn`.
pub const TABLE: &str = "@vtable";

/// The last part of a mangled name, of both kinds.
pub const WRITE_STR: &str = "9write_str";

/// The function in a table, if it is one of a writer's.
fn write_str(line: &str) -> Option<&str> {
    let functions = line.split("ptr ").filter_map(symbol);
    let mut named = functions.filter(|name| name.contains(WRITE_STR));
    named.find(|name| demangled(name).ends_with(" as core::fmt::Write>::write_str"))
}

/// The tables that an instruction mentions.
fn tables(line: &str) -> impl Iterator<Item = &str> {
    let found = line.match_indices(TABLE);
    found.filter_map(|(at, _)| symbol(&line[at..]))
}

fn location(line: &str) -> Option<usize> {
    digits(line.split_once("!dbg !")?.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::sources;

    #[test]
    fn who_mentions_a_writers_functions_calls_write_str() {
        let write_str = "_RNvXsZ_NtCs1_5alloc6stringNtB5_6StringNtNtCs2_4core3fmt5Write9write_str";
        let text = format!(
            "@vtable.0 = private constant <{{ ptr, [16 x i8], ptr, ptr }}> <{{ ptr @drop, [16 x i8] c\"a\", ptr @{write_str}, ptr @b }}>, align 8\n\
             @vtable.1 = private constant <{{ [24 x i8], ptr }}> <{{ [24 x i8] c\"a\", ptr @fmt }}>, align 8\n\
             define void @outer() !dbg !7 {{\n  \
             store ptr @vtable.0, ptr %1, align 8, !dbg !12\n  \
             store ptr @vtable.1, ptr %2, align 8, !dbg !13\n  \
             %3 = call i1 @write(ptr %text, ptr dereferenceable(48) @vtable.0), !dbg !14\n}}\n"
        );
        let sources = sources([]);
        let module = Module::parse(&text, &sources);
        let calls = module.functions[0].1.iter();
        let calls: Vec<(&str, usize)> = calls
            .map(|call| (module.symbols[call.callee].mangled, call.location))
            .collect();
        assert_eq!(calls, [(write_str, 12), ("write", 14), (write_str, 14)]);
    }

    #[test]
    fn direct_calls_are_found_with_their_locations() {
        let sources = sources([]);
        let module = Module::parse(
            "define void @outer(ptr %a) unnamed_addr #0 !dbg !7 {\nstart:\n\
             ; call inner\n  \
             %0 = tail call noundef align 8 ptr @inner(i64 noundef 8) #1, !dbg !12\n  \
             call void %pointer(ptr @inner), !dbg !13\n  \
             tail call void @llvm.lifetime.start.p0(ptr %a), !dbg !14\n  \
             invoke void @\"quoted name\"(ptr %a)\n          to label %b unwind label %c, !dbg !15\n\
             }\n",
            &sources,
        );
        let name = |symbol: usize| module.symbols[symbol].name();
        let (function, calls) = &module.functions[0];
        assert_eq!(name(*function), "outer");
        let calls: Vec<(&str, usize)> = calls
            .iter()
            .map(|call| (name(call.callee), call.location))
            .collect();
        assert_eq!(calls, [("inner", 12), ("quoted name", 15)]);
    }
}
