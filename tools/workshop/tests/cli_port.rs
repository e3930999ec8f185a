//! `port`: an edit of one checkpoint in all later ones.

mod cli_course;

use cli_course::{Ran, World};

/// A course with three checkpoints, committed.
fn committed() -> World {
    let world = World::new();
    for file in ["Cargo.toml", "src/main.rs", "src/lib.rs", "src/greeting.rs"] {
        let text = world.read(&format!("steps/02-beta/{file}"));
        let text = text
            .replace("step-02-beta", "coworking")
            .replace("step_02_beta", "coworking");
        world.write(&format!("app/{file}"), &text);
    }
    git(&world, &["init", "--quiet"]);
    commit(&world);
    world
}

fn commit(world: &World) {
    git(world, &["add", "--all"]);
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    git(
        world,
        &[&identity[..], &["commit", "--quiet", "-m", "a commit"]].concat(),
    );
}

fn git(world: &World, arguments: &[&str]) {
    Ran::of(world.program("git", arguments)).expect(0);
}

#[test]
fn an_edit_reaches_all_later_checkpoints_under_their_own_names() {
    let world = committed();
    world.edit(
        "steps/01-alpha/src/lib.rs",
        "pub mod greeting;\n",
        "pub mod extra;\npub mod greeting;\n",
    );
    world.write("steps/01-alpha/src/extra.rs", "// extra\n");
    world.edit(
        "steps/01-alpha/src/main.rs",
        "\nfn main()",
        "// An edit near the crate's name.\n\nfn main()",
    );
    // Not an edit: git ignores it.
    world.write("steps/01-alpha/data/coworking.db", "x");

    let said = world.run(&["port", "01"]).expect(0).stdout;
    assert!(
        said.contains("ported to 2 checkpoints, with 0 conflicts"),
        "{said}"
    );
    for (dir, library) in [("steps/02-beta", "step_02_beta"), ("app", "coworking")] {
        assert!(
            world
                .read(&format!("{dir}/src/lib.rs"))
                .contains("pub mod extra;")
        );
        assert_eq!(world.read(&format!("{dir}/src/extra.rs")), "// extra\n");
        let main = world.read(&format!("{dir}/src/main.rs"));
        assert!(main.contains("// An edit near"), "{main}");
        assert!(main.contains(&format!("use {library} as app;")), "{main}");
        assert!(!world.exists(&format!("{dir}/data")));
    }
    // What chapter 1 changed is still changed.
    assert!(world.read("steps/02-beta/src/greeting.rs").contains("fast"));
    let again = world.run(&["port", "01"]).expect(0).stdout;
    assert!(again.contains("there already"), "{again}");
}

#[test]
fn deleted_files_are_deleted() {
    let world = committed();
    world.write("steps/01-alpha/src/old.rs", "// old\n");
    world.write("steps/02-beta/src/old.rs", "// old\n");
    world.write("app/src/old.rs", "// changed in a later chapter\n");
    commit(&world);
    world.remove("steps/01-alpha/src/old.rs");

    let said = world.run(&["port", "01"]).expect(1).stdout;
    assert!(!world.exists("steps/02-beta/src/old.rs"));
    assert!(world.exists("app/src/old.rs"));
    assert!(
        said.contains("app/src/old.rs: deleted here, but changed in the later checkpoint"),
        "{said}"
    );
}

#[test]
fn conflicts_are_marked_and_reported_with_their_lines() {
    let world = committed();
    world.edit(
        "steps/01-alpha/src/greeting.rs",
        "hello, slow",
        "good day, slow",
    );
    let ran = world.run(&["port", "01"]).expect(1);
    assert!(
        ran.stdout
            .contains("conflict       steps/02-beta/src/greeting.rs:3"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("with 2 conflicts"), "{}", ran.stdout);
    let merged = world.read("steps/02-beta/src/greeting.rs");
    assert!(
        merged.contains("<<<<<<< steps/02-beta\n    \"hello, fast\"\n=======\n    \"good day, slow\"\n>>>>>>> steps/01-alpha\n"),
        "{merged}"
    );
    // A second merge on top of it would make it worse.
    let again = world.run(&["port", "01"]).expect(1).stdout;
    assert!(again.contains("resolve them first"), "{again}");
    assert_eq!(world.read("steps/02-beta/src/greeting.rs"), merged);
}

#[test]
fn a_dry_run_says_the_same_and_does_nothing() {
    let world = committed();
    world.edit(
        "steps/01-alpha/src/greeting.rs",
        "hello, slow",
        "good day, slow",
    );
    world.write("steps/01-alpha/src/new.rs", "// new\n");
    let before = world.read("steps/02-beta/src/greeting.rs");
    let said = world.run(&["port", "01", "--dry-run"]).expect(1).stdout;
    assert!(
        said.contains("conflict       steps/02-beta/src/greeting.rs:3"),
        "{said}"
    );
    assert!(said.contains("would be ported"), "{said}");
    assert_eq!(world.read("steps/02-beta/src/greeting.rs"), before);
    assert!(!world.exists("steps/02-beta/src/new.rs"));
}

#[test]
fn an_edit_that_is_committed_is_ported_from_an_earlier_revision() {
    let world = committed();
    world.write("steps/01-alpha/src/new.rs", "// new\n");
    commit(&world);
    let ran = world.run(&["port", "01"]).expect(0);
    assert!(ran.stderr.contains("nothing to port"), "{}", ran.stderr);
    world.run(&["port", "01", "--since", "HEAD~1"]).expect(0);
    assert_eq!(world.read("app/src/new.rs"), "// new\n");
}

#[test]
fn what_cannot_be_ported_is_said() {
    let world = committed();
    let ran = world
        .run(&["port", "01", "--since", "no-such-revision"])
        .expect(1);
    assert!(
        ran.stderr
            .contains("git knows no revision `no-such-revision`"),
        "{}",
        ran.stderr
    );
    world.write("app/src/lib.rs", "// edited\n");
    let ran = world.run(&["port", "app"]).expect(1);
    assert!(
        ran.stderr.contains("is the last checkpoint"),
        "{}",
        ran.stderr
    );
}
