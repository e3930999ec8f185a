//! What a column's name says about its numbers, and how they are written for people.

use terminal::grouped;

/// A column's unit.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    column: &'a str,
    kind: Kind,
    /// How many nanoseconds, bytes or pieces one of it is.
    factor: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Time,
    Bytes,
    Pieces,
}

const TIME: [(&str, f64); 4] = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
const BYTES: [(&str, f64); 4] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

impl<'a> Unit<'a> {
    /// By the name of a column. A unit that is not known counts pieces.
    pub fn of(column: &'a str) -> Self {
        let unit = column.strip_suffix("/op").unwrap_or(column);
        let among = |units: &[(&str, f64)]| {
            let mut units = units.iter();
            units
                .find(|(name, _)| *name == unit)
                .map(|(_, factor)| *factor)
        };
        let (kind, factor) = if let Some(factor) = among(&TIME) {
            (Kind::Time, factor)
        } else if let Some(factor) = among(&BYTES) {
            (Kind::Bytes, factor)
        } else {
            (Kind::Pieces, 1.0)
        };
        Self {
            column,
            kind,
            factor,
        }
    }

    /// A value of the column in nanoseconds, bytes or pieces, which is what everything else here takes.
    pub fn basic(&self, value: f64) -> f64 {
        value * self.factor
    }

    /// What the axis shows.
    pub fn title(&self) -> &'a str {
        match (self.column, self.kind) {
            ("B/op", _) => "bytes allocated per operation",
            ("allocs/op", _) => "allocations per operation",
            (column, Kind::Time) if column.ends_with("/op") => "time per operation",
            (_, Kind::Time) => "time",
            (_, Kind::Bytes) => "bytes",
            (column, Kind::Pieces) => column,
        }
    }

    /// By what a logarithmic axis multiplies: powers of ten are crooked numbers of KiB.
    pub fn base(&self) -> f64 {
        match self.kind {
            Kind::Bytes => 16.0,
            Kind::Time | Kind::Pieces => 10.0,
        }
    }

    /// A round number that is not below `least`, for the distance of two ticks.
    pub fn round(&self, least: f64) -> f64 {
        if self.kind == Kind::Bytes {
            return least.log2().ceil().exp2();
        }
        let power = 10f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0].map(|step| step * power);
        steps
            .into_iter()
            .find(|step| *step >= least)
            .unwrap_or(10.0 * power)
    }

    /// Three digits and a unit; pieces are whole, with separators.
    pub fn readable(&self, value: f64) -> String {
        let units: &[_] = match self.kind {
            Kind::Time => &TIME,
            Kind::Bytes => &BYTES,
            Kind::Pieces => return pieces(value),
        };
        // What three digits would show as 1000 of a unit is one of the next.
        let unit = units
            .iter()
            .rev()
            .find(|(_, factor)| value >= factor * 0.9995);
        let (name, factor) = unit.unwrap_or(&units[0]);
        if *factor == 1.0 && value.fract() == 0.0 {
            format!("{value} {name}")
        } else {
            format!("{} {name}", three_digits(value / factor))
        }
    }

    /// The same for a tick of the axis, which is round: without zeros at the end.
    pub fn tick(&self, value: f64) -> String {
        if value == 0.0 {
            // Of any unit; the next tick's may be another.
            return "0".to_owned();
        }
        let text = self.readable(value);
        let (number, unit) = match text.split_once(' ') {
            Some((number, unit)) => (number, format!(" {unit}")),
            None => (&*text, String::new()),
        };
        let number = match number.contains('.') {
            true => number.trim_end_matches('0').trim_end_matches('.'),
            false => number,
        };
        format!("{number}{unit}")
    }
}

fn pieces(value: f64) -> String {
    if value.fract() != 0.0 && value < 999.5 {
        return three_digits(value);
    }
    grouped(format_args!("{value:.0}"))
}

/// Three digits that count, in plain notation.
fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounding may add a digit before the point: 9.996 is 10.0.
    let digits_before = |value: f64| value.log10().floor() as i32 + 1;
    let place = 10f64.powi(3 - digits_before(value));
    let rounded = (value * place).round() / place;
    let decimals = usize::try_from(3 - digits_before(rounded)).unwrap_or(0);
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_the_unit_that_suits_them() {
        for (column, value, text) in [
            ("ns/op", 0.0, "0 ns"),
            ("ns/op", 0.4321, "0.432 ns"),
            ("ns/op", 7.25, "7.25 ns"),
            ("ns/op", 850.0, "850 ns"),
            ("ns/op", 999.6, "1.00 µs"),
            ("ns/op", 9996.0, "10.0 µs"),
            ("ns/op", 12_345.0, "12.3 µs"),
            ("ns/op", 70_512_345.0, "70.5 ms"),
            ("ns/op", 83_000_000_000.0, "83.0 s"),
            ("ms", 17.7, "17.7 ms"),
            ("s", 0.0021, "2.10 ms"),
            ("B/op", 0.0, "0 B"),
            ("B/op", 512.0, "512 B"),
            ("B/op", 1023.0, "1023 B"),
            ("B/op", 1024.0, "1.00 KiB"),
            ("B/op", 2_196_225.0, "2.09 MiB"),
            ("MiB", 3.5, "3.50 MiB"),
            ("allocs/op", 0.0, "0"),
            ("allocs/op", 999.0, "999"),
            ("allocs/op", 8030.0, "8,030"),
            ("allocs/op", 1_234_567.0, "1,234,567"),
            ("allocs/op", 0.004, "0.00400"),
            ("/s", 2575.4, "2,575"),
            ("x", 2.5, "2.50"),
        ] {
            let unit = Unit::of(column);
            assert_eq!(unit.readable(unit.basic(value)), text, "{value} {column}");
        }
    }

    #[test]
    fn ticks_are_round() {
        let round = |column, least| Unit::of(column).round(least);
        assert_eq!(
            [0.7, 1.0, 1.2, 3.0, 7.0].map(|n| round("ns/op", n)),
            [1.0, 1.0, 2.0, 5.0, 10.0]
        );
        assert_eq!(
            [1.0, 300.0, 1025.0].map(|n| round("B/op", n)),
            [1.0, 512.0, 2048.0]
        );
        let tick = |column, value| Unit::of(column).tick(value);
        assert_eq!(tick("ns/op", 1e6), "1 ms");
        assert_eq!(tick("ns/op", 1.5e6), "1.5 ms");
        assert_eq!(tick("ns/op", 1e8), "100 ms");
        assert_eq!(tick("B/op", 524_288.0), "512 KiB");
        assert_eq!(tick("allocs/op", 10_000.0), "10,000");
        assert_eq!(tick("x", 0.2), "0.2");
        assert_eq!(tick("ns/op", 0.0), "0");
    }

    #[test]
    fn an_axis_says_what_it_shows() {
        for (column, title) in [
            ("ns/op", "time per operation"),
            ("ms/op", "time per operation"),
            ("ms", "time"),
            ("B/op", "bytes allocated per operation"),
            ("KiB", "bytes"),
            ("allocs/op", "allocations per operation"),
            ("requests/s", "requests/s"),
        ] {
            assert_eq!(Unit::of(column).title(), title);
        }
    }
}
