//! Which parts of a command line are secrets. Every program names them in its own way, so the rule goes by words:
//! better one value too many is hidden than one too few.

use std::mem;

const HIDDEN: &str = "[redacted]";

/// Names of secrets, as whole words: `--signing-key`, `SIGNING_KEY=` and `signingKey=` have the word `key`,
/// `--keyboard` does not.
const WORDS: &[&str] = &[
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "cred",
    "creds",
    "jwt",
    "key",
    "keys",
    "pass",
    "passcode",
    "privatekey",
    "pw",
    "pwd",
    "secretkey",
    "sig",
    "signature",
];

/// Words that mean a secret at the end of another one too: `PGPASSWORD`, `authtoken`.
const ENDINGS: &[&str] = &[
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "secret",
    "secrets",
    "token",
    "tokens",
];

/// The arguments without the values of flags and settings that are named as secrets, and without passwords in URLs.
/// `words` are the caller's own, beside [`WORDS`] and [`ENDINGS`].
pub(super) fn arguments(arguments: impl Iterator<Item = String>, words: &[String]) -> Vec<String> {
    let mut hide = false;
    arguments
        .map(|argument| {
            // Whatever follows `--password` is hidden. If that looks like a flag, it is taken for one as well, since
            // nobody but the program knows whether `--password` has a value.
            let secret_flag = is_flag(&argument) && is_secret(&argument, words);
            if mem::replace(&mut hide, secret_flag) {
                HIDDEN.to_owned()
            } else {
                self::argument(&argument, words)
            }
        })
        .collect()
}

fn argument(argument: &str, words: &[String]) -> String {
    match argument.split_once('=') {
        Some((name, _)) if name.chars().all(in_name) && is_secret(name, words) => {
            format!("{name}={HIDDEN}")
        }
        _ => settings(&passwords(argument), words),
    }
}

/// `-name` or `--name`, without a value.
fn is_flag(argument: &str) -> bool {
    argument.starts_with('-') && argument.chars().all(in_name)
}

fn in_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_' | '.')
}

/// Whether one of the words is a whole word of the name, or several in a row; or a word of the name has such an ending.
fn is_secret(name: &str, words: &[String]) -> bool {
    let name = words_of(name);
    let whole = WORDS.iter().map(|word| format!("-{word}-"));
    let callers = words.iter().map(|word| words_of(word));
    let endings = ENDINGS.iter().map(|ending| format!("{ending}-"));
    whole
        .chain(callers.filter(|word| word.len() > 2))
        .chain(endings)
        .any(|word| name.contains(&word))
}

/// `apiKey`, `API_KEY` and `--api.key` as `-api-key-`.
fn words_of(name: &str) -> String {
    let mut words = String::from("-");
    let mut after_small = false;
    for char in name.trim_matches(['-', '_', '.']).chars() {
        if matches!(char, '-' | '_' | '.') || after_small && char.is_uppercase() {
            words.push('-');
        }
        if !matches!(char, '-' | '_' | '.') {
            words.extend(char.to_lowercase());
        }
        after_small = char.is_lowercase() || char.is_numeric();
    }
    words.push('-');
    words
}

/// Hides PASSWORD in each `scheme://user:PASSWORD@host` of a text.
fn passwords(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(scheme) = rest.find("://") {
        let (before, after) = rest.split_at(scheme + 3);
        shown.push_str(before);
        rest = after;
        if let Some((user, at)) = password(after) {
            shown.push_str(&after[..user]);
            shown.push_str(HIDDEN);
            rest = &after[at..];
        }
    }
    shown + rest
}

/// Where a URL's password begins and ends, behind its `://`.
fn password(after: &str) -> Option<(usize, usize)> {
    let end = after
        .find(|char: char| matches!(char, '/' | '?' | '#') || char.is_whitespace())
        .unwrap_or(after.len());
    let (authority, colon) = (&after[..end], after.find(':')? + 1);
    let at = match authority.rfind('@') {
        Some(at) => at,
        // A password that is not encoded as it should be may itself have what ends an authority. A port has digits
        // only.
        None if colon < end
            && !authority.starts_with('[')
            && !authority[colon..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            after.rfind('@')?
        }
        None => return None,
    };
    (colon <= at).then_some((colon, at))
}

