//! AttnLRP: relevance through attention, layer norms and functions of one number (Achtibat et al. 2024), as pixel times a
//! gradient that is changed at these nodes. Through everything else relevance by the ε rule with ε → 0 is what the ordinary
//! gradient carries: sums, convolutions, linear layers, batch norms, means, softmax, and what moves numbers.
//!
//! Products of two activations, q · kᵀ, A · v and elementwise: half of the gradient to each. Norms over channels: the
//! deviation is a constant. f(x) with f(0) = 0: f(x) / x in the place of f'(x). x · g(x) written out: g is a constant, which is
//! the same.

use tch::{Kind, Tensor};

use super::roles::{MOVED, Role, Roles};
use super::{carried, carrier, slope};
use crate::model::error::ModelError;
use crate::model::graph::{Argument, Node, NodeId, Size, ValueId};
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

/// Functions f of one number with f(0) = 0.
const THROUGH_ZERO: [&str; 14] = [
    "relu",
    "relu6",
    "hardtanh",
    "elu",
    "celu",
    "selu",
    "leaky_relu",
    "prelu",
    "silu",
    "mish",
    "gelu",
    "hardswish",
    "tanh",
    "softshrink",
];

/// Functions g that are factors of what they are multiplied by: x · g(x).
const FACTORS: [&str; 8] = [
    "sigmoid",
    "hardsigmoid",
    "erf",
    "tanh",
    "rsqrt",
    "relu6",
    "hardtanh",
    "clamp",
];

const PRODUCTS: [&str; 6] = ["mul", "multiply", "matmul", "bmm", "mm", "baddbmm"];
const NORMS: [&str; 2] = ["layer_norm", "native_layer_norm"];
const ROOT_NORMS: [&str; 2] = ["rms_norm", "_fused_rms_norm"];

/// Nodes that gradients go through as they are, beside those of a role: the condition of `where` and masks get none.
const LINEAR: [&str; 4] = ["_softmax", "softmax", "where", "masked_fill"];

/// What looks at the shape of a tensor, or says yes or no: no number goes through.
const CONSTANT: [&str; 18] = [
    "new_zeros",
    "new_ones",
    "new_full",
    "new_empty",
    "full_like",
    "zeros_like",
    "ones_like",
    "empty_like",
    "eq",
    "ne",
    "gt",
    "lt",
    "ge",
    "le",
    "logical_not",
    "any",
    "all",
    "isnan",
];

/// What is done at a node, with the names of the arguments that relevance is passed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conduct {
    /// As gradients are.
    Plain,
    /// Nothing is passed on.
    Constant,
    /// Half to each.
    Halved([&'static str; 2]),
    /// To one factor, the other one is a constant.
    Factor {
        signal: &'static str,
        constant: &'static str,
    },
    Attention,
    Function {
        input: &'static str,
    },
    Norm {
        input: &'static str,
        is_centred: bool,
    },
}

struct Conducts<'a> {
    program: &'a Program,
    roles: Roles<'a>,
    producers: Vec<Option<NodeId>>,
}

impl<'a> Conducts<'a> {
    fn new(program: &'a Program) -> Self {
        Self {
            program,
            roles: Roles::new(program),
            producers: program.graph().producers(),
        }
    }

    /// `None` where relevance does not get through.
    fn of(&self, node: &Node) -> Option<Conduct> {
        let base = base(node);
        let input = ["self", "input"]
            .into_iter()
            .find(|name| self.is_activation(node, name));
        if base == "scaled_dot_product_attention" {
            return Some(Conduct::Attention);
        }
        if NORMS.contains(&base) || ROOT_NORMS.contains(&base) {
            let is_centred = NORMS.contains(&base);
            return input.map(|input| Conduct::Norm { input, is_centred });
        }
        if THROUGH_ZERO.contains(&base) {
            return input.map(|input| Conduct::Function { input });
        }
        if CONSTANT.contains(&base) {
            return Some(Conduct::Constant);
        }
        if LINEAR.contains(&base) {
            return Some(Conduct::Plain);
        }
        let second = ["other", "mat2", "batch2"]
            .into_iter()
            .find(|name| self.is_activation(node, name));
        let first = ["self", "batch1"]
            .into_iter()
            .find(|name| self.is_activation(node, name));
        if let (Some(first), Some(second)) = (first, second) {
            if ["div", "divide", "true_divide"].contains(&base) {
                let constant = second;
                let is_root = self.comes_from(node, second, &["sqrt"]);
                return is_root.then_some(Conduct::Factor {
                    signal: first,
                    constant,
                });
            }
            if PRODUCTS.contains(&base) {
                let is_factor = |name| {
                    ["mul", "multiply"].contains(&base) && self.comes_from(node, name, &FACTORS)
                };
                let factor = |signal, constant| Some(Conduct::Factor { signal, constant });
                return match (is_factor(first), is_factor(second)) {
                    (false, true) => factor(first, second),
                    (true, false) => factor(second, first),
                    _ => Some(Conduct::Halved([first, second])),
                };
            }
        }
        match self.roles.role(node)? {
            // Activation functions that are not zero at zero: what they give to what is added is no share.
            Role::Kept { .. } if !is_linear(base) => None,
            Role::Gated { .. } => None, // all products are found above
            Role::Weighted(_)
            | Role::Kept { .. }
            | Role::Moved
            | Role::Averaged { .. }
            | Role::Summed => Some(Conduct::Plain),
        }
    }

