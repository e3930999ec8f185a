//! The page in a browser: its views, its keys, and whether everybody can use it.

use std::env;
use std::fs;
use std::path::Path;

use profile::Profile;
use serde_json::{Value, json};
use test_tools::browser::{Session, with_browser};
use test_tools::{Folder, TestTools};

use super::serve;
use crate::both::of_go;
use crate::server::Server;

const READY: &str = "return document.getElementById('view')?.getAttribute('aria-busy') === 'false'";

/// Goes to a view, and waits until it is there.
async fn open(session: &Session, server: &Server, view: &str) {
    session.open(&format!("{}{view}", server.url)).await;
    session.until(READY).await;
}

/// Keeps a picture in the folder that `ROPS_PICTURES` names, for people who want to look at the page.
pub async fn keep(session: &Session, name: &str) {
    if let Ok(folder) = env::var("ROPS_PICTURES") {
        let path = Path::new(&folder).join(name).with_extension("png");
        fs::write(&path, session.screenshot().await).expect("the folder can be written to");
    }
}

/// A profile of a Go service with a change.
fn changed(folder: &Folder, change: impl FnOnce(&mut Profile)) -> String {
    let bytes = fs::read(of_go("cpu")).expect("it is there");
    let mut profile = rops::decode(&bytes).expect("it is one");
    change(&mut profile);
    let path = folder.path("changed.pb.gz");
    fs::write(&path, profile.encode()).expect("the folder can be written to");
    path.display().to_string()
}

/// One that says that its functions are in a file that is there.
fn of_this_crate(folder: &Folder) -> String {
    changed(folder, |profile| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph.rs");
        let place = profile.strings.len() as i64;
        profile.strings.push(file.display().to_string());
        for function in &mut profile.functions {
            function.filename = place;
        }
    })
}

async fn status(session: &Session) -> String {
    session.text_of("#status").await
}

#[test]
fn every_view_shows_what_its_address_says() {
    with_browser(async |session: &Session| {
        let server = serve(&["web", &of_go("cpu")]);
        open(session, &server, "/").await;
        assert!(
            status(session)
                .await
                .starts_with("everything: 2.89s (100%)")
        );
        for (view, selector, text) in [
            (
                "/top?focus=net",
                "tbody .name",
                "internal/runtime/syscall.Syscall6",
            ),
            ("/top?sort=cum", "tbody .name", "net/http.(*conn).serve"),
            ("/top?search=futex$", "tbody .name", "runtime.futex"),
            (
                "/peek?function=Syscall6",
                "tbody .own",
                "internal/runtime/syscall.Syscall6",
            ),
            (
                "/source?function=AddBooking",
                ".problem",
                "is not on this machine",
            ),
            ("/source", "main", "Which function?"),
            ("/tags", "main", "no labels"),
            (
                "/top?focus=(",
                ".problem",
                "no regular expression: unclosed group",
            ),
        ] {
            open(session, &server, view).await;
            let found = session.text_of(selector).await;
            assert!(found.contains(text), "{view}: {found}");
        }
        // What was typed is in the fields again.
        open(session, &server, "/top?focus=net&sample_index=samples").await;
        let fields = session
            .run("return ['focus', 'sample_index'].map((name) => document.querySelector(`[name=${name}]`).value)")
            .await;
        assert_eq!(fields, json!(["net", "samples"]));
    });
}

#[test]
fn an_empty_profile_has_its_sentences() {
    with_browser(async |session: &Session| {
        let folder = Folder::new();
        let empty = changed(&folder, |profile| profile.samples.clear());
        let server = serve(&["web", &empty]);
        open(session, &server, "/").await;
        let said = status(session).await;
        assert_eq!(said, "There is nothing to draw: all values are 0.");
        for (view, sentence) in [
            ("/top", "No function matches."),
            ("/tags", "The samples of this profile have no labels."),
            ("/peek?function=.", "No function matches;"),
            ("/source?function=.", "no function matches .; `top` shows"),
        ] {
            open(session, &server, view).await;
            let found = session.text_of(".problem").await;
            assert!(found.starts_with(sentence), "{view}: {found}");
        }
    });
}

