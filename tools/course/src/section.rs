//! The named sections of a chapter's script.
//!
//! A section is a bash function with a comment above it that gives its name and the question it answers.
//! `scripts/lib.sh` runs them; this module reads the same text for the book, the list and the linter:
//!
//! ```text
//! # section: query-plan exact - How does the database find my bookings?
//! query-plan() {
//!   cargo run --release -p step-01-discovery
//!   sql "explain query plan select ..."
//!   something internal    #-
//! }
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use terminal::Usage;

const HEADER: &str = "# section:";

/// A chapter's script and its sections in the order of the file, which is the order they run in.
#[derive(Debug, Clone)]
pub struct Script {
    /// Where it was read from; used in messages.
    pub path: PathBuf,
    pub sections: Vec<Section>,
}

/// One section: a bash function and its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub question: String,
    /// What of its output must stay the same.
    pub compared: Compared,
    /// `terminal`: what is shown of it is not what its commands print, but what the service's terminal shows meanwhile.
    pub terminal: bool,
    /// The header's line in the script, from 1.
    pub line: usize,
    /// The function's body, dedented, with the marks that steer the display.
    pub body: Vec<String>,
}

/// What of a section's output must stay the same from run to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// `exact`: every character.
    Verbatim,
    /// Without a mark: all but numbers, times and the like.
    Shape,
    /// `varies`: nothing, except that there is one. The verdict of a statistic can be another one each time.
    Nothing,
}

impl Script {
    /// Reads and parses the script at `path`.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the script {}", path.display()))?;
        Self::parse(path, &text)
    }

    /// Parses a script's text; `path` is for messages only.
    pub fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let mut sections: Vec<Section> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let Some(header) = line.strip_prefix(HEADER) else {
                continue;
            };
            let section = parse_section(header, &lines, index)
                .with_context(|| format!("{}:{}", path.display(), index + 1))?;
            if sections.iter().any(|other| other.name == section.name) {
                bail!(
                    "{}:{}: the section `{}` is there twice",
                    path.display(),
                    index + 1,
                    section.name
                );
            }
            sections.push(section);
        }
        Ok(Self {
            path: path.to_owned(),
            sections,
        })
    }

    /// The section called `name`, or an error that lists those there are.
    pub fn section(&self, name: &str) -> anyhow::Result<&Section> {
        self.sections
            .iter()
            .find(|section| section.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = self.sections.iter().map(|s| s.name.as_str()).collect();
                Usage(format!(
                    "{} has no section `{name}`; it has {}",
                    self.path.display(),
                    known.join(", ")
                ))
                .into()
            })
    }
}

impl Section {
    /// The section's commands as the book shows them: marks applied, and each `$NAME` and `${NAME}` of
    /// `display` replaced by its value. Ends without a newline.
    pub fn command(&self, display: &BTreeMap<String, String>) -> String {
        let mut shown = Vec::new();
        for line in &self.body {
            if line.trim_end().ends_with("#-") {
                continue;
            }
            shown.push(substitute(line.trim_end(), display));
        }
        shown.join("\n").trim_matches('\n').to_owned()
    }
}

fn parse_section(header: &str, lines: &[&str], at: usize) -> anyhow::Result<Section> {
    const FORM: &str =
        "a section's header is `# section: NAME [exact | varies | terminal] - The question?`";
    let (left, question) = header.split_once(" - ").context(FORM)?;
    let (name, compared, terminal) = match left.split_whitespace().collect::<Vec<_>>()[..] {
        [name] => (name, Compared::Shape, false),
        [name, "terminal"] => (name, Compared::Shape, true),
        [name, "exact"] => (name, Compared::Verbatim, false),
        [name, "varies"] => (name, Compared::Nothing, false),
        _ => bail!(FORM),
    };
    if !is_name(name) {
        bail!("`{name}` is not a section's name: lower-case words with hyphens");
    }
    let opening = format!("{name}() {{");
    if lines.get(at + 1) != Some(&opening.as_str()) {
        bail!("the line after the header of section `{name}` must be `{opening}`");
    }
    let body_start = at + 2;
    let length = lines[body_start..]
        .iter()
        .position(|line| *line == "}")
        .with_context(|| format!("section `{name}` has no closing `}}` in the first column"))?;
    let mut body = Vec::new();
    for (offset, line) in lines[body_start..body_start + length].iter().enumerate() {
        let line = match line.strip_prefix("  ") {
            Some(line) => line,
            None if line.trim().is_empty() => "",
            None => bail!(
                "line {} of section `{name}` is not indented by two spaces",
                body_start + offset + 1
            ),
        };
        body.push(line.to_owned());
    }
    Ok(Section {
        name: name.to_owned(),
        question: question.trim().to_owned(),
        compared,
        terminal,
        line: at + 1,
        body,
    })
}

