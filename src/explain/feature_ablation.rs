//! How much of the class's score is lost when a superpixel of the photo is covered?
//!
//! Rᵢ = s_c(x) − s_c(x with the segment of pixel i covered).
//!
//! **Input** one photo [1, C, H, W], normalised; cut as LIME cuts it. **Output** [1, H, W], one number for all pixels
//! of a segment, signed, in score. No gradient and no chance: a pass for each segment.
//! **Differs from peers** captum's feature ablation takes segments from the caller.
//! **Errors** scores that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::lime::segmenter::{Quickshift, Segmenter, Segmenting, Slic};
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, hidden, parameters};
use crate::picture::segment::Segmentation;
use crate::results::{Attributions, Kind, Meaning, ScalarTarget};

pub const ENTRY: Entry = Entry {
    name: "feature_ablation",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<FeatureAblation>,
    parse: parameters::parse::<FeatureAblation>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Kokhlikyan, N., Miglani, V., Martin, M., Wang, E., Alsallakh, B., Reynolds, J., Melnikov, A., Kliushkina, N., Araya, C., Yan, S., Reblitz-Richardson, O.: Captum: A Unified and Generic Model Interpretability Library for PyTorch. arXiv:2009.07896, 2020",
    ],
};

/// What a class score loses when a superpixel of the photo is covered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureAblation {
    /// The class whose score is watched: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How photos are cut into segments. `auto` takes quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones. Default `auto`.
    pub segmenter: Segmenter,
    /// Settings of quickshift. Default: those of the LIME package.
    pub quickshift: Quickshift,
    /// Settings of SLIC. Default: 50 segments.
    pub slic: Slic,
    /// What covers a segment: `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub baseline: Baseline,
}

impl Default for FeatureAblation {
    fn default() -> Self {
        Self {
            class: predicted(),
            segmenter: Segmenter::Auto,
            quickshift: Quickshift::default(),
            slic: Slic::default(),
            baseline: Baseline::MEAN,
        }
    }
}

impl FeatureAblation {
    fn segmenting(&self) -> Segmenting {
        Segmenting {
            segmenter: self.segmenter,
            quickshift: self.quickshift,
            slic: self.slic,
        }
    }
}

impl PerPhoto for FeatureAblation {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        self.segmenting().faults()
    }

    /// The segmenter resolved, without the settings of the other one.
    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        self.segmenting().used(parameters::object(self), inputs)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let segments = self.segmenting().segment(photo.picture()?);
        let target = class_maps::of_scores(passes, photo, class)?;
        let pair = (passes.input(photo)?, self.baseline.tensor(passes, photo)?);
        let step = |_| step(0);
        explain(passes, pair, &segments, target, &step)
    }
}

/// The map of an input [1, C, H, W] with its baseline, cut into segments.
pub fn explain(
    passes: &Passes,
    (input, baseline): (Tensor, Tensor),
    segments: &Segmentation,
    target: ScalarTarget,
    step: Step,
) -> Result<Attributions, ExplainError> {
    let (_, _, height, width) = input.size4()?;
    let labels: Vec<i64> = segments.labels.iter().copied().map(i64::from).collect();
    let labels = Tensor::f_from_slice(&labels)?.f_to(input.device())?;
    let labels = labels.f_view([1, 1, height, width])?;
    let mut covered = |segment: usize| {
        let is_covered = labels.f_eq(segment as i64)?;
        Ok(baseline.f_where_self(&is_covered, &input)?)
    };
    let losses = hidden::losses(passes, &target, segments.count, &mut covered, step)?;
    let of_pixel = segments.labels.iter().map(|&label| losses[label as usize]);
    let lost: Vec<f64> = of_pixel.collect();
    let values = Tensor::f_from_slice(&lost)?.f_view([1, height, width])?;
    class_maps::over_input(target, Meaning::Contribution, &values, None)
}
