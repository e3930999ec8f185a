//! Charts of captures, as a page asks for them.

use super::world::World;

const CAPTURE: &str = "book/captures/01-one/first.txt";

fn measured() -> World {
    let world = World::new();
    world.write(
        CAPTURE,
        "BenchmarkRooms/read/1-rooms 9000 71000 ns/op 0 B/op 0 allocs/op\n\
         BenchmarkRooms/read/999-rooms 14 70512345 ns/op 2196225 B/op 8030 allocs/op\n",
    );
    world
}

#[test]
fn a_chart_draws_a_column_of_a_capture() {
    let world = measured();
    let shown = world.filled("{{#chart 01-one first ns/op How *long* it takes}}\nText.\n");
    for part in [
        "<figure class=\"drawing chart\">",
        "<title id=\"chart-01-one-first-ns-op-title\">How *long* it takes</title>",
        "1-rooms: read 71.0 µs. 999-rooms: read 70.5 ms.</desc>",
        ">time per operation</text>",
        "<figcaption>How *long* it takes <span>scripts/01-one.sh first</span></figcaption>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.ends_with("</figure>\n\nText.\n"));
    let shown = world.filled("{{#chart 01-one  first allocs/op\tAllocations}}");
    assert!(shown.contains(">8,030</text>"), "{shown}");
}

#[test]
fn a_chart_is_one_line_so_that_lists_and_quotes_hold_it() {
    let shown = measured()
        .fill("> {{#chart 01-one first B/op Bytes}}\n> x\n")
        .unwrap();
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[0].starts_with("> <figure") && lines[0].ends_with("</figure>"));
    assert_eq!(lines[1..], [">", "> x"]);
}

#[test]
fn a_wrong_chart_says_what_is_wrong() {
    let world = measured();
    for (page, part) in [
        ("{{#chart}}", "it takes a chapter, a section, a column"),
        (
            "{{#chart 01-one first ns/op}}",
            "it takes a chapter, a section, a column",
        ),
        ("{{#chart 09-x first ns/op C}}", "no chapter `09-x`"),
        ("{{#chart 01-one nope ns/op C}}", "has no section `nope`"),
        (
            "{{#chart 01-one silent ns/op C}}",
            "book/captures/01-one/silent.txt: `cargo workshop capture 01` writes it",
        ),
        (
            "{{#chart 01-one first ms C}}",
            "in book/captures/01-one/first.txt: there is no column `ms`; its columns are ns/op, B/op, allocs/op",
        ),
        (
            "See {{#chart 01-one first ns/op C}}",
            "must stand on a line of its own",
        ),
    ] {
        let problem = world.problem(page);
        assert!(problem.contains(part), "{page}: {problem}");
    }
    world.write(CAPTURE, "rooms 3\n");
    let problem = world.problem("{{#chart 01-one first ns/op C}}");
    assert!(
        problem.contains("first.txt: there is nothing to draw"),
        "{problem}"
    );
}
