//! Reads the parts of object files that are asked for.
//!
//! They are read, not mapped: a mapped file that somebody truncates meanwhile would end the process by a signal.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::bufread::ZlibDecoder;
use gimli::{EndianSlice, LittleEndian};
use object::read::CompressionFormat;
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, ReadCache};
use typed_arena::Arena;

/// An object file of which only what was needed has been read. Those of Linux on x86-64 and aarch64 are all of one
/// kind; code for others as well would take a third longer to compile.
pub(super) type ObjectFile<'a> = ElfFile64<'a, object::LittleEndian, &'a ReadCache<File>>;

/// A section's bytes, or a part of them.
pub(super) type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// What a section is that is not there.
pub(super) fn nothing() -> Slice<'static> {
    EndianSlice::new(&[], LittleEndian)
}

/// All that has been read, until everything that refers to it is gone.
#[derive(Default)]
pub(super) struct Bytes {
    files: Arena<ReadCache<File>>,
    unpacked: Arena<Vec<u8>>,
}

impl Bytes {
    /// Opens an object file; what is wrong otherwise is the end of a sentence.
    pub fn open(&self, path: &Path) -> Result<ObjectFile<'_>, String> {
        let unreadable = |error| format!("it cannot be read ({error})");
        // To open a pipe would mean to wait for its other end.
        if !path.metadata().map_err(unreadable)?.is_file() {
            return Err("it is no file".to_owned());
        }
        let file = File::open(path).map_err(unreadable)?;
        let file = self.files.alloc(ReadCache::new(file));
        ElfFile64::parse(&*file).map_err(|_| "it is no ELF file of 64 bits".to_owned())
    }

    /// A section's bytes, without their compression; none if there is no such section.
    pub fn section<'a>(&'a self, object: &ObjectFile<'a>, name: &str) -> Result<Slice<'a>, String> {
        let Some(section) = object.section_by_name(name) else {
            return Ok(nothing());
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
        Ok(EndianSlice::new(bytes, LittleEndian))
    }
}
