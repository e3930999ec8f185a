//! A crate's source files in memory, so that two crates can be held against each other.
//!
//! Each checkpoint is a crate of its own and so has a name of its own. The name stands in `Cargo.toml`, and in
//! one line of each program that uses the library (`use step_01_discovery as app;`), and nowhere else;
//! [`Tree::renamed`] puts another name into just these places, so that a comparison shows what a chapter did and
//! not what a crate is called.
//!
//! A reader's working copy is another package, whose library keeps its name: so a patch that brings a new program
//! fits. [`Tree::copy`] makes one, with the library's name at the end of the manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use crate::files::{self, LeftOut};
use crate::{Checkpoint, Course};

const MANIFEST: &str = "Cargo.toml";

/// The service's own program.
pub const MAIN: &str = "src/main.rs";

/// The folders of a crate's other programs.
const PROGRAMS: [&str; 3] = ["benches", "examples", "tests"];

/// What lies beside the sources and is none: build artefacts, the app's data, a copy's own lock file
/// and cargo settings, what desktops leave behind.
const NOT_SOURCE: [&str; 7] = [
    "target",
    "data",
    ".git",
    ".cargo",
    "Cargo.lock",
    ".DS_Store",
    "Thumbs.db",
];

/// A crate's source files.
#[derive(Debug, Clone)]
pub struct Tree {
    /// What messages call it: the folder, relative to the course's root where it lies in there.
    pub name: String,
    /// The package's name.
    pub package: String,
    /// What programs call the library.
    pub library: String,
    /// Contents by path; paths are relative to the crate and have `/` between their parts.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// Reads a checkpoint.
    pub fn of(course: &Course, checkpoint: &Checkpoint) -> anyhow::Result<Self> {
        Ok(Self {
            name: checkpoint.to_string(),
            package: checkpoint.package.clone(),
            library: checkpoint.library(),
            files: read_files(&course.dir_of(checkpoint))?,
        })
    }

    /// Reads any crate, such as a reader's working copy.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let (package, library) = names_in(dir)?;
        Ok(Self {
            name: dir.display().to_string(),
            package,
            library,
            files: read_files(dir)?,
        })
    }

    /// The same crate under another package name, which its library has too.
    pub fn renamed(&self, package: &str) -> Self {
        let library = library(package);
        let kept = kept(&self.library);
        let mut tree = self.clone();
        for (path, content) in &mut tree.files {
            if let Ok(text) = std::str::from_utf8(content) {
                let text = if path == MANIFEST {
                    text.replacen(&kept, "", 1)
                } else {
                    text.to_owned()
                };
                let lines = text.split_inclusive('\n');
                let renamed =
                    lines.map(
                        |line| match naming(path, line, &self.package, &self.library) {
                            Some(Naming::Package) => {
                                line.replacen(&quoted(&self.package), &quoted(package), 1)
                            }
                            Some(Naming::Library) => line.replacen(&self.library, &library, 1),
                            None => line.to_owned(),
                        },
                    );
                *content = renamed.collect::<String>().into_bytes();
            }
        }
        tree.package = package.to_owned();
        tree.library = library;
        tree
    }

    /// A working copy of the crate: another package with the same library.
    pub fn copy(&self, package: &str) -> Self {
        let mut tree = self.clone();
        if let Some(content) = tree.files.get_mut(MANIFEST) {
            let text = String::from_utf8_lossy(content);
            let renamed = text.replacen(&quoted(&self.package), &quoted(package), 1);
            *content = (renamed + &kept(&self.library)).into_bytes();
        }
        tree.package = package.to_owned();
        tree
    }
}

/// What package and library in `dir` are called.
pub fn names_in(dir: &Path) -> anyhow::Result<(String, String)> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Named,
        lib: Option<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let path = dir.join("Cargo.toml");
    let text = fs::read_to_string(&path)
        .with_context(|| format!("{} is not a crate's folder", dir.display()))?;
    let manifest: Manifest = toml::from_str(&text)
        .with_context(|| format!("{} is not a package's manifest", path.display()))?;
    let package = manifest.package.name;
    let library = manifest
        .lib
        .map_or_else(|| library(&package), |lib| lib.name);
    Ok((package, library))
}

/// How a line carries the crate's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `name = "step-01-discovery"` in the manifest.
    Package,
    /// `use step_01_discovery as app;` in a program.
    Library,
}

