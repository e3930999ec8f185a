mod world;

use world::World;

#[test]
fn a_section_is_its_command_and_its_output() {
    let shown = World::new().filled("{{#section 01-one first}}\nText.\n");
    assert!(
        shown.contains(
            "<pre class=\"command\"><code class=\"nohighlight\">\
             <span class=\"command-line\">curl http://127.0.0.1:8080/rooms</span></code></pre>"
        ),
        "{shown}"
    );
    assert!(
        shown.contains(
            "<pre class=\"output\"><code class=\"nohighlight\">a: 1\n<b>\n\nrooms: 3\nrooms: 4</code></pre>"
        ),
        "{shown}"
    );
    assert!(shown.contains("aria-label=\"Is it there?\""));
    assert!(shown.ends_with("</figure>\n\nText.\n"));
}

#[test]
fn a_block_is_one_line_so_that_lists_and_quotes_hold_it() {
    let shown = World::new()
        .fill("- item\n\n  {{#output 01-one first}}\n  more\n\n> {{#command 01-one first}}\n> x\n")
        .unwrap();
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[2].starts_with("  <figure") && lines[2].ends_with("</figure>"));
    assert_eq!(lines[3], "");
    assert_eq!(lines[4], "  more");
    assert!(lines[6].starts_with("> <figure"));
    assert_eq!(lines[7], ">");
}

#[test]
fn command_and_output_stand_alone_too() {
    let world = World::new();
    assert!(
        !world
            .filled("{{#command 01-one first}}")
            .contains("rooms: 3")
    );
    let shown = world.filled("{{#output 01-one first 4:5}}");
    assert!(shown.contains(">rooms: 3\nrooms: 4</code>"), "{shown}");
    assert!(shown.contains("output, lines 4–5 of 5"), "{shown}");
    assert!(!shown.contains("curl"));
}

#[test]
fn a_wrong_section_says_what_is_wrong() {
    let world = World::new();
    world.refuses(&[
        ("{{#section 01-one}}", "it takes CHAPTER SECTION"),
        (
            "{{#section 09-x first}}",
            "no chapter `09-x`; there are 01-one, 02-two",
        ),
        ("{{#section 02-two first}}", "cannot read scripts/02-two.sh"),
        (
            "{{#section 01-one nope}}",
            "scripts/01-one.sh has no section `nope`; it has first, silent",
        ),
        ("{{#command 01-one silent}}", "shows no command"),
        (
            "{{#output 01-one silent}}",
            "book/captures/01-one/silent.txt: `cargo workshop capture 01` writes it",
        ),
        (
            "{{#output 01-one first 4:9}}",
            "has 5 lines, and lines 4:9 were asked for",
        ),
        (
            "{{#output 01-one first 4-9}}",
            "`4-9` is not a range of lines",
        ),
        (
            "{{#output 01-one first 3:2}}",
            "`3:2` is not a range of lines",
        ),
        (
            "See {{#section 01-one first}}",
            "must stand on a line of its own",
        ),
        (
            "{{#sektion 01-one first}}",
            "there is no such directive; there are chapter, section",
        ),
        ("    {{#command 01-one first}}", "indented by four spaces"),
        ("{{#command 01-one first}", "is not closed"),
    ]);
}

#[test]
fn empty_and_coloured_captures_are_refused() {
    let world = World::new();
    world.write("book/captures/01-one/first.txt", " \n");
    world.refuses(&[("{{#output 01-one first}}", "is empty")]);
    world.write("book/captures/01-one/first.txt", "\u{1b}[31mred\n");
    world.refuses(&[("{{#output 01-one first}}", "terminal codes")]);
}

#[test]
fn a_value_stands_in_a_sentence() {
    let world = World::new();
    assert_eq!(
        world.filled("It is {{#value 01-one first a}}."),
        "It is <span class=\"value\">1</span>."
    );
    world.refuses(&[
        ("{{#value 01-one first}}", "it takes CHAPTER SECTION KEY"),
        ("{{#value 01-one first b}}", "first.txt has no line `b: …`"),
        (
            "{{#value 01-one first rooms}}",
            "more than one line `rooms: …`",
        ),
    ]);
}

