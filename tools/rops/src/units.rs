//! Values with units, as `go tool pprof` writes them: `1.50MB`, `30ms`, `12.3%`.

/// A unit, the names that it is given, and how many of the smallest kind it is.
struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

/// Units that can be converted into each other, the smallest first.
struct Family {
    units: &'static [Unit],
    /// The name and the factor of what is used where nothing else fits.
    default: (&'static str, f64),
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit {
        name,
        aliases,
        factor,
    }
}

const KIB: f64 = 1024.0;

const FAMILIES: &[Family] = &[
    Family {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], KIB),
            unit("MB", &["mb", "mbyte", "megabyte"], KIB * KIB),
            unit("GB", &["gb", "gbyte", "gigabyte"], KIB * KIB * KIB),
            unit("TB", &["tb", "tbyte", "terabyte"], KIB * KIB * KIB * KIB),
            unit(
                "PB",
                &["pb", "pbyte", "petabyte"],
                KIB * KIB * KIB * KIB * KIB,
            ),
        ],
        default: ("B", 1.0),
    },
    Family {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: ("s", 1e9),
    },
    Family {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: ("GCU", 1.0),
    },
];

impl Family {
    fn find(&self, name: &str) -> Option<&Unit> {
        let lower = name.to_lowercase();
        let singular = match lower.strip_suffix('s') {
            Some(singular) if lower.len() > 2 => singular,
            _ => &lower,
        };
        self.units
            .iter()
            .find(|unit| unit.aliases.contains(&singular))
    }

    /// The largest unit that leaves a whole one.
    fn fitting(&self, value: f64) -> Option<&Unit> {
        let mut fits = self.units.iter().filter(|unit| value / unit.factor >= 1.0);
        fits.next_back()
    }

    /// None if the value is of another family.
    fn convert(&self, value: i64, from: &str, to: &str) -> Option<(f64, &'static str)> {
        let value = value as f64 * self.find(from)?.factor;
        let to = match to {
            "minimum" | "auto" => self.fitting(value),
            _ => self.find(to),
        };
        let (name, factor) = to.map_or(self.default, |unit| (unit.name, unit.factor));
        Some((value / factor, name))
    }
}

/// A value in another unit. `minimum` and `auto` stand for the one that fits best. The unit is empty where it says
/// nothing, as that of counts.
pub fn scale<'a>(value: i64, from: &str, to: &'a str) -> (f64, &'a str) {
    if value < 0
        && let Some(positive) = value.checked_neg()
    {
        let (scaled, unit) = scale(positive, from, to);
        return (-scaled, unit);
    }
    for family in FAMILIES {
        if let Some(converted) = family.convert(value, from, to) {
            return converted;
        }
    }
    match to {
        "count" | "sample" | "unit" | "minimum" | "auto" => (value as f64, ""),
        _ => (value as f64, to),
    }
}

/// Whether a value in one unit can be written in the other.
pub fn are_convertible(one: &str, other: &str) -> bool {
    let both = |family: &Family| family.find(one).is_some() && family.find(other).is_some();
    one == other || FAMILIES.iter().any(both)
}

/// A value with its unit, in two digits after the point where it is not whole.
pub fn label(value: i64, from: &str, to: &str) -> String {
    let (value, unit) = scale(value, from, to);
    let number = format!("{value:.2}");
    let number = number.strip_suffix(".00").unwrap_or(&number);
    match number {
        "0" | "-0" => "0".into(),
        _ => format!("{number}{unit}"),
    }
}

/// A part in percent of the whole, six characters wide where it can be: `12.30%`, ` 0.05%`, `  100%`. There is no sign.
pub fn percentage(part: i64, whole: i64) -> String {
    let ratio = if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64).abs() * 100.0
    };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".into()
    } else if ratio >= 1.0 {
        format!("{ratio:5.2}%")
    } else {
        format!("{:>5}%", two_digits(ratio))
    }
}

/// A number below one in two digits that count, as C's `%.2g` has it.
fn two_digits(value: f64) -> String {
    let scientific = format!("{value:.1e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    if exponent < -4 {
        return format!("{digits}e-{:02}", -exponent);
    }
    let after_the_point = digits.len().min(2) as i32 - 1 - exponent;
    let after_the_point = usize::try_from(after_the_point).unwrap_or(0);
    let number = format!("{value:.after_the_point$}");
    if digits == "0" { "0".into() } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_the_unit_that_fits() {
        for (value, unit, text) in [
            (0, "nanoseconds", "0"),
            (1, "nanoseconds", "1ns"),
            (1_500, "nanoseconds", "1.50us"),
            (-30_000_000, "nanoseconds", "-30ms"),
            (7_200_000_000_000, "nanoseconds", "2hrs"),
            (1_536, "bytes", "1.50kB"),
            (1 << 50, "bytes", "1PB"),
            (12, "count", "12"),
            (12, "widgets", "12"),
            (i64::MIN, "bytes", "-9223372036854775808B"),
        ] {
            assert_eq!(label(value, unit, "auto"), text, "{value} {unit}");
        }
        assert_eq!(label(1, "bytes", "kb"), "0");
        assert_eq!(label(3, "milliseconds", "furlongs"), "0");
        assert_eq!(label(3, "count", "furlongs"), "3furlongs");
    }

    #[test]
    fn halves_are_rounded_to_the_even_digit() {
        assert_eq!(label(1_125, "us", "ms"), "1.12ms");
        assert_eq!(label(1_375, "us", "ms"), "1.38ms");
    }

    #[test]
    fn parts_are_as_wide_as_a_column() {
        for (part, text) in [
            (0, "    0%"),
            (1, "1e-05%"),
            (12, "0.00012%"),
            (999_499, " 9.99%"),
            (99_999, "    1%"),
            (5_000, " 0.05%"),
            (99_400, " 0.99%"),
            (50_000, "  0.5%"),
            (100_000, " 1.00%"),
            (9_995_000, "  100%"),
            (-12_345_678, "123.46%"),
        ] {
            assert_eq!(percentage(part, 10_000_000), text, "{part}");
        }
        assert_eq!(percentage(7, 0), "    0%");
    }
}
