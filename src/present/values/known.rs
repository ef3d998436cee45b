//! The names of a figure's values before anything was run, so that a wrong one is found at once.

use super::of_checks;
use crate::results::{Check, Kind};

/// What is known of a figure without results.
pub struct Names<'a> {
    pub kind: Kind,
    /// Ids of its photos.
    pub photos: &'a [&'a str],
    /// Filters or heads of its units, where they have any: `filter-7`, `layer-2.head-0`.
    pub parts: &'a [String],
    /// Octaves of a dream of a whole layer.
    pub octaves: Option<usize>,
    pub classes: usize,
    /// Names of the groups of a data set.
    pub groups: &'a [String],
    /// Names of the changes that photos are put through.
    pub variations: &'a [String],
    /// Whether they are estimated from random samples.
    pub is_sampled: bool,
    /// What judges its maps.
    pub checks: &'a [Check],
}

const OF_DATA_FAULTS: [&str; 11] = [
    "photos",
    "unreadable",
    "exact",
    "near",
    "across",
    "dark",
    "bright",
    "flat",
    "blurred",
    "tiny",
    "odd_aspect",
];

const OF_CLASS: [&str; 3] = ["class", "score", "probability"];
/// Weights are numbered by rank; how many there are is known when the photo is cut.
const MOST_SEGMENTS: usize = 200;
/// As many as the view takes.
const MOST_BINS: usize = 100;
/// As many as the method takes.
const MOST_COMPONENTS: usize = 20;
/// As many as the method takes.
const MOST_CONCEPTS: usize = 50;
/// As many as the method takes.
const MOST_MISTAKES: usize = 20;

/// Every name that may have a value, without the figure's own name; ranks up to a bound.
pub fn known(of: &Names) -> Vec<String> {
    let photos = || of.photos.iter().map(|photo| format!("{photo}."));
    let with = |prefix: &str, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("{prefix}{name}")).collect()
    };
    let of_checks = photos().flat_map(|photo| {
        let names = of.checks.iter().flat_map(|check| of_checks::names(*check));
        names.map(move |name| format!("{photo}{name}"))
    });
    let of_checks: Vec<String> = of_checks.collect();
    let of_kind = match of.kind {
        Kind::Photos | Kind::Comparison => Vec::new(),
        Kind::Predictions => photos()
            .flat_map(|photo| {
                let ranks = 1..=of.classes;
                let ranks = ranks.flat_map(|rank| with(&format!("{photo}top.{rank}."), &OF_CLASS));
                let ranks: Vec<String> = ranks.collect();
                with(&photo, &OF_CLASS).into_iter().chain(ranks)
            })
            .collect(),
        Kind::Attributions => of
            .parts
            .iter()
            .map(|part| format!("{part}.largest"))
            .chain(photos().flat_map(|photo| {
                let numbers = match of.is_sampled {
                    true => &["smallest", "largest", "mean", "samples", "error_share"][..],
                    false => &["smallest", "largest", "mean"],
                };
                match of.parts {
                    [] => [with(&photo, &OF_CLASS), with(&photo, numbers)].concat(),
                    parts => parts
                        .iter()
                        .flat_map(|part| with(&format!("{photo}{part}."), numbers))
                        .collect::<Vec<_>>(),
                }
            }))
            .collect(),
        Kind::Superpixels => photos()
            .flat_map(|photo| {
                let of_fit = [
                    "segments",
                    "samples",
                    "local_prediction",
                    "intercept",
                    "r_squared",
                    "r_squared_in_sample",
                ];
                let ranked = ["weight", "positive", "negative"].into_iter();
                let ranked = ranked.flat_map(|name| {
                    let ranks = 1..=MOST_SEGMENTS;
                    ranks.map(move |rank| format!("{name}.{rank}"))
                });
                let ranked: Vec<String> = ranked.map(|name| format!("{photo}{name}")).collect();
                [with(&photo, &OF_CLASS), with(&photo, &of_fit), ranked].concat()
            })
            .collect(),
        Kind::Optimised => {
            let ends = ["first", "last"];
            let parts = of.parts.iter();
            let of_parts = parts.flat_map(|part| with(&format!("{part}."), &ends));
            let of_photos = photos().flat_map(|photo| match of.octaves {
                None | Some(1) => with(&photo, &ends),
                Some(octaves) => (1..=octaves)
                    .flat_map(|octave| with(&format!("{photo}octave-{octave}."), &ends))
                    .collect(),
            });
            of_parts.chain(of_photos).collect()
        }
        Kind::Factors => photos()
            .flat_map(|photo| {
                let components = (1..=MOST_COMPONENTS).flat_map(|component| {
                    let prefix = format!("{photo}component-{component}.");
                    [
                        with(&prefix, &OF_CLASS),
                        with(&prefix, &["share", "largest"]),
                    ]
                    .concat()
                });
                let components: Vec<String> = components.collect();
                [with(&photo, &["explained", "iterations"]), components].concat()
            })
            .collect(),
        Kind::Concepts => of_concepts(),
        Kind::Outcomes => of_outcomes(of.groups),
        Kind::Calibration => of_calibration(),
        Kind::Labels => of_labels(of.groups),
        Kind::Mistakes => of_mistakes(),
        Kind::Patches | Kind::Spread => of_responses(of),
        Kind::DataFaults => OF_DATA_FAULTS.map(str::to_owned).to_vec(),
        Kind::Robustness => of_robustness(of.variations),
    };
    [of_kind, of_checks].concat()
}

