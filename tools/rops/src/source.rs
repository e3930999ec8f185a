//! Where the sources are that a profile names, on this machine.

use std::collections::HashSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Finds sources.
#[derive(Debug)]
pub struct Sources {
    /// Folders to look in, and in the folders above them.
    search: Vec<PathBuf>,
    /// What is taken away from the front of paths.
    trim: Vec<String>,
    current: PathBuf,
    rust: OnceLock<Option<PathBuf>>,
}

/// The standard library's sources in the toolchain of this machine.
const RUST_SOURCES: &str = "lib/rustlib/src/rust";

impl Sources {
    /// Looks in the current folder, or in those that are given, a colon between them; takes prefixes away from paths.
    pub fn new(search: Option<&str>, trim: Option<&str>) -> Self {
        let current = env::current_dir().unwrap_or_default();
        let search: Vec<PathBuf> = folders(search).map(PathBuf::from).collect();
        Self {
            search: if search.is_empty() {
                vec![current.clone()]
            } else {
                search
            },
            trim: folders(trim).map(str::to_owned).collect(),
            current,
            rust: OnceLock::new(),
        }
    }

    /// The lines of a source.
    ///
    /// # Errors
    /// When it is not found: a sentence on where it was looked for, and what helps.
    pub fn lines(&self, path: &str) -> Result<Vec<String>, String> {
        let mut looked = Vec::new();
        for candidate in self.candidates(path) {
            if let Some(text) = read(&candidate) {
                return Ok(text.lines().map(str::to_owned).collect());
            }
            looked.push(candidate);
        }
        Err(self.not_found(path, &looked))
    }

    /// Where a source may be, the likeliest place first.
    fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let mut all = Vec::new();
        if let Some(inside) = rust_path(path) {
            all.extend(self.rust_sources().map(|rust| rust.join(inside)));
            all.extend(self.search.iter().map(|folder| folder.join(inside)));
            all.push(path.into());
            return all;
        }
        let trimmed = trimmed(path, &self.trim, &self.search);
        if Path::new(trimmed).is_absolute() {
            all.push(trimmed.into());
        } else {
            all.extend(self.above(trimmed));
        }
        if Path::new(path).is_absolute() {
            all.push(path.into());
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        all.extend(in_registries(&parts));
        // The front of the path may be another one than here, with --remap-path-prefix or on another machine. Two parts
        // are little to know a file by: that suffices in the current folder only.
        for left in (2..parts.len()).rev() {
            let end: PathBuf = parts[parts.len() - left..].iter().collect();
            all.push(self.current.join(&end));
            if left > 2 {
                all.extend(
                    self.current
                        .ancestors()
                        .skip(1)
                        .map(|folder| folder.join(&end)),
                );
                all.extend(self.search.iter().map(|folder| folder.join(&end)));
            }
        }
        let mut seen = HashSet::new();
        all.retain(|path| seen.insert(path.clone()));
        all
    }

    /// The path in each folder, and in those above.
    fn above(&self, path: &str) -> Vec<PathBuf> {
        let folders = self.search.iter().flat_map(|folder| folder.ancestors());
        folders.map(|folder| folder.join(path)).collect()
    }

    fn rust_sources(&self) -> Option<&Path> {
        let rust = self.rust.get_or_init(|| {
            let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let output = Command::new(rustc)
                .args(["--print", "sysroot"])
                .output()
                .ok()?;
            let sysroot = String::from_utf8(output.stdout).ok()?;
            Some(Path::new(sysroot.trim()).join(RUST_SOURCES))
        });
        rust.as_deref()
    }

    fn not_found(&self, path: &str, looked: &[PathBuf]) -> String {
        let mut sentence = format!("{path} is not on this machine");
        if let Some(first) = looked.first() {
            let _ = write!(sentence, "; looked for {}", first.display());
            if looked.len() > 1 {
                let _ = write!(sentence, " and in {} other places", looked.len() - 1);
            }
        }
        let help = if rust_path(path).is_some() {
            "`rustup component add rust-src` brings the standard library's sources"
        } else {
            "--source-path names a folder to look in, and --trim-path what to take away from the front"
        };
        let _ = write!(sentence, ". {help}");
        sentence
    }
}

