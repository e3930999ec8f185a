//! `port`: an edit of one checkpoint in all later ones.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

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
    let said = world.run(&["port", "01"]).expect(0);
    said.printed("6 files merged, 0 of them with conflicts");
    for (dir, library) in [("steps/02-beta", "step_02_beta"), ("app", "coworking")] {
        let lib = world.read(&format!("{dir}/src/lib.rs"));
        assert!(lib.contains("pub mod extra;"), "{lib}");
        assert_eq!(world.read(&format!("{dir}/src/extra.rs")), "// extra\n");
        let main = world.read(&format!("{dir}/src/main.rs"));
        assert!(main.contains("// An edit near"), "{main}");
        assert!(main.contains(&format!("use {library} as app;")), "{main}");
    }
    // What chapter 1 changed is still changed, and a second time changes nothing.
    assert!(world.read("steps/02-beta/src/greeting.rs").contains("fast"));
    let main = world.read("app/src/main.rs");
    world.run(&["port", "01"]).expect(0);
    assert_eq!(world.read("app/src/main.rs"), main);
}

#[test]
fn deleted_files_are_deleted_unless_a_later_chapter_changed_them() {
    let world = committed();
    world.write("steps/01-alpha/src/old.rs", "// old\n");
    world.write("steps/02-beta/src/old.rs", "// old\n");
    world.write("app/src/old.rs", "// changed in a later chapter\n");
    commit(&world);
    world.remove("steps/01-alpha/src/old.rs");

    let said = world.run(&["port", "01"]).expect(1);
    assert!(!world.exists("steps/02-beta/src/old.rs"));
    assert!(world.exists("app/src/old.rs"));
    said.printed("conflict  app/src/old.rs");
}

#[test]
fn conflicts_are_marked() {
    let world = committed();
    world.edit(
        "steps/01-alpha/src/greeting.rs",
        "hello, slow",
        "good day, slow",
    );
    let said = world.run(&["port", "01"]).expect(1);
    said.printed("conflict  steps/02-beta/src/greeting.rs");
    said.printed("2 of them with conflicts");
    let merged = world.read("steps/02-beta/src/greeting.rs");
    assert!(
        merged.contains(
            "<<<<<<< later\n    \"hello, fast\"\n=======\n    \"good day, slow\"\n>>>>>>> edited\n"
        ),
        "{merged}"
    );
    let again = world.run(&["port", "01"]).expect(1);
    again.told("resolve it first");
    assert_eq!(world.read("steps/02-beta/src/greeting.rs"), merged);
}

#[test]
fn an_edit_that_is_committed_is_ported_from_an_earlier_revision() {
    let world = committed();
    world.write("steps/01-alpha/src/new.rs", "// new\n");
    commit(&world);
    let said = world.run(&["port", "01"]).expect(0);
    said.printed("0 files merged");
    world.run(&["port", "01", "--since", "HEAD~1"]).expect(0);
    assert_eq!(world.read("app/src/new.rs"), "// new\n");
    let said = world.run(&["port", "01", "--since", "nowhere"]).expect(1);
    said.told("git has no steps/01-alpha at nowhere");
}
