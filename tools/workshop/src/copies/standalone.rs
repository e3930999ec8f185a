//! A manifest that builds without the workspace it came from.
//!
//! A member of a workspace leaves versions, lints and profiles to the root manifest. A copy elsewhere becomes the root
//! of a workspace of its own, with all that the root manifest says below the member's own lines, which stay as they
//! are: so patches fit it as they fit the checkpoint.

use std::path::Path;

/// The manifest of a member, with that of the workspace in `root` below it. Both are lines of this repository: what is
/// not on a line of its own here is not found.
pub fn manifest(member: &str, workspace: &str, root: &Path) -> String {
    let mut text = format!("{}\n\n", member.trim_end());
    for line in workspace
        .lines()
        .filter(|line| !line.starts_with("members = "))
    {
        let absolute = format!("path = \"{}/", root.display());
        text += &line.replace("path = \"", &absolute);
        text.push('\n');
    }
    text
}

/// The workspace's cargo settings without its aliases, which stand last and would look for members that are not there.
pub fn cargo_config(config: &str) -> &str {
    config.split("[alias]").next().unwrap_or_default()
}
