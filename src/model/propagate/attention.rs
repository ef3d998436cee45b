//! AttnLRP: relevance through attention, layer norms and functions of one number (Achtibat et al. 2024), as pixel times a
//! gradient that is changed at these nodes. Through everything else relevance by the ε rule with ε → 0 is what the ordinary
//! gradient carries: sums, convolutions, linear layers, batch norms, means, softmax, and what moves numbers.
//!
//! Products of two activations, q · kᵀ, A · v and elementwise: half of the gradient to each. Norms over channels: the
//! deviation is a constant. f(x) with f(0) = 0: f(x) / x in the place of f'(x). x · g(x) written out: g is a constant, which is
//! the same.

use tch::{Kind, Tensor};

use super::conduct::{Conduct, Conducts};
use super::relevance::gamma_by_gradient;
use super::roles::Weighted;
use super::{carried, carrier, slope};
use crate::model::error::ModelError;
use crate::model::graph::{Argument, Node, NodeId, Size};
use crate::model::run::Program;
use crate::model::run::call::Call;

/// Keeps f(x) / x finite; LXT's.
const STABILISER: f64 = 1e-10;

/// What goes through the weights of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThroughAttention {
    /// Half of what comes to A · v goes to A, and from there a quarter of all to queries and keys each.
    QueriesKeysAndValues,
    /// The weights A are constants, all goes to the values (CP-LRP).
    Values,
}

/// γ of nodes of weights; 0 is the ordinary gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gammas {
    pub convolution: f64,
    pub linear: f64,
}

impl Gammas {
    fn of(self, names: Weighted) -> f64 {
        match names.is_convolution {
            true => self.convolution,
            false => self.linear,
        }
    }
}

/// The relevance [1, C, H, W] of `input` for `score(output of node)`; `weights` are the nodes that give the weights of
/// attentions that are written out.
pub fn relevance_by_gradient(
    program: &Program,
    input: &Tensor,
    (node, weights): (NodeId, &[NodeId]),
    score: &dyn Fn(&Tensor) -> Tensor,
    (through, gammas): (ThroughAttention, Gammas),
) -> Result<Tensor, ModelError> {
    let conducts = Conducts::new(program);
    let seed = |output: &Tensor| slope(output, score);
    let gradient = carried(program, input, node, &seed, &mut |call, output| {
        if !output.requires_grad() {
            return Ok(None);
        }
        if through == ThroughAttention::Values && weights.contains(&call.operator()) {
            return Ok(Some(output.f_detach()?));
        }
        let described = &program.graph().nodes[call.operator().0];
        if let Some(names) = conducts.weighted(described)
            && gammas.of(names) != 0.0
        {
            return gamma_by_gradient(call, names, gammas.of(names), output).map(Some);
        }
        let Some(conduct) = conducts.of(described) else {
            // Behind a factor that is a constant there may be any node: nothing comes to it.
            return Ok(None);
        };
        match conduct {
            Conduct::Plain | Conduct::Constant => Ok(None),
            Conduct::Halved([first, second]) => halved(call, [first, second]),
            Conduct::Factor { signal, constant } => {
                let constant = (constant, &call.given(constant)?.f_detach()?);
                call.with(&[(signal, call.given(signal)?), constant])
                    .map(Some)
            }
            Conduct::Attention => attention(call, through).map(Some),
            Conduct::Function { input } => {
                let x = call.given(input)?;
                let divisor = x.f_detach()?.f_add_scalar(STABILISER)?;
                let share = output.f_detach()?.f_div(&divisor)?;
                let carried = carrier(x)?.f_mul(&share)?;
                Ok(Some(output.f_detach()?.f_add(&carried)?))
            }
            Conduct::Norm { input, is_centred } => {
                norm(call, described, (input, is_centred), output).map(Some)
            }
        }
    })?;
    Ok(gradient.f_mul(input)?)
}

/// The tensor, with a share of its gradient.
fn with_share(tensor: &Tensor, share: f64) -> Result<Tensor, ModelError> {
    let carried = carrier(tensor)?.f_mul_scalar(share)?;
    Ok(tensor.f_detach()?.f_add(&carried)?)
}

/// Where one of the two is a constant, as a mask is or what a size made, the other one gets all.
fn halved(call: &Call, names: [&'static str; 2]) -> Result<Option<Tensor>, ModelError> {
    let [first, second] = names;
    let given = [call.given(first)?, call.given(second)?];
    if !given.iter().all(|tensor| tensor.requires_grad()) {
        return Ok(None);
    }
    let halves = [with_share(given[0], 0.5)?, with_share(given[1], 0.5)?];
    let replaced = [(first, &halves[0]), (second, &halves[1])];
    call.with(&replaced).map(Some)
}

/// Queries and keys are factors of a factor.
fn attention(call: &Call, through: ThroughAttention) -> Result<Tensor, ModelError> {
    let (weights, values) = match through {
        ThroughAttention::QueriesKeysAndValues => (0.25, 0.5),
        ThroughAttention::Values => (0.0, 1.0),
    };
    let [query, key, value] = ["query", "key", "value"];
    call.with(&[
        (query, &with_share(call.given(query)?, weights)?),
        (key, &with_share(call.given(key)?, weights)?),
        (value, &with_share(call.given(value)?, values)?),
    ])
}

/// y + w · (Δ − mean Δ) / σ with the deviation σ of x as it is; without the mean for norms by the root of the mean square.
fn norm(
    call: &Call,
    described: &Node,
    (input, is_centred): (&'static str, bool),
    output: &Tensor,
) -> Result<Tensor, ModelError> {
    const EPSILON: f64 = 1e-5; // PyTorch's, where a layer norm is not given one
    let x = call.given(input)?;
    let axes = match described.argument("normalized_shape") {
        Some(Argument::Sizes(sizes)) => sizes.len(),
        _ => 1,
    };
    let axes: Vec<i64> = (1..=axes as i64).map(|axis| -axis).collect();
    let epsilon = match described.argument("eps") {
        Some(Argument::Float(epsilon)) => *epsilon,
        Some(Argument::Size(Size::Known(whole))) => *whole as f64,
        _ if is_centred => EPSILON,
        _ => f64::from(f32::EPSILON), // torch.nn.RMSNorm's
    };
    let centred = |tensor: &Tensor| -> Result<Tensor, ModelError> {
        Ok(match is_centred {
            true => tensor.f_sub(&tensor.f_mean_dim(axes.as_slice(), true, None::<Kind>)?)?,
            false => tensor.shallow_clone(),
        })
    };
    let square = centred(&x.f_detach()?)?.f_square()?;
    let variance = square.f_mean_dim(axes.as_slice(), true, None::<Kind>)?;
    let deviation = variance.f_add_scalar(epsilon)?.f_sqrt()?;
    let carried = centred(&carrier(x)?)?.f_div(&deviation)?;
    let carried = match call.tensor("weight") {
        Some(weight) => carried.f_mul(weight)?,
        None => carried,
    };
    Ok(output.f_detach()?.f_add(&carried)?)
}
