//! Names as a reader of the source knows them.

/// Turns a mangled name (legacy or v0) into a path; what is not mangled stays as it is.
pub fn demangled(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

/// A path without its generics: `<alloc::vec::Vec as core::clone::Clone>::clone`, `alloc::fmt::format`.
pub fn plain(path: &str) -> String {
    match qualified(path) {
        Some((qualifier, rest)) => {
            format!(
                "<{}>{}",
                without_generics(qualifier),
                without_generics(rest)
            )
        }
        None => without_generics(path),
    }
}

/// A function's name without the modules and generics that surround it: `Box::new`,
/// `<Map as Iterator>::collect`, `auth::sign_up`.
pub fn short_function(path: &str) -> String {
    let path = plain(path);
    let short = match qualified(&path) {
        Some((qualifier, method)) => match qualifier.split_once(" as ") {
            Some((kind, of_trait)) => format!("<{} as {}>{method}", last(kind), last(of_trait)),
            None => last(qualifier) + method,
        },
        None => {
            let segments: Vec<&str> = path.split("::").collect();
            // A closure says nothing without the function around it.
            let kept = match segments.last() {
                Some(last) if last.starts_with('{') => 3,
                _ => 2,
            };
            segments[segments.len().saturating_sub(kept)..].join("::")
        }
    };
    // What nobody calls by its name has the name of the macro that does.
    match short.as_str() {
        "fmt::format" => "format!".to_owned(),
        "<Result as FromResidual>::from_residual" => "the ? operator".to_owned(),
        "Box::new_uninit" => "vec! (Box::new_uninit)".to_owned(),
        _ => short,
    }
}

/// Shortens every path in a type to its last name, and keeps the generics, but no lifetimes.
pub fn short_type(path: &str) -> String {
    let in_path = |c: char| c.is_alphanumeric() || "_:{}#".contains(c);
    // Each piece is a path and what ends it.
    let pieces = path.split_inclusive(|c| !in_path(c)).map(|piece| {
        let root = if piece.starts_with("::") { "::" } else { "" };
        [root, piece.rsplit("::").next().unwrap_or_default()].concat()
    });
    let short: String = pieces.collect();
    short.replace("'_, ", "").replace("<'_>", "")
}

/// Writes `rooms::<impl Named for Room>::name` as `<Room as Named>::name`, which is what it is called elsewhere.
pub fn without_impl(path: &str) -> String {
    let parts = || {
        let (_, rest) = path.split_once("<impl ")?;
        let end = closing(rest)?;
        Some((&rest[..end], &rest[end + 1..]))
    };
    match parts() {
        Some((one, rest)) => match one.split_once(" for ") {
            Some((of_trait, kind)) => format!("<{kind} as {of_trait}>{rest}"),
            None => format!("{one}{rest}"),
        },
        None => path.to_owned(),
    }
}

/// A type or trait whose generics are gone, without the modules around it.
fn last(path: &str) -> String {
    // A trait inside a generic function has that function's path, which begins with what was cut off.
    short_type(path.trim_start_matches("::"))
}

/// Takes `<TYPE as TRAIT>::method` apart, where the bracket at the start is closed.
fn qualified(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix('<')?;
    let end = closing(rest)?;
    Some((&rest[..end], &rest[end + 1..]))
}

/// Where the bracket that is open at the start is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            // The arrow of a function type is no bracket.
            '>' if !text[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn without_generics(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let before = &rest[..at];
        plain.push_str(before.strip_suffix("::").unwrap_or(before));
        match closing(&rest[at + 1..]) {
            Some(end) => rest = &rest[at + 1 + end + 1..],
            None => return plain,
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_as_in_the_source() {
        for (path, short) in [
            ("<alloc::boxed::Box<u64>>::new", "Box::new"),
            (
                "<core::iter::adapters::map::Map<core::slice::iter::Iter<u64>, known::collected::{closure#0}> as core::iter::traits::iterator::Iterator>::collect::<alloc::vec::Vec<u64>>",
                "<Map as Iterator>::collect",
            ),
            (
                "<alloc::string::String as core::clone::Clone>::clone",
                "<String as Clone>::clone",
            ),
            (
                "<fn(u8) -> u8 as a::Call<u8>>::call",
                "<fn(u8) -> u8 as Call>::call",
            ),
            ("alloc::fmt::format", "format!"),
            (
                "<u8 as <[_]>::to_vec_in::ConvertVec>::to_vec",
                "<u8 as ConvertVec>::to_vec",
            ),
            (
                "known::auth::sign_up::{closure#0}",
                "auth::sign_up::{closure#0}",
            ),
            ("tokio::task::spawn::spawn::<known::work>", "spawn::spawn"),
            ("main", "main"),
        ] {
            assert_eq!(short_function(path), short);
        }
    }

    #[test]
    fn types_keep_their_generics() {
        assert_eq!(
            short_type("std::result::Result<axum::Json<rooms::Room>, error::Error>"),
            "Result<Json<Room>, Error>"
        );
        assert_eq!(
            short_type("<body::Body<auth::LogIn> as axum::FromRequest<App>>::from_request"),
            "<Body<LogIn> as FromRequest<App>>::from_request"
        );
    }

    #[test]
    fn both_manglings_are_undone() {
        assert_eq!(
            demangled("_RNvCs8SOoEzpCMA8_5known9local_box"),
            "known::local_box"
        );
        assert_eq!(
            demangled("_ZN5known9local_box17h0123456789abcdefE"),
            "known::local_box"
        );
    }
}
