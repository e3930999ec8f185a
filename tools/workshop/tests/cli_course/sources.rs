//! The files of the small course.

const SCRIPT: &str = r#"#!/usr/bin/env bash
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: start exact - What does the service answer?
start() {
  service 01-alpha  #-
  ask "$URL/greeting"
  echo "answers: 1"
}

# section: numbers - How long does it take?
numbers() {
  echo "it took $((RANDOM % 900 + 100)) ms at $URL from $ROOT/steps"
  printf 'wide  \n\n'
}

ask() {
  local authority=${1#http://}
  local host=${authority%%/*}
  exec 5<>"/dev/tcp/${host%:*}/${host#*:}"
  printf 'GET /%s\n' "${authority#*/}" >&5
  cat <&5
  exec 5>&-
}

main "$@"
"#;

/// Says what it was asked to do to which database.
const DATABASE: &str = r#"fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| arguments[1].clone());
    println!("{} in {}", arguments.join(" "), url.rsplit('/').next().unwrap());
}
"#;

/// Path and content, from the course's root.
pub const FILES: &[(&str, &str)] = &[
    ("scripts/01-alpha.sh", SCRIPT),
    (
        "course.toml",
        r#"[display]
URL = "http://127.0.0.1:8080"

[[chapter]]
number = 1
name = "alpha"
title = "Alpha"
minutes = 25
[[chapter.changes]]
files = "src/greeting.rs"
hint = "Say it faster."

[[chapter]]
number = 2
name = "beta"
title = "Beta"
minutes = 5
draft = true
"#,
    ),
    (
        "Cargo.toml",
        r#"[workspace]
resolver = "3"
members = ["[sw]*/*/migrations/..", "tools/*"]

[workspace.package]
version = "0.1.0"
edition = "2024"

[workspace.dependencies]
helper = { path = "tools/helper" }

[workspace.lints.rust]
unsafe_code = "deny"

[profile.release]
debug = 1
"#,
    ),
    (
        ".cargo/config.toml",
        "[build]\nrustflags = [\"--cfg\", \"flagged\"]\n\n[alias]\nworkshop = \"run -p workshop --\"\n",
    ),
    (
        ".gitignore",
        "/target/\n/tmp/\n/workbench/*\n!/workbench/README.md\ndata/\n",
    ),
    ("workbench/README.md", "# Your copies\n"),
    (
        "README.md",
        "# A course\n\nSee [the book](book/src/introduction.md#what-it-is).\n",
    ),
    (
        "tools/helper/Cargo.toml",
        "[package]\nname = \"helper\"\nversion.workspace = true\nedition.workspace = true\n",
    ),
    (
        "tools/database/Cargo.toml",
        "[package]\nname = \"database\"\nversion.workspace = true\nedition.workspace = true\n",
    ),
    ("tools/database/src/main.rs", DATABASE),
    (
        "tools/helper/src/lib.rs",
        "pub fn help() -> &'static str {\n    \"helped\"\n}\n",
    ),
    (
        "book/src/SUMMARY.md",
        "# Summary\n\n- [Introduction](introduction.md)\n- [Alpha](01-alpha.md)\n- [Beta]()\n",
    ),
    (
        "book/src/introduction.md",
        "# Introduction\n\n## What it is\n\n[Start](01-alpha.md#the-greeting).\n\n{{#figure figures/map.svg The map}}\n",
    ),
    (
        "book/src/figures/map.svg",
        "<svg viewBox=\"0 0 1 1\"><title>Map</title></svg>\n",
    ),
    (
        "book/src/01-alpha.md",
        "# Alpha\n\n{{#chapter 01}}\n\n## The greeting\n\n{{#section 01-alpha start}}\n\n\
         It gave {{#value 01-alpha start answers}} answer.\n\n{{#section 01-alpha numbers}}\n\n\
         {{#code steps/01-alpha/src/greeting.rs greeting}}\n\n{{#diff 01 02}}\n",
    ),
    (
        "book/captures/01-alpha/start.txt",
        "hello, slow\nanswers: 1\n",
    ),
    (
        "book/captures/01-alpha/numbers.txt",
        "it took 500 ms at http://127.0.0.1:8080 from ./steps\nwide\n",
    ),
];

/// A checkpoint, with PACKAGE, LIBRARY and GREETING to be filled in.
pub const CHECKPOINT: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        r#"[package]
name = "PACKAGE"
version.workspace = true
edition.workspace = true

[dependencies]
helper.workspace = true

[lints]
workspace = true
"#,
    ),
    (
        "src/main.rs",
        r#"//! Prints its addresses as the coworking app does, and greets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use LIBRARY as app;

fn main() -> std::io::Result<()> {
    let flags: Vec<String> = std::env::args().collect();
    if !cfg!(flagged) {
        panic!("built without the workspace's flags");
    }
    if flags.iter().any(|flag| flag == "--fail") {
        eprintln!("the reason why it failed");
        std::process::exit(3);
    }
    eprintln!("{} with {flags:?}", helper::help());
    let debug = TcpListener::bind("127.0.0.1:0")?;
    println!("diagnostics on http://{}", debug.local_addr()?);
    let wanted = flags.iter().skip_while(|flag| *flag != "--listen").nth(1);
    let listener = TcpListener::bind(wanted.map_or("127.0.0.1:0", |wanted| wanted.as_str()))?;
    println!("listening on http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        eprintln!("asked at 2026-11-03T10:00:00Z");
        writeln!(stream, "{}", app::greeting::greeting())?;
    }
    Ok(())
}
"#,
    ),
    (
        "migrations/0001.sql",
        "create table greetings (text text);\n",
    ),
    ("src/lib.rs", "pub mod greeting;\n"),
    (
        "src/greeting.rs",
        "// ANCHOR: greeting\npub fn greeting() -> &'static str {\n    \"hello, GREETING\"\n}\n// ANCHOR_END: greeting\n",
    ),
];
