//! The settings in the order of the photos that they are right about.

use super::{Row, Setting};
use crate::inspect::mcnemar::mcnemar;
use crate::results::rates::wilson_interval;

/// A setting with what came out under it.
pub(super) struct Candidate {
    /// Index of the setting.
    pub setting: usize,
    /// The class of each label where the labels are sorted as text.
    pub class_in_text_order: Option<Vec<usize>>,
    /// One for each photo.
    pub outcomes: Vec<Outcome>,
}

/// Of one photo under one setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    /// The group that the photo belongs to, and the one that is predicted.
    pub truth: usize,
    pub top: usize,
    pub right_probability: f64,
    pub top_probability: f64,
}

impl Outcome {
    pub fn is_right(&self) -> bool {
        self.truth == self.top
    }
}

impl Candidate {
    /// The class of a photo whose label is a number, or its group.
    pub fn truth(&self, truth: usize) -> usize {
        self.class_in_text_order
            .as_ref()
            .map_or(truth, |classes| classes[truth])
    }

    pub(super) fn right(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.is_right())
            .count()
    }

    fn mean(&self, number: fn(&Outcome) -> f64) -> f64 {
        self.outcomes.iter().map(number).sum::<f64>() / self.outcomes.len().max(1) as f64
    }
}

/// By the photos that are right, then by the probability of what is right.
pub(super) fn ranked(settings: &[Setting], candidates: &[Candidate]) -> Vec<Row> {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by(|a, b| {
        let probability = |of: &Candidate| of.mean(|outcome| outcome.right_probability);
        let by_right = b.right().cmp(&a.right());
        by_right.then(probability(b).total_cmp(&probability(a))) // stable
    });
    let row = |(rank, of): (usize, &&Candidate)| {
        let (right, photos) = (of.right(), of.outcomes.len());
        let setting = &settings[of.setting];
        Row {
            setting: setting.name.clone(),
            labels_in_text_order: of.class_in_text_order.is_some(),
            right,
            accuracy: right as f64 / photos.max(1) as f64,
            interval: wilson_interval(right, photos),
            mean_right_probability: of.mean(|outcome| outcome.right_probability),
            mean_top_probability: of.mean(|outcome| outcome.top_probability),
            p_value: (rank > 0).then(|| compared(&order[0].outcomes, &of.outcomes)),
            input_lines: setting.input_lines(),
        }
    };
    order.iter().enumerate().map(row).collect()
}

/// Of the photos about which one of two settings only is right.
fn compared(a: &[Outcome], b: &[Outcome]) -> f64 {
    let only = |a: &[Outcome], b: &[Outcome]| {
        let pairs = a.iter().zip(b);
        pairs.filter(|(a, b)| a.is_right() && !b.is_right()).count()
    };
    mcnemar(only(a, b), only(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::trial::Trial;
    use crate::picture::Preprocessing;

    #[test]
    fn settings_are_ranked_by_what_they_are_right_about_then_by_probability() {
        let of = |setting: usize, right: &[bool], probability: f64| {
            let outcome = |is_right: &bool| Outcome {
                truth: 1,
                top: usize::from(*is_right),
                right_probability: probability,
                top_probability: 0.9,
            };
            Candidate {
                setting,
                class_in_text_order: None,
                outcomes: right.iter().map(outcome).collect(),
            }
        };
        let setting = |name: &str| Setting {
            name: name.to_owned(),
            preset: None,
            preprocessing: Preprocessing::default(),
        };
        let settings = ["a", "b", "c"].map(setting);
        let candidates = [
            of(0, &[true, false, false, false], 0.9),
            of(1, &[true, true, true, false], 0.2),
            of(2, &[false, true, true, true], 0.6),
        ];
        let rows = ranked(&settings, &candidates);
        let names: Vec<_> = rows.iter().map(|row| row.setting.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        assert_eq!(
            (rows[0].right, rows[0].accuracy, rows[0].p_value),
            (3, 0.75, None)
        );
        assert_eq!(rows[1].p_value, Some(1.0));
        assert_eq!(rows[2].p_value, Some(mcnemar(3, 1)));
        let trial = Trial {
            photos: 4,
            groups: 4,
            unreadable: Vec::new(),
            skipped: Vec::new(),
            label_order: None,
            relabelled: None,
            rows,
        };
        assert_eq!(trial.indistinguishable_from_best().count(), 3);
        assert!(!trial.is_near_chance());
    }
}
