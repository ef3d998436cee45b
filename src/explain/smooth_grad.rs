//! Which pixels would change the score of the class most, whatever small noise lies over the photo?
//!
//! M̂ = 1/n Σᵢ ∂s_c / ∂x at x + N(0, σ²), σ a share of max(x) − min(x) (Smilkov et al. 2017, section 3). `squared`
//! averages the squares of the gradients (Hooker et al. 2019, section 3), `absolute` their sizes.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W]; signed, in score per unit of normalised input;
//! with `squared` in its square. With it the standard error of each number, s/√n of the n gradients, and as many samples
//! as make it small with `samples: auto` (`sampled_mean`).
//! **Differs from the paper** noise is drawn from the photo's own stream, so that a second photo changes nothing.
//! **Errors** scores or gradients that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::class_maps::{Step, predicted};
use super::noisy_gradients::{self, Statistic};
use super::per_photo::PerPhoto;
use super::sampled_mean::{Count, Samples};
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, Viewing, parameters,
};
use crate::results::{Attributions, Kind};

const NAME: &str = "smooth_grad";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<SmoothGrad>,
    parse: parameters::parse::<SmoothGrad>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Smilkov, D., Thorat, N., Kim, B., Viégas, F., Wattenberg, M.: SmoothGrad: Removing Noise by Adding Noise. ICML Workshop on Visualization for Deep Learning 2017",
        "Hooker, S., Erhan, D., Kindermans, P.-J., Kim, B.: A Benchmark for Interpretability Methods in Deep Neural Networks. NeurIPS 2019",
    ],
};

/// Gradient of a class score, averaged over noisy copies of the photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmoothGrad {
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// What is averaged: the gradients (`mean`), their sizes (`absolute`) or their squares (`squared`). Default `mean`.
    pub variant: Variant,
    /// How many noisy copies of the photo: a number; or `auto`: more of them until the standard error of the map is `tolerance` of its size. Default 50.
    pub samples: Samples<1, 10_000>,
    /// The most noisy copies with `samples: auto`. Default 1000.
    #[schemars(range(min = 32, max = 100_000))]
    pub most_samples: Option<usize>,
    /// The standard error at which `samples: auto` ends, as a share of the map's size, over all its numbers; 0.01 to 1. Default 0.25.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub tolerance: Option<f64>,
    /// Standard deviation of the noise, as a share of largest minus smallest number of the normalised photo, 0 to 2. Default 0.15.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub noise: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    #[default]
    Mean,
    Absolute,
    Squared,
}

impl Variant {
    /// What is averaged of a gradient.
    pub fn of(self, gradient: f64) -> f64 {
        match self {
            Self::Mean => gradient,
            Self::Absolute => gradient.abs(),
            Self::Squared => gradient * gradient,
        }
    }
}

impl Default for SmoothGrad {
    fn default() -> Self {
        Self {
            class: predicted(),
            variant: Variant::default(),
            samples: Samples::Number(50),
            most_samples: None,
            tolerance: None,
            noise: 0.15,
        }
    }
}

impl SmoothGrad {
    fn count(&self) -> Count {
        noisy_gradients::count(self.samples, self.most_samples, self.tolerance)
    }
}

impl PerPhoto for SmoothGrad {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        self.samples.faults(self.most_samples, self.tolerance)
    }

    /// The cap and the tolerance resolved.
    fn used(&self, _: &Inputs) -> Map<String, Value> {
        let count = self.count();
        let most = count.tolerance.map(|_| count.most);
        parameters::object(&Self {
            most_samples: most,
            tolerance: count.tolerance,
            ..self.clone()
        })
    }

    fn parts(&self, _: &Inputs) -> usize {
        self.count().most
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let of = |gradient| self.variant.of(gradient);
        let mean: (&dyn Fn(f64) -> f64, _) = (&of, Statistic::Mean);
        let noise = (self.noise, self.count());
        noisy_gradients::map((NAME, passes, photo), class, noise, mean, step)
    }
}
