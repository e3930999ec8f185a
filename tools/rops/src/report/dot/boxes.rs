//! Small boxes at a node for what the labels of its samples say.

use std::fmt::Write as _;

use super::super::Shown;
use super::escape;
use crate::graph::{MOST_TAGS, Node, Tag, sort_tags};
use crate::units;

/// What a box weighs: at the end of a path also what its functions called, since those are not shown.
fn weight(tag: &Tag, is_inner: bool) -> i64 {
    if is_inner {
        tag.flat.get()
    } else {
        tag.cum.get()
    }
}

/// Whether a node has boxes.
pub(super) fn any(shown: &Shown<'_, '_>, node: &Node) -> bool {
    let mut text = String::new();
    write(&mut text, shown, 0, node);
    !text.is_empty()
}

/// Writes a node's boxes.
pub(super) fn write(text: &mut String, shown: &Shown<'_, '_>, number: usize, node: &Node) {
    let is_inner = !node.outgoing.is_empty();
    let texts = sort_tags(node.tags.texts.values(), is_inner);
    for (index, tag) in texts.into_iter().take(MOST_TAGS).enumerate() {
        let weight = weight(tag, is_inner);
        if weight == 0 {
            continue;
        }
        let name = format!("N{number}_{index}");
        one(
            text,
            &format!("N{number}"),
            &name,
            &label(&tag.name),
            &shown.scale.text(weight),
            "",
        );
        numbers(text, shown, node, (&tag.name, &name), is_inner);
    }
    numbers(text, shown, node, ("", &format!("N{number}")), is_inner);
}

/// Lines between texts are made where they are joined.
fn label(name: &str) -> String {
    let lines: Vec<String> = name.split("\\n").map(escape).collect();
    lines.join("\\n")
}

fn one(text: &mut String, from: &str, name: &str, label: &str, weight: &str, style: &str) {
    let _ = writeln!(
        text,
        "{name} [label = \"{label}\" id=\"{name}\" fontsize=8 shape=box3d tooltip=\"{weight}\"]"
    );
    let _ = writeln!(
        text,
        "{from} -> {name} [label=\" {weight}\" weight=100 tooltip=\"{weight}\" labeltooltip=\"{weight}\"{style}]"
    );
}

/// The numbers that came with these texts, at the box `from`.
fn numbers(
    text: &mut String,
    shown: &Shown<'_, '_>,
    node: &Node,
    (texts, from): (&str, &str),
    is_inner: bool,
) {
    let Some(tags) = node.tags.numbers.get(texts) else {
        return;
    };
    let tags = collapsed(sort_tags(tags.values(), is_inner), is_inner);
    for (index, tag) in tags.iter().enumerate() {
        let is_own = is_inner || tag.flat.get() == tag.cum.get();
        let weight = weight(tag, is_own);
        if weight != 0 {
            let style = if is_own { "" } else { " style=\"dotted\"" };
            let name = format!("N{from}_{index}");
            one(
                text,
                from,
                &name,
                &escape(&tag.name),
                &shown.scale.text(weight),
                style,
            );
        }
    }
}

/// At most as many tags as there are boxes: each of the smaller ones belongs to the one that is nearest to it.
fn collapsed(tags: Vec<&Tag>, is_inner: bool) -> Vec<Tag> {
    if tags.len() <= MOST_TAGS {
        return tags.into_iter().cloned().collect();
    }
    let (first, others) = tags.split_at(MOST_TAGS);
    let mut groups: Vec<Vec<&Tag>> = first.iter().map(|&tag| vec![tag]).collect();
    for &tag in others {
        let distance = |group: &[&Tag]| {
            let (value, _) = units::scale(group[0].value, &group[0].unit, &tag.unit);
            (value - tag.value as f64).abs()
        };
        let mut nearest = 0;
        for index in 1..groups.len() {
            if distance(&groups[index]) < distance(&groups[nearest]) {
                nearest = index;
            }
        }
        groups[nearest].push(tag);
    }
    let groups: Vec<Tag> = groups.iter().map(|group| together(group)).collect();
    sort_tags(&groups, is_inner).into_iter().cloned().collect()
}

/// A group as one tag, named by its range.
fn together(group: &[&Tag]) -> Tag {
    let text = |tag: &Tag| units::label(tag.value, &tag.unit, "auto");
    let mut all = Tag::default();
    let (mut least, mut most) = (group[0], group[0]);
    for &tag in group {
        all.flat.add(tag.flat);
        all.cum.add(tag.cum);
        if tag.value < least.value {
            least = tag;
        }
        if tag.value > most.value {
            most = tag;
        }
    }
    all.name = match group {
        [one] => text(one),
        _ => format!("{}..{}", text(least), text(most)),
    };
    all
}
