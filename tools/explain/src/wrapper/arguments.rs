//! What cargo calls rustc with.

use std::ffi::{OsStr, OsString};
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

/// Flags that make what is not LLVM's code, code of which a part is missing, or names that say nothing.
pub fn refused(arguments: &[OsString]) -> Option<&str> {
    const REFUSED: [&str; 3] = [
        "codegen-backend=",
        "incremental=",
        "symbol-mangling-version=hashed",
    ];
    let texts = arguments.iter().filter_map(|argument| argument.to_str());
    let mut flags = texts.map(|text| text.trim_start_matches("-C").trim_start_matches("-Z"));
    flags.find(|flag| REFUSED.iter().any(|refused| flag.starts_with(refused)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
