//! How sure the network is against how often it is right.

use std::f64::consts::PI;

/// How photos are put into bins by their confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// Equally wide on 0..1.
    Uniform,
    /// Equally full, as far as confidences differ.
    Quantile,
}

/// Photos whose confidence lies above `low` and up to `high`; the first bin includes its lower end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub count: usize,
    pub right: usize,
    /// Mean confidence of its photos, 0..1; 0 of none.
    pub confidence: f64,
    /// Σ p (1 − p) of its photos: the variance of `right` if each were right with its confidence.
    variance: f64,
}

/// All of them 0..1.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    pub bins: Vec<Bin>,
    pub total: usize,
    /// Mean confidence of all photos.
    pub confidence: f64,
    /// Share of the photos that are right.
    pub accuracy: f64,
    /// Expected calibration error.
    pub expected_error: f64,
    /// The error that so few photos show on average where each is right exactly with its confidence: in each bin
    /// E|N(0, Σp(1−p))| = √(2/π) · √Σp(1−p), so that it is an approximation for bins of few photos.
    pub expected_error_by_chance: f64,
    /// The largest error of a bin.
    pub maximum_error: f64,
    /// Mean of (p − 1\[right\])².
    pub brier: f64,
}

impl Bin {
    /// right / count.
    pub fn share_right(&self) -> Option<f64> {
        (self.count > 0).then(|| self.right as f64 / self.count as f64)
    }

    /// Mean confidence less share right: above zero where the network is too sure.
    pub fn gap(&self) -> Option<f64> {
        Some(self.confidence - self.share_right()?)
    }
}

impl Calibration {
    /// Of photos with confidence (0..1) and whether they are right; `bins` at least 1.
    pub fn new(photos: &[(f64, bool)], bins: usize, binning: Binning) -> Self {
        let edges = edges(photos, bins.max(1), binning);
        let inner = &edges[1..edges.len() - 1];
        let mut found: Vec<Bin> = edges
            .windows(2)
            .map(|ends| Bin {
                low: ends[0],
                high: ends[1],
                count: 0,
                right: 0,
                confidence: 0.0,
                variance: 0.0,
            })
            .collect();
        for &(confidence, is_right) in photos {
            let bin = &mut found[inner.partition_point(|edge| *edge < confidence)];
            bin.count += 1;
            bin.right += usize::from(is_right);
            bin.confidence += confidence; // a sum until here
            bin.variance += confidence * (1.0 - confidence);
        }
        for bin in &mut found {
            bin.confidence /= bin.count.max(1) as f64;
        }
        let total = photos.len();
        let mean = |sum: f64| sum / total.max(1) as f64;
        let gaps = || found.iter().filter_map(|bin| Some((bin.gap()?.abs(), bin)));
        let chance = |bin: &Bin| (2.0 / PI * bin.variance).sqrt();
        let brier = |&(confidence, is_right): &(f64, bool)| {
            (confidence - f64::from(u8::from(is_right))).powi(2)
        };
        Self {
            total,
            confidence: mean(photos.iter().map(|photo| photo.0).sum()),
            accuracy: mean(photos.iter().filter(|photo| photo.1).count() as f64),
            expected_error: mean(gaps().map(|(gap, bin)| gap * bin.count as f64).sum()),
            expected_error_by_chance: mean(found.iter().map(chance).sum()),
            maximum_error: gaps().map(|(gap, _)| gap).fold(0.0, f64::max),
            brier: mean(photos.iter().map(brier).sum()),
            bins: found,
        }
    }
}

/// Ends of the bins in rising order, one more than bins.
fn edges(photos: &[(f64, bool)], bins: usize, binning: Binning) -> Vec<f64> {
    let shares = (0..=bins).map(|edge| edge as f64 / bins as f64);
    let mut sorted: Vec<f64> = photos.iter().map(|photo| photo.0).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        // Linear between ranks, as numpy.
        let rank = share * (sorted.len() - 1) as f64;
        let below = rank.floor() as usize;
        let above = (below + 1).min(sorted.len() - 1);
        sorted[below] + (sorted[above] - sorted[below]) * (rank - below as f64)
    };
    match binning {
        Binning::Quantile if !sorted.is_empty() => shares.map(quantile).collect(),
        Binning::Quantile | Binning::Uniform => shares.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bins, worked out by hand.
    #[test]
    fn errors_of_four_photos() {
        let photos = [(0.5, true), (0.3, false), (0.9, true), (0.7, false)];
        let found = Calibration::new(&photos, 2, Binning::Uniform);
        let [low, high] = found.bins[..] else {
            panic!("two bins")
        };
        // 0.5 is the upper end of the first bin.
        assert_eq!((low.count, low.right, low.confidence), (2, 1, 0.4));
        assert_eq!((high.count, high.right), (2, 1));
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(high.confidence, 0.8);
        close(high.gap().unwrap(), 0.3);
        close(found.expected_error, (0.1 * 2.0 + 0.3 * 2.0) / 4.0);
        close(found.maximum_error, 0.3);
        close(found.brier, (0.25 + 0.09 + 0.01 + 0.49) / 4.0);
        close(found.confidence, 0.6);
        close(found.accuracy, 0.5);
        let chance = (2.0 / PI).sqrt() * ((0.25_f64 + 0.21).sqrt() + (0.09_f64 + 0.21).sqrt());
        close(found.expected_error_by_chance, chance / 4.0);
    }

    /// E|right − Σp| over all outcomes of a bin is what the approximation by the normal distribution stands for.
    #[test]
    fn the_error_by_chance_is_near_the_exact_one() {
        let confidences: Vec<f64> = (0..12).map(|i| 0.5 + 0.4 * f64::from(i) / 11.0).collect();
        let sum: f64 = confidences.iter().sum();
        let mut exact = 0.0;
        for outcome in 0..1_u32 << confidences.len() {
            let is_right = |at: usize| outcome >> at & 1 == 1;
            let probability: f64 = confidences
                .iter()
                .enumerate()
                .map(|(at, p)| if is_right(at) { *p } else { 1.0 - p })
                .product();
            exact += probability * (f64::from(outcome.count_ones()) - sum).abs();
        }
        exact /= confidences.len() as f64;
        let photos: Vec<(f64, bool)> = confidences.iter().map(|p| (*p, true)).collect();
        let found = Calibration::new(&photos, 1, Binning::Uniform).expected_error_by_chance;
        assert!((found - exact).abs() < 0.03 * exact, "{found} {exact}");
    }

    #[test]
    fn no_photo_and_equal_confidences_are_no_fault() {
        let none = Calibration::new(&[], 3, Binning::Quantile);
        assert_eq!(
            (none.bins.len(), none.expected_error, none.brier),
            (3, 0.0, 0.0)
        );
        let equal = Calibration::new(&[(0.4, true); 5], 4, Binning::Quantile);
        assert_eq!(equal.bins[0].count, 5);
        assert_eq!(equal.bins[3].gap(), None);
    }
}
