//! The parts of the compiler's names.

use crate::names::plain;

/// The parts of a path between the double colons that stand in no brackets, without generics of their own.
pub fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // The arrow of a function type is no bracket.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                segments.push(&path[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    segments.push(&path[start..]);
    // `f::<u8>` has them in a part of their own.
    let is_generics = |(at, part): &(usize, &&str)| {
        *at > 0 && part.starts_with('<') && !part.starts_with("<impl ")
    };
    segments
        .iter()
        .enumerate()
        .filter(|one| !is_generics(one))
        .map(|(_, part)| *part)
        .collect()
}

/// The path of these parts, without their generics.
pub fn joined(segments: &[&str]) -> String {
    let plain: Vec<String> = segments.iter().map(|one| plain(one)).collect();
    plain.join("::")
}

/// The type, and the trait if there is one, of `<TYPE as TRAIT>`, `<impl TRAIT for TYPE>` and `<impl TYPE>`.
pub fn implemented(segment: &str) -> Option<(&str, Option<&str>)> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    match inner.strip_prefix("impl ") {
        Some(inner) => Some(match split_outside(inner, " for ") {
            Some((of_trait, kind)) => (kind, Some(of_trait)),
            None => (inner, None),
        }),
        None => split_outside(inner, " as ").map(|(kind, of_trait)| (kind, Some(of_trait))),
    }
}

/// Splits at a word that stands in no brackets.
fn split_outside<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let is_outside = |start: &usize| {
        let count = |brackets: &[char]| text[..*start].matches(brackets).count();
        // The arrow of a function type is no bracket.
        count(&['<', '(', '[']) + text[..*start].matches("->").count() == count(&['>', ')', ']'])
    };
    let mut found = text.match_indices(at).map(|(start, _)| start);
    let start = found.find(is_outside)?;
    Some((&text[..start], &text[start + at.len()..]))
}
