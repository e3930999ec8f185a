//! The graph of calls, in the language of graphviz.

mod boxes;
mod names;

use std::fmt::Write as _;
use std::iter;

use super::{Header, Report, Shown};
use crate::places::base;
use crate::units::percentage;

/// About as wide as the longest of the legend's other lines, in bytes.
const LEGEND_WIDTH: usize = 64;

impl Report {
    /// The graph for graphviz: a box for each function, larger letters for what it used itself, redder with what it
    /// called; an arrow for its calls, wider and redder with what they cost, dotted where functions in between are not
    /// shown.
    ///
    /// Go's tool also draws arrows to functions that sum up to nothing, as a nameless node; here these are left out.
    pub fn dot(&self) -> String {
        let places = self.places();
        let shown = self.shown(&places);
        let file = self
            .profile
            .mappings
            .first()
            .map_or("", |main| self.profile.text(main.file));
        let title = if file.is_empty() {
            "unnamed"
        } else {
            base(file)
        };
        let mut text = format!("digraph \"{}\" {{\n", escape(title));
        text += "node [style=filled fillcolor=\"#f8f8f8\"]\n";
        self.legend(&mut text, &shown, title);
        let picture = Picture::new(&shown, self.total);
        let mut edges = Vec::new();
        for (node, of) in shown.graph.rows() {
            picture.node(&mut text, node);
            boxes::write(&mut text, &shown, picture.numbers[node], of);
            let to_shown = |edge: &&usize| picture.numbers[shown.graph.edges[**edge].to] != 0;
            edges.extend(of.outgoing.iter().filter(to_shown));
        }
        // The heaviest first: graphviz takes it as a hint.
        for edge in shown.graph.sorted(&edges) {
            picture.edge(&mut text, edge);
        }
        text += "}\n";
        text
    }

    fn legend(&self, text: &mut String, shown: &Shown<'_, '_>, title: &str) {
        let mut lines = Header::of_graph(self, shown, true).lines;
        lines.push("\nSee https://git.io/JfYMW for how to read the graph".into());
        let lines = lines.iter().flat_map(|line| in_lines(line));
        let escaped: Vec<String> = lines.map(escape).collect();
        let _ = write!(
            text,
            "subgraph cluster_L {{ \"{}\" [shape=box fontsize=16 label=\"{}\\l\"",
            escaped[0],
            escaped.join("\\l")
        );
        if title != "unnamed" {
            let _ = write!(text, " tooltip=\"{}\"", escape(title));
        }
        text.push_str("] }\n");
    }
}

/// What nodes and edges are drawn by.
struct Picture<'s, 'a, 'p> {
    shown: &'s Shown<'a, 'p>,
    total: i64,
    /// From 1; 0 for a node that is not shown.
    numbers: Vec<usize>,
    most: f64,
}

impl<'s, 'a, 'p> Picture<'s, 'a, 'p> {
    fn new(shown: &'s Shown<'a, 'p>, total: i64) -> Self {
        let mut numbers = vec![0; shown.graph.nodes.len()];
        for (&node, number) in shown.graph.shown.iter().zip(1..) {
            numbers[node] = number;
        }
        let flat = shown
            .graph
            .rows()
            .map(|(_, node)| node.flat.get().wrapping_abs() as f64);
        Self {
            shown,
            total,
            numbers,
            most: flat.fold(0.0, f64::max),
        }
    }

    fn node(&self, text: &mut String, node: usize) {
        let Self { shown, total, .. } = self;
        let of = &shown.graph.nodes[node];
        let (flat, cum) = (of.flat.get(), of.cum.get());
        let share = |value: i64| {
            let (value, part) = (shown.scale.text(value), percentage(value, *total));
            format!("{value} ({})", part.trim())
        };
        let values = match (flat, cum) {
            (0, 0) => "0".into(),
            (0, cum) => format!("0 of {}", share(cum)),
            (flat, cum) if flat == cum => share(flat),
            (flat, cum) => format!("{}\\nof {}", share(flat), share(cum)),
        };
        let growth = match flat.wrapping_abs() as f64 / self.most {
            part if flat != 0 && part <= 1.0 => (16.0 * part.sqrt()).ceil(),
            _ => 0.0,
        };
        let part = self.part(cum);
        let _ = writeln!(
            text,
            "N{number} [label=\"{}{values}\" id=\"node{number}\" fontsize={} shape=box tooltip=\"{} ({})\" color=\"{}\" fillcolor=\"{}\"]",
            names::in_lines(&shown.graph.places.all[node]),
            8.0 + growth,
            escape(shown.graph.name(node)),
            shown.scale.text(cum),
            colour(part, 1.0, 0.7),
            colour(part, 0.1, 0.93),
            number = self.numbers[node],
        );
    }

