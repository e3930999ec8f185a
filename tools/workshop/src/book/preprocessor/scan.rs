//! Finds the directives of a page, and the blocks of commands that are written in it.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A directive as it stands in the page: `{{#name arguments}}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// Where it is in the page, in bytes, braces included.
    pub range: Range<usize>,
    /// Its line, from 1.
    pub line: usize,
    /// The whole of it, for messages.
    pub source: &'a str,
    pub name: &'a str,
    /// What follows the name, trimmed.
    pub arguments: &'a str,
    /// What surrounds it.
    pub place: Place,
    /// Indentation and quote marks before it, when it stands on a line of its own.
    pub alone: Option<&'a str>,
}

/// What surrounds a directive. In code our directives stay as text; mdBook's own are carried out even there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Text,
    /// A fenced block or an inline code span.
    Code,
    /// A block that is code because it is indented by four spaces, which is hardly ever meant.
    Indented,
}

/// What looked like a directive and is not one.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed {
    pub line: usize,
    pub message: String,
}

/// All directives of a page in order. Escaped ones (`\{{#…}}`) are left out: mdBook strips the backslash.
pub fn directives(page: &str) -> Vec<Result<Directive<'_>, Malformed>> {
    let code = code_ranges(page);
    let mut found = Vec::new();
    let mut line_start = 0;
    for (index, line) in page.split_inclusive('\n').enumerate() {
        let mut from = 0;
        while let Some(opening) = line[from..].find("{{").map(|at| from + at) {
            from = opening + 2;
            let Some(inner) = line[from..].trim_start().strip_prefix('#') else {
                continue;
            };
            if line[..opening].ends_with('\\') {
                continue;
            }
            let start = line_start + opening;
            let place = code
                .iter()
                .find(|(range, _)| range.contains(&start))
                .map_or(Place::Text, |(_, place)| *place);
            let Some(length) = inner.find("}}") else {
                if place == Place::Text {
                    found.push(Err(Malformed {
                        line: index + 1,
                        message: format!(
                            "`{}` is not closed: a directive ends with `}}}}` on the same line; \
                             write `\\{{{{#` if it is meant as text",
                            line[opening..].trim_end()
                        ),
                    }));
                }
                continue;
            };
            let closing = line.len() - inner.len() + length + 2;
            let (name, arguments) = match inner[..length].split_once(char::is_whitespace) {
                Some((name, arguments)) => (name, arguments.trim()),
                None => (&inner[..length], ""),
            };
            let (before, after) = (&line[..opening], &line[closing..]);
            let alone =
                after.trim().is_empty() && before.chars().all(|c| c.is_whitespace() || c == '>');
            found.push(Ok(Directive {
                range: start..line_start + closing,
                line: index + 1,
                source: &line[opening..closing],
                name,
                arguments,
                place,
                alone: alone.then_some(before),
            }));
            from = closing;
        }
        line_start += line.len();
    }
    found
}

/// A fenced block of the language `console`: commands, without what they print. A word behind the language is a note for
/// `cargo workshop walk`.
#[derive(Debug, PartialEq, Eq)]
pub struct Console {
    /// Where it is in the page, in bytes, fences included.
    pub range: Range<usize>,
    /// The commands, without the prompts that an author may have written.
    pub commands: String,
    pub note: String,
}

/// All blocks of commands in order.
pub fn consoles(page: &str) -> Vec<Console> {
    let mut found = Vec::new();
    let mut open: Option<Console> = None;
    for (event, range) in Parser::new_ext(page, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                open = language.strip_prefix("console").map(|note| Console {
                    range,
                    commands: String::new(),
                    note: note.trim().to_owned(),
                });
            }
            Event::Text(text) => {
                if let Some(console) = &mut open {
                    console.commands.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    for console in &mut found {
        let lines = console.commands.trim_end().lines();
        let lines: Vec<_> = lines
            .map(|line| line.strip_prefix("$ ").unwrap_or(line))
            .collect();
        console.commands = lines.join("\n");
    }
    found
}

/// What of mdBook's Markdown decides where code begins and ends.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_GFM);

fn code_ranges(page: &str) -> Vec<(Range<usize>, Place)> {
    Parser::new_ext(page, OPTIONS)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) | Event::Code(_) => {
                Some((range, Place::Code))
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => Some((range, Place::Indented)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(page: &str) -> Vec<Directive<'_>> {
        directives(page).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn a_directive_has_a_name_arguments_and_a_place() {
        let page = "# Title\n\n  {{#code a/b.rs  main}}\nIt has {{#value 01 x N}} crates.\n";
        let found = all(page);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, "code");
        assert_eq!(found[0].arguments, "a/b.rs  main");
        assert_eq!(found[0].line, 3);
        assert_eq!(found[0].alone, Some("  "));
        assert_eq!(&page[found[0].range.clone()], "{{#code a/b.rs  main}}");
        assert_eq!(found[1].source, "{{#value 01 x N}}");
        assert_eq!(found[1].alone, None);
        assert_eq!(found[1].line, 4);
    }

    #[test]
    fn two_directives_may_share_a_line() {
        let found = all("{{#value a b C}} and {{#value d e F}}");
        assert_eq!(found[1].arguments, "d e F");
        assert!(found.iter().all(|d| d.alone.is_none()));
    }

    #[test]
    fn code_is_told_from_text() {
        let page =
            "```text\n{{#code x}}\n```\n\nA `{{#value x}}` and {{#value y}}.\n\n    {{#code z}}\n";
        let places: Vec<_> = all(page).iter().map(|d| d.place).collect();
        assert_eq!(
            places,
            [Place::Code, Place::Code, Place::Text, Place::Indented]
        );
    }

    #[test]
    fn escaped_directives_and_plain_braces_are_text() {
        assert_eq!(all("\\{{#code x}} {{ x }} { {#y}}"), []);
    }

    #[test]
    fn commands_are_read_without_fences_indentation_and_prompts() {
        let page = "```console\n$ ls\n$ pwd\n```\n\n1. x\n\n   ```console fails\n   a \\\n     b\n   ```\n\n```sh\nno\n```\n";
        let found = consoles(page);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].commands, "ls\npwd");
        assert_eq!(found[1].commands, "a \\\n  b");
        assert_eq!([&*found[0].note, &*found[1].note], ["", "fails"]);
        assert_eq!(
            &page[found[0].range.clone()].trim_end(),
            &"```console\n$ ls\n$ pwd\n```"
        );
    }

    #[test]
    fn an_unclosed_directive_is_malformed() {
        let found = directives("text\n{{#code a/b.rs\n}}\n");
        let malformed = found[0].as_ref().unwrap_err();
        assert_eq!(malformed.line, 2);
        assert!(malformed.message.contains("`{{#code a/b.rs` is not closed"));
        assert_eq!(directives("```\n{{#code\n```\n"), []);
    }
}
