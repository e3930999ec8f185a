//! Users by number and name.

use std::fs;

/// The user as whom rops acts.
pub fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// As `root (0)`, or the number alone where no name is known.
pub fn shown(number: u32) -> String {
    match name(number) {
        Some(name) => format!("{name} ({number})"),
        None => number.to_string(),
    }
}

/// The name that the machine's own list has; users of a directory service have numbers only.
pub fn name(number: u32) -> Option<String> {
    let list = fs::read_to_string("/etc/passwd").ok()?;
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}
