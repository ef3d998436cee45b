//! How much of the score of the class comes from each pixel of a transformer, if attention and norms hand it on by rules
//! of their own?
//!
//! R = x ⊙ g with g the gradient of the score, changed at some nodes (Achtibat et al. 2024, propositions 3.1 to 3.4; as gradient
//! times input: section 3.3): products of two activations (q · kᵀ, A · v, elementwise) pass half of it to each factor;
//! the deviation of a layer norm is a constant; f(x) / x stands in the place of f'(x) for functions with f(0) = 0. Softmax,
//! sums, convolutions and linear layers pass gradients, which is the ε rule with ε → 0.
//! `rule: cp_lrp`: the weights of attention are constants, so that all goes through the values (Ali et al. 2022).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score. The sum of all is the score but for
//! what biases take and, with `attn_lrp`, what softmax does: its rule is the first term of a Taylor expansion, whose rest is lost.
//! `gamma`: convolutions and linear layers by the γ rule, as the authors do for pictures: products that agree with the sign of the
//! sum count 1 + γ times.
//! **Differs from the paper** γ is 0 where none is given. ε is 0 but for 1e-10 in f(x) / x, as in LXT.
//! **Errors** a network without attention, or with a node that has no rule. Both are named before anything runs.
//!
//! LRP is under patents whose owners allow scientific and personal use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, attention, chosen,
    parameters, target,
};
use crate::model::{Gammas, ThroughAttention};
use crate::results::{Attributions, Kind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "attn_lrp",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<AttnLrp>,
    parse: parameters::parse::<AttnLrp>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Achtibat, R., Hatefi, S. M. V., Dreyer, M., Jain, A., Wiegand, T., Lapuschkin, S., Samek, W.: AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers. ICML 2024",
        "Ali, A., Schnake, T., Eberle, O., Montavon, G., Müller, K.-R., Wolf, L.: XAI for Transformers: Better Explanations through Conservative Propagation. ICML 2022",
    ],
};

/// A class score of a transformer, handed back through attention to the pixels (AttnLRP).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttnLrp {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// What goes through attention: to queries, keys and values (`attn_lrp`), or all to the values, as if the weights of attention were constants (`cp_lrp`). Default `attn_lrp`.
    pub rule: Rule,
    /// γ of `convolution` and of `linear` layers: products that agree with the sign of their sum count 1 + γ times, which takes noise away; `{convolution: 0.25, linear: 0.05}` is a start, and `rule: cp_lrp` is easier to use it with (LXT). Default 0 for both, the plain rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gamma: Option<Gamma>,
}

/// γ by kind of layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gamma {
    /// Of convolutions, the patch embedding. Default 0.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub convolution: f64,
    /// Of linear layers. Default 0.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub linear: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    #[default]
    AttnLrp,
    CpLrp,
}

impl Default for AttnLrp {
    fn default() -> Self {
        Self {
            class: predicted(),
            rule: Rule::default(),
            gamma: None,
        }
    }
}

impl PerPhoto for AttnLrp {
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
        let fault = hidden.or_else(|| no_attention(inputs));
        fault.or_else(|| no_rule(inputs)).into_iter().collect()
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        _: Step,
    ) -> Result<Attributions, ExplainError> {
        let (model, input) = (passes.model, passes.input(photo)?);
        let target = attention::target(passes, &input, class)?;
        let score = |outputs: &Tensor| target::number(model, outputs, &target.scalar);
        let through = match self.rule {
            Rule::AttnLrp => ThroughAttention::QueriesKeysAndValues,
            Rule::CpLrp => ThroughAttention::Values,
        };
        let gamma = self.gamma.unwrap_or_default();
        let gammas = Gammas {
            convolution: gamma.convolution,
            linear: gamma.linear,
        };
        let rules = (through, gammas);
        let relevance = model.relevance_by_gradient(&input, model.scores_node(), &score, rules)?;
        let meaning = Meaning::Contribution;
        let whole = Some(target.value());
        class_maps::over_input(target, meaning, &relevance.f_get(0)?, whole)
    }
}

/// Without attention it would be pixel times gradient, under another name.
fn no_attention(inputs: &Inputs) -> Option<Fault> {
    inputs.facts.attention.layers.is_empty().then(|| Fault {
        pointer: String::new(),
        message: "the network has no attention".to_owned(),
        hint: "take `lrp`, whose rules are for convolutions".to_owned(),
    })
}

fn no_rule(inputs: &Inputs) -> Option<Fault> {
    chosen::relevance_fault(inputs, &inputs.facts.limits.no_relevance_by_gradient)
}
