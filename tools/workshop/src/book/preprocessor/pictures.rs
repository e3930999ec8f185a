//! `{{#picture CHAPTER SECTION CAPTION}}`: what a section drew or photographed.
//!
//! The page loads it when a reader comes to it, and a click opens the file alone. Three kinds lie in the chapter's
//! folder of pictures:
//!
//! - `SECTION.svg`: black on white; the style sheet turns it over in the dark theme.
//! - `SECTION.svg` with a script of its own, such as a flame graph: it is alive in the page, in its own colours.
//! - `SECTION.png`, and `SECTION-dark.png` for the dark theme.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::commands::Found;
use super::directive::{Name, Page};
use super::html;
use course::Course;

/// More than that, in bytes, nobody wants to wait for in a talk.
const LARGEST: u64 = 200_000;

pub fn expand(page: &mut Page<'_>, arguments: &str) -> anyhow::Result<String> {
    let mut words = arguments.splitn(3, char::is_whitespace).map(str::trim);
    let (Some(chapter), Some(section), Some(caption)) = (words.next(), words.next(), words.next())
    else {
        return Err(Name::Picture.misused());
    };
    let found = Found::new(page, chapter, section)?;
    let folder = found.chapter.pictures();
    let mut file = |name: String| -> anyhow::Result<Option<String>> {
        let path = folder.join(name);
        page.used.pictures.insert(path.clone());
        if !page.course.root.join(&path).exists() {
            return Ok(None);
        }
        checked(page.course, &path)?;
        let file = page.course.root.join(&path);
        let from_page = file
            .strip_prefix(page.folder)
            .context("a page with pictures lies beside their folder")?;
        Ok(Some(html::text(&from_page.display().to_string())))
    };
    let alt = html::text(caption);
    let image = |class: &str, path: &str| {
        format!(
            "<a class=\"{class}\" href=\"{path}\"><img src=\"{path}\" alt=\"{alt}\" loading=\"lazy\"></a>"
        )
    };
    let shown = if let Some(path) = file(format!("{section}.svg"))? {
        let drawing = folder.join(format!("{section}.svg"));
        let drawing = fs::read_to_string(page.course.root.join(drawing))?;
        if drawing.contains("<script") {
            format!("<object data=\"{path}\" type=\"image/svg+xml\" aria-label=\"{alt}\"></object>")
        } else {
            image("paper", &path)
        }
    } else {
        let [light, dark] = [
            file(format!("{section}.png"))?,
            file(format!("{section}-dark.png"))?,
        ];
        let missing = || {
            format!(
                "there is no {section}.svg, nor {section}.png and {section}-dark.png, in {}: \
                 `cargo workshop capture {:02}` makes them",
                folder.display(),
                found.chapter.number
            )
        };
        image("light", &light.with_context(missing)?) + &image("dark", &dark.with_context(missing)?)
    };
    Ok(format!(
        "<figure class=\"drawing picture\"><div class=\"drawing-scroll\" tabindex=\"0\">{shown}</div>\
         <figcaption>{alt} <span>{}</span></figcaption></figure>",
        html::text(&found.source())
    ))
}

fn checked(course: &Course, path: &Path) -> anyhow::Result<()> {
    let length = fs::metadata(course.root.join(path))
        .with_context(|| format!("cannot read {}", path.display()))?
        .len();
    ensure!(
        length <= LARGEST,
        "{} has {length} bytes, and a page's picture at most {LARGEST}",
        path.display()
    );
    Ok(())
}
