//! The values of a figure whose results are there.

use std::collections::BTreeMap;

use super::{Quantity, of_checks};
use crate::present::attributions::{Reduction, one_channel};
use crate::present::{Task, View};
use crate::results::{
    Attributions, ClassTarget, Curve, Explained, Factors, Optimised, Predictions, Results,
    ScalarTarget, Stage, Superpixels, Target,
};

/// Name and value, without the figure's own name.
pub fn named(task: &Task) -> Vec<(String, Quantity)> {
    let mut values = Values {
        task,
        named: Vec::new(),
    };
    // Pictures of listed filters come before those of other objectives.
    let filters = task
        .parameters
        .get("filters")
        .and_then(serde_json::Value::as_array);
    let filters = filters.map_or(0, Vec::len);
    for (at, found) in task.found.iter().enumerate() {
        let photo = task.photo(found).map(|photo| format!("{}.", photo.id));
        let prefix = photo.unwrap_or_default();
        match found.results {
            Results::Predictions(predictions) => values.predictions(&prefix, predictions),
            // Maps of mistakes are of photos that have no id.
            Results::Attributions(_) if task.data.is_some() => {}
            // Each has its names in the figure of its own method.
            _ if matches!(task.view, View::Comparison(_)) => {}
            Results::Attributions(attributions) => values.attributions(&prefix, attributions),
            Results::Superpixels(superpixels) => values.superpixels(&prefix, superpixels),
            Results::Optimised(optimised) => {
                let prefix = match prefix.is_empty() && at >= filters {
                    true => format!("objective-{}.", at - filters + 1),
                    false => prefix,
                };
                values.optimised(&prefix, optimised);
            }
            Results::Factors(factors) => values.factors(&prefix, factors),
            // Of all ranges together, below.
            Results::Outcomes(_)
            | Results::Responses(_)
            | Results::PhotoFacts(_)
            | Results::Variations(_)
            | Results::Labels(_)
            | Results::Concepts(_) => {}
        }
    }
    values.checks();
    values.largest_of_parts();
    if let Some(data) = task.data {
        match task.view {
            View::Calibration(view) => values.calibration(data, view),
            View::Labels(view) => values.labels(data, view),
            View::Mistakes => values.mistakes(data),
            View::Outcomes(_) => values.outcomes(data),
            View::Patches | View::Spread => values.responses(data),
            View::DataFaults(view) => values.data_faults(data, view),
            View::Robustness => values.robustness(data),
            View::Concepts => values.concepts(data),
            View::Photos
            | View::Attributions(_)
            | View::Superpixels(_)
            | View::Predictions(_)
            | View::Optimised
            | View::Factors(_)
            | View::Comparison(_) => {} // of no data set
        }
    }
    values.named
}

/// The values found so far.
pub(super) struct Values<'a> {
    pub(super) task: &'a Task<'a>,
    named: Vec<(String, Quantity)>,
}

