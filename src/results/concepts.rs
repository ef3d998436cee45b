//! The patterns of which a layer's outputs for the photos of a class are made, and how much they matter for it.

use serde::{Deserialize, Serialize};

use super::{LayerRef, Map};

/// Concepts of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concepts {
    pub layer: LayerRef,
    pub class: usize,
    /// Photos of the class that were cut into crops.
    pub photos: usize,
    pub crops: usize,
    /// Height and width of a crop, in pixels of the network's input.
    pub crop_px: [usize; 2],
    /// Channels of the layer that go below zero, whose lowest number was subtracted.
    pub shifted_channels: usize,
    /// Photos over which importance is the mean.
    pub judged: usize,
    /// The most important first.
    pub concepts: Vec<Concept>,
    /// 1 − ‖A − U W‖² / ‖A‖² of the crops' activations A, less their lowest numbers where these are below zero.
    pub explained: f64,
    pub iterations: usize,
    pub is_converged: bool,
    /// The photos of the maps, by their place in the data set.
    pub shown: Vec<usize>,
    /// Photos that could not be read, with the reason.
    pub unreadable: Vec<(usize, String)>,
}

/// A direction among the channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concept {
    /// Total Sobol index of the class's score: the share of its variance that is gone when this concept is fixed,
    /// those of interactions with others included. 0..1 but for the error of sampling.
    pub importance: f64,
    /// Share of the crops' squared activations.
    pub share: f64,
    /// Of length 1, zero or more, by channel.
    pub direction: Vec<f32>,
    /// The crops with most of it, one a photo, that with most first.
    pub crops: Vec<Crop>,
    /// How much of it is where, for each photo of `shown`, by cell.
    pub maps: Vec<Map>,
}

/// A part of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// Place in the data set.
    pub photo: usize,
    /// Of its upper left corner, in pixels of the network's input.
    pub top: usize,
    pub left: usize,
    /// How much of the concept, in units of the layer's output.
    pub value: f32,
}
