//! What std allocates in its own compiled code.

use super::Crate;

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
