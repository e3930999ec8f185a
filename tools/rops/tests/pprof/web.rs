//! The page: what its server answers, and what a browser makes of it.

mod frames;
mod looks;

use serde_json::Value;
use test_tools::Ran;

use crate::both::{of_go, rops};
use crate::server::Server;

/// `rops pprof`, serving a page.
pub fn serve(arguments: &[&str]) -> Server {
    Server::start(&[&["pprof"], arguments].concat())
}

fn printed(arguments: &[&str]) -> String {
    let mut command = rops();
    command.arg("pprof").args(arguments);
    Ran::of(command).expect(0).stdout
}

#[test]
fn tables_have_the_figures_of_the_command_line() {
    let heap = of_go("heap");
    let server = serve(&["-http=localhost:0", "-inuse_objects", &heap]);
    let about = server.json("/-/about");
    assert_eq!(about["settings"]["sample_index"], "inuse_objects");
    assert_eq!(about["types"].as_array().map(Vec::len), Some(4));

    let top = server.json("/-/top?sample_index=alloc_space&nodecount=7&sort=cum");
    let text = printed(&[
        "top",
        "--sample-index=alloc_space",
        "--node-count=7",
        "--cum",
        &heap,
    ]);
    let lines = top["lines"].as_array().expect("a list").iter();
    assert!(
        lines
            .filter_map(Value::as_str)
            .all(|line| text.contains(line))
    );
    let rows = top["functions"].as_array().expect("a list");
    assert_eq!(rows.len(), 7);
    let expected = text
        .lines()
        .skip_while(|line| !line.contains("flat%"))
        .skip(1);
    for (row, line) in rows.iter().zip(expected) {
        let told = |path: &str| {
            row.pointer(path)
                .and_then(Value::as_str)
                .expect("a text")
                .to_owned()
        };
        let cells = [
            "/flat/text",
            "/flat/part",
            "/sum",
            "/cum/text",
            "/cum/part",
            "/name",
        ]
        .map(told);
        let words: Vec<&str> = line.split_whitespace().take(6).collect();
        assert_eq!(cells.join(" "), words.join(" "));
    }

    let peek = server.json("/-/peek?sample_index=alloc_space&function=%5C.Session%24");
    let text = printed(&["peek", "--sample-index=alloc_space", r"\.Session$", &heap]);
    for call in ["callers", "callees"]
        .into_iter()
        .flat_map(|side| peek["functions"][0][side].as_array())
        .flatten()
    {
        let word = |path| call.pointer(path).and_then(Value::as_str).expect("a text");
        let line = text
            .lines()
            .find(|line| line.ends_with(&format!("|   {}", word("/name"))));
        let line = line.expect("it is there, too");
        assert!(
            line.contains(word("/amount/text")) && line.contains(word("/amount/part")),
            "{line}"
        );
    }

    let source = server.json("/-/source?function=AddBooking&sample_index=alloc_space");
    let text = printed(&["list", "AddBooking", "--sample-index=alloc_space", &heap]);
    let routine = &source["routines"][0];
    assert!(text.contains(&format!(
        "{} in {}",
        routine["name"].as_str().expect("a name"),
        routine["file"].as_str().expect("a file")
    )));
    assert!(text.contains(routine["cum"]["text"].as_str().expect("a text")));
    assert!(
        routine["problem"]
            .as_str()
            .expect("it is not here")
            .contains("--source-path")
    );

    let tags = server.json("/-/tags?sample_index=alloc_space");
    assert_eq!(tags["tags"][0]["key"], "bytes");
    let values = tags["tags"][0]["values"].as_array().expect("a list");
    assert!(values.len() > 10);
    for value in values.iter().step_by(5) {
        let focus = value["focus"].as_str().expect("a text");
        let path = format!("/-/tags?sample_index=alloc_space&tagfocus={focus}");
        let alone = &server.json(&path)["tags"][0]["values"];
        assert_eq!(alone.as_array().map(Vec::len), Some(1), "{focus}");
        assert_eq!(
            alone[0]["amount"]["text"], value["amount"]["text"],
            "{focus}"
        );
    }
    let amount = server.json("/-/amount?value=1536&total=3072&sample_index=alloc_space");
    assert_eq!(
        (&amount["text"], &amount["part"]),
        (&"1.50kB".into(), &"50.00%".into())
    );
}

#[test]
fn boxes_come_as_numbers() {
    let server = serve(&["web", &of_go("cpu")]);
    let (status, body) = server.ask("/-/flame?focus=Syscall6");
    assert_eq!(status, 200);
    for part in [
        r#""is_difference":false"#,
        r#""part":"34.95%""#,
        r#""everything""#,
        "internal/runtime/syscall.Syscall6",
    ] {
        assert!(body.contains(part), "no {part}");
    }
    let compared = serve(&["web", "--diff-base", &of_go("heap"), &of_go("allocs")]);
    let (_, body) = compared.ask("/-/flame");
    assert!(body.contains(r#""is_difference":true"#));
}

#[test]
fn the_page_is_whole_and_keeps_to_this_server() {
    let server = serve(&["web", &of_go("cpu")]);
    for path in [
        "/",
        "/graph",
        "/top",
        "/source",
        "/peek",
        "/tags",
        "/top?focus=net",
    ] {
        let (status, body) = server.ask(path);
        assert_eq!(status, 200, "{path}");
        for reference in body
            .split(['"', ' '])
            .filter(|part| part.starts_with("/-/"))
        {
            assert_eq!(server.ask(reference).0, 200, "{reference}");
        }
        assert!(
            !body.contains("http:") && !body.contains("https:"),
            "{body}"
        );
    }
    let (status, body) = server.ask_for("/-/top", Some("evil.example"));
    assert_eq!(status, 421);
    assert!(body.contains("this one was for evil.example"), "{body}");
}

#[test]
fn what_cannot_be_shown_is_told() {
    let server = serve(&["web", &of_go("cpu")]);
    for (path, status, told) in [
        (
            "/-/top?focus=(",
            400,
            "--focus: ( is no regular expression: unclosed group",
        ),
        (
            "/-/top?sample_index=heap",
            400,
            "sample_index: heap is none of samples, cpu",
        ),
        (
            "/-/top?source_path=/etc",
            400,
            "an address has no setting source_path",
        ),
        ("/-/top?bogus=1", 400, "an address has no setting bogus"),
        ("/-/peek", 400, "which function?"),
        (
            "/-/source?function=nowhere",
            400,
            "no function matches nowhere",
        ),
        (
            "/-/amount?value=x&total=1",
            400,
            "value and total are whole numbers",
        ),
        ("/favicon.ico", 404, "There is no /favicon.ico here."),
    ] {
        let (answered, body) = server.ask(path);
        assert_eq!(answered, status, "{path}: {body}");
        assert!(body.contains(told), "{path}: {body}");
    }
    let mut command = rops();
    command
        .args(["pprof", "web", &of_go("cpu")])
        .args(["--http", "8081"]);
    Ran::of(command)
        .expect(2)
        .told("--http: 8081 is no HOST:PORT");
    let taken = server.url.strip_prefix("http://").expect("it is one");
    let mut command = rops();
    command.args(["pprof", "web", &of_go("cpu"), "--http", taken]);
    Ran::of(command)
        .expect(1)
        .told("is taken; another port, or none, helps");
    let mut command = rops();
    command.args(["pprof", "web", "/nowhere/cpu.pb.gz"]);
    Ran::of(command)
        .expect(1)
        .told("/nowhere/cpu.pb.gz: No such file");
}
