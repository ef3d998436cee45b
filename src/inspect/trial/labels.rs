//! Whether the labels, rather than the pixels, are likely to be wrong: the network gives the photos of a label
//! one class, but another than the label.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Setting;
use super::ranking::{Candidate, Outcome};

/// A setting under which labels and predictions agree, if each label means another class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relabelled {
    pub setting: String,
    /// Photos whose prediction is the one of their label.
    pub photos: usize,
    /// Each label, and the prediction that most of its photos have, no two labels with the same one.
    pub classes: Vec<(String, String)>,
}

/// The setting whose predictions agree best with the labels when each label means another class; only
/// where that is far more than what any setting is right about, and most of the photos.
pub(super) fn relabelled(
    settings: &[Setting],
    found: &[Candidate],
    names: &[String],
) -> Option<Relabelled> {
    let right = found.iter().map(Candidate::right).max()?;
    let of = |candidate: &Candidate| (matched(&candidate.outcomes), candidate.setting);
    let ((photos, classes), setting) = found
        .iter()
        .map(of)
        .rev() // of equal ones the first
        .max_by_key(|((photos, _), _)| *photos)?;
    let total = found.first()?.outcomes.len();
    // A tenth of the photos and three: chance finds small agreements among many pairs.
    let is_likely = classes.len() > 1 && 3 * photos >= 2 * total && photos > right + total / 10 + 3;
    let name = |group: usize| {
        names
            .get(group)
            .cloned()
            .unwrap_or_else(|| "other".to_owned())
    };
    is_likely.then(|| Relabelled {
        setting: settings[setting].name.clone(),
        photos,
        classes: classes
            .into_iter()
            .map(|(truth, top)| (name(truth), name(top)))
            .collect(),
    })
}

/// Photos whose prediction is that of their label, and the prediction of each label. The pairs with most
/// photos are taken first.
fn matched(outcomes: &[Outcome]) -> (usize, BTreeMap<usize, usize>) {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry((outcome.truth, outcome.top)).or_insert(0) += 1;
    }
    let mut pairs: Vec<_> = counts.into_iter().collect();
    pairs.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    let mut class_of = BTreeMap::new();
    let mut photos = 0;
    for ((truth, top), count) in pairs {
        if class_of.contains_key(&truth) || class_of.values().any(|class| *class == top) {
            continue;
        }
        class_of.insert(truth, top);
        photos += count;
    }
    (photos, class_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Preprocessing;

    #[test]
    fn labels_in_another_order_are_found_and_a_right_setting_is_none() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let candidate = |setting: usize, shift: usize| Candidate {
            setting,
            class_in_text_order: None,
            outcomes: (0..12)
                .map(|photo| Outcome {
                    truth: photo % 3,
                    top: (photo % 3 + shift) % 3,
                    right_probability: 0.0,
                    top_probability: 0.0,
                })
                .collect(),
        };
        let setting = |name: &str| Setting {
            name: name.to_owned(),
            preset: None,
            preprocessing: Preprocessing::default(),
        };
        let settings = [setting("x"), setting("y")];
        let found = relabelled(&settings, &[candidate(0, 1), candidate(1, 2)], &names).unwrap();
        assert_eq!((found.setting.as_str(), found.photos), ("x", 12));
        assert_eq!(found.classes[0], ("a".to_owned(), "b".to_owned()));
        assert_eq!(
            relabelled(&settings, &[candidate(0, 1), candidate(1, 0)], &names),
            None
        );
    }

    #[test]
    fn a_label_is_matched_with_the_prediction_that_most_of_its_photos_have() {
        let outcome = |(truth, top): &(usize, usize)| Outcome {
            truth: *truth,
            top: *top,
            right_probability: 0.0,
            top_probability: 0.0,
        };
        let pairs = [(0, 2), (0, 2), (0, 1), (1, 2), (1, 0), (2, 1), (2, 1)];
        let outcomes: Vec<Outcome> = pairs.iter().map(outcome).collect();
        let (photos, classes) = matched(&outcomes);
        assert_eq!(photos, 5);
        assert_eq!(classes, BTreeMap::from([(0, 2), (1, 0), (2, 1)]));
    }
}