    fn is_activation(&self, node: &Node, name: &str) -> bool {
        match node.argument(name) {
            Some(Argument::Tensor(value)) => !self.program.is_weight(*value),
            _ => false,
        }
    }

    /// Whether an argument comes from one of the functions, moved, scaled or shifted by constants since.
    fn comes_from(&self, node: &Node, name: &str, functions: &[&str]) -> bool {
        let Some(Argument::Tensor(value)) = node.argument(name) else {
            return false;
        };
        let Some(producer) = self.producers[value.0] else {
            return false;
        };
        let before = &self.program.graph().nodes[producer.0];
        let base = base(before);
        let is_scaled = ["mul", "multiply", "div", "divide", "add", "sub"].contains(&base)
            && !(self.is_activation(before, "self") && self.is_activation(before, "other"));
        let names = ["self", "input", "other"].into_iter();
        let mut given = names.filter(|name| self.is_activation(before, name));
        functions.contains(&base)
            || ((MOVED.contains(&base) || is_scaled)
                && given
                    .next()
                    .is_some_and(|name| self.comes_from(before, name, functions)))
    }

    fn passed_to(&self, conduct: Option<Conduct>, node: &Node) -> Vec<ValueId> {
        let of = |name: &str| node.argument(name).map_or_else(Vec::new, Argument::values);
        match conduct {
            Some(
                Conduct::Function { input }
                | Conduct::Norm { input, .. }
                | Conduct::Factor { signal: input, .. },
            ) => of(input),
            Some(Conduct::Constant) => Vec::new(),
            Some(Conduct::Halved([first, second])) => [of(first), of(second)].concat(),
            Some(Conduct::Attention) => {
                ["query", "key", "value"].into_iter().flat_map(of).collect()
            }
            Some(Conduct::Plain) if base(node) == "where" => [of("self"), of("other")].concat(),
            Some(Conduct::Plain) if base(node) == "masked_fill" => of("self"),
            Some(Conduct::Plain) | None => node.inputs(),
        }
    }
}

/// Of the nodes that keep relevance by the rules of convolutions: those through which a gradient is a share.
fn is_linear(base: &str) -> bool {
    [
        "batch_norm",
        "neg",
        "negative",
        "positive",
        "dropout",
        "feature_dropout",
        "alpha_dropout",
        "feature_alpha_dropout",
        "add",
        "sub",
        "subtract",
        "rsub",
        "mul",
        "multiply",
        "div",
        "divide",
        "true_divide",
    ]
    .contains(&base)
}

fn base(node: &Node) -> &str {
    node.operator_base().trim_end_matches('_')
}

/// The nodes between input and scores that AttnLRP has no rule for: operator, node and module of each.
pub fn without_conduct(program: &Program, scores: NodeId) -> Vec<String> {
    let conducts = Conducts::new(program);
    let has_rule = |node: &Node| conducts.of(node).is_some();
    let is_constant = |node: &Node| CONSTANT.contains(&base(node));
    super::roles::missing(program, scores, (&has_rule, &is_constant), &|node| {
        conducts.passed_to(conducts.of(node), node)
    })
}

/// The relevance [1, C, H, W] of `input` for `score(output of node)`; `weights` are the nodes that give the weights of
/// attentions that are written out.
pub fn relevance_by_gradient(
    program: &Program,
    input: &Tensor,
    (node, weights): (NodeId, &[NodeId]),
    score: &dyn Fn(&Tensor) -> Tensor,
    through: ThroughAttention,
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
