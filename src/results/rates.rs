//! Rates from a table of counts.

/// What is known of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassRates {
    /// Photos that are of the class.
    pub support: usize,
    /// Photos that were predicted as it.
    pub predicted: usize,
    /// Photos that are of it and were predicted as it.
    pub right: usize,
    /// right / predicted, 0..1; `None` where no photo was predicted as the class.
    pub precision: Option<f64>,
    /// right / support, 0..1; `None` where no photo is of the class.
    pub recall: Option<f64>,
    /// 2·right / (support + predicted), 0..1; `None` where neither.
    pub f1: Option<f64>,
}

/// Mean rates; an undefined rate counts as 0 (scikit-learn's `zero_division=0`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Average {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// All rates of a confusion matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    pub classes: Vec<ClassRates>,
    pub right: usize,
    pub total: usize,
    /// right / total, 0..1; 0 of no photo.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub interval: (f64, f64),
    /// Of the classes that occur as truth or prediction, each counted once.
    pub macro_average: Average,
    /// The same, each counted as often as it has photos.
    pub weighted_average: Average,
}

impl Rates {
    /// `counts[true][predicted]`, square.
    pub fn new(counts: &[Vec<usize>]) -> Self {
        let classes: Vec<ClassRates> = (0..counts.len())
            .map(|class| rates(counts, class))
            .collect();
        let right = classes.iter().map(|class| class.right).sum();
        let total = classes.iter().map(|class| class.support).sum();
        let occurs = |class: &ClassRates| class.support + class.predicted > 0;
        Self {
            right,
            total,
            accuracy: share(right, total).unwrap_or(0.0),
            interval: wilson_interval(right, total),
            macro_average: average(&classes, |class| f64::from(occurs(class))),
            weighted_average: average(&classes, |class| class.support as f64),
            classes,
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn rates(counts: &[Vec<usize>], class: usize) -> ClassRates {
    let support = counts[class].iter().sum();
    let predicted = counts.iter().map(|row| row[class]).sum();
    let right = counts[class][class];
    ClassRates {
        support,
        predicted,
        right,
        precision: share(right, predicted),
        recall: share(right, support),
        f1: share(2 * right, support + predicted),
    }
}

fn average(classes: &[ClassRates], weight: impl Fn(&ClassRates) -> f64) -> Average {
    let total: f64 = classes.iter().map(&weight).sum();
    let mean = |rate: &dyn Fn(&ClassRates) -> Option<f64>| {
        let sum: f64 = classes
            .iter()
            .map(|class| weight(class) * rate(class).unwrap_or(0.0))
            .sum();
        if total > 0.0 { sum / total } else { 0.0 }
    };
    Average {
        precision: mean(&|class| class.precision),
        recall: mean(&|class| class.recall),
        f1: mean(&|class| class.f1),
    }
}

/// The 95 % score interval of a share (Wilson 1927), 0..1; 0..1 whole for no photo.
pub fn wilson_interval(right: usize, total: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054; // 97.5 % point of the normal distribution
    if total == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (total as f64, right as f64 / total as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// A kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confusion {
    pub truth: usize,
    pub predicted: usize,
    pub count: usize,
}

/// The mistakes of `counts[true][predicted]`, the most frequent first, then in the order of the classes.
pub fn confusions(counts: &[Vec<usize>]) -> Vec<Confusion> {
    let cells = counts.iter().enumerate().flat_map(|(truth, row)| {
        let cells = row.iter().enumerate();
        cells.map(move |(predicted, &count)| Confusion {
            truth,
            predicted,
            count,
        })
    });
    let mut found: Vec<_> = cells
        .filter(|cell| cell.truth != cell.predicted && cell.count > 0)
        .collect();
    found.sort_by_key(|cell| std::cmp::Reverse(cell.count)); // stable
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_three_classes_by_hand() {
        // The third class has no photo and is never predicted.
        let rates = Rates::new(&[vec![3, 1, 0], vec![2, 0, 0], vec![0, 0, 0]]);
        let [first, second, third] = rates.classes[..] else {
            panic!("three classes")
        };
        assert_eq!((first.precision, first.recall), (Some(0.6), Some(0.75)));
        assert_eq!(first.f1, Some(6.0 / 9.0));
        assert_eq!(
            (second.precision, second.recall, second.f1),
            (Some(0.0), Some(0.0), Some(0.0))
        );
        assert_eq!(
            (third.precision, third.recall, third.f1),
            (None, None, None)
        );
        assert_eq!((rates.right, rates.total, rates.accuracy), (3, 6, 0.5));
        assert_eq!(rates.macro_average.precision, 0.3); // of two classes, not of three
        assert_eq!(rates.weighted_average.recall, 0.5); // always the accuracy
    }

    #[test]
    fn wilson_interval_of_known_cases() {
        // 5 of 10: 0.2366 to 0.7634; 0 of 10: z²/(n + z²) = 0.2775.
        let (low, high) = wilson_interval(5, 10);
        assert!(
            (low - 0.2366).abs() < 5e-5 && (high - 0.7634).abs() < 5e-5,
            "{low} {high}"
        );
        let (low, high) = wilson_interval(0, 10);
        assert!(
            low.abs() < 1e-15 && (high - 0.2775).abs() < 5e-5,
            "{low} {high}"
        );
        assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
    }

    #[test]
    fn confusions_come_by_count_then_by_class() {
        let found = confusions(&[vec![9, 1, 4], vec![4, 0, 0], vec![0, 1, 2]]);
        let cells: Vec<_> = found
            .iter()
            .map(|c| (c.truth, c.predicted, c.count))
            .collect();
        assert_eq!(cells, [(0, 2, 4), (1, 0, 4), (0, 1, 1), (2, 1, 1)]);
    }
}
