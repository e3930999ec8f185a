//! A report: a profile with what was asked about it. Text, graphs, flame graphs and pages are views of it.

mod amount;
mod boxes;
mod dot;
mod flame;
mod header;
mod json;
mod list;
mod page;
mod raw;
mod scale;
mod shown;
mod tag_table;
mod top;
mod traces;
mod tree;

pub use amount::Amount;
pub use boxes::{Boxes, Columns};
pub use header::Header;
pub use list::Routine;
pub use page::{Function, Functions, Tag};
pub use scale::Scale;
pub use shown::Shown;

use std::collections::BTreeMap;
use std::path::PathBuf;

use shown::Trim;

use anyhow::bail;
use profile::Profile;

use crate::aggregate::Detail;
use crate::graph::{self, Build, Graph, Sum, TagFormat, Values};
use crate::labels;
use crate::options::{Granularity, Options};
use crate::places::Places;
use crate::{sample_types, source, units};

/// What is made of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Functions, the most expensive first.
    Top,
    /// Functions with their callers and callees.
    Tree,
    /// The same for functions that match.
    Peek,
    /// Sources with what their lines use.
    List,
    /// Every sample.
    Traces,
    /// What labels say.
    Tags,
    /// Everything that the profile has.
    Raw,
    /// The graph of calls.
    Graph,
    /// The flame graph.
    Flame,
}

/// A profile that was filtered and grouped, and what is necessary to show it.
#[derive(Debug)]
pub struct Report {
    /// What the filters left.
    pub profile: Profile,
    /// What was asked for.
    pub options: Options,
    /// How samples become numbers.
    pub values: Values,
    /// What is measured, such as `cpu`.
    pub kind: String,
    /// In which unit the profile has it.
    pub unit: String,
    /// The sum of all samples before filters.
    pub total: i64,
    /// The unit of each key of numeric labels.
    pub label_units: BTreeMap<String, String>,
    view: View,
    trim: Trim,
}

/// Numbers in labels, as boxes of a graph have them.
#[derive(Debug)]
struct InUnit<'a> {
    from: &'a str,
    to: &'a str,
}

impl TagFormat for InUnit<'_> {
    fn unit(&self) -> &str {
        self.from
    }

    fn text(&self, value: i64) -> String {
        units::label(value, self.from, self.to)
    }
}

impl Report {
    /// Filters and groups a profile. The second is sentences for people, such as about a filter that matched nothing.
    ///
    /// # Errors
    /// When an option is wrong, or when there is no such value in the profile.
    pub fn new(
        mut profile: Profile,
        view: View,
        options: &Options,
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let (label_units, mut sentences) = labels::units(&profile);
        let index = sample_types::find(&profile, options.sample_index.as_deref())?;
        if options.divide_by == 0.0 {
            bail!(terminal::Usage(
                "--divide-by: nothing can be divided by 0".into()
            ));
        }
        let values = Values {
            index,
            mean: options.mean,
        };
        let mut total = total_of(&profile, values);
        sentences.extend(options.filters.apply(&mut profile, &label_units)?);
        if options.relative_percentages {
            total = total_of(&profile, values);
        }
        if !matches!(view, View::Raw | View::Traces | View::Tags) {
            trim_files(&mut profile, options);
        }
        let granularity = match view {
            View::List => Some(Granularity::Lines),
            View::Raw => Some(Granularity::Addresses),
            _ => options.granularity,
        };
        Detail::of(granularity, options.show_columns, !options.no_inlines).reduce(&mut profile);
        let sample_type = profile.sample_types[index];
        let mean = if options.mean { "mean_" } else { "" };
        let report = Self {
            kind: format!("{mean}{}", profile.text(sample_type.kind)),
            unit: profile.text(sample_type.unit).to_owned(),
            options: options.clone(),
            values,
            total,
            label_units,
            view,
            trim: Trim::of(options, view),
            profile,
        };
        Ok((report, sentences))
    }

    /// How values are written where each has its own unit, unless one was asked for.
    pub fn scale(&self) -> Scale {
        Scale::new(&self.unit, &self.options)
    }

    /// The rows that the graph may have.
    pub fn places(&self) -> Places<'_> {
        Places::of(&self.profile, matches!(self.view, View::List | View::Raw))
    }

    /// Whether a node with these values is shown.
    fn shows(&self, flat: Sum, cum: Sum) -> bool {
        let build = Build {
            values: self.values,
            drop_negative: self.options.drop_negative,
            tags: None,
        };
        build.shows(flat, cum)
    }

    /// What each row used itself, and together with what it called.
    fn sums(&self, places: &Places<'_>) -> Vec<(Sum, Sum)> {
        graph::sums(&self.profile, places, self.values)
    }

    /// The graph of all rows, or of those that are kept.
    fn graph<'a, 'p>(
        &'p self,
        places: &'a Places<'p>,
        sums: &[(Sum, Sum)],
        kept: Option<&[bool]>,
    ) -> Graph<'a, 'p> {
        let unit = self.label_units.get("bytes").map_or("", String::as_str);
        let format = InUnit {
            from: unit,
            to: &self.options.unit,
        };
        let build = Build {
            values: self.values,
            drop_negative: self.options.drop_negative,
            tags: (self.view == View::Graph).then_some(&format),
        };
        Graph::new(&self.profile, places, build, sums, kept)
    }
}

/// Takes away what the options name from the front of all paths of sources.
fn trim_files(profile: &mut Profile, options: &Options) {
    let prefixes: Vec<String> = source::folders(options.trim_path.as_deref())
        .map(str::to_owned)
        .collect();
    let search: Vec<PathBuf> = source::folders(options.source_path.as_deref())
        .map(PathBuf::from)
        .collect();
    for index in 0..profile.functions.len() {
        let path = profile.text(profile.functions[index].filename);
        let trimmed = source::trimmed(path, &prefixes, &search);
        if trimmed.len() < path.len() {
            let trimmed = trimmed.to_owned();
            profile.functions[index].filename = profile.strings.len() as i64;
            profile.strings.push(trimmed);
        }
    }
}

/// The sum of the amounts of all samples. In a difference it is that of the base, if the base is marked.
fn total_of(profile: &Profile, values: Values) -> i64 {
    let mut all = Sum::default();
    let mut base = Sum::default();
    for sample in &profile.samples {
        let mut sum = values.of(&sample.values);
        sum.value = sum.value.wrapping_abs();
        all.add(sum);
        if labels::is_of_base(profile, sample) {
            base.add(sum);
        }
    }
    if base.value > 0 {
        base.get()
    } else {
        all.get()
    }
}
