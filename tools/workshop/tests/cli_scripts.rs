//! `run`, and `scripts/lib.sh` which it runs: sections and the service.

mod cli_course;

use cli_course::World;
use test_tools::Ran;

#[test]
fn all_sections_run_in_order_and_stdout_is_only_their_result() {
    let world = World::new();
    let ran = world.run(&["run", "01"]).expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["hello, slow", "answers: 1"]);
    // The second section still has the address that the first one got.
    assert!(
        lines[2].contains(" ms at http://127.0.0.1:"),
        "{}",
        ran.stdout
    );
    // Headings and commands, as the book shows them, are on stderr.
    ran.told("== start");
    ran.told("  ask \"$URL/greeting\"\n");
    assert!(!ran.stderr.contains("service 01-alpha"), "{}", ran.stderr);
    assert_eq!(world.left_over(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn one_section_runs_alone() {
    let world = World::new();
    let ran = world.run(&["run", "01", "start"]).expect(0);
    assert_eq!(ran.stdout, "hello, slow\nanswers: 1\n");
}

#[test]
fn a_checkpoint_is_run_as_by_a_reader_and_its_log_may_be_the_result() {
    let world = World::new();
    world.add_sections(
        "# section: served - Does it run?
served() {
  cargo run --release -p step-01-alpha
}

# section: log terminal - What does it log?
log() {
  service 01-alpha  #-
  ask \"$URL/greeting\"
}
",
    );
    let ran = Ran::of(world.script(&["served", "log"])).expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(lines[0].starts_with("diagnostics on http://"));
    assert!(lines[1].starts_with("listening on http://"));
    assert_eq!(lines[2], "asked at 2026-11-03T10:00:00Z");
}

#[test]
fn the_list_has_names_and_questions() {
    let world = World::new();
    let expected = "start                What does the service answer?\n\
                    numbers              How long does it take?\n";
    assert_eq!(
        world.run(&["run", "01", "--list"]).expect(0).stdout,
        expected
    );
    assert_eq!(
        Ran::of(world.script(&["--list"])).expect(0).stdout,
        expected
    );
    let help = Ran::of(world.script(&["--help"])).expect(0).stdout;
    assert!(
        help.starts_with("usage: scripts/01-alpha.sh") && help.contains("numbers"),
        "{help}"
    );
}

#[test]
fn an_unknown_section_is_exit_code_2_with_the_list() {
    let world = World::new();
    for unknown in ["nope", "--nope", "start nope"] {
        let arguments: Vec<&str> = unknown.split(' ').collect();
        let ran = Ran::of(world.script(&arguments)).expect(2);
        assert_eq!(ran.stdout, "");
        ran.told("How long does it take?");
    }
    assert_eq!(world.left_over(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_service_is_reused_until_another_one_is_wanted() {
    let world = World::new();
    world.add_sections(
        r#"
# section: services - Which process is it?
services() {
  service 01-alpha
  first=$SERVICE_PID
  service 01-alpha
  [ "$first" = "$SERVICE_PID" ] && echo same
  service 01-alpha --flag
  [ "$first" = "$SERVICE_PID" ] || echo flag
  second=$SERVICE_PID
  service 02-beta
  ask "$URL/greeting"
  kill -0 "$first" 2>/dev/null || kill -0 "$second" 2>/dev/null || echo "the former ones have ended"
  echo "$DATABASE_URL"
  stop_service
  kill -0 "$SERVICE_PID" 2>/dev/null || echo stopped
}
"#,
    );
    // Its folder's name is no part of a URL.
    let tmp = world.path("50% of what?");
    std::fs::create_dir(&tmp).unwrap();
    let ran = Ran::of(world.script(&["services"]).env("TMPDIR", &tmp)).expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        ["same", "flag", "hello, fast", "the former ones have ended"]
    );
    let work = format!("{}/50%25 of what%3F", world.root().display());
    assert!(
        lines[4].starts_with(&format!("sqlite://{work}/workshop.")),
        "{}",
        lines[4]
    );
    assert!(lines[4].ends_with("/02-beta.db"), "{}", lines[4]);
    assert_eq!(lines[5], "stopped");
}

#[test]
fn two_services_run_side_by_side_with_a_database_each() {
    let world = World::new();
    world.add_sections(
        r#"
# section: pair - Are they two?
pair() {
  service 01-alpha
  first=$SERVICE_PID
  beside 02-beta
  ask "$URL/greeting"
  ask "$BESIDE_URL/greeting"
  [ "$SERVICE_PID" != "$first" ] && kill -0 "$first" && kill -0 "$SERVICE_PID" && echo "both are there"
  grep -c 'beside-02-beta.db' "$SERVICE_LOG"
  service 01-alpha
  [ "$SERVICE_PID" = "$first" ] && grep -c 'tmp.*/01-alpha.db' "$SERVICE_LOG"
  sed 's/:[0-9]*$//' "$SERVICE_PRINTED"
}
"#,
    );
    let ran = Ran::of(world.script(&["pair"])).expect(0);
    assert_eq!(
        ran.stdout,
        "hello, slow\nhello, fast\nboth are there\n1\n1\n\
         diagnostics on http://127.0.0.1\nlistening on http://127.0.0.1\n"
    );
    // With one database there cannot be two services.
    let mut command = world.script(&["pair"]);
    command.env("DATABASE_URL", "postgres://mine");
    let ran = Ran::of(command).expect(1);
    ran.told("two checkpoints cannot share one database");
}

#[test]
fn a_checkpoints_number_stands_for_the_database_of_the_scripts_service() {
    let world = World::new();
    world.add_sections(
        r#"
# section: query - Which database is asked?
query() {
  service 01-alpha
  beside 02-beta
  cargo database query 01 "select 1"
  cargo database query 02 "select 2" | cat
}

# section: full - How often is it filled?
full() {
  filled 01-alpha
  filled 01-alpha
  beside_filled 02-beta
  beside 02-beta
  cargo database fill 02 --bookings 3
  echo "$DATABASE_URL" | sed 's/.*beside/beside/'
}

# section: early - What if there is none?
early() {
  cargo database query 09 "select 1"
}
"#,
    );
    let ran = Ran::of(world.script(&["query"])).expect(0);
    assert_eq!(
        ran.stdout,
        "query 01 select 1 in 01-alpha.db\nquery 02 select 2 in beside-02-beta.db\n"
    );
    let ran = Ran::of(world.script(&["full"])).expect(0);
    assert_eq!(
        ran.stdout,
        "fill 02 --bookings 3 in beside-02-beta.db\nbeside-02-beta.db\n"
    );
    let filled: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("fill "))
        .filter_map(|line| line.split(" --bookings ").nth(1))
        .collect();
    assert_eq!(
        filled,
        ["30000 in 01-alpha.db", "30000 in beside-02-beta.db",]
    );
    let ran = Ran::of(world.script(&["early"])).expect(1);
    ran.told("checkpoint 09 has no database here");
}

#[test]
fn a_section_cannot_take_the_place_of_a_function_of_the_library() {
    let world = World::new();
    world.add_sections("# section: service - What now?\nservice() {\n  true\n}\n");
    let ran = Ran::of(world.script(&[])).expect(1);
    ran.told("a section cannot be called service");
}

#[test]
fn the_callers_database_is_used_when_there_is_one() {
    let world = World::new();
    world.add_sections(
        "# section: database - Which?\ndatabase() {\n  service 01-alpha\n  echo \"$DATABASE_URL\"\n  cat \"$SERVICE_LOG\"\n}\n",
    );
    let mut command = world.script(&["database"]);
    command.env("DATABASE_URL", "postgres://mine");
    let ran = Ran::of(command).expect(0);
    assert!(
        ran.stdout.starts_with("postgres://mine\n"),
        "{}",
        ran.stdout
    );
    ran.printed("\"--database-url\", \"postgres://mine\"");
}

#[test]
fn the_first_command_that_fails_ends_the_script_and_its_exit_code_is_passed_on() {
    let world = World::new();
    world.add_sections(
        "# section: fails - Does it?\nfails() {\n  service 01-alpha\n  (exit 7)\n  echo not reached\n}\n\
         # section: after - Is it?\nafter() {\n  echo not reached\n}\n",
    );
    let ran = world.run(&["run", "01"]).expect(7);
    assert!(!ran.stdout.contains("not reached"), "{}", ran.stdout);
    ran.told("section fails failed (exit code 7)");
    ran.told("  helped with [");
    assert_eq!(world.left_over(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_service_that_does_not_start_says_why() {
    let world = World::new();
    world.add_sections("# section: fails - Does it?\nfails() {\n  service 01-alpha --fail\n}\n");
    let ran = world.run(&["run", "01", "fails"]).expect(1);
    ran.told("step-01-alpha ended before it was ready");
    ran.told("  the reason why it failed");
}

#[test]
fn what_a_section_prints_is_recorded_and_still_printed() {
    let world = World::new();
    let mut command = world.script(&[]);
    command.env("CAPTURE_DIR", world.path("captured"));
    let ran = Ran::of(command).expect(0);
    assert_eq!(
        world.read("captured/start.txt"),
        "hello, slow\nanswers: 1\n"
    );
    let numbers = world.read("captured/numbers.txt");
    assert!(numbers.ends_with("wide  \n\n"), "{numbers:?}");
    assert_eq!(ran.stdout, format!("hello, slow\nanswers: 1\n{numbers}"));
}
