//! `walk`: what the pages print, typed as a reader would.

mod cli_course;

use std::net::{TcpListener, TcpStream};

use cli_course::World;

/// A service at a port that is free now, and what a reader asks it.
const SCRIPT: &str = r#"source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: start - Does it start?
start() {
  cargo run --release -p step-01-alpha -- --listen 127.0.0.1:PORT
}

# section: greet exact - What does it say?
greet() {
  service 01-alpha  #-
  exec 5<>/dev/tcp/127.0.0.1/PORT; echo >&5; cat <&5
}

# section: log terminal - What does it log?
log() {
  # at 127.0.0.1:PORT
  exec 5<>/dev/tcp/127.0.0.1/PORT; echo >&5; cat <&5
}

# section: after - And the next one?
after() {
  # Ctrl-C, then
  cargo run --release -p step-02-beta -- --listen 127.0.0.1:PORT
  exec 5<>/dev/tcp/127.0.0.1/PORT; echo >&5; cat <&5
}

main "$@"
"#;

const PAGE: &str = "# Alpha\n\n{{#section 01-alpha start}}\n\n{{#section 01-alpha greet}}\n\n\
    ```console\necho left > file\n```\n\n{{#section 01-alpha log}}\n\n\
    ```console fails\ncat file\ncat no-such-file\n```\n\n{{#section 01-alpha after}}\n";

struct Walk {
    world: World,
    port: u16,
}

impl Walk {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let world = World::new();
        let text = |text: &str| text.replace("PORT", &port.to_string());
        world.edit("course.toml", "8080", &port.to_string());
        world.write("scripts/01-alpha.sh", &text(SCRIPT));
        world.write("book/src/01-alpha.md", PAGE);
        for (name, output) in [
            (
                "start",
                "diagnostics on http://127.0.0.1:41\nlistening on http://127.0.0.1:PORT\n",
            ),
            ("greet", "hello, slow\n"),
            ("log", "asked at 2026-01-01T00:00:00Z\n"),
            (
                "after",
                "diagnostics on http://127.0.0.1:41\nlistening on http://127.0.0.1:PORT\nhello, fast\n",
            ),
        ] {
            world.write(&format!("book/captures/01-alpha/{name}.txt"), &text(output));
        }
        Self { world, port }
    }

    /// The walk ends with this code, and with it whatever it has started.
    #[track_caller]
    fn expect(&self, code: i32) -> test_tools::Ran {
        let ran = self.world.run(&["walk", "01"]).expect(code);
        assert!(TcpStream::connect(("127.0.0.1", self.port)).is_err());
        ran
    }
}

#[test]
fn what_is_printed_is_typed_in_its_order_and_compared() {
    let walk = Walk::new();
    let said = walk.expect(0);
    for name in ["start", "greet", "log", "after"] {
        said.printed(&format!("book/captures/01-alpha/{name}.txt"));
    }
    said.printed("6 blocks of commands, 0 of them wrong");
    assert_eq!(walk.world.read("file"), "left\n");

    walk.world
        .write("book/captures/01-alpha/greet.txt", "hello, you\n");
    let said = walk.expect(1);
    said.printed("- hello, you");
    said.printed("+ hello, slow");
    said.printed("1 of them wrong");
    // What is wrong stands at the end once more, and nothing else.
    let (_, end) = said.stdout.split_once("of them wrong").unwrap();
    assert!(end.contains("+ hello, slow"), "{end}");
    assert!(!end.contains("same") && !end.contains("done"), "{end}");
}

#[test]
fn what_the_page_does_not_print_is_not_there() {
    // The script starts the service for those who run one section alone; a reader has the page.
    let walk = Walk::new();
    let page = PAGE.replace("{{#section 01-alpha start}}", "");
    walk.world.write("book/src/01-alpha.md", &page);
    let said = walk.expect(1);
    said.printed("2 of them wrong\nbook/src/01-alpha.md:5 greet (");
    said.printed("failed   no service runs that this block asks");

    let walk = Walk::new();
    walk.world
        .edit("scripts/01-alpha.sh", "  # Ctrl-C, then\n", "");
    let said = walk.expect(1);
    said.printed("the page does not say to end it with Ctrl-C");
}

#[test]
fn a_service_that_is_to_be_ended_is_started_anew() {
    let walk = Walk::new();
    let port = walk.port;
    let which = format!("pgrep -f '[l]isten 127.0.0.1:{port}'");
    let service = format!("cargo run --release -p step-01-alpha -- --listen 127.0.0.1:{port}");
    let blocks = format!(
        "```console\n{which} > first\n```\n\n\
         ```console\n{service}\n{which} > same\n```\n\n\
         ```console\n# Ctrl-C, then\n{service}\n{which} > other\n```\n\n{{{{#section 01-alpha log}}}}"
    );
    let page = PAGE.replace("{{#section 01-alpha log}}", &blocks);
    walk.world.write("book/src/01-alpha.md", &page);
    walk.expect(0);
    let [first, same, other] = ["first", "same", "other"].map(|file| walk.world.read(file));
    assert_eq!(first, same);
    assert_ne!(first, other);
}

#[test]
fn what_is_to_fail_fails_at_its_end() {
    let walk = Walk::new();
    walk.world.write(
        "book/src/01-alpha.md",
        "```console fails\ncat nothing\nfalse\n```\n\n```console fails\ntrue\n```\n",
    );
    let said = walk.expect(1);
    said.printed("book/src/01-alpha.md:1 (");
    said.printed("failed   exit status: 1");
    said.printed("failed   it was to fail, and went well");
}

#[test]
fn the_commands_can_be_listed() {
    let walk = Walk::new();
    let said = walk.world.run(&["walk", "01", "--list"]).expect(0);
    said.printed("# book/src/01-alpha.md:7\necho left > file\n");
    said.printed("step-02-beta");
    assert!(!said.stdout.contains("service 01-alpha"), "{}", said.stdout);
}

#[test]
fn waits_are_recorded_for_the_book() {
    let walk = Walk::new();
    walk.world.edit(
        "scripts/01-alpha.sh",
        "  # Ctrl-C, then\n",
        "  # Ctrl-C, then\n  sleep 5\n",
    );
    walk.world.run(&["walk", "01", "--record"]).expect(0);
    let waits = walk.world.read("book/captures/01-alpha/waits.txt");
    assert!(waits.contains("after: "), "{waits}");
    assert!(
        waits.lines().last().unwrap().starts_with("disk: 0."),
        "{waits}"
    );
}
