//! Where PostgreSQL's programs are, and as which user they run.

use std::{fs, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

/// Where PostgreSQL's own programs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    programs: PathBuf,
}

impl Installation {
    /// The newest of Debian's installations (`/usr/lib/postgresql/NN/bin`, which is not in `PATH`), else the one in
    /// `PATH`.
    pub fn find() -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten();
        let newest = versions.max_by_key(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .parse::<u32>()
                .unwrap_or(0)
        });
        let debian = newest.map(|entry| entry.path().join("bin"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = debian.into_iter().chain(std::env::split_paths(&path));
        programs
            .filter(|folder| folder.join("initdb").is_file())
            .map(|programs| Self { programs })
            .next()
    }

    pub(super) fn program(&self, name: &str, user: Option<User>) -> Command {
        let mut command = Command::new(self.programs.join(name));
        if let Some(User { uid, gid }) = user {
            // PostgreSQL looks at its working directory, which the other user may not be allowed to enter.
            command.uid(uid).gid(gid).current_dir("/");
        }
        command
    }
}

/// The user that PostgreSQL runs as where the tests run as root, since it refuses root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// None where the tests do not run as root: PostgreSQL then runs as the user who runs them.
    pub(super) fn other_than_root() -> Result<Option<Self>> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let user = ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(&users, name));
        Ok(Some(user.context(
            "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`",
        )?))
    }

    fn named(users: &str, name: &str) -> Option<Self> {
        let fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let user = fields
            .into_iter()
            .find(|fields| fields[0] == name && fields.len() > 3)?;
        Some(Self {
            uid: user[2].parse().ok()?,
            gid: user[3].parse().ok()?,
        })
    }
}
