//! Propagation from the scores to the input by rules of one's own at the nodes: DeepLIFT's multipliers, the relevance
//! of layer-wise relevance propagation, and that of AttnLRP.
//!
//! A rule stands in the network as a stand-in of the node's output: ỹ = y + f(x − x₀), where x₀ is x without its
//! gradient, so that ỹ is y and its gradient is whatever the linear f makes of it. One backward pass of autograd then
//! carries what the rules say: no hooks, and branches add up as gradients do.

mod attention;
mod conduct;
mod differences;
mod relevance;
mod roles;
mod shares;

use tch::{Kind, Tensor};

use super::error::ModelError;
use super::gradient::gradient;
use super::graph::NodeId;
use super::run::Program;
use super::run::call::Rule;

pub use attention::{Gammas, ThroughAttention, relevance_by_gradient};
pub use conduct::without_conduct;
pub use differences::multipliers;
pub use relevance::{Composite, FirstRule, relevance};
pub use roles::without_role;
pub use shares::WeightRule;

/// Activation functions: each number of the output depends on one number of the input.
const ACTIVATIONS: [&str; 25] = [
    "relu",
    "relu6",
    "hardtanh",
    "elu",
    "celu",
    "selu",
    "softplus",
    "leaky_relu",
    "prelu",
    "silu",
    "mish",
    "gelu",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "tanh",
    "clamp",
    "clamp_min",
    "clamp_max",
    "clip",
    "threshold",
    "hardshrink",
    "softshrink",
    "log_sigmoid",
    "rrelu",
];

/// The gradient of Σ seed(output of `node`) ⊙ output with respect to `input`, where `rule` has put stand-ins.
fn carried(
    program: &Program,
    input: &Tensor,
    node: NodeId,
    seed: &dyn Fn(&Tensor) -> Result<Tensor, ModelError>,
    rule: Rule<'_>,
) -> Result<Tensor, ModelError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    tch::with_grad(|| {
        let output = program.record_ruled(&input, &[node], rule)?.remove(0);
        let seed = seed(&output.f_detach()?)?;
        let sum = output.f_mul(&seed.f_detach()?)?.f_sum(Kind::Float)?;
        gradient(&sum, &input)
    })
}

/// ∂ score / ∂ output of a node, at `output`, which is a leaf of its own.
fn slope(output: &Tensor, score: &dyn Fn(&Tensor) -> Tensor) -> Result<Tensor, ModelError> {
    let leaf = output.f_detach()?.f_set_requires_grad(true)?;
    tch::with_grad(|| gradient(&score(&leaf), &leaf))
}

/// x − x₀: zero, with the gradient of x.
fn carrier(x: &Tensor) -> Result<Tensor, ModelError> {
    Ok(x.f_sub(&x.f_detach()?)?)
}
