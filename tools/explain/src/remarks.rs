//! Why a call was inlined or not: LLVM's remarks.
//!
//! `rustc -C remark=inline` tells them, with the place of the call and mangled names.
//! A remark is about a call in optimized code; the same line may have several. A call that rustc's own inliner
//! took, on MIR, never was one to LLVM: its traces are in the debug information before optimization. Of those
//! only the package's own functions are told, because small functions of std are inlined on every line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::debug_info::DebugInfo;
use crate::names::{demangled, short_function};
use crate::source::Sources;

/// One decision of an inliner about a call on a line of the package's own code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decision {
    pub file: String,
    pub line: u32,
    pub column: u32,
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
    own: &dyn Fn(&Path) -> Option<String>,
) -> Vec<Decision> {
    let mut found: BTreeSet<Decision> = remarks
        .lines()
        .filter_map(|line| decision(line, own))
        .collect();
    for (callee, caller) in unoptimized.inlined() {
        if let (Some(_), Some(file)) = (own(callee.file), own(caller.file)) {
            found.insert(Decision {
                file,
                line: caller.line,
                column: caller.column,
                callee: short_function(&demangled(callee.function)),
                caller: short_function(&demangled(caller.function)),
                other_callers: 0,
                inlined: true,
                reason: "by rustc, before LLVM".to_owned(),
            });
        }
    }
    // Nobody wrote the calls of derived code.
    found.retain(|one| sources.derived(&one.file, one.line, one.column).is_none());
    once(found, sources)
}

/// Each call once for each verdict. Of its callers the one is named that it is written in.
fn once(found: BTreeSet<Decision>, sources: &Sources) -> Vec<Decision> {
    let mut calls: BTreeMap<_, Vec<Decision>> = BTreeMap::new();
    for one in found {
        let place = (one.file.clone(), one.line, one.column);
        let call = (place, one.callee.clone(), one.inlined);
        let known = calls.entry(call).or_default();
        // Several reasons are several copies of the caller.
        if known.iter().all(|other| other.caller != one.caller) {
            known.push(one);
        }
    }
    calls
        .into_values()
        .filter_map(|mut callers| {
            let first = callers.first()?;
            let around = sources.function_around(&first.file, first.line);
            let written = |one: &Decision| {
                let plain = one.caller.split("::{closure").next().unwrap_or_default();
                around.is_some_and(|name| plain.rsplit("::").next() == Some(name))
            };
            let at = callers.iter().position(written).unwrap_or(0);
            let other_callers = callers.len() - 1;
            Some(Decision {
                other_callers,
                ..callers.swap_remove(at)
            })
        })
        .collect()
}

fn decision(line: &str, own: &dyn Fn(&Path) -> Option<String>) -> Option<Decision> {
    // Most are about dependencies.
    own(Path::new(line.split(':').next()?))?;
    let (place, verdict) = line.split_once(" inline (")?;
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = own(Path::new(parts.next()?))?;
    let (verdict, message) = verdict.split_once("): ")?;
    let inlined = match verdict {
        "success" => true,
        "missed" => false,
        _ => return None,
    };
    let message = message.trim_end_matches(';');
    let (callee, rest) = [
        " not inlined into ",
        " will not be inlined into ",
        " inlined into ",
    ]
    .iter()
    .find_map(|words| message.split_once(words))?;
    let (caller, rest) = rest.split_once(' ')?;
    let callee = demangled(callee.trim_matches('\''));
    if is_implied(&callee, inlined) {
        return None;
    }
    Some(Decision {
        file,
        line,
        column,
        callee: short_function(&callee),
        caller: short_function(&demangled(caller.trim_matches('\''))),
        other_callers: 0,
        inlined,
        reason: reason(rest),
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

    #[test]
    fn a_remark_has_a_place_two_names_and_a_reason() {
        let own = |path: &Path| {
            path.strip_prefix("/k")
                .ok()
                .map(|p| p.display().to_string())
        };
        let lines = [
            "/k/src/lib.rs:7:5 inline (success): '_RNvC5known3new' inlined into '_RNvC5known3one' with (cost=80, threshold=325) at callsite _RNvC5known3one:1:5;",
            "/k/src/lib.rs:9:17 inline (missed): '_RNvC5known3far' not inlined into '_RNvC5known3one' because it should never be inlined (cost=never): noinline function attribute",
            "/k/src/lib.rs:8:5 inline (missed): _RNvC5known3out will not be inlined into _RNvC5known3one because its definition is unavailable",
            "/rustc/1/library/core/src/x.rs:1:1 inline (success): 'a' inlined into 'b' with (cost=1, threshold=2) at callsite b:1:1;",
        ]
        .join("\n");
        let told: Vec<String> = decisions(&lines, &DebugInfo::default(), &Sources::default(), &own)
            .iter()
            .map(|d| {
                format!(
                    "{}:{} {} {} {}",
                    d.file, d.line, d.callee, d.inlined, d.reason
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "src/lib.rs:7 known::new true cost=80, threshold=325",
                "src/lib.rs:8 known::out false its definition is unavailable",
                "src/lib.rs:9 known::far false it should never be inlined (cost=never): noinline function attribute",
            ]
        );
    }
}
