//! A manifest that builds without the workspace it came from.
//!
//! A member of a workspace leaves versions, lints and profiles to the root manifest. A copy elsewhere has to
//! say them itself: what it inherits is written out, paths become absolute, and a `[workspace]` table of its own
//! keeps cargo from looking for a root above it.

use std::path::Path;

use anyhow::{Context as _, bail};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The manifest of a member that lies in `dir`, made independent of the workspace in `root`.
pub fn manifest(member: &str, workspace: &str, dir: &Path, root: &Path) -> anyhow::Result<String> {
    let mut member: DocumentMut = member
        .parse()
        .context("the crate's Cargo.toml is not valid")?;
    let workspace: DocumentMut = workspace
        .parse()
        .context("the root Cargo.toml is not valid")?;
    let inherited = workspace
        .get("workspace")
        .and_then(Item::as_table_like)
        .context("the root Cargo.toml has no [workspace]")?;

    inherit_package(&mut member, inherited)?;
    let places = Places { dir, root };
    places.write_out_dependencies(member.as_table_mut(), inherited)?;
    if let Some(targets) = member.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_like_mut() {
                places.write_out_dependencies(target, inherited)?;
            }
        }
    }
    if member.get("lints").is_some_and(is_inherited) {
        let lints = inherited
            .get("lints")
            .context("the workspace has no [workspace.lints]")?;
        member["lints"] = at_the_end(lints);
    }
    for key in ["profile", "patch"] {
        if let Some(item) = workspace.get(key) {
            member[key] = at_the_end(item);
        }
    }
    member["workspace"] = Item::Table(Table::new());
    Ok(member.to_string())
}

/// The workspace's cargo settings without its aliases, which would look for members that are not there.
pub fn cargo_config(config: &str) -> anyhow::Result<String> {
    let mut config: DocumentMut = config.parse().context(".cargo/config.toml is not valid")?;
    config.remove("alias");
    Ok(config.to_string())
}

/// `key.workspace = true`, in any notation.
fn is_inherited(item: &Item) -> bool {
    let flag = item
        .as_table_like()
        .and_then(|table| table.get("workspace"));
    flag.and_then(Item::as_bool) == Some(true)
}

fn inherit_package(member: &mut DocumentMut, inherited: &dyn TableLike) -> anyhow::Result<()> {
    let package = member
        .get_mut("package")
        .and_then(Item::as_table_like_mut)
        .context("the crate's Cargo.toml has no [package]")?;
    for (key, item) in package.iter_mut() {
        if is_inherited(item) {
            let fields = inherited.get("package").and_then(Item::as_table_like);
            let field = fields.and_then(|fields| fields.get(key.get()));
            *item = field
                .with_context(|| format!("[workspace.package] has no `{}`", key.get()))?
                .clone();
        }
    }
    Ok(())
}

/// Where relative paths start: a member's own at its folder, inherited ones at the workspace's root.
struct Places<'a> {
    dir: &'a Path,
    root: &'a Path,
}

impl Places<'_> {
    fn write_out_dependencies(
        &self,
        tables: &mut dyn TableLike,
        inherited: &dyn TableLike,
    ) -> anyhow::Result<()> {
        for kind in DEPENDENCIES {
            let Some(table) = tables.get_mut(kind).and_then(Item::as_table_like_mut) else {
                continue;
            };
            for (key, item) in table.iter_mut() {
                let name = key.get();
                if is_inherited(item) {
                    let resolved = self.resolve(name, item, inherited)?;
                    *item = match resolved.get("version") {
                        Some(version) if resolved.len() == 1 => value(version.clone()),
                        _ => value(resolved),
                    };
                } else if let Some(dependency) = item.as_table_like_mut() {
                    make_absolute(dependency, self.dir);
                }
            }
        }
        Ok(())
    }

    /// The workspace's entry with what the member adds: features, `optional`, default features.
    fn resolve(
        &self,
        name: &str,
        member: &Item,
        inherited: &dyn TableLike,
    ) -> anyhow::Result<InlineTable> {
        let shared = inherited
            .get("dependencies")
            .and_then(Item::as_table_like)
            .and_then(|dependencies| dependencies.get(name))
            .with_context(|| format!("[workspace.dependencies] has no `{name}`"))?;
        let mut resolved = match shared.clone().into_value() {
            Ok(Value::InlineTable(table)) => table,
            Ok(version @ Value::String(_)) => InlineTable::from_iter([("version", version)]),
            _ => bail!("`{name}` in [workspace.dependencies] is neither a version nor a table"),
        };
        make_absolute(&mut resolved, self.root);
        let member = member
            .as_table_like()
            .context("what is inherited is a table")?;
        for (key, item) in member.iter() {
            match (key, item.as_value()) {
                ("workspace", _) | (_, None) => {}
                ("features", Some(Value::Array(more))) => {
                    let features = resolved.get_or_insert("features", toml_edit::Array::new());
                    let features = features
                        .as_array_mut()
                        .with_context(|| format!("the features of `{name}` are not an array"))?;
                    features.extend(more.iter().map(|feature| feature.clone().decorated("", "")));
                    features.fmt();
                }
                (key, Some(other)) => {
                    resolved.insert(key, other.clone());
                }
            }
        }
        resolved.fmt();
        Ok(resolved)
    }
}

