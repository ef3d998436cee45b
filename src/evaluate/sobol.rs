//! Total Sobol indices by Jansen's estimator, as CRAFT takes them (Fel et al. 2023, section 3.3; Jansen 1999).

/// Points of a design of n rows over k numbers: A, B and A with each number of B in turn, n · (k + 2) rows of k numbers in
/// 0..1. A and B are the halves of Halton's sequence over 2 k numbers, not scrambled, from its first point, which is zero, on.
pub fn design(rows: usize, numbers: usize) -> Vec<Vec<f64>> {
    let bases = primes(2 * numbers);
    let point = |row: usize| -> Vec<f64> {
        bases
            .iter()
            .map(|base| radical_inverse(row, *base))
            .collect()
    };
    let points: Vec<Vec<f64>> = (0..rows).map(point).collect();
    let a = points.iter().map(|point| point[..numbers].to_vec());
    let b = points.iter().map(|point| point[numbers..].to_vec());
    let mixed = (0..numbers).flat_map(|number| {
        points.iter().map(move |point| {
            let mut mixed = point[..numbers].to_vec();
            mixed[number] = point[numbers + number];
            mixed
        })
    });
    a.chain(b).chain(mixed).collect()
}

/// S_i = Σ (f(A) − f(C_i))² / (2 n Var f(A)) of what a function gives for the rows of [`design`]; zeros where it is constant.
pub fn total_indices(values: &[f64], rows: usize, numbers: usize) -> Vec<f64> {
    let of_a = &values[..rows];
    let mean = of_a.iter().sum::<f64>() / rows as f64;
    let squares = of_a.iter().map(|value| (value - mean).powi(2));
    let variance = squares.sum::<f64>() / rows as f64;
    let index = |number: usize| {
        let of_c = &values[(2 + number) * rows..][..rows];
        let squares = of_a.iter().zip(of_c).map(|(a, c)| (a - c).powi(2));
        squares.sum::<f64>() / (2.0 * rows as f64 * variance)
    };
    match variance > 0.0 && variance.is_finite() {
        true => (0..numbers).map(index).collect(),
        false => vec![0.0; numbers],
    }
}

/// The digits of the number in the base, mirrored at the point.
fn radical_inverse(mut number: usize, base: usize) -> f64 {
    let (mut inverse, mut place) = (0.0, 1.0 / base as f64);
    while number > 0 {
        inverse += (number % base) as f64 * place;
        number /= base;
        place /= base as f64;
    }
    inverse
}

fn primes(count: usize) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::with_capacity(count);
    let mut next = 2_usize;
    while found.len() < count {
        if found.iter().all(|prime| !next.is_multiple_of(*prime)) {
            found.push(next);
        }
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_haltons() {
        assert_eq!(primes(6), [2, 3, 5, 7, 11, 13]);
        let found = design(4, 1);
        // Base 2: 0, 1/2, 1/4, 3/4; base 3: 0, 1/3, 2/3, 1/9.
        assert_eq!(found[..4], [[0.0], [0.5], [0.25], [0.75]]);
        assert!((found[7][0] - 1.0 / 9.0).abs() < 1e-15);
        assert_eq!(found.len(), 4 * 3);
        assert_eq!(found[8..], found[4..8]);
    }

    /// f = 2 x₀ + x₁ of two uniform numbers: variances 4/12 and 1/12, and a third number that does nothing.
    #[test]
    fn indices_of_a_sum_are_its_shares_of_the_variance() {
        let rows = 4096;
        let values: Vec<f64> = design(rows, 3)
            .iter()
            .map(|point| 2.0 * point[0] + point[1])
            .collect();
        let found = total_indices(&values, rows, 3);
        assert!((found[0] - 0.8).abs() < 0.01, "{found:?}");
        assert!((found[1] - 0.2).abs() < 0.01, "{found:?}");
        assert_eq!(found[2], 0.0);
        assert_eq!(total_indices(&[3.0; 15], 3, 3), [0.0; 3]);
    }
}
