//! Filters by labels.

use std::collections::BTreeMap;

use profile::Profile;
use profile::proto::Sample;
use regex::Regex;

use super::compiled;
use crate::labels::Labels;
use crate::units;

/// Which labels are meant.
#[derive(Debug)]
pub(super) struct TagFilter {
    /// Empty for all.
    key: Option<String>,
    what: What,
    /// The unit of each key's numbers.
    units: BTreeMap<String, String>,
}

#[derive(Debug)]
enum What {
    /// Numbers between two, both included, in a unit.
    Range(f64, f64, String),
    /// Texts that match: all of these expressions without a key, any of them with one.
    Texts(Vec<Regex>),
}

/// Reads `REGEX,REGEX`, `KEY=REGEX`, `10kb`, `10kb:`, `:10kb`, `KEY=10kb:20kb`.
pub(super) fn compile(
    option: &str,
    filter: Option<&str>,
    units: &BTreeMap<String, String>,
) -> anyhow::Result<Option<TagFilter>> {
    let Some(filter) = filter.filter(|filter| !filter.is_empty()) else {
        return Ok(None);
    };
    let (key, value) = match filter.split_once('=') {
        Some((key, value)) => (Some(key).filter(|key| !key.is_empty()), value),
        None => (None, filter),
    };
    let what = match range(value) {
        Some(range) => range,
        None => What::Texts(
            value
                .split(',')
                .map(|regex| compiled(option, regex))
                .collect::<anyhow::Result<_>>()?,
        ),
    };
    Ok(Some(TagFilter {
        key: key.map(str::to_owned),
        what,
        units: units.clone(),
    }))
}

/// A number with a unit, and what follows.
fn number(text: &str) -> Option<(i64, &str, &str)> {
    let sign = text.starts_with(['+', '-']) as usize;
    let digits = text[sign..].find(|c: char| !c.is_ascii_digit());
    let (number, rest) = text.split_at(digits.map_or(text.len(), |at| at + sign));
    let unit = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit);
    Some((number.parse().ok()?, unit, rest))
}

fn range(text: &str) -> Option<What> {
    let (open, first) = match text.strip_prefix(':') {
        Some(first) => (true, first),
        None => (false, text),
    };
    let (value, unit, rest) = number(first)?;
    let (low, unit) = units::scale(value, unit, unit);
    let unit = unit.to_owned();
    let (from, to) = match (open, rest) {
        (true, "") => (f64::NEG_INFINITY, low),
        (false, "") => (low, low),
        (false, ":") => (low, f64::INFINITY),
        (false, second) => {
            let (value, second_unit, rest) = number(second.strip_prefix(':')?)?;
            let (high, second_unit) = units::scale(value, second_unit, &unit);
            if !rest.is_empty() || second_unit != unit {
                return None;
            }
            (low, high)
        }
        (true, _) => return None,
    };
    Some(What::Range(from, to, unit))
}

impl TagFilter {
    /// Whether it was read as a range, which may surprise whoever meant an expression.
    pub fn is_range(&self) -> bool {
        matches!(self.what, What::Range(..))
    }

    fn matches(&self, labels: &Labels<'_>) -> bool {
        match (&self.what, &self.key) {
            (What::Range(from, to, unit), key) => {
                let mut asked = labels
                    .numbers
                    .iter()
                    .filter(|(one, _)| key.as_deref().is_none_or(|key| key == **one));
                asked.any(|(key, values)| {
                    let own = self.units.get(*key).map_or("", String::as_str);
                    values.iter().any(|&(value, _)| {
                        let (value, scaled) = units::scale(value, own, unit);
                        scaled == unit && *from <= value && value <= *to
                    })
                })
            }
            (What::Texts(regexes), Some(key)) => {
                let values = labels.texts.get(key.as_str());
                let mut values = values.into_iter().flatten();
                values.any(|value| regexes.iter().any(|regex| regex.is_match(value)))
            }
            (What::Texts(regexes), None) => {
                let pairs: Vec<String> = labels
                    .texts
                    .iter()
                    .flat_map(|(key, values)| {
                        values.iter().map(move |value| format!("{key}:{value}"))
                    })
                    .collect();
                regexes
                    .iter()
                    .all(|regex| pairs.iter().any(|pair| regex.is_match(pair)))
            }
        }
    }
}

/// Leaves out samples by their labels. Returns the names of the filters that matched nothing.
pub(super) fn apply(
    profile: &mut Profile,
    focus: Option<&TagFilter>,
    ignore: Option<&TagFilter>,
) -> Vec<&'static str> {
    if focus.is_none() && ignore.is_none() {
        return Vec::new();
    }
    let samples = std::mem::take(&mut profile.samples);
    let (mut focused, mut ignored) = (false, false);
    let keep = |sample: &Sample| {
        let labels = Labels::of(profile, sample);
        let focus = focus.is_none_or(|filter| filter.matches(&labels));
        let ignore = ignore.is_some_and(|filter| filter.matches(&labels));
        focused |= focus;
        ignored |= ignore;
        focus && !ignore
    };
    let samples = samples.into_iter().filter(keep).collect();
    profile.samples = samples;
    let unmatched = [
        (focus.is_some() && !focused).then_some("TagFocus"),
        (ignore.is_some() && !ignored).then_some("TagIgnore"),
    ];
    unmatched.into_iter().flatten().collect()
}

/// Leaves out labels by their keys. Returns the names of the expressions that matched nothing.
pub(super) fn by_key(
    profile: &mut Profile,
    show: Option<&Regex>,
    hide: Option<&Regex>,
) -> Vec<&'static str> {
    if show.is_none() && hide.is_none() {
        return Vec::new();
    }
    let mut samples = std::mem::take(&mut profile.samples);
    let (mut shown, mut hidden) = (false, false);
    for sample in &mut samples {
        sample.labels.retain(|label| {
            let key = profile.text(label.key);
            let show = show.is_none_or(|regex| regex.is_match(key));
            let hide = hide.is_some_and(|regex| regex.is_match(key));
            shown |= show;
            hidden |= hide;
            show && !hide
        });
    }
    profile.samples = samples;
    let unmatched = [
        (show.is_some() && !shown).then_some("TagShow"),
        (hide.is_some() && !hidden).then_some("TagHide"),
    ];
    unmatched.into_iter().flatten().collect()
}
