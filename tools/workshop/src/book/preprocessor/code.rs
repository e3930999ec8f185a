//! `{{#code PATH [ANCHOR]}}`: code of a crate, captioned by its path.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::directive::{Name, Page};
use super::html;

pub fn expand(page: &mut Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let (path, anchor) = match *arguments {
        [path] => (path, None),
        [path, anchor] => (path, Some(anchor)),
        _ => return Err(Name::Code.misused()),
    };
    if let Some(anchor) = anchor {
        let file = in_checkpoint(Path::new(path));
        page.used.anchors.insert((file, anchor.to_owned()));
    }
    let text = read(&page.course.root, path)?;
    let piece = match anchor {
        Some(anchor) => between_anchors(&text, anchor).with_context(|| format!("in {path}"))?,
        None => whole(&text),
    };
    ensure!(
        !piece.text.trim().is_empty(),
        "there is nothing but blank lines to show of {path}"
    );
    Ok(format!(
        "<figure class=\"code\"><figcaption>{}{}</figcaption>\
         <pre><code class=\"language-{}\">{}</code></pre></figure>",
        html::code(path),
        caption_lines(&piece, anchor),
        language(path),
        html::text(&piece.text)
    ))
}

/// Reads a file of the workspace, named relative to its root.
pub fn read(root: &Path, path: &str) -> anyhow::Result<String> {
    ensure!(
        Path::new(path)
            .components()
            .all(|c| matches!(c, Component::Normal(_))),
        "`{path}` is not a path below the workspace's root"
    );
    std::fs::read_to_string(root.join(path)).with_context(|| {
        format!("cannot read {path}, which is looked for from the workspace's root")
    })
}

/// Without the checkpoint's folder: what is left is the same in all of them.
fn in_checkpoint(path: &Path) -> PathBuf {
    if let Ok(rest) = path.strip_prefix("steps") {
        return rest.components().skip(1).collect();
    }
    path.strip_prefix("app").unwrap_or(path).to_owned()
}

/// A piece of a file, dedented.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    /// The first and the last of its lines in the file, from 1.
    lines: (usize, usize),
}

fn whole(text: &str) -> Piece {
    let kept: Vec<_> = text.lines().filter(|line| marker(line).is_none()).collect();
    Piece {
        text: dedent(&kept),
        lines: (1, text.lines().count()),
    }
}

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`; the marks of other anchors are left out.
fn between_anchors(text: &str, name: &str) -> anyhow::Result<Piece> {
    let at = |wanted: Marker<'_>| -> anyhow::Result<usize> {
        let lines: Vec<_> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| marker(line) == Some(wanted))
            .map(|(index, _)| index)
            .collect();
        match *lines {
            [line] => Ok(line),
            [] => {
                let known: Vec<_> = anchors(text).map(|(_, name)| name).collect();
                bail!(
                    "there is no `{wanted}`; the file's anchors are: {}",
                    known.join(", ")
                )
            }
            _ => bail!("`{wanted}` is there {} times", lines.len()),
        }
    };
    let (start, end) = (at(Marker::Start(name))?, at(Marker::End(name))?);
    ensure!(start < end, "the anchor `{name}` ends before it starts");
    let inner = text.lines().skip(start + 1).take(end - start - 1);
    let kept: Vec<_> = inner.filter(|line| marker(line).is_none()).collect();
    Ok(Piece {
        text: dedent(&kept),
        lines: (start + 2, end),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker<'a> {
    Start(&'a str),
    End(&'a str),
}

impl std::fmt::Display for Marker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(name) => write!(f, "ANCHOR: {name}"),
            Self::End(name) => write!(f, "ANCHOR_END: {name}"),
        }
    }
}

/// The anchor mark that a line is, if it is one: a comment of Rust, TOML, shell or SQL and nothing else.
fn marker(line: &str) -> Option<Marker<'_>> {
    let line = line.trim();
    let comment = ["//", "#", "--"]
        .iter()
        .find_map(|sign| line.strip_prefix(sign))?
        .trim_start();
    if let Some(name) = comment.strip_prefix("ANCHOR:") {
        Some(Marker::Start(name.trim()))
    } else {
        let name = comment.strip_prefix("ANCHOR_END:")?;
        Some(Marker::End(name.trim()))
    }
}

/// Whether the line only marks an anchor, so that a reader of the book should not see it.
pub fn is_anchor(line: &str) -> bool {
    marker(line).is_some()
}

/// The anchors that begin in a file, with their lines.
pub fn anchors(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| match marker(line)? {
        Marker::Start(name) => Some((index + 1, name)),
        Marker::End(_) => None,
    })
}

fn dedent(lines: &[&str]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn caption_lines(piece: &Piece, anchor: Option<&str>) -> String {
    match (anchor, piece.lines) {
        (None, _) => String::new(),
        (Some(_), (first, last)) if first == last => format!(" <span>line {first}</span>"),
        (Some(_), (first, last)) => format!(" <span>lines {first}–{last}</span>"),
    }
}

/// The name by which the highlighter knows the language of a file.
///
/// Rust is `rs`, not `rust`: mdBook hides lines that start with `#` in what it takes for Rust, and every
/// element of the class `rust` gets the colours of mdBook's theme of that name.
fn language(path: &str) -> &str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("sh") => "bash",
        Some("md") => "markdown",
        Some("svg" | "html") => "xml",
        Some("txt" | "lock") | None => "plaintext",
        Some(extension) => extension,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
