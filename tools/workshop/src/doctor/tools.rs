//! The programs that the workshop calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Finding, State};

/// The oldest compiler that builds the workspace; the root manifest's `rust-version` says the same.
const OLDEST_RUST: (u32, u32) = (1, 95);

struct Tool {
    /// What the list calls it.
    name: &'static str,
    /// Any of these programs will do.
    programs: &'static [&'static str],
    required: bool,
    purpose: &'static str,
    debian: &'static str,
    macos: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "cargo",
        programs: &["cargo"],
        required: true,
        purpose: "builds everything",
        debian: "https://rustup.rs",
        macos: "https://rustup.rs",
    },
    Tool {
        name: "C compiler",
        programs: &["cc", "gcc", "clang"],
        required: true,
        purpose: "builds SQLite and jemalloc",
        debian: "apt-get install build-essential",
        macos: "xcode-select --install",
    },
    Tool {
        name: "make",
        programs: &["make", "gmake"],
        required: true,
        purpose: "builds jemalloc",
        debian: "apt-get install build-essential",
        macos: "xcode-select --install",
    },
    Tool {
        name: "bash",
        programs: &["bash"],
        required: true,
        purpose: "runs the chapters' scripts",
        debian: "apt-get install bash",
        macos: "part of the system",
    },
    Tool {
        name: "curl",
        programs: &["curl"],
        required: true,
        purpose: "asks the service, in all chapters",
        debian: "apt-get install curl",
        macos: "part of the system",
    },
    Tool {
        name: "git",
        programs: &["git"],
        required: false,
        purpose: "`cargo workshop port`, for maintainers",
        debian: "apt-get install git",
        macos: "xcode-select --install",
    },
    Tool {
        name: "clippy",
        programs: &["cargo-clippy"],
        required: false,
        purpose: "chapter 2: lints for sizes",
        debian: "rustup component add clippy",
        macos: "rustup component add clippy",
    },
    Tool {
        name: "valgrind",
        programs: &["valgrind"],
        required: false,
        purpose: "chapter 3: its package has dhat's viewer, a page",
        debian: "apt-get install valgrind",
        macos: "none: the viewer is on the web, too",
    },
    Tool {
        name: "strace",
        programs: &["strace"],
        required: false,
        purpose: "chapter 4: an exercise that counts system calls",
        debian: "apt-get install strace",
        macos: "none",
    },
    Tool {
        name: "Chromium",
        programs: &["chromium", "chromium-browser", "google-chrome"],
        required: false,
        purpose: "browser tests of the book",
        debian: "apt-get install chromium",
        macos: "brew install --cask chromium",
    },
    Tool {
        name: "ChromeDriver",
        programs: &["chromedriver"],
        required: false,
        purpose: "browser tests of the book",
        debian: "apt-get install chromium-driver",
        macos: "brew install --cask chromedriver",
    },
    Tool {
        name: "shellcheck",
        programs: &["shellcheck"],
        required: false,
        purpose: "./scripts/test.sh",
        debian: "apt-get install shellcheck",
        macos: "brew install shellcheck",
    },
    Tool {
        name: "PostgreSQL server",
        programs: &["initdb"],
        required: false,
        purpose: "the contract tests on PostgreSQL; all chapters work on SQLite",
        debian: "apt-get install postgresql",
        macos: "brew install postgresql@17",
    },
    Tool {
        name: "Python",
        programs: &["python3"],
        required: false,
        purpose: "./scripts/test.sh: brings go tool pprof, in an environment of its own",
        debian: "apt-get install python3-venv",
        macos: "brew install python",
    },
    Tool {
        name: "Node.js",
        programs: &["node"],
        required: false,
        purpose: "./scripts/test.sh: runs npm",
        debian: "apt-get install nodejs",
        macos: "brew install node",
    },
    Tool {
        name: "npm",
        programs: &["npm"],
        required: false,
        purpose: "./scripts/test.sh: brings speedscope and axe-core",
        debian: "apt-get install npm",
        macos: "brew install node",
    },
    Tool {
        name: "Graphviz",
        programs: &["dot"],
        required: false,
        purpose: "chapter 5: draws a profile as a graph",
        debian: "apt-get install graphviz",
        macos: "brew install graphviz",
    },
];

pub fn look() -> Vec<Finding> {
    let mut findings = vec![rustc()];
    findings.extend(TOOLS.iter().map(Tool::look));
    findings
}

impl Tool {
    fn look(&self) -> Finding {
        let found = self.programs.iter().find_map(|program| find(program));
        let state = match (&found, self.required) {
            (Some(_), _) => State::Ok,
            (None, true) => State::Missing,
            (None, false) => State::Optional,
        };
        Finding {
            name: self.name.to_owned(),
            state,
            purpose: self.purpose,
            remedy: match &found {
                Some(_) => String::new(),
                None => remedy(self.debian, self.macos),
            },
            found: found.map_or_else(String::new, |path| path.display().to_string()),
        }
    }
}

fn remedy(debian: &str, macos: &str) -> String {
    if debian == macos {
        debian.to_owned()
    } else {
        format!("Debian: {debian}; macOS: {macos}")
    }
}

fn rustc() -> Finding {
    let version = Command::new("rustc")
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let new_enough = parse_version(&version).is_some_and(|version| version >= OLDEST_RUST);
    Finding {
        name: "rustc".to_owned(),
        state: if new_enough {
            State::Ok
        } else {
            State::Missing
        },
        found: version.trim().to_owned(),
        purpose: "the compiler, 1.95 or newer",
        remedy: if new_enough {
            String::new()
        } else {
            "rustup update stable; rustup itself: https://rustup.rs".to_owned()
        },
    }
}

/// Major and minor version in what `rustc --version` prints: `rustc 1.95.0 (… 2026-04-14)`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Looks on the `PATH` and, since Debian keeps the server's programs off it, where PostgreSQL lives.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join(program));
    let postgres = postgres_folders().into_iter().map(|dir| dir.join(program));
    on_path.chain(postgres).find(|file| is_executable(file))
}

fn postgres_folders() -> Vec<PathBuf> {
    let versions = glob::glob("/usr/lib/postgresql/*/bin")
        .into_iter()
        .flatten();
    let mut folders: Vec<PathBuf> = versions.flatten().collect();
    folders.reverse();
    folders
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(
            parse_version("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some((1, 95))
        );
        assert!(parse_version("rustc 1.100.0-nightly").unwrap() > OLDEST_RUST);
        assert!(parse_version("rustc 1.9.0").unwrap() < OLDEST_RUST);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn all_that_the_tests_install_from_debian_is_looked_at() {
        // Where no program tells, `doctor::test_tools` looks.
        let programs =
            test_tools::list().filter(|tool| tool.from == "debian" && !tool.sign.contains('/'));
        for tool in programs {
            let remedy = format!("apt-get install {}", tool.package);
            let known = TOOLS.iter().find(|known| known.debian == remedy);
            let known = known.unwrap_or_else(|| panic!("nobody looks at {tool:?}"));
            assert!(known.programs.contains(&tool.sign), "{tool:?}");
        }
    }

    #[test]
    fn a_program_is_found_and_a_made_up_one_is_not() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-program-has-this-name"), None);
    }
}
