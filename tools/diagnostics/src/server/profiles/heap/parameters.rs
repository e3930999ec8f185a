//! What a request asks for.

use crate::server::query::{OF_THE_SCRIPT, SECONDS, number, pairs};

/// Go's page collects garbage first if `gc=1`. Here is none to collect, so whoever scrapes Go's pages is answered all
/// the same.
const OF_GO: [&str; 1] = ["gc"];

/// What is measured: Go's four types, in the order in which a sample has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    AllocObjects,
    AllocSpace,
    InuseObjects,
    InuseSpace,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [
        Self::AllocObjects,
        Self::AllocSpace,
        Self::InuseObjects,
        Self::InuseSpace,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AllocObjects => "alloc_objects",
            Self::AllocSpace => "alloc_space",
            Self::InuseObjects => "inuse_objects",
            Self::InuseSpace => "inuse_space",
        }
    }

    fn is_space(self) -> bool {
        matches!(self, Self::AllocSpace | Self::InuseSpace)
    }

    pub(super) fn go_unit(self) -> &'static str {
        if self.is_space() { "bytes" } else { "count" }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::AllocObjects => "Blocks allocated",
            Self::AllocSpace => "Memory allocated",
            Self::InuseObjects => "Blocks in use",
            Self::InuseSpace => "Memory in use",
        }
    }

    /// How a picture prints it.
    pub(super) fn unit(self) -> &'static str {
        if self.is_space() { "KiB" } else { "blocks" }
    }

    pub(super) fn factor(self) -> f64 {
        if self.is_space() { 1.0 / 1024.0 } else { 1.0 }
    }
}

#[derive(Debug)]
pub(super) struct Parameters {
    /// What has come in so many seconds, in place of all since the start.
    pub(super) seconds: Option<u64>,
    pub(super) symbolize: bool,
    pub(super) kind: Kind,
}

impl Parameters {
    /// Of `heap` and `allocs`.
    pub(super) fn of_profile(query: &str) -> Result<Self, String> {
        Self::parse(query, &["seconds", "symbolize"], &OF_GO)
    }

    /// Of `flamegraph`.
    pub(super) fn of_flamegraph(query: &str) -> Result<Self, String> {
        Self::parse(query, &["seconds", "type"], &OF_THE_SCRIPT)
    }

    fn parse(query: &str, known: &[&str], passed_over: &[&str]) -> Result<Self, String> {
        let mut parameters = Self {
            seconds: None,
            symbolize: true,
            kind: Kind::InuseSpace,
        };
        for pair in pairs(query, known, passed_over) {
            let (name, value) = pair?;
            match name {
                "seconds" => parameters.seconds = Some(number(name, value, SECONDS)?),
                "symbolize" => parameters.symbolize = number(name, value, 0..=1)? == 1,
                _ => parameters.kind = kind(value)?,
            }
        }
        Ok(parameters)
    }
}

fn kind(value: &str) -> Result<Kind, String> {
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == value);
    found.ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name).join(", ");
        format!("There is no type {value:?}; this page has cpu, {names}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_all_since_the_start() {
        let asked = Parameters::of_profile("").expect("nothing is wrong");
        assert!(asked.seconds.is_none() && asked.symbolize);
        let asked = Parameters::of_profile("gc=1&seconds=300&symbolize=0");
        let asked = asked.expect("nothing is wrong");
        assert_eq!((asked.seconds, asked.symbolize), (Some(300), false));
        let asked = Parameters::of_flamegraph("type=alloc_space&x=1&y=2&s=word");
        assert_eq!(asked.expect("nothing is wrong").kind, Kind::AllocSpace);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (query, told) in [
            ("seconds=0", "from 1 to 300"),
            ("seconds=301", "from 1 to 300"),
            ("symbolize=yes", "from 0 to 1"),
            ("debug=1", "this page has seconds, symbolize."),
        ] {
            let reason = Parameters::of_profile(query).expect_err(query);
            assert!(reason.contains(told), "{query}: {reason}");
        }
        let reason = Parameters::of_flamegraph("type=heap").expect_err("no type");
        assert!(
            reason.contains("cpu, alloc_objects, alloc_space,"),
            "{reason}"
        );
    }
}
