//! What stands in for the pages of profiles in builds that have none.

macro_rules! missing {
    ($what:literal: $($page:ident),*) => {
        use axum::http::StatusCode;

        pub(in crate::server) fn absent() -> Option<String> {
            let reason = if cfg!(feature = "profile") {
                "they need Linux on x86-64 or aarch64"
            } else {
                "this program is built without diagnostics' feature `profile`"
            };
            Some(format!("{}: {reason}.", $what))
        }

        $(pub(in crate::server) async fn $page() -> (StatusCode, String) {
            let reason = absent().unwrap_or_default();
            (StatusCode::NOT_IMPLEMENTED, format!("{reason}\n"))
        })*
    };
}

pub(super) mod cpu {
    missing!("No CPU profiles": profile, flamegraph, symbol);
}

pub(super) mod heap {
    missing!("No heap profiles": heap, allocs);
}

pub(super) mod stack {
    missing!("No stacks": stack);
}

pub(super) mod tasks {
    missing!("No list of tasks": tasks);
}

pub(super) mod trace {
    missing!("No timeline": trace, flight_recorder);

    pub(in crate::server) fn remembers_nothing() -> Option<String> {
        absent()
    }
}

pub(super) mod waits {
    missing!("No waits": waits);
}
