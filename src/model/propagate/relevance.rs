//! Layer-wise relevance propagation: the score is handed back from node to node, each sharing what it got among its
//! inputs by a rule (Bach et al. 2015; Montavon et al. 2019). What is carried back is relevance itself, not a gradient.

use tch::{Tensor, no_grad};

use super::roles::{Role, Roles, Weighted};
use super::{carried, carrier, slope};
use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::run::Program;
use crate::model::run::call::Call;

/// Keeps quotients finite where a sum is zero; zennit's.
const STABILISER: f64 = 1e-6;

/// How a node of weights shares its relevance: R_j = Σ_k a_j w_jk / z_k · R_k with z_k = Σ_j a_j w_jk, and other numbers
/// in the place of a and w.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WeightRule {
    /// As it stands, ε added to z_k away from zero; the bias takes its part.
    Epsilon(f64),
    /// Only products that are positive.
    ZPlus,
    /// Weights that agree with the sign of z_k count 1 + γ times.
    Gamma(f64),
    /// Positive products α times, negative ones 1 − α times, each kind by its own sum.
    AlphaBeta(f64),
}

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

/// A node of weights.
struct Layer<'a, 'b> {
    call: &'a Call<'b>,
    names: Weighted,
    carried: Carried,
}

/// What comes back from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carried {
    Relevance,
    /// Relevance over the number that it is of.
    Gradient,
}

/// Inputs and weights in the place of the node's own, and whether the bias is part of the sum.
struct Branch {
    input: Tensor,
    weight: Tensor,
    /// `None` for none.
    bias: Option<Tensor>,
    /// Of which numbers of the node's own input it is.
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    /// Zeros are among the positive ones.
    Sign(Sign),
}

impl<'a, 'b> Layer<'a, 'b> {
    fn new(call: &'a Call<'b>, names: Weighted, carried: Carried) -> Self {
        Self {
            call,
            names,
            carried,
        }
    }
}

impl Layer<'_, '_> {
    fn input(&self) -> Result<Tensor, ModelError> {
        Ok(self.call.given(self.names.input)?.f_detach()?)
    }

    fn weight(&self) -> Result<&Tensor, ModelError> {
        self.call.given(self.names.weight)
    }

    fn bias(&self) -> Option<&Tensor> {
        self.call.tensor(self.names.bias)
    }

    fn run(
        &self,
        branch: &Branch,
        input: &Tensor,
        bias: Option<&Tensor>,
    ) -> Result<Tensor, ModelError> {
        let mut given = vec![
            (self.names.input, input),
            (self.names.weight, &branch.weight),
        ];
        let zero = self.bias().map(Tensor::f_zeros_like).transpose()?;
        if let Some(zero) = &zero {
            given.push((self.names.bias, bias.unwrap_or(zero)));
        }
        self.call.with(&given)
    }

    /// Σ_j a_j w_jk, with the bias.
    fn sum(&self, branch: &Branch) -> Result<Tensor, ModelError> {
        no_grad(|| self.run(branch, &branch.input, branch.bias.as_ref()))
    }

    /// The same sum of what is carried, without the bias: zero, with a_j w_jk as the gradient of x_j.
    fn carried(&self, branch: &Branch) -> Result<Tensor, ModelError> {
        let carrier = carrier(self.call.given(self.names.input)?)?;
        let factor = match (self.carried, branch.of) {
            (Carried::Relevance, _) => branch.input.shallow_clone(),
            (Carried::Gradient, Of::All) => branch.input.f_ones_like()?,
            (Carried::Gradient, Of::Sign(Sign::Positive)) => self.input()?.f_ge(0.0)?,
            (Carried::Gradient, Of::Sign(Sign::Negative)) => self.input()?.f_lt(0.0)?,
        };
        self.run(branch, &factor.f_mul(&carrier)?, None)
    }

    /// Of several branches, in proportion to their common sum.
    fn in_proportion(&self, branches: &[Branch]) -> Result<Tensor, ModelError> {
        let mut parts = branches
            .iter()
            .map(|branch| Ok((self.sum(branch)?, self.carried(branch)?)));
        let nothing = || ModelError::NoGradientToAskFor;
        let (mut sum, mut carried) = parts.next().unwrap_or_else(|| Err(nothing()))?;
        for part in parts {
            let (more, also): (Tensor, Tensor) = part?;
            (sum, carried) = (sum.f_add(&more)?, carried.f_add(&also)?);
        }
        Ok(carried.f_div(&stable(&sum, STABILISER)?)?)
    }

