//! What a unit of work found, as `report.json` has it.

use schemars::JsonSchema;
use serde::Serialize;

use super::Check;

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
        /// Zero or more, in units of the layer's output. [components, height, width].
        maps: Array,
        /// Of length 1 each. [components, channels].
        directions: Array,
        /// The one with the largest share first.
        components: Vec<Component>,
        /// Share of the squared output that the sum of the components makes, 0..1.
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

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum PhotoFact {
    Picture {
        /// Of the file, upright, px.
        width: usize,
        height: usize,
        /// Mean grey level, 0..1.
        brightness: f64,
        /// Standard deviation of the grey levels, 0..1.
        contrast: f64,
        /// Variance of the Laplacian of the grey levels (0..255), the shorter side at most 256 px.
        sharpness: f64,
        /// 64 bits, hexadecimal; imagehash's `dhash`.
        difference_hash: String,
        /// Equal where size and pixels are.
        pixels: String,
    },
    /// Numbers in a photo's place.
    Array,
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

/// One photo and its labels' probabilities.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum LabelRow {
    Read {
        /// Of each label, 0..1.
        probabilities: Vec<Option<f64>>,
    },
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Varied {
    Classified {
        unchanged: Guess,
        /// In the order of the changes.
        changed: Vec<Guess>,
    },
    /// Numbers in a photo's place, which are not changed.
    Array,
    Unreadable {
        /// `{file}` stands for the file's name.
        reason: String,
    },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Guess {
    /// Index of the group, the number of groups for `other`.
    pub predicted: usize,
    /// Of the group that the unchanged photo is predicted as, 0..1.
    pub probability: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FilterResponses {
    /// Of all cells those that are zero, 0..1.
    pub zero_share: f64,
    /// The photos in which its output is largest, one place each, at most 20.
    pub peaks: Vec<Peak>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Peak {
    /// Place of the photo in the range, from 0.
    pub photo: usize,
    pub value: Option<f64>,
    /// Cell of the filter's map, from 0.
    pub row: usize,
    pub column: usize,
}

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

/// What the weights of segments are.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentWeight {
    /// Of a linear model that was fitted to samples.
    Linear,
    /// Shapley values: with the intercept they sum to what is explained for the whole photo.
    Shapley,
}

/// Which number of the class is explained.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Explained {
    Probability,
    Score,
}

/// How sampling ended that goes on until the leading segments are settled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Stopping {
    pub is_settled: bool,
    /// How many segments count as leading.
    pub leading: usize,
    /// How many samples there could have been.
    pub most_samples: usize,
    /// Segments of which it stayed open whether they are among the leading ones.
    pub open: Vec<usize>,
}

/// The number that was explained or raised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Target {
    /// The score of a class.
    Class(Class),
    /// The output of a filter.
    Filter { layer: Layer, filter: usize },
    /// A head of an attention layer, which is numbered among the attention layers, from 0.
    Head { layer: Layer, head: usize },
    /// The whole output of a layer.
    Layer { layer: Layer },
}

/// A class for one photo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Class {
    /// Index among the network's scores.
    pub class: usize,
    pub name: String,
    /// Before the softmax or sigmoid that makes the probability.
    pub score: Option<f64>,
    /// 0..1.
    pub probability: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Layer {
    /// Module path.
    pub path: String,
    /// In the numbering of `cnn-report layers`.
    pub number: usize,
}

/// Whether the cells of a map are pixels of the network's input or cells of the target's layer.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Input,
    Layer,
}

/// What the numbers of a map mean.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// ∂ score / ∂ input.
    Sensitivity,
    /// Share of the score, positive or negative.
    Contribution,
    /// Support for the class, zero or more.
    Evidence,
    /// Output of a filter.
    Activation,
    /// Attention of the tokens that are read to a place, as such or weighted by gradients; zero or more.
    Attention,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Mean output of a filter.
    Mean,
    /// Half the mean square of a layer's output.
    HalfMeanSquare,
    /// Distance of a layer's outputs for the picture and the photo over the size of the photo's; it is lowered.
    RelativeDistance,
}

/// How an ascent ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Ending {
    /// After all its steps.
    Complete,
    /// No gradient ever reached the picture.
    NoGradient,
    /// From this step on no gradient reached the picture any more.
    GradientLost { step: usize },
    /// The numbers were not finite any more in this step.
    Diverged { step: usize },
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Curve {
    /// Null of an ascent in one size.
    pub octave: Option<Stage>,
    /// The objective after 0, 1, … steps; null where it is not finite.
    pub objectives: Vec<Option<f64>>,
}

/// Where on its way a picture is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(deny_unknown_fields)]
pub enum Stage {
    /// After so many steps.
    Step { step: usize },
    /// At the end of an octave, from 1, of this size in pixels.
    Octave {
        octave: usize,
        width: usize,
        height: usize,
    },
}

/// An array in a file beside `report.json`: numpy's `.npy`, row-major, little-endian.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Array {
    /// Path relative to the folder of `report.json`.
    pub file: String,
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    /// The smallest finite number.
    pub smallest: Option<f64>,
    /// The largest finite number.
    pub largest: Option<f64>,
}

/// numpy's name of the kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    Float32,
    Float64,
    Uint32,
}
