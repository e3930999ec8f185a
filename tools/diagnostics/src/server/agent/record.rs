//! What a process says of itself in the folder of the agents, and what is left of those that were killed.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::Options;
use crate::server::version::RUSTC;

/// `PID.json`, for `rops`.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    pub(super) pid: u32,
    /// When the process was started, in the kernel's ticks since the machine was: field 22 of `/proc/PID/stat`. A later process
    /// of the same number has another one.
    start: Option<u64>,
    /// When the agent was opened, in seconds since 1970.
    since: u64,
    /// The program's file name.
    name: String,
    path: PathBuf,
    version: Option<String>,
    rustc: &'static str,
    pub(super) socket: PathBuf,
    /// Where the pages are served over TCP.
    pub(super) http: Vec<SocketAddr>,
    /// Where clients of gops are answered.
    pub(super) gops: Option<SocketAddr>,
}

impl Record {
    pub(super) fn of_this_process(
        folder: &Path,
        http: Option<SocketAddr>,
        gops: Option<SocketAddr>,
    ) -> Self {
        let pid = std::process::id();
        let path = std::env::current_exe().unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            pid,
            start: start_of(pid),
            since: since.map_or(0, |since| since.as_secs()),
            name: name.into_owned(),
            path: path.clone(),
            version: Options::current().version.clone(),
            rustc: RUSTC,
            socket: folder.join(format!("{pid}.sock")),
            http: http.into_iter().collect(),
            gops,
        }
    }

    /// Under another name first, so that nobody reads half of it.
    pub(super) fn write(&self) -> Result<PathBuf, String> {
        let path = self.socket.with_extension("json");
        let aside = self.socket.with_extension("new");
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string());
        let written = text.and_then(|text| {
            fs::write(&aside, text + "\n")
                .and_then(|()| fs::rename(&aside, &path))
                .map_err(|error| error.to_string())
        });
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(format!(
                "no agent: cannot write {}: {error}",
                path.display()
            )),
        }
    }
}

/// When a process was started, if there is one of that number.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in brackets, and may have anything in it; what follows are fields 3 and up.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

/// Removes what processes have left that are no more.
pub(super) fn clean(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let pid = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        if pid.is_some_and(|pid| is_left_over(folder, pid)) {
            let _ = fs::remove_file(path);
        }
    }
}

fn is_left_over(folder: &Path, pid: u32) -> bool {
    #[derive(Deserialize)]
    struct Told {
        start: Option<u64>,
    }
    let path = |extension: &str| folder.join(format!("{pid}.{extension}"));
    let is_there = match (start_of(pid), fs::read(path("json"))) {
        (None, _) => false,
        // It may be about to write it.
        (Some(_), Err(_)) => true,
        (Some(start), Ok(text)) => serde_json::from_slice::<Told>(&text)
            .is_ok_and(|told| told.start.is_none_or(|told| told == start)),
    };
    // Or it has another number here, since it is in a container with the same folder.
    !is_there && UnixStream::connect(path("sock")).is_err()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_is_left_over_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("room");
        let own = std::process::id();
        let start = start_of(own).expect("it runs");
        // Larger than any number that Linux gives.
        let dead = u32::MAX - 1;
        let elsewhere = u32::MAX - 2;
        write(&format!("{own}.json"), &format!("{{\"start\":{start}}}"));
        write(&format!("{dead}.json"), "{\"start\":1}");
        drop(UnixListener::bind(folder.join(format!("{dead}.sock"))).expect("a socket"));
        write("1.json", "{\"start\":1234567890123}");
        write(&format!("{elsewhere}.json"), "{\"start\":1}");
        let path = folder.join(format!("{elsewhere}.sock"));
        let _answers = UnixListener::bind(path).expect("a socket");
        write("readme", "not ours");

        clean(folder);
        let left = fs::read_dir(folder).expect("a folder").map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("text")
        });
        let mut left: Vec<_> = left.collect();
        left.sort();
        let mut right = vec![
            format!("{elsewhere}.json"),
            format!("{elsewhere}.sock"),
            format!("{own}.json"),
            "readme".into(),
        ];
        right.sort();
        assert_eq!(left, right);
    }
}
