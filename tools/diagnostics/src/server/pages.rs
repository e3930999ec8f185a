//! The pages, in one table: what the router answers, what the index links and names as missing, and what the README
//! lists.

use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Serialize;

use super::profiles::{cpu, heap, stack, tasks, trace, waits};
use super::{cmdline, guard, index, memory, memstats, query, runtime, version};
use crate::MemStats;

pub(super) const INDEX: &str = "/debug/pprof/";

pub(super) struct Page {
    pub(super) path: &'static str,
    /// What the index's link adds to it.
    pub(super) query: &'static str,
    pub(super) method: Method,
    /// What the page answers, for the index and the README.
    pub(super) text: &'static str,
    /// Why this process does not have it, if so.
    pub(super) absent: fn() -> Option<String>,
    handler: fn() -> MethodRouter,
}

pub(super) const PAGES: &[Page] = &[
    Page {
        path: INDEX,
        method: Method::GET,
        query: "",
        text: "the index: what this process has, with links and the most important numbers",
        absent: || None,
        handler: || get(async || index::page()),
    },
    Page {
        path: "/debug/memstats",
        method: Method::GET,
        query: "",
        text: "memory statistics as JSON, in bytes: exact allocation counts, and jemalloc's view; `debug=1` is text, a line for each field of Go's",
        absent: || MemStats::read().err().map(sentence),
        handler: || get(memstats::page),
    },
    Page {
        path: "/debug/runtime",
        method: Method::GET,
        query: "",
        text: "tasks, workers, threads, queues, cores, spans and events as JSON; `missing` says what is not known and why; `debug=1` is text",
        absent: || None,
        handler: || get(runtime::page),
    },
    Page {
        path: "/debug/version",
        method: Method::GET,
        query: "",
        text: "the program, what compiled it and how, as JSON; `debug=1` is text",
        absent: || None,
        handler: || get(version::page),
    },
    Page {
        path: "/debug/gc",
        method: Method::POST,
        query: "",
        text: "gives unused memory back to the system, and says how much; there is no garbage to collect",
        absent: || None,
        handler: || post(memory::gc),
    },
    Page {
        path: "/debug/setgc",
        method: Method::GET,
        query: "",
        text: "after how many milliseconds jemalloc gives unused pages back; a POST with `dirty=1000`, `muzzy=0` or `off` for one of them changes it, and answers with what it was",
        absent: memory::keeps,
        handler: || get(memory::decay).post(memory::set_decay),
    },
    Page {
        path: "/debug/pprof/cmdline",
        method: Method::GET,
        query: "",
        text: "the command line, its arguments separated by NUL, without secrets",
        absent: || None,
        handler: || get(cmdline::page),
    },
    Page {
        path: "/debug/pprof/profile",
        method: Method::GET,
        query: "?seconds=5",
        text: "where the processor's time goes: records for `seconds=30` at `hz=99`, for `go tool pprof`",
        absent: cpu::absent,
        handler: || get(cpu::profile),
    },
    Page {
        path: "/debug/pprof/flamegraph",
        method: Method::GET,
        query: "?seconds=5",
        text: "the same as a picture: records for `seconds=30`, and draws a flame graph; with `type=inuse_space` and the like, of memory",
        absent: cpu::absent,
        handler: || get(cpu::flamegraph),
    },
    Page {
        path: "/debug/pprof/heap",
        method: Method::GET,
        query: "",
        text: "what is in use and who allocated it, sampled, for `go tool pprof`; with `seconds=30` what that changes meanwhile",
        absent: heap::absent,
        handler: || get(heap::heap),
    },
    Page {
        path: "/debug/pprof/allocs",
        method: Method::GET,
        query: "",
        text: "the same, with all that was allocated shown first",
        absent: heap::absent,
        handler: || get(heap::allocs),
    },
    Page {
        path: "/debug/pprof/stack",
        method: Method::GET,
        query: "",
        text: "what every thread is doing, with its stack, and the tasks that are alive by where they were spawned, as text; `json=1` is JSON, `tasks=1` lists each task, `await=1` where each waits",
        absent: stack::absent,
        handler: || get(stack::stack),
    },
    Page {
        path: "/debug/pprof/tasks",
        method: Method::GET,
        query: "?debug=1",
        text: "the tasks that are alive, by where they were spawned and how long they have been idle; `debug=1` is text",
        absent: tasks::absent,
        handler: || get(tasks::tasks),
    },
    Page {
        path: "/debug/pprof/goroutine",
        method: Method::GET,
        query: "?debug=1",
        text: "the same, for what reads Go services",
        absent: tasks::absent,
        handler: || get(tasks::tasks),
    },
    Page {
        path: "/debug/pprof/trace",
        method: Method::GET,
        query: "?seconds=5",
        text: "what tasks, workers and requests do for `seconds=5`, as it happens, in Trace Event JSON for timeline viewers; with `hz=99` and where the processor's time goes",
        absent: trace::absent,
        handler: || get(trace::trace),
    },
    Page {
        path: "/debug/pprof/waits",
        method: Method::GET,
        query: "",
        text: "where requests have waited in the last `seconds=60` that the flight recorder remembers, by their spans, for `go tool pprof`",
        absent: waits::absent,
        handler: || get(waits::waits),
    },
    Page {
        path: "/debug/pprof/block",
        method: Method::GET,
        query: "",
        text: "the same, for what reads Go services",
        absent: waits::absent,
        handler: || get(waits::waits),
    },
    Page {
        path: "/debug/flight-recorder",
        method: Method::GET,
        query: "?seconds=5",
        text: "what tasks, workers and requests did in the last `seconds=5`, which the flight recorder remembers, as `trace`",
        absent: trace::remembers_nothing,
        handler: || get(trace::flight_recorder),
    },
    Page {
        path: "/debug/pprof/symbol",
        method: Method::GET,
        query: "",
        text: "for `go tool pprof`, which asks here for names that a profile lacks: there are no more than it has",
        absent: cpu::absent,
        handler: || get(cpu::symbol).post(cpu::symbol),
    },
];

