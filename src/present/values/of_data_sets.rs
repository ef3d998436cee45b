//! The values of a figure of a whole data set.

use super::Quantity;
use super::of_results::Values;
use crate::present::outcomes::rows::{counts, rows};
use crate::present::{
    Data, calibration, concepts, data_faults, labels, mistakes, patches, robustness, spread,
};
use crate::results::rates::Rates;

impl Values<'_> {
    pub(super) fn calibration(&mut self, data: &Data, view: &calibration::View) {
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

    pub(super) fn labels(&mut self, data: &Data, view: &labels::View) {
        let rows = labels::Rows::of(self.task, data);
        let found = rows.rated(data, view.threshold);
        let rate = |rate: Option<f64>| {
            rate.map_or_else(|| Quantity::Text("–".to_owned()), Quantity::Number)
        };
        self.put("", "photos", Quantity::Count(found.photos));
        self.put("", "unreadable", Quantity::Count(rows.unreadable.len()));
        self.put("", "exact", Quantity::Count(found.exact));
        self.put("", "hamming_loss", Quantity::share(found.hamming_loss));
        let precision = rate(found.mean_average_precision);
        self.put("", "mean_average_precision", precision);
        let averages = [
            ("micro.", found.micro),
            ("macro.", found.macro_average.map(Some)),
        ];
        for (prefix, rates) in averages {
            for (name, value) in ["precision", "recall", "f1"].into_iter().zip(rates) {
                self.put(prefix, name, rate(value));
            }
        }
        for (label, rates) in data.groups.iter().zip(&found.labels) {
            let of_label = [
                ("photos", Quantity::Count(rates.photos)),
                ("found", Quantity::Count(rates.found)),
                ("right", Quantity::Count(rates.right)),
                ("precision", rate(rates.precision)),
                ("recall", rate(rates.recall)),
                ("f1", rate(rates.f1)),
                ("average_precision", rate(rates.average_precision)),
                ("best_threshold", rate(rates.best.map(|best| best.0))),
                ("best_f1", rate(rates.best.map(|best| best.1))),
            ];
            for (name, value) in of_label {
                self.put("", &format!("{name}.{label}"), value);
            }
        }
    }

    pub(super) fn data_faults(&mut self, data: &Data, view: &data_faults::View) {
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

    pub(super) fn robustness(&mut self, data: &Data) {
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

    pub(super) fn responses(&mut self, data: &Data) {
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

    pub(super) fn concepts(&mut self, data: &Data) {
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

    pub(super) fn mistakes(&mut self, data: &Data) {
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

    pub(super) fn outcomes(&mut self, data: &Data) {
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
