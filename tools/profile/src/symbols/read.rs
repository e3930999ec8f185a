//! Reads the parts of object files that are asked for.
//!
//! They are read, not mapped: a mapped file that somebody truncates meanwhile would end the process by a signal.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::bufread::ZlibDecoder;
use gimli::{EndianSlice, RunTimeEndian};
use object::read::CompressionFormat;
use object::{Object as _, ObjectSection as _, ReadCache};
use typed_arena::Arena;

/// An object file of which only what was needed has been read.
pub(super) type ObjectFile<'a> = object::File<'a, &'a ReadCache<File>>;

/// A section's bytes, or a part of them.
pub(super) type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// All that has been read, until everything that refers to it is gone.
#[derive(Default)]
pub(super) struct Bytes {
    files: Arena<ReadCache<File>>,
    unpacked: Arena<Vec<u8>>,
}

impl Bytes {
    /// Opens an object file; what is wrong otherwise is the end of a sentence.
    pub fn open(&self, path: &Path) -> Result<ObjectFile<'_>, String> {
        let file = File::open(path).map_err(|error| format!("it cannot be read ({error})"))?;
        let file = self.files.alloc(ReadCache::new(file));
        object::File::parse(&*file).map_err(|_| "it is no ELF file".to_owned())
    }

    /// A section's bytes, without their compression; none if there is no such section.
    pub fn section<'a>(&'a self, object: &ObjectFile<'a>, name: &str) -> Result<Slice<'a>, String> {
        let endian = endian(object);
        let Some(section) = object.section_by_name(name) else {
            return Ok(EndianSlice::new(&[], endian));
        };
        let unreadable = |error| format!("its {name} cannot be read ({error})");
        let data = section
            .compressed_data()
            .map_err(|error| unreadable(error.to_string()))?;
        let bytes = match data.format {
            CompressionFormat::None => data.data,
            CompressionFormat::Zlib => {
                let mut unpacked = Vec::new();
                ZlibDecoder::new(data.data)
                    .take(data.uncompressed_size)
                    .read_to_end(&mut unpacked)
                    .map_err(|error| unreadable(error.to_string()))?;
                self.unpacked.alloc(unpacked)
            }
            _ => {
                return Err(unreadable(
                    "it is compressed with something else than zlib".into(),
                ));
            }
        };
        Ok(EndianSlice::new(bytes, endian))
    }
}

/// The order of bytes in an object file.
pub(super) fn endian(object: &ObjectFile<'_>) -> RunTimeEndian {
    if object.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    }
}
