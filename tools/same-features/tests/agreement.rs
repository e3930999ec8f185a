//! The manifest's list does not rot: each checkpoint is built from the same features with its benchmarks and without
//! them, so are the commands that readers call beside it, and each line of the list is there because somebody asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use course::Course;

/// Crates with their versions, and the sets of features that each is compiled with: for the program, and perhaps
/// others for what runs at build time.
type Crates = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What cargo prints, asked without the network and without a change of the lock file.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new("cargo")
        .current_dir(root())
        .args(arguments)
        .args(["--locked", "--offline"])
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {}: {said}",
        arguments.join(" ")
    );
    String::from_utf8(output.stdout).expect("text")
}

/// What readers build in the release profile beside the checkpoints.
const COMMANDS: [&str; 2] = ["database", "load"];

/// The packages of the checkpoints.
fn steps() -> Vec<String> {
    let checkpoints = Course::load(&root()).expect("the course").checkpoints();
    assert!(!checkpoints.is_empty());
    checkpoints.into_iter().map(|one| one.package).collect()
}

fn crates(step: &str, edges: &str) -> Crates {
    let tree = cargo(&[
        "tree", "-p", step, "-e", edges, "--prefix", "none", "-f", "{p}|{f}",
    ]);
    let mut crates = Crates::new();
    for line in tree.lines() {
        // Cargo marks what it has printed before.
        let line = line.strip_suffix(" (*)").unwrap_or(line);
        let (package, features) = line.split_once('|').expect("a package and its features");
        crates
            .entry(package.to_owned())
            .or_default()
            .insert(features.to_owned());
    }
    crates
}

#[test]
fn a_checkpoint_and_its_benchmarks_share_what_they_are_built_from() {
    let mut differences = String::new();
    for step in steps() {
        let program = crates(&step, "normal,build");
        let benchmarks = crates(&step, "normal,build,dev");
        for (package, with) in &benchmarks {
            if let Some(without) = program.get(package)
                && with != without
            {
                differences += &format!(
                    "\n{step}: {package} has {without:?}, and {with:?} for its tests and benchmarks"
                );
            }
        }
    }
    assert!(
        differences.is_empty(),
        "cargo compiles these twice, and all that is built from them; add the features to \
         tools/same-features/Cargo.toml, and let every checkpoint depend on it:{differences}"
    );
}

/// The first checkpoint is built from more: that is what chapter 1 is about.
#[test]
fn a_command_and_the_checkpoints_share_what_they_are_built_from() {
    let mut differences = String::new();
    for step in steps().into_iter().skip(1) {
        let of_step = crates(&step, "normal,build");
        for command in COMMANDS {
            for (package, with) in crates(command, "normal,build") {
                if let Some(without) = of_step.get(&package)
                    && with != *without
                {
                    differences +=
                        &format!("\n{command}: {package} has {with:?}, and {without:?} for {step}");
                }
            }
        }
    }
    assert!(
        differences.is_empty(),
        "cargo compiles these twice, and all that is built from them; add the features to \
         tools/same-features/Cargo.toml:{differences}"
    );
}

/// A line of the list: a crate, the version that it is resolved to, and its features.
struct Line {
    name: String,
    version: String,
    features: Vec<String>,
}

fn list() -> Vec<Line> {
    let tree = "tree -p same-features --depth 1 --prefix none -e normal";
    let tree = cargo(&tree.split(' ').collect::<Vec<_>>());
    // One crate may stand here in two versions, each of which begins with what is asked for: `^0.10`, 0.10.7.
    let version = |name: &str, asked_for: &str| -> String {
        let begins = format!("{name} v{}", asked_for.trim_start_matches('^'));
        let line = tree.lines().find(|line| line.starts_with(&begins));
        let line = line.unwrap_or_else(|| panic!("no {begins} in {tree}"));
        let version = line.split_once(" v").map(|(_, version)| version);
        let version = version.and_then(|version| version.split(' ').next());
        version.expect("a version").to_owned()
    };
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let own = packages
        .iter()
        .find(|package| package["name"] == "same-features");
    let dependencies = own.expect("this package")["dependencies"]
        .as_array()
        .expect("its dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| {
            let name = dependency["name"].as_str().expect("a name").to_owned();
            let features = dependency["features"].as_array().expect("features");
            Line {
                version: version(&name, dependency["req"].as_str().expect("a version")),
                features: features
                    .iter()
                    .map(|name| name.as_str().expect("a name").to_owned())
                    .chain(
                        (dependency["uses_default_features"] == true).then(|| "default".to_owned()),
                    )
                    .collect(),
                name,
            }
        })
        .collect()
}

/// Who asks for what, as `cargo tree -i` prints it: each entry, and the entries that ask for it.
#[derive(Default)]
struct Asking(BTreeMap<String, BTreeSet<String>>);

impl Asking {
    fn of(packages: &[String], line: &Line) -> Self {
        let wanted = format!("{}@{}", line.name, line.version);
        let mut arguments = vec!["tree", "-e", "features,normal,build,dev", "-i", &wanted];
        arguments.extend(["--prefix", "depth"]);
        arguments.extend(packages.iter().flat_map(|package| ["-p", package]));
        let tree = cargo(&arguments);
        let mut asking = Self::default();
        let mut path: Vec<String> = Vec::new();
        for line in tree.lines() {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let depth: usize = line[..digits].parse().expect("a depth");
            let entry = line[digits..].trim_end_matches(" (*)").to_owned();
            path.truncate(depth);
            if let Some(asked) = path.last() {
                asking
                    .0
                    .entry(asked.clone())
                    .or_default()
                    .insert(entry.clone());
            }
            path.push(entry);
        }
        asking
    }

    /// Whether anybody but the list asks for a feature, itself or by one of the crate's other features.
    fn somebody(&self, line: &Line, feature: &str) -> bool {
        let of_crate = format!("{} feature ", line.name);
        let mut seen = BTreeSet::new();
        let mut ahead = vec![format!("{of_crate}\"{feature}\"")];
        while let Some(entry) = ahead.pop() {
            for asking in self.0.get(&entry).into_iter().flatten() {
                if asking.starts_with(&of_crate) {
                    if seen.insert(asking) {
                        ahead.push(asking.clone());
                    }
                } else if !asking.starts_with("same-features ") {
                    return true;
                }
            }
        }
        false
    }
}

#[test]
fn each_line_of_the_list_is_asked_for_by_somebody_else() {
    let mut packages = steps();
    packages.extend(COMMANDS.map(str::to_owned));
    let mut idle = String::new();
    for line in list() {
        let asking = Asking::of(&packages, &line);
        for feature in &line.features {
            if !asking.somebody(&line, feature) {
                idle += &format!("\n{} {}: {feature:?}", line.name, line.version);
            }
        }
    }
    assert!(
        idle.is_empty(),
        "nobody but tools/same-features/Cargo.toml asks for these features any more; take them out of it:{idle}"
    );
}
