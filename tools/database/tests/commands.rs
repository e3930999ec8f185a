//! The command itself, run on a database in the shape that the first checkpoint creates.

use std::{
    path::Path,
    process::{Command, Output},
};

/// The first checkpoint's tables, and what its seeding puts there.
const TABLES: &str = include_str!("../../../steps/01-discovery/migrations/sqlite/0001_tables.sql");
const SEED: &str = "
    insert into users values ('u', 'ipesenti@example.com', 'ipesenti', 'hash');
    insert into rooms values ('g', 'Green', 1, 1, 'c', 'p'), ('r', 'Red', 1, 1, 'c', 'p')";

fn database(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_database"));
    command
        .args(args)
        .env_remove("DATABASE_URL")
        .output()
        .expect("the command runs")
}

fn query(url: &str, sql: &str) -> String {
    let output = database(&["query", url, sql]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("the output is text")
}

fn seeded(folder: &Path) -> String {
    let file = folder.join("test.db");
    std::fs::write(&file, []).expect("the folder is writable");
    let url = format!("sqlite://{}", file.display());
    query(&url, TABLES);
    query(&url, SEED);
    url
}

#[test]
fn rows_are_aligned_below_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let url = seeded(folder.path());
    assert_eq!(
        query(
            &url,
            "select name, number_of_seats, null as missing from rooms order by name"
        ),
        "name   number_of_seats  missing\nGreen  1                NULL\nRed    1                NULL\n"
    );
    assert_eq!(query(&url, "select 1 where false"), "");
}

#[test]
fn fill_adds_bookings_that_do_not_meet_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let url = seeded(folder.path());
    for total in [1001, 2002] {
        let output = database(&[
            "fill",
            &url,
            "--bookings",
            "1001",
            "--own",
            "7",
            "--members",
            "3",
        ]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            query(&url, "select count(*) as n from bookings"),
            format!("n\n{total}\n")
        );
    }
    let days = query(
        &url,
        "select count(distinct room_id || booked_on) as n from bookings",
    );
    assert_eq!(days, "n\n2002\n");
    assert_eq!(
        query(
            &url,
            "select count(*) as n from bookings where user_id = 'u'"
        ),
        "n\n14\n"
    );
    let last = "select distinct user_id from bookings where booked_on = (select max(booked_on) from bookings)";
    assert_eq!(
        query(&url, last),
        "user_id\nu\n",
        "the seed user books on from there"
    );
    assert_eq!(query(&url, "select count(*) as n from users"), "n\n4\n");
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = seeded(folder.path());
    let missing = format!("sqlite://{}/missing.db", folder.path().display());
    let cases: [(&[&str], &str); 5] = [
        (&["query", "99", "select 1"], "no checkpoint `99`"),
        (
            &["query", "mysql://localhost/db", "select 1"],
            "sqlite://PATH",
        ),
        (&["query", &missing, "select 1"], "start the service once"),
        (&["query", &url, "select colour from rooms"], "colour"),
        (&["fill", &url, "--bookings", "3", "--own", "4"], "--own 4"),
    ];
    for (args, expected) in cases {
        let output = database(args);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(message.contains(expected), "{args:?}: {message}");
    }
    assert_eq!(
        query(&url, "select count(*) as n from bookings"),
        "n\n0\n",
        "a failed fill leaves nothing"
    );
}
