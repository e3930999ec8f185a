//! The messages of `profile.proto`, with its field numbers. Lists have a plural name here, and nothing else differs.
//!
//! Texts stand in [`Profile::strings`]; wherever a field is a text's index there, 0 is the empty one. In a
//! profile that was decoded or built, ids count from 1 in the order of their list, so that each lookup is one step;
//! whoever changes a profile keeps it so.

/// A profile: samples, and what they refer to.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Profile {
    /// What each of a sample's values is, such as `cpu` in `nanoseconds`.
    #[prost(message, repeated, tag = "1")]
    pub sample_types: Vec<ValueType>,
    /// What was measured.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Where the program's files were in its memory; the first is the main program.
    #[prost(message, repeated, tag = "3")]
    pub mappings: Vec<Mapping>,
    /// The places that stacks consist of.
    #[prost(message, repeated, tag = "4")]
    pub locations: Vec<Location>,
    /// The functions that lines belong to.
    #[prost(message, repeated, tag = "5")]
    pub functions: Vec<Function>,
    /// All texts; the first is empty.
    #[prost(string, repeated, tag = "6")]
    pub strings: Vec<String>,
    /// Text: a regular expression; frames of matching functions are left out, with what they called.
    #[prost(int64, tag = "7")]
    pub drop_frames: i64,
    /// Text: a regular expression; matching functions stay, though `drop_frames` matches them.
    #[prost(int64, tag = "8")]
    pub keep_frames: i64,
    /// When it was taken, in nanoseconds since 1970 (UTC).
    #[prost(int64, tag = "9")]
    pub time_nanos: i64,
    /// How long that took, in nanoseconds, if that says anything.
    #[prost(int64, tag = "10")]
    pub duration_nanos: i64,
    /// What lies between two samples.
    #[prost(message, optional, tag = "11")]
    pub period_type: Option<ValueType>,
    /// How much of it.
    #[prost(int64, tag = "12")]
    pub period: i64,
    /// Texts: sentences for people.
    #[prost(int64, repeated, tag = "13")]
    pub comments: Vec<i64>,
    /// Text: the type of the sample type to show first; if empty, it is the last.
    #[prost(int64, tag = "14")]
    pub default_sample_type: i64,
    /// Text: the address of a page that explains the profile.
    #[prost(int64, tag = "15")]
    pub doc_url: i64,
}

impl Profile {
    /// The text of an index; the empty one if there is none.
    pub fn text(&self, index: i64) -> &str {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.strings.get(index).map_or("", String::as_str)
    }

    /// The mapping of an id; none for 0.
    pub fn mapping(&self, id: u64) -> Option<&Mapping> {
        self.mappings.get(position(id)?)
    }

    /// The location of an id.
    pub fn location(&self, id: u64) -> Option<&Location> {
        self.locations.get(position(id)?)
    }

    /// The function of an id.
    pub fn function(&self, id: u64) -> Option<&Function> {
        self.functions.get(position(id)?)
    }
}

/// Where in its list a thing of this id is.
fn position(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct ValueType {
    /// Text: what is measured, such as `cpu` or `alloc_space`.
    #[prost(int64, tag = "1")]
    pub kind: i64,
    /// Text: its unit, such as `nanoseconds`, `bytes` or `count`.
    #[prost(int64, tag = "2")]
    pub unit: i64,
}

/// A stack with its values.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Sample {
    /// Ids of locations, the leaf first.
    #[prost(uint64, repeated, tag = "1")]
    pub location_ids: Vec<u64>,
    /// One value for each of [`Profile::sample_types`].
    #[prost(int64, repeated, tag = "2")]
    pub values: Vec<i64>,
    /// What else is known about the sample.
    #[prost(message, repeated, tag = "3")]
    pub labels: Vec<Label>,
}

/// A text or a number that a sample is marked with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Message)]
pub struct Label {
    /// Text: what it is about, such as `thread`.
    #[prost(int64, tag = "1")]
    pub key: i64,
    /// Text: its value; if 0, the value is the number.
    #[prost(int64, tag = "2")]
    pub text: i64,
    /// The number, if it is one.
    #[prost(int64, tag = "3")]
    pub number: i64,
    /// Text: the number's unit, such as `bytes`; without one, pprof guesses it from the key.
    #[prost(int64, tag = "4")]
    pub unit: i64,
}

/// A range of addresses that a file was mapped to.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Mapping {
    /// Never 0.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The first address.
    #[prost(uint64, tag = "2")]
    pub start: u64,
    /// The address after the last one.
    #[prost(uint64, tag = "3")]
    pub limit: u64,
    /// Where in the file the first address is, in bytes.
    #[prost(uint64, tag = "4")]
    pub file_offset: u64,
    /// Text: the file, or a name in brackets such as `[vdso]`.
    #[prost(int64, tag = "5")]
    pub file: i64,
    /// Text: what tells this build of the file from all others; on Linux the GNU build id in hexadecimal digits.
    #[prost(int64, tag = "6")]
    pub build_id: i64,
    /// Its locations have functions.
    #[prost(bool, tag = "7")]
    pub has_functions: bool,
    /// Its functions have files.
    #[prost(bool, tag = "8")]
    pub has_filenames: bool,
    /// Its locations have line numbers.
    #[prost(bool, tag = "9")]
    pub has_line_numbers: bool,
    /// Its locations have the frames that were inlined there.
    #[prost(bool, tag = "10")]
    pub has_inline_frames: bool,
}

/// A place in the program that is part of stacks.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Location {
    /// Never 0.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Id of the mapping that it is in, or 0.
    #[prost(uint64, tag = "2")]
    pub mapping_id: u64,
    /// Its address; for a caller, one inside the instruction that called.
    #[prost(uint64, tag = "3")]
    pub address: u64,
    /// The functions that were inlined into each other there, the innermost first; the last one is the function that
    /// has the address.
    #[prost(message, repeated, tag = "4")]
    pub lines: Vec<Line>,
    /// Several functions have the same code, and these lines are of any one of them.
    #[prost(bool, tag = "5")]
    pub is_folded: bool,
}

/// A line of a function's source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Line {
    /// Id of the function.
    #[prost(uint64, tag = "1")]
    pub function_id: u64,
    /// Its number in the file, from 1; 0 if it is not known.
    #[prost(int64, tag = "2")]
    pub line: i64,
    /// The column, from 1; 0 if it is not known.
    #[prost(int64, tag = "3")]
    pub column: i64,
}

/// A function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Function {
    /// Never 0.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Text: its name for people.
    #[prost(int64, tag = "2")]
    pub name: i64,
    /// Text: its name for linkers.
    #[prost(int64, tag = "3")]
    pub system_name: i64,
    /// Text: the file that it is in.
    #[prost(int64, tag = "4")]
    pub filename: i64,
    /// The line that it starts at, from 1; 0 if it is not known.
    #[prost(int64, tag = "5")]
    pub start_line: i64,
}
