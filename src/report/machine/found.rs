//! What a unit of work found, as `report.json` has it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Array, Check, Class, Component, Concept, Curve, Ending, Explained, FilterResponses, LabelRow,
    Layer, Meaning, Objective, PhotoFact, Place, Sampling, SegmentWeight, Stage, Stopping, Target,
    Varied,
};

/// A piece of a method's work.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Unit {
    /// Unique in its figure, as `build --why` names it.
    pub name: String,
    /// Id of its photo; null of a unit that starts from noise.
    pub photo: Option<String>,
    pub found: Found,
    /// What judges it; none but of maps of a class.
    pub checks: Vec<Check>,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Found {
    /// A map of the photo.
    Attributions {
        target: Target,
        place: Place,
        meaning: Meaning,
        /// As computed: signed, neither clipped nor resized. [channels, height, width].
        map: Array,
        /// The sum of all numbers of the map, where the method promises one.
        sums_to: Option<f64>,
        /// Of a map that was estimated from random samples.
        sampling: Option<Sampling>,
    },
    /// A linear model over the segments of the photo, or Shapley values of these.
    Superpixels {
        target: Target,
        /// The segment of each pixel, from 0. [height, width].
        segments: Array,
        weight: SegmentWeight,
        explained: Explained,
        /// Change of what is explained, by segment.
        weights: Vec<Option<f64>>,
        /// Of the weights; null where every combination was tried or samples are too few.
        standard_errors: Option<Vec<Option<f64>>>,
        /// What the model gives where every segment is hidden.
        intercept: Option<f64>,
        /// Perturbed photos that the model was fitted to.
        samples: usize,
        /// Whether they are all combinations of segments that there are.
        is_exhaustive: bool,
        /// Weighted R² on the samples that were fitted.
        r_squared: Option<f64>,
        /// Weighted R² of cross-validation; null of Shapley values.
        r_squared_held_out: Option<f64>,
        /// The probability or score that the model gives to the photo itself.
        local_prediction: Option<f64>,
        /// How `samples: auto` ended; null of a number of samples and of all combinations.
        stopping: Option<Stopping>,
    },
    /// All scores of the photo.
    Predictions {
        /// Before the softmax or sigmoid that makes the probabilities. [classes].
        scores: Array,
        /// 0..1. They sum to 1 unless the labels are independent. [classes].
        probabilities: Array,
        /// The classes of the largest probabilities that the figure shows, the largest first.
        leading: Vec<Class>,
    },
    /// What the filters of a layer give for a range of labelled photos.
    Responses {
        layer: Layer,
        /// Height and width of a filter's map.
        cells: [usize; 2],
        /// Mean output over the cells, of each photo that could be read. [filters, photos].
        means: Array,
        /// Of each photo of the range why it could not be read, `{file}` for its name; null of the others.
        unreadable: Vec<Option<String>>,
        /// All filters of the layer.
        filters: Vec<FilterResponses>,
    },
    /// What can be said of a range of labelled photos without a network.
    PhotoFacts { photos: Vec<PhotoFact> },
    /// What the network says of a range of labelled photos that were changed.
    Variations {
        /// Such as `jpeg-50`.
        changes: Vec<String>,
        photos: Vec<Varied>,
    },
    /// What the network says of each label of a range of labelled photos.
    Labels { photos: Vec<LabelRow> },
    /// The output of a layer for the photo as a sum of components.
    Factors {
        layer: Layer,
        /// Channels that go below zero: the lowest number of each was subtracted first, so that everything here is of the shifted output.
        shifted_channels: usize,
        /// Zero or more, in units of the layer's output. [components, height, width].
        maps: Array,
        /// Of length 1 each. [components, channels].
        directions: Array,
        /// The one with the largest share first.
        components: Vec<Component>,
        /// What the network says with the layer at zero, the most probable first.
        at_zero: Vec<Class>,
        /// Share of the squared (shifted) output that the sum of the components makes, 0..1.
        explained: Option<f64>,
        iterations: usize,
        is_converged: bool,
    },
    /// The patterns of which a layer's outputs for the photos of a class are made.
    Concepts {
        layer: Layer,
        /// Index among the network's scores.
        class: usize,
        /// Photos that were cut into crops.
        photos: usize,
        crops: usize,
        /// Height and width of a crop, in px of the network's input.
        crop_px: [usize; 2],
        /// Channels of the layer that go below zero, whose lowest number was subtracted first.
        shifted_channels: usize,
        /// Photos over which importance is the mean.
        judged: usize,
        /// Of length 1 each. [concepts, channels].
        directions: Array,
        /// How much of each concept is where, for the photos of `shown`. [concepts, photos, height, width].
        maps: Array,
        /// Places of photos in the data set.
        shown: Vec<usize>,
        /// The most important first.
        concepts: Vec<Concept>,
        /// Share of the crops' squared activations that the concepts make, 0..1.
        explained: Option<f64>,
        iterations: usize,
        is_converged: bool,
    },
    /// A picture that was changed until the network responds more.
    Optimised {
        target: Target,
        objective: Objective,
        /// Whether the value before the ReLU was raised.
        is_pre_activation: bool,
        ending: Ending,
        /// One an octave, or the only one.
        curves: Vec<Curve>,
        /// Where on its way each picture of the pages is.
        frames: Vec<Stage>,
        /// The last picture as computed: normalised, not clipped. [channels, height, width]. Null where it is not finite.
        last: Option<Array>,
    },
}
