//! The values of a figure whose results are there.

use std::collections::BTreeMap;

use super::Quantity;
use crate::present::attributions::{Reduction, one_channel};
use crate::present::outcomes::rows::{counts, rows};
use crate::present::{Data, Task};
use crate::results::rates::Rates;
use crate::results::{
    Attributions, ClassTarget, Curve, Explained, Optimised, Predictions, Results, Superpixels,
    Target,
};
use crate::words::Argument;

/// Name and value, without the figure's own name.
pub fn named(task: &Task) -> Vec<(String, Quantity)> {
    let mut values = Values {
        task,
        named: Vec::new(),
    };
    for found in task.found {
        let photo = task.photo(found).map(|photo| format!("{}.", photo.id));
        let prefix = photo.unwrap_or_default();
        match found.results {
            Results::Predictions(predictions) => values.predictions(&prefix, predictions),
            Results::Attributions(attributions) => values.attributions(&prefix, attributions),
            Results::Superpixels(superpixels) => values.superpixels(&prefix, superpixels),
            Results::Optimised(optimised) => values.optimised(&prefix, optimised),
            Results::Outcomes(_) => {} // of all ranges together, below
        }
    }
    values.largest_of_filters();
    if let Some(data) = task.data {
        values.outcomes(data);
    }
    values.named
}

struct Values<'a> {
    task: &'a Task<'a>,
    named: Vec<(String, Quantity)>,
}

impl Values<'_> {
    fn put(&mut self, prefix: &str, name: &str, value: Quantity) {
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
                self.class(prefix, target);
                prefix.to_owned()
            }
            Target::Filter { filter, .. } => format!("{prefix}filter-{filter}."),
            Target::Layer { .. } => prefix.to_owned(),
        };
        let map = one_channel(attributions, Reduction::default());
        let (low, high) = map.extremes();
        let sum: f64 = map.values.iter().copied().map(f64::from).sum();
        self.put(&prefix, "smallest", Quantity::Number(f64::from(low)));
        self.put(&prefix, "largest", Quantity::Number(f64::from(high)));
        let mean = sum / map.values.len().max(1) as f64;
        self.put(&prefix, "mean", Quantity::Number(mean));
    }

    /// Of each filter the largest output on any of the photos.
    fn largest_of_filters(&mut self) {
        let mut largest: BTreeMap<usize, f32> = BTreeMap::new();
        for found in self.task.found {
            if let Results::Attributions(attributions) = found.results
                && let Target::Filter { filter, .. } = attributions.target
            {
                let (_, high) = attributions.values.extremes();
                let known = largest.entry(filter).or_insert(high);
                *known = known.max(high);
            }
        }
        for (filter, high) in largest {
            let value = Quantity::Number(f64::from(high));
            self.put("", &format!("filter-{filter}.largest"), value);
        }
    }

    fn superpixels(&mut self, prefix: &str, result: &Superpixels) {
        self.class(prefix, &result.target);
        let fit = &result.fit;
        self.put(prefix, "segments", Quantity::Count(result.segments()));
        self.put(prefix, "samples", Quantity::Count(fit.samples));
        let local = match result.explained {
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
                for (octave, curve) in curves.iter().enumerate() {
                    ends(&format!("{prefix}octave-{}.", octave + 1), curve);
                }
            }
        }
    }

    fn outcomes(&mut self, data: &Data) {
        let names: Vec<String> = data
            .groups
            .iter()
            .cloned()
            .chain(["other".to_owned()])
            .collect();
        let (classified, unreadable) = rows(self.task, data);
        let counts = counts(names.len(), &classified);
        let rates = Rates::new(&counts);
        self.put("", "photos", Quantity::Count(rates.total));
        self.put("", "right", Quantity::Count(rates.right));
        self.put("", "wrong", Quantity::Count(rates.total - rates.right));
        self.put("", "unreadable", Quantity::Count(unreadable.len()));
        self.put("", "groups", Quantity::Count(data.groups.len()));
        self.put("", "accuracy", Quantity::share(rates.accuracy));
        self.put("", "accuracy_low", Quantity::share(rates.interval.0));
        self.put("", "accuracy_high", Quantity::share(rates.interval.1));
        let averages = [
            ("macro", rates.macro_average),
            ("weighted", rates.weighted_average),
        ];
        for (name, average) in averages {
            for (rate, value) in [
                ("precision", average.precision),
                ("recall", average.recall),
                ("f1", average.f1),
            ] {
                self.put("", &format!("{name}.{rate}"), Quantity::Number(value));
            }
        }
        for (name, group) in names.iter().zip(&rates.classes) {
            self.put("photos.", name, Quantity::Count(group.support));
            self.put("right.", name, Quantity::Count(group.right));
            self.put("predicted.", name, Quantity::Count(group.predicted));
            let undefined = || Quantity::Text("–".to_owned());
            for (rate, value) in [
                ("precision.", group.precision),
                ("recall.", group.recall),
                ("f1.", group.f1),
            ] {
                let value = value.map_or_else(undefined, Quantity::Number);
                self.put(rate, name, value);
            }
        }
        for (truth, row) in names.iter().zip(&counts) {
            for (predicted, &count) in names.iter().zip(row) {
                let name = format!("count.{truth}.{predicted}");
                self.put("", &name, Quantity::Count(count));
            }
        }
    }
}

impl Quantity {
    /// As text in the value's own way, for lists.
    pub fn plain(&self) -> Argument {
        self.argument(None).unwrap_or(Argument::Text(String::new()))
    }
}
