//! The pages of profiles, and what they share.

pub(super) mod cpu;
pub(super) mod heap;
mod picture;
mod quiet;
pub(super) mod stack;
pub(super) mod tasks;
pub(super) mod trace;
mod turn;
pub(super) mod waits;

use axum::http::{HeaderName, header};
use profile::Profile;
use profile::proto::{Function, Line};

use super::pages::refusal;

/// For pictures alone: a flame graph is searched and zoomed by the script in it.
const SCRIPT_ALLOWED: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// The headers of a picture.
const PICTURE: [(HeaderName, &str); 2] = [
    (header::CONTENT_TYPE, "image/svg+xml"),
    (header::CONTENT_SECURITY_POLICY, SCRIPT_ALLOWED),
];

/// The headers of a profile, whose names and values are those of Go's pages.
const fn file(disposition: &'static str) -> [(HeaderName, &'static str); 2] {
    [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, disposition),
    ]
}

/// What stands for a location that is not code.
#[derive(Default)]
struct Named<'a> {
    function: &'a str,
    file: &'a str,
    line: u32,
}

/// Gives a location, known by its address, a function in place of the address.
fn name(profile: &mut Profile, address: u64, named: Named<'_>) {
    let mut locations = profile.locations.iter_mut();
    let Some(location) = locations.find(|location| location.address == address) else {
        return;
    };
    let mut text = |text: &str| {
        profile.strings.push(text.into());
        profile.strings.len() as i64 - 1
    };
    let (function, filename) = (text(named.function), text(named.file));
    let id = profile.functions.len() as u64 + 1;
    profile.functions.push(Function {
        id,
        name: function,
        system_name: function,
        filename,
        ..Function::default()
    });
    location.address = 0;
    location.lines.push(Line {
        function_id: id,
        line: named.line.into(),
        ..Line::default()
    });
}
