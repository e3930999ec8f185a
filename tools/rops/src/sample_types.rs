//! Which of a profile's values is meant.

use anyhow::bail;
use profile::Profile;
use terminal::Usage;

/// The names of a profile's values.
pub fn names(profile: &Profile) -> Vec<&str> {
    let types = profile.sample_types.iter();
    types.map(|one| profile.text(one.kind)).collect()
}

/// The index of a value by its name or number; without one, the profile's default, or else the last.
///
/// # Errors
/// When there is none.
pub fn find(profile: &Profile, asked: Option<&str>) -> anyhow::Result<usize> {
    let names = names(profile);
    let Some(last) = names.len().checked_sub(1) else {
        bail!("the profile has no values: it does not say what it measures");
    };
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        let default = profile.text(profile.default_sample_type);
        let found = names.iter().position(|name| *name == default);
        return Ok(found.filter(|_| !default.is_empty()).unwrap_or(last));
    };
    if let Ok(index) = asked.parse::<i64>() {
        return match usize::try_from(index) {
            Ok(index) if index <= last => Ok(index),
            _ => bail!(Usage(format!(
                "--sample-index: {index} is none of the values 0 to {last}"
            ))),
        };
    }
    // `space` and `objects` are what old profiles call what is in use.
    let short = asked.strip_prefix("inuse_").unwrap_or(asked);
    let found = names.iter().position(|name| [asked, short].contains(name));
    found.ok_or_else(|| {
        let names = names.join(", ");
        Usage(format!(
            "--sample-index: the profile has no {asked}; it has {names}"
        ))
        .into()
    })
}
