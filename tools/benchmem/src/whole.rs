//! Files that another process sees whole, or not at all: two runs of a benchmark may write the same ones.

use std::fs;
use std::io;
use std::path::Path;
use std::{process, thread};

/// Writes a file and the folders that lead to it: aside, under a name that no other thread or process has, and renames it.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let writer = format!("{}-{:?}", process::id(), thread::current().id());
    let aside = path.with_extension(writer);
    let written = fs::write(&aside, content).and_then(|()| fs::rename(&aside, path));
    written.inspect_err(|_| drop(fs::remove_file(&aside)))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn who_reads_a_file_while_it_is_written_again_reads_the_former_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/rooms.json");
        write(&path, b"former").expect("written");
        let mut reader = fs::File::open(&path).expect("it is there");
        write(&path, b"latter").expect("written");
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("text");
        assert_eq!(text, "former");
        assert_eq!(fs::read(&path).expect("it is there"), b"latter");
        let files = fs::read_dir(folder.path().join("new")).expect("a folder");
        assert_eq!(files.count(), 1, "nothing is left aside");
        assert!(write(Path::new("/dev/null/rooms.json"), b"").is_err());
    }
}
