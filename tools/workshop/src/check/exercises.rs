//! The patches of the exercises fit their checkpoints, each alone and all together, and a page names them.

use super::pages::Pages;
use super::problem::Problem;
use crate::exercises;
use course::Course;
use course::tree::Tree;

pub fn check(course: &Course, pages: &Pages) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for chapter in &course.chapters {
        let names = exercises::of(course, chapter)?;
        if names.is_empty() || !course.has(&chapter.checkpoint()) {
            continue;
        }
        let checkpoint = Tree::of(course, &chapter.checkpoint())?;
        let page = pages.find(&chapter.page());
        let mut together = checkpoint.clone();
        for name in names {
            let patch = chapter.exercises().join(format!("{name}.patch"));
            let alone = exercises::apply(course, chapter, &name, &mut checkpoint.clone());
            if let Err(error) = &alone {
                problems.push(Problem::new(&patch, 0, format!("{error:#}")));
            } else if let Err(error) = exercises::apply(course, chapter, &name, &mut together) {
                let message = format!("{error:#}, once the exercises before it are in");
                problems.push(Problem::new(&patch, 0, message));
            }
            let is_named = |text: &str| text.contains(&format!("--exercise {name}"));
            if !page.is_some_and(|page| is_named(&page.text)) {
                let message = format!("its page does not say `--exercise {name}`");
                problems.push(Problem::new(&patch, 0, message));
            }
        }
    }
    Ok(problems)
}
