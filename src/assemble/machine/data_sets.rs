//! What was found of a range of labelled photos, as `report.json` has it.

use super::arrays::{Beside, Numbers};
use super::of::{Of, layer};
use crate::explain::DataSet;
use crate::report::machine::{self, Found, finite};
use crate::results::labels::{AtThreshold, LabelRates, Labelling};
use crate::results::responses::{Peak, Responses};
use crate::results::{
    Guess, LabelProbabilities, LabelRow, PhotoFact, PhotoFacts, Results, Variations, Varied,
};

impl Of<'_> {
    pub(super) fn responses(&self, found: &Responses, beside: &mut Beside) -> Found {
        let [figure, unit] = self.names;
        let photos = found.filters.first().map_or(0, |filter| filter.means.len());
        let means: Vec<f32> = found
            .filters
            .iter()
            .flat_map(|filter| filter.means.iter().copied())
            .collect();
        let peak = |peak: &Peak| machine::Peak {
            photo: peak.photo,
            value: finite(f64::from(peak.value)),
            row: peak.row,
            column: peak.column,
        };
        let filters = found.filters.iter().map(|filter| machine::FilterResponses {
            zero_share: filter.zero_share(),
            peaks: filter.peaks.iter().map(peak).collect(),
        });
        Found::Responses {
            layer: layer(&found.layer),
            cells: found.cells,
            means: beside.array(
                &[figure, unit, "means"],
                &[found.filters.len(), photos],
                Numbers::Float32(&means),
            ),
            unreadable: found.unreadable.clone(),
            filters: filters.collect(),
        }
    }
}

pub(super) fn photo_facts(found: &PhotoFacts) -> Found {
    let photo = |fact: &PhotoFact| match fact {
        PhotoFact::Picture(facts) => machine::PhotoFact::Picture {
            width: facts.width,
            height: facts.height,
            brightness: facts.brightness,
            contrast: facts.contrast,
            sharpness: facts.sharpness,
            difference_hash: format!("{:016x}", facts.hash),
            pixels: facts
                .pixels
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        },
        PhotoFact::Array => machine::PhotoFact::Array,
        PhotoFact::Unreadable(reason) => machine::PhotoFact::Unreadable {
            reason: reason.clone(),
        },
    };
    Found::PhotoFacts {
        photos: found.rows.iter().map(photo).collect(),
    }
}

pub(super) fn labels(found: &LabelProbabilities) -> Found {
    let photo = |row: &LabelRow| match row {
        LabelRow::Read(row) => machine::LabelRow::Read {
            probabilities: row.iter().map(|p| finite(f64::from(*p))).collect(),
        },
        LabelRow::Unreadable(reason) => machine::LabelRow::Unreadable {
            reason: reason.clone(),
        },
    };
    Found::Labels {
        photos: found.rows.iter().map(photo).collect(),
    }
}

/// Of each label that some photo has, its rates at every threshold.
pub(super) fn label_curves(
    data: &dyn DataSet,
    results: &[Option<Results>],
) -> Vec<machine::LabelCurve> {
    let found = results.iter().flatten().filter_map(|found| match found {
        Results::Labels(found) => Some(&found.rows),
        _ => None,
    });
    let labels = data.labels();
    let rows: Vec<(&[f32], &[usize])> = found
        .flatten()
        .zip(&labels)
        .filter_map(|(row, labels)| match row {
            LabelRow::Read(row) if row.len() >= data.groups().len() => {
                Some((row.as_slice(), labels.as_slice()))
            }
            LabelRow::Read(_) | LabelRow::Unreadable(_) => None,
        })
        .collect();
    let rated = Labelling::new(&rows, data.groups().len(), 0.5); // the best threshold is of none
    let names = data.groups().iter().zip(&rated.labels).enumerate();
    let curves = names.filter(|(_, (_, rates))| rates.photos > 0);
    let curve = |(label, (name, rates)): (usize, (&String, &LabelRates))| {
        let all = AtThreshold::all(&rows, label);
        let column = |of: fn(&AtThreshold) -> f64| all.iter().map(of).collect();
        machine::LabelCurve {
            label: name.clone(),
            thresholds: column(|at| at.threshold),
            precision: column(|at| at.precision),
            recall: column(|at| at.recall),
            f1: column(|at| at.f1),
            best_threshold: rates.best.map(|best| best.0),
            best_f1: rates.best.map(|best| best.1),
        }
    };
    curves.map(curve).collect()
}

pub(super) fn variations(found: &Variations) -> Found {
    let guess = |guess: &Guess| machine::Guess {
        predicted: guess.predicted,
        probability: finite(guess.probability),
    };
    let photo = |row: &Varied| match row {
        Varied::Classified { unchanged, changed } => machine::Varied::Classified {
            unchanged: guess(unchanged),
            changed: changed.iter().map(guess).collect(),
        },
        Varied::Array => machine::Varied::Array,
        Varied::Unreadable(reason) => machine::Varied::Unreadable {
            reason: reason.clone(),
        },
    };
    Found::Variations {
        changes: found.variations.iter().map(ToString::to_string).collect(),
        photos: found.rows.iter().map(photo).collect(),
    }
}
