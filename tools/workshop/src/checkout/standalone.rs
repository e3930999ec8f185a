//! A manifest that builds without the workspace it came from.
//!
//! A member of a workspace leaves versions, lints and profiles to the root manifest. A copy elsewhere becomes the root
//! of a workspace of its own, with all that the root manifest says below the member's own lines, which stay as they
//! are: so patches fit it as they fit the checkpoint.

use std::path::Path;

use anyhow::Context as _;
use toml_edit::{DocumentMut, Item, TableLike, value};

/// The manifest of a member, with that of the workspace in `root` below it.
pub fn manifest(member: &str, workspace: &str, root: &Path) -> anyhow::Result<String> {
    let mut workspace: DocumentMut = workspace
        .parse()
        .context("the root Cargo.toml is not valid")?;
    let table = workspace
        .get_mut("workspace")
        .and_then(Item::as_table_like_mut)
        .context("the root Cargo.toml has no [workspace]")?;
    table.remove("members");
    let dependencies = table
        .get_mut("dependencies")
        .and_then(Item::as_table_like_mut);
    for (_, dependency) in dependencies.into_iter().flat_map(TableLike::iter_mut) {
        let path = dependency
            .as_table_like_mut()
            .and_then(|table| table.get_mut("path"));
        if let Some(path) = path
            && let Some(relative) = path.as_str()
        {
            *path = value(root.join(relative).display().to_string());
        }
    }
    Ok(format!("{}\n\n{workspace}", member.trim_end()))
}

/// The workspace's cargo settings without its aliases, which would look for members that are not there.
pub fn cargo_config(config: &str) -> anyhow::Result<String> {
    let mut config: DocumentMut = config.parse().context(".cargo/config.toml is not valid")?;
    config.remove("alias");
    Ok(config.to_string())
}
