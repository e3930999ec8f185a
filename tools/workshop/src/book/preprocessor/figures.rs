//! `{{#figure figures/x.svg Caption}}`: a drawing that becomes part of the page.
//!
//! As an image it could know neither the page's colours nor its fonts; inline it uses the theme's
//! variables, so that one file reads in light and dark.

use anyhow::{Context as _, ensure};

use super::directive::{Name, Page, normalized};
use super::html;

pub fn expand(page: &mut Page<'_>, arguments: &str) -> anyhow::Result<String> {
    let Some((path, caption)) = arguments.split_once(char::is_whitespace) else {
        return Err(Name::Figure.misused());
    };
    let file = page.folder.join(path);
    if let Ok(file) = file.strip_prefix(&page.course.root) {
        page.used.figures.insert(normalized(file));
    }
    let drawing = std::fs::read_to_string(file).with_context(|| {
        format!("cannot read {path}, which is looked for from the page's folder")
    })?;
    Ok(format!(
        "<figure class=\"drawing\"><div class=\"drawing-scroll\" tabindex=\"0\">{}</div>\
         <figcaption>{}</figcaption></figure>",
        inline(&drawing).with_context(|| path.to_owned())?,
        html::text(caption.trim())
    ))
}

/// The `svg` element on one line, without prolog and comments.
fn inline(drawing: &str) -> anyhow::Result<String> {
    let mut text = drawing.to_owned();
    while let Some(start) = text.find("<!--") {
        let length = text[start..]
            .find("-->")
            .context("a comment is not closed with `-->`")?;
        text.replace_range(start..start + length + 3, "");
    }
    let start = text.find("<svg").context("it has no <svg> element")?;
    let text: Vec<_> = text[start..].split_whitespace().collect();
    let text = text.join(" ");
    ensure!(text.ends_with("</svg>"), "it does not end with </svg>");
    ensure!(
        text.contains("<title"),
        "it has no <title>: that is what a screen reader says"
    );
    for refused in ["<script", "<image", "http://", "https://"] {
        // The namespace is an address only in form.
        let rest = text.replace("\"http://www.w3.org/2000/svg\"", "");
        ensure!(
            !rest.contains(refused),
            "it has `{refused}`: a drawing neither runs anything nor loads anything"
        );
    }
    // What a page's other preprocessors and Markdown would read as theirs.
    Ok(text.replace("{{", "&#123;&#123;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_becomes_one_line_of_the_page() {
        let svg = "<?xml version=\"1.0\"?>\n<!-- a\n\nb -->\n<svg viewBox=\"0 0 1 1\">\n\n  <title>T</title>\n</svg>\n";
        assert_eq!(
            inline(svg).unwrap(),
            "<svg viewBox=\"0 0 1 1\"> <title>T</title> </svg>"
        );
    }

    #[test]
    fn what_is_no_plain_drawing_is_refused() {
        for (svg, part) in [
            ("<p>", "no <svg>"),
            ("<!-- <svg>", "not closed"),
            ("<svg><title>T</title>", "does not end"),
            ("<svg></svg>", "no <title>"),
            ("<svg><title>T</title><script/></svg>", "runs anything"),
            (
                "<svg><title>T</title><use href=\"https://x/y\"/></svg>",
                "loads anything",
            ),
        ] {
            let error = inline(svg).unwrap_err().to_string();
            assert!(error.contains(part), "{svg}: {error}");
        }
    }
}
