//! The folder that dumps are written to. Nothing in it is touched but what has a dump's name.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::recorder::timeline::{self, Why};

/// Dumps that are kept, and their bytes together.
const MOST_FILES: usize = 20;
const MOST_BYTES: u64 = 256 << 20;

/// Bytes of one, before it is compressed.
const MOST_OF_ONE: u64 = 400_000_000;

const PREFIX: &str = "flight-";
const SUFFIX: &str = ".json.gz";

/// What is being written has this behind its name.
const PART: &str = ".part";

/// A part that nobody has written to for so long is of a process that has ended.
const STALE: Duration = Duration::from_secs(600);

pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Writes all that is remembered aside, and renames it when it is whole.
    pub(super) fn write(&self, why: &Why) -> io::Result<PathBuf> {
        static DUMPS: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        // In the order of time, and no two the same.
        let number = DUMPS.fetch_add(1, Ordering::Relaxed);
        let name = format!(
            "{PREFIX}{:014}-{}-{number}{SUFFIX}",
            now.as_millis(),
            process::id()
        );
        let (whole, part) = (self.0.join(&name), self.0.join(name + PART));
        let written = write(&part, why).and_then(|()| fs::rename(&part, &whole));
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        self.tidy()?;
        Ok(whole)
    }

    /// The newest dumps stay, as far as they are not too many or too large.
    fn tidy(&self) -> io::Result<()> {
        let (mut dumps, mut stale) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with(PREFIX) {
                continue;
            }
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let age = metadata
                .modified()
                .ok()
                .and_then(|time| time.elapsed().ok());
            if name.ends_with(SUFFIX) {
                dumps.push((name, entry.path(), metadata.len()));
            } else if name.ends_with(PART) && age.is_some_and(|age| age > STALE) {
                stale.push(entry.path());
            }
        }
        dumps.sort();
        let (mut files, mut bytes) = (0, 0);
        for (_, path, length) in dumps.into_iter().rev() {
            files += 1;
            bytes += length;
            // The newest one stays, however large it is.
            if files > MOST_FILES || (files > 1 && bytes > MOST_BYTES) {
                stale.push(path);
            }
        }
        for path in stale {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

fn write(part: &Path, why: &Why) -> io::Result<()> {
    let file = BufWriter::new(File::create_new(part)?);
    let mut out = GzEncoder::new(file, Compression::fast());
    timeline::remembered(&mut out, MOST_OF_ONE, Duration::MAX, Some(why))?;
    out.finish()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_what_is_somebody_elses_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for number in 0..30 {
            fs::write(path(&format!("flight-{number:014}-1-0.json.gz")), "dump").expect("a file");
        }
        fs::write(path("flight-00000000000099-1-0.json.gz.part"), "part").expect("a file");
        fs::write(path("mine.json.gz"), "mine").expect("a file");
        Folder(folder.path().into()).tidy().expect("it is there");
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .expect("it is there")
            .map(|entry| {
                entry
                    .expect("a file")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        assert_eq!(names.len(), MOST_FILES + 2);
        assert_eq!(names[0], "flight-00000000000010-1-0.json.gz");
        assert!(
            names.contains(&"mine.json.gz".into()) && names.iter().any(|name| name.ends_with(PART))
        );
    }
}
