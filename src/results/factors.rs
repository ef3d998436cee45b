//! A layer's output for a photo as a sum of a few patterns.

use serde::{Deserialize, Serialize};

use super::{ClassTarget, LayerRef, Map};

/// The output of a layer for one photo, [channels, cells], as a sum of components: a direction times a map each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    pub layer: LayerRef,
    /// Channels of the layer.
    pub channels: usize,
    /// Channels that go below zero, whose lowest number was subtracted.
    pub shifted_channels: usize,
    /// The one with the largest share first.
    pub components: Vec<Component>,
    /// 1 − ‖X − sum of the components‖² / ‖X‖², X the output less its lowest numbers where these are below zero; 0 where
    /// X is.
    pub explained: f64,
    pub iterations: usize,
    /// Whether it stopped because nothing changed any more.
    pub is_converged: bool,
    /// What the network says with the layer at zero: the most probable classes first. Paths round the layer keep the
    /// photo's numbers.
    pub at_zero: Vec<ClassTarget>,
}

/// A direction among the channels, and where in the photo there is how much of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Zero or more, in units of the layer's output, by cell.
    pub map: Map,
    /// Of length 1, zero or more, by channel.
    pub direction: Vec<f32>,
    /// ⟨X, component⟩ / ‖X‖². They sum to what is explained where it has converged.
    pub share: f64,
    /// What the network says of the component alone, as strong everywhere as it is in its strongest cell: the most
    /// probable classes first.
    pub leading: Vec<ClassTarget>,
}
