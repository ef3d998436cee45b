//! What does a filter look for? Pictures that make it respond, grown from noise.
//!
//! x* ≈ argmax_x mean_ij A_kij(x) − ½ λ‖x‖², by gradient ascent (Erhan et al. 2009, section 3).
//!
//! **Input** noise [1, C, H, W], one picture a filter, each by itself. **Reads** the layer's output
//! [1, K, h, w]; the network runs no further. **Output** one picture a filter, and the objective after every step.
//! `pixels` moves normalised pixels by Adam and never clips them; only the picture shown is clipped.
//! `fourier` moves the spectrum of a picture that is a sigmoid, and moves the picture a little before each step.
//! **Differs from the peers** a filter whose ReLU gives zero everywhere, so that no gradient reaches the picture, is
//! raised before its ReLU, and the label says so; peers leave such a picture grey. Rotation repeats
//! the edge where Lucid fills with black.
//! **Errors** the network cannot run on pictures of `size`.

mod ascent;
mod mode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::optimise::transforms::Transforms;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos, Sink, Unit, Viewing,
    chosen, parameters,
};
use crate::model::{Layer, LayerName};
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "filters",
    version: 1,
    kind: Kind::Optimised,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: parameters::schema::<Filters>,
    parse: parameters::parse::<Filters>,
    smallest: |facts| chosen::smallest(facts, &["filters"]),
    citations: &[
        "Erhan, D., Bengio, Y., Courville, A., Vincent, P.: Visualizing Higher-Layer Features of a Deep Network. Technical Report 1341, Université de Montréal 2009",
        "Olah, C., Mordvintsev, A., Schubert, L.: Feature Visualization. Distill 2017",
    ],
};

/// Smallest side that the moves of `fourier` may leave, in pixels.
const SMALLEST_SIDE_PX: f64 = 8.0;

/// Pictures grown from noise that make filters respond.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer", "filters"]))]
pub struct Filters {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output), each from 0. No default.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
    /// Side of the square pictures, in pixels. Default the height and width of the network's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8, max = 2048))]
    pub size: Option<usize>,
    /// What is moved: the pixels or the spectrum. Default `pixels`.
    pub parameterisation: Parameterisation,
    /// Steps of Adam. Default 30 for `pixels`, 512 for `fourier` (slow without a GPU: 128 show the pattern).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub steps: Option<usize>,
    /// Learning rate of Adam. Default 0.1 for `pixels`, 0.05 for `fourier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1e-9, max = 1000.0))]
    pub learning_rate: Option<f64>,
    /// Weight decay of Adam, added to the gradient. Default 0.000001 for `pixels`, 0 for `fourier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub weight_decay: Option<f64>,
    /// Noise to start from, for `pixels`. Default `{low: 150, high: 180}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Random moves before every step, for `fourier`. Default Lucid's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transforms: Option<Transforms>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parameterisation {
    /// Normalised pixels, never clipped.
    #[default]
    Pixels,
    /// The spectrum, with low frequencies and natural colours favoured (Lucid).
    Fourier,
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

impl Method for Filters {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = match chosen::map_layer(inputs, self.layer.as_ref()) {
            Ok(layer) => {
                let mut faults = chosen::filter_faults(inputs.facts, layer, &self.filters);
                faults.extend(chosen::layer_gradient_fault(inputs.facts, layer));
                faults.extend(self.size_fault(inputs, layer));
                faults
            }
            Err(fault) => vec![fault],
        };
        faults.extend(self.misplaced());
        if let Some(start) = self.start.filter(|start| start.low >= start.high) {
            let message = format!("no level lies from {} to below {}", start.low, start.high);
            faults.push(Fault {
                pointer: "/start".to_owned(),
                message,
                hint: "`low` below `high`".to_owned(),
            });
        }
        if let Some(transforms) = self.transforms {
            let (height, width) = self.picture_size(inputs);
            if transforms.smallest_side(height.min(width)) < SMALLEST_SIDE_PX {
                let message = "the moves leave nothing of the picture".to_owned();
                let hint = "less `jitter` and `scale`, or a larger `pad` or `size`".to_owned();
                faults.push(Fault {
                    pointer: "/transforms".to_owned(),
                    message,
                    hint,
                });
            }
        }
        faults
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.pictures())
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        computing.shift_remove("filters");
        let layer = chosen::layer_key(inputs, self.layer.as_ref());
        computing.insert("layer".to_owned(), layer);
        computing.insert("size".to_owned(), json!(self.picture_size(inputs)));
        computing.insert("seed".to_owned(), json!(inputs.seed));
        computing
    }

    fn units(&self, _: &Inputs) -> Vec<Unit> {
        let unit = |filter: &usize| Unit {
            name: format!("filter {filter}"),
            photo: None,
            part: Part::Filter(*filter),
        };
        self.filters.iter().map(unit).collect()
    }

    /// Filters run one by one: the picture of one never depends on which others run beside it.
    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let layer = chosen::map_layer(&passes.inputs, self.layer.as_ref());
        let layer = layer.map_err(chosen::refused)?;
        let mode = self.pictures().mode;
        let steps = mode.adam().steps;
        for (index, unit) in units.iter().enumerate() {
            let Part::Filter(filter) = unit.part else {
                let message = "the unit names no filter".to_owned();
                return Err(ExplainError::Failed(message));
            };
            let step = |step: usize| sink.advanced(index * steps + step, units.len() * steps);
            let found = self.optimise(passes, layer, filter, (&mode, &step))?;
            sink.found(index, Results::Optimised(found))?;
        }
        Ok(())
    }
}

impl Filters {
    /// A size, or moves, on which the network does not run.
    fn size_fault(&self, inputs: &Inputs, layer: &Layer) -> Option<Fault> {
        let (height, width) = self.picture_size(inputs);
        if let Some(message) = chosen::size_problem(inputs.facts, layer, (height, width)) {
            let [_, height, width] = inputs.facts.input_shape;
            let hint = match height == width {
                true => format!("`size: {height}`, or a layer before that node"),
                false => "leave `size` out, or choose a layer before that node".to_owned(),
            };
            return Some(Fault {
                pointer: "/size".to_owned(),
                message,
                hint,
            });
        }
        if self.parameterisation == Parameterisation::Pixels {
            return None;
        }
        // The moves change the size by a few pixels; one more tells whether it is fixed.
        let message = chosen::size_problem(inputs.facts, layer, (height + 1, width + 1))?;
        Some(Fault {
            pointer: "/parameterisation".to_owned(),
            message: format!("the moves change the size of the picture, and {message}"),
            hint: "`parameterisation: pixels`, or a layer before that node".to_owned(),
        })
    }

    fn picture_size(&self, inputs: &Inputs) -> (usize, usize) {
        self.size.map_or_else(
            || inputs.preprocessing.resize.output_px(),
            |side| (side, side),
        )
    }
}
