//! The index page: what can be looked at in this process now, and a few numbers.

use std::fmt::Write;

use axum::http::Method;
use axum::response::Html;

use super::pages::{INDEX, PAGES, Page};
use crate::readable::{Grouped, Size};
use crate::{MemStats, RuntimeStats, runtime};

/// The frame of the page; `{name}`, `{links}`, `{tables}` and `{missing}` are filled in.
const TEMPLATE: &str = include_str!("index.html");

/// An ordinary function, since it reads the table in which it stands itself.
pub(super) fn page() -> Html<String> {
    let runtime = runtime::read();
    let memory = MemStats::read().ok();

    let mut links = String::new();
    let mut missing = Vec::new();
    for page in PAGES.iter().filter(|page| page.path != INDEX) {
        match (page.absent)() {
            None => link(&mut links, page),
            // Two pages may be missing for one reason.
            Some(reason) if missing.contains(&reason) => {}
            Some(reason) => missing.push(reason),
        }
    }
    let of_memory = memory.map_or(&[][..], |memory| memory.missing);
    let of_both = of_memory.iter().chain(&runtime.missing);
    missing.extend(of_both.map(|&reason| reason.to_owned()));

    let mut tables = String::new();
    if let Some(memory) = &memory {
        table(&mut tables, "Memory", &memory_rows(memory));
    }
    table(&mut tables, "Runtime", &runtime_rows(&runtime));

    Html(
        TEMPLATE
            .replace("{links}", &links)
            .replace("{tables}", &tables)
            .replace("{missing}", &reasons(&missing))
            // Last, since the name comes from outside and must not be taken for a placeholder.
            .replace("{name}", &escape(&name())),
    )
}

/// The program's file name, or `this process`.
fn name() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.unwrap_or("this process".into()).into_owned()
}

fn memory_rows(memory: &MemStats) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("in use", Some(size(memory.alloc))),
        ("blocks in use", Some(grouped(memory.objects))),
        ("allocated since the start", Some(size(memory.total_alloc))),
        ("allocations since the start", Some(grouped(memory.mallocs))),
        ("heap, resident", memory.resident.map(size)),
        ("heap, address space", memory.sys.map(size)),
        ("process, resident", memory.rss.map(size)),
    ]
}

fn runtime_rows(runtime: &RuntimeStats) -> Vec<(&'static str, Option<String>)> {
    let events = runtime.events;
    vec![
        ("tasks alive", runtime.tasks_alive.map(grouped)),
        ("tasks spawned", runtime.tasks_spawned.map(grouped)),
        ("workers", runtime.workers.map(grouped)),
        ("threads", runtime.threads.map(grouped)),
        ("cores available", runtime.available_cores.map(grouped)),
        ("spans opened", runtime.spans_opened.map(grouped)),
        ("errors logged", events.map(|events| grouped(events.error))),
        ("warnings logged", events.map(|events| grouped(events.warn))),
    ]
}

fn link(links: &mut String, page: &Page) {
    let Page {
        path,
        query,
        method,
        ..
    } = page;
    // The table's texts are written for Markdown.
    let text = escape(&page.text.replace('`', ""));
    let _ = match *method {
        Method::GET => writeln!(
            links,
            "<li><a href=\"{path}{query}\">{path}</a> <span>{text}</span></li>"
        ),
        _ => writeln!(
            links,
            "<li><code>{method} {path}</code> <span>{text}</span></li>"
        ),
    };
}

/// A table of the numbers that are known.
fn table(page: &mut String, title: &str, rows: &[(&str, Option<String>)]) {
    let _ = writeln!(page, "<section><h2>{title}</h2><table>");
    for (what, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{what}</th><td>{value}</td></tr>"
            );
        }
    }
    page.push_str("</table></section>\n");
}

fn reasons(missing: &[String]) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let mut section = String::from("<h2>Not here</h2>\n<ul>\n");
    for reason in missing {
        let _ = writeln!(section, "<li>{}</li>", escape(reason));
    }
    section.push_str("</ul>\n");
    section
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn grouped(number: u64) -> String {
    Grouped(number).to_string()
}

fn size(bytes: u64) -> String {
    Size(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_become_markup() {
        assert_eq!(
            escape("<a href=\"x\">&"),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
        assert!(reasons(&["<b>".to_owned()]).contains("&lt;b&gt;"));
        assert!(reasons(&[]).is_empty());
    }
}
