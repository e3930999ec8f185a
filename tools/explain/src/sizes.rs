//! How large the package's own types and futures are.
//!
//! `rustc -Zprint-type-sizes` prints every type whose layout the crate needed, with its parts. A type that no
//! compiled code uses, and a generic one that is never used with a type, has no size to print. A generic type
//! is listed once for each type it is used with.

use std::path::Path;

use regex::Regex;
use serde::Serialize;

use crate::items::{At, Declared, Items};
use crate::names::{short_type, without_impl};
use crate::source::Sources;

/// `type: `a::B`: 48 bytes, …` and below it `    field `.name`: 24 bytes`, `    local `.__awaitee`: 2 bytes, type: …`.
const PRINTED: &str = r"^print-type-size +(?<kind>\w+):? `\.?(?<name>.+)`: (?<bytes>\d+) bytes(?:.*, type: (?<of>.*))?";

/// `{async block@steps/01/src/a.rs:10:5: 12:6}`, or of a dependency's block that is generic over an own closure
/// `{async block@<{async closure@steps/01/src/a.rs:10:5: 12:6} as …`.
const BLOCK: &str =
    r"^\{(?<kind>[a-z ]*(?:block|body))@(?:.*@)?(?<file>[^@]+?):(?<line>\d+):\d+: \d+:\d+";

/// A type of the package's own, or the future of one of its async functions or blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Size {
    /// The crate's first file, if nobody knows where it is declared.
    pub file: String,
    pub line: Option<u32>,
    pub name: String,
    pub bytes: u64,
    pub future: bool,
    /// The largest part: a field, a variant, or what a future keeps over an await.
    pub largest: Option<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: String,
    pub bytes: u64,
}

/// Reads what the compiler printed; the largest first.
pub fn sizes(printed: &str, items: &Items, sources: &Sources) -> anyhow::Result<Vec<Size>> {
    let pattern = Regex::new(PRINTED)?;
    let block = Regex::new(BLOCK)?;
    let mut sizes: Vec<Size> = Vec::new();
    let mut in_own = false;
    for line in printed.lines() {
        let is_type = line.starts_with("print-type-size type: ");
        if !is_type && !in_own {
            continue;
        }
        let Some(found) = pattern.captures(line) else {
            continue;
        };
        let (name, bytes) = (&found["name"], found["bytes"].parse()?);
        if is_type {
            let size = own_type(name, bytes, &block, items, sources);
            in_own = size.is_some();
            sizes.extend(size);
        } else if let Some(size) = sizes.last_mut() {
            let part = Part {
                name: match found.name("of") {
                    Some(of) if name == "__awaitee" => awaited(of.as_str().trim()),
                    _ => format!("{} {name}", &found["kind"]),
                },
                bytes,
            };
            // A variant is as large as what it holds, which says more.
            let rank = |part: &Part| (!part.name.starts_with("variant "), part.bytes);
            if size
                .largest
                .as_ref()
                .is_none_or(|known| rank(&part) > rank(known))
            {
                size.largest = Some(part);
            }
        }
    }
    sizes.sort_by(|a, b| {
        let order = b.bytes.cmp(&a.bytes);
        order.then_with(|| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)))
    });
    sizes.dedup();
    Ok(sizes)
}

fn own_type(
    name: &str,
    bytes: u64,
    block: &Regex,
    items: &Items,
    sources: &Sources,
) -> Option<Size> {
    let function = name
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix("()}")?.split_once(" fn body of "));
    let (name, declared, future) = if let Some((kind, path)) = function {
        (
            future_name(kind, path),
            items.find(path),
            kind.contains("async"),
        )
    } else if let Some(found) = block.captures(name) {
        let file = sources.own(Path::new(&found["file"]))?.to_owned();
        let kind = found["kind"].trim_end_matches(" body");
        let at = (file, found["line"].parse().ok()?);
        (kind.to_owned(), Declared::At(at), kind.contains("async"))
    } else if name.starts_with('{') {
        // A closure is no type that its author wrote.
        return None;
    } else {
        (short_type(name), items.find(name), false)
    };
    let at: Option<At> = match declared {
        Declared::At(at) => Some(at),
        Declared::Somewhere => None,
        Declared::Elsewhere => return None,
    };
    let (file, line) = at.map_or((sources.root().to_owned(), None), |(file, line)| {
        (file, Some(line))
    });
    Some(Size {
        file,
        line,
        name,
        bytes,
        future,
        largest: None,
    })
}

/// A function keeps its module, a method has its type; generics are shortened.
fn future_name(kind: &str, path: &str) -> String {
    let path = without_impl(path);
    let (own, generics) = path.split_at(path.find('<').unwrap_or(path.len()));
    format!("{kind} fn {own}{}", short_type(generics))
}

fn awaited(of: &str) -> String {
    let function = of
        .strip_prefix("{async fn body of ")
        .and_then(|rest| rest.strip_suffix("()}"));
    match function {
        Some(path) => format!("the awaited {}", future_name("async", path)),
        None => format!("the awaited {}", short_type(of)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::tests::sources;

    #[test]
    fn the_largest_part_is_what_a_variant_holds() {
        let sources = sources([("src/lib.rs", "")]);
        let span = |line: u8| json!({"filename": "src/lib.rs", "begin": [line, 1]});
        let items = json!({
            "index": {
                "1": {"crate_id": 0, "name": "Owner", "span": span(1), "inner": {"struct": {}}},
                "2": {"crate_id": 0, "name": "large", "span": span(2), "inner": {"function": {}}},
            },
            "paths": {
                "1": {"crate_id": 0, "path": ["known", "Owner"], "kind": "struct"},
                "2": {"crate_id": 0, "path": ["known", "large"], "kind": "function"},
            },
            "external_crates": {"1": {"name": "std"}},
        });
        let items = Items::parse(&items.to_string(), &sources).unwrap();
        let printed = "\
print-type-size type: `Owner`: 48 bytes, alignment: 8 bytes
print-type-size     field `.name`: 24 bytes
print-type-size     field `.tags`: 16 bytes
print-type-size type: `std::Foreign`: 99 bytes, alignment: 8 bytes
print-type-size     field `.name`: 99 bytes
print-type-size type: `{async fn body of large()}`: 20005 bytes, alignment: 1 bytes
print-type-size     discriminant: 1 bytes
print-type-size     variant `Suspend0`: 20004 bytes
print-type-size         local `.first`: 1 bytes
print-type-size         local `.buffer`: 20000 bytes
print-type-size         local `.__awaitee`: 2 bytes, type: {async fn body of pause()}
";
        let told: Vec<String> = sizes(printed, &items, &sources)
            .unwrap()
            .iter()
            .map(|s| {
                let part = s.largest.as_ref().unwrap();
                format!(
                    "{} {} {} {} {}",
                    s.line.unwrap(),
                    s.name,
                    s.bytes,
                    part.name,
                    part.bytes
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "2 async fn large 20005 local buffer 20000",
                "1 Owner 48 field name 24"
            ]
        );
    }
}
