//! What AttnLRP does at a node.

use super::roles::{MOVED, Role, Roles, Weighted};
use crate::model::graph::{Argument, Node, NodeId, ValueId};
use crate::model::run::Program;

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
pub(super) enum Conduct {
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

pub(super) struct Conducts<'a> {
    program: &'a Program,
    roles: Roles<'a>,
    producers: Vec<Option<NodeId>>,
}

impl<'a> Conducts<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        Self {
            program,
            roles: Roles::new(program),
            producers: program.graph().producers(),
        }
    }

    /// The arguments of a sum of inputs times weights.
    pub(super) fn weighted(&self, node: &Node) -> Option<Weighted> {
        match self.roles.role(node)? {
            Role::Weighted(names) => Some(names),
            Role::Kept { .. }
            | Role::Moved
            | Role::Averaged { .. }
            | Role::Summed
            | Role::Gated { .. } => None,
        }
    }

    /// `None` where relevance does not get through.
    pub(super) fn of(&self, node: &Node) -> Option<Conduct> {
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
