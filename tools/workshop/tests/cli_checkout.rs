//! `checkout`: working copies that build.

mod cli_course;

use cli_course::{Ran, World};

#[test]
fn a_copy_in_the_workbench_is_a_member_that_builds() {
    let world = World::new();
    world.write("steps/01-alpha/data/coworking.db", "the reader's own");
    let said = world.run(&["checkout", "01"]).expect(0).stdout;
    assert!(
        said.contains("cargo run --release -p workbench-01-alpha"),
        "{said}"
    );

    assert!(
        world
            .read("workbench/01-alpha/Cargo.toml")
            .contains("name = \"workbench-01-alpha\"")
    );
    assert!(
        world
            .read("workbench/01-alpha/src/main.rs")
            .contains("use workbench_01_alpha as app;")
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
    assert!(!manifest.contains("workspace = true"), "{manifest}");
    assert!(manifest.contains("[profile.release]"), "{manifest}");

    let mut run = world.program("cargo", &["run", "--offline", "--quiet", "--", "--fail"]);
    run.current_dir(&copy);
    // Built with the workspace's flags, it gets as far as to look at its own.
    let ran = Ran::of(run).expect(3);
    assert!(
        ran.stderr.contains("the reason why it failed"),
        "{}",
        ran.stderr
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
    assert!(ran.stderr.contains("not a working copy"), "{}", ran.stderr);

    let link = world.path("link");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    world.run(&["checkout", "01", "--force", "link"]).expect(1);
    let link = world.path("workbench/link");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    let ran = world
        .run(&["checkout", "01", "--force", "workbench/link"])
        .expect(1);
    assert!(ran.stderr.contains("is a link"), "{}", ran.stderr);
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
