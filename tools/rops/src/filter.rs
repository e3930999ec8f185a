//! Leaves out samples and frames, as the options say.

mod tags;

use std::collections::{BTreeMap, HashMap};

use profile::Profile;
use profile::proto::{Line, Location};
use regex::Regex;
use terminal::Usage;

use tags::TagFilter;

use crate::options::Filters;
use crate::prune;

/// A regular expression of an option; none if it is empty.
///
/// # Errors
/// When it is none.
pub fn compile(option: &str, regex: Option<&str>) -> anyhow::Result<Option<Regex>> {
    let regex = regex.filter(|regex| !regex.is_empty());
    regex.map(|regex| compiled(option, regex)).transpose()
}

fn compiled(option: &str, regex: &str) -> anyhow::Result<Regex> {
    Regex::new(regex).map_err(|error| {
        // The reason is in the last line, below the place in the expression.
        let error = error.to_string();
        let reason = error.lines().next_back().unwrap_or_default();
        let reason = reason.trim_start_matches("error: ");
        Usage(format!(
            "{option}: {regex} is no regular expression: {reason}"
        ))
        .into()
    })
}

impl Filters {
    /// The filters as the header of a report lists them.
    pub(crate) fn active(&self) -> Vec<String> {
        let all = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tag_focus),
            ("tagignore", &self.tag_ignore),
            ("tagshow", &self.tag_show),
            ("taghide", &self.tag_hide),
        ];
        let set = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let set = set.filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// Takes away what is not to be looked at. Returns sentences for people, such as on an expression that
    /// matched nothing.
    ///
    /// # Errors
    /// When one is no regular expression.
    pub fn apply(
        &self,
        profile: &mut Profile,
        units: &BTreeMap<String, String>,
    ) -> anyhow::Result<Vec<String>> {
        let of = |option: &str, regex: &Option<String>| compile(option, regex.as_deref());
        let names = Names {
            focus: of("--focus", &self.focus)?,
            ignore: of("--ignore", &self.ignore)?,
            hide: of("--hide", &self.hide)?,
            show: of("--show", &self.show)?,
        };
        let show_from = of("--show-from", &self.show_from)?;
        let tag_focus = tags::compile("--tag-focus", self.tag_focus.as_deref(), units)?;
        let tag_ignore = tags::compile("--tag-ignore", self.tag_ignore.as_deref(), units)?;
        let tag_show = of("--tag-show", &self.tag_show)?;
        let tag_hide = of("--tag-hide", &self.tag_hide)?;
        let prune_from = of("--prune-from", &self.prune_from)?;

        let mut unmatched = names.apply(profile);
        if let Some(regex) = &show_from
            && !from(profile, regex)
        {
            unmatched.push("ShowFrom");
        }
        unmatched.extend(tags::apply(
            profile,
            tag_focus.as_ref(),
            tag_ignore.as_ref(),
        ));
        unmatched.extend(tags::by_key(profile, tag_show.as_ref(), tag_hide.as_ref()));
        if let Some(regex) = &prune_from {
            prune::from(profile, regex);
        }
        let sentence = |name: &str| format!("{name} expression matched no samples");
        let ranges = [("--tag-focus", &tag_focus), ("--tag-ignore", &tag_ignore)];
        let ranges = ranges
            .into_iter()
            .filter(|(_, filter)| filter.as_ref().is_some_and(TagFilter::is_range));
        let ranges = ranges.map(|(option, _)| {
            format!("{option} is taken as a range, not as a regular expression")
        });
        Ok(ranges.chain(unmatched.into_iter().map(sentence)).collect())
    }
}

/// The filters by names of functions, files and binaries.
struct Names {
    focus: Option<Regex>,
    ignore: Option<Regex>,
    hide: Option<Regex>,
    show: Option<Regex>,
}

