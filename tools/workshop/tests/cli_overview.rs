//! `list`, `doctor`, and what holds for all commands: help, usage errors, pipes.

mod cli_course;

use std::process::Stdio;

use cli_course::World;
use test_tools::Ran;

const COMMANDS: [&str; 10] = [
    "serve", "list", "doctor", "run", "diff", "checkout", "check", "capture", "port", "walk",
];

#[test]
fn every_command_explains_itself_with_an_example() {
    let world = World::new();
    for command in COMMANDS {
        let help = world.run(&[command, "--help"]).expect(0).stdout;
        assert!(
            help.contains("Example"),
            "{command} --help has no example:\n{help}"
        );
        assert!(
            help.contains(&format!("cargo workshop {command}")),
            "{command} --help shows no call of it:\n{help}"
        );
    }
    let help = world.run(&["--help"]).expect(0).stdout;
    for command in COMMANDS {
        assert!(
            help.contains(command),
            "--help does not name {command}:\n{help}"
        );
    }
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_would_be_right() {
    let world = World::new();
    world.run(&["no-such-command"]).expect(2);
    world.run(&["diff"]).expect(2);
    for former in ["load", "allocs", "explain"] {
        let ran = world.run(&[former, "rooms", "--rate", "4"]).expect(2);
        ran.told(&format!("cargo {former} rooms --rate 4"));
    }
    for command in ["run", "diff", "checkout", "capture", "port"] {
        let ran = world.run(&[command, "09"]).expect(2);
        ran.told("there are 01-alpha, 02-beta");
    }
    let ran = world.run(&["run", "01", "nope"]).expect(2);
    ran.told("it has start, numbers");
    let ran = world.run(&["run", "02"]).expect(2);
    ran.told("there are scripts for 01-alpha");
}

#[test]
fn outside_a_course_the_commands_say_so() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = World::new().command(&["list"]);
    command.current_dir(elsewhere.path());
    let ran = Ran::of(command).expect(1);
    ran.told("run this inside the workshop's folder");
}

#[test]
fn commands_work_from_any_folder_of_the_course() {
    let world = World::new();
    let mut command = world.command(&["list"]);
    command.current_dir(world.path("steps/01-alpha/src"));
    assert!(Ran::of(command).expect(0).stdout.contains("steps/01-alpha"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let world = World::new();
    // More than a pipe holds, so that the writer notices.
    let long: String = (0..20_000).map(|n| format!("// line {n}\n")).collect();
    world.write("steps/02-beta/src/long.rs", &long);
    let mut command = world.command(&["diff", "01"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let world = World::new();
    for command in ["list", "check", "doctor", "diff 01", "checkout 01"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let full = std::fs::File::create("/dev/full").unwrap();
        Ran::of(world.command(&arguments).stdout(full))
            .expect(1)
            .told("error: No space left on device");
    }
}

#[test]
fn the_list_is_aligned_and_says_what_is_ready() {
    let world = World::new();
    let list = world.run(&["list"]).expect(0).stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines[1],
        "01  Alpha         25  steps/01-alpha  scripts/01-alpha.sh  ready"
    );
    assert_eq!(
        lines[2],
        "02  Beta           5  steps/02-beta   -                    draft"
    );
    assert!(
        list.contains("2 chapters, 1 of them ready; 30 minutes in all"),
        "{list}"
    );
}

#[test]
fn the_list_is_there_as_json() {
    let world = World::new();
    let list = world.run(&["list", "--json"]).expect(0).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        list[0],
        serde_json::json!({
            "number": 1, "title": "Alpha", "minutes": 25, "ready": true,
            "crate": "steps/01-alpha", "script": "scripts/01-alpha.sh",
        })
    );
    assert_eq!(list[1]["script"], serde_json::Value::Null);
}

#[test]
fn the_real_course_has_what_its_list_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let world = World::new();
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.current_dir(&root);
        Ran::of(command).expect(0).stdout
    };
    let list: Vec<serde_json::Value> = serde_json::from_str(&run(&["list", "--json"])).unwrap();
    assert_eq!(list.len(), 7);
    for chapter in list.iter().filter(|chapter| chapter["ready"] == true) {
        assert!(
            chapter["crate"].is_string() && chapter["script"].is_string(),
            "{chapter}"
        );
        let sections = run(&["run", &chapter["number"].to_string(), "--list"]);
        assert!(sections.lines().count() > 1, "{sections}");
    }
}

#[test]
fn the_doctor_finds_the_compiler_that_built_this_test() {
    let world = World::new();
    let report = world.run(&["doctor", "--json"]).stdout;
    let report: Vec<serde_json::Value> = serde_json::from_str(&report).unwrap();
    let rustc = report
        .iter()
        .find(|finding| finding["name"] == "rustc")
        .unwrap();
    assert_eq!(rustc["state"], "ok", "{rustc}");
    for finding in &report {
        assert!(
            !finding["purpose"].as_str().unwrap().is_empty(),
            "{finding}"
        );
        let has_remedy = !finding["remedy"].as_str().unwrap().is_empty();
        assert!(finding["state"] == "ok" || has_remedy, "{finding}");
    }
}

#[test]
fn the_doctor_misses_what_is_not_there() {
    let world = World::new();
    let mut command = world.command(&["doctor"]);
    command.env("PATH", world.path("steps"));
    let ran = Ran::of(command).expect(1);
    let line = |name: &str| {
        ran.stdout
            .lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    assert!(line("rustc ").starts_with("missing"), "{}", ran.stdout);
    assert!(
        line("build-essential").starts_with("missing"),
        "{}",
        ran.stdout
    );
    assert!(line("graphviz").starts_with("optional"), "{}", ran.stdout);
    ran.printed("apt-get install build-essential");
}

#[test]
fn the_doctor_shows_where_the_tests_tools_lie() {
    let world = World::new();
    let finding = || {
        let report = world.run(&["doctor", "--json"]).stdout;
        let report: Vec<serde_json::Value> = serde_json::from_str(&report).unwrap();
        let finding = report.into_iter().find(|one| one["name"] == "axe-core");
        finding.unwrap()
    };
    assert_eq!(finding()["state"], "optional");
    let folder = "target/test-tools/node_modules/axe-core";
    world.write(&format!("{folder}/axe.min.js"), "");
    assert_eq!(finding()["state"], "ok");
    let path = world.path(folder).display().to_string();
    assert_eq!(finding()["found"], path.as_str());
}
