//! Links that lead somewhere: to a file of the book or the repository, and to a heading in it.
//!
//! Addresses of other hosts are left alone: a check must not depend on the network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use super::pages::{Page, Pages};
use super::problem::Problem;
use crate::book::preprocessor::directive::normalized;
use course::Course;

/// A link or an image as it stands in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub line: usize,
    pub text: String,
    pub destination: String,
}

pub fn check(course: &Course, pages: &Pages) -> anyhow::Result<Vec<Problem>> {
    let all = || pages.of_book.iter().chain(&pages.of_repository);
    let ids: BTreeMap<&Path, BTreeSet<String>> = all()
        .map(|page| (page.path.as_path(), ids(&page.text)))
        .collect();
    let mut problems = Vec::new();
    for page in all() {
        for link in of(page) {
            if let Err(message) = follow(course, page, &link.destination, &ids) {
                problems.push(Problem::new(&page.path, link.line, message));
            }
        }
    }
    Ok(problems)
}

fn follow(
    course: &Course,
    page: &Page,
    destination: &str,
    ids: &BTreeMap<&Path, BTreeSet<String>>,
) -> Result<(), String> {
    // A draft in the summary leads nowhere yet.
    if destination.is_empty() || is_elsewhere(destination) {
        return Ok(());
    }
    let (path, fragment) = match destination.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (destination, None),
    };
    let target: PathBuf = if path.is_empty() {
        page.path.clone()
    } else {
        let folder = page.path.parent().unwrap_or(Path::new(""));
        normalized(&folder.join(path))
    };
    if !course.root.join(&target).exists() {
        return Err(format!(
            "`{destination}` leads to {}, which does not exist",
            target.display()
        ));
    }
    match (fragment, ids.get(target.as_path())) {
        (Some(fragment), Some(ids)) if !ids.contains(fragment) => Err(format!(
            "`{destination}`: {} has no heading `#{fragment}`",
            target.display()
        )),
        _ => Ok(()),
    }
}

fn is_elsewhere(destination: &str) -> bool {
    destination.starts_with("//")
        || destination
            .split_once(':')
            .is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// All links and images of a page, those in raw HTML included.
pub fn of(page: &Page) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut open: Vec<Link> = Vec::new();
    for (event, range) in parser(&page.text).into_offset_iter() {
        let line = page.text[..range.start].matches('\n').count() + 1;
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                open.push(Link {
                    line,
                    text: String::new(),
                    destination: dest_url.into_string(),
                });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => links.extend(open.pop()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(link) = open.last_mut() {
                    link.text.push_str(&text);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                links.extend(REFERENCE.captures_iter(&html).map(|found| Link {
                    line,
                    text: String::new(),
                    destination: found[1].to_owned(),
                }));
            }
            _ => {}
        }
    }
    links
}

/// The ids that a link can lead to: those of headings as mdBook makes them, and those in raw HTML.
fn ids(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut heading: Option<(Option<String>, String)> = None;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                heading = Some((id.map(|id| id.into_string()), String::new()));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((id, title)) = heading.take() {
                    let id = id.unwrap_or_else(|| unused_id(&id_of(&title), &ids));
                    ids.insert(id);
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, title)) = &mut heading {
                    title.push_str(&text);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                ids.extend(ID.captures_iter(&html).map(|found| found[1].to_owned()));
            }
            _ => {}
        }
    }
    ids
}

/// mdBook's rule: letters, digits, `-` and `_` stay, in lower case; spaces become hyphens.
fn id_of(title: &str) -> String {
    let kept = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    title
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(kept)
        .collect()
}

/// mdBook numbers headings of the same name.
fn unused_id(id: &str, used: &BTreeSet<String>) -> String {
    let mut numbered = (1..).map(|number| format!("{id}-{number}"));
    if used.contains(id) {
        numbered.find(|id| !used.contains(id)).unwrap_or_default()
    } else {
        id.to_owned()
    }
}

fn parser(text: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM;
    Parser::new_ext(text, options)
}

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\b(?:href|src)\s*=\s*["']([^"']*)["']"#).expect("the pattern is valid")
});

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\bid\s*=\s*["']([^"']+)["']"#).expect("the pattern is valid"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_images_and_html_are_found_with_their_lines() {
        let page = Page {
            path: "a.md".into(),
            text: "[a `b`](x.md#y)\n\n![p](f.svg)\n\n<a href=\"z.md\">z</a> `[n](o)`\n".into(),
        };
        let found: Vec<_> = of(&page)
            .into_iter()
            .map(|link| (link.line, link.text, link.destination))
            .collect();
        assert_eq!(
            found,
            [
                (1, "a b".into(), "x.md#y".into()),
                (3, "p".into(), "f.svg".into()),
                (5, String::new(), "z.md".into()),
            ]
        );
    }

    #[test]
    fn ids_are_those_that_mdbook_makes() {
        let ids =
            ids("# `--passes`: add more!\n## Same\n## Same\n## Own {#mine}\n<i id=\"raw\"></i>\n");
        let expected = ["--passes-add-more", "same", "same-1", "mine", "raw"];
        assert_eq!(ids, expected.into_iter().map(str::to_owned).collect());
    }

    #[test]
    fn other_hosts_are_left_alone() {
        for destination in ["https://x.y/z", "mailto:a@b", "//x/y"] {
            assert!(is_elsewhere(destination), "{destination}");
        }
        assert!(!is_elsewhere("a.md#b:c"));
        assert!(!is_elsewhere("../x.md"));
    }
}
