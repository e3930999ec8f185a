//! A small course in a temporary folder, and pages that are filled in within it.

use std::ops::Deref;

use test_tools::Folder;

use super::super::fill;
use course::Course;

const MANIFEST: &str = "
    [display]
    URL = 'http://127.0.0.1:8080'
    [[chapter]]
    number = 1
    name = 'one'
    title = 'One'
    minutes = 25
    [[chapter]]
    number = 2
    name = 'two'
    title = 'Two'
    minutes = 5
    draft = true
";

const SCRIPT: &str = "\
# section: first exact - Is it there?
first() {
  curl $URL/rooms
}

# section: silent - Is it shown?
silent() {
  true #-
}
";

/// A course of one finished chapter, with two checkpoints, a script and a capture.
pub struct World(Folder);

impl Deref for World {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl World {
    pub fn new() -> Self {
        let world = Self(Folder::new());
        world.write("course.toml", MANIFEST);
        for name in ["01-one", "02-two"] {
            let manifest = format!("[package]\nname = \"step-{name}\"\n");
            world.write(&format!("steps/{name}/Cargo.toml"), &manifest);
        }
        world.write(
            "steps/01-one/src/lib.rs",
            "// ANCHOR: f\nfn f() {}\n// ANCHOR_END: f\n",
        );
        world.write("steps/02-two/src/lib.rs", "fn f() { g() }\n");
        world.write("steps/02-two/src/new.rs", "fn g() {}\n");
        world.write("scripts/01-one.sh", SCRIPT);
        world.write(
            "book/captures/01-one/first.txt",
            "a: 1\n<b>\n\nrooms: 3\nrooms: 4\n",
        );
        world
    }

    pub fn fill(&self, page: &str) -> Result<String, Vec<(usize, String)>> {
        let course = Course::load(self.root()).unwrap();
        fill(&course, &course.root.join("book/src/page.md"), page).text
    }

    /// The page as a browser would read the inserted HTML: character references resolved.
    pub fn filled(&self, page: &str) -> String {
        decode(&self.fill(page).unwrap())
    }

    /// Asserts that each page has one problem, and that it is told with these words.
    #[track_caller]
    pub fn refuses(&self, pages: &[(&str, &str)]) {
        for (page, part) in pages {
            let problems = self.fill(page).unwrap_err();
            assert_eq!(problems.len(), 1, "{page}: {problems:?}");
            let problem = &problems[0].1;
            assert!(problem.contains(part), "{page}: {problem}");
        }
    }
}

fn decode(html: &str) -> String {
    let mut decoded = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, after) = after.split_once(';').unwrap();
        decoded.push_str(before);
        decoded.push(char::from_u32(number.parse().unwrap()).unwrap());
        rest = after;
    }
    decoded + rest
}
