//! `verify`, `hint` and `reset`: what a reader learns about a working copy.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

const COPY: &str = "workbench/01-alpha";

/// A course whose first checkpoint has been copied, with a measuring script that says what it was called with.
fn world() -> World {
    let world = World::new();
    world.run(&["checkout", "01"]).expect(0);
    measures(&world, 3);
    world
}

fn measures(world: &World, status: u8) {
    world.write(
        "scripts/verify.sh",
        &format!("echo \"speed of $1, $(basename \"$2\"), $3, $4\"\nexit {status}\n"),
    );
}

fn greet_fast(world: &World) {
    world.edit(&format!("{COPY}/src/greeting.rs"), "slow", "fast");
}

#[test]
fn a_fresh_copy_is_told_what_to_do_first() {
    let world = world();
    let hint = world.run(&["hint"]).expect(0);
    hint.printed("src/greeting.rs\n\nSay it faster.\n");
    hint.printed("cargo workshop verify workbench/01-alpha");
    hint.printed("cargo workshop diff 01-alpha");

    let verified = world.run(&["verify"]).expect(1);
    verified.printed("began as steps/01-alpha; chapter 1 ends at steps/02-beta");
    verified.printed("speed of 01, 01-alpha, steps/01-alpha, steps/02-beta");
    verified.printed("src/greeting.rs is not changed yet, unlike steps/02-beta");
    verified.printed("what to do next: cargo workshop hint workbench/01-alpha");
}

#[test]
fn one_way_is_as_good_as_another() {
    let world = world();
    world.edit(&format!("{COPY}/src/greeting.rs"), "slow", "quick");
    let hint = world.run(&["hint", COPY]).expect(0);
    hint.printed("in your own way. What differs from steps/02-beta:\n\n  src/greeting.rs\n");
    let about = world.run(&["hint", "--file", "src/greeting.rs"]).expect(0);
    about.printed("Say it faster.");
    let about = world.run(&["hint", "--file", "src/lib.rs"]).expect(0);
    about.printed("chapter 1 leaves src/lib.rs as it is");

    measures(&world, 0);
    let verified = world.run(&["verify", COPY]).expect(0);
    verified.printed("src/greeting.rs is changed, but not as in steps/02-beta");
    verified.printed("your own way; the book's: cargo workshop diff 01-alpha");
}

#[test]
fn nothing_is_left_when_all_is_as_in_the_next_checkpoint() {
    let world = world();
    greet_fast(&world);
    measures(&world, 0);
    world
        .run(&["hint"])
        .expect(0)
        .printed("nothing is left to do");
    let verified = world.run(&["verify"]).expect(0);
    verified.printed("no file differs from steps/02-beta");
    assert!(!verified.stdout.contains("hint"), "{}", verified.stdout);
}

#[test]
fn a_measurement_that_failed_is_passed_on() {
    let world = world();
    for code in [1, 101] {
        measures(&world, code);
        let verified = world.run(&["verify"]).expect(code.into());
        assert!(!verified.stdout.contains("differs"), "{}", verified.stdout);
    }
}

#[test]
fn the_copy_that_is_meant_is_found_or_asked_for() {
    let world = World::new();
    for command in ["hint", "verify"] {
        let none = world.run(&[command]).expect(2);
        none.told("there is no working copy: `cargo workshop checkout 01` makes one");
    }
    world.run(&["checkout", "01"]).expect(0);
    world.run(&["checkout", "01", "workbench/mine"]).expect(0);
    let which = world.run(&["hint"]).expect(2);
    which.told("name the working copy: there are workbench/01-alpha, workbench/mine");
    let mut inside = world.command(&["hint"]);
    let inside = Ran::of(inside.current_dir(world.path("workbench/mine/src"))).expect(0);
    inside.printed("Say it faster.");

    let none = world.run(&["hint", "steps/01-alpha"]).expect(1);
    none.told("steps/01-alpha is not a working copy of a checkpoint");
    world.run(&["checkout", "02"]).expect(0);
    let draft = world.run(&["hint", "workbench/02-beta"]).expect(2);
    draft.told("chapter 2 is not written yet");
}

#[test]
fn a_file_comes_back_and_what_was_in_it_is_kept() {
    let world = world();
    let file = format!("{COPY}/src/greeting.rs");
    let as_it_was = world.read(&file);
    greet_fast(&world);
    let mine = world.read(&file);
    let reset = world.run(&["reset", &file]).expect(0);
    reset.printed("is as in steps/01-alpha again; yours is target/reset/01-alpha/src/greeting.rs");
    assert_eq!(world.read(&file), as_it_was);
    assert_eq!(world.read("target/reset/01-alpha/src/greeting.rs"), mine);
    world
        .run(&["reset", &file])
        .expect(0)
        .printed("is as it was");

    // The manifest is that of a copy.
    let manifest = format!("{COPY}/Cargo.toml");
    let as_it_was = world.read(&manifest);
    world.remove(&manifest);
    world.write(&manifest, &as_it_was.replace("[lints]", "# mine\n[lints]"));
    world.run(&["reset", &manifest]).expect(0);
    assert_eq!(world.read(&manifest), as_it_was);

    world.remove(&file);
    world.run(&["reset", &file]).expect(0).printed("is back");
    assert!(world.exists(&file));
}

#[test]
fn what_is_no_file_of_a_copy_is_left_alone() {
    let world = world();
    let mine = format!("{COPY}/src/mine.rs");
    world.write(&mine, "// mine\n");
    let ran = world.run(&["reset", &mine]).expect(1);
    ran.told("steps/01-alpha has no src/mine.rs");
    assert!(world.exists(&mine));
    for other in ["steps/01-alpha/src/lib.rs", "README.md", COPY] {
        world.run(&["reset", other]).expect(1);
    }
}
