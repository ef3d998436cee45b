//! Patterns among the channels of a layer.

use schemars::JsonSchema;
use serde::Serialize;

use super::Class;

/// A direction among the channels of a layer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Component {
    /// Share of the squared output, 0..1.
    pub share: Option<f64>,
    /// What the network says of the component alone, the most probable first.
    pub leading: Vec<Class>,
}

/// A pattern among the channels of a layer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Concept {
    /// Total Sobol index for the score of the class.
    pub importance: Option<f64>,
    /// Share of the crops' squared activations, 0..1.
    pub share: Option<f64>,
    /// Those with most of it, one a photo.
    pub crops: Vec<Crop>,
}

/// A part of a photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Crop {
    /// Place in the data set.
    pub photo: usize,
    /// Of its upper left corner, in px of the network's input.
    pub top: usize,
    pub left: usize,
    pub value: Option<f64>,
}
