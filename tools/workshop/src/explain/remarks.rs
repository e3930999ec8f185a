//! Why a call was inlined or not: LLVM's remarks.
//!
//! `rustc -C remark=inline` prints them as notes on stderr, with the place of the call and mangled names.
//! A remark is about a call in optimized code; the same line may have several. A call that rustc's own inliner
//! took, on MIR, never was one to LLVM: its traces are in the debug information before optimization. Of those
//! only the package's own functions are told, because small functions of std are inlined on every line.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::debug_info::DebugInfo;
use super::names::{demangled, short_function};

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
    pub inlined: bool,
    /// LLVM's own words: `cost=35, threshold=487`, `noinline function attribute`.
    pub reason: String,
}

/// Whether rustc printed this line as a remark.
pub fn is_remark(line: &str) -> bool {
    line.starts_with("note: ") && line.contains(" inline (")
}

/// The decisions about calls in the package's own code, each once: LLVM's from its remarks, and rustc's from
/// the debug information of the unoptimized module.
pub fn decisions(
    lines: &[String],
    unoptimized: &DebugInfo,
    own: &dyn Fn(&Path) -> Option<String>,
) -> Vec<Decision> {
    let mut found: BTreeSet<Decision> = lines
        .iter()
        .filter_map(|line| decision(line, own))
        .collect();
    for chain in unoptimized.inlined() {
        for pair in chain.windows(2) {
            let [callee, caller] = pair else { continue };
            if let (Some(_), Some(file)) = (own(&callee.file), own(&caller.file)) {
                found.insert(Decision {
                    file,
                    line: caller.line,
                    column: caller.column,
                    callee: short_function(&demangled(&callee.function)),
                    caller: short_function(&demangled(&caller.function)),
                    inlined: true,
                    reason: "by rustc, before LLVM".to_owned(),
                });
            }
        }
    }
    found.into_iter().collect()
}

fn decision(line: &str, own: &dyn Fn(&Path) -> Option<String>) -> Option<Decision> {
    let (place, verdict) = line.strip_prefix("note: ")?.split_once(" inline (")?;
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
    // What a closing brace runs is in nobody's source.
    if callee.starts_with("core::ptr::drop_in_place") {
        return None;
    }
    Some(Decision {
        file,
        line,
        column,
        callee: short_function(&callee),
        caller: short_function(&demangled(caller.trim_matches('\''))),
        inlined,
        reason: reason(rest),
    })
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
            "note: /k/src/lib.rs:7:5 inline (success): '_RNvC5known3new' inlined into '_RNvC5known3one' with (cost=80, threshold=325) at callsite _RNvC5known3one:1:5;",
            "note: /k/src/lib.rs:9:17 inline (missed): '_RNvC5known3far' not inlined into '_RNvC5known3one' because it should never be inlined (cost=never): noinline function attribute",
            "note: /k/src/lib.rs:8:5 inline (missed): _RNvC5known3out will not be inlined into _RNvC5known3one because its definition is unavailable",
            "note: /rustc/1/library/core/src/x.rs:1:1 inline (success): 'a' inlined into 'b' with (cost=1, threshold=2) at callsite b:1:1;",
        ]
        .map(str::to_owned);
        let told: Vec<String> = decisions(&lines, &DebugInfo::default(), &own)
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
