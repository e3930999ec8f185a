//! The debug information at the end of an LLVM module: from an instruction to the lines it came from.
//!
//! What is read is LLVM's textual metadata (`!12 = !DILocation(line: 7, column: 5, scope: !9, inlinedAt: !11)`,
//! described in LLVM's "Source Level Debugging"). The text format is not stable between LLVM versions; the
//! few fields read here have not changed in many years, and what is not recognised is left out.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// One function of an inlined chain, and the place in it that was being executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    pub file: &'a Path,
    pub line: u32,
    pub column: u32,
    /// The mangled name, or the plain one where there is no other.
    pub function: &'a str,
}

#[derive(Debug)]
enum Node<'a> {
    Location {
        line: u32,
        column: u32,
        scope: usize,
        inlined_at: Option<usize>,
    },
    Function {
        name: &'a str,
        file: Option<usize>,
    },
    Block {
        scope: usize,
        file: Option<usize>,
    },
    File(PathBuf),
    Other,
}

/// The metadata nodes of a module, by their number: each one's text, and what it says.
///
/// A module has hundreds of thousands, of which few are asked for. Those are parsed when they are.
#[derive(Debug, Default)]
pub struct DebugInfo<'a> {
    nodes: Vec<(&'a str, OnceCell<Node<'a>>)>,
}

impl<'a> DebugInfo<'a> {
    /// Reads a line of the module; lines that are no numbered metadata are passed over.
    pub fn read(&mut self, line: &'a str) {
        let Some((number, node)) = line.strip_prefix('!').and_then(|l| l.split_once(" = ")) else {
            return;
        };
        let Ok(number) = number.parse::<usize>() else {
            return;
        };
        if self.nodes.len() <= number {
            self.nodes.resize_with(number + 1, Default::default);
        }
        self.nodes[number].0 = node;
    }

    /// The chain of frames of a location: the innermost inlined function first, the compiled one last.
    pub fn chain(&self, location: usize) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        let mut next = Some(location);
        while let Some((frame, inlined_at)) = next.and_then(|number| self.location(number)) {
            frames.extend(frame);
            next = inlined_at;
        }
        frames
    }

    /// All frames of these locations, each once.
    pub fn frames(&self, locations: impl Iterator<Item = usize>) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        for location in locations {
            let mut next = Some(location);
            while let Some(number) = next
                && let Some((frame, inlined_at)) = self.location(number)
                && !std::mem::replace(&mut seen[number], true)
            {
                frames.extend(frame);
                next = inlined_at;
            }
        }
        frames
    }

    /// Every frame of inlined code, with the frame of the function that it was inlined into.
    pub fn inlined(&self) -> impl Iterator<Item = (Frame<'_>, Frame<'_>)> {
        (0..self.nodes.len()).filter_map(|number| {
            let text = self.nodes[number].0;
            let text = text.strip_prefix("distinct ").unwrap_or(text);
            if !text.starts_with("!DILocation") {
                return None;
            }
            let (callee, inlined_at) = self.location(number)?;
            let (caller, _) = self.location(inlined_at?)?;
            Some((callee?, caller?))
        })
    }

    /// A location's frame, if its function is known, and where that was inlined.
    fn location(&self, number: usize) -> Option<(Option<Frame<'_>>, Option<usize>)> {
        let &Node::Location {
            line,
            column,
            scope,
            inlined_at,
        } = self.node(number)?
        else {
            return None;
        };
        let frame = self.scope(scope).map(|(function, file)| Frame {
            file,
            line,
            column,
            function,
        });
        Some((frame, inlined_at))
    }

    fn node(&self, number: usize) -> Option<&Node<'a>> {
        let (text, node) = self.nodes.get(number)?;
        Some(node.get_or_init(|| parse(text.strip_prefix("distinct ").unwrap_or(text))))
    }

    /// The function around a scope, and the file of the scope itself: a macro's may differ from the function's.
    fn scope(&self, mut scope: usize) -> Option<(&str, &Path)> {
        let mut place = None;
        loop {
            let file = match self.node(scope)? {
                Node::Function { file, .. } | Node::Block { file, .. } => *file,
                _ => return None,
            };
            place = place.or(file);
            match self.node(scope)? {
                Node::Function { name, .. } => {
                    let Node::File(path) = self.node(place?)? else {
                        return None;
                    };
                    return Some((name, path));
                }
                Node::Block { scope: outer, .. } => scope = *outer,
                _ => return None,
            }
        }
    }
}

