//! What the network says of each label of labelled photos by itself, and how often it is right.

use serde::{Deserialize, Serialize};

/// Probabilities of a range of a data set, in its order. Two ranges concatenate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelProbabilities {
    pub rows: Vec<LabelRow>,
}

/// One photo. Its labels are not here: a photo that gets other labels is not run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LabelRow {
    /// Of each label, 0..1.
    Read(Vec<f32>),
    /// The file could not be decoded, for this reason, in which [`FILE`](super::FILE) stands for its name.
    Unreadable(String),
}

/// One label at a threshold t: it counts as found where its probability is t or more. Rates are 0..1; `None` where
/// they divide by 0.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRates {
    /// Photos that have it.
    pub photos: usize,
    /// Photos where it is found.
    pub found: usize,
    /// Photos that have it and where it is found.
    pub right: usize,
    /// right / found.
    pub precision: Option<f64>,
    /// right / photos.
    pub recall: Option<f64>,
    /// 2 right / (photos + found).
    pub f1: Option<f64>,
    /// Σ (Rₙ − Rₙ₋₁) Pₙ over falling thresholds, as scikit-learn's `average_precision_score`.
    pub average_precision: Option<f64>,
    /// The threshold of the largest F1 on these photos, the highest of equals, and this F1.
    pub best: Option<(f64, f64)>,
}

/// All labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelling {
    pub labels: Vec<LabelRates>,
    /// Photos that could be read.
    pub photos: usize,
    /// Photos whose labels are found, all of them and no other.
    pub exact: usize,
    /// Share of all pairs of a photo and a label that are wrong, 0..1.
    pub hamming_loss: f64,
    /// Precision, recall and F1 of all pairs together.
    pub micro: [Option<f64>; 3],
    /// Mean over the labels that some photo has; an undefined precision counts as 0.
    pub macro_average: [f64; 3],
    /// Mean of the labels' average precision, of those that some photo has.
    pub mean_average_precision: Option<f64>,
}

/// One label at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtThreshold {
    pub threshold: f64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl AtThreshold {
    /// At each probability that a photo has, rising: between two of them nothing changes. Precision and recall are those of
    /// scikit-learn's `precision_recall_curve`. Empty of a label that no photo has.
    pub fn all(rows: &[(&[f32], &[usize])], label: usize) -> Vec<Self> {
        let pairs = rows.iter();
        let mut pairs: Vec<(f32, bool)> = pairs
            .map(|(row, truths)| (row[label], truths.contains(&label)))
            .collect();
        let photos = pairs.iter().filter(|pair| pair.1).count();
        if photos == 0 {
            return Vec::new();
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut found, mut right) = (0, 0);
        let at = |equal: &[(f32, bool)]| {
            found += equal.len();
            right += equal.iter().filter(|pair| pair.1).count();
            Self {
                threshold: f64::from(equal[0].0),
                precision: right as f64 / found as f64,
                recall: right as f64 / photos as f64,
                f1: 2.0 * right as f64 / (photos + found) as f64,
            }
        };
        let mut all: Vec<Self> = pairs.chunk_by(|a, b| a.0 == b.0).map(at).collect();
        all.reverse();
        all
    }
}

impl Labelling {
    /// Of the probabilities of each photo and the labels it has.
    pub fn new(rows: &[(&[f32], &[usize])], labels: usize, threshold: f64) -> Self {
        let has = |truths: &[usize], label: usize| truths.contains(&label);
        let is_found = |row: &[f32], label: usize| f64::from(row[label]) >= threshold;
        let rates: Vec<LabelRates> = (0..labels)
            .map(|label| {
                let pairs: Vec<(f32, bool)> = rows
                    .iter()
                    .map(|(row, truths)| (row[label], has(truths, label)))
                    .collect();
                LabelRates::new(&pairs, threshold)
            })
            .collect();
        let agrees = |label: usize, row: &[f32], truths: &[usize]| {
            is_found(row, label) == has(truths, label)
        };
        let right = |(row, truths): &&(&[f32], &[usize])| {
            (0..labels).all(|label| agrees(label, row, truths))
        };
        let sum = |of: fn(&LabelRates) -> usize| rates.iter().map(of).sum::<usize>();
        let (photos, found, all_right) = (sum(|r| r.photos), sum(|r| r.found), sum(|r| r.right));
        let wrong = photos + found - 2 * all_right;
        let occurring: Vec<&LabelRates> = rates.iter().filter(|rates| rates.photos > 0).collect();
        let mean = |of: fn(&LabelRates) -> Option<f64>| {
            let sum: f64 = occurring.iter().map(|rates| of(rates).unwrap_or(0.0)).sum();
            sum / occurring.len().max(1) as f64
        };
        Self {
            photos: rows.len(),
            exact: rows.iter().filter(right).count(),
            hamming_loss: share(wrong, rows.len() * labels).unwrap_or(0.0),
            micro: [
                share(all_right, found),
                share(all_right, photos),
                share(2 * all_right, photos + found),
            ],
            macro_average: [mean(|r| r.precision), mean(|r| r.recall), mean(|r| r.f1)],
            mean_average_precision: (!occurring.is_empty())
                .then(|| mean(|rates| rates.average_precision)),
            labels: rates,
        }
    }
}

