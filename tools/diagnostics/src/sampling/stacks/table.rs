//! Call frame information, made for being searched in a signal handler: sorted rows of 6 bytes.
//!
//! There are hundreds of thousands of rows and some hundred different rules, so a row is an offset and a number.

use std::collections::HashMap;
use std::ops::Range;

use gimli::{BaseAddresses, CieOrFde, EhFrame, NativeEndian, UnwindContext, UnwindSection as _};

use super::loaded::{CallFrames, Module};
use super::rules::Rule;

pub(super) struct Table {
    /// The program's own code.
    executable: Range<usize>,
    /// By address.
    modules: Vec<Rows>,
    /// Where each row starts, from the start of its module's code; sorted within a module.
    starts: Vec<u32>,
    /// The rule of each row, as an index of `distinct`.
    rules: Vec<u16>,
    distinct: Vec<Rule>,
    without_information: Vec<String>,
}

/// The rows of one module.
struct Rows {
    code: Range<usize>,
    rows: Range<usize>,
}

/// The index of [`Rule::UNKNOWN`].
const UNKNOWN: u16 = 0;

impl Table {
    /// The first module is the program itself.
    pub(super) fn new(modules: &[Module]) -> Self {
        let mut table = Self::empty(modules.first().map_or(0..0, |first| first.code.clone()));
        let mut known = HashMap::from([(Rule::UNKNOWN, UNKNOWN)]);
        for module in modules {
            let first = table.starts.len();
            if let Some(call_frames) = &module.call_frames {
                let mut rows = rows(call_frames, &module.code, &mut |rule| {
                    *known.entry(rule).or_insert_with(|| {
                        let index = u16::try_from(table.distinct.len()).unwrap_or(UNKNOWN);
                        if index != UNKNOWN {
                            table.distinct.push(rule);
                        }
                        index
                    })
                });
                table.append(&mut rows);
            }
            if table.starts.len() == first {
                table.without_information.push(module.name.clone());
            } else {
                table.modules.push(Rows {
                    code: module.code.clone(),
                    rows: first..table.starts.len(),
                });
            }
        }
        table.modules.sort_by_key(|module| module.code.start);
        table.starts.shrink_to_fit();
        table.rules.shrink_to_fit();
        table
    }

    /// Without any information: it knows what is the program's own code.
    pub(super) fn empty(executable: Range<usize>) -> Self {
        Self {
            executable,
            modules: Vec::new(),
            starts: Vec::new(),
            rules: Vec::new(),
            distinct: vec![Rule::UNKNOWN],
            without_information: Vec::new(),
        }
    }

    /// Sorts one module's rows, and fills the gaps between them.
    fn append(&mut self, rows: &mut [Row]) {
        rows.sort_by_key(|row| row.start);
        let (mut end, mut last) = (0, None);
        for row in rows {
            // Code that two descriptions claim belongs to the first one.
            let start = row.start.max(end);
            if start >= row.end {
                continue;
            }
            if end < start && last != Some(UNKNOWN) {
                self.starts.push(end);
                self.rules.push(UNKNOWN);
                last = Some(UNKNOWN);
            }
            if last != Some(row.rule) {
                self.starts.push(start);
                self.rules.push(row.rule);
                last = Some(row.rule);
            }
            end = row.end;
        }
        self.starts.push(end);
        self.rules.push(UNKNOWN);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    #[cfg(test)]
    pub(super) fn executable(&self) -> &Range<usize> {
        &self.executable
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn without_information(&self) -> &[String] {
        &self.without_information
    }

    #[inline]
    pub(super) fn in_executable(&self, address: usize) -> bool {
        self.executable.contains(&address)
    }

    /// What holds at this address.
    pub(super) fn rule(&self, address: usize) -> Rule {
        self.find(address).unwrap_or(Rule::UNKNOWN)
    }

    fn find(&self, address: usize) -> Option<Rule> {
        let after = self
            .modules
            .partition_point(|module| module.code.start <= address);
        let module = self.modules.get(after.checked_sub(1)?)?;
        let offset = u32::try_from(address - module.code.start).ok()?;
        let starts = self.starts.get(module.rows.clone())?;
        let row = starts
            .partition_point(|&start| start <= offset)
            .checked_sub(1)?;
        let rule = self.rules.get(module.rows.start + row)?;
        self.distinct.get(usize::from(*rule)).copied()
    }
}

/// From `start` to `end`, counted from the start of the module's code, this rule holds.
struct Row {
    start: u32,
    end: u32,
    rule: u16,
}

/// All rows of a module. What cannot be read is left out: behind the last description there may be anything.
fn rows(
    call_frames: &CallFrames,
    code: &Range<usize>,
    number: &mut dyn FnMut(Rule) -> u16,
) -> Vec<Row> {
    let section = EhFrame::new(&call_frames.bytes, NativeEndian);
    let bases = BaseAddresses::default().set_eh_frame(call_frames.address as u64);
    let mut context = UnwindContext::new();
    let mut rows = Vec::new();
    let mut entries = section.entries(&bases);
    let mut last_cie = None;
    let within = |address: u64| {
        let address = usize::try_from(address).ok()?.clamp(code.start, code.end);
        u32::try_from(address - code.start).ok()
    };
    while let Ok(Some(entry)) = entries.next() {
        let CieOrFde::Fde(fde) = entry else { continue };
        // Neighbours nearly always share theirs.
        let fde = fde.parse(|section, bases, offset| match &last_cie {
            Some((known, cie)) if *known == offset => Ok(Clone::clone(cie)),
            _ => {
                let cie = section.cie_from_offset(bases, offset)?;
                last_cie = Some((offset, cie.clone()));
                Ok(cie)
            }
        });
        let Ok(fde) = fde else { continue };
        let Ok(mut table) = fde.rows(&section, &bases, &mut context) else {
            continue;
        };
        while let Ok(Some(row)) = table.next_row() {
            let range = (within(row.start_address()), within(row.end_address()));
            if let (Some(start), Some(end)) = range
                && start < end
            {
                let rule = number(Rule::of(row, &section));
                rows.push(Row { start, end, rule });
            }
        }
    }
    rows
}
