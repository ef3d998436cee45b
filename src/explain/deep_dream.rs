//! What does the network see in a photo, if the photo may follow? The photo is changed so that a filter,
//! or a whole layer, responds more.
//!
//! Raw, with `filter` k: x ← x + η (∂/∂x mean_ij A_kij − λ x), from the photo, nothing clipped.
//! Over octaves: the same mean, or without `filter` ½ mean A² of the whole layer, with random shifts, steps
//! divided by the mean size of the gradient, and pixels kept valid (Mordvintsev et al. 2015).
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the layer's output [1, K, h, w]; the network
//! runs no further. **Output** the photo on its way, and the objective after every step.
//! With `guide`, a photo whose output is B [K, h', w']: mean over places of max_q ⟨A_:p, B_:q⟩, so that each place becomes like that
//! of the guide which fits it best (the guided dreams of google/deepdream, whose gradient this is). `zoom`: after each
//! picture its middle is enlarged and dreamed again. `tile`: gradients of a large picture are put together from parts.
//! **Differs from the paper's code** octaves are made with pixel centres aligned, where the code aligned corners;
//! a filter that gives nothing with no gradient to leave it by is raised before its ReLU.
//! An ascent that leaves the finite numbers stops with a notice.

mod ascents;
mod mode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use mode::Mode;

use super::expected_gradients::file_key;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink, Unit, Viewing, chosen,
    parameters,
};
use crate::model::{Layer, LayerName};
use crate::picture::Input;
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "deep_dream",
    version: 1,
    kind: Kind::Optimised,
    view: Viewing::PLAIN,
    photos: Photos::One,
    schema: parameters::schema::<DeepDream>,
    parse: parameters::parse::<DeepDream>,
    smallest: |facts| chosen::smallest(facts, &[]),
    citations: &[
        "Mordvintsev, A., Olah, C., Tyka, M.: Inceptionism: Going Deeper into Neural Networks. Google Research Blog 2015",
    ],
};

/// Shortest side of the smallest octave: most networks reduce a picture 16 to 32 times.
const SMALLEST_OCTAVE_PX: usize = 16;

/// A photo changed so that a filter (`filter` given) or a whole layer (`filter` left out) responds more.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer"]))]
pub struct DeepDream {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filter (channel of the layer's output) to raise, from 0. Left out: the whole layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<usize>,
    /// File of another photo, from the folder of report.yaml: each place of the layer becomes like the place of that photo which fits it best; for `octaves` without `filter`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<String>,
    /// How the photo is changed: `raw` follows the gradient as it is and needs a `filter`; `octaves` works in several sizes, with random shifts and steps of equal size, and keeps pixels valid, so that patterns grow where `raw` ends in noise. Default `raw` with `filter`, `octaves` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ascent: Option<Ascent>,
    /// Steps. Default 250 for `raw`; 10 in each octave for `octaves`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub steps: Option<usize>,
    /// Learning rate of plain gradient ascent; only for `raw`. Default 12.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1e-9, max = 1e6))]
    pub learning_rate: Option<f64>,
    /// Weight decay, added to the gradient; only for `raw`. Default 0.0001.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub weight_decay: Option<f64>,
    /// Steps from one frame shown to the next, counted over all octaves. Default 10 for `raw`; for `octaves` one frame at the end of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub frame_every: Option<usize>,
    /// Sizes in which the photo is dreamed; only for `octaves`. Default 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub octaves: Option<usize>,
    /// Ratio of the sides of two octaves; only for `octaves`. Default 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1.05, max = 4.0))]
    pub octave_scale: Option<f64>,
    /// Largest random shift before every step, in pixels; only for `octaves`. Default 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub jitter: Option<usize>,
    /// Mean change of a pixel in a step, in 8-bit levels; only for `octaves`. Default 1.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1e-6, max = 255.0))]
    pub step_size: Option<f64>,
    /// Pictures one behind the other, `{frames: 6, share: 0.1}`: the middle of each is enlarged and dreamed again; for `octaves`. Default: one picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoom: Option<Zoom>,
    /// How many times the network's input the photo is in height and width; for `octaves`. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16))]
    pub enlarge: Option<usize>,
    /// Side in pixels of the parts that the network sees of a larger picture, which takes less memory and suits networks of a fixed input; for `octaves`. Default: the whole picture at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 4096))]
    pub tile: Option<usize>,
}

/// Pictures one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Zoom {
    /// How many pictures. Default 6.
    #[schemars(range(min = 2, max = 1000))]
    pub frames: usize,
    /// What of each side is left out from one to the next. Default 0.1.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub share: f64,
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            frames: 6,
            share: 0.1,
        }
    }
}

