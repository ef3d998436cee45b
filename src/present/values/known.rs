//! The names of a figure's values before anything was run, so that a wrong one is found at once.

use super::of_checks;
use crate::results::{Check, Kind};

/// What is known of a figure without results.
pub struct Names<'a> {
    pub kind: Kind,
    /// Ids of its photos.
    pub photos: &'a [&'a str],
    /// Filters of its units, where they have any.
    pub filters: &'a [usize],
    /// Octaves of a dream of a whole layer.
    pub octaves: Option<usize>,
    pub classes: usize,
    /// Names of the groups of a data set.
    pub groups: &'a [String],
    /// What judges its maps.
    pub checks: &'a [Check],
}

const OF_CLASS: [&str; 3] = ["class", "score", "probability"];
/// Weights are numbered by rank; how many there are is known when the photo is cut.
const MOST_SEGMENTS: usize = 200;

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
        Kind::Photos => Vec::new(),
        Kind::Predictions => photos()
            .flat_map(|photo| {
                let ranks = 1..=of.classes;
                let ranks = ranks.flat_map(|rank| with(&format!("{photo}top.{rank}."), &OF_CLASS));
                let ranks: Vec<String> = ranks.collect();
                with(&photo, &OF_CLASS).into_iter().chain(ranks)
            })
            .collect(),
        Kind::Attributions => of
            .filters
            .iter()
            .map(|filter| format!("filter-{filter}.largest"))
            .chain(photos().flat_map(|photo| {
                let numbers = ["smallest", "largest", "mean"];
                match of.filters {
                    [] => [with(&photo, &OF_CLASS), with(&photo, &numbers)].concat(),
                    filters => filters
                        .iter()
                        .flat_map(|filter| with(&format!("{photo}filter-{filter}."), &numbers))
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
            let filters = of.filters.iter();
            let of_filters = filters.flat_map(|filter| with(&format!("filter-{filter}."), &ends));
            let of_photos = photos().flat_map(|photo| match of.octaves {
                None | Some(1) => with(&photo, &ends),
                Some(octaves) => (1..=octaves)
                    .flat_map(|octave| with(&format!("{photo}octave-{octave}."), &ends))
                    .collect(),
            });
            of_filters.chain(of_photos).collect()
        }
        Kind::Outcomes => of_outcomes(of.groups),
    };
    [of_kind, of_checks].concat()
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
