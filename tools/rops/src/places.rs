//! What becomes a row of a report: each function, line or address of a profile once.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use profile::Profile;
use profile::proto::{Line, Location};

/// What is known about one row. What the report does not tell apart is empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place<'p> {
    /// The function's name.
    pub name: Cow<'p, str>,
    /// The address.
    pub address: u64,
    /// The file, without `.` and `..` in its path.
    pub file: Cow<'p, str>,
    /// The line where the function begins.
    pub start_line: i64,
    /// The line.
    pub line: i64,
    /// The column.
    pub column: i64,
    /// The binary.
    pub object: &'p str,
}

impl Place<'_> {
    /// The address, the name, and where it is, as far as it is known.
    pub fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.address != 0 {
            parts.push(format!("{:016x}", self.address));
        }
        if !self.name.is_empty() {
            parts.push(self.name.to_string());
        }
        let (file, line, column) = (&self.file, self.line, self.column);
        match (line, column) {
            (0, _) if !file.is_empty() => parts.push(file.to_string()),
            (0, _) if !self.name.is_empty() => {}
            (0, _) if !self.object.is_empty() => parts.push(format!("[{}]", base(self.object))),
            (0, _) => parts.push("<unknown>".into()),
            (_, 0) => parts.push(format!("{file}:{line}")),
            _ => parts.push(format!("{file}:{line}:{column}")),
        }
        parts
    }

    /// Decides where nothing else does, in the order of Go's tool.
    pub fn last_resort(&self) -> String {
        let Self {
            name,
            address,
            file,
            start_line,
            line,
            column,
            object,
        } = self;
        format!("{{{name}  {address} {file} {start_line} {line} {column} {object}}}")
    }
}

/// The last part of a path.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") if path.is_empty() => ".",
        Some("") | None => "/",
        Some(base) => base,
    }
}

/// A path without empty parts, `.`, and `..` where that is possible.
pub fn clean(path: &str) -> Cow<'_, str> {
    let odd = |part: &str| matches!(part, "" | "." | "..");
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    if path.is_empty() || !parts.any(odd) {
        return path.into();
    }
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            part => kept.push(part),
        }
    }
    let kept = kept.join("/");
    match (rooted, kept.as_str()) {
        (true, _) => format!("/{kept}").into(),
        (false, "") => ".".into(),
        (false, _) => kept.into(),
    }
}

/// All rows that there may be, and which of them each location is.
#[derive(Debug)]
pub struct Places<'p> {
    /// The rows.
    pub all: Vec<Place<'p>>,
    /// How each is written in one line.
    pub names: Vec<String>,
    /// For all locations one after the other: the rows of their lines, the innermost first.
    rows: Vec<u32>,
    /// Where those of each location begin, and where the last ones end.
    starts: Vec<u32>,
}

impl<'p> Places<'p> {
    /// The rows of a profile. The binary tells rows apart `with_objects`, and where there is no name.
    pub fn of(profile: &'p Profile, with_objects: bool) -> Self {
        let files: Vec<Cow<'p, str>> = profile
            .functions
            .iter()
            .map(|one| clean(profile.text(one.filename)))
            .collect();
        let mut places = Self {
            all: Vec::new(),
            names: Vec::new(),
            rows: Vec::new(),
            starts: vec![0],
        };
        let mut known: HashMap<Place<'p>, u32, RandomState> = HashMap::default();
        // Most lines are of a row that there is, and numbers are sooner compared than texts.
        let mut same: HashMap<(u64, u64, Line), u32, RandomState> = HashMap::default();
        for location in &profile.locations {
            let mut row_of = |place: Place<'p>| {
                let next = known.len() as u32;
                *known.entry(place).or_insert(next)
            };
            if location.lines.is_empty() {
                places.rows.push(row_of(Place {
                    address: location.address,
                    object: object(profile, location),
                    ..Place::default()
                }));
            }
            for line in &location.lines {
                let of_line = || of_line(profile, location, line, &files, with_objects);
                let numbers = (location.mapping_id, location.address, *line);
                let row = same.entry(numbers).or_insert_with(|| row_of(of_line()));
                places.rows.push(*row);
            }
            places.starts.push(places.rows.len() as u32);
        }
        places.all = vec![Place::default(); known.len()];
        for (place, row) in known {
            places.all[row as usize] = place;
        }
        places.names = places
            .all
            .iter()
            .map(|place| place.parts().join(" "))
            .collect();
        places
    }

    /// Which locations have no row that is kept: most of a large profile, and nothing else need be known of them.
    pub fn left_out(&self, kept: Option<&[bool]>) -> Vec<bool> {
        let all = self
            .starts
            .windows(2)
            .map(|ends| ends[0] as usize..ends[1] as usize);
        let is_kept = |&row: &u32| kept.is_none_or(|kept| kept[row as usize]);
        all.map(|rows| !self.rows[rows].iter().any(is_kept))
            .collect()
    }

    /// The rows of a location, the innermost first.
    pub fn of_location(&self, id: u64) -> &[u32] {
        let place = id.wrapping_sub(1) as usize;
        match self.starts.get(place..place.saturating_add(2)) {
            Some(&[start, end]) => &self.rows[start as usize..end as usize],
            _ => &[],
        }
    }
}

fn object<'p>(profile: &'p Profile, location: &Location) -> &'p str {
    let mapping = profile.mapping(location.mapping_id);
    mapping.map_or("", |mapping| profile.text(mapping.file))
}

fn of_line<'p>(
    profile: &'p Profile,
    location: &Location,
    line: &Line,
    files: &[Cow<'p, str>],
    with_objects: bool,
) -> Place<'p> {
    let index = (line.function_id as usize).wrapping_sub(1);
    let function = profile.functions.get(index).copied().unwrap_or_default();
    let name = profile.text(function.name);
    let mut place = Place {
        name: name.into(),
        address: location.address,
        file: files.get(index).cloned().unwrap_or_default(),
        line: line.line,
        column: line.column,
        ..Place::default()
    };
    if with_objects || name.is_empty() {
        place.object = object(profile, location);
        place.start_line = function.start_line;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in [
            ("", ""),
            ("a/b", "a/b"),
            ("/a/b", "/a/b"),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
        assert_eq!(base("/srv/app"), "app");
        assert_eq!(base("app/"), "app");
        assert_eq!(base("/"), "/");
    }
}