/// Whether this line of the file `path` is one of those that may carry the names of the crate.
pub fn naming(path: &str, line: &str, package: &str, library: &str) -> Option<Naming> {
    if path == MANIFEST {
        let (key, value) = line.split_once('=')?;
        let is_name = matches!(key.trim(), "name" | "default-run");
        (is_name && value.trim() == quoted(package)).then_some(Naming::Package)
    } else if is_program(path) {
        let rest = line.strip_prefix("use ")?.strip_prefix(library)?;
        let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        ends.then_some(Naming::Library)
    } else {
        None
    }
}

/// Whether the file is a program beside the library: the service itself, a benchmark, an example, a test of the whole.
pub fn is_program(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match folder.split_once('/') {
        // Deeper down, a program's own modules lie beside its `main.rs`.
        Some((folder, _)) => PROGRAMS.contains(&folder) && file == "main.rs",
        None => path == MAIN || (PROGRAMS.contains(&folder) && file.ends_with(".rs")),
    }
}

/// What the manifest of a working copy says last.
fn kept(library: &str) -> String {
    format!("\n[lib]\nname = {}\n", quoted(library))
}

fn quoted(package: &str) -> String {
    format!("\"{package}\"")
}

fn library(package: &str) -> String {
    package.replace('-', "_")
}

/// Whether a file or folder of this name belongs to a crate's sources.
fn is_source(name: &str) -> bool {
    !NOT_SOURCE.contains(&name)
}

/// The contents of a crate's source files; what is left out is said.
fn read_files(dir: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let found = files::below(dir, is_source)?;
    let mut contents = BTreeMap::new();
    let mut left_out = found.left_out;
    for (name, path) in found.files {
        match fs::read(&path) {
            Ok(content) => drop(contents.insert(name, content)),
            Err(error) => left_out.push(LeftOut::new(path, error)),
        }
    }
    files::say(&left_out);
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(manifest: &str, program: &str) -> Tree {
        let files = [
            ("Cargo.toml", manifest),
            ("src/main.rs", program),
            ("src/lib.rs", program),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_owned()));
        Tree {
            name: "steps/app".into(),
            package: "my-app".into(),
            library: "my_app".into(),
            files: files.into(),
        }
    }

    #[test]
    fn the_name_is_replaced_where_it_may_stand_and_nowhere_else() {
        let text = |tree: &Tree, path: &str| String::from_utf8(tree.files[path].clone()).unwrap();
        let manifest =
            "[package]\nname = \"my-app\"\n\n[dependencies]\nmy-app = \"1\" # \"my-app\"\n";
        let main = "//! The my_app.\nuse my_app as app;\nuse my_application::x;\n";
        let original = tree(manifest, main);
        let renamed = original.renamed("other");
        let expected =
            "[package]\nname = \"other\"\n\n[dependencies]\nmy-app = \"1\" # \"my-app\"\n";
        assert_eq!(text(&renamed, "Cargo.toml"), expected);
        assert_eq!(
            text(&renamed, "src/main.rs"),
            "//! The my_app.\nuse other as app;\nuse my_application::x;\n"
        );
        assert_eq!(text(&renamed, "src/lib.rs"), main);

        let copy = original.copy("workbench-x");
        let manifest = text(&copy, "Cargo.toml");
        assert!(
            manifest.starts_with("[package]\nname = \"workbench-x\"\n"),
            "{manifest}"
        );
        assert!(
            manifest.ends_with("\n\n[lib]\nname = \"my_app\"\n"),
            "{manifest}"
        );
        assert_eq!(text(&copy, "src/main.rs"), main);
        assert_eq!(copy.renamed("my-app").files, original.files);
    }

    #[test]
    fn programs_beside_the_service_carry_the_name_too() {
        for path in [
            "src/main.rs",
            "benches/rooms.rs",
            "benches/rooms/main.rs",
            "tests/budget.rs",
        ] {
            assert!(is_program(path), "{path}");
        }
        for path in [
            "src/rooms/main.rs",
            "src/lib.rs",
            "benches/rooms/readers.rs",
            "tests/rooms.json",
            "main.rs",
        ] {
            assert!(!is_program(path), "{path}");
        }
    }

    #[test]
    fn artefacts_and_data_and_what_cannot_be_read_are_no_sources() {
        let dir = test_tools::Folder::new();
        for path in [
            "src/a.rs",
            "target/x",
            "data/db",
            "Cargo.lock",
            "Cargo.toml",
        ] {
            dir.write(path, "");
        }
        // No permission keeps root from reading; this file says that it cannot be.
        std::os::unix::fs::symlink("/proc/self/mem", dir.path("src/unreadable.rs")).unwrap();
        let files = read_files(dir.root()).unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["Cargo.toml", "src/a.rs"]);
        assert!(read_files(&dir.path("none")).is_err());
    }
}
