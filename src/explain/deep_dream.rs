//! What does the network see in a photo, if the photo may follow? The photo is changed so that a filter,
//! or a whole layer, responds more.
//!
//! Raw, with `filter` k: x ← x + η (∂/∂x mean_ij A_kij − λ x), from the photo, nothing clipped.
//! Over octaves: the same mean, or without `filter` ½ mean A² of the whole layer, with random shifts, steps
//! divided by the mean size of the gradient, and pixels kept valid (Mordvintsev et al. 2015).
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the layer's output [1, K, h, w]; the network
//! runs no further. **Output** the photo on its way, and the objective after every step.
//! **Differs from the paper's code** octaves are made with pixel centres aligned, where the code aligned corners;
//! a filter that gives nothing with no gradient to leave it by is raised before its ReLU.
//! An ascent that leaves the finite numbers stops with a notice.

mod ascents;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::optimise::octaves::Octaves;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink, Unit, Viewing, chosen,
    parameters,
};
use crate::model::{Layer, LayerName};
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
        if self.ascent() == Ascent::Octaves {
            let octaves = self.resolved().octave_settings();
            let (height, width) = inputs.preprocessing.resize.output_px();
            let smallest = octaves.sizes(height, width).first().copied();
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
        parameters::object(&self.resolved())
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        let layer = chosen::layer_key(inputs, self.layer.as_ref());
        computing.insert("layer".to_owned(), layer);
        let jitter_px = self.resolved().jitter.unwrap_or_default();
        if self.ascent() == Ascent::Octaves && jitter_px > 0 {
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
        let used = self.resolved();
        for (index, unit) in units.iter().enumerate() {
            let photo = passes.photo(unit.photo)?;
            let progress = |done, total| sink.advanced(index * total + done, units.len() * total);
            let found = used.dream(passes, layer, photo, &progress)?;
            progress(used.total_steps(), used.total_steps())?; // one that diverges ends early
            sink.found(index, Results::Optimised(found))?;
        }
        Ok(())
    }
}

impl DeepDream {
    /// As asked for, or by whether a filter is.
    fn ascent(&self) -> Ascent {
        self.ascent.unwrap_or(match self.filter {
            Some(_) => Ascent::Raw,
            None => Ascent::Octaves,
        })
    }

    /// Keys that belong to the other kind of ascent, and a raw one without a filter.
    fn misplaced(&self) -> Vec<Fault> {
        let of_raw = [
            ("learning_rate", self.learning_rate.is_some()),
            ("weight_decay", self.weight_decay.is_some()),
        ];
        let of_octaves = [
            ("octaves", self.octaves.is_some()),
            ("octave_scale", self.octave_scale.is_some()),
            ("jitter", self.jitter.is_some()),
            ("step_size", self.step_size.is_some()),
        ];
        let fault = |key: &str, message: String, hint: &str| Fault {
            pointer: format!("/{key}"),
            message,
            hint: hint.to_owned(),
        };
        let (wrong, own, hint): (&[_], _, _) = match self.ascent() {
            Ascent::Raw => (
                &of_octaves,
                "raw",
                "leave it out, or write `ascent: octaves`",
            ),
            Ascent::Octaves => (
                &of_raw,
                "octaves",
                "leave it out, or write `ascent: raw` with a `filter`",
            ),
        };
        let given = wrong.iter().filter(|(_, is_given)| *is_given);
        let mut faults: Vec<Fault> = given
            .map(|(key, _)| {
                let message = format!("`{key}` does not apply to `ascent: {own}`");
                fault(key, message, hint)
            })
            .collect();
        if self.ascent == Some(Ascent::Raw) && self.filter.is_none() {
            let message = "`ascent: raw` needs a filter".to_owned();
            faults.push(fault(
                "ascent",
                message,
                "give a `filter`, or leave `ascent` out",
            ));
        }
        faults
    }

