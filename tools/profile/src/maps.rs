//! What code is mapped into this process, and from which files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use object::read::elf::ElfFile64;
use object::{Object as _, ReadCache};

/// Where this process' own program can be read, even when its file has been deleted or replaced.
pub(crate) const THIS_PROGRAM: &str = "/proc/self/exe";

/// What the kernel adds to the name of a file that has been deleted since it was mapped.
const DELETED: &str = " (deleted)";

/// A range of addresses that holds code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMapping {
    /// The first address.
    pub start: u64,
    /// The address after the last one.
    pub end: u64,
    /// Where in the file the first address is, in bytes.
    pub file_offset: u64,
    /// The file's path, or a name in brackets such as `[vdso]` where there is no file. That of a library that has been
    /// deleted ends in ` (deleted)`, so that no other file is taken for it; the main program's does not.
    pub file: String,
    /// The GNU build id in hexadecimal digits, or nothing.
    pub build_id: String,
}

/// The code in this process, the main program's first.
///
/// # Errors
/// Where there is no `/proc`.
pub fn of_this_process() -> io::Result<Vec<CodeMapping>> {
    let maps = fs::read("/proc/self/maps")?;
    let program = fs::read_link(THIS_PROGRAM)?;
    let program = program.to_string_lossy();
    let mut mappings = parse(&String::from_utf8_lossy(&maps), &program);
    let program = program.strip_suffix(DELETED).unwrap_or(&program);
    for index in 0..mappings.len() {
        let file = &mappings[index].file;
        // A file of several mappings is read once.
        mappings[index].build_id = match mappings[..index].iter().find(|one| one.file == *file) {
            Some(before) => before.build_id.clone(),
            None if file == program => build_id(Path::new(THIS_PROGRAM)),
            None => build_id(Path::new(file)),
        };
    }
    Ok(mappings)
}

/// The code in the text of `/proc/PID/maps`, that of the file `program` first; build ids are not in it. Lines that are
/// of another form are passed over.
///
/// `program` is as `/proc/PID/exe` has it, with ` (deleted)` if it is.
pub fn parse(maps: &str, program: &str) -> Vec<CodeMapping> {
    let mut mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
    mappings.sort_by_key(|mapping| mapping.file != program);
    if let Some(name) = program.strip_suffix(DELETED) {
        for mapping in mappings
            .iter_mut()
            .filter(|mapping| mapping.file == program)
        {
            mapping.file = name.to_owned();
        }
    }
    mappings
}

/// A line such as `55d0-55e0 r-xp 00002000 08:01 1234      /usr/bin/cat`, if it is of code.
fn mapping(line: &str) -> Option<CodeMapping> {
    let mut rest = line;
    let mut word = || {
        let (word, after) = rest.split_once(' ')?;
        rest = after.trim_start();
        Some(word)
    };
    let (start, end) = word()?.split_once('-')?;
    let executable = word()?.as_bytes().get(2) == Some(&b'x');
    let file_offset = word()?;
    let (_device, _inode) = (word()?, word()?);
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    // Code that was made while the program ran has no name, and nothing could be said about it.
    (executable && !rest.is_empty()).then_some(CodeMapping {
        start: number(start)?,
        end: number(end)?,
        file_offset: number(file_offset)?,
        file: rest.to_owned(),
        build_id: String::new(),
    })
}

/// The GNU build id of an ELF file in hexadecimal digits; nothing if it has none, or cannot be read.
fn build_id(file: &Path) -> String {
    let Ok(opened) = File::open(file) else {
        return String::new();
    };
    let bytes = ReadCache::new(opened);
    let Ok(object) = ElfFile64::<object::LittleEndian, _>::parse(&bytes) else {
        return String::new();
    };
    hexadecimal(object.build_id().ok().flatten().unwrap_or_default())
}

/// As `readelf -n` prints a build id.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55a1c0000000-55a1c0002000 r--p 00000000 08:01 1311 /srv/a service/app
55a1c0002000-55a1c0008000 r-xp 00001000 08:01 1311 /srv/a service/app
7f3fd0000000-7f3fd0100000 r-xp 00000000 00:00 0 
7f3fd8a28000-7f3fd8b7d000 r-xp 00028000 08:01 918  /usr/lib/x86_64-linux-gnu/libc.so.6
7f3fd8c00000-7f3fd8c10000 r-xp 00003000 08:01 919  /srv/plugin.so (deleted)
7ffd0e5f2000-7ffd0e5f4000 r-xp 00000000 00:00 0                          [vdso]
this is no line of it
";

    fn files(program: &str) -> Vec<String> {
        let mappings = parse(MAPS, program);
        mappings.into_iter().map(|mapping| mapping.file).collect()
    }

    #[test]
    fn code_is_found_with_its_place_in_the_file() {
        let mappings = parse(MAPS, "/srv/a service/app");
        assert_eq!(
            mappings[0],
            CodeMapping {
                start: 0x55a1_c000_2000,
                end: 0x55a1_c000_8000,
                file_offset: 0x1000,
                file: "/srv/a service/app".into(),
                build_id: String::new(),
            }
        );
    }

    #[test]
    fn the_main_program_is_first_and_the_rest_keeps_its_order() {
        let libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
        let plugin = "/srv/plugin.so (deleted)";
        assert_eq!(
            files("/srv/a service/app"),
            ["/srv/a service/app", libc, plugin, "[vdso]"]
        );
        assert_eq!(files(libc), [libc, "/srv/a service/app", plugin, "[vdso]"]);
    }

    #[test]
    fn a_deleted_program_has_its_own_name() {
        assert_eq!(files("/srv/plugin.so (deleted)")[0], "/srv/plugin.so");
    }

    #[test]
    fn this_process_has_its_program_first_with_a_build_id() {
        let mappings = of_this_process().expect("/proc is there");
        let program = std::env::current_exe().expect("a path");
        assert_eq!(Path::new(&mappings[0].file), program);
        let here = of_this_process as fn() -> _ as usize as u64;
        assert!(mappings[0].start <= here && here < mappings[0].end);
        assert!(mappings[0].build_id.len() >= 16, "{mappings:?}");
        assert!(mappings.iter().any(|mapping| mapping.file == "[vdso]"));
    }
}
