//! Which pixels would change the score of the class most, whatever small noise lies over the photo?
//!
//! M̂ = 1/n Σᵢ ∂s_c / ∂x at x + N(0, σ²), σ a share of max(x) − min(x) (Smilkov et al. 2017, section 3). `squared`
//! averages the squares of the gradients (Hooker et al. 2019, section 3), `absolute` their sizes.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W]; signed, in score per unit of normalised input;
//! with `squared` in its square.
//! **Differs from the paper** noise is drawn from the photo's own stream, so that a second photo changes nothing.
//! **Errors** scores or gradients that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::noisy_gradients;
use super::of_class::{self, Step, predicted};
use super::per_photo::PerPhoto;
use super::{Entry, ExplainError, Inputs, Needs, Passes, Photo, Photos, Viewing, parameters};
use crate::labels::{Class, ClassName};
use crate::results::{Attributions, Kind, Meaning};

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
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: ClassName,
    /// What is averaged: the gradients (`mean`), their sizes (`absolute`) or their squares (`squared`). Default `mean`.
    pub variant: Variant,
    /// How many noisy copies of the photo. Default 50.
    #[schemars(range(min = 1, max = 10_000))]
    pub samples: usize,
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
            samples: 50,
            noise: 0.15,
        }
    }
}

impl PerPhoto for SmoothGrad {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&ClassName> {
        Some(&self.class)
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn parts(&self, _: &Inputs) -> usize {
        self.samples
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: Class,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let Self { samples, noise, .. } = *self;
        let input = passes.input(photo)?;
        let (_, target) = of_class::at_photo(passes, &input, class)?;
        let mut draw = noisy_gradients::draws((NAME, passes, photo), noise, &input)?;
        let of = |gradient| self.variant.of(gradient);
        let on = (passes, &input, target.class);
        let moments = noisy_gradients::moments(on, samples, &mut draw, &of, step)?;
        let values = of_class::as_volume(moments.mean(), &input)?;
        of_class::over_input(target, Meaning::Sensitivity, &values, None)
    }
}
