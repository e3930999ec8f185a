//! Where the agent of a process is.
//!
//! The library `diagnostics` puts `PID.sock` into a folder of its user's, and `PID.json` beside it.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::process::Process;
use super::users;

/// The folder's name in that of the user's session.
const NAME: &str = "rops";

/// What an agent says of its process.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Record {
    pub pid: i32,
    pub start: Option<u64>,
    pub since: u64,
    pub version: Option<String>,
    pub rustc: String,
    pub http: Vec<SocketAddr>,
    pub gops: Option<SocketAddr>,
}

/// An agent that is there.
#[derive(Debug, Clone)]
pub struct Agent {
    pub socket: PathBuf,
    /// Absent when somebody has tidied up.
    pub record: Option<Record>,
}

/// Where no agent was, and why.
#[derive(Debug, Clone, Default)]
pub struct Looked(Vec<String>);

impl Agent {
    /// # Errors
    /// Where it was looked for.
    pub fn of(process: &Process) -> Result<Self, Looked> {
        let mut looked = Looked::default();
        for folder in folders(process) {
            let socket = folder.join(format!("{}.sock", process.pid));
            match Self::at(&socket, &folder, process) {
                Ok(agent) => return Ok(agent),
                Err(reason) => looked.0.push(format!("{}: {reason}", socket.display())),
            }
        }
        Err(looked)
    }

    fn at(socket: &Path, folder: &Path, process: &Process) -> Result<Self, String> {
        // Of the path itself: whoever could put a link there could answer in the agent's place.
        let there = fs::symlink_metadata(folder).map_err(|error| told(&error))?;
        if !there.is_dir() || there.uid() != process.user {
            return Err(format!(
                "the folder is not one of user {}",
                users::shown(process.user)
            ));
        }
        let there = fs::symlink_metadata(socket).map_err(|error| told(&error))?;
        if !there.file_type().is_socket() {
            return Err("this is no socket".into());
        }
        let record = fs::read(socket.with_extension("json")).ok();
        let record: Option<Record> = record.and_then(|text| serde_json::from_slice(&text).ok());
        let other = record.as_ref().and_then(|record| record.start);
        if other.is_some_and(|start| start != process.start) {
            return Err("left over from another process of that number".into());
        }
        Ok(Self {
            socket: socket.to_owned(),
            record,
        })
    }
}

fn told(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "not there".into(),
        _ => error.to_string(),
    }
}

/// Where a process's agent may be: in the folder of its session, as it was told when it was started, or where the system has
/// those; and where there is no session.
fn folders(process: &Process) -> Vec<PathBuf> {
    let user = process.user;
    let own = env::var_os("XDG_RUNTIME_DIR").filter(|_| user == users::own());
    let sessions = [
        process.variable("XDG_RUNTIME_DIR"),
        own.map(PathBuf::from),
        Some(PathBuf::from(format!("/run/user/{user}"))),
    ];
    let mut folders: Vec<PathBuf> = sessions
        .into_iter()
        .flatten()
        .filter(|session| session.is_absolute())
        .map(|session| session.join(NAME))
        .collect();
    folders.push(format!("/tmp/{NAME}-{user}").into());
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

impl Looked {
    /// What to do, and where it was looked for.
    pub fn sentence(&self, process: &Process) -> String {
        let mut text = format!(
            "process {} ({}) has no agent that user {} can ask. A service in Rust has one if it calls diagnostics::start, or \
             listen, and `agent` is not off. It was looked for at",
            process.pid,
            process.name,
            users::shown(users::own()),
        );
        for place in &self.0 {
            text += "\n  ";
            text += place;
        }
        text
    }
}
