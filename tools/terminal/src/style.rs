//! The few colours that all commands share. `anstream` drops them where the output is not a terminal.

use anstyle::{AnsiColor, Style};

/// Headings and file names.
pub const STRONG: Style = Style::new().bold();
/// What is new, or in order.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// What is gone, or wrong.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// Where in a file a hunk of a diff stands.
pub const HUNK: Style = AnsiColor::Cyan.on_default();
/// What may be read later.
pub const QUIET: Style = Style::new().dimmed();
/// What is worth a look without being wrong.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