    fn edge(&self, text: &mut String, edge: usize) {
        let shown = self.shown;
        let edge = &shown.graph.edges[edge];
        let weight = edge.weight.get();
        let value = shown.scale.text(weight);
        let inlined = if edge.is_inlined { "\\n (inline)" } else { "" };
        let _ = write!(
            text,
            "N{} -> N{} [label=\" {value}{inlined}\"",
            self.numbers[edge.from], self.numbers[edge.to]
        );
        if self.total != 0 {
            // In a difference an edge may have more than the total.
            let share = |of: i64| {
                (weight.wrapping_mul(of) / self.total)
                    .wrapping_abs()
                    .min(of)
                    + 1
            };
            for (name, share) in [("weight", share(100)), ("penwidth", share(5))] {
                if share > 1 {
                    let _ = write!(text, " {name}={share}");
                }
            }
            let _ = write!(text, " color=\"{}\"", colour(self.part(weight), 1.0, 0.7));
        }
        let arrow = if edge.is_residual { "..." } else { "->" };
        let (from, to) = (
            escape(shown.graph.name(edge.from)),
            escape(shown.graph.name(edge.to)),
        );
        let tooltip = format!("\"{from} {arrow} {to} ({value})\"");
        let _ = write!(text, " tooltip={tooltip} labeltooltip={tooltip}");
        if edge.is_residual {
            text.push_str(" style=\"dotted\"");
        }
        if boxes::any(shown, &shown.graph.nodes[edge.from]) {
            text.push_str(" minlen=2");
        }
        text.push_str("]\n");
    }

    fn part(&self, value: i64) -> f64 {
        value as f64 / self.total.wrapping_abs() as f64
    }
}

/// Grey for nothing, red for everything, green for all that there is less.
fn colour(part: f64, saturation: f64, brightness: f64) -> String {
    let part = if part.is_nan() {
        0.0
    } else {
        part.clamp(-1.0, 1.0)
    };
    // Near nothing it would be yellow otherwise.
    let saturation = saturation * (part.abs() / 0.2).min(1.0);
    // Small parts are moved away from grey, so that signs can be told.
    let shifted = part.abs().powf(0.3).copysign(part);
    let faded = |by: f64| (brightness * (1.0 - saturation * by) * 255.0) as u8;
    let full = (brightness * 255.0) as u8;
    let (red, green) = if part < 0.0 {
        (faded(-shifted), full)
    } else {
        (full, faded(shifted))
    };
    format!("#{red:02x}{green:02x}{:02x}", faded(1.0))
}

/// A line of the legend; a sentence in several, since it would be wider than the graph.
fn in_lines(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    iter::from_fn(move || {
        let line = rest?;
        let end = line[..line.floor_char_boundary(LEGEND_WIDTH)].rfind(' ');
        match end {
            Some(end) if line.ends_with('.') && line.len() > LEGEND_WIDTH => {
                rest = Some(&line[end + 1..]);
                Some(&line[..end])
            }
            _ => rest.take(),
        }
    })
}

/// A text in a label.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\l")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_is_no_wider_than_its_graph() {
        let sentence = "a sentence of a profile ".repeat(9) + "ends.";
        let lines: Vec<&str> = in_lines(&sentence).collect();
        assert_eq!(lines.join(" "), sentence);
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.len() <= LEGEND_WIDTH));
        let filter = format!("   focus={}", "a name ".repeat(20));
        for whole in [String::new(), "x".repeat(200) + ".", filter] {
            assert_eq!(in_lines(&whole).collect::<Vec<_>>(), [whole.as_str()]);
        }
    }
}
