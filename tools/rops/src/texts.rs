//! Texts that a profile gets in addition.

use profile::Profile;

/// The index of a text, which is added if it is not there. For one or two of them: it looks at all that there are.
pub fn add(profile: &mut Profile, text: &str) -> i64 {
    if profile.strings.is_empty() {
        profile.strings.push(String::new());
    }
    let known = profile.strings.iter().position(|one| one == text);
    let index = known.unwrap_or_else(|| {
        profile.strings.push(text.to_owned());
        profile.strings.len() - 1
    });
    index as i64
}