    /// Octaves on which the network does not run.
    fn octave_fault(&self, inputs: &Inputs, layer: &Layer) -> Option<Fault> {
        if self.filter.is_some() {
            return None; // the photo keeps its size
        }
        let (height, width) = inputs.preprocessing.resize.output_px();
        let sizes = self.resolved().octave_settings().sizes(height, width);
        let problem = |size: &(usize, usize)| chosen::size_problem(inputs.facts, layer, *size);
        let message = sizes.iter().rev().find_map(problem)?; // the largest is told
        Some(Fault {
            pointer: "/octaves".to_owned(),
            message,
            hint: "`octaves: 1`, or a layer before that node".to_owned(),
        })
    }

    /// The same with every default that applies filled in.
    fn resolved(&self) -> Self {
        let mut used = self.clone();
        used.ascent = Some(self.ascent());
        match self.ascent() {
            Ascent::Raw => {
                used.steps.get_or_insert(250);
                used.learning_rate.get_or_insert(12.0);
                used.weight_decay.get_or_insert(1e-4);
                used.frame_every.get_or_insert(10);
            }
            Ascent::Octaves => {
                used.steps.get_or_insert(10);
                used.octaves.get_or_insert(4);
                used.octave_scale.get_or_insert(1.4);
                used.jitter.get_or_insert(32);
                used.step_size.get_or_insert(1.5);
            }
        }
        used
    }

    /// Of a resolved dream: steps in all sizes together.
    fn total_steps(&self) -> usize {
        self.steps.unwrap_or_default() * self.octaves.unwrap_or(1)
    }

    /// Of a resolved dream over octaves.
    fn octave_settings(&self) -> Octaves {
        Octaves {
            count: self.octaves.unwrap_or_default(),
            scale: self.octave_scale.unwrap_or(1.0),
            steps: self.steps.unwrap_or_default(),
            jitter_px: self.jitter.unwrap_or_default(),
            step_size: self.step_size.unwrap_or_default(),
            picture_every: self.frame_every,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_other_dream_are_faults() {
        let both = DeepDream {
            filter: Some(94),
            octaves: Some(4),
            jitter: Some(3),
            ..DeepDream::default()
        };
        let pointers = |dream: &DeepDream| {
            dream
                .misplaced()
                .into_iter()
                .map(|f| f.pointer)
                .collect::<Vec<_>>()
        };
        assert_eq!(pointers(&both), ["/octaves", "/jitter"]);
        let layer = DeepDream {
            learning_rate: Some(1.0),
            octave_scale: Some(1.4),
            ..DeepDream::default()
        };
        assert_eq!(pointers(&layer), ["/learning_rate"]);
        let of_filter = DeepDream {
            ascent: Some(Ascent::Octaves),
            ..both.clone()
        };
        assert!(pointers(&of_filter).is_empty());
        let raw = DeepDream {
            ascent: Some(Ascent::Raw),
            ..DeepDream::default()
        };
        assert_eq!(pointers(&raw), ["/ascent"]);
        assert!(
            pointers(&DeepDream {
                steps: Some(3),
                ..DeepDream::default()
            })
            .is_empty()
        );
    }

    #[test]
    fn defaults_are_the_peers_and_only_those_that_apply_are_reported() {
        let used = |dream: &DeepDream| -> Vec<String> {
            parameters::in_yaml(&parameters::object(&dream.resolved()))
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect()
        };
        let filter = DeepDream {
            layer: Some(LayerName::Number(34)),
            filter: Some(94),
            ..DeepDream::default()
        };
        assert_eq!(
            used(&filter),
            [
                "layer: 34",
                "filter: 94",
                "ascent: raw",
                "steps: 250",
                "learning_rate: 12",
                "weight_decay: 1e-4",
                "frame_every: 10"
            ]
        );
        assert_eq!(
            used(&DeepDream {
                filter: None,
                ..filter
            }),
            [
                "layer: 34",
                "ascent: octaves",
                "steps: 10",
                "octaves: 4",
                "octave_scale: 1.4",
                "jitter: 32",
                "step_size: 1.5"
            ]
        );
    }
}
