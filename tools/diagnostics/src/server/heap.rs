//! The pages of heap profiles, where this process can have them.

use axum::routing::{MethodRouter, get};

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

    pub(in super::super) fn heap() -> MethodRouter {
        get(here::heap)
    }

    pub(in super::super) fn allocs() -> MethodRouter {
        get(here::allocs)
    }

    pub(in super::super) use here::{absent, flamegraph};
}

#[cfg(not(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod pages {
    use axum::http::StatusCode;

    use super::{MethodRouter, get};

    pub(in super::super) fn absent() -> Option<String> {
        crate::server::cpu::missing("No heap profiles")
    }

    pub(in super::super) fn heap() -> MethodRouter {
        get(async || {
            let reason = absent().unwrap_or_default();
            (StatusCode::NOT_IMPLEMENTED, format!("{reason}\n"))
        })
    }

    pub(in super::super) use heap as allocs;
}

#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) use pages::flamegraph;
pub(super) use pages::{absent, allocs, heap};
