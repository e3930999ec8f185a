//! Both tools on the same profile.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use test_tools::{Folder, Ran, TestTools};

/// The tool under test.
pub fn rops() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rops"))
}

/// Both tools, in a folder of their own.
pub struct Both {
    tools: TestTools,
    folder: Folder,
}

impl Both {
    /// None, after a line that says why, where Go is not installed.
    pub fn needed() -> Option<Self> {
        let tools = TestTools::here();
        test_tools::needed(tools.pprof())?;
        Some(Self {
            tools,
            folder: Folder::new(),
        })
    }

    /// Writes a profile.
    pub fn write(&self, name: &str, profile: &profile::Profile) -> String {
        let path = self.folder.path(name);
        std::fs::write(&path, profile.encode()).expect("the folder can be written to");
        path.display().to_string()
    }

    fn run(&self, mut command: Command, arguments: &[&str]) -> Ran {
        // Go brings its own time zones, rops reads those of the system, where there are some.
        let zone = "America/New_York";
        let is_known = Path::new("/usr/share/zoneinfo").join(zone).exists();
        command.env("TZ", if is_known { zone } else { "UTC" });
        command.args(arguments).current_dir(self.folder.root());
        Ran::of(command)
    }

    /// Go's tool, without arguments.
    pub fn go_command(&self) -> Command {
        self.tools.pprof().expect("it was there")
    }

    /// What Go's tool prints.
    pub fn go(&self, arguments: &[&str]) -> Ran {
        self.run(self.go_command(), arguments)
    }

    /// What rops prints.
    pub fn rops(&self, arguments: &[&str]) -> Ran {
        let mut command = rops();
        command.arg("pprof");
        self.run(command, arguments)
    }

    /// Asserts that both print the same, or that both fail. Where values may have both signs, Go's order of what is
    /// equally large is that of its random maps, so lines are compared in any order.
    #[track_caller]
    pub fn agree(&self, arguments: &[&str], in_any_order: bool) {
        let (go, rops) = (self.go(arguments), self.rops(arguments));
        let line = arguments.join(" ");
        assert_eq!(
            go.code == Some(0),
            rops.code == Some(0),
            "{line}\nGo: {}\nrops: {}",
            go.stderr,
            rops.stderr
        );
        if arguments[0] == "-dot" {
            return same(&line, &graph(&go.stdout), &graph(&rops.stdout));
        }
        let (mut go, mut rops) = (lines(&go.stdout), lines(&rops.stdout));
        for lines in [&mut go, &mut rops] {
            if in_any_order {
                lines.sort();
            }
            order_namesakes(lines);
        }
        same(&line, &go, &rops);
    }
}

/// The lines of an output. Each tool has its own words for a source that is not there.
pub fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with(" Error: "));
    lines.map(str::to_owned).collect()
}

/// Orders neighbours that say the same of two nodes of one name, which one file or function in several binaries or at
/// several addresses is. Only whether it was inlined tells them apart, and Go's order of them is that of its random
/// maps.
fn order_namesakes(lines: &mut [String]) {
    let named = |line: &String| line.trim_end_matches(" (inline)").to_owned();
    for namesakes in lines.chunk_by_mut(|one, next| named(one) == named(next)) {
        namesakes.sort();
    }
}

/// Shows the first lines that differ, rather than two long texts.
#[track_caller]
pub fn same(what: &str, go: &[String], rops: &[String]) {
    let differing = (0..go.len().max(rops.len())).find(|&line| go.get(line) != rops.get(line));
    if let Some(line) = differing {
        panic!(
            "{what}\nline {}\nGo:   {:?}\nrops: {:?}",
            line + 1,
            go.get(line),
            rops.get(line)
        );
    }
}

/// A graph's nodes, boxes and edges in any order, with names in place of numbers.
fn graph(dot: &str) -> Vec<String> {
    let id = |line: &str| line.split(' ').next().map(str::to_owned);
    let nodes = dot
        .lines()
        .filter(|line| line.starts_with('N') && line.contains(" shape=box tooltip="));
    let names: HashMap<String, &str> = nodes
        .filter_map(|line| Some((id(line)?, line.split("tooltip=").nth(1)?)))
        .collect();
    let named = |word: &str| {
        let (node, tag) = word.split_once('_').unwrap_or((word, ""));
        let (outer, node) = match node.strip_prefix("NN") {
            Some(inner) => ("number of ", format!("N{inner}")),
            None => ("", node.to_owned()),
        };
        let tag = if tag.is_empty() { "" } else { " tag" };
        Some(format!("{outer}{}{tag}", names.get(&node)?))
    };
    let lines = dot
        .lines()
        .filter(|line| !line.contains("-> N0 ") && !line.starts_with("N0 ->"));
    let mut lines: Vec<String> = lines
        .map(|line| {
            let words = line.split(' ').filter(|word| !word.starts_with("id=\""));
            let words = words.map(|word| named(word).unwrap_or_else(|| word.to_owned()));
            let line = words.collect::<Vec<_>>().join(" ");
            // Where the total is 0, Go's colour is made of no number.
            line.replace(
                r##"color="#b20000" fillcolor="#ed00d5""##,
                r##"color="#b2b2b2" fillcolor="#ededed""##,
            )
        })
        .collect();
    lines.sort();
    lines
}

/// A profile of a Go service.
pub fn of_go(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    folder
        .join(name)
        .with_extension("pb.gz")
        .display()
        .to_string()
}
