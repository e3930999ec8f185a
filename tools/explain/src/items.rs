//! What the crate declares, and where: rustdoc's JSON, which has macros expanded and modules found.
//!
//! The compiler names types and async functions by their paths, as a reader would: `rooms::Room`, `Room::read`,
//! `<Room as Named>::name`. The format of the JSON has a new version with almost every compiler; the fields read here
//! have been the same for years.

mod paths;
mod rustdoc;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use serde_json::Value;

use crate::names::{plain, short_type};
use crate::source::Sources;
use paths::{implemented, joined, segments};
use rustdoc::{Crate, Impl, Inner};

/// File and line.
pub type At = (String, u32);

/// Where the compiler's name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    At(At),
    /// In the crate, at a place that is not known, as where a macro hides it.
    Somewhere,
    /// In another crate, or in code that nobody wrote.
    Elsewhere,
}

#[derive(Debug, Default)]
pub struct Items {
    /// Types, and functions with those of types and traits, by their paths in the crate.
    declared: HashMap<String, At>,
    /// The functions of `impl TRAIT for TYPE`, by their own names.
    in_impls: HashMap<String, Vec<InImpl>>,
    /// The types and functions in files that a build script has written, by their paths in the crate.
    generated: HashSet<String>,
    crates: HashSet<String>,
}

#[derive(Debug)]
struct InImpl {
    at: At,
    /// The type, if it is one with a name.
    of: Option<String>,
    of_trait: String,
    /// All names in the trait and the type.
    words: HashSet<String>,
}

impl InImpl {
    fn new(at: At, of_trait: &Value, of: &Value) -> Self {
        let mut words = HashSet::new();
        names(of_trait, &mut words);
        names(of, &mut words);
        let name = |path: Option<&Value>| Some(last(path?.as_str()?).to_owned());
        Self {
            at,
            of: name(of.pointer("/resolved_path/path")),
            of_trait: name(of_trait.get("path")).unwrap_or_default(),
            words,
        }
    }
}