impl Names {
    /// The names of those that matched nothing.
    fn apply(&self, profile: &mut Profile) -> Vec<&'static str> {
        let Self {
            focus,
            ignore,
            hide,
            show,
        } = self;
        let none = [focus, ignore, hide, show]
            .iter()
            .all(|regex| regex.is_none());
        if none {
            return Vec::new();
        }
        let mut matched = [false; 4];
        // By location: whether it makes a sample one to keep, or one to leave out.
        let mut keeps: Vec<Option<bool>> = vec![None; profile.locations.len()];
        let mut hidden = vec![false; profile.locations.len()];
        for place in 0..profile.locations.len() {
            let location = &profile.locations[place];
            let matches = |regex: &Regex| Matcher { profile, regex }.any(location);
            if ignore.as_ref().is_some_and(matches) {
                matched[1] = true;
                keeps[place] = Some(false);
            } else if focus.as_ref().is_none_or(matches) {
                matched[0] = true;
                keeps[place] = Some(true);
            }
            let mut lines = location.lines.clone();
            if let Some(regex) = hide
                && matches(regex)
            {
                matched[2] = true;
                lines = Matcher { profile, regex }.others(location);
                hidden[place] |= lines.is_empty();
            }
            if let Some(regex) = show {
                let matcher = Matcher { profile, regex };
                lines = matcher.matching(location, lines);
                hidden[place] |= lines.is_empty();
                matched[3] |= !lines.is_empty();
            }
            profile.locations[place].lines = lines;
        }
        let hides = hidden.contains(&true);
        profile.samples.retain_mut(|sample| {
            let mut keep = false;
            for &id in &sample.location_ids {
                match keeps[id as usize - 1] {
                    Some(false) => return false,
                    Some(true) => keep = true,
                    None => {}
                }
            }
            if keep && hides {
                sample.location_ids.retain(|&id| !hidden[id as usize - 1]);
                return !sample.location_ids.is_empty();
            }
            keep
        });
        let asked = [focus, ignore, hide, show];
        let names = ["Focus", "Ignore", "Hide", "Show"];
        let all = asked.into_iter().zip(matched).zip(names);
        all.filter_map(|((asked, matched), name)| (asked.is_some() && !matched).then_some(name))
            .collect()
    }
}

/// A regular expression on what is known about a location.
struct Matcher<'a> {
    profile: &'a Profile,
    regex: &'a Regex,
}

impl Matcher<'_> {
    fn any(&self, location: &Location) -> bool {
        location.lines.iter().any(|line| self.line(line)) || self.binary(location)
    }

    fn line(&self, line: &Line) -> bool {
        let Some(function) = self.profile.function(line.function_id) else {
            return false;
        };
        let texts = [function.name, function.filename];
        texts
            .iter()
            .any(|&text| self.regex.is_match(self.profile.text(text)))
    }

    fn binary(&self, location: &Location) -> bool {
        let mapping = self.profile.mapping(location.mapping_id);
        mapping.is_some_and(|mapping| self.regex.is_match(self.profile.text(mapping.file)))
    }

    fn others(&self, location: &Location) -> Vec<Line> {
        if self.binary(location) {
            return Vec::new();
        }
        let lines = location.lines.iter().copied();
        lines.filter(|line| !self.line(line)).collect()
    }

    fn matching(&self, location: &Location, lines: Vec<Line>) -> Vec<Line> {
        if self.binary(location) {
            return lines;
        }
        lines.into_iter().filter(|line| self.line(line)).collect()
    }
}

/// Takes away what called the outermost matching frame, and samples that have none. Returns whether there is one.
fn from(profile: &mut Profile, regex: &Regex) -> bool {
    let mut matches = HashMap::new();
    for place in 0..profile.locations.len() {
        let location = &profile.locations[place];
        let matcher = Matcher { profile, regex };
        let outermost = location.lines.iter().rposition(|line| matcher.line(line));
        if matcher.binary(location) {
            matches.insert(place as u64 + 1, location.lines.len());
        } else if let Some(outermost) = outermost {
            matches.insert(place as u64 + 1, outermost + 1);
        }
    }
    for (&id, &lines) in &matches {
        profile.locations[id as usize - 1].lines.truncate(lines);
    }
    profile.samples.retain_mut(|sample| {
        let outermost = sample
            .location_ids
            .iter()
            .rposition(|id| matches.contains_key(id));
        if let Some(outermost) = outermost {
            sample.location_ids.truncate(outermost + 1);
        }
        outermost.is_some()
    });
    !matches.is_empty()
}
