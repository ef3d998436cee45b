//! Layer-wise relevance propagation: the score is handed back from node to node, each sharing what it got among its
//! inputs by a rule (Bach et al. 2015; Montavon et al. 2019). What is carried back is relevance itself, not a gradient.

use tch::{Tensor, no_grad};

use super::roles::{Role, Roles, Weighted};
use super::shares::{Carried, Layer, STABILISER, WeightRule, stable};
use super::{carried, carrier, slope};
use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::run::Program;
use crate::model::run::call::Call;

/// How the first nodes of weights share theirs among the photo's pixels.
#[derive(Debug)]
pub enum FirstRule {
    /// As the others.
    None,
    /// All pixels alike.
    Flat,
    /// By a_j w_jk − l w⁺ − h w⁻ between the lowest and the highest input there is, each [1, C, H, W].
    Box { low: Tensor, high: Tensor },
}

/// The rules of a network, by kind of layer.
#[derive(Debug)]
pub struct Composite {
    pub first: FirstRule,
    pub convolution: WeightRule,
    pub linear: WeightRule,
}

/// The relevance [1, C, H, W] of `input` for `score(output of node)`: of the output's numbers it is what each adds to the
/// score, to first order.
pub fn relevance(
    program: &Program,
    input: &Tensor,
    node: NodeId,
    score: &dyn Fn(&Tensor) -> Tensor,
    composite: &Composite,
) -> Result<Tensor, ModelError> {
    let roles = Roles::new(program);
    let first = match composite.first {
        FirstRule::None => Vec::new(),
        FirstRule::Flat | FirstRule::Box { .. } => roles.first(),
    };
    let bounds = match &composite.first {
        FirstRule::Box { low, high } => bounds(program, &first, low, high)?,
        FirstRule::None | FirstRule::Flat => Vec::new(),
    };
    let seed = |output: &Tensor| Ok(slope(output, score)?.f_mul(output)?);
    carried(program, input, node, &seed, &mut |call, output| {
        if !output.requires_grad() {
            return Ok(None);
        }
        let described = &program.graph().nodes[call.operator().0];
        let Some(role) = roles.role(described) else {
            return Err(ModelError::NoRelevance {
                place: described.place(),
            });
        };
        let carried = match role {
            Role::Moved => return Ok(None),
            Role::Kept { input } => carrier(call.given(input)?)?,
            Role::Gated { signal } => carrier(call.given(signal)?)?,
            Role::Averaged { input } => {
                let share = multiplied(call.given(input)?)?;
                call.with(&[(input, &share)])?
                    .f_div(&stable(output, STABILISER)?)?
            }
            Role::Summed => {
                let (own, other) = (call.given("self")?, call.given("other")?);
                let shares = [("self", &multiplied(own)?), ("other", &multiplied(other)?)];
                call.with(&shares)?.f_div(&stable(output, STABILISER)?)?
            }
            Role::Weighted(names) => {
                let place = first.iter().position(|node| *node == call.operator());
                let layer = Layer::new(call, names, Carried::Relevance);
                match (place, &composite.first) {
                    (Some(_), FirstRule::Flat) => layer.flat()?,
                    (Some(place), FirstRule::Box { .. }) => layer.boxed(&bounds[place])?,
                    _ if names.is_convolution => layer.shared(composite.convolution, output)?,
                    _ => layer.shared(composite.linear, output)?,
                }
            }
        };
        Ok(Some(output.f_detach()?.f_add(&carried)?))
    })
}

/// For each of the first nodes the lowest and highest number that comes to it: what the network makes of the bounds.
fn bounds(
    program: &Program,
    first: &[NodeId],
    low: &Tensor,
    high: &Tensor,
) -> Result<Vec<(Tensor, Tensor)>, ModelError> {
    let roles = Roles::new(program);
    let came = |input: &Tensor| -> Result<Vec<Option<Tensor>>, ModelError> {
        let mut came: Vec<Option<Tensor>> = first.iter().map(|_| None).collect();
        no_grad(|| {
            program.record_ruled(input, first, &mut |call, _| {
                if let Some(place) = first.iter().position(|node| *node == call.operator()) {
                    let described = &program.graph().nodes[call.operator().0];
                    if let Some(Role::Weighted(names)) = roles.role(described) {
                        came[place] = Some(call.given(names.input)?.shallow_clone());
                    }
                }
                Ok(None)
            })
        })?;
        Ok(came)
    };
    let pairs = came(low)?.into_iter().zip(came(high)?).zip(first);
    let pairs = pairs.map(|((low, high), node)| match (low, high) {
        (Some(low), Some(high)) => Ok((low.f_minimum(&high)?, low.f_maximum(&high)?)),
        _ => Err(ModelError::NoRelevance {
            place: program.graph().nodes[node.0].place(),
        }),
    });
    pairs.collect()
}

/// What the γ rule hands back as a gradient g, where relevance is R = x g: its relevance over the input.
pub(super) fn gamma_by_gradient(
    call: &Call,
    names: Weighted,
    gamma: f64,
    output: &Tensor,
) -> Result<Tensor, ModelError> {
    let layer = Layer::new(call, names, Carried::Gradient);
    let value = output.f_detach()?;
    let carried = layer.shared(WeightRule::Gamma(gamma), output)?;
    Ok(value.f_add(&carried.f_mul(&value)?)?)
}

/// x₀ · (x − x₀): zero, with x as the gradient of x.
fn multiplied(x: &Tensor) -> Result<Tensor, ModelError> {
    Ok(carrier(x)?.f_mul(&x.f_detach()?)?)
}
