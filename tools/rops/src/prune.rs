//! Takes away the leaves' side of stacks: what the profile itself wants dropped, or what an option names.

use profile::Profile;
use profile::proto::Line;
use regex::Regex;

/// Takes away the frames that the profile's own `drop_frames` names, with all that they called, unless `keep_frames`
/// names them, too. A stack that has nothing else stays. An expression that is none is passed over, as Go does.
pub fn by_profile(profile: &mut Profile) {
    let whole = |text: i64| match profile.text(text) {
        "" => None,
        regex => Some(Regex::new(&format!("^({regex})$"))),
    };
    let Some(Ok(drop)) = whole(profile.drop_frames) else {
        return;
    };
    let keep = match whole(profile.keep_frames) {
        Some(Err(_)) => return,
        Some(Ok(keep)) => Some(keep),
        None => None,
    };
    let drops = |line: &Line| {
        let name = function_name(profile, line);
        let matches = |regex: &Regex| !name.is_empty() && regex.is_match(simple(name));
        matches(&drop) && !keep.as_ref().is_some_and(matches)
    };
    // By location: whether it is left out itself, or only what it called.
    let mut whole = vec![false; profile.locations.len()];
    let mut beneath = vec![false; profile.locations.len()];
    let places = profile
        .locations
        .iter()
        .map(|location| location.lines.iter().rposition(drops));
    let places: Vec<Option<usize>> = places.collect();
    for (place, found) in places.into_iter().enumerate() {
        let Some(found) = found else { continue };
        beneath[place] = true;
        let lines = &mut profile.locations[place].lines;
        if found + 1 == lines.len() {
            whole[place] = true;
        } else {
            lines.drain(..=found);
        }
    }
    for sample in &mut profile.samples {
        let mut has_other = false;
        for at in (0..sample.location_ids.len()).rev() {
            let place = sample.location_ids[at] as usize - 1;
            if !beneath[place] {
                has_other = true;
            } else if has_other {
                sample.location_ids.drain(..at + whole[place] as usize);
                break;
            }
        }
    }
}

/// Takes away what the innermost matching function called; that function stays.
pub fn from(profile: &mut Profile, regex: &Regex) {
    let matches = |line: &Line| {
        let name = function_name(profile, line);
        !name.is_empty() && regex.is_match(simple(name))
    };
    let found = profile
        .locations
        .iter()
        .map(|location| location.lines.iter().position(matches));
    let found: Vec<Option<usize>> = found.collect();
    for (location, found) in profile.locations.iter_mut().zip(&found) {
        location.lines.drain(..found.unwrap_or(0));
    }
    for sample in &mut profile.samples {
        let ids = &mut sample.location_ids;
        if let Some(at) = ids.iter().position(|&id| found[id as usize - 1].is_some()) {
            ids.drain(..at);
        }
    }
}

fn function_name<'p>(profile: &'p Profile, line: &Line) -> &'p str {
    let function = profile.function(line.function_id);
    function.map_or("", |function| profile.text(function.name))
}

/// A name without the arguments that some compilers write behind it.
fn simple(name: &str) -> &str {
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut at = 0;
    while let Some(found) = name[at..].find(['(', 'o']) {
        let rest = &name[at + found..];
        let kept = ["(anonymous namespace)", "operator()"]
            .into_iter()
            .find(|kept| rest.starts_with(kept));
        match kept {
            Some(kept) => at += found + kept.len(),
            None if rest.starts_with('(') => return &name[..at + found],
            None => at += found + 1,
        }
    }
    name
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_are_no_part_of_a_name() {
        for (name, simple) in [
            ("main.run", "main.run"),
            (".entry", "entry"),
            ("shop::sell(int, int)", "shop::sell"),
            ("shop::operator()(int)", "shop::operator()"),
            (
                "(anonymous namespace)::sell(int)",
                "(anonymous namespace)::sell",
            ),
            ("main.(*Cart).Total", "main."),
        ] {
            assert_eq!(super::simple(name), simple);
        }
    }
}
