//! Notices changed sources and builds the book again.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

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
    let mut sources = Sources::new(root, sender);
    sources.watch();
    let work = move || {
        while let Some(paths) = next_changes(&changed) {
            sources.watch();
            let started = Instant::now();
            let names: Vec<_> = paths.iter().map(|path| sources.shown(path)).collect();
            eprintln!("changed: {}", names.join(", "));
            match live.rebuild(&sources.root) {
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

/// The folders that are watched. A missing one (`app` for most of the course) is taken up when it appears.
struct Sources {
    root: PathBuf,
    watcher: Option<Box<dyn Watcher + Send>>,
    missing: Vec<&'static str>,
}

impl Sources {
    fn new(root: PathBuf, sender: Sender<PathBuf>) -> Self {
        let mut sources = Self {
            watcher: watcher(&root, sender),
            missing: FOLDERS.to_vec(),
            root,
        };
        sources.add(&sources.root.clone(), RecursiveMode::NonRecursive);
        sources
    }

    /// Watches the folders that have appeared since.
    fn watch(&mut self) {
        for name in std::mem::take(&mut self.missing) {
            let folder = self.root.join(name);
            if folder.is_dir() {
                self.add(&folder, RecursiveMode::Recursive);
            } else {
                self.missing.push(name);
            }
        }
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) {
        if let Some(watcher) = &mut self.watcher
            && let Err(error) = watcher.watch(folder, mode)
        {
            eprintln!(
                "warning: changes in {} go unnoticed: {error}",
                self.shown(folder)
            );
        }
    }

    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string()
    }
}

/// The system's way to hear of changes, or else one that looks at all files every second.
fn watcher(root: &Path, sender: Sender<PathBuf>) -> Option<Box<dyn Watcher + Send>> {
    let handler = || {
        let (root, sender) = (root.to_owned(), sender.clone());
        move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            // Building the book reads the sources.
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            for path in event.paths {
                if is_source(&root, &path) {
                    // The receiver is gone when the program ends.
                    sender.send(path).ok();
                }
            }
        }
    };
    match RecommendedWatcher::new(handler(), Config::default()) {
        Ok(watcher) => Some(Box::new(watcher)),
        Err(error) => {
            eprintln!("looking for changes every second, because: {error}");
            let config = Config::default().with_poll_interval(Duration::from_secs(1));
            PollWatcher::new(handler(), config)
                .map(|watcher| Box::new(watcher) as Box<dyn Watcher + Send>)
                .inspect_err(|error| eprintln!("warning: changes go unnoticed: {error}"))
                .ok()
        }
    }
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
    // Editors' swap, backup and lock files, and the file by which vim tests a folder.
    let is_editors = name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".swx")
        || name.starts_with(".#")
        || *name == "4913";
    is_ours && !is_made && !is_editors
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
