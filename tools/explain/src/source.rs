//! What the package's source files declare, and on which line.
//!
//! The compiler names types and async functions without the place of their declaration. They are found by
//! a look at the beginnings of lines, which a formatted source makes reliable; what a macro declares, or what
//! stands in an inline module, is not found, and its size is not reported.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context as _;
use regex::Regex;

/// The declarations of a package: `error::Error`, `auth::sign_up`, and where they stand.
#[derive(Debug, Default)]
pub struct Sources {
    /// Paths relative to the package's folder.
    pub files: Vec<String>,
    types: HashMap<String, (String, u32)>,
    functions: HashMap<String, (String, u32)>,
    /// The names of functions by file and line.
    names: BTreeMap<(String, u32), String>,
    /// Lines that derive traits.
    derives: HashMap<(String, u32), String>,
}

impl Sources {
    /// Reads all `.rs` files of the package, but not those of packages inside it, nor what was built.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let mut sources = Self::default();
        sources.read_folder(dir, dir)?;
        sources.files.sort();
        Ok(sources)
    }

    /// Where a type is declared, by its path in the crate.
    pub fn type_at(&self, path: &str) -> Option<&(String, u32)> {
        self.types.get(path)
    }

    /// Where a function is declared. A method's path goes over its type; then the type's module is meant.
    pub fn function_at(&self, path: &str) -> Option<&(String, u32)> {
        self.functions.get(path).or_else(|| {
            let (of, name) = path.rsplit_once("::")?;
            let of = of.split(['<', '>']).find(|part| !part.is_empty())?;
            match of.rsplit_once("::") {
                Some((module, _)) => self.functions.get(&format!("{module}::{name}")),
                None => self.functions.get(name),
            }
        })
    }

    /// The name of the function whose declaration is the last one before this line.
    pub fn function_around(&self, file: &str, line: u32) -> Option<&str> {
        let before = (file.to_owned(), 0)..=(file.to_owned(), line);
        let (_, name) = self.names.range(before).next_back()?;
        Some(name)
    }

    /// The trait that is derived at this place.
    pub fn derived(&self, file: &str, line: u32, column: u32) -> Option<&str> {
        let text = self.derives.get(&(file.to_owned(), line))?;
        let from = text.get(usize::try_from(column).ok()?.checked_sub(1)?..)?;
        let end = from.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')?;
        (end > 0).then_some(&from[..end])
    }

    fn read_folder(&mut self, root: &Path, folder: &Path) -> anyhow::Result<()> {
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                let hidden = path.file_name().is_some_and(|name| {
                    name == "target" || name.to_string_lossy().starts_with('.')
                });
                if !hidden && !path.join("Cargo.toml").exists() {
                    self.read_folder(root, &path)?;
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                let file = path.strip_prefix(root).unwrap_or(&path);
                self.read_file(&file.display().to_string(), &text)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, file: &str, text: &str) -> anyhow::Result<()> {
        const VISIBLE: &str = r"^\s*(?:pub(?:\([^)]*\))?\s+)?";
        let types = Regex::new(&format!(r"{VISIBLE}(?:struct|enum|union)\s+(\w+)"))?;
        let functions = Regex::new(&format!(r"{VISIBLE}(?:async\s+)?(?:unsafe\s+)?fn\s+(\w+)"))?;
        let module = module(file);
        for (line, number) in text.lines().zip(1..) {
            if line.trim_start().starts_with("#[derive(") {
                let place = (file.to_owned(), number);
                self.derives.insert(place, line.to_owned());
            }
            if let Some(captures) = functions.captures(line) {
                let place = (file.to_owned(), number);
                self.names.insert(place, captures[1].to_owned());
            }
            for (kind, found) in [(&types, &mut self.types), (&functions, &mut self.functions)] {
                if let Some(name) = kind.captures(line).map(|captures| captures[1].to_owned()) {
                    let path = match module.as_str() {
                        "" => name,
                        module => format!("{module}::{name}"),
                    };
                    found.entry(path).or_insert((file.to_owned(), number));
                }
            }
        }
        self.files.push(file.to_owned());
        Ok(())
    }
}

/// The module that a file is: `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`; a target's root is the empty one.
fn module(file: &str) -> String {
    let Some(inner) = file.strip_prefix("src/") else {
        return String::new();
    };
    let inner = inner.trim_end_matches(".rs").trim_end_matches("/mod");
    match inner {
        "lib" | "main" => String::new(),
        _ if inner.starts_with("bin/") => String::new(),
        _ => inner.replace('/', "::"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_found_by_their_path() {
        let mut sources = Sources::default();
        let text = "use x;\n#[derive(Debug, Clone)]\npub(crate) struct Room<T> {\n    a: T,\n}\n\nimpl Room {\n    pub async fn read() {}\n}\nenum Kind {}\n";
        sources.read_file("src/rooms/mod.rs", text).unwrap();
        sources.read_file("src/lib.rs", "fn start() {}\n").unwrap();
        let at = |line| Some(("src/rooms/mod.rs".to_owned(), line));
        assert_eq!(sources.type_at("rooms::Room").cloned(), at(3));
        assert_eq!(sources.type_at("rooms::Kind").cloned(), at(10));
        assert_eq!(sources.type_at("Room"), None);
        let derived = |column| sources.derived("src/rooms/mod.rs", 2, column);
        assert_eq!(derived(17), Some("Clone"));
        assert_eq!(derived(15), None);
        let around = |line| sources.function_around("src/rooms/mod.rs", line);
        assert_eq!(around(9), Some("read"));
        assert_eq!(around(7), None);
        assert_eq!(sources.function_at("rooms::Room::read").cloned(), at(8));
        assert_eq!(sources.function_at("<rooms::Room>::read").cloned(), at(8));
        assert_eq!(
            sources.function_at("start").cloned(),
            Some(("src/lib.rs".to_owned(), 1))
        );
    }
}
