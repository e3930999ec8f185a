//! Names of functions that a profile does not have, or has as linkers know them.

use profile::{Profile, Symbolizer};

/// Gives locations without lines their functions, out of the binaries on this machine. What could not be read is told
/// on stderr: it is no property of the profile.
pub(super) fn look_up(profile: &mut Profile) {
    let can_be_looked_up = |location: &profile::proto::Location| {
        let mapping = profile.mapping(location.mapping_id);
        location.lines.is_empty()
            && mapping.is_some_and(|mapping| !mapping.has_functions && mapping.file != 0)
    };
    if !profile.locations.iter().any(can_be_looked_up) {
        return;
    }
    let comments = profile.comments.len();
    Symbolizer::new().symbolize(profile);
    for told in profile.comments.split_off(comments) {
        anstream::eprintln!("{}", profile.text(told));
    }
}

/// Names for people: Rust's demangled, and Go's without the parameters of functions in their type arguments, as Go's
/// tool shortens them.
///
/// That one takes everything with `::` in it for C++, and leaves `::drop` of `<Cart as Drop>::drop`; here such names
/// stay whole, and those of C++ that are mangled stay so.
pub(super) fn demangle(profile: &mut Profile) {
    // By the index of a text: that of the name for people, once it is known.
    let mut names = vec![None; profile.strings.len()];
    for index in 0..profile.functions.len() {
        let function = profile.functions[index];
        let (name, system_name) = (function.name, function.system_name);
        let is_same = name == system_name || profile.text(name) == profile.text(system_name);
        if !profile.text(name).is_empty() && !is_same {
            continue;
        }
        let Some(known) = names.get_mut(system_name as usize) else {
            continue;
        };
        let name = known.unwrap_or_else(|| match for_people(profile.text(system_name)) {
            None => system_name,
            Some(name) => {
                profile.strings.push(name);
                profile.strings.len() as i64 - 1
            }
        });
        *known = Some(name);
        profile.functions[index].name = name;
    }
}

/// Nothing if the name is one already.
fn for_people(name: &str) -> Option<String> {
    if let Ok(name) = rustc_demangle::try_demangle(name) {
        return Some(format!("{name:#}"));
    }
    let is_method_of_generic = name.contains("]).");
    let has_type_arguments = name.contains(['<', '>', '[', ']']) && !name.contains(".<");
    if name.contains("::") || is_method_of_generic || !has_type_arguments {
        return None;
    }
    Some(without(&without(name, '(', ')'), '<', '>'))
}

/// The name without what is between these two; the whole name if they do not match.
fn without(name: &str, open: char, close: char) -> String {
    let mut kept = String::new();
    let mut depth = 0_usize;
    for character in name.chars() {
        if character == open {
            depth += 1;
        } else if character == close {
            match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return name.to_owned(),
            }
        } else if depth == 0 {
            kept.push(character);
        }
    }
    if depth == 0 { kept } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::for_people;

    #[test]
    fn names_are_as_short_as_go_has_them_and_no_shorter() {
        for (name, for_humans) in [
            (
                "_ZN4shop4cart5total17h0123456789abcdefE",
                Some("shop::cart::total"),
            ),
            ("main.Map[func(int) string]", Some("main.Map[func string]")),
            ("main.(*Cart[...]).Total", None),
            ("main.(*Cart).Total", None),
            ("<Cart as Drop>::drop", None),
            (
                "a.Map[go.shape.struct { x )",
                Some("a.Map[go.shape.struct { x )"),
            ),
        ] {
            assert_eq!(for_people(name).as_deref(), for_humans, "{name}");
        }
    }
}
