//! The agent: the pages on a Unix socket that this user alone can open, and a file beside it that says what the process is.
//!
//! | file | |
//! |---|---|
//! | `folder` | the folder for both, checked |
//! | `record` | what the file says, and which files are left over |

mod folder;
mod record;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use axum::serve::Listener;
use tokio::net::{UnixListener, UnixStream};

use super::{own_runtime, pages, serve};
use crate::{Error, thread};
use record::Record;

/// What is in the folder of this process, for whoever removes it at the process's end.
static FILES: OnceLock<Files> = OnceLock::new();

struct Files {
    /// A forked child ends, too, and the files are not its own.
    pid: u32,
    socket: PathBuf,
    record: PathBuf,
    gops: Option<PathBuf>,
}

/// Opens the socket; or, if it is open, tells those who look at its file where the process listens, too.
pub(crate) fn open(http: Option<SocketAddr>, gops: Option<SocketAddr>) -> Result<PathBuf, Error> {
    static OPENED: Mutex<Option<Record>> = Mutex::new(None);
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(record) = &mut *opened {
        record.http.extend(http);
        record.gops = record.gops.or(gops);
        record.write().map_err(Error::Agent)?;
        return Ok(record.socket.clone());
    }
    let folder = folder::of_this_user().map_err(Error::Agent)?;
    let _alone = folder::lock(&folder);
    record::clean(&folder);
    let record = Record::of_this_process(&folder, http, gops);
    let listener = bind(&record.socket).map_err(Error::Agent)?;
    let files = Files {
        pid: record.pid,
        record: record.write().map_err(Error::Agent)?,
        socket: record.socket.clone(),
        gops: gops.and_then(for_gops_by_number),
    };
    if FILES.set(files).is_ok() {
        remove_at_exit();
    }
    own_runtime()?.spawn(serve(listener, pages::router()));
    Ok(opened.insert(record).socket.clone())
}

fn bind(path: &Path) -> Result<OwnUser, String> {
    let failed = |error| format!("no agent at {}: {error}", path.display());
    // Of a process that had this number before.
    let _ = fs::remove_file(path);
    let listener = StdListener::bind(path).map_err(failed)?;
    // In a folder that nobody else may enter, so that nobody comes before.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime = own_runtime().map_err(|error| error.to_string())?;
    let _context = runtime.enter();
    Ok(OwnUser {
        listener: thread::without_log(|| UnixListener::from_std(listener)).map_err(failed)?,
        user: folder::this_user(),
    })
}

/// Lets in who runs as the same user, and root, who may do anything anyway.
struct OwnUser {
    listener: UnixListener,
    user: u32,
}

impl Listener for OwnUser {
    type Io = UnixStream;
    type Addr = ();

    async fn accept(&mut self) -> (UnixStream, ()) {
        loop {
            let (stream, _) = Listener::accept(&mut self.listener).await;
            match stream.peer_cred() {
                Ok(peer) if [self.user, 0].contains(&peer.uid()) => return (stream, ()),
                Ok(peer) => refuse(
                    &stream,
                    &format!("user {}, not user {}", peer.uid(), self.user),
                ),
                Err(error) => refuse(&stream, &format!("unknown to the kernel ({error})")),
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Says why, if that can be said at once.
fn refuse(stream: &UnixStream, who: &str) {
    let reason = format!(
        "You are {who}, whose process this is. The agent answers to that user and to root.\n"
    );
    let answer = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reason}",
        reason.len()
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// gops finds a process's port by the process's number, in a file of that name.
fn for_gops_by_number(address: SocketAddr) -> Option<PathBuf> {
    let folder = match std::env::var_os("GOPS_CONFIG_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let config = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty());
            let config = config.map(PathBuf::from);
            config
                .or_else(|| Some(std::env::home_dir()?.join(".config")))?
                .join("gops")
        }
    };
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(std::process::id().to_string());
    let mut file = fs::File::create(&path).ok()?;
    write!(file, "{}", address.port()).ok()?;
    Some(path)
}

#[allow(unsafe_code)]
fn remove_at_exit() {
    extern "C" fn remove() {
        let Some(files) = FILES.get() else { return };
        if files.pid == std::process::id() {
            for path in [&files.socket, &files.record]
                .into_iter()
                .chain(&files.gops)
            {
                let _ = fs::remove_file(path);
            }
        }
    }
    // SAFETY: the function may be called at the end of the process, from any thread. Should there be no room for it, the
    // files are left over, as those of a process that was killed are.
    unsafe { libc::atexit(remove) };
}
