//! The command itself, run on a database in the shape that the first checkpoint creates.

use std::fs::File;
use std::process::Command;

use test_tools::{Folder, Ran};

/// The first checkpoint's tables, and what its seeding puts there.
const TABLES: &str = include_str!("../../../steps/01-discovery/migrations/sqlite/0001_tables.sql");
const SEED: &str = "
    insert into users values ('u', 'ipesenti@example.com', 'ipesenti', 'hash');
    insert into rooms values ('g', 'Green', 1, 1, 'c', 'p'), ('r', 'Red', 1, 1, 'c', 'p')";

fn database(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_database"));
    command.args(args).env_remove("DATABASE_URL");
    command
}

/// What it prints on stdout, or where the code is an error's, on stderr.
#[track_caller]
fn ended(command: &mut Command, code: i32) -> String {
    let ran = Ran::of(command).expect(code);
    if code == 0 { ran.stdout } else { ran.stderr }
}

#[track_caller]
fn query(url: &str, sql: &str) -> String {
    ended(&mut database(&["query", url, sql]), 0)
}

fn seeded(folder: &Folder) -> String {
    folder.write("test.db", "");
    let url = format!("sqlite://{}", folder.path("test.db").display());
    query(&url, TABLES);
    query(&url, SEED);
    url
}

#[test]
fn the_files_name_is_what_the_address_stands_for() {
    let folder = Folder::new();
    let url = format!("sqlite://{}/50%25%20%3F%23.db", folder.root().display());
    let ran = Ran::of(&mut database(&["reset", &url])).expect(0);
    let missing = format!("there is no {}", folder.path("50% ?#.db").display());
    assert!(ran.stderr.contains(&missing), "{}", ran.stderr);

    let seeded = seeded(&folder);
    std::fs::rename(folder.path("test.db"), folder.path("50% ?#.db")).unwrap();
    assert_ne!(seeded, url);
    let emptied = ended(&mut database(&["reset", &url]), 0);
    assert!(emptied.contains("bookings removed: 0"), "{emptied}");
    assert!(query(&url, "select name from rooms").contains("Green"));
}

#[test]
fn rows_are_aligned_below_their_names() {
    let folder = Folder::new();
    let url = seeded(&folder);
    let rooms = "select name, number_of_seats, null as missing from rooms order by name";
    let table = "\
        name   number_of_seats  missing\n\
        Green  1                NULL\n\
        Red    1                NULL\n";
    assert_eq!(query(&url, rooms), table);
    assert_eq!(query(&url, "select 1 where false"), "");

    // The environment's database is the one of any checkpoint, by any of its names and in any folder.
    for checkpoint in ["01", "1", "discovery", "01-discovery"] {
        let mut command = database(&["query", checkpoint, rooms]);
        command.env("DATABASE_URL", &url).current_dir(folder.root());
        assert_eq!(ended(&mut command, 0), table);
    }
}

#[test]
fn fill_adds_bookings_that_do_not_meet_and_can_be_repeated() {
    let folder = Folder::new();
    let url = seeded(&folder);
    let fill: [&str; 8] = [
        "fill",
        &url,
        "--bookings",
        "1001",
        "--own",
        "7",
        "--members",
        "3",
    ];
    for total in [1001, 2002] {
        assert_eq!(ended(&mut database(&fill), 0), "bookings added: 1001\n");
        let bookings = query(&url, "select count(*) as n from bookings");
        assert_eq!(bookings, format!("n\n{total}\n"));
    }
    for (what, sql, rows) in [
        (
            "no two meet",
            "select count(distinct room_id || booked_on) as n from bookings",
            "n\n2002\n",
        ),
        (
            "--own",
            "select count(*) as n from bookings where user_id = 'u'",
            "n\n14\n",
        ),
        (
            "the seed user books on from there",
            "select distinct user_id as n from bookings where booked_on = (select max(booked_on) from bookings)",
            "n\nu\n",
        ),
        ("--members", "select count(*) as n from users", "n\n4\n"),
    ] {
        assert_eq!(query(&url, sql), rows, "{what}");
    }
}

#[test]
fn reset_leaves_what_the_first_start_made() {
    let folder = Folder::new();
    let url = seeded(&folder);
    let size = || std::fs::metadata(folder.path("test.db")).unwrap().len();
    let empty = size();
    let fill = ["fill", &url, "--bookings", "1000", "--members", "3"];
    ended(&mut database(&fill), 0);
    assert!(size() > empty);
    let said = ended(&mut database(&["reset", &format!("{url}?mode=rw")]), 0);
    assert_eq!(said, "bookings removed: 1000\nusers removed: 3\n");
    assert_eq!(size(), empty);
    assert_eq!(
        query(&url, "select username as n from users"),
        "n\nipesenti\n"
    );
    assert_eq!(query(&url, "select count(*) as n from rooms"), "n\n2\n");

    // Before the first start there is nothing to do.
    let missing = format!("sqlite://{}", folder.path("missing.db").display());
    let said = ended(&mut database(&["reset", &missing]), 0);
    assert_eq!(said, "bookings removed: 0\nusers removed: 0\n");
    assert!(!folder.exists("missing.db"));
}

#[test]
fn mistakes_are_named_once() {
    let folder = Folder::new();
    let url = seeded(&folder);
    let missing = format!("sqlite://{}", folder.path("missing.db").display());
    let colour = "select colour from rooms";
    let cases: [(i32, &[&str], &[&str]); 6] = [
        (
            2,
            &["query", "99", "select 1"],
            &["no checkpoint `99`", "01-discovery", "sqlite://PATH"],
        ),
        (
            2,
            &["query", "mysql://localhost/db", "select 1"],
            &["sqlite://PATH"],
        ),
        (
            1,
            &["query", &missing, "select 1"],
            &["start the service once", "unable to open"],
        ),
        // Nobody listens on this port.
        (
            1,
            &["query", "postgres://a:b@127.0.0.1:1/c", "select 1"],
            &["is the server running", "refused"],
        ),
        (
            1,
            &["query", &url, colour],
            &["the statement failed", "no such column"],
        ),
        (
            2,
            &["fill", &url, "--bookings", "3", "--own", "4"],
            &["--own 4"],
        ),
    ];
    for (code, args, expected) in cases {
        let message = ended(&mut database(args), code);
        assert_eq!(message.lines().count(), 1, "{message}");
        for expected in expected {
            assert_eq!(
                message.matches(expected).count(),
                1,
                "{expected}: {message}"
            );
        }
    }
    let bookings = query(&url, "select count(*) as n from bookings");
    assert_eq!(bookings, "n\n0\n", "a failed fill leaves nothing");
}

#[test]
fn a_reader_that_leaves_is_no_error_and_a_full_disk_is_one() {
    let folder = Folder::new();
    let url = seeded(&folder);
    let query = ["query", &url, "select 1"];
    let fill = ["fill", &url, "--bookings", "5"];
    for args in [&query[..], &fill] {
        let mut command = database(args);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(ended(command.stdout(writer), 0), "");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let message = ended(command.stdout(full), 1);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains("No space left"), "{message}");
    }
}
