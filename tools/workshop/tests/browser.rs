//! The book in a real browser: headless Chromium, driven over WebDriver.
//!
//! Needs `chromium` and `chromedriver` (Debian: `apt-get install chromium chromium-driver`). Without them the tests
//! are skipped, unless `CI=true` says that they must not be.

mod book_world;

use std::collections::BTreeSet;

use book_world::{COMMAND, Server, World, repository};
use serde_json::{Value, json};
use test_tools::browser::{Session, with_browser};

/// Counts the blocks of a page, and those among them that show no text.
const BLOCKS: &str = "
    const count = (selector) => document.querySelectorAll(selector).length;
    const empty = [...document.querySelectorAll('main pre, main figure, main .value, main table')]
        .filter((block) => !block.textContent.trim()).length;
    return {
        commands: count('figure.run > .command'), outputs: count('figure.run > .output'),
        code: count('figure.code'), diffs: count('figure.diff'), drawings: count('figure.drawing :is(svg, table)'),
        pictures: count('figure.picture :is(.paper, .light, object)'),
        values: count('.value'), boxes: count('.chapter-box'), empty,
    };";

/// Counts the labels of figures and the columns of tables, and returns those that are too small to be read: letters below
/// eight pixels, columns narrower than a word.
const NARROW: &str = "
    const all = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.textContent.trim());
    const labels = all('figure.drawing svg text'), columns = all('.content th');
    const box = (one) => one.getBoundingClientRect();
    const small = [...labels.filter((one) => box(one).height < 8), ...columns.filter((one) => box(one).width < 40)];
    return {
        wide: document.documentElement.scrollWidth > innerWidth,
        labels: labels.length, columns: columns.length, small: small.map((one) => one.textContent),
    };";

/// Returns the texts that are hard to read.
const FAINT: &str = include_str!("browser/faint.js");

#[test]
fn every_page_loads_without_errors_and_asks_no_other_host() {
    with_browser(async |session: &Session| {
        let root = repository();
        let server = Server::serve(&root);
        let pages = pages_of(&root.join("book/src"));
        assert!(pages.contains("01-discovery.md"), "{pages:?}");
        for page in &pages {
            let source = std::fs::read_to_string(root.join("book/src").join(page)).unwrap();
            session
                .open(&format!("{}/{}", server.url, page.replace(".md", ".html")))
                .await;
            let title = session.text_of("main h1").await;
            assert!(!title.is_empty(), "{page} has a title");
            let blocks = session.run(BLOCKS).await;
            assert_eq!(blocks["empty"], 0, "{page}: {blocks}");
            // As many as the page asks for: none was dropped on the way.
            let asked = |names: &[&str]| -> usize {
                let count = |name: &&str| source.matches(&format!("{{{{#{name} ")).count();
                let escaped = |name: &&str| source.matches(&format!("\\{{{{#{name} ")).count();
                names.iter().map(|name| count(name) - escaped(name)).sum()
            };
            let consoles = source.matches("```console").count();
            assert_eq!(
                blocks["commands"],
                asked(&["section", "command"]) + consoles,
                "{page}"
            );
            assert_eq!(blocks["outputs"], asked(&["section", "output"]), "{page}");
            assert_eq!(blocks["code"], asked(&["code"]), "{page}");
            assert_eq!(blocks["drawings"], asked(&["figure", "chart"]), "{page}");
            assert_eq!(blocks["pictures"], asked(&["picture"]), "{page}");
            assert_eq!(blocks["values"], asked(&["value"]), "{page}");
            assert_eq!(blocks["boxes"], asked(&["chapter"]), "{page}");
            assert!(
                (blocks["diffs"].as_u64() > Some(0)) == (asked(&["diff"]) > 0),
                "{page}: {blocks}"
            );
        }
        session.open(&format!("{}/nope.html", server.url)).await;
        assert!(session.text_of("main h1").await.contains("404"));
        session.assert_only(&server.url, &["/nope.html"]).await;
    });
}