fn make_absolute(dependency: &mut dyn TableLike, base: &Path) {
    let Some(path) = dependency.get_mut("path") else {
        return;
    };
    if let Some(relative) = path.as_str() {
        let joined = base.join(relative);
        let absolute = joined.canonicalize().unwrap_or(joined);
        *path = value(absolute.display().to_string());
    }
}

/// A copy of a table for another document, where its place in the former one has no meaning.
fn at_the_end(item: &Item) -> Item {
    fn forget_place(item: &mut Item) {
        if let Item::Table(table) = item {
            table.set_position(None);
            for (_, inner) in table.iter_mut() {
                forget_place(inner);
            }
        }
    }
    let mut item = item.clone();
    forget_place(&mut item);
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = r#"
[workspace]
members = ["steps/*"]

[workspace.package]
version = "0.1.0"
edition = "2024"

[workspace.dependencies]
helper = { path = "tools/helper" }
plain = "1.0"
trimmed = { version = "2.0", default-features = false, features = ["a"] }

[workspace.lints.rust]
unsafe_code = "deny"

# A reason.
[profile.dev]
debug = 1
"#;

    const MEMBER: &str = r#"[package]
name = "step-01-x"
version.workspace = true
edition = { workspace = true }

[dependencies]
helper.workspace = true
plain.workspace = true
trimmed = { workspace = true, default-features = true, features = ["b"], optional = true }
own = "3"
beside = { path = "../beside" }

[target.'cfg(unix)'.dependencies]
plain = { workspace = true, features = ["c"] }

[lints]
workspace = true
"#;

    fn resolved() -> toml::Table {
        let dir = Path::new("/course/steps/01-x");
        let text = manifest(MEMBER, WORKSPACE, dir, Path::new("/course")).unwrap();
        text.parse()
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn expected(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn everything_inherited_is_written_out() {
        assert_eq!(
            resolved(),
            expected(
                r#"
                [package]
                name = "step-01-x"
                version = "0.1.0"
                edition = "2024"
                [dependencies]
                helper = { path = "/course/tools/helper" }
                plain = "1.0"
                trimmed = { version = "2.0", default-features = true, features = ["a", "b"], optional = true }
                own = "3"
                beside = { path = "/course/steps/01-x/../beside" }
                [target.'cfg(unix)'.dependencies]
                plain = { version = "1.0", features = ["c"] }
                [lints.rust]
                unsafe_code = "deny"
                [profile.dev]
                debug = 1
                [workspace]
                "#
            )
        );
    }

    #[test]
    fn what_the_workspace_lacks_is_named() {
        let member = "[package]\nname = \"x\"\n[dependencies]\nnope.workspace = true\n";
        let error = manifest(member, WORKSPACE, Path::new("/"), Path::new("/")).unwrap_err();
        assert_eq!(error.to_string(), "[workspace.dependencies] has no `nope`");
    }

    #[test]
    fn aliases_stay_behind() {
        let config = "[build]\nrustflags = [\"-x\"]\n\n[alias]\nworkshop = \"run\"\n";
        assert_eq!(
            cargo_config(config).unwrap(),
            "[build]\nrustflags = [\"-x\"]\n"
        );
    }
}
