//! `{{#diff 01 02 [FILE]}}`: what leads from one checkpoint to another, computed from the crates.

use anyhow::{bail, ensure};

use super::code::is_anchor;
use super::directive::{Name, Page};
use super::html;
use course::compare::{Change, FileDiff, between};
use course::tree::Tree;

pub fn expand(page: &Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let (from, to, file) = match *arguments {
        [from, to] => (from, to, None),
        [from, to, file] => (from, to, Some(file)),
        _ => return Err(Name::Diff.misused()),
    };
    let course = page.course;
    let tree = |name| Tree::of(course, &course.checkpoint(name)?).map(without_anchors);
    let (from, to) = (tree(from)?, tree(to)?);
    let differing = between(&from, &to);
    ensure!(
        !differing.is_empty(),
        "{} and {} do not differ",
        from.name,
        to.name
    );
    let shown: Vec<&FileDiff> = differing
        .iter()
        .filter(|diff| file.is_none_or(|file| diff.path == file))
        .collect();
    if let (Some(file), []) = (file, &shown[..]) {
        let known: Vec<_> = differing.iter().map(|diff| diff.path.as_str()).collect();
        bail!(
            "{file} is the same in {} and {}; what differs is {}",
            from.name,
            to.name,
            known.join(", ")
        );
    }
    Ok(shown.into_iter().map(figure).collect())
}

/// The anchors are there for the book, so they are no part of what a chapter changes.
fn without_anchors(mut tree: Tree) -> Tree {
    for content in tree.files.values_mut() {
        if let Ok(text) = std::str::from_utf8(content)
            && text.lines().any(is_anchor)
        {
            let kept: String = text
                .split_inclusive('\n')
                .filter(|line| !is_anchor(line))
                .collect();
            *content = kept.into_bytes();
        }
    }
    tree
}

fn figure(diff: &FileDiff) -> String {
    let mut notes = match diff.change {
        Change::Added => vec!["new file".to_owned()],
        Change::Removed => vec!["deleted".to_owned()],
        Change::Modified => vec![],
    };
    if diff.added > 0 {
        notes.push(format!("<ins>+{}</ins>", diff.added));
    }
    if diff.removed > 0 {
        notes.push(format!("<del>−{}</del>", diff.removed));
    }
    let mut lines = String::new();
    // The two header lines name the file, which the caption does.
    for (index, line) in diff.patch.lines().skip(2).enumerate() {
        let class = match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            Some(b'@') if index == 0 => continue,
            // Where a hunk stands matters to `patch` and not to a reader.
            Some(b'@') => {
                lines.push_str("<span class=\"gap\">⋯&#10;</span>");
                continue;
            }
            Some(b'\\') => "note",
            _ => "same",
        };
        lines.push_str(&format!(
            "<span class=\"{class}\">{}&#10;</span>",
            html::text(line)
        ));
    }
    if lines.is_empty() {
        lines = format!(
            "<span class=\"note\">{}&#10;</span>",
            html::text(diff.patch.trim_end())
        );
    }
    format!(
        "<figure class=\"diff\"><figcaption>{} <span>{}</span></figcaption>\
         <pre><code class=\"nohighlight\">{lines}</code></pre></figure>",
        html::code(&diff.path),
        notes.join(" ")
    )
}
