//! The pages of CPU profiles, where this process can have them.

use axum::routing::{MethodRouter, get};

/// Why no process of this build can have them, if so.
const MISSING: Option<&str> = if cfg!(not(feature = "profile")) {
    Some("No CPU profiles: this program is built without diagnostics' feature `profile`.")
} else if cfg!(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))) {
    Some("No CPU profiles: they need Linux on x86-64 or aarch64.")
} else {
    None
};

pub(super) fn absent() -> Option<String> {
    MISSING.map(str::to_owned)
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

    /// pprof gives up a whole profile when it is not answered, though one address of a library is all that has no name.
    pub(in super::super) fn symbol() -> MethodRouter {
        let nothing = async || "num_symbols: 1\n";
        get(nothing).post(nothing)
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
            let reason = super::MISSING.unwrap_or_default();
            (StatusCode::NOT_IMPLEMENTED, format!("{reason}\n"))
        })
    }

    pub(in super::super) use {profile as flamegraph, profile as symbol};
}

pub(super) use pages::{flamegraph, profile, symbol};