/// The pages, behind the guard.
pub(super) fn router() -> Router {
    let mut router = Router::new();
    for page in PAGES {
        router = router.route(page.path, (page.handler)());
    }
    guarded(
        router
            .route("/", get(async || Redirect::temporary(INDEX)))
            .route("/debug/pprof", get(async || Redirect::temporary(INDEX)))
            .fallback(unknown),
    )
}

pub(super) fn guarded(router: Router) -> Router {
    router
        .layer(middleware::from_fn(guard::check))
        .layer(middleware::from_fn(headers))
}

fn sentence(reason: impl fmt::Display) -> String {
    format!("{reason}.")
}

/// JSON, unless text is asked for.
pub(super) fn json_or_text<T: Serialize>(
    query: Option<&str>,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Response {
    match query::is_text(query) {
        Ok(true) => text(value).into_response(),
        Ok(false) => json(value),
        Err(reason) => refusal(StatusCode::BAD_REQUEST, &reason),
    }
}

/// Says why there is no answer.
pub(super) fn refusal(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}

/// Indented and with a newline at its end, since people read it in a terminal.
pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_string_pretty(value) {
        Ok(text) => (
            [(header::CONTENT_TYPE, "application/json")],
            format!("{text}\n"),
        )
            .into_response(),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    (
        StatusCode::NOT_FOUND,
        format!("There is nothing at {path}. What there is stands on the index page, {INDEX}.\n"),
    )
        .into_response()
}

/// A reading is old a moment later, and no page may be taken for something else or fetch anything.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        response
            .headers_mut()
            // A page may have set its own.
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::PAGES;

    #[test]
    fn the_readme_lists_these_pages_and_no_others() {
        let readme = include_str!("../../README.md");
        let listed: Vec<_> = readme
            .lines()
            .filter(|line| line.starts_with("| `GET /") || line.starts_with("| `POST /"))
            .collect();
        let rows: Vec<_> = PAGES
            .iter()
            .map(|page| format!("| `{} {}` | {} |", page.method, page.path, page.text))
            .collect();
        assert_eq!(
            listed,
            rows,
            "the table in README.md must be\n{}",
            rows.join("\n")
        );
    }
}
