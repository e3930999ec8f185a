//! A mapped file, and what it tells about an address.

use std::path::Path;

use object::{Object as _, ObjectSegment as _};

use super::lines::Lines;
use super::read::{Bytes, ObjectFile};
use super::table::Table;
use super::{MappedFile, names, separate};
use crate::maps::hexadecimal;

/// A function that is executed at an address, perhaps inlined into the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub name: String,
    pub system_name: String,
    /// The file of the line, or nothing.
    pub file: String,
    /// From 1; 0 if it is not known, as the others.
    pub line: i64,
    pub column: i64,
    pub start_line: i64,
}

/// A file that was mapped, and what is known about its addresses.
pub(super) struct Image<'a> {
    name: String,
    segments: Vec<Segment>,
    lines: Option<Lines<'a>>,
    table: Table<'a>,
    /// Why there are no lines, though there is debug information.
    unreadable: Option<String>,
}

/// Where a part of the file is in the memory that its own addresses count in.
struct Segment {
    file_offset: u64,
    size: u64,
    address: u64,
}

impl<'a> Image<'a> {
    /// Opens a mapped file, which may be at another path than the one that it was mapped by; what is wrong otherwise is
    /// the end of a sentence.
    pub fn open(
        bytes: &'a Bytes,
        path: &Path,
        mapped: &MappedFile,
        debug_folder: &Path,
    ) -> Result<Self, String> {
        let object = bytes.open(path)?;
        let build_id = object.build_id().ok().flatten().unwrap_or_default();
        let build_id = hexadecimal(build_id);
        if !mapped.build_id.is_empty() && build_id != mapped.build_id {
            return Err(format!(
                "it is another file than the one of the profile, whose build id is {}",
                mapped.build_id
            ));
        }

        let segments = object.segments().map(|segment| {
            let (file_offset, size) = segment.file_range();
            Segment {
                file_offset,
                size,
                address: segment.address(),
            }
        });
        let segments = segments.collect();
        let name = mapped.name.clone();
        // Siblings of the file are those of its own path, and not of one in /proc.
        let path = Path::new(&name);
        let (debug, debug_path) = if has_lines(&object) {
            (object, path.to_owned())
        } else {
            match separate::debug_file(bytes, &object, path, debug_folder) {
                Some((debug, debug_path)) => (debug, debug_path),
                None => (object, path.to_owned()),
            }
        };
        let (lines, unreadable) = match Lines::read(bytes, &debug, &debug_path) {
            Ok(lines) => (lines, None),
            Err(reason) => (None, Some(reason)),
        };
        Ok(Self {
            name,
            segments,
            lines,
            table: Table::of(debug),
            unreadable,
        })
    }

    /// What is executed at a place in the file, the innermost function first; nothing if nothing is known.
    pub fn frames(&self, file_offset: u64) -> Vec<Frame> {
        let Some(address) = self.address(file_offset) else {
            return Vec::new();
        };
        let symbol = self.table.name(address);
        let mut places = match &self.lines {
            Some(lines) => lines.places(address),
            None => Vec::new(),
        };
        match places.last_mut() {
            // Debug information may have no more than its bare name, but the linker knows the whole.
            Some(outermost) if outermost.linkage_name.is_none() => outermost.linkage_name = symbol,
            Some(_) => {}
            None if symbol.is_some() => places.push(names::Place {
                linkage_name: symbol,
                ..names::Place::default()
            }),
            None => {}
        }
        places.into_iter().filter_map(names::Place::frame).collect()
    }

    fn address(&self, file_offset: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let inside = file_offset.checked_sub(segment.file_offset)?;
            (inside < segment.size).then(|| segment.address.wrapping_add(inside))
        })
    }

    /// Whether there is no debug information at all, as in most C libraries.
    pub fn is_without_lines(&self) -> bool {
        self.lines.is_none() && self.unreadable.is_none()
    }

    /// What else could not be told, and why, as sentences.
    pub fn lacks(&self) -> impl Iterator<Item = String> {
        let name = &self.name;
        let unreadable = self.unreadable.as_ref();
        let unreadable = unreadable.map(|reason| format!("no lines of {name}: {reason}"));
        let missing = self.lines.as_ref().map_or(0, Lines::missing);
        let missing = (missing > 0).then(|| {
            format!(
                "no inlined functions in parts of {name}: {missing} files with its split debug information (.dwp \
                 beside it, or .dwo where it was built) are not there"
            )
        });
        unreadable.into_iter().chain(missing)
    }
}

fn has_lines(object: &ObjectFile<'_>) -> bool {
    object.section_by_name(".debug_info").is_some()
}
