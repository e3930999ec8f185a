//! The debug information at the end of an LLVM module: from an instruction to the lines it came from.
//!
//! What is read is LLVM's textual metadata (`!12 = !DILocation(line: 7, column: 5, scope: !9, inlinedAt: !11)`,
//! described in LLVM's "Source Level Debugging"). The text format is not stable between LLVM versions; the
//! few fields read here have not changed in many years, and what is not recognised is left out.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use crate::source::{Place, Sources};

/// One function of an inlined chain, and the place in it that was being executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The file below the package's folder; none if it is not the package's own.
    pub file: Option<&'a str>,
    pub line: u32,
    pub column: u32,
    /// The mangled name, or the plain one where there is no other.
    pub function: &'a str,
}

impl Frame<'_> {
    /// Where it stands in the package's own code.
    pub fn place(&self) -> Option<Place> {
        Some(Place {
            file: self.file?.to_owned(),
            line: self.line,
            column: self.column,
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Location {
    line: u32,
    column: u32,
    scope: usize,
    inlined_at: Option<usize>,
}

/// A function has a name; a block in it has the scope around it.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    name: Option<&'a str>,
    around: Option<usize>,
    file: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Node<'a> {
    Location(Location),
    Scope(Scope<'a>),
    File(Option<&'a str>),
    Other,
}

/// The metadata nodes of a module, by their number.
#[derive(Debug, Default)]
pub struct DebugInfo<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> DebugInfo<'a> {
    /// Reads a line of the module; lines that are no numbered metadata are passed over.
    pub fn read(&mut self, line: &'a str, sources: &'a Sources) {
        let Some((number, node)) = numbered(line, sources) else {
            return;
        };
        if self.nodes.len() <= number {
            self.nodes.resize(number + 1, Node::Other);
        }
        self.nodes[number] = node;
    }

    /// The chain of frames of a location: the innermost inlined function first, the compiled one last.
    pub fn chain(&self, location: usize) -> impl Iterator<Item = Frame<'a>> {
        let mut next = Some(location);
        let frames = std::iter::from_fn(move || {
            let &Node::Location(location) = self.nodes.get(next?)? else {
                return None;
            };
            next = location.inlined_at;
            Some(self.frame(location))
        });
        frames.flatten()
    }

    /// Whether this is a function in one of the package's own files.
    pub fn is_own(&self, function: usize) -> bool {
        let Some(Node::Scope(Scope {
            file: Some(file), ..
        })) = self.nodes.get(function)
        else {
            return false;
        };
        matches!(self.nodes.get(*file), Some(Node::File(Some(_))))
    }

    /// Every frame of inlined code, with the frame of the function that it was inlined into.
    pub fn inlined(&self) -> impl Iterator<Item = (Frame<'a>, Frame<'a>)> {
        (0..self.nodes.len()).filter_map(|number| {
            let mut chain = self.chain(number);
            chain.next().zip(chain.next())
        })
    }

    /// A location's frame, if the function around it is known.
    fn frame(&self, location: Location) -> Option<Frame<'a>> {
        let mut number = location.scope;
        // A block may have another file than its function: a macro's.
        let mut of = None;
        loop {
            let &Node::Scope(Scope { name, around, file }) = self.nodes.get(number)? else {
                return None;
            };
            of = of.or(file);
            if let Some(function) = name {
                let &Node::File(file) = self.nodes.get(of?)? else {
                    return None;
                };
                return Some(Frame {
                    file,
                    line: location.line,
                    column: location.column,
                    function,
                });
            }
            number = around?;
        }
    }
}

/// `!12 = distinct !KIND(FIELDS)`
fn numbered<'a>(line: &'a str, sources: &'a Sources) -> Option<(usize, Node<'a>)> {
    let (number, node) = line.strip_prefix('!')?.split_once(" = ")?;
    let node = node.strip_prefix("distinct ").unwrap_or(node);
    let (kind, fields) = node.strip_prefix('!')?.split_once('(')?;
    let node = match kind {
        "DILocation" => Node::Location(Location {
            line: digits(field(fields, "line").unwrap_or("0"))?,
            column: digits(field(fields, "column").unwrap_or("0"))?,
            scope: reference(fields, "scope")?,
            inlined_at: reference(fields, "inlinedAt"),
        }),
        "DISubprogram" => Node::Scope(Scope {
            name: Some(text(fields, "linkageName").or_else(|| text(fields, "name"))?),
            around: None,
            file: reference(fields, "file"),
        }),
        "DILexicalBlock" | "DILexicalBlockFile" => Node::Scope(Scope {
            name: None,
            around: Some(reference(fields, "scope")?),
            file: reference(fields, "file"),
        }),
        "DIFile" => {
            let folder = unescaped(text(fields, "directory").unwrap_or_default());
            let file = unescaped(text(fields, "filename")?);
            Node::File(sources.own(&Path::new(&folder).join(file)))
        }
        _ => return None,
    };
    Some((number.parse().ok()?, node))
}

