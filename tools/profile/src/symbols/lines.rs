//! Functions and lines from debug information.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use addr2line::{Context, Frame, LookupContinuation as _, LookupResult, SplitDwarfLoad};
use gimli::{
    AbbreviationsCacheStrategy, AttributeValue, Dwarf, DwarfPackage, Reader as _, Section as _,
    SectionId, UnitOffset, UnitRef,
};

use super::names::Place;
use super::read::{Bytes, ObjectFile, Slice, nothing};

/// The debug information of one file.
pub(super) struct Lines<'a> {
    bytes: &'a Bytes,
    context: Context<Slice<'a>>,
    /// The split debug information of all units, if it is packed into one file.
    package: Option<DwarfPackage<Slice<'a>>>,
    /// Files with split debug information that are not there.
    missing: RefCell<BTreeSet<PathBuf>>,
}

impl<'a> Lines<'a> {
    /// Reads the debug information of a file, whose path says where that of its units may lie beside it; none if it has
    /// none. What is wrong is the end of a sentence.
    pub fn read(
        bytes: &'a Bytes,
        object: &ObjectFile<'a>,
        path: &Path,
    ) -> Result<Option<Self>, String> {
        let mut dwarf = Dwarf::load(|section| match section {
            // Where variables are, and more of what nobody asks for here.
            SectionId::DebugLoc | SectionId::DebugLocLists => Ok(nothing()),
            SectionId::DebugMacinfo | SectionId::DebugMacro => Ok(nothing()),
            SectionId::DebugNames | SectionId::DebugTypes => Ok(nothing()),
            needed => bytes.section(object, needed.name()),
        })?;
        if dwarf.debug_info.reader().is_empty() {
            return Ok(None);
        }
        dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::Duplicates);
        let context = Context::from_dwarf(dwarf)
            .map_err(|error| format!("its debug information is damaged ({error})"))?;
        Ok(Some(Self {
            bytes,
            context,
            package: package(bytes, path),
            missing: RefCell::default(),
        }))
    }

    /// What is executed at an address, the innermost function first. Where debug information is damaged, it is as if
    /// there were none.
    pub fn places(&self, address: u64) -> Vec<Place> {
        self.frames(address).unwrap_or_default()
    }

    /// How many files with split debug information are not there, as far as they were looked for.
    pub fn missing(&self) -> usize {
        self.missing.borrow().len()
    }

    fn frames(&self, address: u64) -> Result<Vec<Place>, gimli::Error> {
        let mut lookup = self.context.find_frames(address);
        let mut frames = loop {
            lookup = match lookup {
                LookupResult::Output(frames) => break frames?,
                LookupResult::Load { load, continuation } => continuation.resume(self.split(&load)),
            };
        };
        // What it needs has just been loaded.
        let unit = self.context.find_dwarf_and_unit(address).skip_all_loads();
        let mut places = Vec::new();
        while let Some(frame) = frames.next()? {
            places.push(place(&frame, unit)?);
        }
        Ok(places)
    }

    /// The split debug information of a unit.
    fn split(&self, load: &SplitDwarfLoad<Slice<'a>>) -> Option<Arc<Dwarf<Slice<'a>>>> {
        if let Some(package) = &self.package
            && let Ok(Some(dwarf)) = package.find_cu(load.dwo_id, &load.parent)
        {
            return Some(Arc::new(dwarf));
        }
        let parts = [load.comp_dir.as_ref(), load.path.as_ref()];
        let parts = parts
            .into_iter()
            .flatten()
            .map(|part| part.to_string_lossy());
        let path: PathBuf = parts.map(|part| PathBuf::from(&*part)).collect();
        let dwarf = self.split_in(&path, load);
        if dwarf.is_none() {
            self.missing.borrow_mut().insert(path);
        }
        dwarf.map(Arc::new)
    }

    fn split_in(&self, path: &Path, load: &SplitDwarfLoad<Slice<'a>>) -> Option<Dwarf<Slice<'a>>> {
        let object = self.bytes.open(path).ok()?;
        let section = |name: Option<&'static str>| match name {
            Some(name) => self.bytes.section(&object, name),
            None => Ok(nothing()),
        };
        let mut dwarf = Dwarf::load(|id| section(id.dwo_name())).ok()?;
        let header = dwarf.units().next().ok()??;
        // It may have been built again since.
        (dwarf.unit(header).ok()?.dwo_id? == load.dwo_id).then(|| {
            dwarf.make_dwo(&load.parent);
            dwarf
        })
    }
}

/// The split debug information that lies beside a file, as `app.dwp` beside `app`.
fn package<'a>(bytes: &'a Bytes, path: &Path) -> Option<DwarfPackage<Slice<'a>>> {
    let mut name = path.file_name()?.to_owned();
    name.push(".dwp");
    let object = bytes.open(&path.with_file_name(name)).ok()?;
    let section = |name: Option<&'static str>| match name {
        Some(name) => bytes.section(&object, name).unwrap_or(nothing()),
        None => nothing(),
    };
    DwarfPackage::load(
        |id| Ok::<_, gimli::Error>(section(id.dwo_name())),
        nothing(),
    )
    .ok()
}

fn place<'a>(
    frame: &Frame<'_, Slice<'a>>,
    unit: Option<UnitRef<'_, Slice<'a>>>,
) -> Result<Place, gimli::Error> {
    let mut place = Place::default();
    if let (Some(unit), Some(entry)) = (unit, frame.dw_die_offset) {
        describe(&mut place, unit, entry);
    }
    if let Some(function) = &frame.function {
        let name = function.raw_name()?.into_owned();
        // It is the bare one where the debug information has no other.
        if place.name.as_ref() != Some(&name) {
            place.linkage_name = Some(name);
        }
    }
    if let Some(location) = &frame.location {
        place.file = location.file.unwrap_or_default().to_owned();
        place.line = location.line.unwrap_or_default().into();
        place.column = location.column.unwrap_or_default().into();
    }
    Ok(place)
}

/// Adds what a function's entry says, and what those say that it is an instance of.
fn describe<'a>(place: &mut Place, unit: UnitRef<'_, Slice<'a>>, entry: UnitOffset) {
    let mut next = Some(entry);
    // An inlined call refers to its function, which may refer to a declaration. More would be a circle.
    for _ in 0..3 {
        let Some(Ok(entry)) = next.map(|offset| unit.entry(offset)) else {
            return;
        };
        if place.name.is_none() {
            let name = entry.attr_value(gimli::DW_AT_name);
            let name = name.and_then(|name| unit.attr_string(name).ok());
            place.name = name.map(|name| name.to_string_lossy().into_owned());
        }
        if place.start_line == 0 {
            let line = entry.attr(gimli::DW_AT_decl_line);
            let line = line.and_then(|line| line.udata_value());
            place.start_line = line.map_or(0, |line| i64::try_from(line).unwrap_or_default());
        }
        let origin = entry.attr_value(gimli::DW_AT_abstract_origin);
        next = match origin.or_else(|| entry.attr_value(gimli::DW_AT_specification)) {
            Some(AttributeValue::UnitRef(origin)) => Some(origin),
            _ => None,
        };
    }
}
