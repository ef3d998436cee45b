//! Labelled photos that were predicted as something else.

use super::Outcome;

/// A photo that was predicted as another group than that of its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mistake {
    /// Place in the data set.
    pub photo: usize,
    /// Group that the label names.
    pub truth: usize,
    pub predicted: usize,
    /// Of the predicted group, 0..1.
    pub probability: f64,
}

/// The `count` mistakes of the highest probability, the highest first, of equals in the order of the data set.
/// `truths` has the group of each photo's label.
pub fn most_confident(rows: &[&Outcome], truths: &[usize], count: usize) -> Vec<Mistake> {
    let mistake = |(photo, (row, &truth)): (usize, (&&Outcome, &usize))| match row {
        Outcome::Classified(tally) if tally.predicted != truth => Some(Mistake {
            photo,
            truth,
            predicted: tally.predicted,
            probability: tally.probability,
        }),
        Outcome::Classified(_) | Outcome::Unreadable(_) => None,
    };
    let mut mistakes: Vec<Mistake> = rows
        .iter()
        .zip(truths)
        .enumerate()
        .filter_map(mistake)
        .collect();
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability)); // stable
    mistakes.truncate(count);
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Tally;

    #[test]
    fn the_surest_mistakes_come_first_and_right_ones_never() {
        let row = |predicted: usize, probability: f64| {
            Outcome::Classified(Tally {
                predicted,
                probability,
                leading: Vec::new(),
            })
        };
        let rows = [
            row(0, 0.99),
            row(1, 0.5),
            Outcome::Unreadable("x".to_owned()),
            row(2, 0.75),
            row(1, 0.5),
        ];
        let rows: Vec<&Outcome> = rows.iter().collect();
        let truths = [0, 0, 0, 1, 2];
        let photos = |count| -> Vec<usize> {
            let mistakes = most_confident(&rows, &truths, count);
            mistakes.iter().map(|mistake| mistake.photo).collect()
        };
        assert_eq!(photos(9), [3, 1, 4]);
        assert_eq!(photos(2), [3, 1]);
        let first = most_confident(&rows, &truths, 1)[0];
        assert_eq!(
            (first.truth, first.predicted, first.probability),
            (1, 2, 0.75)
        );
    }
}
