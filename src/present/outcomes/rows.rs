//! Outcomes of all ranges of a data set, joined with its labels.

use super::View;
use crate::present::{Data, Task};
use crate::results::rates::{Confusion, confusions};
use crate::results::{Outcome, Picture, Results, Tally, named};

/// A kind of mistake with some photos of it, as the network sees them.
pub(super) struct Example {
    pub confusion: Confusion,
    pub photos: Vec<(Classified, Picture)>,
}

/// A photo that could be read, with its label.
#[derive(Debug, Clone, Copy)]
pub struct Classified {
    /// Index in the data set.
    pub photo: usize,
    /// Group that the label names.
    pub truth: usize,
    pub predicted: usize,
    /// Of the predicted group, 0..1.
    pub probability: f64,
}

/// The outcomes of all ranges in the order of the data set, and the photos that could not be read.
pub fn rows(task: &Task, data: &Data) -> (Vec<Classified>, Vec<String>) {
    let outcomes = task.found.iter().filter_map(|found| match found.results {
        Results::Outcomes(outcomes) => Some(&outcomes.rows),
        _ => None,
    });
    let mut unreadable = data.unreadable.clone();
    let mut classified = Vec::new();
    for (photo, (outcome, &truth)) in outcomes.flatten().zip(&data.truths).enumerate() {
        match outcome {
            Outcome::Classified(Tally {
                predicted,
                probability,
                ..
            }) => classified.push(Classified {
                photo,
                truth,
                predicted: *predicted,
                probability: *probability,
            }),
            Outcome::Unreadable(reason) => {
                let path = data.paths.get(photo).map_or("", String::as_str);
                unreadable.push(named(reason, path));
            }
        }
    }
    (classified, unreadable)
}

/// counts[truth][predicted], square.
pub fn counts(groups: usize, classified: &[Classified]) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; groups]; groups];
    for one in classified {
        counts[one.truth][one.predicted] += 1;
    }
    counts
}

pub(super) fn examples(
    view: &View,
    data: &Data,
    classified: &[Classified],
    counts: &[Vec<usize>],
) -> Vec<Example> {
    let pairs = confusions(counts).into_iter().take(view.pairs);
    let example = |confusion: Confusion| {
        let is_of_pair = |one: &&Classified| {
            (one.truth, one.predicted) == (confusion.truth, confusion.predicted)
        };
        let mut found: Vec<&Classified> = classified.iter().filter(is_of_pair).collect();
        found.sort_by(|a, b| b.probability.total_cmp(&a.probability)); // stable
        let opened = found
            .into_iter()
            .take(view.examples)
            .filter_map(|one| Some((*one, (data.open)(one.photo)?)));
        Example {
            confusion,
            photos: opened.collect(),
        }
    };
    pairs.map(example).collect()
}
