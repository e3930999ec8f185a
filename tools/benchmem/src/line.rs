//! A benchmark's line, as `go test -bench -benchmem` prints it.
//!
//! The format: <https://golang.org/design/14313-benchmark-format>. A name that begins with `Benchmark`, the number of
//! iterations, then pairs of a value and its unit, with blanks between them.

use std::fmt;

use crate::counting::Counts;
use crate::name::Name;
use crate::timing::Timing;

/// The columns are aligned up to names of this length; with a longer one, its line is longer.
const NAME: usize = 46;

/// Everything that is known about a benchmark.
#[derive(Debug)]
pub struct Line<'a> {
    pub name: &'a Name,
    pub timing: &'a Timing,
    /// None where allocations are not counted: a zero would be a claim.
    pub counts: Option<Counts>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("Benchmark{}", self.name);
        let Timing {
            iterations,
            nanoseconds,
        } = *self.timing;
        let places = decimal_places(nanoseconds);
        write!(
            f,
            "{name:NAME$} {iterations:>7} {nanoseconds:>10.places$} ns/op"
        )?;
        match self.counts {
            Some(Counts { bytes, allocations }) => {
                write!(f, " {bytes:>9} B/op {allocations:>6} allocs/op")
            }
            None => Ok(()),
        }
    }
}

/// Go shows four significant digits, and whole nanoseconds from a thousand on.
fn decimal_places(nanoseconds: f64) -> usize {
    match nanoseconds {
        ..9.9995 => 3,
        ..99.995 => 2,
        ..999.95 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(nanoseconds: f64, counts: Option<Counts>) -> String {
        let timing = Timing {
            iterations: 120,
            nanoseconds,
        };
        Line {
            name: &Name::new("Rooms", "from_reader/999-rooms"),
            timing: &timing,
            counts,
        }
        .to_string()
    }

    #[test]
    fn it_has_the_form_of_gos() {
        let counts = Counts {
            bytes: 1_261_293,
            allocations: 8018,
        };
        assert_eq!(
            line(5_111_452.4, Some(counts)),
            "BenchmarkRooms/from_reader/999-rooms               120    5111452 ns/op   1261293 B/op   8018 allocs/op"
        );
    }

    #[test]
    fn nothing_is_claimed_about_allocations_that_nobody_counted() {
        assert!(line(1.0, None).ends_with("120      1.000 ns/op"));
    }

    #[test]
    fn short_times_keep_their_digits() {
        for (nanoseconds, text) in [
            (0.512_34, "0.512"),
            (9.999_9, "10.00"),
            (12.345, "12.35"),
            (999.9, "999.9"),
            (999.96, "1000"),
        ] {
            let line = line(nanoseconds, None);
            assert!(line.ends_with(&format!(" {text} ns/op")), "{line}");
        }
    }
}