/// What follows `NAME: `, where that stands at the beginning or after a comma.
fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.match_indices(name).find_map(|(at, _)| {
        let starts = at == 0 || fields[..at].ends_with(", ");
        let value = fields[at + name.len()..].strip_prefix(": ")?;
        starts.then_some(value)
    })
}

/// The number that a text begins with.
pub fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text[..end.unwrap_or(text.len())].parse().ok()
}

fn reference(fields: &str, name: &str) -> Option<usize> {
    digits(field(fields, name)?.strip_prefix('!')?)
}

fn text<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    field(fields, name)?.strip_prefix('"')?.split('"').next()
}

/// A text in which LLVM has put `\C3\A9` for bytes that are no printable characters of ASCII's, and two backslashes for one.
fn unescaped(text: &str) -> OsString {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = || u8::from_str_radix(str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        let (byte, length) = match (first, after.first()) {
            (b'\\', Some(b'\\')) => (first, 2),
            (b'\\', _) => code().map_or((first, 1), |code| (code, 3)),
            _ => (first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::sources;

    #[test]
    fn what_llvm_escapes_is_read_back() {
        for (text, plain) in [
            ("/gr\\C3\\B6\\C3\\9Fe", "/größe"),
            ("a\\22b\\\\22\\", "a\"b\\22\\"),
        ] {
            assert_eq!(unescaped(text), plain);
        }
    }

    #[test]
    fn a_chain_goes_from_the_inlined_function_to_the_compiled_one() {
        let sources = sources([("src/lib.rs", "")]);
        let mut info = DebugInfo::default();
        for line in [
            "define void @f() {",
            "!1 = !DIFile(filename: \"src/lib.rs\", directory: \"/known\", checksumkind: CSK_MD5)",
            "!2 = !DIFile(filename: \"library/alloc/src/boxed.rs\", directory: \"/rustc/1\")",
            "!3 = distinct !DISubprogram(name: \"outer\", linkageName: \"_Router\", scope: !9, file: !1, line: 1)",
            "!4 = distinct !DISubprogram(name: \"new\", scope: !9, file: !2, line: 280)",
            "!5 = distinct !DILexicalBlock(scope: !3, file: !1, line: 6, column: 3)",
            "!6 = distinct !DILocation(line: 7, column: 5, scope: !5)",
            "!7 = !DILocation(line: 286, column: 19, scope: !4, inlinedAt: !6)",
        ] {
            info.read(line, &sources);
        }
        let chain: Vec<_> = info.chain(7).collect();
        let new = Frame {
            file: None,
            line: 286,
            column: 19,
            function: "new",
        };
        let outer = Frame {
            file: Some("src/lib.rs"),
            line: 7,
            column: 5,
            function: "_Router",
        };
        assert_eq!(chain, [new, outer]);
        assert_eq!(info.inlined().collect::<Vec<_>>(), [(new, outer)]);
        assert_eq!(info.chain(99).count(), 0);
    }
}
