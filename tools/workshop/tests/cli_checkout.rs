//! `checkout`: working copies that build.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

#[test]
fn a_copy_in_the_workbench_is_a_member_that_builds() {
    let world = World::new();
    world.write("steps/01-alpha/data/coworking.db", "the reader's own");
    let said = world.run(&["checkout", "01"]).expect(0);
    said.printed("cargo run --release -p workbench-01-alpha");

    assert!(
        world
            .read("workbench/01-alpha/Cargo.toml")
            .contains("name = \"workbench-01-alpha\"")
    );
    assert!(
        world
            .read("workbench/01-alpha/src/main.rs")
            .contains("use step_01_alpha as app;")
    );
    assert!(!world.exists("workbench/01-alpha/data"));
    let check = ["check", "--offline", "--package", "workbench-01-alpha"];
    Ran::of(world.program("cargo", &check)).expect(0);
    // The checkpoint is as it was.
    assert!(
        world
            .read("steps/01-alpha/src/main.rs")
            .contains("use step_01_alpha as app;")
    );
}

#[test]
fn a_copy_elsewhere_stands_alone_and_builds() {
    let world = World::new();
    Ran::of(world.program("cargo", &["generate-lockfile", "--offline"])).expect(0);
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("deep/my-copy");
    world
        .run(&["checkout", "01", copy.to_str().unwrap()])
        .expect(0);

    let config = std::fs::read_to_string(copy.join(".cargo/config.toml")).unwrap();
    assert!(
        config.contains("flagged") && !config.contains("alias"),
        "{config}"
    );
    assert!(copy.join("Cargo.lock").is_file());
    let manifest = std::fs::read_to_string(copy.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("[profile.release]"), "{manifest}");

    let mut run = world.program("cargo", &["run", "--offline", "--quiet", "--", "--fail"]);
    run.current_dir(&copy);
    // Built with the workspace's flags, it gets as far as to look at its own.
    let ran = Ran::of(run).expect(3);
    ran.told("the reason why it failed");
}

#[test]
fn an_exercise_is_in_the_copy_and_not_in_the_checkpoint() {
    let world = World::new();
    world.write_exercise("louder", "slow", "LOUD");
    let ran = world
        .run(&["checkout", "01", "--exercise", "louder"])
        .expect(0);
    ran.printed("workbench/01-exercise is a copy of steps/01-alpha, with louder in it");
    ran.printed("cargo workshop diff 01-alpha workbench/01-exercise");
    let greeting = "src/greeting.rs";
    assert!(
        world
            .read(&format!("workbench/01-exercise/{greeting}"))
            .contains("LOUD")
    );
    assert!(
        world
            .read(&format!("steps/01-alpha/{greeting}"))
            .contains("slow")
    );
    let ran = world
        .run(&["checkout", "01", "--force", "--exercise", "nope"])
        .expect(2);
    ran.told("chapter 1 has no exercise `nope`; it has louder");
    assert!(
        world
            .read(&format!("workbench/01-exercise/{greeting}"))
            .contains("LOUD")
    );
}

#[test]
fn what_is_there_is_overwritten_only_when_forced() {
    let world = World::new();
    world.run(&["checkout", "01"]).expect(0);
    world.write("workbench/01-alpha/src/mine.rs", "// mine\n");
    world.edit("workbench/01-alpha/src/greeting.rs", "slow", "mine");

    let ran = world.run(&["checkout", "01"]).expect(1);
    assert!(
        ran.stderr.contains("not empty") && ran.stderr.contains("--force"),
        "{}",
        ran.stderr
    );
    assert!(
        world
            .read("workbench/01-alpha/src/greeting.rs")
            .contains("mine")
    );

    world.run(&["checkout", "01", "--force"]).expect(0);
    assert!(
        world
            .read("workbench/01-alpha/src/greeting.rs")
            .contains("slow")
    );
    assert!(!world.exists("workbench/01-alpha/src/mine.rs"));
    let entries = std::fs::read_dir(world.path("workbench")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        ["01-alpha", "README.md"],
        "nothing temporary is left"
    );
}

#[test]
fn force_replaces_nothing_but_a_former_copy() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let precious = elsewhere.path().join("precious");
    std::fs::write(&precious, "x").unwrap();
    let ran = world
        .run(&[
            "checkout",
            "01",
            "--force",
            elsewhere.path().to_str().unwrap(),
        ])
        .expect(1);
    ran.told("not a working copy");

    let link = world.path("link");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    world.run(&["checkout", "01", "--force", "link"]).expect(1);
    let link = world.path("workbench/link");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    let ran = world
        .run(&["checkout", "01", "--force", "workbench/link"])
        .expect(1);
    ran.told("is a link");
    assert!(precious.is_file());
}