/// A profile can name whatever it likes, such as a device without an end; no source is that large.
fn read(path: &Path) -> Option<String> {
    const MOST_BYTES: u64 = 64 << 20;
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The folders of an option, which have colons between them.
pub fn folders(option: Option<&str>) -> impl Iterator<Item = &str> {
    let folders = option.unwrap_or_default().split(':');
    folders.filter(|folder| !folder.is_empty())
}

/// A path without the first of the prefixes that it has. Where none are given, without all up to the name of a folder
/// to look in.
pub fn trimmed<'a>(path: &'a str, prefixes: &[String], search: &[PathBuf]) -> &'a str {
    if prefixes.is_empty() {
        for folder in search {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let want = format!("/{name}/");
            let found = path.find(&want).filter(|_| !name.is_empty());
            if let Some(at) = found {
                return &path[at + want.len()..];
            }
        }
    }
    // What some build systems call the current folder.
    let own = prefixes.iter().map(String::as_str);
    for prefix in own.chain(["/proc/self/cwd/.", "/proc/self/cwd"]) {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let rest = path.strip_prefix(prefix);
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix('/')) {
            return rest;
        }
    }
    path
}

/// Of `/rustc/HASH/library/core/src/str/mod.rs` what is behind the hash.
fn rust_path(path: &str) -> Option<&str> {
    let (_, inside) = path.strip_prefix("/rustc/")?.split_once('/')?;
    Some(inside)
}

/// Where cargo has the sources of a crate, if one of the parts is a name with a version: `tokio-1.54.0/src/task.rs`.
fn in_registries(parts: &[&str]) -> Vec<PathBuf> {
    let is_crate = |part: &&str| {
        let version = part.rsplit_once('-').map(|(_, version)| version);
        version.is_some_and(|version| {
            version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.')
        })
    };
    let Some(at) = parts.iter().position(is_crate) else {
        return Vec::new();
    };
    let end: PathBuf = parts[at..].iter().collect();
    if end.components().any(|part| part == Component::ParentDir) {
        return Vec::new();
    }
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries = registries.into_iter().flatten().flatten();
    registries
        .map(|registry| registry.path().join(&end))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(search: Option<&str>, trim: Option<&str>) -> Sources {
        Sources {
            current: "/home/me/shop/api".into(),
            ..Sources::new(search.or(Some("/home/me/shop/api")), trim)
        }
    }

    #[track_caller]
    fn is_tried(sources: &Sources, path: &str, candidate: &str) {
        let candidates = sources.candidates(path);
        assert!(candidates.contains(&candidate.into()), "{candidates:#?}");
    }

    #[test]
    fn sources_are_looked_for_here_and_above() {
        let here = sources(None, None);
        is_tried(&here, "src/cart.rs", "/home/me/shop/src/cart.rs");
        is_tried(
            &here,
            "/build/api/src/cart.rs",
            "/home/me/shop/api/src/cart.rs",
        );
        is_tried(
            &here,
            "/build/stock/src/cart.rs",
            "/home/me/shop/stock/src/cart.rs",
        );
    }

    #[test]
    fn options_say_where_to_look() {
        let there = sources(Some("/srv/a:/srv/b"), Some("/build/shop/:/x"));
        is_tried(&there, "/build/shop/src/cart.rs", "/srv/b/src/cart.rs");
        is_tried(&there, "/x/src/cart.rs", "/srv/a/src/cart.rs");
    }

    #[test]
    fn what_helps_is_said() {
        let here = sources(None, None);
        let rust = here
            .lines("/rustc/0123456789/library/none/src/lib.rs")
            .expect_err("it is not there");
        assert!(
            rust.contains("rust-src") && rust.contains(RUST_SOURCES),
            "{rust}"
        );
        let other = here
            .lines("/build/none/src/lib.rs")
            .expect_err("it is not there");
        assert!(other.contains("--source-path"), "{other}");
    }
}
