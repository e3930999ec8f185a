//! Where PostgreSQL's programs are, and as which user they run.

use std::{fs, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

/// Where PostgreSQL's own programs are.
#[derive(Clone, Debug)]
pub struct Installation {
    programs: PathBuf,
    /// User and group that they run as where the tests run as root, which PostgreSQL refuses.
    pub(super) other_than_root: Option<(u32, u32)>,
}

impl Installation {
    /// The newest of Debian's installations (`/usr/lib/postgresql/NN/bin`, which is not in `PATH`), else the one in
    /// `PATH`; None if there is none.
    pub fn find() -> Result<Option<Self>> {
        let versions = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten();
        let number = |version: &fs::DirEntry| version.file_name().to_str()?.parse::<u32>().ok();
        let newest = versions
            .max_by_key(number)
            .map(|version| version.path().join("bin"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = newest.into_iter().chain(std::env::split_paths(&path));
        let Some(programs) = folders.find(|folder| folder.join("initdb").is_file()) else {
            return Ok(None);
        };
        let other_than_root = match rustix::process::getuid().is_root() {
            true => Some(other_user()?),
            false => None,
        };
        Ok(Some(Self {
            programs,
            other_than_root,
        }))
    }

    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        if let Some((uid, gid)) = self.other_than_root {
            // PostgreSQL looks at its working directory, which the other user may not be allowed to enter.
            command.uid(uid).gid(gid).current_dir("/");
        }
        command
    }
}

fn other_user() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(|id| id.parse().ok());
        Some((ids.next()??, ids.next()??))
    };
    let user = ["postgres", "nobody"].into_iter().find_map(ids);
    user.context("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")
}
