//! The folder of the agents of one user: nobody else may enter it, and nobody else may have made it.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Its name below `$XDG_RUNTIME_DIR`.
const NAME: &str = "rops";

/// The user as whom this process acts.
#[allow(unsafe_code)]
pub(super) fn this_user() -> u32 {
    // SAFETY: it takes no arguments, and cannot fail.
    unsafe { libc::geteuid() }
}

/// Makes it, unless it is there, and says what is wrong with one that was there.
pub(super) fn of_this_user() -> Result<PathBuf, String> {
    let user = this_user();
    let folder = match of_the_session(user) {
        Some(session) => session.join(NAME),
        None => PathBuf::from(format!("/tmp/{NAME}-{user}")),
    };
    make(&folder, user)?;
    Ok(folder)
}

/// `$XDG_RUNTIME_DIR`, if it is this user's: it is inherited by what is run as another one.
fn of_the_session(user: u32) -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("XDG_RUNTIME_DIR")?);
    let is = fs::metadata(&folder).ok()?;
    (folder.is_absolute() && is.is_dir() && is.uid() == user).then_some(folder)
}

fn make(folder: &Path, user: u32) -> Result<(), String> {
    let shown = folder.display();
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(format!("no agent: cannot make the folder {shown}: {error}"));
        }
        _ => {}
    }
    // Of the path itself, not of what a link leads to.
    let is =
        fs::symlink_metadata(folder).map_err(|error| format!("no agent in {shown}: {error}"))?;
    let wrong = if is.is_symlink() {
        "it is a link, which somebody else may have made".to_owned()
    } else if !is.is_dir() {
        "it is no folder".to_owned()
    } else if is.uid() != user {
        format!(
            "it belongs to user {}, and this process runs as user {user}",
            is.uid()
        )
    } else if is.mode() & 0o077 != 0 {
        let mode = is.mode() & 0o777;
        format!("others may enter it (its mode is {mode:o}): `chmod 700 {shown}`, or remove it")
    } else {
        return Ok(());
    };
    Err(format!("no agent in {shown}: {wrong}"))
}

/// The right to change what others have left there, until the file is closed. Whoever holds it is quick; should he be stopped,
/// it goes on without.
pub(super) fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    for _ in 0..50 {
        if file.try_lock().is_ok() {
            return Some(file);
        }
        sleep(Duration::from_millis(2));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn only_a_folder_of_this_users_is_taken() {
        let user = this_user();
        let outer = tempfile::tempdir().expect("a folder");
        let path = |name: &str| outer.path().join(name);
        let refusal = |name: &str, user| make(&path(name), user).expect_err(name);

        assert_eq!(make(&path("new"), user), Ok(()));
        let mode = fs::metadata(path("new")).expect("it is there").mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(make(&path("new"), user), Ok(()), "a second time");

        assert!(refusal("new", user + 1).contains("it belongs to user"));
        symlink(path("new"), path("link")).expect("a link");
        assert!(refusal("link", user).contains("it is a link"));
        fs::write(path("file"), "").expect("a file");
        assert!(refusal("file", user).contains("it is no folder"));
        fs::set_permissions(path("new"), fs::Permissions::from_mode(0o750)).expect("its owner may");
        assert!(refusal("new", user).contains("chmod 700"));
        assert!(refusal("none/new", user).contains("cannot make the folder"));
    }
}
