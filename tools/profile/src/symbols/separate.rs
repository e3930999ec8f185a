//! Debug information that was taken out of a file and has one of its own, as Debian's packages with `-dbgsym` have.

use std::path::{Path, PathBuf};

use flate2::Crc;
use object::Object as _;

use super::read::{Bytes, ObjectFile};
use crate::maps::hexadecimal;

/// The file with the debug information of another one, which has none itself.
///
/// It is where debuggers look: by the build id below the folder, then by the name in `.gnu_debuglink` beside the file,
/// in `.debug`, and below the folder again.
pub(super) fn debug_file<'a>(
    bytes: &'a Bytes,
    object: &ObjectFile<'a>,
    path: &Path,
    folder: &Path,
) -> Option<(ObjectFile<'a>, PathBuf)> {
    let build_id = object.build_id().ok().flatten();
    if let Some((first, rest)) = build_id.and_then(|id| id.split_first()) {
        let name = format!("{}.debug", hexadecimal(rest));
        let place = folder
            .join(".build-id")
            .join(hexadecimal(&[*first]))
            .join(name);
        if let Ok(debug) = bytes.open(&place)
            && debug.build_id().ok().flatten() == build_id
        {
            return Some((debug, place));
        }
    }

    let (name, checksum) = object.gnu_debuglink().ok().flatten()?;
    let (name, beside) = (String::from_utf8_lossy(name), path.parent()?);
    let below = folder.join(beside.strip_prefix("/").unwrap_or(beside));
    let places = [beside.to_owned(), beside.join(".debug"), below];
    places.into_iter().find_map(|place| {
        let place = place.join(&*name);
        let debug = bytes.open(&place).ok()?;
        let is_it = match build_id {
            Some(id) => debug.build_id().ok().flatten() == Some(id),
            None => crc(&place) == Some(checksum),
        };
        is_it.then_some((debug, place))
    })
}

/// The checksum that `.gnu_debuglink` has of a file without a build id.
fn crc(path: &Path) -> Option<u32> {
    let mut crc = Crc::new();
    crc.update(&std::fs::read(path).ok()?);
    Some(crc.sum())
}