/// How a photo is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ascent {
    Raw,
    Octaves,
}

impl Method for DeepDream {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = Vec::new();
        match chosen::map_layer(inputs, self.layer.as_ref()) {
            Ok(layer) => {
                faults.extend(self.filter.and_then(|filter| {
                    chosen::filter_fault(inputs.facts, layer, filter, "/filter")
                }));
                faults.extend(chosen::layer_gradient_fault(inputs.facts, layer));
                faults.extend(self.octave_fault(inputs, layer));
            }
            Err(fault) => faults.push(fault),
        }
        faults.extend(self.misplaced());
        match inputs.photos {
            [_] => {}
            photos => {
                let message = format!("deep dream takes one photo, here are {}", photos.len());
                faults.push(Fault {
                    pointer: String::new(),
                    message,
                    hint: "name one under `images`".to_owned(),
                });
                return faults;
            }
        }
        faults.extend(self.guide_fault(inputs));
        if let Mode::Octaves(octaves) = self.dream().mode {
            let (height, width) = octaves.picture_size(inputs);
            let smallest = octaves.settings().sizes(height, width).first().copied();
            if let Some((height, width)) =
                smallest.filter(|&(height, width)| height.min(width) < SMALLEST_OCTAVE_PX)
            {
                let message = format!("the smallest octave is {width} × {height} px");
                let hint = format!(
                    "fewer octaves or a smaller `octave_scale`, so that it keeps {SMALLEST_OCTAVE_PX} px"
                );
                faults.push(Fault {
                    pointer: "/octaves".to_owned(),
                    message,
                    hint,
                });
            }
        }
        faults
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.dream())
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        let layer = chosen::layer_key(inputs, self.layer.as_ref());
        computing.insert("layer".to_owned(), layer);
        if let Some(guide) = &self.guide {
            computing.insert("guide".to_owned(), file_key(inputs.base, guide));
        }
        let is_random = match self.dream().mode {
            Mode::Raw(_) => false,
            Mode::Octaves(octaves) => octaves.jitter > 0 || octaves.tile.is_some(),
        };
        if is_random {
            // The random shifts; the photo's id names their stream.
            let photo = inputs.photos.first().map_or("", |photo| photo.id.as_str());
            computing.insert("seed".to_owned(), json!(inputs.seed));
            computing.insert("stream".to_owned(), json!(photo));
        }
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let layer = chosen::map_layer(&passes.inputs, self.layer.as_ref());
        let layer = layer.map_err(chosen::refused)?;
        let used = self.dream();
        for (index, unit) in units.iter().enumerate() {
            let photo = passes.photo(unit.photo)?;
            let progress = |done, total| sink.advanced(index * total + done, units.len() * total);
            let found = used.of_photo(passes, layer, photo, &progress)?;
            progress(used.total_steps(), used.total_steps())?; // one that diverges ends early
            sink.found(index, Results::Optimised(found))?;
        }
        Ok(())
    }
}

impl DeepDream {
    /// A guide that cannot be read.
    fn guide_fault(&self, inputs: &Inputs) -> Option<Fault> {
        let file = inputs.base.join(self.guide.as_ref()?);
        let found = Input::check_header(&file, inputs.preprocessing);
        found.err().map(|error| Fault {
            pointer: "/guide".to_owned(),
            message: error.to_string(),
            hint: "give the file of a photo".to_owned(),
        })
    }

    /// Octaves on which the network does not run.
    fn octave_fault(&self, inputs: &Inputs, layer: &Layer) -> Option<Fault> {
        let Mode::Octaves(octaves) = self.dream().mode else {
            return None; // the photo keeps its size
        };
        let (height, width) = octaves.picture_size(inputs);
        let sizes = octaves.settings().sizes(height, width);
        let seen = |side: usize| self.tile.map_or(side, |tile| side.min(tile));
        let problem = |size: &(usize, usize)| {
            chosen::size_problem(inputs.facts, layer, (seen(size.0), seen(size.1)))
        };
        let message = sizes.iter().rev().find_map(problem)?; // the largest is told
        Some(Fault {
            pointer: "/octaves".to_owned(),
            message,
            hint: "`octaves: 1`, or a layer before that node".to_owned(),
        })
    }
}
