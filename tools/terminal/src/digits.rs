//! Numbers for people.

use std::fmt::Display;

/// A number that is printed with nothing but digits, with commas between thousands.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nanoseconds with three digits that count and the unit that suits them: `7.25 ns`, `71.0 µs`, `83.0 s`.
pub fn duration(nanoseconds: f64) -> String {
    readable(
        nanoseconds,
        &[("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)],
    )
}

/// Bytes with three digits that count, in units of 1,024: `512 B`, `2.09 MiB`.
pub fn bytes(bytes: f64) -> String {
    readable(
        bytes,
        &[
            ("B", 1.0),
            ("KiB", 1024.0),
            ("MiB", 1_048_576.0),
            ("GiB", 1_073_741_824.0),
        ],
    )
}

fn readable(value: f64, units: &[(&str, f64)]) -> String {
    // What three digits would show as 1000 of a unit is one of the next.
    let unit = units
        .iter()
        .rev()
        .find(|(_, factor)| value >= factor * 0.9995);
    let (name, factor) = unit.unwrap_or(&units[0]);
    if *factor == 1.0 && value.fract() == 0.0 {
        return format!("{value} {name}");
    }
    format!("{} {name}", three_digits(value / factor))
}

/// Three digits that count: `0.85`, `12.3`, `999`; all digits of a larger number.
pub fn three_digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn amounts_have_three_digits_and_a_unit() {
        for (nanoseconds, text) in [
            (0.0, "0 ns"),
            (7.25, "7.25 ns"),
            (850.0, "850 ns"),
            (999.6, "1.00 µs"),
            (9996.0, "10.0 µs"),
            (70_512_345.0, "70.5 ms"),
            (83_000_000_000.0, "83.0 s"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
        for (number, text) in [
            (1023.0, "1023 B"),
            (1024.0, "1.00 KiB"),
            (2_196_225.0, "2.09 MiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }
}
