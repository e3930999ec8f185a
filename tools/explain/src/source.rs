//! What the package's source files declare, and on which line.
//!
//! The compiler names types and async functions without the place of their declaration. They are found by
//! a look at the beginnings of lines, which a formatted source makes reliable; what a macro declares, or what
//! stands in an inline module, is not found, and its size is not reported.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use regex::Regex;
use serde::Serialize;

use crate::package::Package;

/// A place in the package's own code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file's path below the package's folder.
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A package's source files, and what they declare.
#[derive(Debug)]
pub struct Sources {
    /// Both absolute.
    dir: PathBuf,
    workspace: PathBuf,
    /// The files' texts, by their paths below the package's folder.
    texts: BTreeMap<String, String>,
    /// A type or a function at the beginning of a line.
    declaration: Regex,
    /// File and line of `error::Error` and `auth::sign_up`.
    declared: HashMap<String, (String, u32)>,
}

impl Sources {
    /// Reads all `.rs` files of the package, but not those of packages inside it, nor what was built.
    pub fn read(package: &Package) -> anyhow::Result<Self> {
        let mut texts = BTreeMap::new();
        read_folder(&package.dir, &package.dir, &mut texts)?;
        Self::new(&package.dir, &package.workspace, texts)
    }

    fn new(dir: &Path, workspace: &Path, texts: BTreeMap<String, String>) -> anyhow::Result<Self> {
        let declaration = Regex::new(
            r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|union|(?:async\s+)?(?:unsafe\s+)?(fn))\s+(\w+)",
        )?;
        let mut declared = HashMap::new();
        for (file, text) in &texts {
            let module = module(file);
            for (line, number) in text.lines().zip(1..) {
                if let Some(captures) = declaration.captures(line) {
                    let path = format!("{module}{}", &captures[2]);
                    let place = (file.clone(), number);
                    declared.entry(path).or_insert(place);
                }
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            workspace: workspace.to_owned(),
            texts,
            declaration,
            declared,
        })
    }

    /// The paths of all files below the package's folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The path below the package's folder, if the file is the package's own. The folder may have other packages in
    /// it, and code that was generated. Rustc gives paths that are not absolute from the workspace's folder.
    pub fn own(&self, file: &Path) -> Option<&str> {
        let file = self.workspace.join(file);
        let own = file.strip_prefix(&self.dir).ok()?.to_str()?;
        Some(self.texts.get_key_value(own)?.0)
    }

    /// File and line where a type is declared, by its path in the crate.
    pub fn type_at(&self, path: &str) -> Option<&(String, u32)> {
        self.declared.get(path)
    }

    /// Where a function is declared. A method's path goes over its type; then the type's module is meant.
    pub fn function_at(&self, path: &str) -> Option<&(String, u32)> {
        self.declared.get(path).or_else(|| {
            let (of, name) = path.rsplit_once("::")?;
            let of = of.split(['<', '>']).find(|part| !part.is_empty())?;
            match of.rsplit_once("::") {
                Some((module, _)) => self.declared.get(&format!("{module}::{name}")),
                None => self.declared.get(name),
            }
        })
    }

    /// The name of the function whose declaration is the last one before this place.
    pub fn function_around(&self, place: &Place) -> Option<&str> {
        let lines = self.texts.get(&place.file)?.lines();
        let before: Vec<&str> = lines.take(usize::try_from(place.line).ok()?).collect();
        before.into_iter().rev().find_map(|line| {
            let captures = self.declaration.captures(line)?;
            captures.get(1)?;
            Some(captures.get(2)?.as_str())
        })
    }

    /// The trait that is derived at this place.
    pub fn derived(&self, place: &Place) -> Option<&str> {
        let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let text = self.texts.get(&place.file)?.lines().nth(line)?;
        if !text.trim_start().starts_with("#[derive(") {
            return None;
        }
        let from = text.get(usize::try_from(place.column).ok()?.checked_sub(1)?..)?;
        let end = from.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')?;
        (end > 0).then_some(&from[..end])
    }
}

fn read_folder(
    root: &Path,
    folder: &Path,
    texts: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            let hidden = path
                .file_name()
                .is_some_and(|name| name == "target" || name.to_string_lossy().starts_with('.'));
            if !hidden && !path.join("Cargo.toml").exists() {
                read_folder(root, &path, texts)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let file = path.strip_prefix(root).unwrap_or(&path);
            texts.insert(file.display().to_string(), text);
        }
    }
    Ok(())
}

/// What stands before the names of a file: `a::b::` in `src/a/b.rs` and `src/a/b/mod.rs`, and nothing in a target's
/// root.
fn module(file: &str) -> String {
    let Some(inner) = file.strip_prefix("src/") else {
        return String::new();
    };
    let inner = inner.trim_end_matches(".rs").trim_end_matches("/mod");
    match inner {
        "lib" | "main" => String::new(),
        _ if inner.starts_with("bin/") => String::new(),
        _ => inner.replace('/', "::") + "::",
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The sources of a package in `/known`, which is a workspace of its own.
    pub fn sources<const N: usize>(texts: [(&str, &str); N]) -> Sources {
        let texts = texts.map(|(file, text)| (file.to_owned(), text.to_owned()));
        let dir = Path::new("/known");
        Sources::new(dir, dir, BTreeMap::from(texts)).unwrap()
    }

    #[test]
    fn declarations_are_found_by_their_path() {
        let rooms = "src/rooms/mod.rs";
        let text = "use x;\n#[derive(Debug, Clone)]\npub(crate) struct Room<T> {\n    a: T,\n}\n\nimpl Room {\n    pub async fn read() {}\n}\nenum Kind {}\n";
        let sources = sources([(rooms, text), ("src/lib.rs", "fn start() {}\n")]);
        let at = |line| Some((rooms.to_owned(), line));
        assert_eq!(sources.type_at("rooms::Room").cloned(), at(3));
        assert_eq!(sources.type_at("rooms::Kind").cloned(), at(10));
        assert_eq!(sources.type_at("Room"), None);
        assert_eq!(sources.function_at("rooms::Room::read").cloned(), at(8));
        assert_eq!(sources.function_at("<rooms::Room>::read").cloned(), at(8));
        let start = sources.function_at("start").cloned();
        assert_eq!(start, Some(("src/lib.rs".to_owned(), 1)));

        let place = |line, column| Place {
            file: rooms.to_owned(),
            line,
            column,
        };
        assert_eq!(sources.derived(&place(2, 17)), Some("Clone"));
        assert_eq!(sources.derived(&place(2, 15)), None);
        assert_eq!(sources.function_around(&place(9, 1)), Some("read"));
        assert_eq!(sources.function_around(&place(7, 1)), None);
    }

    #[test]
    fn a_file_is_the_packages_own_below_its_folder_or_the_workspaces() {
        let sources = sources([("src/lib.rs", "")]);
        for (file, own) in [
            ("/known/src/lib.rs", Some("src/lib.rs")),
            ("src/lib.rs", Some("src/lib.rs")),
            ("/known/src/generated.rs", None),
            ("/rustc/1/src/lib.rs", None),
        ] {
            assert_eq!(sources.own(Path::new(file)), own);
        }
    }
}