impl Values<'_> {
    pub(super) fn put(&mut self, prefix: &str, name: &str, value: Quantity) {
        self.named.push((format!("{prefix}{name}"), value));
    }

    fn class(&mut self, prefix: &str, target: &ClassTarget) {
        self.put(
            prefix,
            "class",
            Quantity::Text(self.task.class(target.class)),
        );
        self.put(prefix, "score", Quantity::Number(target.score));
        self.put(prefix, "probability", Quantity::share(target.probability));
    }

    fn explained(&mut self, prefix: &str, target: &ScalarTarget) {
        let name = self.task.strings.text(&self.task.explained(target));
        self.put(prefix, "class", Quantity::Text(name));
        self.put(prefix, "score", Quantity::Number(target.score));
        self.put(prefix, "probability", Quantity::share(target.probability));
    }

    fn predictions(&mut self, prefix: &str, predictions: &Predictions) {
        let order = predictions.most_probable(predictions.probabilities.len());
        for (rank, class) in order.into_iter().enumerate() {
            let target = ClassTarget {
                class,
                score: predictions
                    .scores
                    .get(class)
                    .map_or(f64::NAN, |s| f64::from(*s)),
                probability: predictions.probabilities[class],
            };
            if rank == 0 {
                self.class(prefix, &target);
            }
            self.class(&format!("{prefix}top.{}.", rank + 1), &target);
        }
    }

    fn attributions(&mut self, prefix: &str, attributions: &Attributions) {
        let prefix = match &attributions.target {
            Target::Class(target) => {
                self.explained(prefix, target);
                prefix.to_owned()
            }
            target => match part_name(target) {
                Some(part) => format!("{prefix}{part}."),
                None => prefix.to_owned(),
            },
        };
        let map = one_channel(attributions, Reduction::default());
        let (low, high) = map.extremes();
        let sum: f64 = map.values.iter().copied().map(f64::from).sum();
        self.put(&prefix, "smallest", Quantity::Number(f64::from(low)));
        self.put(&prefix, "largest", Quantity::Number(f64::from(high)));
        let mean = sum / map.values.len().max(1) as f64;
        self.put(&prefix, "mean", Quantity::Number(mean));
        if let Some(sampling) = &attributions.sampling {
            self.put(&prefix, "samples", Quantity::Count(sampling.samples));
            let error = attributions.error_share().unwrap_or(f64::NAN);
            self.put(&prefix, "error_share", Quantity::share(error));
        }
    }

    fn checks(&mut self) {
        for one in self.task.checked {
            let photo = one.photo.and_then(|photo| self.task.photos.get(photo));
            let prefix = photo.map(|photo| format!("{}.", photo.id));
            for (name, value) in of_checks::values(one.check, one.found.ok()) {
                self.put(prefix.as_deref().unwrap_or_default(), name, value);
            }
        }
    }

    /// Of each filter or head the largest output on any of the photos.
    fn largest_of_parts(&mut self) {
        let mut largest: BTreeMap<String, f32> = BTreeMap::new();
        for found in self.task.found {
            if let Results::Attributions(attributions) = found.results
                && let Some(part) = part_name(&attributions.target)
            {
                let (_, high) = attributions.values.extremes();
                let known = largest.entry(part).or_insert(high);
                *known = known.max(high);
            }
        }
        for (part, high) in largest {
            let value = Quantity::Number(f64::from(high));
            self.put("", &format!("{part}.largest"), value);
        }
    }

    fn superpixels(&mut self, prefix: &str, result: &Superpixels) {
        self.explained(prefix, &result.target);
        let fit = &result.fit;
        self.put(prefix, "segments", Quantity::Count(result.segments()));
        self.put(prefix, "samples", Quantity::Count(fit.samples));
        let local = match result.explained() {
            Explained::Probability => Quantity::share(fit.local_prediction),
            Explained::Score => Quantity::Number(fit.local_prediction),
        };
        self.put(prefix, "local_prediction", local);
        self.put(prefix, "intercept", Quantity::Number(result.intercept));
        let rates = [
            ("r_squared", fit.r_squared_held_out),
            ("r_squared_in_sample", fit.r_squared),
        ];
        for (name, rate) in rates {
            let value = rate.map_or(Quantity::Text("–".to_owned()), Quantity::Number);
            self.put(prefix, name, value);
        }
        let order = result.by_size_of_weight();
        let (mut above, mut below) = (0, 0);
        for (rank, &segment) in order.iter().enumerate() {
            let weight = result.weights[segment];
            let of_sign = match weight > 0.0 {
                true => {
                    above += 1;
                    format!("positive.{above}")
                }
                false => {
                    below += 1;
                    format!("negative.{below}")
                }
            };
            self.put(
                prefix,
                &format!("weight.{}", rank + 1),
                Quantity::Number(weight),
            );
            self.put(prefix, &of_sign, Quantity::Number(weight));
        }
    }

    fn optimised(&mut self, prefix: &str, optimised: &Optimised) {
        let prefix = match (&optimised.target, prefix) {
            (Target::Filter { filter, .. }, "") => format!("filter-{filter}."),
            _ => prefix.to_owned(),
        };
        let mut ends = |prefix: &str, curve: &Curve| {
            let finite: Vec<f64> = curve.finite().collect();
            for (name, value) in [("first", finite.first()), ("last", finite.last())] {
                let value = value.copied().unwrap_or(f64::NAN);
                self.put(prefix, name, Quantity::Number(value));
            }
        };
        match optimised.curves.as_slice() {
            [curve] => ends(&prefix, curve),
            curves => {
                for (at, curve) in curves.iter().enumerate() {
                    let name = match curve.octave {
                        Some(Stage::Variant { .. }) => "variant",
                        _ => "octave",
                    };
                    ends(&format!("{prefix}{name}-{}.", at + 1), curve);
                }
            }
        }
    }

    fn factors(&mut self, prefix: &str, factors: &Factors) {
        self.put(prefix, "explained", Quantity::share(factors.explained));
        let iterations = Quantity::Count(factors.iterations);
        self.put(prefix, "iterations", iterations);
        for (index, one) in factors.components.iter().enumerate() {
            let prefix = format!("{prefix}component-{}.", index + 1);
            self.put(&prefix, "share", Quantity::share(one.share));
            let (_, largest) = one.map.extremes();
            let largest = Quantity::Number(f64::from(largest));
            self.put(&prefix, "largest", largest);
            if let Some(target) = one.leading.first() {
                self.class(&prefix, target);
            }
        }
    }
}

/// How the names of values call a part of a layer.
fn part_name(target: &Target) -> Option<String> {
    match target {
        Target::Filter { filter, .. } => Some(format!("filter-{filter}")),
        Target::Head { layer, head } => Some(format!("layer-{}.head-{head}", layer.number)),
        Target::Class(_)
        | Target::Layer { .. }
        | Target::Neuron { .. }
        | Target::Direction { .. }
        | Target::Sum { .. } => None,
    }
}
