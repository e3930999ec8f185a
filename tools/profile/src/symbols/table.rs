//! Names of functions from a table of symbols.

use object::{Object as _, ObjectSymbol as _, ObjectSymbolTable as _, SymbolIndex, SymbolKind};

use super::read::ObjectFile;

/// The functions of an object file, by address.
pub(super) struct Table<'a> {
    object: ObjectFile<'a>,
    /// Whether the names are those for the dynamic linker, which are all that a stripped file has.
    dynamic: bool,
    functions: Vec<Function>,
}

struct Function {
    address: u64,
    size: u64,
    symbol: SymbolIndex,
}

impl<'a> Table<'a> {
    pub fn of(object: ObjectFile<'a>) -> Self {
        let mut functions: Vec<_> = object.symbols().filter_map(function).collect();
        let dynamic = functions.is_empty();
        if dynamic {
            functions = object.dynamic_symbols().filter_map(function).collect();
        }
        functions.sort_unstable_by_key(|function| (function.address, function.symbol.0));
        Self {
            object,
            dynamic,
            functions,
        }
    }

    /// The mangled name of the function that an address is in.
    ///
    /// Of several at one address it is the one with the fewest leading underscores: C libraries have `read` beside
    /// `__libc_read`.
    pub fn name(&self, address: u64) -> Option<String> {
        let after = self
            .functions
            .partition_point(|function| function.address <= address);
        let start = self.functions[..after].last()?.address;
        let candidates = self.functions[..after].iter().rev();
        let names = candidates
            .take_while(|function| function.address == start)
            .filter(|function| address - function.address < function.size)
            .filter_map(|function| self.symbol_name(function.symbol));
        names.min_by_key(|name| name.len() - name.trim_start_matches('_').len())
    }

    fn symbol_name(&self, symbol: SymbolIndex) -> Option<String> {
        let table = if self.dynamic {
            self.object.dynamic_symbol_table()
        } else {
            self.object.symbol_table()
        };
        let symbol = table?.symbol_by_index(symbol).ok()?;
        symbol.name().ok().map(str::to_owned)
    }
}

/// A symbol that is a function of this file, and has a size: without one, whatever follows would be taken for it.
fn function<'a>(symbol: impl object::ObjectSymbol<'a>) -> Option<Function> {
    let is_function = symbol.kind() == SymbolKind::Text && symbol.is_definition();
    (is_function && symbol.size() > 0).then(|| Function {
        address: symbol.address(),
        size: symbol.size(),
        symbol: symbol.index(),
    })
}
