//! The settings, each with its place in the options.

use std::fmt;

use anyhow::{Context as _, bail};
use profile::Profile;
use rops::{Granularity, sample_types};

use super::{GRANULARITIES, SORTS, Setting, switch};

/// All settings.
pub(super) const TABLE: &[Setting] = &[
    Setting {
        name: "compact_labels",
        value: |all| Value::Switch(&mut all.options.compact_labels),
    },
    Setting {
        name: "divide_by",
        value: |all| Value::Divisor(&mut all.options.divide_by),
    },
    Setting {
        name: "drop_negative",
        value: |all| Value::Switch(&mut all.options.drop_negative),
    },
    Setting {
        name: "edgefraction",
        value: |all| Value::Fraction(&mut all.options.edge_fraction),
    },
    Setting {
        name: "focus",
        value: |all| Value::Text(&mut all.options.filters.focus),
    },
    Setting {
        name: "granularity",
        value: |all| Value::Granularity(&mut all.options.granularity),
    },
    Setting {
        name: "hide",
        value: |all| Value::Text(&mut all.options.filters.hide),
    },
    Setting {
        name: "ignore",
        value: |all| Value::Text(&mut all.options.filters.ignore),
    },
    Setting {
        name: "mean",
        value: |all| Value::Switch(&mut all.options.mean),
    },
    Setting {
        name: "nodecount",
        value: |all| Value::Count(&mut all.options.node_count),
    },
    Setting {
        name: "nodefraction",
        value: |all| Value::Fraction(&mut all.options.node_fraction),
    },
    Setting {
        name: "noinlines",
        value: |all| Value::Switch(&mut all.options.no_inlines),
    },
    Setting {
        name: "output",
        value: |all| Value::Text(&mut all.output),
    },
    Setting {
        name: "prune_from",
        value: |all| Value::Text(&mut all.options.filters.prune_from),
    },
    Setting {
        name: "relative_percentages",
        value: |all| Value::Switch(&mut all.options.relative_percentages),
    },
    Setting {
        name: "sample_index",
        value: |all| Value::SampleIndex(&mut all.options.sample_index),
    },
    Setting {
        name: "show",
        value: |all| Value::Text(&mut all.options.filters.show),
    },
    Setting {
        name: "show_from",
        value: |all| Value::Text(&mut all.options.filters.show_from),
    },
    Setting {
        name: "showcolumns",
        value: |all| Value::Switch(&mut all.options.show_columns),
    },
    Setting {
        name: "sort",
        value: |all| Value::Sort(&mut all.options.cum),
    },
    Setting {
        name: "source_path",
        value: |all| Value::Text(&mut all.options.source_path),
    },
    Setting {
        name: "tagfocus",
        value: |all| Value::Text(&mut all.options.filters.tag_focus),
    },
    Setting {
        name: "taghide",
        value: |all| Value::Text(&mut all.options.filters.tag_hide),
    },
    Setting {
        name: "tagignore",
        value: |all| Value::Text(&mut all.options.filters.tag_ignore),
    },
    Setting {
        name: "tagshow",
        value: |all| Value::Text(&mut all.options.filters.tag_show),
    },
    Setting {
        name: "trim",
        value: |all| Value::Off(&mut all.options.no_trim),
    },
    Setting {
        name: "trim_path",
        value: |all| Value::Text(&mut all.options.trim_path),
    },
    Setting {
        name: "unit",
        value: |all| Value::Unit(&mut all.options.unit),
    },
];

/// Where a setting is kept.
pub(super) enum Value<'a> {
    Switch(&'a mut bool),
    /// The option switches it off.
    Off(&'a mut bool),
    Text(&'a mut Option<String>),
    Unit(&'a mut String),
    Count(&'a mut Option<i64>),
    Fraction(&'a mut f64),
    Divisor(&'a mut f64),
    SampleIndex(&'a mut Option<String>),
    Granularity(&'a mut Option<Granularity>),
    /// By what is used together with what is called.
    Sort(&'a mut bool),
}

impl Value<'_> {
    pub fn set(self, text: &str, profile: &Profile) -> anyhow::Result<()> {
        let one_of = |names: &[&str]| format!("{text} is none of {}", names.join(", "));
        match self {
            Self::Switch(to) => *to = switch(text).with_context(|| one_of(&["true", "false"]))?,
            Self::Off(to) => *to = !switch(text).with_context(|| one_of(&["true", "false"]))?,
            Self::Text(to) => *to = Some(text.to_owned()).filter(|text| !text.is_empty()),
            Self::Unit(to) => text.clone_into(to),
            Self::Count(to) => *to = Some(text.parse().ok().with_context(|| no_number(text))?),
            Self::Fraction(to) => *to = number(text)?,
            Self::Divisor(to) => match number(text)? {
                0.0 => bail!("nothing can be divided by 0"),
                divisor => *to = divisor,
            },
            Self::SampleIndex(to) => {
                let names = sample_types::names(profile);
                let index = sample_types::find(profile, Some(text)).ok();
                *to = Some(names[index.with_context(|| one_of(&names))?].to_owned());
            }
            Self::Granularity(to) => {
                let mut all = GRANULARITIES.iter();
                let names = || {
                    GRANULARITIES
                        .iter()
                        .map(|(name, _)| *name)
                        .collect::<Vec<_>>()
                };
                let found = all.find(|(name, _)| *name == text);
                *to = Some(found.with_context(|| one_of(&names()))?.1);
            }
            Self::Sort(to) => {
                let found = SORTS.iter().position(|name| *name == text);
                *to = found.with_context(|| one_of(SORTS))? > 0;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Off(off) => write!(f, "{}", !**off),
            Self::Text(text) | Self::SampleIndex(text) => {
                f.write_str(text.as_deref().unwrap_or("\"\""))
            }
            Self::Unit(unit) => f.write_str(unit),
            Self::Count(count) => write!(f, "{}", count.unwrap_or(-1)),
            Self::Fraction(number) | Self::Divisor(number) => write!(f, "{number}"),
            Self::Granularity(granularity) => {
                let mut all = GRANULARITIES.iter();
                let found = all.find(|(_, one)| Some(*one) == **granularity);
                f.write_str(found.map_or("(default)", |(name, _)| name))
            }
            Self::Sort(by_cum) => f.write_str(SORTS[usize::from(**by_cum)]),
        }
    }
}

fn number(text: &str) -> anyhow::Result<f64> {
    let number: Option<f64> = text.parse().ok();
    let number = number.filter(|number| number.is_finite());
    number.with_context(|| no_number(text))
}

fn no_number(text: &str) -> String {
    format!("{text} is no number")
}
