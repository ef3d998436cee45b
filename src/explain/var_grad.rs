//! Where does noise over the photo change the gradient of the class's score most?
//!
//! V = 1/n Σᵢ gᵢ² − (1/n Σᵢ gᵢ)² over the gradients gᵢ = ∂s_c / ∂x at x + N(0, σ²), σ a share of max(x) − min(x)
//! (Adebayo et al. 2018, section 2).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], zero or more, in squared score per unit of
//! normalised input. Exactly zero where the network is linear.
//! **Differs from the paper** in nothing; the sum is divided by n, not n − 1.
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

const NAME: &str = "var_grad";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Attributions,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<VarGrad>,
    parse: parameters::parse::<VarGrad>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Adebayo, J., Gilmer, J., Goodfellow, I., Kim, B.: Local Explanation Methods for Deep Neural Networks Lack Sensitivity to Parameter Values. ICLR Workshop 2018",
        "Hooker, S., Erhan, D., Kindermans, P.-J., Kim, B.: A Benchmark for Interpretability Methods in Deep Neural Networks. NeurIPS 2019",
    ],
};

/// Variance of the gradient of a class score over noisy copies of the photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VarGrad {
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: ClassName,
    /// How many noisy copies of the photo. Default 50.
    #[schemars(range(min = 2, max = 10_000))]
    pub samples: usize,
    /// Standard deviation of the noise, as a share of largest minus smallest number of the normalised photo, 0 to 2. Default 0.15.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub noise: f64,
}

impl Default for VarGrad {
    fn default() -> Self {
        Self {
            class: predicted(),
            samples: 50,
            noise: 0.15,
        }
    }
}

impl PerPhoto for VarGrad {
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
        let on = (passes, &input, target.class);
        let moments = noisy_gradients::moments(on, samples, &mut draw, &|g| g, step)?;
        let values = of_class::as_volume(&moments.variance(), &input)?;
        of_class::over_input(target, Meaning::Sensitivity, &values, None)
    }
}
