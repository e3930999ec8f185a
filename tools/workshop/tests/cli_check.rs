//! `check`: the course's linter.

mod cli_course;

use cli_course::World;

/// The problems that check finds, one per line, without the count at the end.
#[track_caller]
fn problems(world: &World) -> Vec<String> {
    let said = world.run(&["check"]).expect(1).stdout;
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    let (count, rest) = lines.split_last().unwrap();
    assert!(count.contains("problem"), "{said}");
    rest[..rest.len() - 1].to_vec()
}

#[track_caller]
fn assert_found(world: &World, expected: &[&str]) {
    let found = problems(world);
    for part in expected {
        assert!(
            found.iter().any(|line| line.contains(part)),
            "no {part:?} in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn a_course_without_problems_shows_its_chapters() {
    let said = World::new().run(&["check"]).expect(0);
    said.printed("01  Alpha               25 minutes  ready");
    said.printed("no problems: 2 checkpoints, 3 pages");
}

#[test]
fn checkpoints_differ_only_where_the_manifest_says() {
    let world = World::new();
    world.edit(
        "steps/02-beta/src/lib.rs",
        "pub mod greeting;\n",
        "pub mod greeting;\n// more\n",
    );
    world.write("steps/02-beta/src/new.rs", "// new\n");
    world.write("steps/01-alpha/src/old.rs", "// old\n");
    world.edit(
        "course.toml",
        "hint = \"Say it faster.\"\n",
        "hint = \"Say it faster.\"\n[[chapter.changes]]\nfiles = \"src/x/*.rs\"\nhint = \"There.\"\n",
    );
    assert_found(
        &world,
        &[
            "steps/02-beta/src/lib.rs:2: differs from steps/01-alpha, and no `changes` of chapter 1",
            "steps/02-beta/src/new.rs: is not in steps/01-alpha",
            "steps/01-alpha/src/old.rs: is not in steps/02-beta",
            "course.toml:13: chapter 1: `src/x/*.rs` allows a change that steps/01-alpha and steps/02-beta do not have",
        ],
    );
}

#[test]
fn a_crates_name_stands_in_two_places() {
    let world = World::new();
    for id in ["01-alpha", "02-beta"] {
        world.edit(
            &format!("steps/{id}/src/lib.rs"),
            "pub mod",
            "// As in step-01-alpha.\npub mod",
        );
    }
    assert_found(
        &world,
        &[
            "steps/01-alpha/src/lib.rs:1: the crate name `step-01-alpha`",
            "steps/02-beta/src/lib.rs:1: the crate name `step-01-alpha`",
        ],
    );
}

#[test]
fn what_a_page_shows_must_exist() {
    let world = World::new();
    world.edit(
        "book/src/01-alpha.md",
        "greeting.rs greeting",
        "greeting.rs nope",
    );
    world.edit("book/src/01-alpha.md", "start answers", "start questions");
    assert_found(
        &world,
        &[
            "book/src/01-alpha.md:9: {{#value 01-alpha start questions}}",
            "book/src/01-alpha.md:13: {{#code steps/01-alpha/src/greeting.rs nope}}",
            "steps/01-alpha/src/greeting.rs:1: no page shows the anchor `greeting`",
            "steps/02-beta/src/greeting.rs:1: no page shows the anchor `greeting`",
        ],
    );
}

#[test]
fn what_there_is_to_show_must_be_shown() {
    let world = World::new();
    world.edit("book/src/01-alpha.md", "{{#section 01-alpha numbers}}", "");
    world.write("book/src/figures/unused.svg", "<svg/>");
    world.write("book/captures/03-gone/x.txt", "x\n");
    world.write("book/src/unlisted.md", "# Nobody finds this\n");
    assert_found(
        &world,
        &[
            "scripts/01-alpha.sh:11: no page shows the section `numbers`",
            "book/captures/01-alpha/numbers.txt: no page shows this output",
            "book/src/figures/unused.svg: no page shows this figure",
            "book/captures/03-gone/x.txt: no chapter in course.toml is called so",
            "book/src/unlisted.md: the summary does not list this page",
        ],
    );
}

#[test]
fn an_exercise_fits_its_checkpoint_and_the_others() {
    let world = World::new();
    world.write_exercise("louder", "slow", "LOUD");
    world.write("exercises/03-gone/x.patch", "");
    assert_found(
        &world,
        &[
            "exercises/01-alpha/louder.patch: its page does not say `--exercise louder`",
            "exercises/03-gone/x.patch: no chapter in course.toml is called so",
        ],
    );
    world.remove("exercises/03-gone/x.patch");
    let page = "book/src/01-alpha.md";
    world.edit(
        page,
        "# Alpha",
        "# Alpha\n\n`--exercise louder`, `--exercise other`",
    );
    world.run(&["check"]).expect(0);
    world.write_exercise("other", "slow", "OTHER");
    assert_found(
        &world,
        &[
            "exercises/01-alpha/other.patch: exercises/01-alpha/other.patch does not fit steps/01-alpha",
        ],
    );
    world.remove("exercises/01-alpha/other.patch");
    world.edit("steps/01-alpha/src/greeting.rs", "slow", "slower");
    let ran = world.run(&["check"]).expect(1);
    ran.printed("exercises/01-alpha/louder.patch does not fit steps/01-alpha: in src/greeting.rs");
}

#[test]
fn a_chart_shows_a_section_and_its_output() {
    let world = World::new();
    world.edit(
        "book/src/01-alpha.md",
        "{{#section 01-alpha numbers}}",
        "{{#chart 01-alpha numbers ns/op How long it takes}}",
    );
    world.write(
        "book/captures/01-alpha/numbers.txt",
        "BenchmarkGreeting/short/1 9 71 ns/op\n",
    );
    world.run(&["check"]).expect(0);
}

#[test]
fn links_lead_somewhere() {
    let world = World::new();
    world.edit(
        "book/src/introduction.md",
        "01-alpha.md#the-greeting",
        "01-alpha.md#no-such-heading",
    );
    world.edit(
        "README.md",
        "book/src/introduction.md#what-it-is",
        "book/src/nope.md",
    );
    assert_found(
        &world,
        &[
            "book/src/introduction.md:5: `01-alpha.md#no-such-heading`: book/src/01-alpha.md has no heading",
            "README.md:3: `book/src/nope.md` leads to book/src/nope.md, which does not exist",
        ],
    );
}

#[test]
fn a_ready_chapter_has_all_its_parts_and_a_draft_has_no_page() {
    let world = World::new();
    world.edit("book/src/01-alpha.md", "{{#chapter 01}}", "");
    world.write("book/src/02-beta.md", "# Beta\n");
    world.edit("book/src/SUMMARY.md", "[Beta]()", "[Beta](02-beta.md)");
    assert_found(
        &world,
        &[
            "course.toml:6: chapter 1: its page must show its minutes: it has no {{#chapter 01}}",
            "course.toml:15: chapter 2: it is a draft and has a page, book/src/02-beta.md",
            "book/src/SUMMARY.md: there is no [Beta]() for chapter 2",
        ],
    );
}

#[test]
fn a_script_that_cannot_be_read_is_a_problem_too() {
    let world = World::new();
    world.edit("scripts/01-alpha.sh", "numbers() {", "numbers () {");
    let found = problems(&world);
    assert!(
        found.iter().any(|line| line.contains("scripts/01-alpha.sh:11: the line after the header of section `numbers` must be `numbers() {`")),
        "{found:#?}"
    );
}
