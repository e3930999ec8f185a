//! The files that the compiler made the package's target from.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use regex::Regex;
use serde::Serialize;

use crate::wrapper::Compilation;

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

/// The source files of a target.
#[derive(Debug)]
pub struct Sources {
    /// Where the compiler's paths start that are not absolute.
    folder: PathBuf,
    /// How each of the files is shown, by the compiler's path.
    shown: HashMap<PathBuf, String>,
    texts: BTreeMap<String, Text>,
    /// The first of them: what is in the crate, and nobody knows where, is there.
    root: String,
    /// Files that a build script has written: they are in nobody's editor.
    pub generated: Vec<PathBuf>,
    function: Regex,
}

/// A file's text, once somebody asks for it.
#[derive(Debug)]
struct Text {
    path: PathBuf,
    read: OnceCell<String>,
}

impl Text {
    /// What is no text, or cannot be read any more, has no lines.
    fn get(&self) -> &str {
        self.read.get_or_init(|| {
            let bytes = fs::read(&self.path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }
}

impl Sources {
    /// Those of a compilation: what is compiled, and nothing else that lies in the package's folder `dir`. What is in the
    /// folders `built` is generated.
    pub fn of(dir: &Path, built: &[&Path], compilation: &Compilation) -> anyhow::Result<Self> {
        let is_generated = |path: &PathBuf| built.iter().any(|built| path.starts_with(built));
        let sources = compilation.sources.iter().cloned();
        let (generated, own): (Vec<_>, Vec<_>) = sources.partition(is_generated);
        let Some(root) = own.first() else {
            bail!(
                "the compiler does not say which files of {} it has read",
                dir.display()
            );
        };
        let root = shown(dir, root);
        let files = own.into_iter().map(|path| (shown(dir, &path), path));
        Ok(Self {
            generated,
            ..Self::new(&compilation.folder, root, files)?
        })
    }

    fn new(
        folder: &Path,
        root: String,
        files: impl Iterator<Item = (String, PathBuf)>,
    ) -> anyhow::Result<Self> {
        let mut this = Self {
            folder: folder.to_owned(),
            shown: HashMap::new(),
            texts: BTreeMap::new(),
            root,
            generated: Vec::new(),
            function: Regex::new(
                r#"^\s*(?:(?:pub(?:\([^)]*\))?|default|const|async|unsafe|extern(?:\s+"[^"]*")?)\s+)*fn\s+(\w+)"#,
            )?,
        };
        for (shown, path) in files {
            this.texts.insert(
                shown.clone(),
                Text {
                    path: path.clone(),
                    read: OnceCell::new(),
                },
            );
            this.shown.insert(path, shown);
        }
        Ok(this)
    }

    /// The paths of all files, as they are shown.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    /// How the file is shown, if the target was made from it.
    pub fn own(&self, file: &Path) -> Option<&str> {
        self.shown.get(&self.folder.join(file)).map(String::as_str)
    }

    /// The name of the function whose declaration is the last one before this place.
    pub fn function_around(&self, place: &Place) -> Option<&str> {
        let lines = self.texts.get(&place.file)?.get().lines();
        let before: Vec<&str> = lines.take(usize::try_from(place.line).ok()?).collect();
        before.into_iter().rev().find_map(|line| {
            let captures = self.function.captures(line)?;
            Some(captures.get(1)?.as_str())
        })
    }

    /// The trait that is derived at this place.
    pub fn derived(&self, place: &Place) -> Option<&str> {
        let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let text = self.texts.get(&place.file)?.get().lines().nth(line)?;
        if !text.trim_start().starts_with("#[derive(") {
            return None;
        }
        let from = text.get(usize::try_from(place.column).ok()?.checked_sub(1)?..)?;
        let end = from.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')?;
        (end > 0).then_some(&from[..end])
    }
}

/// The path below the package's folder, or the whole one of a file that is elsewhere.
fn shown(dir: &Path, file: &Path) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    file.strip_prefix(dir)
        .unwrap_or(&file)
        .display()
        .to_string()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The sources of a package in `/known`, which is a workspace of its own.
    pub fn sources<const N: usize>(texts: [(&str, &str); N]) -> Sources {
        let dir = Path::new("/known");
        let files = texts
            .iter()
            .map(|(file, _)| ((*file).to_owned(), dir.join(file)));
        let root = texts
            .first()
            .map_or("src/lib.rs", |(file, _)| *file)
            .to_owned();
        let sources = Sources::new(dir, root, files).unwrap();
        for (file, text) in texts {
            sources.texts[file].read.set(text.to_owned()).unwrap();
        }
        sources
    }

    #[test]
    fn a_place_is_in_a_function_or_in_a_derive() {
        let rooms = "src/rooms/mod.rs";
        let text = "use x;\n#[derive(Debug, Clone)]\npub(crate) struct Room<T> {\n    a: T,\n}\n\nimpl Room {\n    pub const unsafe fn read() {}\n}\nenum Kind {}\n";
        let sources = sources([(rooms, text)]);
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
    fn a_file_is_own_if_the_compiler_has_read_it() {
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
