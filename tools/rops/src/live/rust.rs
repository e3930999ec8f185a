//! Which programs rustc has built, and which rustc.

use std::fs::File;
use std::path::Path;

use object::{Object as _, ObjectSection as _, ReadCache};

/// How rustc signs what it compiles, in the section that is for that. It stays in programs that are stripped.
const SIGNATURE: &str = "rustc version ";

/// The version of the rustc that has built a program, as `1.95.0`; none if none has.
pub fn version(program: &Path) -> Option<String> {
    let cache = ReadCache::new(File::open(program).ok()?);
    let file = object::File::parse(&cache).ok()?;
    let section = file.section_by_name(".comment")?;
    let comments = String::from_utf8_lossy(section.data().ok()?).into_owned();
    let signed = comments
        .split('\0')
        .find_map(|comment| comment.strip_prefix(SIGNATURE))?;
    signed.split(' ').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_known_and_others_are_not() {
        let own = std::env::current_exe().expect("this program");
        let version = version(&own).expect("rustc has built it");
        assert!(version.starts_with("1."), "{version}");
        assert_eq!(super::version(Path::new("/bin/sh")), None);
        assert_eq!(super::version(Path::new("Cargo.toml")), None);
    }
}
