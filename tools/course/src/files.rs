//! The files below a folder that can be read. Editors, desktops and accidents leave others among them, and one odd file is
//! no reason not to show the rest: it is left out, and said.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// No source is larger: what is must not fill the memory, or the disk.
const LARGEST: u64 = 16 << 20;

/// What lies below a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The files by their paths from the folder, with `/` between the parts.
    pub files: BTreeMap<String, PathBuf>,
    /// What is not among them although it was wanted, but for what editors leave.
    pub left_out: Vec<LeftOut>,
    /// Whether an editor has left something.
    pub has_editors: bool,
}

/// A file or folder that is left out.
#[derive(Debug)]
pub struct LeftOut {
    path: PathBuf,
    why: String,
}

impl LeftOut {
    /// `why` completes a sentence, or is an error.
    pub fn new(path: impl Into<PathBuf>, why: impl fmt::Display) -> Self {
        Self {
            path: path.into(),
            why: why.to_string(),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left out: {}: {}", self.path.display(), self.why)
    }
}

/// Tells on stderr what is left out.
pub fn say(left_out: &[LeftOut]) {
    for one in left_out {
        eprintln!("{one}");
    }
}

/// Whether an editor leaves a file of this name beside the one it edits: as its backup, its lock, what it saves by
/// itself, or to see whether it may write there.
pub fn is_editors(name: &str) -> bool {
    let swap = [".swp", ".swo", ".swx", ".kate-swp"];
    let saved = name.len() > 1 && name.starts_with('#') && name.ends_with('#');
    name.ends_with('~')
        || name.starts_with(".#")
        || saved
        || name == "4913"
        || swap.iter().any(|end| name.ends_with(end))
}

/// Looks for the files in `folder` and in the folders in it, but for those whose names are not wanted. Links are followed.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn below(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries: io::Result<Vec<_>> = fs::read_dir(&folder).and_then(Iterator::collect);
        let entries = match entries {
            Err(error) if prefix.is_empty() => {
                return Err(error)
                    .with_context(|| format!("cannot read the folder {}", folder.display()));
            }
            Err(error) => {
                found.left_out.push(LeftOut::new(folder, error));
                continue;
            }
            Ok(entries) => entries,
        };
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let Some(name) = name.to_str() else {
                let why = "its name is not UTF-8";
                found.left_out.push(LeftOut::new(path, why));
                continue;
            };
            if is_editors(name) {
                found.has_editors = true;
            } else if is_wanted(name) {
                match kind(&path) {
                    Ok(Kind::Folder) => folders.push((path, format!("{prefix}{name}/"))),
                    Ok(Kind::File) => drop(found.files.insert(format!("{prefix}{name}"), path)),
                    Err(why) => found.left_out.push(LeftOut::new(path, why)),
                }
            }
        }
    }
    Ok(found)
}

enum Kind {
    Folder,
    File,
}

/// What a path leads to, or why it is left out.
fn kind(path: &Path) -> Result<Kind, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_dir() && leads_back(path) {
        Err("it leads to a folder around it".into())
    } else if metadata.is_dir() {
        Ok(Kind::Folder)
    } else if !metadata.is_file() {
        Err("it is no file".into())
    } else if metadata.len() > LARGEST {
        Err(format!("it is larger than {} MiB", LARGEST >> 20))
    } else {
        Ok(Kind::File)
    }
}

/// Whether this is a link to a folder that it lies in.
fn leads_back(path: &Path) -> bool {
    let lies_in = || {
        let around = path.parent()?.canonicalize().ok()?;
        Some((around, path.canonicalize().ok()?))
    };
    path.is_symlink() && lies_in().is_some_and(|(around, target)| around.starts_with(target))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_left_out_and_said() {
        let dir = test_tools::Folder::new();
        for path in ["a.rs", "b/c.rs", "not/d.rs", "a.rs~", "#a.rs#", "4913"] {
            dir.write(path, "");
        }
        // As Emacs locks a file.
        symlink("user@host.123:456", dir.path(".#a.rs")).unwrap();
        symlink("a.rs", dir.path("linked.rs")).unwrap();
        symlink("nothing", dir.path("dangling.rs")).unwrap();
        symlink("circle.rs", dir.path("circle.rs")).unwrap();
        symlink("..", dir.path("b/around")).unwrap();
        let odd = dir.root().join(OsStr::from_bytes(b"\xff.rs"));
        fs::write(odd, "").unwrap();
        let _socket = UnixListener::bind(dir.path("socket.rs")).unwrap();
        let large = fs::File::create(dir.path("large.rs")).unwrap();
        large.set_len(LARGEST + 1).unwrap();

        let found = below(dir.root(), |name| name != "not").unwrap();
        let names: Vec<&str> = found.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["a.rs", "b/c.rs", "linked.rs"]);
        assert!(found.has_editors);
        let mut said: Vec<String> = found.left_out.iter().map(LeftOut::to_string).collect();
        said.sort();
        let expected = [
            ("b/around", "it leads to a folder around it"),
            ("circle.rs", "Too many levels of symbolic links"),
            ("dangling.rs", "No such file or directory"),
            ("large.rs", "it is larger than 16 MiB"),
            ("socket.rs", "it is no file"),
            ("\u{fffd}.rs", "its name is not UTF-8"),
        ];
        assert_eq!(said.len(), expected.len(), "{said:#?}");
        for (said, (name, why)) in said.iter().zip(expected) {
            let begin = format!("left out: {}: {why}", dir.path(name).display());
            assert!(said.starts_with(&begin), "{said}");
        }
        assert!(below(&dir.path("none"), |_| true).is_err());
    }
}