/// Hides the value of each `name=value` inside a text, such as a URL's query or a connection string, whose name is a
/// secret's.
fn settings(text: &str, words: &[String]) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let (before, value) = rest.split_at(equals + 1);
        shown.push_str(before);
        rest = value;
        let name = before[..equals].rsplit(|char| !in_name(char)).next();
        if is_secret(name.unwrap_or_default(), words) {
            shown.push_str(HIDDEN);
            rest = &value[end_of(value)..];
        }
    }
    shown + rest
}

/// Where a value ends: behind its closing quote, or where the next setting begins.
fn end_of(value: &str) -> usize {
    if let Some(quote) = value
        .chars()
        .next()
        .filter(|char| matches!(char, '"' | '\''))
    {
        return value[1..].find(quote).map_or(value.len(), |end| end + 2);
    }
    value
        .find(|char: char| matches!(char, '&' | ';') || char.is_whitespace())
        .unwrap_or(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(line: &[&str]) -> Vec<String> {
        let line = line.iter().map(|&argument| argument.to_owned());
        arguments(line, &["pin".to_owned(), "seed-phrase".to_owned()])
    }

    fn one(argument: &str) -> String {
        redacted(&[argument]).remove(0)
    }

    #[test]
    fn values_of_secret_flags_are_hidden_in_either_form() {
        for flag in [
            "--secret",
            "--db-password",
            "-token",
            "--signing.key",
            "--API_KEY",
            "--apiKey",
            "--aws-credentials",
            "--pin",
            "--card-pin",
            "--wallet-seed-phrase",
            "--authtoken-file",
        ] {
            let hidden = [flag, HIDDEN, "--listen", "127.0.0.1:80"];
            assert_eq!(
                redacted(&[flag, "hunter2", "--listen", "127.0.0.1:80"]),
                hidden
            );
            assert_eq!(
                one(&format!("{flag}=hunter2=3&x y")),
                format!("{flag}={HIDDEN}")
            );
        }
        for name in ["DATABASE_PASSWORD", "PGPASSWORD"] {
            assert_eq!(one(&format!("{name}=hunter2")), format!("{name}={HIDDEN}"));
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_shown() {
        for argument in [
            "--keyboard=dvorak",
            "--monkey=1",
            "--spin=2",
            "--tokenizer=bpe",
            "--compass=north",
            "--passive=yes",
            "--seed=7",
            "--phrase=hello",
            "http://127.0.0.1:6060/debug@home",
            "http://[::1]:80/a@b",
            "https://user@example.com/path?page=2",
            "a:b@c",
            "",
        ] {
            assert_eq!(one(argument), argument);
        }
        let line = ["serve", "--keyboard", "dvorak", "secret", "shown"];
        assert_eq!(redacted(&line), line);
    }

    #[test]
    fn a_flag_after_a_secret_one_hides_its_value_too() {
        assert_eq!(
            redacted(&["--no-token", "--secret", "hunter2", "end"]),
            ["--no-token", HIDDEN, HIDDEN, "end"]
        );
        assert_eq!(redacted(&["--secret"]), ["--secret"]);
    }

    #[test]
    fn passwords_in_urls_and_secret_settings_inside_an_argument_are_hidden() {
        for (argument, secret) in [
            ("postgres://app:hunter2@db:5432/x", "hunter2"),
            ("--database-url=postgres://app:hunter2@db/x", "hunter2"),
            ("redis://:hunter2@cache", "hunter2"),
            ("amqp://u:h@nt:er@h,amqp://u:h@nt:er@i", "h@nt:er"),
            ("postgres://u:hun/ter?2@db/x", "hun/ter?2"),
            (
                "proxy http://u:hunter2@h/ then http://v:hunter2@i/",
                "hunter2",
            ),
            (
                "postgres://db/x?user=app&password=hunter2&sslmode=require",
                "hunter2",
            ),
            ("https://h/?api_key=hunter2", "hunter2"),
            ("host=db password='hun ter2' dbname=x", "'hun ter2'"),
            ("Server=db;Password=hunter2;Port=1", "hunter2"),
            ("password='hunter2", "'hunter2"),
        ] {
            assert_eq!(one(argument), argument.replace(secret, HIDDEN));
        }
        assert_eq!(
            one("url=https://h/?token="),
            "url=https://h/?token=[redacted]"
        );
    }
}
