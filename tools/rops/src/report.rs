//! A report: a profile with what was asked about it. Text, graphs, flame graphs and later pages are views of it.

mod dot;
mod flame;
mod header;
mod json;
mod list;

mod raw;
mod tag_table;
mod top;
mod traces;
mod tree;

pub use header::Header;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use profile::Profile;

use crate::aggregate::Detail;
use crate::graph::{Build, Graph, Order, TagFormat, Values};
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

/// How much is left out.
#[derive(Debug, Clone, Copy, Default)]
struct Trim {
    node_count: usize,
    node_fraction: f64,
    edge_fraction: f64,
}

impl Trim {
    fn of(options: &Options, view: View) -> Self {
        let all = matches!(view, View::Peek | View::List | View::Raw | View::Flame);
        if options.no_trim || all {
            return Self::default();
        }
        let usual = if view == View::Top { 0 } else { 80 };
        let asked = options.node_count.filter(|&count| count != -1);
        Self {
            node_count: asked.map_or(usual, |count| usize::try_from(count).unwrap_or(0)),
            node_fraction: options.node_fraction,
            edge_fraction: options.edge_fraction,
        }
    }
}

/// The part of a total, as a value.
fn part(total: i64, fraction: f64) -> i64 {
    ((total as f64 * fraction) as i64).wrapping_abs()
}

/// How values are written.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The unit that values have.
    pub from: String,
    /// The unit that they are written in.
    pub to: String,
    ratio: f64,
}

impl Scale {
    /// A value with its unit.
    pub fn text(&self, value: i64) -> String {
        units::label(self.divided(value), &self.from, &self.to)
    }

    /// A value with its unit, or a point for nothing.
    pub fn text_or_dot(&self, value: i64) -> String {
        if value == 0 {
            ".".into()
        } else {
            self.text(value)
        }
    }

    fn divided(&self, value: i64) -> i64 {
        if self.ratio > 0.0 && self.ratio != 1.0 {
            (value as f64 * self.ratio) as i64
        } else {
            value
        }
    }
}

/// The part of the graph that is shown, and what is not.
#[derive(Debug)]
pub struct Shown<'a, 'p> {
    /// The graph.
    pub graph: Graph<'a, 'p>,
    /// How its values are written.
    pub scale: Scale,
    /// How many nodes there were before their number was limited.
    pub candidates: usize,
    /// How many nodes were too small.
    pub dropped_nodes: usize,
    /// How many edges were too small.
    pub dropped_edges: usize,
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
        Scale {
            from: self.unit.clone(),
            to: self.options.unit.clone(),
            ratio: 1.0 / self.options.divide_by,
        }
    }

    /// The rows that the graph may have.
    pub fn places(&self) -> Places<'_> {
        Places::of(&self.profile, matches!(self.view, View::List | View::Raw))
    }

    /// The whole graph.
    pub fn graph<'a, 'p>(&'p self, places: &'a Places<'p>, kept: Option<&[bool]>) -> Graph<'a, 'p> {
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
        Graph::new(&self.profile, places, build, kept)
    }

    /// The graph without what is too small to be shown.
    pub fn shown<'a, 'p>(&'p self, places: &'a Places<'p>) -> Shown<'a, 'p> {
        let is_picture = self.view == View::Graph;
        let order = match (is_picture, self.options.cum) {
            (true, _) => Order::Entropy,
            (false, true) => Order::Cum,
            (false, false) => Order::Flat,
        };
        let mut graph = self.graph(places, None);
        let total = graph
            .rows()
            .fold(0_i64, |sum, (_, node)| sum.wrapping_add(node.flat.value));
        let node_cutoff = part(total, self.trim.node_fraction);
        let edge_cutoff = part(total, self.trim.edge_fraction);
        let mut dropped_nodes = 0;
        if node_cutoff > 0 {
            let kept = graph.reaching(node_cutoff);
            dropped_nodes = graph.rows().filter(|&(node, _)| !kept[node]).count();
            if dropped_nodes > 0 {
                graph = self.graph(places, Some(&kept));
            }
        }
        let candidates = graph.shown.len();
        graph.sort(order);
        if self.trim.node_count > 0 {
            // Light edges and tags would count where nodes are chosen.
            graph.trim_tags(node_cutoff);
            graph.trim_edges(edge_cutoff);
            let kept = graph.first(self.trim.node_count, is_picture);
            if graph.rows().any(|(node, _)| !kept[node]) {
                graph = self.graph(places, Some(&kept));
                graph.sort(order);
            }
        }
        graph.trim_tags(node_cutoff);
        let dropped_edges = graph.trim_edges(edge_cutoff);
        if is_picture {
            graph.remove_redundant_edges();
        }
        Shown {
            scale: self.scale_for(&graph),
            graph,
            candidates,
            dropped_nodes,
            dropped_edges,
        }
    }

    /// One unit for all values, in which the smallest one can still be told from nothing.
    fn scale_for(&self, graph: &Graph<'_, '_>) -> Scale {
        let mut scale = self.scale();
        if scale.to != "minimum" || graph.shown.is_empty() {
            return scale;
        }
        let of_node = |node: &crate::graph::Node| match node.flat.get().wrapping_abs() {
            0 => node.cum.get().wrapping_abs(),
            flat => flat,
        };
        let values = graph.rows().map(|(_, node)| of_node(node));
        let least = values
            .filter(|&value| value > 0)
            .min()
            .unwrap_or(self.total);
        let (least, most) = (scale.divided(least), scale.divided(self.total));
        let unit = |value: i64| units::scale(value, &self.unit, "minimum").1;
        let mut best = unit(least);
        if best != unit(most) && least.wrapping_mul(100) < most {
            best = unit(least.wrapping_mul(100));
        }
        scale.to = if best.is_empty() { &self.unit } else { best }.to_owned();
        scale
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
    let mut all = crate::graph::Sum::default();
    let mut base = crate::graph::Sum::default();
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