#[test]
fn the_sidebar_and_the_search_lead_to_chapter_1() {
    with_browser(async |session: &Session| {
        let server = Server::serve(&repository());
        session.open(&server.url).await;
        session
            .click("#mdbook-sidebar a[href$='01-discovery.html']")
            .await;
        session
            .until("return location.pathname === '/01-discovery.html'")
            .await;

        session.open(&server.url).await;
        session.click("#mdbook-search-toggle").await;
        session.type_into("#mdbook-searchbar", "discovery").await;
        let result = "#mdbook-searchresults a[href*='01-discovery.html']";
        session
            .until(&format!(
                "return document.querySelector(\"{result}\") !== null"
            ))
            .await;
        session.click(result).await;
        session
            .until("return location.pathname === '/01-discovery.html'")
            .await;
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn the_copy_button_yields_exactly_the_commands() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let server = Server::serve(world.root());
        session.open(&format!("{}/01-one.html", server.url)).await;
        assert_eq!(
            session.copied("figure.run .command .clip-button").await,
            COMMAND
        );
        let code = session.copied("figure.code .clip-button").await;
        assert_eq!(code.trim_end(), "pub fn f() -> u8 {\n    1 // one\n}");

        // The prompt is seen, and not part of the text that a mouse selects.
        let prompts = session
            .run(
                "return [...document.querySelector('figure.run .command').querySelectorAll('span')]
                     .map((line) => getComputedStyle(line, '::before').content)",
            )
            .await;
        let prompt = json!("\"$ \"");
        let lines = prompts.as_array().unwrap();
        assert_eq!(
            lines.iter().filter(|content| **content == prompt).count(),
            3,
            "{prompts}"
        );
        assert_eq!(lines.len(), COMMAND.lines().count(), "{prompts}");
        let text = session
            .run("return document.querySelector('.command').textContent")
            .await;
        assert!(!text.as_str().unwrap().contains("$ "), "{text}");

        // Outputs and diffs offer nothing to copy.
        let offered = session
            .run(
                "return [...document.querySelectorAll('.output .clip-button, .diff .clip-button')]
                     .filter((button) => button.checkVisibility()).length",
            )
            .await;
        assert_eq!(offered, 0);
    });
}

#[test]
fn the_real_commands_are_copied_as_they_are_shown() {
    with_browser(async |session: &Session| {
        let server = Server::serve(&repository());
        session
            .open(&format!("{}/01-discovery.html", server.url))
            .await;
        // A solution's commands can be copied once it is open.
        session
            .run("document.querySelectorAll('details').forEach((details) => details.open = true)")
            .await;
        let shown = session
            .run("return [...document.querySelectorAll('main .command code')].map((code) => code.textContent)")
            .await;
        for (index, shown) in shown.as_array().unwrap().iter().enumerate() {
            let mark = format!(
                "document.querySelectorAll('main .command .clip-button')[{index}].id = 'copy-{index}'"
            );
            session.run(&mark).await;
            assert_eq!(
                session.copied(&format!("#copy-{index}")).await,
                shown.as_str().unwrap()
            );
        }
    });
}

#[test]
fn blocks_show_what_the_crates_and_captures_hold() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let server = Server::serve(world.root());
        session.open(&format!("{}/01-one.html", server.url)).await;
        assert_eq!(
            session.text_of(".output code").await,
            "`--SCAN <bookings>\n\nrows: 30000"
        );
        assert_eq!(session.text_of(".value").await, "30000");
        assert_eq!(
            session.text_of("li figure.diff .removed").await.trim(),
            "-    1 // one"
        );
        assert_eq!(
            session.text_of("li figure.diff .added").await.trim(),
            "+    2 // one"
        );
        assert!(
            session
                .text_of("figure.code figcaption")
                .await
                .contains("steps/01-one/src/lib.rs")
        );
        assert!(
            session
                .text_of("figure.drawing svg")
                .await
                .contains("Agent inspection")
        );
        let highlighted = session
            .run("return document.querySelectorAll('figure.code .hljs-keyword').length > 0")
            .await;
        assert_eq!(highlighted, true);
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn light_and_dark_can_be_chosen_and_all_text_can_be_read() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let server = Server::serve(world.root());
        session.open(&format!("{}/01-one.html", server.url)).await;
        let offered = session
            .run("return [...document.querySelectorAll('.theme-popup .theme')].map((theme) => theme.textContent)")
            .await;
        assert_eq!(offered, json!(["Auto", "Light", "Dark"]));

        session
            .run("document.querySelectorAll('details').forEach((details) => details.open = true)")
            .await;
        let mut backgrounds = BTreeSet::new();
        // The menu stays open, so that its own texts are looked at too.
        session.click("#mdbook-theme-toggle").await;
        for theme in ["light", "navy"] {
            session.click(&format!("#mdbook-theme-{theme}")).await;
            session
                .until(&format!(
                    "return document.documentElement.classList.contains('{theme}')"
                ))
                .await;
            let background = session
                .run("return getComputedStyle(document.documentElement).backgroundColor")
                .await;
            backgrounds.insert(background.to_string());
            // Colours fade in.
            session
                .until("return document.getAnimations().length === 0")
                .await;
            assert_eq!(session.run(FAINT).await, json!([]), "{theme}");
        }
        assert_eq!(backgrounds.len(), 2, "{backgrounds:?}");
    });
}

