//! Functions and lines for the addresses of a profile.

mod image;
mod lines;
mod names;
mod read;
mod separate;
mod table;

use std::collections::HashMap;
use std::mem::take;
use std::path::{Path, PathBuf};

use image::{Frame, Image};
use read::Bytes;

use crate::Profile;
use crate::maps::THIS_PROGRAM;
use crate::proto::{Function, Line};
use crate::strings::Strings;

/// Gives a profile's addresses their functions, lines and inlined frames, out of the files that the mappings name:
/// their debug information (DWARF, also where it was split off into `.dwp`, `.dwo` or `.debug` files), or else their
/// symbol tables.
///
/// Nothing is kept between two profiles: while one is symbolized, the debug information of one file is in memory.
#[derive(Debug, Clone)]
pub struct Symbolizer {
    program: Option<PathBuf>,
    debug_folder: PathBuf,
}

impl Default for Symbolizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Symbolizer {
    /// For profiles of any program; a file that is not the one that was mapped is not used.
    pub fn new() -> Self {
        Self {
            program: None,
            debug_folder: "/usr/lib/debug".into(),
        }
    }

    /// For profiles of this process, whose own program is read even when its file has been deleted or replaced.
    pub fn of_this_process() -> Self {
        Self {
            program: Some(THIS_PROGRAM.into()),
            ..Self::new()
        }
    }

    /// Looks for debug information that has a file of its own (by build id or `.gnu_debuglink`) below this folder, in
    /// place of `/usr/lib/debug`.
    #[must_use]
    pub fn with_debug_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            debug_folder: folder.into(),
            ..self
        }
    }

    /// Fills in the lines of all locations that have none, the functions that they refer to, and the mappings' `has_*`.
    /// Where that is not possible, a sentence among the comments says why, and the locations stay addresses.
    ///
    /// Function names are demangled with whole module paths and without hashes, as in
    /// `<shop::cart::Cart as core::ops::drop::Drop>::drop`; what an async function does is in its
    /// `shop::cart::total::{async_fn#0}`. Debug information of lines alone (`debug = "line-tables-only"`) has no path
    /// for an inlined function, but its bare name.
    pub fn symbolize(&self, profile: &mut Profile) {
        let files = mapped_files(profile);
        let mut additions = Additions::to(profile);
        let mut without_lines = Vec::new();
        for file in files {
            let bytes = Bytes::default();
            match self.open(&bytes, &file) {
                Ok(image) => {
                    for place in file.locations {
                        fill_in(profile, place, &image, &mut additions);
                    }
                    if image.is_without_lines() {
                        without_lines.push(file_name(&file.name).to_owned());
                    }
                    for lack in image.lacks() {
                        additions.comment(profile, &lack);
                    }
                }
                Err(reason) => {
                    let sentence = format!("no functions of {}: {reason}", file.name);
                    additions.comment(profile, &sentence);
                }
            }
        }
        // One sentence for all, since pprof prints the comments above everything else.
        if !without_lines.is_empty() {
            let sentence = format!(
                "no debug information in {}: functions have no lines there, and some no name",
                without_lines.join(", ")
            );
            additions.comment(profile, &sentence);
        }
        profile.strings = additions.strings.into_table();
    }

    fn open<'a>(&self, bytes: &'a Bytes, file: &MappedFile) -> Result<Image<'a>, String> {
        let path = match &self.program {
            Some(program) if file.is_program => program,
            _ => Path::new(&file.name),
        };
        Image::open(bytes, path, file, &self.debug_folder)
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A file with the locations that it shall explain.
struct MappedFile {
    name: String,
    build_id: String,
    is_program: bool,
    /// Places in the profile's list, by address: what is needed for one is then most often there for the next.
    locations: Vec<usize>,
}

/// The files of all locations without lines.
fn mapped_files(profile: &Profile) -> Vec<MappedFile> {
    let mut files: Vec<MappedFile> = Vec::new();
    let mut file_of_mapping = Vec::new();
    for (mapping, place) in profile.mappings.iter().zip(0..) {
        let (name, build_id) = (profile.text(mapping.file), profile.text(mapping.build_id));
        let same = |file: &MappedFile| file.name == name && file.build_id == build_id;
        file_of_mapping.push(files.iter().position(same).unwrap_or(files.len()));
        if file_of_mapping[place] == files.len() {
            files.push(MappedFile {
                name: name.to_owned(),
                build_id: build_id.to_owned(),
                is_program: place == 0,
                locations: Vec::new(),
            });
        }
    }
    for (location, place) in profile.locations.iter().zip(0..) {
        let mapping = (location.mapping_id as usize).wrapping_sub(1);
        if let Some(&file) = file_of_mapping.get(mapping)
            && location.lines.is_empty()
        {
            files[file].locations.push(place);
        }
    }
    // What has a name in brackets, such as [vdso], has no file.
    files.retain(|file| !file.locations.is_empty() && !file.name.starts_with('['));
    for file in &mut files {
        let locations = &mut file.locations;
        locations.sort_unstable_by_key(|&place| profile.locations[place].address);
    }
    files
}

fn fill_in(profile: &mut Profile, place: usize, image: &Image<'_>, additions: &mut Additions) {
    let location = &mut profile.locations[place];
    let mapping = &mut profile.mappings[location.mapping_id as usize - 1];
    let in_mapping = location.address.wrapping_sub(mapping.start);
    let frames = image.frames(in_mapping.wrapping_add(mapping.file_offset));
    for frame in &frames {
        mapping.has_functions = true;
        mapping.has_filenames |= !frame.file.is_empty();
        mapping.has_line_numbers |= frame.line != 0;
        // An address that has a line has all of its frames, too, though there may be only one.
        mapping.has_inline_frames |= frame.line != 0;
    }
    location.lines = frames
        .into_iter()
        .map(|frame| additions.line(&mut profile.functions, frame))
        .collect();
}

/// What a profile gets in addition, each only once.
struct Additions {
    strings: Strings,
    /// Functions without their ids, and the ids.
    functions: HashMap<Function, u64>,
}

impl Additions {
    /// Takes the profile's texts.
    fn to(profile: &mut Profile) -> Self {
        let functions = profile.functions.iter();
        Self {
            strings: Strings::of(take(&mut profile.strings)),
            functions: functions
                .map(|function| (Function { id: 0, ..*function }, function.id))
                .collect(),
        }
    }

    fn comment(&mut self, profile: &mut Profile, sentence: &str) {
        profile.comments.push(self.strings.add(sentence));
    }

    fn line(&mut self, functions: &mut Vec<Function>, frame: Frame) -> Line {
        let function = Function {
            id: 0,
            name: self.strings.add(&frame.name),
            system_name: self.strings.add(&frame.system_name),
            filename: self.strings.add(&frame.file),
            start_line: frame.start_line,
        };
        let id = *self.functions.entry(function).or_insert_with(|| {
            let id = functions.len() as u64 + 1;
            functions.push(Function { id, ..function });
            id
        });
        Line {
            function_id: id,
            line: frame.line,
            column: frame.column,
        }
    }
}
