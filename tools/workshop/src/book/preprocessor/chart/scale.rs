//! The axis under the bars: where a value lies on it, and its ticks.

use super::unit::Unit;

/// How many times the smallest value the largest may be before bars of true length show nothing of the small ones.
const LINEAR_SPAN: f64 = 30.0;

/// More labels than this would touch.
const TICKS: f64 = 7.0;

#[derive(Debug)]
pub struct Scale {
    /// What the axis begins and ends at; on a logarithmic one, the exponents of these.
    from: f64,
    to: f64,
    /// The base of a logarithmic axis.
    base: Option<f64>,
    /// Values at which a line is drawn, the axis's start among them.
    pub ticks: Vec<f64>,
    /// By how much a tick of a logarithmic axis exceeds the one before it.
    pub factor: Option<f64>,
}

impl Scale {
    /// An axis that ends at the largest of the values.
    pub fn of(values: &[f64], unit: &Unit<'_>) -> Self {
        let positive = || values.iter().copied().filter(|value| *value > 0.0);
        let max = positive().fold(0.0, f64::max);
        let min = positive().fold(f64::INFINITY, f64::min);
        if max > min * LINEAR_SPAN {
            Self::logarithmic(min, max, unit.base())
        } else {
            let are_whole = values.iter().all(|value| value.fract() == 0.0);
            Self::linear(max, are_whole, unit)
        }
    }

    fn linear(max: f64, are_whole: bool, unit: &Unit<'_>) -> Self {
        // Nothing but zeros still has a place to stand on.
        if max == 0.0 {
            return Self {
                from: 0.0,
                to: 1.0,
                base: None,
                ticks: vec![0.0],
                factor: None,
            };
        }
        let mut step = unit.round(max / 5.0);
        if are_whole {
            // There is no half allocation.
            step = step.max(1.0);
        }
        let ticks = (0..).map(|n| f64::from(n) * step);
        Self {
            from: 0.0,
            to: max,
            base: None,
            // A step added up may pass the largest value by a rounding error.
            ticks: ticks
                .take_while(|tick| *tick <= max * (1.0 + 1e-9))
                .collect(),
            factor: None,
        }
    }

    fn logarithmic(min: f64, max: f64, base: f64) -> Self {
        let exponent = |value: f64| value.ln() / base.ln();
        let mut from = (exponent(min) + 1e-9).floor();
        // A bar of the smallest value is to be seen.
        if min < 1.5 * base.powf(from) {
            from -= 1.0;
        }
        let to = exponent(max);
        let step = ((to - from) / TICKS).ceil();
        let exponents = (0..).map(|n| from + f64::from(n) * step);
        Self {
            from,
            to,
            base: Some(base),
            ticks: exponents
                .take_while(|exponent| *exponent <= to + 1e-9)
                .map(|exponent| base.powf(exponent))
                .collect(),
            factor: Some(base.powf(step)),
        }
    }

    /// How far along the axis a value lies, from 0 to 1. Zero lies before the start of a logarithmic axis, and
    /// is put there.
    pub fn position(&self, value: f64) -> f64 {
        let value = match self.base {
            Some(_) if value <= 0.0 => return 0.0,
            Some(base) => value.ln() / base.ln(),
            None => value,
        };
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(column: &str, values: &[f64]) -> Scale {
        Scale::of(values, &Unit::of(column))
    }

    #[test]
    fn near_values_have_bars_of_true_length() {
        let scale = scale("ns/op", &[0.0, 400.0, 100.0]);
        assert_eq!(scale.factor, None);
        assert_eq!(
            [0.0, 100.0, 400.0].map(|value| scale.position(value)),
            [0.0, 0.25, 1.0]
        );
        assert_eq!(scale.ticks, [0.0, 100.0, 200.0, 300.0, 400.0]);
    }

    #[test]
    fn far_values_have_a_logarithmic_axis() {
        let scale = scale("ns/op", &[200.0, 2_000_000.0]);
        assert_eq!(scale.factor.map(f64::round), Some(10.0));
        let ticks: Vec<_> = scale.ticks.iter().map(|tick| tick.round()).collect();
        assert_eq!(ticks, [100.0, 1e3, 1e4, 1e5, 1e6]);
        assert_eq!(scale.position(2_000_000.0), 1.0);
        let steps = [200.0, 2_000.0, 20_000.0].map(|value| scale.position(value));
        assert!((steps[2] - steps[1] - (steps[1] - steps[0])).abs() < 1e-9);
    }

    #[test]
    fn the_change_comes_at_a_factor_of_thirty() {
        assert_eq!(scale("ns/op", &[10.0, 300.0]).factor, None);
        assert!(scale("ns/op", &[10.0, 301.0]).factor.is_some());
    }

    #[test]
    fn the_smallest_value_and_zero_have_a_place_on_a_logarithmic_axis() {
        let scale = scale("allocs/op", &[0.0, 1.0, 1000.0]);
        assert_eq!(scale.position(0.0), 0.0);
        assert!(scale.position(1.0) > 0.2);
        assert_eq!(scale.ticks.len(), 5);
    }

    #[test]
    fn zeros_alone_and_equal_values_have_an_axis() {
        let zeros = scale("allocs/op", &[0.0, 0.0]);
        assert_eq!((zeros.position(0.0), &zeros.ticks[..]), (0.0, &[0.0][..]));
        assert_eq!(scale("ns/op", &[5.0, 5.0]).position(5.0), 1.0);
    }

    #[test]
    fn pieces_have_whole_ticks_and_bytes_powers_of_two() {
        assert_eq!(scale("allocs/op", &[2.0, 1.0]).ticks, [0.0, 1.0, 2.0]);
        assert_eq!(scale("MiB", &[1_048_576.0]).ticks[1], 262_144.0);
        assert_eq!(
            scale("B/op", &[20.0, 300_000.0]).ticks[..3],
            [1.0, 16.0, 256.0]
        );
    }

    #[test]
    fn a_wide_axis_leaves_ticks_out() {
        let scale = scale("ns/op", &[2.0, 2e11]);
        assert!(scale.ticks.len() <= 8, "{:?}", scale.ticks);
        assert_eq!(scale.factor.map(f64::round), Some(100.0));
    }
}
