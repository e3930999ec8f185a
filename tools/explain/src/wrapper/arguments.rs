//! What cargo calls rustc with.

use std::ffi::{OsStr, OsString};
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The arguments in their order.
pub struct Arguments(pub Vec<OsString>);

impl Arguments {
    /// All flags whose name is wanted, each with its value.
    pub fn values(&self, wanted: impl Fn(&str) -> bool) -> Vec<&OsStr> {
        let mut found: Vec<&OsStr> = Vec::new();
        let mut arguments = self.0.iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            if wanted(&text) {
                found.push(argument);
                found.extend(arguments.next().map(OsString::as_os_str));
            } else if text.split_once('=').is_some_and(|(flag, _)| wanted(flag))
                || text.starts_with("-L") && wanted("-L")
            {
                found.push(argument);
            }
        }
        found
    }

    pub fn value(&self, flag: &str) -> anyhow::Result<&str> {
        let found = self.values(|name| name == flag);
        let last = found.last().and_then(|value| value.to_str());
        let value = last.map(|value| {
            value
                .strip_prefix(flag)
                .map_or(value, |value| value.trim_start_matches('='))
        });
        value.with_context(|| format!("cargo calls rustc without {flag}"))
    }

    /// Takes out what maps paths to others: those of the workspace stay what they are.
    pub fn keep_paths(&mut self) {
        let is_map = |argument: &OsString| {
            let text = argument.to_string_lossy();
            let text = text.trim_start_matches("-Z");
            text.starts_with("--remap-path-prefix=") || text.starts_with("remap-cwd-prefix=")
        };
        let mut arguments = mem::take(&mut self.0).into_iter().peekable();
        while let Some(argument) = arguments.next() {
            if argument == "--remap-path-prefix" {
                // The value stands alone.
                arguments.next();
            } else if !is_map(&argument)
                && (argument != "-Z" || arguments.next_if(is_map).is_none())
            {
                self.0.push(argument);
            }
        }
    }

    /// The crate's first source file.
    pub fn root(&self) -> anyhow::Result<&OsStr> {
        let after = |flag: &str| self.0.iter().position(|argument| argument == flag);
        // Cargo gives it after the crate's name and edition; nothing else stands alone and ends so.
        let name = after("--crate-name").context("cargo calls rustc without --crate-name")?;
        let mut rest = self.0[name + 2..].iter();
        let file = rest.find(|argument| !argument.to_string_lossy().starts_with('-'));
        Ok(file.context("cargo calls rustc without a source file")?)
    }

    /// The file that rustc writes among the artefacts.
    pub fn output(&self, extension: &str) -> anyhow::Result<PathBuf> {
        let suffix = self
            .0
            .iter()
            .filter_map(|flag| flag.to_str()?.strip_prefix("extra-filename="))
            .next_back();
        let name = format!(
            "{}{}",
            self.value("--crate-name")?,
            suffix.unwrap_or_default()
        );
        Ok(Path::new(self.value("--out-dir")?)
            .join(name)
            .with_added_extension(extension))
    }
}

/// Flags that make no code, what is not LLVM's code, code of which a part is missing, or names that say nothing; and one
/// that cargo has given already.
pub fn refused(arguments: &[OsString]) -> Option<&str> {
    const REFUSED: [&str; 6] = [
        "--print",
        "no-codegen",
        "unpretty=",
        "codegen-backend=",
        "incremental=",
        "symbol-mangling-version=hashed",
    ];
    let texts = || arguments.iter().filter_map(|argument| argument.to_str());
    let flags = || texts().map(|text| text.trim_start_matches("-C").trim_start_matches("-Z"));
    let mut named = flags().filter(|flag| flag.starts_with("extra-filename="));
    flags()
        .find(|flag| REFUSED.iter().any(|refused| flag.starts_with(refused)))
        .or_else(|| named.nth(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_in_all_forms() {
        let kept = ["-Z", "a", "--remap-path-scope=all", "src/lib.rs"];
        let maps = [
            "--remap-path-prefix=a=b",
            "--remap-path-prefix",
            "a=b",
            "-Zremap-cwd-prefix=.",
            "-Z",
            "remap-cwd-prefix=.",
        ];
        let all = maps.iter().chain(&kept).chain(&maps);
        let mut arguments = Arguments(all.map(OsString::from).collect());
        arguments.keep_paths();
        assert_eq!(arguments.0, kept);
    }

    #[test]
    fn flags_are_found_in_both_forms() {
        let all = [
            "--crate-name",
            "a",
            "--edition=2024",
            "src/lib.rs",
            "--out-dir",
            "/t",
            "-Lx",
            "-C",
            "extra-filename=-1",
        ];
        let arguments = Arguments(all.map(OsString::from).to_vec());
        assert_eq!(arguments.value("--edition").unwrap(), "2024");
        assert_eq!(arguments.values(|flag| flag == "-L"), ["-Lx"]);
        assert_eq!(arguments.root().unwrap(), "src/lib.rs");
        assert_eq!(arguments.output("d").unwrap(), Path::new("/t/a-1.d"));
    }
}
