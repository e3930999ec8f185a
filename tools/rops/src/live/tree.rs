//! The same processes below those that have started them.

use std::collections::{BTreeMap, HashSet};

use super::list::Listed;
use super::process;

/// As gops draws it: each process below its parent, which need not be in Rust.
pub fn text(processes: &[Listed]) -> String {
    let known: HashSet<i32> = processes.iter().map(|listed| listed.pid).collect();
    let mut children: BTreeMap<i32, Vec<&Listed>> = BTreeMap::new();
    for listed in processes {
        children.entry(listed.ppid).or_default().push(listed);
    }
    let roots: Vec<i32> = children
        .keys()
        .copied()
        .filter(|parent| !known.contains(parent))
        .collect();
    let mut text = String::from("...\n");
    for (place, root) in roots.iter().enumerate() {
        let is_last = place + 1 == roots.len();
        text += branch("", is_last).as_str();
        text += &match process::of(*root) {
            Some(parent) => format!("{root} ({})\n", parent.name),
            None => format!("{root}\n"),
        };
        below(&mut text, *root, &children, &inner("", is_last));
    }
    text
}

fn below(text: &mut String, parent: i32, children: &BTreeMap<i32, Vec<&Listed>>, margin: &str) {
    let children_here = children.get(&parent).map_or(&[][..], Vec::as_slice);
    for (place, child) in children_here.iter().enumerate() {
        let is_last = place + 1 == children_here.len();
        let star = if child.agent { "[*]  " } else { "" };
        *text += &branch(margin, is_last);
        *text += &format!(
            "{star}{} ({}) {{rustc {}}}\n",
            child.pid, child.name, child.rustc
        );
        below(text, child.pid, children, &inner(margin, is_last));
    }
}

fn branch(margin: &str, is_last: bool) -> String {
    format!("{margin}{}", if is_last { "└── " } else { "├── " })
}

fn inner(margin: &str, is_last: bool) -> String {
    format!("{margin}{}", if is_last { "    " } else { "│   " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_stand_below_their_parents() {
        let listed = |pid, ppid, agent| Listed {
            pid,
            ppid,
            name: "shop".into(),
            agent,
            rustc: "1.95.0".into(),
            user: 0,
            path: None,
            version: None,
            http: Vec::new(),
            gops: None,
        };
        // Larger than any number that Linux gives.
        let parent = i32::MAX;
        let drawn = text(&[
            listed(10, parent, true),
            listed(11, 10, false),
            listed(12, parent, false),
        ]);
        assert_eq!(
            drawn,
            "...\n└── 2147483647\n    ├── [*]  10 (shop) {rustc 1.95.0}\n    │   └── 11 (shop) {rustc 1.95.0}\n    \
             └── 12 (shop) {rustc 1.95.0}\n"
        );
    }
}
