//! Round numbers on an axis.

/// Round numbers, in rising order, all multiples of `step`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    pub values: Vec<f64>,
    step: f64,
}

impl Ticks {
    /// About `count` multiples of 1, 2 or 5 times a power of ten within `low`..=`high`.
    pub(super) fn within(low: f64, high: f64, count: usize) -> Self {
        let step = round_step((high - low) / count.max(1) as f64);
        // A tolerance, so that rounding does not lose the ends.
        let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
        Self::multiples(first, last, step)
    }

    /// The same, with the ends moved out to the next multiples.
    pub(super) fn around(low: f64, high: f64, count: usize) -> Self {
        let step = round_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step + 1e-6).floor(), (high / step - 1e-6).ceil());
        Self::multiples(first, last, step)
    }

    /// Zero and one round number on either side of it, the largest within `high`.
    pub(super) fn symmetric(high: f64) -> Self {
        // The next step above two fifths is never above the whole: 1, 2, 5 are no further apart.
        let step = round_step(high * 0.4);
        Self {
            values: vec![-step, 0.0, step],
            step,
        }
    }

    fn multiples(first: f64, last: f64, step: f64) -> Self {
        let count = (last - first).clamp(0.0, 100.0) as usize;
        let values = (0..=count)
            .map(|i| (first + i as f64) * step + 0.0)
            .collect();
        Self { values, step }
    }

    /// With as many decimals as the step has; powers of ten where that would be long.
    pub(super) fn label(&self, value: f64) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        let exponent = self.step.log10().floor() as i32;
        let magnitude = value.abs().max(self.step).log10().floor() as i32;
        let text = if exponent < -4 || magnitude > 5 {
            let power = value.abs().log10().floor() as i32;
            let digits = (power - exponent).clamp(0, 6) as usize;
            format!(
                "{:.digits$}×10{}",
                value / 10_f64.powi(power),
                superscript(power)
            )
        } else {
            format!("{value:.*}", (-exponent).max(0) as usize)
        };
        text.replace('-', "\u{2212}")
    }
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not below `least`.
fn round_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let exponent = (least.log10() + 1e-9).floor();
    let power = 10_f64.powf(exponent);
    let share = least / power;
    power
        * [1.0, 2.0, 5.0]
            .into_iter()
            .find(|&step| share <= step * (1.0 + 1e-9))
            .unwrap_or(10.0)
}

fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |character: char| match character.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    };
    number.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks) -> Vec<String> {
        ticks
            .values
            .iter()
            .map(|&value| ticks.label(value))
            .collect()
    }

    #[test]
    fn round_numbers_with_the_decimals_they_need() {
        assert_eq!(
            labels(&Ticks::within(0.0, 1.0, 5)),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(&Ticks::within(0.0, 250.0, 5)),
            ["0", "50", "100", "150", "200", "250"]
        );
        assert_eq!(
            labels(&Ticks::around(-0.13, 0.21, 4)),
            ["−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]
        );
    }

    #[test]
    fn powers_of_ten_where_decimals_would_be_long() {
        assert_eq!(
            labels(&Ticks::within(0.0, 2e-6, 2)),
            ["0", "1×10⁻⁶", "2×10⁻⁶"]
        );
        assert_eq!(labels(&Ticks::within(0.0, 4e6, 2)), ["0", "2×10⁶", "4×10⁶"]);
    }

    #[test]
    fn one_round_number_on_either_side_within_the_range() {
        for (high, expected) in [
            (0.352, 0.2),
            (4.2, 2.0),
            (1.0, 0.5),
            (1.3, 1.0),
            (2.4, 1.0),
            (9.9, 5.0),
        ] {
            let ticks = Ticks::symmetric(high);
            assert!(
                (ticks.values[2] - expected).abs() < 1e-9,
                "{high}: {ticks:?}"
            );
            assert_eq!(ticks.values[0], -ticks.values[2]);
        }
    }

    #[test]
    fn nothing_strange_from_an_empty_or_broken_range() {
        assert_eq!(Ticks::within(3.0, 3.0, 5).values, [3.0]);
        assert!(!Ticks::around(0.0, f64::NAN, 5).values.is_empty());
    }
}
