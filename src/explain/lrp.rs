//! How much of the score of the class comes from each pixel, if every layer hands what it got back to its inputs?
//!
//! Layer-wise relevance propagation: R_j = Σ_k a_j w_jk / z_k · R_k from the score to the pixels, z_k = Σ_j a_j w_jk (Bach et al.
//! 2015, equation 60), by a rule for each kind of layer (Montavon et al. 2019, table 1; Kohlbrenner et al. 2020):
//! `epsilon`: z_k is moved away from zero by ε. `plus`: positive products only. `gamma`: products that agree with the sign of
//! z_k count 1 + γ times. `alpha_beta`: positive products α times, negative ones 1 − α times. In the first layer `flat`: all
//! pixels alike; `box`: between the lowest and the highest number that a pixel can have.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score. The sum of all is the score but
//! for what biases and ε take.
//! Batch norms behind a convolution run as part of it; others, activation functions, and numbers added or multiplied keep
//! relevance as it is. Means and sums of branches share it in proportion, max pooling gives it to the maximum, and a
//! factor between two bounds (a gate) gets none.
//! **Differs from the papers** in the kinds of layers besides convolution and linear layer, as above; rules and
//! stabiliser are zennit's.
//! **Errors** a network with a node that has no rule: attention, norms over places. It is named before anything runs.
//!
//! LRP is under patents whose owners allow scientific and personal use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Tensor, no_grad_guard};

use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, chosen, parameters, target,
};
use crate::model::{Composite, FirstRule, WeightRule};
use crate::picture::Picture;
use crate::results::{Attributions, Kind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "lrp",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<Lrp>,
    parse: parameters::parse::<Lrp>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Bach, S., Binder, A., Montavon, G., Klauschen, F., Müller, K.-R., Samek, W.: On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation. PLoS ONE, 2015",
        "Montavon, G., Binder, A., Lapuschkin, S., Samek, W., Müller, K.-R.: Layer-Wise Relevance Propagation: An Overview. Explainable AI, Springer 2019",
        "Kohlbrenner, M., Bauer, A., Nakajima, S., Binder, A., Samek, W., Lapuschkin, S.: Towards Best Practice in Explaining Neural Network Decisions with LRP. IJCNN 2020",
    ],
};

/// A class score handed back from layer to layer to the pixels (layer-wise relevance propagation).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lrp {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The rules: `epsilon` everywhere; or ε for linear layers and for convolutions positive products only (`epsilon_plus`), these and all pixels alike in the first layer (`epsilon_plus_flat`), γ with the bounds of pixels in the first layer (`epsilon_gamma_box`), or α and β (`epsilon_alpha_beta`). Default `epsilon_gamma_box`.
    pub composite: Rules,
    /// ε, in units of a layer's output, 1e-12 to 100. Default 1e-6.
    #[schemars(range(min = 1e-12, max = 100.0))]
    pub epsilon: f64,
    /// γ of `epsilon_gamma_box`, 0 to 100. Default 0.25.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub gamma: f64,
    /// α of `epsilon_alpha_beta`, 1 to 10; β is α − 1. Default 2.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub alpha: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    Epsilon,
    EpsilonPlus,
    EpsilonPlusFlat,
    #[default]
    EpsilonGammaBox,
    EpsilonAlphaBeta,
}

impl Default for Lrp {
    fn default() -> Self {
        Self {
            class: predicted(),
            composite: Rules::default(),
            epsilon: 1e-6,
            gamma: 0.25,
            alpha: 2.0,
        }
    }
}

impl Lrp {
    fn rules(&self, passes: &Passes, input: &Tensor) -> Result<Composite, ExplainError> {
        let (_, _, height, width) = input.size4()?;
        let filled = |value: u8| {
            let picture = Picture::filled(width as usize, height as usize, [value; 3]);
            let preprocessing = passes.inputs.preprocessing;
            preprocessing.tensor(&[&picture], passes.model.device())
        };
        let epsilon = WeightRule::Epsilon(self.epsilon);
        let (first, convolution) = match self.composite {
            Rules::Epsilon => (FirstRule::None, epsilon),
            Rules::EpsilonPlus => (FirstRule::None, WeightRule::ZPlus),
            Rules::EpsilonPlusFlat => (FirstRule::Flat, WeightRule::ZPlus),
            Rules::EpsilonAlphaBeta => (FirstRule::None, WeightRule::AlphaBeta(self.alpha)),
            Rules::EpsilonGammaBox => {
                // An array in a photo's place may go beyond the colours that there are.
                let low = filled(0).f_minimum(input)?;
                let high = filled(255).f_maximum(input)?;
                (FirstRule::Box { low, high }, WeightRule::Gamma(self.gamma))
            }
        };
        Ok(Composite {
            first,
            convolution,
            linear: epsilon,
        })
    }

    /// Of one photo.
    fn explain(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
    ) -> Result<Attributions, ExplainError> {
        let (model, input) = (passes.model, passes.input(photo)?);
        let node = model.scores_node();
        let outputs = {
            let _no_gradient = no_grad_guard();
            model.record(&input, &[node], &[])?.remove(0)
        };
        let target = target::of(model, &outputs, class)?;
        let score = |outputs: &Tensor| target::number(model, outputs, &target.scalar);
        let composite = self.rules(passes, &input)?;
        let relevance = model.relevance(&input, node, &score, &composite)?;
        let meaning = Meaning::Contribution;
        let whole = Some(target.value());
        class_maps::over_input(target, meaning, &relevance.f_get(0)?, whole)
    }
}

impl PerPhoto for Lrp {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn takes(&self) -> Takes {
        Takes::Scores {
            why: "relevance is conserved from layer to layer, which the softmax is not part of",
        }
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let hidden = chosen::hidden_layers(inputs.facts);
        let fault = hidden.or_else(|| propagation_fault(inputs));
        fault.into_iter().collect()
    }

    /// Without the numbers of other rules.
    fn used(&self, _: &Inputs) -> Map<String, Value> {
        let mut used = parameters::object(self);
        if self.composite != Rules::EpsilonGammaBox {
            used.shift_remove("gamma");
        }
        if self.composite != Rules::EpsilonAlphaBeta {
            used.shift_remove("alpha");
        }
        used
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        _: Step,
    ) -> Result<Attributions, ExplainError> {
        self.explain(passes, photo, class)
    }
}

/// A network that relevance does not get through.
fn propagation_fault(inputs: &Inputs) -> Option<Fault> {
    chosen::relevance_fault(inputs, &inputs.facts.limits.no_relevance)
}
