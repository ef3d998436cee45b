//! Gaussian smoothing of planes of numbers.

/// The kernel ends at this many standard deviations.
const TRUNCATE: f64 = 4.0;

/// `values` ([height, width, channels], row-major) convolved with a Gaussian of standard deviation
/// `sigma` px along both sides, channels apart; 0 and below leave them as they are.
///
/// As `scipy.ndimage.gaussian_filter` with mode `reflect`: the kernel is cut at 4 σ and renormalised,
/// the picture mirrored at the outer edge of its border pixels (d c b a | a b c d | d c b a).
pub fn smoothed(
    values: &[f64],
    (height, width, channels): (usize, usize, usize),
    sigma: f64,
) -> Vec<f64> {
    let kernel = half_kernel(sigma);
    let rows_blurred = along(values, height, width * channels, &kernel);
    let mut blurred = Vec::with_capacity(values.len());
    if width * channels == 0 {
        return rows_blurred;
    }
    for row in rows_blurred.chunks_exact(width * channels) {
        blurred.extend(along(row, width, channels, &kernel));
    }
    blurred
}

/// The weights of the distances 0, 1, 2, … px; over both sides they sum to 1.
fn half_kernel(sigma: f64) -> Vec<f64> {
    if sigma <= 0.0 || !sigma.is_finite() {
        return vec![1.0];
    }
    let radius = (TRUNCATE * sigma + 0.5) as usize;
    let half: Vec<f64> = (0..=radius)
        .map(|x| (-0.5 / (sigma * sigma) * (x * x) as f64).exp())
        .collect();
    let total = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.iter().map(|weight| weight / total).collect()
}

/// Convolves `length` slices of `stride` values each, slice by slice.
fn along(values: &[f64], length: usize, stride: usize, half_kernel: &[f64]) -> Vec<f64> {
    let mut blurred: Vec<f64> = values.iter().map(|value| value * half_kernel[0]).collect();
    let slice = |at: usize| &values[at * stride..][..stride];
    for at in 0..length {
        let target = &mut blurred[at * stride..][..stride];
        // From the far end inwards, as scipy sums, so that both round alike.
        for (distance, weight) in half_kernel.iter().enumerate().skip(1).rev() {
            let before = slice(mirrored(at as isize - distance as isize, length));
            let after = slice(mirrored((at + distance) as isize, length));
            for ((target, before), after) in target.iter_mut().zip(before).zip(after) {
                *target += (before + after) * weight;
            }
        }
    }
    blurred
}

/// Where position `at` falls when `length` positions are mirrored at their outer edges, again and again.
fn mirrored(at: isize, length: usize) -> usize {
    let within = at.rem_euclid(2 * length as isize) as usize;
    if within < length {
        within
    } else {
        2 * length - 1 - within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_stays_and_the_middle_is_the_kernels() {
        let mut point = vec![0.0; 9 * 11];
        point[4 * 11 + 5] = 1.0;
        let blurred = smoothed(&point, (9, 11, 1), 1.0);
        assert!((blurred.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // scipy.ndimage.gaussian_filter of a unit impulse, σ = 1: 0.39894346935609776 along each side
        assert!((blurred[4 * 11 + 5] - 0.39894346935609776_f64.powi(2)).abs() < 1e-15);
    }

    #[test]
    fn kernels_wider_than_the_picture_are_mirrored_again() {
        let flat = smoothed(&[2.0; 6], (1, 2, 3), 7.0);
        assert!(flat.iter().all(|value| (value - 2.0).abs() < 1e-12));
        assert_eq!(
            [-3, -2, -1, 0, 1, 2, 3].map(|at| mirrored(at, 2)),
            [1, 1, 0, 0, 1, 1, 0]
        );
    }

    #[test]
    fn no_sigma_changes_nothing() {
        assert_eq!(smoothed(&[1.0, 5.0, 2.0], (1, 3, 1), 0.0), [1.0, 5.0, 2.0]);
    }
}