    fn shared(&self, rule: WeightRule, output: &Tensor) -> Result<Tensor, ModelError> {
        match rule {
            WeightRule::Epsilon(epsilon) => {
                let branch = Branch {
                    input: self.input()?,
                    weight: self.weight()?.shallow_clone(),
                    bias: None,
                    of: Of::All,
                };
                Ok(self.carried(&branch)?.f_div(&stable(output, epsilon)?)?)
            }
            WeightRule::ZPlus => self.in_proportion(&self.signed(Sign::Positive, Signs::Only)?),
            WeightRule::AlphaBeta(alpha) => {
                let raising = self.in_proportion(&self.signed(Sign::Positive, Signs::Only)?)?;
                let lowering = self.in_proportion(&self.signed(Sign::Negative, Signs::Only)?)?;
                let lowering = lowering.f_mul_scalar(alpha - 1.0)?;
                Ok(raising.f_mul_scalar(alpha)?.f_sub(&lowering)?)
            }
            WeightRule::Gamma(gamma) => {
                let more = Signs::More(gamma);
                let raising = self.in_proportion(&self.signed(Sign::Positive, more)?)?;
                let lowering = self.in_proportion(&self.signed(Sign::Negative, more)?)?;
                let value = output.f_detach()?;
                let raising = raising.f_mul(&value.f_gt(0.0)?)?;
                Ok(raising.f_add(&lowering.f_mul(&value.f_lt(0.0)?)?)?)
            }
        }
    }

    /// The branches of positive inputs and of negative ones whose products have the sign: positive inputs go with
    /// weights of it, negative ones with weights of the other sign.
    fn signed(&self, sign: Sign, signs: Signs) -> Result<Vec<Branch>, ModelError> {
        let (input, weight) = (self.input()?, self.weight()?);
        let with = |weight: &Tensor, sign: Sign| -> Result<Tensor, ModelError> {
            let part = sign.part(weight)?;
            Ok(match signs {
                Signs::Only => part,
                Signs::More(gamma) => weight.f_add(&part.f_mul_scalar(gamma)?)?,
            })
        };
        let bias = self.bias().map(|bias| with(bias, sign)).transpose()?;
        let mut branches = vec![Branch {
            input: Sign::Positive.part(&input)?,
            weight: with(weight, sign)?,
            bias,
            of: Of::Sign(Sign::Positive),
        }];
        // Behind a ReLU there is no negative input.
        if input.f_min()?.f_double_value(&[])? < 0.0 {
            branches.push(Branch {
                input: Sign::Negative.part(&input)?,
                weight: with(weight, sign.other())?,
                bias: None,
                of: Of::Sign(Sign::Negative),
            });
        }
        Ok(branches)
    }

    fn flat(&self) -> Result<Tensor, ModelError> {
        self.in_proportion(&[Branch {
            input: self.input()?.f_ones_like()?,
            weight: self.weight()?.f_ones_like()?,
            bias: None,
            of: Of::All,
        }])
    }

    fn boxed(&self, (low, high): &(Tensor, Tensor)) -> Result<Tensor, ModelError> {
        let weight = self.weight()?;
        let branch = |input: Tensor, weight: Tensor| Branch {
            input,
            weight,
            bias: None,
            of: Of::All,
        };
        self.in_proportion(&[
            branch(self.input()?, weight.shallow_clone()),
            branch(low.f_neg()?, Sign::Positive.part(weight)?),
            branch(high.f_neg()?, Sign::Negative.part(weight)?),
        ])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
}

/// What becomes of weights of a sign.
#[derive(Debug, Clone, Copy)]
enum Signs {
    /// The others are left out.
    Only,
    /// They are added once more, so many times.
    More(f64),
}

impl Sign {
    fn other(self) -> Self {
        match self {
            Self::Positive => Self::Negative,
            Self::Negative => Self::Positive,
        }
    }

    fn part(self, of: &Tensor) -> Result<Tensor, ModelError> {
        Ok(match self {
            Self::Positive => of.f_clamp_min(0.0)?,
            Self::Negative => of.f_clamp_max(0.0)?,
        })
    }
}

/// Away from zero by `epsilon`; zero counts as positive.
fn stable(sum: &Tensor, epsilon: f64) -> Result<Tensor, ModelError> {
    let sum = sum.f_detach()?;
    let signs = sum.f_ge(0.0)?.f_to_kind(sum.f_kind()?)?;
    let signs = signs.f_mul_scalar(2.0)?.f_add_scalar(-1.0)?;
    Ok(sum.f_add(&signs.f_mul_scalar(epsilon)?)?)
}

/// x₀ · (x − x₀): zero, with x as the gradient of x.
fn multiplied(x: &Tensor) -> Result<Tensor, ModelError> {
    Ok(carrier(x)?.f_mul(&x.f_detach()?)?)
}
