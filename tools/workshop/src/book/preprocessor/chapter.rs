//! `{{#chapter 01}}`: the box at the top of a chapter.

use anyhow::{Context as _, ensure};

use super::directive::{Name, Page};
use super::html;
use crate::waits::{Waits, about};

/// The chapter's minutes, the crates it starts and ends at, and how to run, compare and break them.
pub fn expand(page: &Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let &[wanted] = arguments else {
        return Err(Name::Chapter.misused());
    };
    let course = page.course;
    let chapter = course.chapter(wanted)?;
    let start = chapter.checkpoint();
    let end = course.end_of(chapter);
    for checkpoint in [&start, &end] {
        ensure!(
            course.has(checkpoint),
            "the checkpoint {checkpoint} does not exist: a chapter that is not a draft starts and ends at one"
        );
    }
    let script = chapter.script();
    ensure!(
        course.root.join(&script).is_file(),
        "there is no {}, which runs the chapter's sections",
        script.display()
    );
    let script = script.to_str().context("the script's path is not text")?;
    let number = format!("{:02}", chapter.number);

    let mut facts = vec![
        ("Time", format!("{} minutes", chapter.minutes)),
        ("Starts at", html::code(&start.to_string())),
        ("Ends at", html::code(&end.to_string())),
    ];
    let waits = Waits::of(course, chapter);
    if let Some(disk) = waits.disk {
        let all = about(waits.seconds.values().sum());
        facts.push(("Waiting, the first time", all));
        facts.push(("Disk after it", format!("{disk:.1} GB")));
    }
    let commands = [
        (script.to_owned(), "runs everything on this page"),
        (
            format!("cargo workshop diff {number}"),
            "shows what the chapter changes",
        ),
        (
            format!("cargo workshop checkout {number}"),
            "makes a copy for you to break",
        ),
        (
            "cargo workshop hint".to_owned(),
            "tells what to do next in your copy",
        ),
        (
            "cargo workshop verify".to_owned(),
            "tells whether it is right, and what it brings",
        ),
    ];
    let mut shown = String::from("<aside class=\"chapter-box\" aria-label=\"This chapter\"><dl>");
    for (name, value) in facts {
        shown.push_str(&format!("<div><dt>{name}</dt><dd>{value}</dd></div>"));
    }
    shown.push_str("</dl><ul>");
    for (command, purpose) in commands {
        shown.push_str(&format!(
            "<li>{} <span>{purpose}</span></li>",
            html::code(&command)
        ));
    }
    shown.push_str("</ul></aside>");
    Ok(shown)
}
