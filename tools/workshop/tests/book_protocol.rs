//! The preprocessor as plain mdBook calls it: a process that reads and writes JSON.

mod book_world;

use std::collections::BTreeMap;
use std::path::Path;

use book_world::{World, workshop};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

/// mdBook's own driver with the command of book.toml, the built program in place of `cargo run`.
fn plain_mdbook(world: &World, build_dir: &str) -> MDBook {
    let mut config = Config::from_disk(world.path("book.toml")).unwrap();
    let command: String = config
        .get("preprocessor.workshop.command")
        .unwrap()
        .unwrap();
    let arguments = command
        .strip_prefix("cargo run --quiet --package workshop -- ")
        .expect("book.toml starts the preprocessor with cargo");
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_workshop"));
    config
        .set("preprocessor.workshop.command", command)
        .unwrap();
    config.set("build.build-dir", build_dir).unwrap();
    MDBook::load_with_config(world.root(), config).unwrap()
}

/// The pages of a built book. The search index has another order, and so another name, in each build.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.contains("searchindex"));
            (name, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

#[test]
fn plain_mdbook_builds_the_same_pages() {
    let world = World::new();
    let status = workshop(world.root(), &["serve", "--build-only"])
        .status()
        .unwrap();
    assert!(status.success());
    plain_mdbook(&world, "target/plain").build().unwrap();

    let ours = pages(&world.path("target/book"));
    let plain = pages(&world.path("target/plain"));
    assert!(ours["01-one.html"].contains("class=\"diff\""));
    assert!(ours["01-one.html"].contains("{{#code is text}}"));
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        [
            "01-one.html",
            "404.html",
            "index.html",
            "print.html",
            "start.html",
            "toc.html"
        ]
    );
    for (name, page) in &ours {
        assert!(page == &plain[name], "{name} differs");
    }
}

#[test]
fn a_mistake_fails_the_plain_build_too() {
    let world = World::new();
    world.write("book/src/start.md", "{{#code steps/nope.rs}}\n");
    let error = plain_mdbook(&world, "target/plain").build().unwrap_err();
    assert!(
        format!("{error:#}").contains("exited unsuccessfully"),
        "{error:#}"
    );
    assert!(!world.path("target/plain/start.html").exists());
}

#[test]
fn it_supports_html_and_nothing_else() {
    let world = World::new();
    for (renderer, code) in [("html", 0), ("markdown", 1)] {
        let arguments = ["preprocessor", "supports", renderer];
        let status = workshop(world.root(), &arguments).status().unwrap();
        assert_eq!(status.code(), Some(code), "{renderer}");
    }
}

#[test]
fn input_that_is_no_book_is_refused() {
    let world = World::new();
    let output = workshop(world.root(), &["preprocessor"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("Unable to parse the input"), "{error}");
}
