//! What std allocates in its own compiled code.

use super::{Crate, builds::WITH_HELPER};

const CALLS: &str = include_str!("calls.rs");

#[test]
fn calls_of_std_are_reported_if_they_reach_the_allocator() {
    // Each call stays on a line of its own, as it is marked.
    let known = Crate::new(&[("src/lib.rs", CALLS)]);
    let (report, _) = known.run(&[], 0);
    let is_found = |number: usize| report.contains(&format!("src/lib.rs:{number}:"));
    let wrong: Vec<&str> = (1..)
        .zip(CALLS.lines())
        .filter(|(number, line)| line.ends_with("//+") != is_found(*number))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(wrong, [""; 0], "{report}");
    assert!(CALLS.lines().filter(|line| line.ends_with("//+")).count() > 70);
}

#[test]
fn what_a_dependency_has_compiled_of_std_is_called_and_reported() {
    let helper = "pub fn pushed(to: &mut Vec<[u8; 3]>) {\n    to.push([1; 3]);\n}\n";
    let known = Crate::new(&[
        ("Cargo.toml", WITH_HELPER),
        (
            "helper/Cargo.toml",
            "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        ),
        ("helper/src/lib.rs", helper),
        (
            "src/lib.rs",
            &format!("{helper}pub use helper::pushed as other;\n"),
        ),
    ]);
    let (report, _) = known.run(&[], 0);
    assert_eq!(
        report,
        "src/lib.rs:2:8: heap: Vec::push, survives, in the call\n"
    );
}
