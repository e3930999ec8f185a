//! Numbers for people. Those that measurements are printed with allocate nothing, so that printing one changes no count.

use std::fmt;
use std::time::Duration;

/// `1234567` as `1,234,567`.
pub(crate) struct Grouped(pub(crate) u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{},{:03}", Self(self.0 / 1000), self.0 % 1000)
        }
    }
}

/// Bytes in the largest unit that leaves at least one, with one decimal.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        write!(f, "{value:.1} {}", UNITS[unit])
    }
}

/// Bytes in a readable unit, and exactly. A small number is told twice, so that every line has the same form,
/// however much it is.
pub(crate) struct Bytes {
    sign: &'static str,
    bytes: u64,
}

impl Bytes {
    pub(crate) fn level(bytes: u64) -> Self {
        Self { sign: "", bytes }
    }

    pub(crate) fn growth(bytes: u64) -> Self {
        Self {
            sign: plus(bytes),
            bytes,
        }
    }

    pub(crate) fn change(by: i64) -> Self {
        let bytes = by.unsigned_abs();
        Self {
            sign: if by < 0 { "-" } else { plus(bytes) },
            bytes,
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sign, bytes } = *self;
        let unit = if bytes == 1 { "byte" } else { "bytes" };
        write!(f, "{sign}{} ({sign}{} {unit})", Size(bytes), Grouped(bytes))
    }
}

/// A count that grew.
pub(crate) struct Growth(pub(crate) u64);

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", plus(self.0), Grouped(self.0))
    }
}

/// The sign of a growth; nothing grew if it is zero.
fn plus(growth: u64) -> &'static str {
    if growth == 0 { "" } else { "+" }
}

/// A time in its two largest units: `2.0s`, `4m 2s`, `3d 4h`.
#[cfg_attr(
    not(feature = "profile"),
    allow(dead_code, reason = "it is for tasks and polls")
)]
pub(crate) struct Lasting(pub(crate) Duration);

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let text = match seconds {
            0..60 => format!("{:.1?}", self.0),
            60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
            3600..86_400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
            _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_two_largest_units() {
        for (seconds, text) in [
            (0.000_25, "250.0µs"),
            (1.98, "2.0s"),
            (242.0, "4m 2s"),
            (7260.0, "2h 1m"),
            (273_600.0, "3d 4h"),
        ] {
            assert_eq!(Lasting(Duration::from_secs_f64(seconds)).to_string(), text);
        }
    }

    #[test]
    fn numbers_are_grouped_and_sizes_have_a_unit() {
        let grouped = |number| Grouped(number).to_string();
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        let size = |bytes| Size(bytes).to_string();
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(3 * 1024 * 1024), "3.0 MiB");
        assert_eq!(size(u64::MAX), "16384.0 PiB");
    }
}
