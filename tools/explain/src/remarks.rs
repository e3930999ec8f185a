//! Why a call was inlined or not: LLVM's remarks.
//!
//! `rustc -C remark=inline` tells them, with the place of the call and mangled names.
//! A remark is about a call in optimized code; the same line may have several. A call that rustc's own inliner
//! took, on MIR, never was one to LLVM: its traces are in the debug information before optimization. Of those
//! only the package's own functions are told, because small functions of std are inlined on every line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde::Serialize;

use crate::debug_info::DebugInfo;
use crate::names::{demangled, short_function};
use crate::source::{Place, Sources};

/// A remark about a call. LLVM puts names into quotation marks or does not.
const REMARK: &str = concat!(
    r"^.*:(?<line>\d+):(?<column>\d+) inline \((?<verdict>success|missed)\): '?(?<callee>[^' ]+)'? ",
    r"(?:not inlined|will not be inlined|inlined) into '?(?<caller>[^' ]+)'? (?<reason>.*)$",
);

/// One decision of an inliner about a call on a line of the package's own code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decision {
    #[serde(flatten)]
    pub place: Place,
    /// The function that is called.
    pub callee: String,
    /// The function that it is called from.
    pub caller: String,
    /// How many other functions it is called from, because that one was inlined there.
    pub other_callers: usize,
    pub inlined: bool,
    /// LLVM's own words: `cost=35, threshold=487`, `noinline function attribute`.
    pub reason: String,
}

/// The decisions about calls in the package's own code, each once: LLVM's from its remarks, and rustc's from
/// the debug information of the unoptimized module.
pub fn decisions(
    remarks: &str,
    unoptimized: &DebugInfo<'_>,
    sources: &Sources,
) -> anyhow::Result<Vec<Decision>> {
    let remark = Regex::new(REMARK)?;
    let remarks = remarks.lines();
    let mut found: BTreeSet<Decision> = remarks
        .filter_map(|line| decision(line, &remark, sources))
        .collect();
    for (callee, caller) in unoptimized.inlined() {
        if let (Some(_), Some(place)) = (callee.file, caller.place()) {
            found.insert(Decision {
                place,
                callee: short_function(&demangled(callee.function)),
                caller: short_function(&demangled(caller.function)),
                other_callers: 0,
                inlined: true,
                reason: "by rustc, before LLVM".to_owned(),
            });
        }
    }
    // Nobody wrote the calls of derived code.
    found.retain(|one| sources.derived(&one.place).is_none());
    Ok(once(found, sources))
}

/// Each call once for each verdict. Of its callers the one is named that it is written in.
fn once(found: BTreeSet<Decision>, sources: &Sources) -> Vec<Decision> {
    let mut calls: BTreeMap<_, Vec<Decision>> = BTreeMap::new();
    for one in found {
        let call = (one.place.clone(), one.callee.clone(), one.inlined);
        let known = calls.entry(call).or_default();
        // Several reasons are several copies of the caller.
        if known.iter().all(|other| other.caller != one.caller) {
            known.push(one);
        }
    }
    let calls = calls.into_iter();
    calls
        .map(|((place, ..), mut callers)| {
            let around = sources.function_around(&place);
            let written = |one: &Decision| {
                let plain = one.caller.split("::{closure").next().unwrap_or_default();
                around.is_some_and(|name| plain.rsplit("::").next() == Some(name))
            };
            let at = callers.iter().position(written).unwrap_or(0);
            let other_callers = callers.len() - 1;
            Decision {
                other_callers,
                ..callers.swap_remove(at)
            }
        })
        .collect()
}

fn decision(line: &str, remark: &Regex, sources: &Sources) -> Option<Decision> {
    // Most are about dependencies.
    let verdicts = [" inline (missed): ", " inline (success): "];
    let (place, _) = verdicts
        .iter()
        .find_map(|verdict| line.rsplit_once(verdict))?;
    let file = sources.own(Path::new(place.rsplitn(3, ':').nth(2)?))?;
    let remark = remark.captures(line)?;
    let inlined = &remark["verdict"] == "success";
    let callee = demangled(&remark["callee"]);
    if is_implied(&callee, inlined) {
        return None;
    }
    Some(Decision {
        place: Place {
            file: file.to_owned(),
            line: remark["line"].parse().ok()?,
            column: remark["column"].parse().ok()?,
        },
        callee: short_function(&callee),
        caller: short_function(&demangled(&remark["caller"])),
        other_callers: 0,
        inlined,
        reason: reason(&remark["reason"]),
    })
}

/// Calls that are in nobody's source: what a closing brace runs, checks that panic, and what `?` and `.await`
/// stand for, as long as nothing is left of it.
fn is_implied(callee: &str, inlined: bool) -> bool {
    const SUGAR: [&str; 4] = [
        "as core::ops::try_trait::Try>::branch",
        "as core::ops::try_trait::FromResidual",
        "as core::future::into_future::IntoFuture>::into_future",
        "<core::pin::Pin<",
    ];
    callee.starts_with("core::ptr::drop_in_place")
        || callee.starts_with("core::panicking::")
        || inlined && SUGAR.iter().any(|sugar| callee.contains(sugar))
}

/// The words that say why, without the place, which the line has already.
fn reason(text: &str) -> String {
    let text = text.trim_end_matches(';');
    let text = text.split(" at callsite ").next().unwrap_or(text);
    let text = text
        .strip_prefix("because ")
        .or_else(|| text.strip_prefix("with "))
        .unwrap_or(text);
    let whole = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    match whole {
        Some(inner) if !inner.contains('(') => inner.to_owned(),
        _ => text.replacen("(cost=always): ", "", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::sources;

    #[test]
    fn a_remark_has_a_place_two_names_and_a_reason() {
        let lines = [
            "/known/src/lib.rs:7:5 inline (success): '_RNvC5known3new' inlined into '_RNvC5known3one' with (cost=80, threshold=325) at callsite _RNvC5known3one:1:5;",
            "/known/src/lib.rs:9:17 inline (missed): '_RNvC5known3far' not inlined into '_RNvC5known3one' because it should never be inlined (cost=never): noinline function attribute",
            "/known/src/lib.rs:5:5 inline (missed): '_RNvC5known3big' not inlined into '_RNvC5known3one' because too costly to inline (cost=760, threshold=325)",
            "/known/src/lib.rs:8:5 inline (missed): _RNvC5known3out will not be inlined into _RNvC5known3one because its definition is unavailable",
            "/rustc/1/library/core/src/x.rs:1:1 inline (success): 'a' inlined into 'b' with (cost=1, threshold=2) at callsite b:1:1;",
        ]
        .join("\n");
        let sources = sources([("src/lib.rs", "")]);
        let decisions = decisions(&lines, &DebugInfo::default(), &sources).unwrap();
        let told = |one: &Decision| {
            format!(
                "{} {} {} {}",
                one.place, one.callee, one.inlined, one.reason
            )
        };
        assert_eq!(
            decisions.iter().map(told).collect::<Vec<_>>(),
            [
                "src/lib.rs:5:5 known::big false too costly to inline (cost=760, threshold=325)",
                "src/lib.rs:7:5 known::new true cost=80, threshold=325",
                "src/lib.rs:8:5 known::out false its definition is unavailable",
                "src/lib.rs:9:17 known::far false it should never be inlined (cost=never): noinline function attribute",
            ]
        );
    }
}
