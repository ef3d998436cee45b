//! Rules that turn an integral from 0 to 1 into a weighted sum. Their weights sum to 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Newton's method on a Legendre polynomial doubles its digits at each step and begins with three.
const NEWTON_STEPS: usize = 8;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The middles of equal parts.
    #[default]
    Midpoint,
    /// The roots of a Legendre polynomial: exact for polynomials of degree below twice the number of points.
    GaussLegendre,
    /// Both ends and equal steps between them; the ends count half.
    Trapezoid,
}

impl Rule {
    /// Places from 0 to 1 with their weights; at least two.
    pub fn points(self, count: usize) -> Vec<(f64, f64)> {
        let count = count.max(2);
        let parts = count as f64;
        match self {
            Self::Midpoint => (0..count)
                .map(|at| ((at as f64 + 0.5) / parts, 1.0 / parts))
                .collect(),
            Self::Trapezoid => (0..count)
                .map(|at| {
                    let whole = 1.0 / (parts - 1.0);
                    let is_end = at == 0 || at == count - 1;
                    let weight = if is_end { whole / 2.0 } else { whole };
                    (at as f64 * whole, weight)
                })
                .collect(),
            Self::GaussLegendre => (0..count).map(|at| gauss_legendre(at, count)).collect(),
        }
    }
}

/// The point with the number `at`, from 0 upwards, of `count`: x a root of the Legendre polynomial P of degree
/// `count`, its weight 2 / ((1 − x²) P'(x)²), both brought from −1..1 to 0..1.
fn gauss_legendre(at: usize, count: usize) -> (f64, f64) {
    let degree = count as f64;
    let mut x = -(std::f64::consts::PI * (at as f64 + 0.75) / (degree + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..NEWTON_STEPS {
        let (mut before, mut value) = (0.0, 1.0);
        for k in 1..=count {
            let k = k as f64;
            (before, value) = (
                value,
                ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
            );
        }
        slope = degree * (x * value - before) / (x * x - 1.0);
        x -= value / slope;
    }
    (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [Rule; 3] = [Rule::Midpoint, Rule::GaussLegendre, Rule::Trapezoid];

    fn integral(rule: Rule, count: usize, f: &dyn Fn(f64) -> f64) -> f64 {
        let points = rule.points(count).into_iter();
        points.map(|(x, weight)| weight * f(x)).sum()
    }

    #[test]
    fn weights_sum_to_one_and_lines_are_exact() {
        for rule in RULES {
            for count in [2, 3, 7, 50, 256] {
                assert_eq!(rule.points(count).len(), count);
                assert!(
                    (integral(rule, count, &|_| 1.0) - 1.0).abs() < 1e-13,
                    "{rule:?}"
                );
                assert!(
                    (integral(rule, count, &|x| x) - 0.5).abs() < 1e-13,
                    "{rule:?}"
                );
            }
        }
    }

    /// x⁵ is of degree 2 · 3 − 1; its integral is 1/6.
    #[test]
    fn three_points_of_gauss_and_legendre_are_exact_for_the_fifth_degree() {
        let fifth = |x: f64| x.powi(5);
        assert!((integral(Rule::GaussLegendre, 3, &fifth) - 1.0 / 6.0).abs() < 1e-15);
        let points = Rule::GaussLegendre.points(3);
        // 0.5 (1 − √0.6), weight 5/18; the middle 8/18.
        assert!((points[0].0 - 0.5 * (1.0 - 0.6_f64.sqrt())).abs() < 1e-15);
        assert!((points[0].1 - 5.0 / 18.0).abs() < 1e-15);
        assert!((points[1].1 - 8.0 / 18.0).abs() < 1e-15);
    }
}
