//! Notices changed sources and builds the book again.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use course::files::is_editors;

use super::live::Live;

/// Folders whose files are shown in the book, and the files beside them that are.
const FOLDERS: [&str; 4] = ["book", "steps", "app", "scripts"];
const FILES: [&str; 2] = ["course.toml", "book.toml"];

/// What lies in these folders is made while a reader works, and is no source.
const NOT_SOURCES: [&str; 3] = ["target", "data", ".git"];

/// An editor or a checkout writes several files; the build waits until it has been quiet for so long.
const QUIET: Duration = Duration::from_millis(150);

/// But not longer than this, so that steady writing cannot keep the book from being built.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts a thread that builds the book again after each change of a source.
pub fn start(root: PathBuf, live: Arc<Live>) -> anyhow::Result<()> {
    let (sender, changed) = mpsc::channel();
    let mut watcher = watch(&root, sender);
    let work = move || {
        while let Some(paths) = next_changes(&changed) {
            if let Some(watcher) = &mut watcher {
                watch_again(watcher, &root, &paths);
            }
            let started = Instant::now();
            let names = paths.iter().map(|path| {
                path.strip_prefix(&root)
                    .unwrap_or(path)
                    .display()
                    .to_string()
            });
            eprintln!("changed: {}", names.collect::<Vec<_>>().join(", "));
            match live.rebuild(&root) {
                Ok(()) => eprintln!("built in {:.1} s", started.elapsed().as_secs_f32()),
                Err(error) => eprintln!("error: {error}\nthe last good book stays"),
            }
        }
    };
    std::thread::Builder::new()
        .name("watch".into())
        .spawn(work)
        .context("cannot start the thread that watches the sources")?;
    Ok(())
}

/// Waits for a change and gathers those that follow closely.
fn next_changes(changed: &Receiver<PathBuf>) -> Option<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::from([changed.recv().ok()?]);
    let latest = Instant::now() + PATIENCE;
    while let Some(left) = latest.checked_duration_since(Instant::now()) {
        match changed.recv_timeout(QUIET.min(left)) {
            Ok(path) => paths.insert(path),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return None,
        };
    }
    Some(paths)
}

/// Sends each source that changes. A folder that cannot be watched is no reason not to serve the book.
fn watch(root: &Path, sender: Sender<PathBuf>) -> Option<RecommendedWatcher> {
    let sources = root.to_owned();
    let handler = move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        // Building the book reads the sources.
        if !event.kind.is_access() {
            for path in event
                .paths
                .into_iter()
                .filter(|path| is_source(&sources, path))
            {
                // The receiver is gone when the program ends.
                sender.send(path).ok();
            }
        }
    };
    let mut watcher = notify::recommended_watcher(handler)
        .inspect_err(unnoticed)
        .ok()?;
    watcher
        .watch(root, RecursiveMode::NonRecursive)
        .inspect_err(unnoticed)
        .ok();
    for folder in FOLDERS
        .map(|name| root.join(name))
        .iter()
        .filter(|folder| folder.is_dir())
    {
        watcher
            .watch(folder, RecursiveMode::Recursive)
            .inspect_err(unnoticed)
            .ok();
    }
    Some(watcher)
}

/// A folder that was removed is not watched any more when it comes back.
fn watch_again(watcher: &mut RecommendedWatcher, root: &Path, changed: &BTreeSet<PathBuf>) {
    let folders = FOLDERS.map(|name| root.join(name));
    for folder in folders
        .iter()
        .filter(|folder| changed.contains(*folder) && folder.is_dir())
    {
        let watched = watcher.watch(folder, RecursiveMode::Recursive);
        watched.inspect_err(unnoticed).ok();
    }
}

fn unnoticed(error: &notify::Error) {
    eprintln!("warning: changes go unnoticed: {error}");
}

/// Whether a change of this file can change the book.
fn is_source(root: &Path, path: &Path) -> bool {
    let Ok(path) = path.strip_prefix(root) else {
        return false;
    };
    let parts: Vec<&str> = path.iter().filter_map(OsStr::to_str).collect();
    let (Some(first), Some(name)) = (parts.first(), parts.last()) else {
        return false;
    };
    let is_ours = FOLDERS.contains(first) || FILES.contains(&path.to_str().unwrap_or_default());
    let is_made = parts.iter().any(|part| NOT_SOURCES.contains(part));
    is_ours && !is_made && !is_editors(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_book_shows_is_a_source() {
        let root = Path::new("/w");
        for path in [
            "book/src/01.md",
            "book/captures/01/x.txt",
            "steps/01/src/db.rs",
            "app/Cargo.toml",
            "scripts/01.sh",
            "course.toml",
            "book.toml",
            "app",
        ] {
            assert!(is_source(root, &root.join(path)), "{path}");
        }
        for path in [
            "",
            "target/book/index.html",
            "tools/x.rs",
            "data/x.db",
            "steps/01/data/x.db",
            "steps/01/target/x",
            "book/src/.01.md.swp",
            "book/src/01.md~",
            "book/src/.#01.md",
            "book/src/4913",
            "Cargo.toml",
        ] {
            assert!(!is_source(root, &root.join(path)), "{path}");
        }
        assert!(!is_source(root, Path::new("/elsewhere/book/x.md")));
    }

    #[test]
    fn a_folder_that_comes_back_is_watched() {
        let dir = test_tools::Folder::new();
        dir.write("steps/01/a.rs", "");
        let (sender, changed) = mpsc::channel();
        let mut watcher = watch(dir.root(), sender).unwrap();
        let folder = dir.path("steps");
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        let paths = next_changes(&changed).unwrap();
        assert!(paths.contains(&folder), "{paths:?}");
        watch_again(&mut watcher, dir.root(), &paths);
        dir.write("steps/b.rs", "");
        let until = Instant::now() + Duration::from_secs(20);
        let left = || until.saturating_duration_since(Instant::now());
        let mut changes = std::iter::from_fn(|| changed.recv_timeout(left()).ok());
        assert!(changes.any(|path| path == dir.path("steps/b.rs")));
    }

    #[test]
    fn changes_that_follow_closely_are_one() {
        let (sender, changed) = mpsc::channel();
        for path in ["a", "b", "a"] {
            sender.send(PathBuf::from(path)).unwrap();
        }
        let paths = next_changes(&changed).unwrap();
        assert_eq!(paths, BTreeSet::from(["a".into(), "b".into()]));
        drop(sender);
        assert!(next_changes(&changed).is_none());
    }
}