#[test]
fn code_is_captioned_by_its_path() {
    let world = World::new();
    let shown = world.filled("{{#code steps/01-one/src/lib.rs f}}");
    assert!(
        shown.contains("<figcaption><code class=\"nohighlight\">steps/01-one/src/lib.rs</code>")
    );
    assert!(
        shown.contains("<code class=\"language-rs\">fn f() {}</code>"),
        "{shown}"
    );
    assert!(shown.contains("line 2"));
    world.write("steps/01-one/empty.toml", "\n");
    world.refuses(&[
        ("{{#code}}", "it takes PATH [ANCHOR]"),
        (
            "{{#code steps/01-one/src/nope.rs}}",
            "cannot read steps/01-one/src/nope.rs",
        ),
        ("{{#code ../etc/passwd}}", "is not a path below"),
        ("{{#code /etc/passwd}}", "is not a path below"),
        (
            "{{#code steps/01-one/src/lib.rs g}}",
            "there is no `ANCHOR: g`; the file's anchors are: f",
        ),
        (
            "{{#code steps/01-one/empty.toml}}",
            "nothing but blank lines",
        ),
    ]);
}

#[test]
fn a_diff_is_computed_and_knows_neither_names_nor_anchors() {
    let world = World::new();
    let shown = world.filled("{{#diff 01 02}}");
    assert!(
        shown.contains("<span class=\"removed\">-fn f() {}\n</span>"),
        "{shown}"
    );
    assert!(shown.contains("<span class=\"added\">+fn f() { g() }\n</span>"));
    assert!(shown.contains("src/new.rs") && shown.contains("new file"));
    assert!(!shown.contains("ANCHOR") && !shown.contains("step-02"));
    assert!(
        !world
            .filled("{{#diff 01 02 src/lib.rs}}")
            .contains("new.rs")
    );
    world.refuses(&[
        ("{{#diff 01}}", "it takes CHECKPOINT CHECKPOINT"),
        ("{{#diff 01 07}}", "no checkpoint `07`"),
        ("{{#diff 01 app}}", "app is not written yet"),
        ("{{#diff 01 01}}", "do not differ"),
        (
            "{{#diff 01 02 Cargo.toml}}",
            "Cargo.toml is the same in steps/01-one and steps/02-two; what differs is src/lib.rs, src/new.rs",
        ),
    ]);
}

