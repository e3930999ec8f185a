//! What the program is, and how it was built.

use axum::extract::RawQuery;
use axum::response::Response;
use serde::Serialize;

use super::pages::json_or_text;
use crate::{AllocCounts, Options, slots};

/// What compiled this program, as `rustc --version` says it.
pub(super) const RUSTC: &str = env!("DIAGNOSTICS_RUSTC");

#[derive(Debug, Serialize)]
struct Version {
    name: String,
    /// Absent where the program does not say (`Options::version`).
    version: Option<&'static str>,
    rustc: &'static str,
    target: &'static str,
    /// Cargo's profile, or the one that it inherits from: `debug` or `release`.
    profile: &'static str,
    opt_level: &'static str,
    debug_assertions: bool,
    /// jemalloc, the system's or another one; whether it is counted.
    allocator: &'static str,
    tokio_unstable: bool,
    diagnostics: &'static str,
    /// Of the diagnostics. A program is not told of its own by cargo.
    features: Vec<&'static str>,
}

/// As JSON, or as text with `debug=1`.
pub(super) async fn page(RawQuery(query): RawQuery) -> Response {
    json_or_text(query.as_deref(), &Version::of_this_program(), Version::text)
}

impl Version {
    fn of_this_program() -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let features = [
            ("http", cfg!(feature = "http")),
            ("jemalloc", cfg!(feature = "jemalloc")),
            ("profile", cfg!(feature = "profile")),
            ("taskdump", cfg!(feature = "taskdump")),
            ("tracing", cfg!(feature = "tracing")),
        ];
        Self {
            name: name.into_owned(),
            version: Options::current().version.as_deref(),
            rustc: RUSTC,
            target: env!("DIAGNOSTICS_TARGET"),
            profile: env!("DIAGNOSTICS_PROFILE"),
            opt_level: env!("DIAGNOSTICS_OPT_LEVEL"),
            debug_assertions: cfg!(debug_assertions),
            allocator: match (AllocCounts::are_counted(), slots::on_jemalloc()) {
                (true, true) => "jemalloc, counted",
                (true, false) => "not jemalloc, counted",
                (false, _) => "not counted",
            },
            tokio_unstable: cfg!(tokio_unstable),
            diagnostics: env!("CARGO_PKG_VERSION"),
            features: features
                .iter()
                .filter(|(_, on)| *on)
                .map(|(name, _)| *name)
                .collect(),
        }
    }

    fn text(&self) -> String {
        let own = match self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        };
        let assertions = if self.debug_assertions {
            ", debug assertions"
        } else {
            ""
        };
        format!(
            "program: {own}\ncompiler: {}\ntarget: {}\nprofile: {}, opt-level {}{assertions}\nallocator: {}\n\
             diagnostics: {}, with {}{}\n",
            self.rustc,
            self.target,
            self.profile,
            self.opt_level,
            self.allocator,
            self.diagnostics,
            self.features.join(", "),
            if self.tokio_unstable {
                "; tokio_unstable"
            } else {
                ""
            },
        )
    }
}
