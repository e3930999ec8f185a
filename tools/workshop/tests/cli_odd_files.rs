//! What editors, desktops and accidents leave among the sources stops no command.

mod cli_course;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use cli_course::World;
use test_tools::Ran;

/// What is said of each, but for the first, which is an editor's lock.
const LEFT_OUT: [&str; 5] = [
    "dangling.md: No such file",
    "around: it leads to a folder around it",
    // No permission keeps root from reading; this file says that it cannot be.
    "unreadable.md: ",
    "large.md: it is larger than 16 MiB",
    "\u{fffd}.md: its name is not UTF-8",
];

fn litter(world: &World, folder: &str) {
    let path = |name: &str| world.path(folder).join(name);
    symlink("user@host.123:456", path(".#lib.md")).unwrap();
    symlink("nothing", path("dangling.md")).unwrap();
    symlink("..", path("around")).unwrap();
    symlink("/proc/self/mem", path("unreadable.md")).unwrap();
    let large = File::create(path("large.md")).unwrap();
    large.set_len(1 << 30).unwrap();
    let odd = world.path(folder).join(OsStr::from_bytes(b"\xff.md"));
    fs::write(odd, "").unwrap();
}

#[test]
fn commands_on_checkpoints_leave_it_out_and_say_so() {
    let world = World::new();
    for arguments in [&["init", "--quiet"][..], &["add", "--all"]] {
        Ran::of(world.program("git", arguments)).expect(0);
    }
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    let commit = [&identity[..], &["commit", "--quiet", "-m", "a commit"]].concat();
    Ran::of(world.program("git", &commit)).expect(0);
    world.run(&["checkout", "01"]).expect(0);
    let clean = world.run(&["diff", "01"]).expect(0);

    litter(&world, "steps/01-alpha/src");
    litter(&world, "steps/02-beta/src");
    litter(&world, "workbench/01-alpha/src");
    let port = ["port", "01"];
    for arguments in [
        &["diff", "01"][..],
        &["checkout", "01", "--force"],
        &["check"],
        &["hint"],
        &port,
    ] {
        let ran = world.run(arguments).expect(0);
        for said in LEFT_OUT {
            ran.told(&format!("src/{said}"));
        }
        assert!(!ran.stderr.contains(".#lib.md"), "{}", ran.stderr);
    }
    assert_eq!(world.run(&["diff", "01"]).expect(0).stdout, clean.stdout);
    let ported = world.run(&port).expect(0);
    ported.printed("0 files merged, 0 of them with conflicts");
    let copied = fs::read_dir(world.path("workbench/01-alpha/src")).unwrap();
    assert_eq!(copied.count(), 3);
}

#[test]
fn another_encoding_is_a_difference_as_any_other() {
    let world = World::new();
    fs::write(world.path("steps/01-alpha/src/latin.txt"), b"caf\xe9\n").unwrap();
    let said = world.run(&["diff", "01"]).expect(0).stdout;
    let binary = "Binary files a/src/latin.txt and /dev/null differ\n";
    assert!(said.ends_with(binary), "{said}");
    let said = world.run(&["check"]).expect(1);
    said.printed("steps/01-alpha/src/latin.txt: is not in steps/02-beta");
    world.run(&["checkout", "01"]).expect(0);
    let copied = fs::read(world.path("workbench/01-alpha/src/latin.txt")).unwrap();
    assert_eq!(copied, b"caf\xe9\n");
}

#[test]
fn a_course_with_it_in_all_folders_is_checked() {
    let world = World::new();
    fs::create_dir_all(world.path("exercises/01-alpha")).unwrap();
    symlink("user@host.1:2", world.path("exercises/01-alpha/.#a.patch")).unwrap();
    world.write("book/captures/01-alpha/.#start.txt", "");
    litter(&world, "book/src");
    fs::write(world.path("book/src/latin.md"), b"caf\xe9\n").unwrap();
    let said = world.run(&["check"]).expect(0);
    said.printed("no problems");
    for left_out in LEFT_OUT {
        said.told(&format!("book/src/{left_out}"));
    }
    said.told("left out: book/src/latin.md: stream did not contain valid UTF-8");
}