fn is_name(name: &str) -> bool {
    name.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// Replaces `$NAME` and `${NAME}` by its value; names that are not in the table stay as they are.
fn substitute(line: &str, values: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        let (name, length) = match rest[1..].strip_prefix('{') {
            Some(inner) => {
                let name = inner.split('}').next().unwrap_or_default();
                (name, name.len() + 3)
            }
            None => {
                let end = rest[1..]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .map_or(rest.len(), |end| end + 1);
                (&rest[1..end], end)
            }
        };
        match values.get(name) {
            Some(value) if length <= rest.len() => {
                result.push_str(value);
                rest = &rest[length..];
            }
            _ => {
                result.push('$');
                rest = &rest[1..];
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
#!/usr/bin/env bash
source \"$(dirname \"${BASH_SOURCE[0]}\")/lib.sh\"

# section: query-plan exact - How are my bookings found?
query-plan() {
  cargo run --release -p step-01-discovery
  warm_up               #-

  curl --silent \\
    \"$URL/bookings?user=$USER\" ${DEBUG_URL}/x
}

# section: crates - How many crates?
crates() {
  cargo tree
}

# section: times varies - How long?
times() {
  cargo bench
}

# section: log terminal - What is logged?
log() {
  curl
}

main \"$@\"
";

    fn parse(text: &str) -> anyhow::Result<Script> {
        Script::parse(Path::new("scripts/01-x.sh"), text)
    }

    #[test]
    fn sections_have_name_question_and_exactness() {
        let script = parse(SCRIPT).unwrap();
        let seen: Vec<_> = script
            .sections
            .iter()
            .map(|s| (s.name.as_str(), s.question.as_str(), s.compared, s.line))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "query-plan",
                    "How are my bookings found?",
                    Compared::Verbatim,
                    4
                ),
                ("crates", "How many crates?", Compared::Shape, 13),
                ("times", "How long?", Compared::Nothing, 18),
                ("log", "What is logged?", Compared::Shape, 23),
            ]
        );
        let terminal = script.sections.iter().map(|section| section.terminal);
        assert_eq!(terminal.collect::<Vec<_>>(), [false, false, false, true]);
        let error = script.section("nope").unwrap_err().to_string();
        assert!(
            error.contains("it has query-plan, crates, times, log"),
            "{error}"
        );
    }

    #[test]
    fn the_command_is_shown_with_marks_and_variables_applied() {
        let script = parse(SCRIPT).unwrap();
        let display = BTreeMap::from([
            ("URL".to_owned(), "http://127.0.0.1:8080".to_owned()),
            ("DEBUG_URL".to_owned(), "http://127.0.0.1:6060".to_owned()),
        ]);
        assert_eq!(
            script.sections[0].command(&display),
            "cargo run --release -p step-01-discovery\n\n\
             curl --silent \\\n  \"http://127.0.0.1:8080/bookings?user=$USER\" http://127.0.0.1:6060/x"
        );
    }

    #[test]
    fn a_malformed_section_is_refused_with_its_line() {
        for (text, part) in [
            (
                "# section: a\na() {\n}\n",
                "NAME [exact | varies | terminal]",
            ),
            (
                "# section: a_b - Q?\na_b() {\n}\n",
                "is not a section's name",
            ),
            ("# section: a - Q?\n\na() {\n}\n", "must be `a() {`"),
            ("# section: a - Q?\na() {\n  x\n", "no closing"),
            ("# section: a - Q?\na() {\nx\n}\n", "line 3"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains("scripts/01-x.sh:1"), "{error}");
            assert!(error.contains(part), "{error}");
        }
        let twice = SCRIPT.replace("crates", "query-plan");
        let error = parse(&twice).unwrap_err().to_string();
        assert!(error.contains("twice"), "{error}");
    }

    #[test]
    fn an_unfinished_variable_stays_as_it_is() {
        let values = BTreeMap::from([("URL".to_owned(), "X".to_owned())]);
        assert_eq!(substitute("$ ${URL $", &values), "$ ${URL $");
        assert_eq!(substitute("$URLS ${URL}s", &values), "$URLS Xs");
    }
}
