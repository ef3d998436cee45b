//! The values of a figure whose results are there.

use std::collections::BTreeMap;

use super::{Quantity, of_checks};
use crate::present::attributions::{Reduction, one_channel};
use crate::present::outcomes::rows::{counts, rows};
use crate::present::{
    Data, Task, View, calibration, concepts, data_faults, mistakes, patches, robustness, spread,
};
use crate::results::rates::Rates;
use crate::results::{
    Attributions, ClassTarget, Curve, Explained, Factors, Optimised, Predictions, Results,
    Superpixels, Target,
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
            // Maps of mistakes are of photos that have no id.
            Results::Attributions(_) if task.data.is_some() => {}
            // Each has its names in the figure of its own method.
            _ if matches!(task.view, View::Comparison(_)) => {}
            Results::Attributions(attributions) => values.attributions(&prefix, attributions),
            Results::Superpixels(superpixels) => values.superpixels(&prefix, superpixels),
            Results::Optimised(optimised) => values.optimised(&prefix, optimised),
            Results::Factors(factors) => values.factors(&prefix, factors),
            // Of all ranges together, below.
            Results::Outcomes(_)
            | Results::Responses(_)
            | Results::PhotoFacts(_)
            | Results::Variations(_)
            | Results::Concepts(_) => {}
        }
    }
    values.checks();
    values.largest_of_parts();
    if let Some(data) = task.data {
        match task.view {
            View::Calibration(view) => values.calibration(data, view),
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
            target @ (Target::Filter { .. } | Target::Head { .. } | Target::Layer { .. }) => {
                match part_name(target) {
                    Some(part) => format!("{prefix}{part}."),
                    None => prefix.to_owned(),
                }
            }
        };
        let map = one_channel(attributions, Reduction::default());
        let (low, high) = map.extremes();
        let sum: f64 = map.values.iter().copied().map(f64::from).sum();
        self.put(&prefix, "smallest", Quantity::Number(f64::from(low)));
        self.put(&prefix, "largest", Quantity::Number(f64::from(high)));
        let mean = sum / map.values.len().max(1) as f64;
        self.put(&prefix, "mean", Quantity::Number(mean));
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

    fn calibration(&mut self, data: &Data, view: &calibration::View) {
        let (classified, unreadable) = rows(self.task, data);
        let found = view.of(&calibration::confidences_of(&classified));
        self.put("", "photos", Quantity::Count(found.total));
        self.put("", "unreadable", Quantity::Count(unreadable.len()));
        let shares = [
            ("accuracy", found.accuracy),
            ("confidence", found.confidence),
            ("expected_error", found.expected_error),
            ("expected_error_by_chance", found.expected_error_by_chance),
            ("maximum_error", found.maximum_error),
        ];
        for (name, share) in shares {
            self.put("", name, Quantity::share(share));
        }
        self.put("", "brier", Quantity::Number(found.brier));
        for (number, bin) in found.bins.iter().enumerate() {
            let prefix = format!("bin.{}.", number + 1);
            self.put(&prefix, "photos", Quantity::Count(bin.count));
            let none = || Quantity::Text("–".to_owned());
            let confidence = (bin.count > 0).then_some(bin.confidence);
            let shares = [
                ("confidence", confidence),
                ("share_right", bin.share_right()),
            ];
            for (name, share) in shares {
                self.put(&prefix, name, share.map_or_else(none, Quantity::share));
            }
        }
    }

    fn data_faults(&mut self, data: &Data, view: &data_faults::View) {
        let found = data_faults::faults(self.task, data, view);
        let counts = [
            ("photos", found.looked_at),
            ("unreadable", found.unreadable.len()),
            ("exact", found.exact().count()),
            ("near", found.near().count()),
            ("across", found.across(data).count()),
        ];
        let sorts = found
            .sorts
            .iter()
            .map(|sort| (sort.name, sort.photos.len()));
        for (name, count) in counts.into_iter().chain(sorts) {
            self.put("", name, Quantity::Count(count));
        }
    }

    fn robustness(&mut self, data: &Data) {
        let Some(found) = robustness::found(self.task, data) else {
            return;
        };
        self.put("", "photos", Quantity::Count(found.unchanged.photos));
        self.put("", "unreadable", Quantity::Count(found.unreadable.len()));
        let accuracy = Quantity::share(found.unchanged.accuracy());
        self.put("", "accuracy", accuracy);
        for (variation, of) in &found.changed {
            let prefix = format!("{variation}.");
            self.put(&prefix, "accuracy", Quantity::share(of.accuracy()));
            self.put(&prefix, "same", Quantity::share(of.share_same()));
            self.put(&prefix, "probability", Quantity::share(of.probability));
        }
    }

    fn responses(&mut self, data: &Data) {
        let Some(all) = patches::responses(self.task) else {
            return;
        };
        let photos = all.filters.first().map_or(0, |filter| filter.means.len());
        let unreadable = patches::unreadable(data, &all).len();
        let dead = all.filters.iter().filter(|filter| filter.is_dead()).count();
        self.put("", "photos", Quantity::Count(photos));
        self.put("", "unreadable", Quantity::Count(unreadable));
        self.put("", "filters", Quantity::Count(all.filters.len()));
        self.put("", "dead", Quantity::Count(dead));
        for filter in patches::filters(self.task) {
            let Some(found) = all.filters.get(filter) else {
                continue;
            };
            let prefix = format!("filter-{filter}.");
            let largest = found.largest().map_or(f64::NAN, f64::from);
            self.put(&prefix, "largest", Quantity::Number(largest));
            self.put(&prefix, "mean", Quantity::Number(found.mean()));
            self.put(&prefix, "zero", Quantity::share(found.zero_share()));
            let means = spread::by_group(data, &all, found);
            let names = data.groups.iter().map(String::as_str).chain(["other"]);
            for (group, name) in names.enumerate() {
                let of = means.iter().find(|of| of.group == group);
                let none = || Quantity::Text("–".to_owned());
                let mean = of.map_or_else(none, |of| Quantity::Number(of.mean));
                self.put(&prefix, &format!("mean.{name}"), mean);
            }
        }
    }

    fn concepts(&mut self, data: &Data) {
        let Some(found) = concepts::found(self.task) else {
            return;
        };
        let unreadable = concepts::unreadable(data, found).len();
        self.put("", "photos", Quantity::Count(found.photos));
        self.put("", "unreadable", Quantity::Count(unreadable));
        self.put("", "crops", Quantity::Count(found.crops));
        self.put("", "explained", Quantity::share(found.explained));
        for (rank, one) in found.concepts.iter().enumerate() {
            let prefix = format!("concept.{}.", rank + 1);
            let importance = Quantity::Number(one.importance);
            self.put(&prefix, "importance", importance);
            self.put(&prefix, "share", Quantity::share(one.share));
        }
    }

    fn mistakes(&mut self, data: &Data) {
        let (classified, unreadable) = rows(self.task, data);
        let wrong = classified.iter().filter(|one| one.truth != one.predicted);
        let wrong = wrong.count();
        self.put("", "photos", Quantity::Count(classified.len()));
        self.put("", "wrong", Quantity::Count(wrong));
        self.put("", "unreadable", Quantity::Count(unreadable.len()));
        let name = |group: usize| {
            let name = data.groups.get(group).map_or("other", String::as_str);
            Quantity::Text(name.to_owned())
        };
        for (rank, one) in mistakes::explained(self.task, data).0.iter().enumerate() {
            let prefix = format!("mistake.{}.", rank + 1);
            let mistake = &one.mistake;
            let file = mistakes::short(data, mistake.photo);
            self.put(&prefix, "file", Quantity::Text(file));
            self.put(&prefix, "truth", name(mistake.truth));
            self.put(&prefix, "predicted", name(mistake.predicted));
            let probability = Quantity::share(mistake.probability);
            self.put(&prefix, "probability", probability);
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
/// How the names of values call a part of a layer.
fn part_name(target: &Target) -> Option<String> {
    match target {
        Target::Filter { filter, .. } => Some(format!("filter-{filter}")),
        Target::Head { layer, head } => Some(format!("layer-{}.head-{head}", layer.number)),
        Target::Class(_) | Target::Layer { .. } => None,
    }
}