#[test]
fn a_chapter_box_names_minutes_crates_and_script() {
    let world = World::new();
    let shown = world.filled("{{#chapter 01}}");
    for part in [
        "25 minutes",
        "steps/01-one",
        "steps/02-two",
        "scripts/01-one.sh",
        "cargo workshop diff 01",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    world.refuses(&[
        ("{{#chapter}}", "it takes CHAPTER"),
        ("{{#chapter 02}}", "checkpoint app does not exist"),
    ]);
    world.remove("scripts/01-one.sh");
    world.refuses(&[("{{#chapter 01}}", "there is no scripts/01-one.sh")]);
    world.remove("steps/02-two/Cargo.toml");
    world.refuses(&[("{{#chapter 01}}", "steps/02-two does not exist")]);
}

#[test]
fn a_figure_becomes_part_of_the_page() {
    let world = World::new();
    world.write(
        "book/src/figures/a.svg",
        "<svg viewBox=\"0 0 1 1\">\n<title>T</title>\n</svg>\n",
    );
    let shown = world.filled("{{#figure figures/a.svg A *map* & more}}");
    assert!(
        shown.contains("<svg viewBox=\"0 0 1 1\"> <title>T</title> </svg>"),
        "{shown}"
    );
    assert!(shown.contains("<figcaption>A *map* & more</figcaption>"));
    world.refuses(&[
        ("{{#figure figures/a.svg}}", "it takes PATH CAPTION"),
        ("{{#figure figures/b.svg B}}", "cannot read figures/b.svg"),
    ]);
}

#[test]
fn a_picture_follows_the_theme() {
    let world = World::new();
    let page = "{{#picture 01-one silent Who *calls* whom}}";
    world.refuses(&[
        (
            "{{#picture 01-one silent}}",
            "it takes CHAPTER SECTION CAPTION",
        ),
        ("{{#picture 01-one nope C}}", "has no section `nope`"),
        (page, "`cargo workshop capture 01` makes them"),
    ]);
    // Two photographs, one for each theme.
    let drawn =
        |name: &str, text: &str| world.write(&format!("book/src/pictures/01-one/{name}"), text);
    drawn("silent.png", "light");
    world.refuses(&[(page, "silent-dark.png")]);
    drawn("silent-dark.png", "dark");
    let shown = world.filled(page);
    for part in [
        "<a class=\"light\" href=\"pictures/01-one/silent.png\">",
        "<a class=\"dark\" href=\"pictures/01-one/silent-dark.png\">",
        "alt=\"Who *calls* whom\"",
        "<span>scripts/01-one.sh silent</span>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // A drawing for both, or one that is alive.
    drawn("silent.svg", "<svg/>");
    let shown = world.filled(page);
    assert!(
        shown.contains("<a class=\"paper\" href=\"pictures/01-one/silent.svg\">"),
        "{shown}"
    );
    drawn("silent.svg", "<svg><script>1</script></svg>");
    let shown = world.filled(page);
    assert!(
        shown.contains("<object data=\"pictures/01-one/silent.svg\""),
        "{shown}"
    );
    drawn("silent.svg", &" ".repeat(200_001));
    world.refuses(&[(
        page,
        "has 200001 bytes, and a page's picture at most 200000",
    )]);
}

#[test]
fn a_value_may_come_from_a_benchmarks_file() {
    let world = World::new();
    world.write(
        "tools/x/results.txt",
        "samples    added\nnone in use   1.92\n\nother      added\nin use      2.58\n",
    );
    let shown = world.filled("It costs {{#value tools/x/results.txt in use / added}} ns.");
    assert_eq!(shown, "It costs <span class=\"value\">2.58</span> ns.");
    world.refuses(&[
        (
            "{{#value tools/x/results.txt none in use / added}}",
            "`none in use` has no `added`",
        ),
        (
            "{{#value tools/x/results.txt added}}",
            "by its line and its column",
        ),
        (
            "{{#value tools/x/nope.txt a / b}}",
            "cannot read tools/x/nope.txt",
        ),
    ]);
}

#[test]
fn commands_in_the_page_look_like_those_of_a_script() {
    let shown = World::new()
        .filled("1. x\n\n   ```console\n   ls \\\n     -l {{#code x}}\n   ```\n\n   after\n");
    assert_eq!(
        shown,
        "1. x\n\n   <figure class=\"run\"><pre class=\"command\"><code class=\"nohighlight\">\
         <span class=\"command-line\">ls \\</span>\n\
         <span class=\"continued-line\">  -l {{#code x}}</span></code></pre></figure>\n\n\n   after\n"
    );
}

#[test]
fn directives_in_code_and_escaped_ones_stay_text() {
    let page =
        "```md\n{{#section 01-one first}}\n{{#any thing}}\n```\n\n`{{#code x}}` \\{{#nope}}\n";
    assert_eq!(World::new().fill(page).unwrap(), page);
}

#[test]
fn mdbooks_own_directives_are_refused_even_in_code() {
    let world = World::new();
    for page in [
        "{{#include x.rs}}",
        "```rust\n{{#rustdoc_include x.rs:a}}\n```",
        "{{#playground x.rs}}",
    ] {
        world.refuses(&[(page, "none of mdBook's own")]);
    }
}

#[test]
fn a_chart_draws_a_column_of_a_capture() {
    let world = World::new();
    world.write(
        "book/captures/01-one/first.txt",
        "BenchmarkRooms/read/1-rooms 9000 71000 ns/op 0 B/op\n\
         BenchmarkRooms/read/999-rooms 14 70512345 ns/op 2196225 B/op\n",
    );
    let shown = world.filled("> {{#chart 01-one first ns/op How *long* it takes}}\n> Text.\n");
    for part in [
        "> <figure class=\"drawing chart\">",
        ">time per operation, logarithmic",
        "<b>70.5 ms</b>",
        "<figcaption>How *long* it takes <span>scripts/01-one.sh first</span></figcaption>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.ends_with("</figure>\n>\n> Text.\n"));
    world.refuses(&[
        (
            "{{#chart 01-one first ns/op}}",
            "it takes CHAPTER SECTION COLUMN CAPTION",
        ),
        (
            "{{#chart 01-one silent ns/op C}}",
            "`cargo workshop capture 01` writes it",
        ),
        (
            "{{#chart 01-one first ms C}}",
            "in book/captures/01-one/first.txt: `BenchmarkRooms/read/1-rooms` has no `ms`",
        ),
    ]);
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let problems = World::new()
        .fill("\n{{#code a}}\n\n{{#nope}}\n")
        .unwrap_err();
    assert_eq!(
        problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [2, 4]
    );
    assert!(
        problems[0].1.starts_with("{{#code a}}: cannot read a,"),
        "{problems:?}"
    );
    assert!(
        problems[1]
            .1
            .starts_with("{{#nope}}: there is no such directive"),
        "{problems:?}"
    );
}
