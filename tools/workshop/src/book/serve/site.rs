//! The built book in memory.
//!
//! Serving from memory means that a page is never half written while the book is built again, and that no
//! path can lead out of the book: a path is a key, and never touches the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hyper::body::Bytes;

use crate::book::build::build;

/// All files of the built book.
#[derive(Debug)]
pub struct Site {
    /// Where the book was built.
    pub folder: PathBuf,
    files: HashMap<String, Bytes>,
}

impl Site {
    /// Builds the book in `root` and reads what came out.
    pub fn build(root: &Path) -> anyhow::Result<Self> {
        let _alone = lock(root)?;
        let folder = build(root)?;
        let mut files = HashMap::new();
        read_folder(&folder, "", &mut files)?;
        Ok(Self { folder, files })
    }

    /// The name and the content of what is at the path of a request.
    pub fn file(&self, path: &str) -> Option<(&str, &Bytes)> {
        let name = path.trim_start_matches('/');
        let (name, content) = if name.is_empty() || name.ends_with('/') {
            self.files.get_key_value(&format!("{name}index.html"))?
        } else {
            self.files.get_key_value(name)?
        };
        Some((name, content))
    }
}

/// Two servers build into the same folder, one after the other. The lock ends with the file.
fn lock(root: &Path) -> anyhow::Result<std::fs::File> {
    let folder = root.join("target");
    let path = folder.join("book.lock");
    let locked = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::File::create(&path))
        .and_then(|file| file.lock().map(|()| file));
    locked.with_context(|| format!("cannot lock {}", path.display()))
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut HashMap<String, Bytes>,
) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            read_folder(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            let content =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(format!("{prefix}{name}"), content.into());
        }
    }
    Ok(())
}

/// What a file is, by its extension.
pub fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_key() {
        let files = ["index.html", "css/a.css", "sub/index.html"]
            .map(|name| (name.to_owned(), Bytes::from(name.to_owned())));
        let site = Site {
            folder: PathBuf::new(),
            files: files.into(),
        };
        let name = |path| site.file(path).map(|(name, _)| name);
        assert_eq!(name("/"), Some("index.html"));
        assert_eq!(name("/sub/"), Some("sub/index.html"));
        assert_eq!(name("/css/a.css"), Some("css/a.css"));
        assert_eq!(name("/css"), None);
        assert_eq!(name("/css/../index.html"), None);
        assert_eq!(name("/%2e%2e/index.html"), None);
    }

    #[test]
    fn content_types_go_by_extension() {
        assert_eq!(content_type("a/b.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("toc-1f.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("a.woff2"), "font/woff2");
        assert_eq!(content_type(".nojekyll"), "application/octet-stream");
    }
}
