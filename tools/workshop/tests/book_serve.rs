//! The book server as a client on the network sees it.

mod book_world;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use book_world::{Server, World, workshop};
use rustix::process::Signal;
use test_tools::{Ran, eventually};

#[test]
fn it_serves_pages_and_files_with_their_types() {
    let world = World::new();
    let server = Server::serve(world.root());
    let page = server.get("/01-one.html");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html; charset=utf-8"));
    assert!(page.body.contains("The zebra question"));
    let index = server.get("/");
    assert!(index.body.contains("Read on."));
    for (kind, attribute) in [
        ("text/css", "href=\"book/theme/workshop"),
        ("text/javascript", "src=\"toc"),
    ] {
        let start = page.body.find(attribute).unwrap() + attribute.find('"').unwrap() + 1;
        let path = page.body[start..].split('"').next().unwrap();
        let file = server.get(&format!("/{path}"));
        assert_eq!(file.status, 200, "{path}");
        assert!(
            file.head.contains(&format!("content-type: {kind}")),
            "{}",
            file.head
        );
        assert!(!file.body.is_empty());
    }
    for answer in [&page, &index, &server.get("/nope")] {
        assert!(
            answer.head.contains("cache-control: no-cache"),
            "{}",
            answer.head
        );
        assert!(
            answer
                .head
                .contains("content-security-policy: default-src 'self'")
        );
        assert!(answer.head.contains("x-content-type-options: nosniff"));
    }
}

#[test]
fn what_is_not_in_the_book_is_not_found() {
    let world = World::new();
    world.write("secret.txt", "secret");
    let server = Server::serve(world.root());
    let missing = server.get("/nope.html");
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("Document not found"));
    for target in [
        "/../secret.txt",
        "/../../secret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/css/../../../secret.txt",
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, 404, "{target}");
        assert!(!answer.body.contains("secret"), "{target}");
    }
    let post = server.request("POST", "/", &server.address().to_string());
    assert_eq!(post.status, 405);
}

#[test]
fn a_request_for_another_host_is_refused() {
    let world = World::new();
    let server = Server::serve(world.root());
    let port = server.address().port();
    // Somebody who has forwarded the port names another one.
    for host in [
        &format!("localhost:{port}"),
        "[::1]:9",
        "localhost:9999",
        "localhost",
    ] {
        assert_eq!(server.request("GET", "/", host).status, 200, "{host}");
    }
    for host in [
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
    ] {
        for target in ["/", "/-/events", "/-/live.js"] {
            let answer = server.request("GET", target, &host);
            assert_eq!(answer.status, 421, "{host} {target}");
            assert!(
                answer.body.contains(&format!("this one was for {host}")),
                "{}",
                answer.body
            );
        }
    }
}

