//! How large the package's own types and futures are.
//!
//! `rustc -Zprint-type-sizes` prints every type whose layout the crate needed, with its parts. A type that no
//! compiled code uses, and a generic one that is never used with a type, has no size to print. A generic type
//! is listed once for each type it is used with.

use serde::Serialize;

use crate::names::short_type;
use crate::source::Sources;

/// A type of the package's own, or the future of one of its async functions or blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Size {
    pub file: String,
    pub line: u32,
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
pub fn sizes(printed: &str, sources: &Sources) -> Vec<Size> {
    let mut sizes: Vec<Size> = Vec::new();
    let mut in_own = false;
    for line in printed.lines() {
        let Some(line) = line.strip_prefix("print-type-size ") else {
            continue;
        };
        if let Some(rest) = line.strip_prefix("type: `") {
            let size = own_type(rest, sources);
            in_own = size.is_some();
            sizes.extend(size);
        } else if in_own && let (Some(size), Some(part)) = (sizes.last_mut(), part(line)) {
            // A variant is as large as what it holds, which says more.
            let takes = size.largest.as_ref().is_none_or(|known| {
                match (is_variant(known), is_variant(&part)) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => part.bytes > known.bytes,
                }
            });
            if takes {
                size.largest = Some(part);
            }
        }
    }
    sizes.sort_by(|a, b| {
        let order = b.bytes.cmp(&a.bytes);
        order.then_with(|| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)))
    });
    sizes.dedup();
    sizes
}

fn is_variant(part: &Part) -> bool {
    part.name.starts_with("variant ") || part.name == "discriminant"
}

/// `NAME`: BYTES bytes, alignment: ...
fn own_type(text: &str, sources: &Sources) -> Option<Size> {
    let (name, rest) = text.rsplit_once("`: ")?;
    let bytes = bytes(rest)?;
    let future = [
        ("{async fn body of ", "async fn "),
        ("{async block@", "async block"),
    ]
    .iter()
    .find_map(|(start, kind)| Some((name.strip_prefix(start)?.strip_suffix('}')?, *kind)));
    let (name, at, future) = match future {
        Some((path, "async fn ")) => {
            // The name ends with what would be its arguments.
            let path = path.strip_suffix("()").unwrap_or(path);
            let plain = path.split("::<").next().unwrap_or(path);
            let plain = if plain.is_empty() { path } else { plain };
            (future_name(path), sources.function_at(plain)?.clone(), true)
        }
        Some((place, kind)) => (kind.to_owned(), block_at(place, sources)?, true),
        None => {
            let path = name.split('<').next().unwrap_or(name);
            (short_type(name), sources.type_at(path)?.clone(), false)
        }
    };
    Some(Size {
        file: at.0,
        line: at.1,
        name,
        bytes,
        future,
        largest: None,
    })
}

/// `steps/01/src/a.rs:10:5: 12:6`
fn block_at(place: &str, sources: &Sources) -> Option<(String, u32)> {
    let (file, rest) = place.split_once(".rs:")?;
    let file = format!("{file}.rs");
    let line = rest.split(':').next()?.parse().ok()?;
    let known = sources
        .files
        .iter()
        .find(|known| file == **known || file.ends_with(&format!("/{known}")))?;
    Some((known.clone(), line))
}

/// `    field `.name`: 24 bytes`, `local `.buffer`: 20000 bytes, type: ...`
fn part(line: &str) -> Option<Part> {
    let (kind, rest) = line.trim_start().split_once(" `")?;
    let (name, rest) = rest.split_once("`: ")?;
    let name = name.trim_start_matches('.');
    let kept = match rest.split_once("type: ") {
        Some((_, of)) if name == "__awaitee" => awaited(of.trim()),
        _ => format!("{kind} {name}"),
    };
    Some(Part {
        name: kept,
        bytes: bytes(rest)?,
    })
}

/// A function keeps its module, a method has its type; generics are shortened.
fn future_name(path: &str) -> String {
    let (own, generics) = path.split_at(path.find('<').unwrap_or(path.len()));
    format!("async fn {own}{}", short_type(generics))
}

fn awaited(of: &str) -> String {
    let function = of
        .strip_prefix("{async fn body of ")
        .and_then(|rest| rest.strip_suffix("()}"));
    match function {
        Some(path) => format!("the awaited {}", future_name(path)),
        None => format!("the awaited {}", short_type(of)),
    }
}

fn bytes(text: &str) -> Option<u64> {
    text.split_once(" bytes")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_part_is_what_a_variant_holds() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("src")).unwrap();
        let text = "pub struct Owner {}\npub async fn large() {}\n";
        std::fs::write(dir.path().join("src/lib.rs"), text).unwrap();
        let sources = Sources::read(dir.path()).unwrap();
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
        let told: Vec<String> = sizes(printed, &sources)
            .iter()
            .map(|s| {
                let part = s.largest.as_ref().unwrap();
                format!(
                    "{} {} {} {} {}",
                    s.line, s.name, s.bytes, part.name, part.bytes
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