#[test]
fn a_theme_of_another_book_is_shown_as_its_counterpart() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let server = Server::serve(world.root());
        session.open(&server.url).await;
        session
            .run("localStorage.setItem('mdbook-theme', 'coal')")
            .await;
        session.open(&server.url).await;
        session
            .until("return document.documentElement.classList.contains('navy')")
            .await;
        let chosen = session
            .run("return localStorage.getItem('mdbook-theme')")
            .await;
        assert_eq!(chosen, "navy");
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn a_page_reloads_when_a_source_changes_and_shows_a_mistake() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let server = Server::serve(world.root());
        session.open(&format!("{}/start.html", server.url)).await;
        session.run("window.before = true").await;

        world.write("book/src/start.md", "# Start\n\n{{#nonsense}}\n");
        session
            .until("return document.getElementById('workshop-problem') !== null")
            .await;
        let problem = session.text_of("#workshop-problem").await;
        assert!(problem.contains("book/src/start.md:3"), "{problem}");
        assert_eq!(
            session.run("return window.before").await,
            true,
            "the page stayed"
        );

        world.write("book/src/start.md", "# Start\n\nRead better.\n");
        session
            .until("return document.querySelector('main').textContent.includes('Read better.')")
            .await;
        assert_eq!(
            session.run("return window.before ?? null").await,
            Value::Null
        );
        let gone = session
            .run("return document.getElementById('workshop-problem')")
            .await;
        assert_eq!(gone, Value::Null);
    });
}

#[test]
fn on_a_phone_figures_keep_their_labels_and_tables_their_columns() {
    with_browser(async |session: &Session| {
        let root = repository();
        let server = Server::serve(&root);
        session.size(390, 844).await;
        let (mut labels, mut columns) = (0, 0);
        for page in pages_of(&root.join("book/src")) {
            let page = page.replace(".md", ".html");
            session.open(&format!("{}/{page}", server.url)).await;
            let seen = session.run(NARROW).await;
            assert_eq!(seen["wide"], false, "{page} scrolls sideways");
            assert_eq!(seen["small"], serde_json::json!([]), "{page}");
            labels += seen["labels"].as_u64().unwrap();
            columns += seen["columns"].as_u64().unwrap();
        }
        assert!(labels > 20 && columns > 20, "{labels}, {columns}");
    });
}

/// The pages that the summary links to.
fn pages_of(source: &std::path::Path) -> BTreeSet<String> {
    let summary = std::fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    summary
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|page| page.ends_with(".md"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_is_wider_than_its_box_is_scrolled_by_the_keyboard_and_turns_no_page() {
    with_browser(async |session: &Session| {
        let world = World::new();
        let line = "x".repeat(300);
        world.write(
            "steps/01-one/src/lib.rs",
            &format!("// ANCHOR: f\n// {line}\n// ANCHOR_END: f\n"),
        );
        world.write(
            "book/src/start.md",
            "# Start\n\n{{#code steps/01-one/src/lib.rs f}}\n\n```text\nshort\n```\n",
        );
        let server = Server::serve(world.root());
        session.open(&format!("{}/start.html", server.url)).await;
        let reached = session
            .run("return [...document.querySelectorAll('.content pre > code')].map((code) => code.tabIndex)")
            .await;
        assert_eq!(reached, serde_json::json!([0, -1]));
        let press = |at: &str| {
            format!(
                "document.querySelector('{at}').dispatchEvent(new KeyboardEvent('keydown', {{key: 'ArrowRight', bubbles: true}}))"
            )
        };
        session.run(&press("figure.code code[tabindex]")).await;
        let here = session.run("return location.pathname").await;
        assert_eq!(here, "/start.html");
        session.run(&press("main")).await;
        session
            .until("return location.pathname === '/01-one.html'")
            .await;
    });
}
