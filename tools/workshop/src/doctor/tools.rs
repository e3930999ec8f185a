//! The compiler, and what `tools/test-tools/tools.txt` lists.

use std::path::Path;
use std::process::Command;

use test_tools::{TestTools, Tool};

use super::{Finding, State};

/// The oldest compiler that builds the workspace; the root manifest's `rust-version` says the same.
const OLDEST_RUST: (u32, u32) = (1, 95);

pub fn look(root: &Path) -> Vec<Finding> {
    let tools = TestTools::of(root);
    let mut findings = vec![rustc(), clippy()];
    findings.extend(test_tools::list().map(|tool| finding(&tool, &tools)));
    findings
}

fn finding(tool: &Tool, tools: &TestTools) -> Finding {
    let found = tool.find(tools);
    Finding {
        name: tool.package.to_owned(),
        state: match (&found, tool.from) {
            (Some(_), _) => State::Ok,
            (None, "required") => State::Missing,
            _ => State::Optional,
        },
        purpose: tool.purpose,
        remedy: match &found {
            Some(_) => String::new(),
            None => remedy(tool),
        },
        found: found.map_or_else(String::new, |path| path.display().to_string()),
    }
}

fn remedy(tool: &Tool) -> String {
    let here = match tool.from {
        "pypi" | "npm" => "./scripts/test.sh".to_owned(),
        _ => format!("Debian: apt-get install {}", tool.package),
    };
    match tool.homebrew {
        "-" => here,
        "xcode-select" => format!("{here}; macOS: xcode-select --install"),
        name => format!("{here}; macOS: brew install {name}"),
    }
}

fn rustc() -> Finding {
    let version = version_of("rustc");
    let new_enough = parse_version(&version).is_some_and(|version| version >= OLDEST_RUST);
    let (state, remedy) = match new_enough {
        true => (State::Ok, ""),
        false => (
            State::Missing,
            "rustup update stable; rustup itself: https://rustup.rs",
        ),
    };
    Finding {
        name: "rustc".to_owned(),
        state,
        found: version,
        purpose: "the compiler, 1.95 or newer",
        remedy: remedy.to_owned(),
    }
}

fn clippy() -> Finding {
    let version = version_of("cargo-clippy");
    let (state, remedy) = match version.is_empty() {
        true => (State::Optional, "rustup component add clippy"),
        false => (State::Ok, ""),
    };
    Finding {
        name: "clippy".to_owned(),
        state,
        found: version,
        purpose: "chapter 2: lints for sizes",
        remedy: remedy.to_owned(),
    }
}

/// What the program says of itself; nothing if it is not there.
fn version_of(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let output = output.ok().filter(|output| output.status.success());
    output.map_or_else(String::new, |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

/// Major and minor version in what `rustc --version` prints: `rustc 1.95.0 (… 2026-04-14)`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text| parse_version(text);
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some((1, 95))
        );
        assert!(version("rustc 1.100.0-nightly").unwrap() > OLDEST_RUST);
        assert!(version("rustc 1.9.0").unwrap() < OLDEST_RUST);
        assert_eq!(version(""), None);
    }
}