impl LabelRates {
    /// Of the probability of the label for each photo and whether the photo has it.
    fn new(pairs: &[(f32, bool)], threshold: f64) -> Self {
        let photos = pairs.iter().filter(|pair| pair.1).count();
        let is_found = |pair: &&(f32, bool)| f64::from(pair.0) >= threshold;
        let found = pairs.iter().filter(is_found).count();
        let right = pairs.iter().filter(is_found).filter(|pair| pair.1).count();
        let mut sorted = pairs.to_vec();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut area, mut best) = (0.0, None);
        let (mut taken, mut hits) = (0, 0);
        // Photos of one probability are found together.
        for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
            let before = hits;
            taken += equal.len();
            hits += equal.iter().filter(|pair| pair.1).count();
            let f1 = 2.0 * hits as f64 / (photos + taken).max(1) as f64;
            area += (hits - before) as f64 / photos.max(1) as f64 * (hits as f64 / taken as f64);
            if best.is_none_or(|(_, best)| f1 > best) {
                best = Some((f64::from(equal[0].0), f1));
            }
        }
        Self {
            photos,
            found,
            right,
            precision: share(right, found),
            recall: share(right, photos),
            f1: share(2 * right, photos + found),
            average_precision: (photos > 0).then_some(area),
            best: best.filter(|_| photos > 0),
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand: label 0 of 0.9 (has it), 0.8 (not), 0.6 (has it), 0.1 (not).
    #[test]
    fn rates_of_four_photos() {
        let rows: [(&[f32], &[usize]); 4] = [
            (&[0.9, 0.2, 0.0], &[0]),
            (&[0.8, 0.5, 0.0], &[1]),
            (&[0.6, 0.4, 0.0], &[0, 1]),
            (&[0.1, 0.3, 0.0], &[]),
        ];
        let found = Labelling::new(&rows, 3, 0.5);
        let first = &found.labels[0];
        assert_eq!((first.photos, first.found, first.right), (2, 3, 2));
        assert_eq!(first.precision, Some(2.0 / 3.0));
        assert_eq!((first.recall, first.f1), (Some(1.0), Some(0.8)));
        // Half of the recall at precision 1, the other half at 2/3.
        let average = first.average_precision.unwrap();
        assert!((average - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
        assert_eq!(first.best, Some((f64::from(0.6_f32), 0.8)));
        // The threshold itself counts as found.
        let second = &found.labels[1];
        assert_eq!((second.found, second.recall), (1, Some(0.5)));
        assert_eq!(second.best, Some((f64::from(0.4_f32), 1.0)));
        // Nobody has the third, and nothing is found.
        let third = &found.labels[2];
        assert_eq!(
            (third.precision, third.recall, third.f1),
            (None, None, None)
        );
        assert_eq!((third.average_precision, third.best), (None, None));
        assert_eq!((found.exact, found.photos), (2, 4)); // the first and the last
        assert!((found.hamming_loss - 2.0 / 12.0).abs() < 1e-12);
        assert_eq!(found.micro, [Some(0.75), Some(0.75), Some(0.75)]);
        let f1 = (0.8 + 2.0 / 3.0) / 2.0;
        assert!((found.macro_average[2] - f1).abs() < 1e-12);
    }

    /// The same photos: at 0.1 and above all four are found, two of which have label 0.
    #[test]
    fn thresholds_by_hand() {
        let rows: [(&[f32], &[usize]); 4] = [
            (&[0.9, 0.0], &[0]),
            (&[0.8, 0.0], &[]),
            (&[0.6, 0.0], &[0]),
            (&[0.1, 0.0], &[]),
        ];
        let expected = [
            (0.1_f32, 0.5, 1.0, 2.0 / 3.0),
            (0.6, 2.0 / 3.0, 1.0, 0.8),
            (0.8, 0.5, 0.5, 0.5),
            (0.9, 1.0, 0.5, 2.0 / 3.0),
        ];
        let found = AtThreshold::all(&rows, 0);
        assert_eq!(found.len(), expected.len());
        for (at, (threshold, precision, recall, f1)) in found.iter().zip(expected) {
            assert_eq!(at.threshold, f64::from(threshold));
            assert!((at.precision - precision).abs() < 1e-12, "{at:?}");
            assert!((at.recall - recall).abs() < 1e-12, "{at:?}");
            assert!((at.f1 - f1).abs() < 1e-12, "{at:?}");
        }
        assert_eq!(AtThreshold::all(&rows, 1), [], "no photo has it");
    }

    #[test]
    fn no_photo_is_no_fault() {
        let none = Labelling::new(&[], 2, 0.5);
        assert_eq!((none.exact, none.hamming_loss), (0, 0.0));
        assert_eq!((none.micro, none.mean_average_precision), ([None; 3], None));
    }
}
