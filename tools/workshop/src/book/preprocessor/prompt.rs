//! Tells which lines of a shell listing start a command, so that a prompt is drawn before these alone.

/// What a line of a shell listing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It starts a command.
    Command,
    /// It carries on with the command above.
    Continued,
    /// It is a comment or blank.
    Comment,
}

/// Each line of a listing with its kind.
///
/// This is no shell parser: it knows quotes, here-documents, trailing backslashes and operators, the words
/// that carry on a compound command, and indentation.
pub fn lines(listing: &str) -> Vec<(Kind, &str)> {
    let mut state = State::default();
    listing
        .lines()
        .map(|line| (state.next(line), line))
        .collect()
}

#[derive(Default)]
struct State {
    /// The quote that is open at the end of the line above.
    quote: Option<char>,
    /// The word that ends the here-document that the line is in.
    here: Option<String>,
    /// Whether the line above cannot be the end of its command.
    open: bool,
}

impl State {
    fn next(&mut self, line: &str) -> Kind {
        let text = line.trim();
        if let Some(end) = &self.here {
            if text == end {
                self.here = None;
            }
            return Kind::Continued;
        }
        let inside = self.quote.is_some() || self.open;
        if !inside && (text.is_empty() || text.starts_with('#')) {
            return Kind::Comment;
        }
        let starts = !inside && !line.starts_with(char::is_whitespace) && !carries_on(text);
        self.read(line);
        if starts {
            Kind::Command
        } else {
            Kind::Continued
        }
    }

    /// Follows quotes, here-documents and operators to the line's end.
    fn read(&mut self, line: &str) {
        let mut escaped = false;
        let mut previous = ' ';
        for (at, c) in line.char_indices() {
            match (self.quote, c) {
                _ if escaped => {
                    escaped = false;
                    previous = ' ';
                    continue;
                }
                (None | Some('"'), '\\') => escaped = true,
                (Some(open), c) if open == c => self.quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => self.quote = Some(c),
                (None, '#') if previous.is_whitespace() => break,
                (None, '<')
                    if line[at..].starts_with("<<")
                        && !line[at..].starts_with("<<<")
                        && previous != '<' =>
                {
                    let word = line[at + 2..].trim_start_matches(['-', ' ']);
                    let word = word.split_whitespace().next().unwrap_or_default();
                    self.here = Some(word.trim_matches(['\'', '"']).to_owned());
                }
                (None, _) => {}
            }
            previous = c;
        }
        let text = line.trim_end();
        self.open = self.quote.is_none()
            && (escaped
                || ["|", "&&", "||"]
                    .iter()
                    .any(|operator| text.ends_with(operator)));
    }
}

/// Whether the line goes on with a loop, a condition or a group that a line above began.
fn carries_on(text: &str) -> bool {
    let word = text
        .split(|c: char| c.is_whitespace() || c == ';')
        .next()
        .unwrap_or_default();
    matches!(
        word,
        "do" | "done" | "then" | "else" | "elif" | "fi" | "esac" | "}" | ")"
    ) || text.starts_with(['|', '&', ')', '}'])
}

#[cfg(test)]
mod tests {
    use super::Kind::{Command, Comment, Continued};
    use super::*;

    fn kinds(listing: &str) -> Vec<Kind> {
        lines(listing).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn every_plain_line_is_a_command() {
        assert_eq!(kinds("cd steps\ncargo tree"), [Command, Command]);
        assert_eq!(kinds("# first\n\nls"), [Comment, Comment, Command]);
    }

    #[test]
    fn backslashes_operators_and_indentation_continue() {
        assert_eq!(kinds("curl \\\n-s x\nls"), [Command, Continued, Command]);
        assert_eq!(kinds("cargo tree |\nwc -l"), [Command, Continued]);
        assert_eq!(kinds("cargo tree\n  | wc -l"), [Command, Continued]);
        assert_eq!(
            kinds("for i in 1; do\n  x\ndone\nls"),
            [Command, Continued, Continued, Command]
        );
    }

    #[test]
    fn quotes_span_lines() {
        assert_eq!(
            kinds("sql \"select 1\nfrom t\n# not a comment\n\"\nls"),
            [Command, Continued, Continued, Continued, Command]
        );
        assert_eq!(kinds("echo \"it's\"\nls"), [Command, Command]);
        assert_eq!(kinds("echo it\\'s\nls"), [Command, Command]);
        assert_eq!(kinds("ls # it's\nls"), [Command, Command]);
    }

    #[test]
    fn here_documents_span_lines() {
        assert_eq!(
            kinds("cat <<'EOF'\nx\n\nEOF\nls"),
            [Command, Continued, Continued, Continued, Command]
        );
        assert_eq!(kinds("cat <<<word\nls"), [Command, Command]);
    }
}
