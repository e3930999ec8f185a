//! A chapter that is ready has all its parts; a draft has no page; nothing lies about that belongs to no chapter.

use std::path::{Path, PathBuf};

use super::links;
use super::pages::{Page, Pages, matching};
use super::problem::{Problem, line_of};
use course::section::Script;
use course::{Chapter, Course, MANIFEST, PAGES};

pub fn check(course: &Course, pages: &Pages) -> anyhow::Result<Vec<Problem>> {
    let manifest = std::fs::read_to_string(course.root.join(MANIFEST))?;
    let mut problems = Vec::new();
    for chapter in &course.chapters {
        let line = line_of(&manifest, &format!("\"{}\"", chapter.name));
        for message in parts(course, chapter, pages) {
            let message = format!("chapter {}: {message}", chapter.number);
            problems.push(Problem::new(MANIFEST, line, message));
        }
        problems.extend(script(course, chapter));
    }
    problems.extend(summary(course, pages));
    problems.extend(strays(course)?);
    Ok(problems)
}

fn parts(course: &Course, chapter: &Chapter, pages: &Pages) -> Vec<String> {
    let mut wrong = Vec::new();
    if chapter.minutes == 0 {
        wrong.push("a chapter takes some minutes".to_owned());
    }
    let page = pages.find(&chapter.page());
    if chapter.draft {
        if page.is_some() {
            wrong.push(format!(
                "it is a draft and has a page, {}",
                chapter.page().display()
            ));
        }
        return wrong;
    }
    for checkpoint in [chapter.checkpoint(), course.end_of(chapter)] {
        if !course.has(&checkpoint) {
            wrong.push(format!(
                "it is no draft, and its checkpoint {checkpoint} is missing"
            ));
        }
    }
    if !course.root.join(chapter.script()).is_file() {
        wrong.push(format!(
            "it is no draft, and its script {} is missing",
            chapter.script().display()
        ));
    }
    match page {
        None => wrong.push(format!(
            "it is no draft, and its page {} is missing",
            chapter.page().display()
        )),
        Some(page) => {
            let box_with_minutes = format!("{{{{#chapter {:02}}}}}", chapter.number);
            if !page.text.contains(&box_with_minutes) {
                wrong.push(format!(
                    "its page must show its minutes: it has no {box_with_minutes}"
                ));
            }
        }
    }
    wrong
}

/// The script can be parsed and run, and has sections.
fn script(course: &Course, chapter: &Chapter) -> Vec<Problem> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = chapter.script();
    let file = course.root.join(&path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    match Script::parse(&path, &text) {
        Ok(script) if script.sections.is_empty() => {
            problems.push(Problem::new(&path, 0, "it has no section"));
        }
        Ok(_) => {}
        Err(error) => problems.push(Problem::new(&path, 0, format!("{error:#}"))),
    }
    if std::fs::metadata(&file).is_ok_and(|data| data.permissions().mode() & 0o111 == 0) {
        let message = format!("it is not executable: chmod +x {}", path.display());
        problems.push(Problem::new(&path, 0, message));
    }
    problems
}

/// The summary names every chapter by its title, and every page.
fn summary(course: &Course, pages: &Pages) -> Vec<Problem> {
    let path = Path::new(PAGES).join("SUMMARY.md");
    let Some(summary) = pages.find(&path) else {
        return vec![Problem::new(path, 0, "the book has no summary")];
    };
    let links = links::of(summary);
    let mut problems = Vec::new();
    for chapter in &course.chapters {
        let page = chapter.page();
        let destination = page
            .strip_prefix(PAGES)
            .unwrap_or(&page)
            .display()
            .to_string();
        let destination = if chapter.draft {
            String::new()
        } else {
            destination
        };
        let is_there = links.iter().any(|link| {
            link.destination.trim_start_matches("./") == destination
                && link.text.contains(&chapter.title)
        });
        if !is_there {
            let message = format!(
                "there is no [{}]({destination}) for chapter {}",
                chapter.title, chapter.number
            );
            problems.push(Problem::new(&path, 0, message));
        }
    }
    let is_listed = |page: &&Page| {
        let listed = |link: &links::Link| {
            Path::new(PAGES).join(link.destination.trim_start_matches("./")) == page.path
        };
        page.path != path && !links.iter().any(listed)
    };
    let unlisted = pages.of_book.iter().filter(is_listed);
    problems.extend(
        unlisted.map(|page| Problem::new(&page.path, 0, "the summary does not list this page")),
    );
    problems
}

/// Checkpoints, scripts, captures, pictures and exercises that belong to no chapter.
fn strays(course: &Course) -> anyhow::Result<Vec<Problem>> {
    let known: Vec<PathBuf> = course
        .chapters
        .iter()
        .flat_map(|chapter| {
            [
                chapter.checkpoint().dir,
                chapter.script(),
                chapter.captures(),
                chapter.pictures(),
                chapter.exercises(),
            ]
        })
        .collect();
    let patterns = [
        "steps/*/Cargo.toml",
        "scripts/[0-9]*.sh",
        "book/captures/*/*",
        "book/src/pictures/*/*",
        "exercises/*/*",
    ];
    let files = matching(&course.root, &patterns)?;
    let is_stray = |file: &PathBuf| !known.iter().any(|path| file.starts_with(path));
    Ok(files
        .into_iter()
        .filter(is_stray)
        .map(|file| Problem::new(file, 0, format!("no chapter in {MANIFEST} is called so")))
        .collect())
}
