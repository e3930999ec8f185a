//! `diff`: what a chapter did.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

#[test]
fn a_chapter_is_compared_with_the_next_without_names_and_colours() {
    let world = World::new();
    let diff = world.run(&["diff", "01"]).expect(0).stdout;
    assert_eq!(
        diff,
        "--- a/src/greeting.rs\n+++ b/src/greeting.rs\n@@ -1,5 +1,5 @@\n // ANCHOR: greeting\n \
         pub fn greeting() -> &'static str {\n-    \"hello, slow\"\n+    \"hello, fast\"\n }\n \
         // ANCHOR_END: greeting\n"
    );
    assert_eq!(
        world
            .run(&["diff", "01-alpha", "step-02-beta"])
            .expect(0)
            .stdout,
        diff
    );
}

#[test]
fn the_diff_is_a_patch_that_makes_the_later_out_of_the_earlier() {
    let world = World::new();
    world.write("steps/02-beta/src/new/file.rs", "// new\n");
    world.write(
        "steps/02-beta/src/lib.rs",
        "pub mod greeting;\n// no newline at the end",
    );
    world.write("steps/01-alpha/src/old.rs", "// old\n");
    world.write("steps/02-beta/data/coworking.db", "not a source");
    world.write("steps/02-beta/target/x", "not a source");
    let patch = world.run(&["diff", "01"]).expect(0).stdout;

    world.write("patch", &patch);
    world.run(&["checkout", "01"]).expect(0);
    let apply = ["apply", "-p1", "--directory=workbench/01-alpha", "patch"];
    Ran::of(world.program("git", &["init", "--quiet"])).expect(0);
    Ran::of(world.program("git", &apply)).expect(0);

    for file in ["src/new/file.rs", "src/lib.rs", "src/greeting.rs"] {
        assert_eq!(
            world.read(&format!("workbench/01-alpha/{file}")),
            world.read(&format!("steps/02-beta/{file}"))
        );
    }
    assert!(!world.exists("workbench/01-alpha/src/old.rs"));
    let copy = world.run(&["diff", "02", "workbench/01-alpha"]).expect(0);
    assert_eq!(copy.stdout, "");
    copy.told("do not differ");
}

#[test]
fn stat_counts_lines_per_file() {
    let world = World::new();
    world.write("steps/02-beta/src/new.rs", "// 1\n// 2\n");
    let stat = world.run(&["diff", "01", "--stat"]).expect(0).stdout;
    assert_eq!(
        stat,
        "src/greeting.rs     +1    -1\n\
         src/new.rs          +2    -0  new\n\
         2 files changed, 3 lines added, 1 removed\n"
    );
}

#[test]
fn a_working_copy_can_be_compared() {
    let world = World::new();
    world.run(&["checkout", "01"]).expect(0);
    world.edit("workbench/01-alpha/src/greeting.rs", "slow", "mine");
    let diff = world
        .run(&["diff", "01", "workbench/01-alpha"])
        .expect(0)
        .stdout;
    assert!(
        diff.contains("-    \"hello, slow\"\n+    \"hello, mine\"\n"),
        "{diff}"
    );
    let ran = world.run(&["diff", "workbench/01-alpha"]).expect(2);
    ran.told("say what to compare");
}

#[test]
fn after_the_last_checkpoint_there_is_nothing_to_compare_with() {
    let world = World::new();
    let ran = world.run(&["diff", "02"]).expect(2);
    ran.told("app, where chapter 2 ends, is not written yet");
}
