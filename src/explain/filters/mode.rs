//! The two ways to move a picture, each with its own keys and defaults: the flat keys of the YAML become one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Fault;
use super::super::optimise::crops::Crops;
use super::super::optimise::transforms::Transforms;
use super::objective::NamedObjective;
use super::{DIVERSITY, Filters};
use crate::model::LayerName;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parameterisation {
    /// Normalised pixels, never clipped.
    Pixels,
    /// The spectrum, with low frequencies and natural colours favoured (Lucid).
    Fourier,
    /// The phases of the spectrum, whose magnitudes are those of the photos in `images` (MaCo).
    Maco,
}

/// Noise with equal chance for every level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Lowest level, 8-bit. Default 150.
    pub low: u8,
    /// Level above the highest, 8-bit. Default 180.
    pub high: u8,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            low: 150,
            high: 180,
        }
    }
}

/// What is grown, with every default that applies filled in; serialised as the keys of the YAML.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pictures {
    layer: Option<LayerName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objectives: Vec<NamedObjective>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variants: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diversity: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(flatten)]
    pub(super) mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "parameterisation", rename_all = "snake_case")]
pub(super) enum Mode {
    Pixels {
        #[serde(flatten)]
        adam: Steps,
        start: Start,
    },
    Fourier {
        #[serde(flatten)]
        adam: Steps,
        transforms: Transforms,
    },
    Maco {
        #[serde(flatten)]
        adam: Steps,
        #[serde(skip_serializing_if = "Option::is_none")]
        transforms: Option<Transforms>,
        crops: Crops,
    },
}

/// How far and how fast Adam goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Steps {
    pub(super) steps: usize,
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
}

impl Mode {
    pub(super) fn adam(&self) -> &Steps {
        match self {
            Self::Pixels { adam, .. } | Self::Fourier { adam, .. } | Self::Maco { adam, .. } => {
                adam
            }
        }
    }
}

impl Filters {
    pub(super) fn parameterisation(&self) -> Parameterisation {
        self.parameterisation
            .unwrap_or(match self.filters.is_empty() {
                true => Parameterisation::Fourier,
                false => Parameterisation::Pixels,
            })
    }

    /// With every default that applies; keys of the other parameterisation are left out.
    pub(super) fn pictures(&self) -> Pictures {
        let adam = |steps, learning_rate, weight_decay| Steps {
            steps: self.steps.unwrap_or(steps),
            learning_rate: self.learning_rate.unwrap_or(learning_rate),
            weight_decay: self.weight_decay.unwrap_or(weight_decay),
        };
        Pictures {
            layer: self.layer.clone(),
            filters: self.filters.clone(),
            objectives: self.objectives.clone(),
            variants: self.variants.filter(|count| *count > 1),
            diversity: (self.variants() > 1).then(|| self.diversity.unwrap_or(DIVERSITY)),
            size: self.size,
            mode: match self.parameterisation() {
                Parameterisation::Pixels => Mode::Pixels {
                    adam: adam(30, 0.1, 1e-6),
                    start: self.start.unwrap_or_default(),
                },
                Parameterisation::Fourier => Mode::Fourier {
                    adam: adam(512, 0.05, 0.0),
                    transforms: self.transforms.unwrap_or_default(),
                },
                Parameterisation::Maco => Mode::Maco {
                    adam: adam(128, 0.1, 0.0),
                    crops: self.crops.unwrap_or_default(),
                    transforms: self.transforms,
                },
            },
        }
    }

    /// A key that belongs to the other parameterisation.
    pub(super) fn misplaced(&self) -> Option<Fault> {
        if self.diversity.is_some() && self.variants() == 1 {
            return Some(Fault {
                pointer: "/diversity".to_owned(),
                message: "one picture by itself differs from no other".to_owned(),
                hint: "give `variants`, or leave it out".to_owned(),
            });
        }
        let (key, mode) = match self.parameterisation() {
            Parameterisation::Pixels if self.transforms.is_some() => ("transforms", "pixels"),
            Parameterisation::Pixels if self.crops.is_some() => ("crops", "pixels"),
            Parameterisation::Fourier if self.crops.is_some() => ("crops", "fourier"),
            Parameterisation::Fourier if self.start.is_some() => ("start", "fourier"),
            Parameterisation::Maco if self.start.is_some() => ("start", "maco"),
            Parameterisation::Pixels | Parameterisation::Fourier | Parameterisation::Maco => {
                return None;
            }
        };
        Some(Fault {
            pointer: format!("/{key}"),
            message: format!("`{key}` does not apply to `parameterisation: {mode}`"),
            hint: "leave it out".to_owned(),
        })
    }
}

#[cfg(test)]
#[path = "mode_tests.rs"]
mod tests;