#[test]
fn the_workshops_own_folders_are_refused() {
    let world = World::new();
    for dir in [
        ".",
        "..",
        "steps/01-alpha",
        "steps/mine",
        "workbench",
        "workbench/a b",
        "workbench/anna/01",
    ] {
        let ran = world.run(&["checkout", "01", "--force", dir]);
        assert_eq!(ran.code, Some(1), "{dir}: {}", ran.stderr);
    }
    assert!(world.exists("steps/01-alpha/Cargo.toml"));
    assert!(world.exists("workbench/README.md"));
}

#[test]
fn an_empty_folder_and_a_name_of_ones_own_are_fine() {
    let world = World::new();
    std::fs::create_dir(world.path("workbench/empty")).unwrap();
    world.run(&["checkout", "2", "workbench/empty"]).expect(0);
    assert!(
        world
            .read("workbench/empty/Cargo.toml")
            .contains("name = \"workbench-empty\"")
    );
    assert!(
        world
            .read("workbench/empty/src/greeting.rs")
            .contains("fast")
    );
}

#[test]
fn the_first_real_checkpoint_can_stand_alone() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy");
    let world = World::new();
    let mut checkout = world.command(&["checkout", "01", copy.to_str().unwrap()]);
    checkout.current_dir(&root);
    Ran::of(checkout).expect(0);
    // Cargo understands the manifest and finds all dependencies in the versions that the lock file has.
    let mut tree = world.program("cargo", &["tree", "--offline", "--depth", "1"]);
    tree.current_dir(&copy);
    let tree = Ran::of(tree).expect(0).stdout;
    assert!(tree.starts_with("workbench-01-discovery v"), "{tree}");
    assert!(tree.contains("diagnostics v"), "{tree}");
}

#[test]
fn what_lies_in_the_workbench_keeps_nobody_from_working() {
    let world = World::new();
    for dir in [
        "workbench/notes",
        "workbench/anna/01/src",
        "workbench/half/src",
    ] {
        std::fs::create_dir_all(world.path(dir)).unwrap();
    }
    world.run(&["checkout", "01"]).expect(0);
    let metadata = [
        "metadata",
        "--offline",
        "--no-deps",
        "--format-version",
        "1",
    ];
    let known = Ran::of(world.program("cargo", &metadata)).expect(0).stdout;
    assert!(known.contains("workbench-01-alpha"), "{known}");
}

#[test]
fn printed_commands_work_where_they_are_printed() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("Anna's copy; $HOME");
    let mut checkout = world.command(&["checkout", "01", copy.to_str().unwrap()]);
    checkout.current_dir(world.path("steps"));
    let said = Ran::of(checkout).expect(0).stdout;
    for (title, expected) in [("compare it:", ""), ("what next?", "Say it faster.")] {
        let line = said.lines().find(|line| line.contains(title)).unwrap();
        let (_, command) = line.split_once("cargo workshop ").unwrap();
        let command = format!("\"$WORKSHOP\" {command}");
        let mut shell = world.program("bash", &["-c", &command]);
        shell.env("WORKSHOP", env!("CARGO_BIN_EXE_workshop"));
        let ran = Ran::of(shell.current_dir(world.path("steps"))).expect(0);
        ran.printed(expected);
        assert!(!ran.stdout.contains("+++ b/src"), "{}", ran.stdout);
    }
}

#[test]
fn a_copy_can_be_edited_whatever_the_modes_of_its_source() {
    let world = World::new();
    let source = world.path("steps/01-alpha/src/greeting.rs");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o444);
    std::fs::set_permissions(source, mode).unwrap();
    world.run(&["checkout", "01"]).expect(0);
    let copy = std::fs::metadata(world.path("workbench/01-alpha/src/greeting.rs")).unwrap();
    assert!(!copy.permissions().readonly());
}

/// For each chapter, what it does to a copy of its checkpoint makes a copy of the next one.
#[test]
fn a_chapters_diff_leads_to_the_next_checkpoint() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let course = course::Course::load(&root).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let world = World::new();
    let workshop = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.current_dir(&root);
        Ran::of(command).expect(0)
    };
    for pair in course.checkpoints().windows(2) {
        let copy = elsewhere.path().join(&pair[0].id);
        let dir = copy.to_str().unwrap();
        workshop(&["checkout", &pair[0].id, dir]);
        let patch = elsewhere.path().join("patch");
        std::fs::write(&patch, workshop(&["diff", &pair[0].id]).stdout).unwrap();
        let mut apply = world.program("patch", &["--strip=1", "--directory", dir, "--input"]);
        Ran::of(apply.arg(&patch)).expect(0);
        workshop(&["hint", dir]).printed("nothing is left to do");
        let left = workshop(&["diff", &pair[1].id, dir]).stdout;
        // A copy outside the workshop says in its manifest what it cannot inherit, and has a .gitignore.
        let more = |line: &&str| line.starts_with("+++ ");
        let files: Vec<_> = left.lines().filter(more).collect();
        assert_eq!(files, ["+++ b/.gitignore", "+++ b/Cargo.toml"]);
        let less = |line: &str| line.starts_with('-') && !line.starts_with("--- ");
        assert!(!left.lines().any(less), "{left}");
    }
}
