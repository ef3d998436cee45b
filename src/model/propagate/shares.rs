//! How a node of weights shares what it got among its inputs: the sums of the rules, and what of each goes back.

use tch::{Tensor, no_grad};

use super::carrier;
use super::roles::Weighted;
use crate::model::error::ModelError;
use crate::model::run::call::Call;

/// Keeps quotients finite where a sum is zero; zennit's.
pub(super) const STABILISER: f64 = 1e-6;

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

/// A node of weights.
pub(super) struct Layer<'a, 'b> {
    call: &'a Call<'b>,
    names: Weighted,
    carried: Carried,
}

/// What comes back from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
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
    pub(super) fn new(call: &'a Call<'b>, names: Weighted, carried: Carried) -> Self {
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

    pub(super) fn shared(&self, rule: WeightRule, output: &Tensor) -> Result<Tensor, ModelError> {
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

    pub(super) fn flat(&self) -> Result<Tensor, ModelError> {
        self.in_proportion(&[Branch {
            input: self.input()?.f_ones_like()?,
            weight: self.weight()?.f_ones_like()?,
            bias: None,
            of: Of::All,
        }])
    }

    pub(super) fn boxed(&self, (low, high): &(Tensor, Tensor)) -> Result<Tensor, ModelError> {
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
pub(super) fn stable(sum: &Tensor, epsilon: f64) -> Result<Tensor, ModelError> {
    let sum = sum.f_detach()?;
    let signs = sum.f_ge(0.0)?.f_to_kind(sum.f_kind()?)?;
    let signs = signs.f_mul_scalar(2.0)?.f_add_scalar(-1.0)?;
    Ok(sum.f_add(&signs.f_mul_scalar(epsilon)?)?)
}