/// Listens until this is announced.
fn news_until(news: &mut TcpStream, part: &str) {
    let mut heard = String::new();
    let mut buffer = [0; 4096];
    while !heard.contains(part) {
        let count = news.read(&mut buffer).unwrap();
        assert!(count > 0, "the news ended without {part}: {heard}");
        heard.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

#[test]
fn a_change_is_built_and_announced_and_a_mistake_keeps_the_last_good_page() {
    let world = World::new();
    let server = Server::serve(world.root());
    let mut news = server.news();
    let mut hear = |part| news_until(&mut news, part);
    hear("\"problem\":null");

    world.write("book/src/start.md", "# Start\n\nRead {{#nonsense}}.\n");
    hear("book/src/start.md:3: {{#nonsense}}: there is no such directive");
    assert!(server.get("/start.html").body.contains("Read on."));

    world.write("book/src/start.md", "# Start\n\nRead better.\n");
    hear("\"problem\":null");
    assert!(server.get("/start.html").body.contains("Read better."));

    world.write(
        "steps/01-one/src/lib.rs",
        "// ANCHOR: f\nfn other() {}\n// ANCHOR_END: f\n",
    );
    eventually("a change of a checkpoint is shown", || {
        server.get("/01-one.html").body.contains("fn other()")
    });
}

#[test]
fn what_cannot_be_read_among_the_pages_is_left_out_and_said() {
    let world = World::new();
    // As Emacs locks a page, and a backup of one.
    symlink("user@host.123:456", world.path("book/src/.#start.md")).unwrap();
    world.write("book/src/start.md~", "");
    symlink("nothing", world.path("book/src/dangling.png")).unwrap();
    symlink("..", world.path("book/src/figures/around")).unwrap();
    let large = File::create(world.path("book/src/large.mp4")).unwrap();
    large.set_len(1 << 30).unwrap();
    std::fs::write(
        world.path("book/src").join(OsStr::from_bytes(b"a.\xff")),
        "",
    )
    .unwrap();
    let ran = Ran::of(workshop(world.root(), &["serve", "--build-only"])).expect(0);
    for said in [
        "dangling.png: No such file",
        "figures/around: it leads to a folder around it",
        "large.mp4: it is larger",
        "a.\u{fffd}: its name is not UTF-8",
    ] {
        ran.told(&format!(
            "left out: {}/book/src/{said}",
            world.root().display()
        ));
    }
    for name in ["start.html", "01-one.html", "figures/checkpoints.svg"] {
        assert!(world.exists(&format!("target/book/{name}")), "{name}");
    }
    for name in ["start.md~", "large.mp4"] {
        assert!(!world.exists(&format!("target/book/{name}")), "{name}");
    }
    // What is wrong with a page is told of where it is written.
    world.write("book/src/start.md", "{{#code steps/nope.rs}}\n");
    let ran = Ran::of(workshop(world.root(), &["serve", "--build-only"])).expect(1);
    ran.told("error: book/src/start.md:1: ");
}

#[test]
fn folders_that_are_gone_for_a_while_are_watched_when_they_come_back() {
    let world = World::new();
    let server = Server::serve(world.root());
    let mut news = server.news();
    let mut hear = |part| news_until(&mut news, part);
    hear("\"problem\":null");
    for folder in ["steps", "book"] {
        std::fs::rename(world.path(folder), world.path("elsewhere")).unwrap();
        hear("\"problem\":\"");
        std::fs::rename(world.path("elsewhere"), world.path(folder)).unwrap();
        hear("\"problem\":null");
    }
    world.write("book/src/start.md", "# Start\n\nRead again.\n");
    eventually("a change of a page is shown", || {
        server.get("/start.html").body.contains("Read again.")
    });
}

#[test]
fn the_reloading_script_is_served_and_not_built() {
    let world = World::new();
    let server = Server::serve(world.root());
    let page = server.get("/start.html").body;
    assert!(page.contains("<script src=\"/-/live.js\" data-version="));
    assert!(server.get("/-/live.js").body.contains("EventSource"));
    assert!(!world.read("target/book/start.html").contains("/-/live.js"));
}

#[test]
fn it_ends_cleanly_while_a_page_listens() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::new();
        let server = Server::serve(world.root());
        let mut news = server.news();
        let mut first = [0; 12];
        news.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        let (status, said) = server.stop(signal);
        assert!(status.success(), "{status}: {said}");
        assert!(said.ends_with("stopped\n"), "{said}");
    }
}

#[test]
fn a_taken_port_is_named_and_another_one_is_found() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = workshop(world.root(), &["--no-open", "--port", &port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{error}"
    );

    // Whether 3000 is free on this machine or not: with both of these running, one has another port.
    let one = Server::start(world.root(), &["--no-open"]);
    let two = Server::start(world.root(), &["--no-open"]);
    assert_ne!(one.url, two.url);
    assert_eq!(one.get("/").status, 200);
    assert_eq!(two.get("/").status, 200);
    let (_, said) = two.stop(Signal::TERM);
    assert!(said.contains("port 3000 is taken"), "{said}");
}

#[test]
fn it_opens_the_book_in_the_readers_browser() {
    let world = World::new();
    world.write_program(
        "bin/xdg-open",
        "#!/bin/sh\necho \"$1\" > opened.new\nmv opened.new opened\n",
    );
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    let server =
        Server::of(workshop(world.root(), &["--port", "0", "--host", "0.0.0.0"]).env("PATH", path));
    assert!(
        server.url.starts_with("http://127.0.0.1:"),
        "{}",
        server.url
    );
    eventually("the browser's program is started", || {
        world.exists("opened")
    });
    assert_eq!(world.read("opened").trim(), server.url);
    let (_, said) = server.stop(Signal::TERM);
    assert!(
        said.contains("WARNING: 0.0.0.0 is not a loopback address"),
        "{said}"
    );
}

#[test]
fn without_a_browser_or_a_terminal_it_serves_all_the_same() {
    let world = World::new();
    let server = Server::of(workshop(world.root(), &["--port", "0"]).env("PATH", ""));
    assert_eq!(server.get("/").status, 200);
    let (_, said) = server.stop(Signal::TERM);
    assert!(
        said.contains("no browser could be started: open http://127.0.0.1:"),
        "{said}"
    );
    assert!(!said.contains("WARNING"), "{said}");
}

#[test]
fn a_book_that_cannot_be_built_is_not_served() {
    let world = World::new();
    world.write("book/src/start.md", "# Start\n\n<div>\n\nnever closed\n");
    let ran = Ran::of(workshop(world.root(), &["serve", "--build-only"])).expect(1);
    ran.told("unclosed HTML tag `<div>` found in `start.md`");
}