fn a() {}
// ANCHOR: outer
impl X {
    // ANCHOR: inner
    fn b() {

        1
    }
    // ANCHOR_END: inner
}
// ANCHOR_END: outer
";

    #[test]
    fn a_piece_is_dedented_and_keeps_its_lines() {
        assert_eq!(
            between_anchors(SOURCE, "inner").unwrap(),
            Piece {
                text: "fn b() {\n\n    1\n}".into(),
                lines: (5, 8)
            }
        );
    }

    #[test]
    fn the_marks_of_other_anchors_are_left_out() {
        let outer = between_anchors(SOURCE, "outer").unwrap();
        assert_eq!(outer.text, "impl X {\n    fn b() {\n\n        1\n    }\n}");
        assert!(!whole(SOURCE).text.contains("ANCHOR"));
    }

    #[test]
    fn toml_and_sql_have_anchors_too() {
        assert_eq!(
            between_anchors("# ANCHOR: a\nx = 1\n# ANCHOR_END: a\n", "a")
                .unwrap()
                .text,
            "x = 1"
        );
        assert_eq!(
            between_anchors("-- ANCHOR: a\nselect 1\n-- ANCHOR_END: a\n", "a")
                .unwrap()
                .text,
            "select 1"
        );
    }

    #[test]
    fn missing_doubled_and_reversed_anchors_are_refused() {
        let error = |text, name| between_anchors(text, name).unwrap_err().to_string();
        assert_eq!(
            error(SOURCE, "nope"),
            "there is no `ANCHOR: nope`; the file's anchors are: outer, inner"
        );
        assert!(error("// ANCHOR: a\n", "a").contains("no `ANCHOR_END: a`"));
        assert!(error("// ANCHOR: a\n// ANCHOR: a\n", "a").contains("2 times"));
        assert!(error("// ANCHOR_END: a\n// ANCHOR: a\n", "a").contains("ends before"));
    }

    #[test]
    fn an_anchor_is_the_same_in_all_checkpoints() {
        for (path, file) in [
            ("steps/01-a/src/db.rs", "src/db.rs"),
            ("app/src/db.rs", "src/db.rs"),
            ("tools/x.rs", "tools/x.rs"),
        ] {
            assert_eq!(in_checkpoint(Path::new(path)), Path::new(file));
        }
    }

    #[test]
    fn languages_go_by_extension() {
        assert_eq!(language("steps/x/src/db.rs"), "rs");
        assert_eq!(language("scripts/01.sh"), "bash");
        assert_eq!(language("Cargo.toml"), "toml");
        assert_eq!(language("LICENSE"), "plaintext");
    }
}