/// Of all labels together and of each by its name.
fn of_labels(labels: &[String]) -> Vec<String> {
    let of_all = [
        "photos",
        "unreadable",
        "exact",
        "hamming_loss",
        "mean_average_precision",
    ];
    let mut names: Vec<String> = of_all.map(str::to_owned).to_vec();
    for average in ["micro", "macro"] {
        names.extend(["precision", "recall", "f1"].map(|rate| format!("{average}.{rate}")));
    }
    for label in labels {
        let of_label = [
            "photos",
            "found",
            "right",
            "precision",
            "recall",
            "f1",
            "average_precision",
            "best_threshold",
            "best_f1",
        ];
        names.extend(of_label.map(|name| format!("{name}.{label}")));
    }
    names
}

fn of_calibration() -> Vec<String> {
    let of_all = [
        "photos",
        "unreadable",
        "accuracy",
        "confidence",
        "expected_error",
        "expected_error_by_chance",
        "maximum_error",
        "brier",
    ];
    let of_all = of_all.map(str::to_owned);
    let of_bins = (1..=MOST_BINS).flat_map(|bin| {
        ["photos", "confidence", "share_right"].map(|name| format!("bin.{bin}.{name}"))
    });
    of_all.into_iter().chain(of_bins).collect()
}

fn of_responses(of: &Names) -> Vec<String> {
    let of_layer = ["photos", "unreadable", "filters", "dead"].map(str::to_owned);
    let of_filters = of.parts.iter().flat_map(|filter| {
        let numbers = ["largest", "mean", "zero"].map(str::to_owned).into_iter();
        let groups = of.groups.iter().map(String::as_str).chain(["other"]);
        let means = groups.map(|group| format!("mean.{group}"));
        numbers
            .chain(means)
            .map(move |name| format!("{filter}.{name}"))
    });
    of_layer.into_iter().chain(of_filters).collect()
}

fn of_robustness(variations: &[String]) -> Vec<String> {
    let of_all = ["photos", "unreadable", "accuracy"].map(str::to_owned);
    let of_each = variations.iter().flat_map(|variation| {
        ["accuracy", "same", "probability"].map(|name| format!("{variation}.{name}"))
    });
    of_all.into_iter().chain(of_each).collect()
}

fn of_concepts() -> Vec<String> {
    let of_all = ["photos", "unreadable", "crops", "explained"].map(str::to_owned);
    let of_each = (1..=MOST_CONCEPTS)
        .flat_map(|rank| ["importance", "share"].map(|name| format!("concept.{rank}.{name}")));
    of_all.into_iter().chain(of_each).collect()
}

fn of_mistakes() -> Vec<String> {
    let of_all = ["photos", "wrong", "unreadable"].map(str::to_owned);
    let of_each = (1..=MOST_MISTAKES).flat_map(|rank| {
        ["file", "truth", "predicted", "probability"].map(|name| format!("mistake.{rank}.{name}"))
    });
    of_all.into_iter().chain(of_each).collect()
}

fn of_outcomes(groups: &[String]) -> Vec<String> {
    let mut names: Vec<String> = [
        "photos",
        "right",
        "wrong",
        "unreadable",
        "groups",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
    ]
    .map(str::to_owned)
    .to_vec();
    for average in ["macro", "weighted"] {
        names.extend(["precision", "recall", "f1"].map(|rate| format!("{average}.{rate}")));
    }
    let all = || groups.iter().map(String::as_str).chain(["other"]);
    for group in all() {
        let of_group = ["photos", "right", "predicted", "precision", "recall", "f1"];
        names.extend(of_group.map(|name| format!("{name}.{group}")));
        names.extend(all().map(|predicted| format!("count.{group}.{predicted}")));
    }
    names
}
