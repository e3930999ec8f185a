//! `capture`: the outputs that stand in the book.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

const NUMBERS: &str = "book/captures/01-alpha/numbers.txt";
const START: &str = "book/captures/01-alpha/start.txt";

#[test]
fn outputs_are_recorded_without_what_belongs_to_the_machine() {
    let world = World::new();
    world.remove(START);
    world.write(
        "book/captures/01-alpha/gone.txt",
        "of a section that is no more\n",
    );
    let lock = world.path("book/captures/01-alpha/.#start.txt");
    std::os::unix::fs::symlink("user@host.123:456", &lock).unwrap();
    let said = world.run(&["capture", "01"]).expect(0);
    said.printed("start.txt  new");
    said.printed("numbers.txt  changed");
    said.printed("gone.txt  removed");

    assert_eq!(world.read(START), "hello, slow\nanswers: 1\n");
    let numbers = world.read(NUMBERS);
    assert!(
        numbers.ends_with(" ms at http://127.0.0.1:8080 from ./steps\nwide\n"),
        "{numbers}"
    );
    assert!(!world.exists("book/captures/01-alpha/gone.txt"));
    assert!(lock.is_symlink(), "an editor's lock is not ours");
}

#[test]
fn one_section_is_recorded_alone() {
    let world = World::new();
    world.write("book/captures/01-alpha/gone.txt", "not looked at\n");
    world.write(START, "old\n");
    world.run(&["capture", "01", "start"]).expect(0);
    assert_eq!(world.read(START), "hello, slow\nanswers: 1\n");
    assert!(world.read(NUMBERS).starts_with("it took 500 ms"));
    assert!(world.exists("book/captures/01-alpha/gone.txt"));
}

#[test]
fn pictures_are_recorded_beside_the_pages() {
    const PICTURES: &str = "book/src/pictures/01-alpha";
    let world = World::new();
    world.add_sections(
        "# section: graph - What calls what?\ngraph() {\n  \
         has_tool bash bash || return 0 #-\n  \
         echo \"<svg>$ROOT</svg>\" > \"$WORK/x.svg\"\n  \
         picture \"$WORK/x.svg\" #-\n}\n\
         # section: web - And in a browser?\nweb() {\n  \
         printf '\\377light' > \"$WORK/a.png\"\n  \
         printf '\\377dark' > \"$WORK/b.png\"\n  \
         picture \"$WORK/a.png\" \"$WORK/b.png\" #-\n}\n\
         # section: missing - And without a tool?\nmissing() {\n  \
         has_tool no-such-tool nothing || return 0 #-\n  \
         false\n}\n",
    );
    world.write(&format!("{PICTURES}/missing.svg"), "as it was");
    let ran = world.run(&["capture", "01"]).expect(0);
    ran.printed("01-alpha/graph.svg  drawn");
    ran.told("left out: no-such-tool is not installed (Debian's package nothing)");
    assert_eq!(
        world.read(&format!("{PICTURES}/graph.svg")),
        "<svg>.</svg>\n"
    );
    let bytes = |name: &str| std::fs::read(world.path(PICTURES).join(name)).unwrap();
    assert_eq!(bytes("web.png"), b"\xfflight");
    assert_eq!(bytes("web-dark.png"), b"\xffdark");
    assert_eq!(bytes("missing.svg"), b"as it was");

    let mut strict = world.command(&["capture", "01", "missing"]);
    strict.env("CI", "true");
    Ran::of(strict)
        .expect(1)
        .told("no-such-tool is not installed");
}

#[test]
fn a_script_that_fails_records_nothing() {
    let world = World::new();
    world.write(START, "old\n");
    world.edit(
        "scripts/01-alpha.sh",
        "  printf 'wide",
        "  (exit 9)\n  printf 'wide",
    );
    let ran = world.run(&["capture", "01"]).expect(9);
    ran.told("nothing was recorded");
    assert_eq!(world.read(START), "old\n");
}

#[test]
fn check_compares_the_shape_and_writes_nothing() {
    let world = World::new();
    let before = world.read(NUMBERS);
    let said = world.run(&["capture", "01", "--check"]).expect(0);
    said.printed("same     book/captures/01-alpha/start.txt");
    said.printed("same     book/captures/01-alpha/numbers.txt");
    assert_eq!(world.read(NUMBERS), before);
}

#[test]
fn check_shows_what_differs() {
    let world = World::new();
    world.edit(START, "answers: 1", "answers: 2");
    world.edit(NUMBERS, "it took 500 ms at", "it needed 500 ms at");
    let said = world.run(&["capture", "01", "--check"]).expect(1);
    said.printed("start.txt (compared verbatim; - recorded, + now)");
    said.printed("  - answers: 2\n  + answers: 1\n");
    said.printed("  - it needed 500 ms at http://127.0.0.1:8080");
    said.printed("  + it took ");
    said.printed("2 of 2 sections differ");
    assert!(
        world.read(START).contains("answers: 2"),
        "nothing is written"
    );
}

#[test]
fn check_misses_a_record_that_is_not_there() {
    let world = World::new();
    world.remove(START);
    let said = world.run(&["capture", "01", "start", "--check"]).expect(1);
    said.printed("  + hello, slow\n");
}

#[test]
fn the_readers_own_database_has_no_part_in_it() {
    let world = World::new();
    world.edit(
        "scripts/01-alpha.sh",
        "  printf 'wide",
        "  echo \"${DATABASE_URL##*/}\"\n  printf 'wide",
    );
    let mut command = world.command(&["capture", "01"]);
    command.env("DATABASE_URL", "postgres://mine/precious");
    Ran::of(command).expect(0);
    assert!(
        world.read(NUMBERS).contains("01-alpha.db"),
        "{}",
        world.read(NUMBERS)
    );
}
