//! Names for people.

use super::image::Frame;

/// What debug information and tables of symbols say about a function that is executed at an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The name for linkers, which has the whole path of modules.
    pub linkage_name: Option<String>,
    /// The bare name in the source.
    pub name: Option<String>,
    pub file: String,
    pub line: i64,
    pub column: i64,
    pub start_line: i64,
}

impl Place {
    /// With a name for people; nothing if it has none.
    pub fn frame(self) -> Option<Frame> {
        let (name, system_name) = match (self.linkage_name, self.name) {
            (Some(linkage), bare) => (readable(&linkage, bare.as_deref()), linkage),
            // pprof takes a name that is the system's as well for C++, and takes its `<…>` and `(…)` away.
            (None, Some(bare)) => (bare, String::new()),
            (None, None) => return None,
        };
        Some(Frame {
            name,
            system_name,
            file: self.file,
            line: self.line,
            column: self.column,
            start_line: self.start_line,
        })
    }
}

/// A name of Rust without its mangling and hash; names of other languages stay as they are.
///
/// Mangled, an async function's body, an async block and a closure are all closures, and in the older of the two
/// manglings without a number. The bare name tells them apart: `{async_fn#0}`, `{async_block#1}`, `{closure#2}`.
fn readable(linkage: &str, bare: Option<&str>) -> String {
    let Ok(demangled) = rustc_demangle::try_demangle(linkage) else {
        return linkage.to_owned();
    };
    let demangled = format!("{demangled:#}");
    let numbered = bare
        .filter(|bare| bare.starts_with('{'))
        .and_then(|bare| bare.split_inclusive('}').next());
    match (numbered, demangled.rsplit_once("::{")) {
        (Some(numbered), Some((path, _closure))) if demangled.ends_with('}') => {
            format!("{path}::{numbered}")
        }
        _ => demangled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_whole_and_hashes_gone() {
        let drop = "_ZN58_$LT$shop..cart..Cart$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE";
        assert_eq!(
            readable(drop, Some("drop")),
            "<shop::cart::Cart as core::ops::drop::Drop>::drop"
        );
    }

    #[test]
    fn async_functions_and_closures_are_told_apart() {
        let total = "_ZN4shop4cart5total28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE";
        assert_eq!(readable(total, None), "shop::cart::total::{{closure}}");
        for bare in ["{async_fn#0}", "{async_block#1}<u8>", "{closure#2}"] {
            let number = bare.split('<').next().expect("a name");
            assert_eq!(
                readable(total, Some(bare)),
                format!("shop::cart::total::{number}")
            );
        }
    }

    #[test]
    fn other_names_stay() {
        assert_eq!(
            readable("sqlite3_step", Some("sqlite3_step")),
            "sqlite3_step"
        );
        assert_eq!(
            readable("_ZN5shape4areaEv", Some("area")),
            "_ZN5shape4areaEv"
        );
    }
}
