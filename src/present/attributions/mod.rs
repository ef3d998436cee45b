//! Maps of photos: of a class beside and over each photo, of filters in rows.

mod classes;
mod filters;
mod scale;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Scale as Sharing, Sign};
use super::{Found, Presented, Task, evidence};
use crate::results::{Attributions, Map, Meaning, Results, Target};

/// How maps are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// How the colour channels of a pixel become one number: of their sizes the largest (`max`), the `sum` or the `mean`. Default `max`.
    pub reduction: Reduction,
    /// The percentile of the values at which the colour scale ends; larger ones are clipped. Default 99 for maps of a class, 100 (nothing is clipped) for maps of filters.
    #[schemars(range(min = 50.0, max = 100.0))]
    pub percentile: f64,
    /// Exponent of the colour scale. At 1 colours follow the values in proportion; at 0.5 they follow the square root of the values, so that weak ones are seen. Default 1 for maps of a class, 0.5 for maps of filters.
    #[schemars(range(min = 0.2, max = 1.0))]
    pub gamma: f64,
    /// What is shown of each map: the `map` by itself, the map as an `overlay` over the photo, or `both`. Default `both` for maps of a class, `map` for maps of filters.
    pub view: Shown,
    /// Whether each map has a colour scale of its `own` or all maps one that is `shared`. Default `own` for maps of a class, `shared` for maps of filters.
    pub scale: Scale,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    #[default]
    Max,
    Sum,
    Mean,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    Map,
    Overlay,
    #[default]
    Both,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    #[default]
    Own,
    Shared,
}

impl Default for View {
    fn default() -> Self {
        Self {
            reduction: Reduction::default(),
            percentile: 99.0,
            gamma: 1.0,
            view: Shown::default(),
            scale: Scale::default(),
        }
    }
}

impl Scale {
    pub(super) fn of_figure(self) -> Sharing {
        match self {
            Self::Own => Sharing::OwnPerTile,
            Self::Shared => Sharing::Shared,
        }
    }
}

/// A map with the unit that found it.
struct Shaded<'a> {
    found: &'a Found<'a>,
    attributions: &'a Attributions,
    /// One number a pixel or cell, as coloured.
    map: Map,
}

pub fn present(task: &Task, view: &View) -> Presented {
    let shaded = task.found.iter().filter_map(|found| match found.results {
        Results::Attributions(attributions) => Some(Shaded {
            found,
            attributions,
            map: shown(attributions, view.reduction),
        }),
        _ => None,
    });
    let shaded: Vec<Shaded> = shaded.collect();
    let of_filters = shaded.iter().any(|one| {
        matches!(
            one.attributions.target,
            Target::Filter { .. } | Target::Head { .. }
        )
    });
    match of_filters {
        true => filters::present(task, view, &shaded),
        false => classes::present(task, view, &shaded),
    }
}

/// The map of [`one_channel`], zeros where it is nothing but rounding of the score.
fn without_rounding(attributions: &Attributions, reduction: Reduction) -> Map {
    let mut map = one_channel(attributions, reduction);
    let (low, high) = map.extremes();
    if evidence::is_rounding(high.max(-low), &attributions.target) {
        map.values.fill(0.0);
    }
    map
}

/// The sign of all maps of a figure together.
fn sign(shaded: &[Shaded]) -> Sign {
    let is_negative = |one: &Shaded| one.map.values.iter().any(|value| *value < 0.0);
    match shaded.iter().any(is_negative) {
        true => Sign::Signed,
        false => Sign::Unsigned,
    }
}

/// A map as it is coloured: of evidence only what speaks for the class, for which its papers clip at zero.
fn shown(attributions: &Attributions, reduction: Reduction) -> Map {
    let map = without_rounding(attributions, reduction);
    match attributions.meaning {
        Meaning::Evidence => Map {
            values: map.values.iter().map(|value| value.max(0.0)).collect(),
            ..map
        },
        Meaning::Sensitivity | Meaning::Contribution | Meaning::Activation | Meaning::Attention => {
            map
        }
    }
}

/// A map whose every pixel is one number: sensitivities by size, all else as the sum over channels.
pub fn one_channel(attributions: &Attributions, reduction: Reduction) -> Map {
    let values = &attributions.values;
    let sizes = || values.joined(|a, b| a + b.abs());
    let reduced = match (attributions.meaning, reduction) {
        (Meaning::Sensitivity, Reduction::Sum) => sizes(),
        (Meaning::Sensitivity, Reduction::Mean) => {
            let count = values.channels.max(1) as f32;
            sizes().into_iter().map(|sum| sum / count).collect()
        }
        (Meaning::Sensitivity, Reduction::Max)
        | (
            Meaning::Contribution | Meaning::Evidence | Meaning::Activation | Meaning::Attention,
            _,
        ) => return attributions.one_channel(),
    };
    Map {
        height: values.height,
        width: values.width,
        values: reduced,
    }
}

#[cfg(test)]
mod tests;
