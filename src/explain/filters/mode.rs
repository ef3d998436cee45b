//! The two ways to move a picture, each with its own keys and defaults: the flat keys of the YAML become one of them.

use serde::Serialize;

use super::super::Fault;
use super::super::optimise::transforms::Transforms;
use super::{Filters, Parameterisation, Start};
use crate::model::LayerName;

/// What is grown, with every default that applies filled in; serialised as the keys of the YAML.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pictures {
    layer: Option<LayerName>,
    filters: Vec<usize>,
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
            Self::Pixels { adam, .. } | Self::Fourier { adam, .. } => adam,
        }
    }
}

impl Filters {
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
            size: self.size,
            mode: match self.parameterisation {
                Parameterisation::Pixels => Mode::Pixels {
                    adam: adam(30, 0.1, 1e-6),
                    start: self.start.unwrap_or_default(),
                },
                Parameterisation::Fourier => Mode::Fourier {
                    adam: adam(512, 0.05, 0.0),
                    transforms: self.transforms.unwrap_or_default(),
                },
            },
        }
    }

    /// A key that belongs to the other parameterisation.
    pub(super) fn misplaced(&self) -> Option<Fault> {
        let (key, mode) = match self.parameterisation {
            Parameterisation::Pixels if self.transforms.is_some() => ("transforms", "pixels"),
            Parameterisation::Fourier if self.start.is_some() => ("start", "fourier"),
            Parameterisation::Pixels | Parameterisation::Fourier => return None,
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
