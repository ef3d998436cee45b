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

use super::class_maps::{Step, predicted};
use super::noisy_gradients::{self, Statistic};
use super::per_photo::PerPhoto;
use super::sampled_mean::{Count, Samples};
use super::target_name::{TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, Viewing, parameters,
};
use crate::results::{Attributions, Kind};

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
    /// The class whose score is differentiated: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How many noisy copies of the photo: a number; or `auto`: more of them until the standard error of the map is `tolerance` of its size. Default 50.
    pub samples: Samples<2, 10_000>,
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

impl Default for VarGrad {
    fn default() -> Self {
        Self {
            class: predicted(),
            samples: Samples::Number(50),
            most_samples: None,
            tolerance: None,
            noise: 0.15,
        }
    }
}

impl VarGrad {
    fn count(&self) -> Count {
        noisy_gradients::count(self.samples, self.most_samples, self.tolerance)
    }
}

impl PerPhoto for VarGrad {
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
        let variance: (&dyn Fn(f64) -> f64, _) = (&|gradient| gradient, Statistic::Variance);
        let noise = (self.noise, self.count());
        noisy_gradients::map((NAME, passes, photo), class, noise, variance, step)
    }
}
