//! Forgets what a report does not tell apart: lines, files, addresses, inlined frames.

use profile::Profile;

use crate::options::Granularity;

/// What is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Functions by their names, or only files.
    pub functions: bool,
    /// Files of functions.
    pub files: bool,
    /// Lines in files.
    pub lines: bool,
    /// Columns in lines.
    pub columns: bool,
    /// Addresses of instructions.
    pub addresses: bool,
    /// What was inlined.
    pub inlines: bool,
}

impl Detail {
    /// What belongs to a granularity; functions if there is none.
    pub fn of(granularity: Option<Granularity>, columns: bool, inlines: bool) -> Self {
        let granularity = granularity.unwrap_or(Granularity::Functions);
        // All columns are there with all the rest, unless something must be put together anyway.
        let whole = granularity == Granularity::Addresses && inlines;
        let lines = matches!(granularity, Granularity::Lines | Granularity::Addresses);
        Self {
            functions: granularity != Granularity::Files,
            files: granularity != Granularity::Functions,
            lines,
            columns: lines && (columns || whole),
            addresses: granularity == Granularity::Addresses,
            inlines,
        }
    }

    /// Forgets the rest.
    pub fn reduce(self, profile: &mut Profile) {
        for mapping in &mut profile.mappings {
            mapping.has_inline_frames &= self.inlines;
            mapping.has_functions &= self.functions;
            mapping.has_filenames &= self.files;
            mapping.has_line_numbers &= self.lines;
        }
        for function in &mut profile.functions {
            if !self.functions {
                (function.name, function.system_name) = (0, 0);
            }
            if !self.files {
                function.filename = 0;
            }
        }
        for location in &mut profile.locations {
            if !self.inlines && location.lines.len() > 1 {
                location.lines.drain(..location.lines.len() - 1);
            }
            for line in &mut location.lines {
                if !self.lines {
                    line.line = 0;
                }
                if !self.columns {
                    line.column = 0;
                }
            }
            if !self.addresses {
                location.address = 0;
            }
        }
    }
}
