//! The lines above a report.

use super::shown::part;
use super::{Report, Scale, Shown};
use crate::places::base;
use crate::{time, units};

/// The lines above a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// One line each.
    pub lines: Vec<String>,
}

impl Header {
    /// What is known about the profile.
    pub fn of_profile(report: &Report, scale: &Scale) -> Self {
        let profile = &report.profile;
        let mut lines = Vec::new();
        if let Some(main) = profile.mappings.first() {
            let (file, build_id) = (profile.text(main.file), profile.text(main.build_id));
            if !file.is_empty() {
                lines.push(format!("File: {}", base(file)));
            }
            if !build_id.is_empty() {
                lines.push(format!("Build ID: {build_id}"));
            }
        }
        let comments = profile
            .comments
            .iter()
            .map(|&comment| profile.text(comment));
        lines.extend(
            comments
                .filter(|comment| !comment.starts_with('#'))
                .map(str::to_owned),
        );
        if !report.kind.is_empty() {
            lines.push(format!("Type: {}", report.kind));
        }
        let page = profile.text(profile.doc_url);
        if !page.is_empty() {
            lines.push(format!("Doc: {page}"));
        }
        if profile.time_nanos != 0 {
            lines.push(format!("Time: {}", time::to_the_second(profile.time_nanos)));
        }
        if profile.duration_nanos != 0 {
            let duration = units::label(profile.duration_nanos, "nanoseconds", "auto");
            let (total, unit) = units::scale(report.total, &report.unit, "nanoseconds");
            let part = if unit == "ns" && total != 0.0 {
                format!(
                    "({})",
                    units::percentage(total as i64, profile.duration_nanos)
                )
            } else {
                String::new()
            };
            let total = scale.text(report.total);
            lines.push(format!(
                "Duration: {duration}, Total samples = {total} {part}"
            ));
        }
        Self { lines }
    }

    /// What is known about the profile, which filters there are, and how much is shown.
    pub fn of_graph(report: &Report, shown: &Shown<'_, '_>, is_picture: bool) -> Self {
        let scale = &shown.scale;
        let mut header = Self { lines: Vec::new() };
        if is_picture || !report.options.compact_labels {
            header = Self::of_profile(report, scale);
        }
        let lines = &mut header.lines;
        let filters = report.options.filters.active();
        if !filters.is_empty() {
            lines.push("Active filters:".into());
            lines.extend(filters.iter().map(|filter| format!("   {}", cut(filter))));
        }
        let (part_shown, total) = (shown.graph.total(), report.total);
        lines.push(format!(
            "Showing nodes accounting for {}, {} of {} total",
            scale.text(part_shown),
            units::percentage(part_shown, total).trim(),
            scale.text(total)
        ));
        if total != 0 {
            let dropped = |count: usize, what: &str, by: &str, fraction: f64| {
                let plural = if count == 1 { "" } else { "s" };
                let below = scale.text(part(total, fraction));
                (count > 0).then(|| format!("Dropped {count} {what}{plural} ({by} <= {below})"))
            };
            let trim = report.trim;
            lines.extend(dropped(
                shown.dropped_nodes,
                "node",
                "cum",
                trim.node_fraction,
            ));
            if is_picture {
                lines.extend(dropped(
                    shown.dropped_edges,
                    "edge",
                    "freq",
                    trim.edge_fraction,
                ));
            }
            let (count, of) = (shown.graph.shown.len(), shown.candidates);
            if 0 < count && count < of {
                lines.push(format!("Showing top {count} nodes out of {of}"));
            }
        }
        header
    }

    /// All lines, each with its end.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

/// A filter that is no longer than a line.
fn cut(filter: &str) -> String {
    if filter.len() <= 80 {
        return filter.to_owned();
    }
    let end = filter.floor_char_boundary(80);
    format!("{}…", &filter[..end])
}