#[test]
fn a_graph_leads_to_its_functions() {
    if test_tools::needed(TestTools::here().dot()).is_none() {
        return;
    }
    with_browser(async |session: &Session| {
        let server = serve(&["web", &of_go("cpu")]);
        open(session, &server, "/graph?nodecount=20").await;
        keep(session, "graph").await;
        let nodes = session
            .run("return document.querySelectorAll('.node[role=link]').length")
            .await;
        assert_eq!(nodes, 20);
        session
            .run("document.querySelector('.node[role=link]').focus()")
            .await;
        let name = status(session).await;
        session.press("Enter").await;
        session.until("return location.pathname === '/peek'").await;
        session.until(READY).await;
        let own = session.text_of(".own strong").await;
        assert!(name.starts_with(&own), "{name}: {own}");
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn keys_do_everything() {
    with_browser(async |session: &Session| {
        let server = serve(&["web", &of_go("cpu")]);
        open(session, &server, "/").await;
        // To the largest that is called, and further down; the address keeps what is as wide as the window.
        session.press("ArrowDown").await;
        let first = status(session).await;
        assert!(!first.starts_with("everything"), "{first}");
        session.press("ArrowRight").await;
        assert_ne!(status(session).await, first);
        session.press("ArrowLeft").await;
        assert_eq!(status(session).await, first);
        session.press("ArrowDown").await;
        let chosen = status(session).await;
        assert_ne!(chosen, first);
        session.press("Enter").await;
        session
            .until("return new URLSearchParams(location.search).get('zoom') > 0")
            .await;
        // Who is sent this address sees the same box.
        let address = session
            .run("return location.pathname + location.search")
            .await;
        open(session, &server, address.as_str().expect("it is a text")).await;
        assert_eq!(status(session).await, chosen);
        session.press("Escape").await;
        session.until("return !location.search").await;
        session.press("p").await;
        session.until("return location.pathname === '/peek'").await;
        session.until(READY).await;
        let own = session.text_of(".own strong").await;
        assert!(chosen.starts_with(&own), "{own}: {chosen}");
        // A search by typing, and back.
        session.press("1").await;
        session
            .until("return location.pathname === '/' && document.querySelector('canvas') !== null")
            .await;
        session.press("/").await;
        session.type_into("[name=search]", "futex").await;
        session
            .until("return document.getElementById('found').textContent.includes('functions')")
            .await;
        let found = session.text_of("#found").await;
        assert!(
            found.contains("functions, ") && found.contains("%)"),
            "{found}"
        );
        session.press("Enter").await;
        session
            .until("return document.activeElement.tagName === 'CANVAS'")
            .await;
        session
            .until("return location.search.endsWith('search=futex')")
            .await;
        // A filter, and a row of the table.
        session.press("3").await;
        session
            .until("return document.querySelector('tbody') !== null")
            .await;
        session.press("f").await;
        session.type_into("[name=focus]", "http").await;
        session.press("Enter").await;
        session
            .until("return location.search.includes('focus=http')")
            .await;
        session.until(READY).await;
        session.press("ArrowDown").await;
        session.press("Enter").await;
        session.until("return location.pathname === '/peek'").await;
        session.press("?").await;
        session
            .until("return document.getElementById('help').open")
            .await;
        session.press("Escape").await;
        session
            .until("return !document.getElementById('help').open")
            .await;
        session.run("history.back()").await;
        session.until("return location.pathname === '/top'").await;
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn two_profiles_are_together_or_side_by_side() {
    with_browser(async |session: &Session| {
        let server = serve(&[
            "web",
            "--sample-index=alloc_space",
            "--diff-base",
            &of_go("heap"),
            &of_go("allocs"),
        ]);
        open(session, &server, "/").await;
        keep(session, "difference").await;
        let said = status(session).await;
        assert!(said.contains("before") && said.contains("now"), "{said}");
        session.click("[name=sides]").await;
        session
            .until("return document.querySelectorAll('canvas').length === 2")
            .await;
        session.until("return location.search === '?sides=1'").await;
        keep(session, "sides").await;
        session
            .run("document.querySelector('canvas').focus()")
            .await;
        session.press("ArrowDown").await;
        session.press("Enter").await;
        session
            .until("return location.search.includes('zoom=1')")
            .await;
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn nothing_keeps_people_from_using_it() {
    let Some(axe) = test_tools::needed(TestTools::here().axe_core()) else {
        return;
    };
    let axe = fs::read_to_string(axe).expect("it is a script");
    with_browser(async |session: &Session| {
        let (cpu, heap) = (of_go("cpu"), of_go("heap"));
        let folder = Folder::new();
        let here = of_this_crate(&folder);
        for is_dark in [false, true] {
            session.dark(is_dark).await;
            let look = if is_dark { "dark" } else { "light" };
            for (profile, view, name) in [
                (&cpu, "/", "flame"),
                (&cpu, "/?search=Syscall&focus=net", "found"),
                (&cpu, "/graph", "calls"),
                (&cpu, "/top", "top"),
                (&cpu, "/peek?function=conn..serve", "peek"),
                (&here, "/source?function=AddBooking", "source"),
                (&heap, "/tags", "tags"),
            ] {
                let server = serve(&["web", profile]);
                open(session, &server, view).await;
                keep(session, &format!("{name}-{look}")).await;
                session.run(&format!("{axe}; return true")).await;
                let found = session
                    .run_async("return (await axe.run()).violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])")
                    .await;
                assert_eq!(found, Value::Array(Vec::new()), "{view} in {look}");
            }
        }
    });
}