fn parse(node: &str) -> Node<'_> {
    let Some((kind, fields)) = node.strip_prefix('!').and_then(|n| n.split_once('(')) else {
        return Node::Other;
    };
    let parsed = match kind {
        "DILocation" => location(fields),
        "DISubprogram" => text(fields, "linkageName")
            .or_else(|| text(fields, "name"))
            .map(|name| Node::Function {
                name,
                file: reference(fields, "file"),
            }),
        "DILexicalBlock" | "DILexicalBlockFile" => {
            reference(fields, "scope").map(|scope| Node::Block {
                scope,
                file: reference(fields, "file"),
            })
        }
        "DIFile" => text(fields, "filename").map(|name| {
            let directory = text(fields, "directory").unwrap_or_default();
            Node::File(Path::new(directory).join(name))
        }),
        _ => None,
    };
    parsed.unwrap_or(Node::Other)
}

fn location(fields: &str) -> Option<Node<'static>> {
    Some(Node::Location {
        line: number(fields, "line").unwrap_or(0),
        column: number(fields, "column").unwrap_or(0),
        scope: reference(fields, "scope")?,
        inlined_at: reference(fields, "inlinedAt"),
    })
}

/// What follows `NAME: `, where that stands at the beginning or after a comma.
fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.match_indices(name).find_map(|(at, _)| {
        let starts = at == 0 || fields[..at].ends_with(", ");
        let value = fields[at + name.len()..].strip_prefix(": ")?;
        starts.then_some(value)
    })
}

fn number(fields: &str, name: &str) -> Option<u32> {
    let value = field(fields, name)?;
    let end = value.find(|c: char| !c.is_ascii_digit())?;
    value[..end].parse().ok()
}

fn reference(fields: &str, name: &str) -> Option<usize> {
    let value = field(fields, name)?.strip_prefix('!')?;
    let end = value.find(|c: char| !c.is_ascii_digit())?;
    value[..end].parse().ok()
}

fn text<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    field(fields, name)?.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_goes_from_the_inlined_function_to_the_compiled_one() {
        let mut info = DebugInfo::default();
        for line in [
            "define void @f() {",
            "!1 = !DIFile(filename: \"src/lib.rs\", directory: \"/crate\", checksumkind: CSK_MD5)",
            "!2 = !DIFile(filename: \"library/alloc/src/boxed.rs\", directory: \"/rustc/1\")",
            "!3 = distinct !DISubprogram(name: \"outer\", linkageName: \"_Router\", scope: !9, file: !1, line: 1)",
            "!4 = distinct !DISubprogram(name: \"new\", scope: !9, file: !2, line: 280)",
            "!5 = distinct !DILexicalBlock(scope: !3, file: !1, line: 6, column: 3)",
            "!6 = distinct !DILocation(line: 7, column: 5, scope: !5)",
            "!7 = !DILocation(line: 286, column: 19, scope: !4, inlinedAt: !6)",
        ] {
            info.read(line);
        }
        let chain = info.chain(7);
        assert_eq!(chain.len(), 2);
        assert_eq!(chain[0].function, "new");
        assert_eq!(
            chain[0].file,
            Path::new("/rustc/1/library/alloc/src/boxed.rs")
        );
        assert_eq!(
            chain[1],
            Frame {
                file: Path::new("/crate/src/lib.rs"),
                line: 7,
                column: 5,
                function: "_Router"
            }
        );
        assert_eq!(info.chain(99), []);
    }
}
