//! Names of functions in boxes: short, and in several lines.

use std::sync::LazyLock;

use regex::Regex;

use super::escape;
use crate::places::{Place, base};

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("it is one")
}

/// Modules' versions in the paths of Go's packages.
static GO_VERSION: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$"));

/// What is left of a name: the last part of a Go package's path and the rest; of Java and of C++ (and of Rust where it
/// looks alike) a type and its method.
static SHORT: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        regex(r"^(?:[0-9A-Za-z_\-.]+/)+([^.]+\..+)"),
        regex(
            r"^(?:[a-z][0-9A-Za-z_]*\.)*([A-Z][0-9A-Za-z_$]*\.(?:<init>|[a-z][0-9A-Za-z_$]*(?:\$[0-9]+)?))(?:(?:\()|$)",
        ),
        regex(
            r"^(?:[_a-zA-Z][0-9A-Za-z_]*::)+(_*[A-Z][0-9A-Za-z_]*::~?[_a-zA-Z][0-9A-Za-z_]*(?:<.*>)?)",
        ),
    ]
});

/// A name as short as it can be understood.
fn short(name: &str) -> String {
    let name = name.strip_prefix("(anonymous namespace)::").unwrap_or(name);
    let name = GO_VERSION.replace(name, "${1}${2}");
    let found = SHORT.iter().find_map(|regex| regex.captures(&name));
    found.map_or_else(|| name.to_string(), |found| found[1].to_owned())
}

/// Address, name and file, each part in a line.
pub(super) fn in_lines(place: &Place<'_>) -> String {
    let name = escape(&short(&place.name));
    let name = name
        .replace("::", "\\n")
        .replace("[...]", "[…]")
        .replace('.', "\\n");
    let file = if place.file.is_empty() {
        ""
    } else {
        base(&place.file)
    };
    let place = Place {
        name: name.into(),
        file: file.into(),
        ..place.clone()
    };
    format!("{}\\n", place.parts().join("\\n"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_short() {
        for (name, short) in [
            (
                "github.com/jackc/pgx/v5.(*Conn).getRows",
                "pgx.(*Conn).getRows",
            ),
            ("runtime.mallocgc", "runtime.mallocgc"),
            ("java.util.List.add(int)", "List.add"),
            ("shop::stock::Cart::total", "Cart::total"),
            ("shop::total", "shop::total"),
        ] {
            assert_eq!(super::short(name), short);
        }
    }
}
