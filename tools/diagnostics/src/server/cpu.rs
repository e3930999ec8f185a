//! The pages of CPU profiles, where this process can have them.

use axum::routing::{MethodRouter, get};

/// Why no process of this build has profiles, if so; `what` is missing then.
pub(super) fn missing(what: &str) -> Option<String> {
    let reason = if cfg!(not(feature = "profile")) {
        "this program is built without diagnostics' feature `profile`"
    } else if cfg!(not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))) {
        "they need Linux on x86-64 or aarch64"
    } else {
        return None;
    };
    Some(format!("{what}: {reason}."))
}

pub(super) fn absent() -> Option<String> {
    missing("No CPU profiles")
}

#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod here;

#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod pages {
    use super::{MethodRouter, get, here};

    pub(in super::super) fn profile() -> MethodRouter {
        get(here::profile)
    }

    pub(in super::super) fn flamegraph() -> MethodRouter {
        get(here::flamegraph)
    }
}

#[cfg(not(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod pages {
    use axum::http::StatusCode;

    use super::{MethodRouter, get};

    pub(in super::super) fn profile() -> MethodRouter {
        get(async || {
            let reason = super::absent().unwrap_or_default();
            (StatusCode::NOT_IMPLEMENTED, format!("{reason}\n"))
        })
    }

    pub(in super::super) use profile as flamegraph;
}

pub(super) use pages::{flamegraph, profile};