impl Items {
    pub fn parse(json: &str, sources: &Sources) -> anyhow::Result<Self> {
        let all: Crate = serde_json::from_str(json)
            .context("rustdoc says what this version of cargo explain cannot read")?;
        let mut items = Self::default();
        items
            .crates
            .extend(all.external_crates.values().map(|one| one.name.clone()));
        // What a test is run with is there for rustc alone.
        items.crates.insert("test".to_owned());
        let at = |id: &str| {
            let span = all.index.get(id)?.span.as_ref()?;
            Some((sources.own(&span.filename)?.to_owned(), span.begin.0))
        };
        let is_generated = |id: &str| {
            let span = all.index.get(id).and_then(|item| item.span.as_ref());
            span.is_some_and(|span| sources.generated.contains(&span.filename))
        };
        let own_path = |id: &str| {
            let summary = all.paths.get(id).filter(|one| one.crate_id == 0)?;
            Some(summary.path.get(1..)?.join("::"))
        };
        let function = |id: &Value| {
            let id = id.to_string();
            let item = all.index.get(&id)?;
            item.inner.function?;
            Some((item.name.clone()?, at(&id)?))
        };
        for (id, summary) in &all.paths {
            let is_named = ["struct", "enum", "union", "function"].contains(&summary.kind.as_str());
            let (true, Some(path)) = (is_named, own_path(id)) else {
                continue;
            };
            if let Some(at) = at(id) {
                items.declared.entry(path).or_insert(at);
            } else if is_generated(id) {
                items.generated.insert(path);
            }
        }
        for (id, item) in all.index.iter().filter(|(_, item)| item.crate_id == 0) {
            let Inner {
                r#impl,
                r#trait,
                extern_crate,
                ..
            } = &item.inner;
            // `extern crate serde_core as serde;`
            items
                .crates
                .extend(extern_crate.iter().filter_map(|one| one.rename.clone()));
            let of = r#impl
                .as_ref()
                .and_then(|one| own_path(&one.r#for.pointer("/resolved_path/id")?.to_string()));
            let inherent = r#impl
                .iter()
                .filter(|one| one.r#trait.is_none())
                .flat_map(|one| &one.items);
            let members = r#trait.iter().flat_map(|one| &one.items).chain(inherent);
            if let Some(of) = of.or_else(|| own_path(id)) {
                for (name, at) in members.filter_map(function) {
                    items.declared.entry(format!("{of}::{name}")).or_insert(at);
                }
            }
            if let Some(Impl {
                items: members,
                r#trait: Some(of_trait),
                r#for,
            }) = r#impl
            {
                for (name, at) in members.iter().filter_map(function) {
                    let one = InImpl::new(at, of_trait, r#for);
                    items.in_impls.entry(name).or_default().push(one);
                }
            }
        }
        Ok(items)
    }

    /// Where this type or function is declared; if it is inside of a function, where that one is.
    pub fn find(&self, printed: &str) -> Declared {
        let segments = segments(printed);
        for end in (1..=segments.len()).rev() {
            if let Some(at) = self.exactly(&segments[..end]) {
                return Declared::At(at.clone());
            }
            if self.generated.contains(&joined(&segments[..end])) {
                return Declared::Elsewhere;
            }
        }
        // All impls of the crate's own are known. Derived code is in a constant without a name, and what it declares
        // begins with two underscores.
        let is_hidden = |one: &&str| one.starts_with('<') || *one == "_" || one.starts_with("__");
        let first = segments
            .first()
            .map_or("", |first| first.split('<').next().unwrap_or_default());
        if segments.iter().any(is_hidden) || self.crates.contains(first) {
            Declared::Elsewhere
        } else {
            Declared::Somewhere
        }
    }

    fn exactly(&self, segments: &[&str]) -> Option<&At> {
        let (name, before) = segments.split_last()?;
        let Some((kind, of_trait)) = before.last().and_then(|last| implemented(last)) else {
            return self.declared.get(&joined(segments));
        };
        let (name, plain_kind) = (plain(name), plain(kind));
        let Some(of_trait) = of_trait else {
            return self.declared.get(&format!("{plain_kind}::{name}"));
        };
        let plain_trait = plain(of_trait);
        let candidates = self.in_impls.get(&name).into_iter().flatten();
        let fitting = candidates.filter(|one| {
            let is_of = |of: &String| of == last(&plain_kind);
            one.of_trait == last(&plain_trait) && one.of.as_ref().is_none_or(is_of)
        });
        let printed = words(&format!("{kind} {of_trait}"));
        let best = fitting.max_by_key(|one| {
            let common = one.words.intersection(&printed).count();
            (common, Reverse(one.words.len()))
        });
        best.map(|one| &one.at)
    }
}

/// The last names of all paths in a trait or a type, its generics too.
fn names(of: &Value, into: &mut HashSet<String>) {
    match of {
        Value::Array(values) => values.iter().for_each(|value| names(value, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if ["path", "primitive"].contains(&name.as_str()) => {
                        into.insert(last(text).to_owned());
                    }
                    _ => names(value, into),
                }
            }
        }
        _ => {}
    }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

fn words(printed: &str) -> HashSet<String> {
    let short = short_type(printed);
    let words = short.split(|c: char| !c.is_alphanumeric() && c != '_');
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::tests::sources;

    /// What rustdoc says of `src/lib.rs`, in which each item has a line of its own.
    fn items() -> Items {
        let item = |line: u32, name: &str, inner: Value| json!({"crate_id": 0, "name": name, "span": {"filename": "src/lib.rs", "begin": [line, 1]}, "inner": inner});
        let function = |line, name| item(line, name, json!({"function": {}}));
        let of_type = |name: &str, id: u32| json!({"resolved_path": {"path": name, "id": id}});
        let implemented = |of_trait: Value, kind: Value, member: u32| json!({"crate_id": 0, "name": null, "span": null, "inner": {"impl": {"items": [member], "trait": of_trait, "for": kind}}});
        let path = |path: &[&str], kind: &str| json!({"crate_id": 0, "path": path, "kind": kind});
        let from = |of: &str| json!({"path": "From", "args": {"type": {"resolved_path": {"path": of, "id": 90}}}});
        let json = json!({
            "index": {
                "1": item(1, "Error", json!({"enum": {}})),
                "2": implemented(Value::Null, of_type("Error", 1), 3),
                "3": function(3, "text"),
                "4": implemented(from("io::Error"), of_type("Error", 1), 5),
                "5": function(5, "from"),
                "6": implemented(from("Utf8Error"), of_type("Error", 1), 7),
                "7": function(7, "from"),
                "8": function(8, "outer"),
                "9": item(9, "serde", json!({"extern_crate": {"name": "serde_core", "rename": "serde"}})),
            },
            "paths": {
                "1": path(&["known", "error", "Error"], "enum"),
                "8": path(&["known", "outer"], "function"),
            },
            "external_crates": {"1": {"name": "std"}},
        });
        Items::parse(&json.to_string(), &sources([("src/lib.rs", "")])).unwrap()
    }

    #[test]
    fn the_compilers_names_lead_to_declarations() {
        let items = items();
        for (printed, line) in [
            ("error::Error", 1),
            ("error::Error::text", 3),
            ("other::<impl error::Error>::text", 3),
            (
                "<error::Error as std::convert::From<std::io::Error>>::from",
                5,
            ),
            (
                "error::<impl std::convert::From<std::str::Utf8Error> for error::Error>::from",
                7,
            ),
            (
                "<error::Error as std::convert::From<std::str::Utf8Error>>::from::Local<u8>",
                7,
            ),
            ("outer::{closure#0}::Local", 8),
            ("outer::<fn(u8) -> u8>::Local", 8),
        ] {
            let at = ("src/lib.rs".to_owned(), line);
            assert_eq!(items.find(printed), Declared::At(at), "{printed}");
        }
        for printed in [
            "std::boxed::Box<error::Error>",
            "serde::de::Unexpected",
            "std::boxed::<impl std::convert::From<std::string::String> for std::boxed::Box<dyn std::error::Error>>::from::StringError",
            "<T as std::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec::DropGuard<u8>",
            "_::<impl serde::Deserialize<'de> for error::Error>::deserialize::__Visitor",
        ] {
            assert_eq!(items.find(printed), Declared::Elsewhere, "{printed}");
        }
        assert_eq!(items.find("hidden::Type<u8>"), Declared::Somewhere);
    }
}
