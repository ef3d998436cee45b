//! DeepLIFT's multipliers, by the rescale rule (Shrikumar et al. 2017, section 3.5.1): a node passes Δy / Δx where
//! gradients pass dy / dx, Δ the difference between the input and the baseline.
//!
//! Functions of one number: Δy / Δx, and the gradient where Δx is nothing but rounding. Max pooling: the part of Δy up to
//! the larger of both maxima goes to the place of the input's maximum, the rest to that of the baseline's. Products of
//! two activations: Δ(ab) = Δa · b̄ + ā · Δb with the means ā, b̄ of input and baseline, which is exact. Everything else
//! passes gradients: exact for what is linear; softmax, attention and norms over places are not.

use std::collections::BTreeMap;

use tch::Tensor;

use super::{ACTIVATIONS, carried, carrier, slope};
use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::run::Program;
use crate::model::run::call::Call;

/// A difference is nothing but rounding below this share of the two numbers: some steps of float32.
const ROUNDING: f64 = 1e-6;

/// Functions of one number that are not linear.
const FUNCTIONS: [&str; 17] = [
    "abs",
    "absolute",
    "square",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "erf",
    "sin",
    "cos",
    "atan",
    "sinh",
    "cosh",
    "exp2",
];

const PRODUCTS: [&str; 5] = ["mul", "multiply", "matmul", "bmm", "mm"];

/// What the baseline gave at a node: its inputs by name, and its output.
struct OfBaseline {
    inputs: Vec<Tensor>,
    output: Tensor,
}

/// Where a node has a rule: the names of the arguments that are activations.
fn ruled(program: &Program, call: &Call) -> Option<(Kind, Vec<&'static str>)> {
    let node = &program.graph().nodes[call.operator().0];
    let base = node.operator_base().trim_end_matches('_');
    if base == "max_pool2d" {
        return Some((Kind::Maximum, vec!["self"]));
    }
    if ACTIVATIONS.contains(&base) || FUNCTIONS.contains(&base) {
        let name = ["self", "input"]
            .into_iter()
            .find(|name| call.tensor(name).is_some())?;
        return Some((Kind::Function, vec![name]));
    }
    if base == "pow" && call.tensor("exponent").is_none() {
        return Some((Kind::Function, vec!["self"]));
    }
    let second = if ["bmm", "mm"].contains(&base) {
        "mat2"
    } else {
        "other"
    };
    let is_product =
        PRODUCTS.contains(&base) && ["self", second].iter().all(|name| call.is_activation(name));
    is_product.then(|| (Kind::Product, vec!["self", second]))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Maximum,
    Product,
}

/// Multipliers m [1, C, H, W]: `score(output of node)` of `input` less that of `baseline` is Σ m · (input − baseline),
/// but for nodes without a rule.
pub fn multipliers(
    program: &Program,
    (input, baseline): (&Tensor, &Tensor),
    node: NodeId,
    score: &dyn Fn(&Tensor) -> Tensor,
) -> Result<Tensor, ModelError> {
    let mut known: BTreeMap<NodeId, OfBaseline> = BTreeMap::new();
    {
        let _no_gradient = tch::no_grad_guard();
        program.record_ruled(&baseline.f_detach()?, &[node], &mut |call, output| {
            if let Some((_, names)) = ruled(program, call) {
                let inputs = names
                    .iter()
                    .map(|name| Ok(call.given(name)?.shallow_clone()));
                let of_baseline = OfBaseline {
                    inputs: inputs.collect::<Result<_, ModelError>>()?,
                    output: output.shallow_clone(),
                };
                known.insert(call.operator(), of_baseline);
            }
            Ok(None)
        })?;
    }
    let seed = |output: &Tensor| slope(output, score);
    carried(program, input, node, &seed, &mut |call, output| {
        let rule = ruled(program, call).filter(|_| output.requires_grad());
        let (Some((kind, names)), Some(baseline)) = (rule, known.get(&call.operator())) else {
            return Ok(None);
        };
        let stand_in = match kind {
            Kind::Function => function(call.given(names[0])?, output, baseline)?,
            Kind::Maximum => maximum(call, call.given(names[0])?, output, baseline)?,
            Kind::Product => product(call, (names[0], names[1]), output, baseline)?,
        };
        Ok(Some(stand_in))
    })
}

/// Whether Δx is rounding, and Δx with 1 in such places.
fn difference(x: &Tensor, of_baseline: &Tensor) -> Result<(Tensor, Tensor), ModelError> {
    let difference = x.f_detach()?.f_sub(of_baseline)?;
    let size = x.f_detach()?.f_abs()?.f_add(&of_baseline.f_abs()?)?;
    let is_rounding = difference
        .f_abs()?
        .f_le_tensor(&size.f_mul_scalar(ROUNDING)?)?;
    let divisor = difference.f_masked_fill(&is_rounding, 1.0)?;
    Ok((is_rounding, divisor))
}

fn function(x: &Tensor, y: &Tensor, baseline: &OfBaseline) -> Result<Tensor, ModelError> {
    let (is_rounding, divisor) = difference(x, &baseline.inputs[0])?;
    let value = y.f_detach()?;
    let multiplier = value.f_sub(&baseline.output)?.f_div(&divisor)?;
    let rescaled = value.f_add(&carrier(x)?.f_mul(&multiplier)?)?;
    Ok(y.f_where_self(&is_rounding, &rescaled)?)
}

fn maximum(
    call: &Call,
    x: &Tensor,
    y: &Tensor,
    baseline: &OfBaseline,
) -> Result<Tensor, ModelError> {
    let (x0, y0) = (&baseline.inputs[0], &baseline.output);
    let value = y.f_detach()?;
    let larger = value.f_maximum(y0)?;
    let places = call.places_of_maxima(&x.f_detach()?)?;
    let of_baseline = call.places_of_maxima(x0)?;
    let (is_rounding, divisor) = difference(x, x0)?;
    let at = |of: &Tensor, places: &Tensor| -> Result<Tensor, ModelError> {
        let flat = of
            .f_flatten(-2, -1)?
            .f_gather(-1, &places.f_flatten(-2, -1)?, false)?;
        Ok(flat.f_view_as(&value)?)
    };
    let part = |parts: Tensor, places: &Tensor, otherwise: f64| -> Result<Tensor, ModelError> {
        let multiplier = parts.f_div(&at(&divisor, places)?)?;
        let multiplier = multiplier.f_masked_fill(&at(&is_rounding, places)?, otherwise)?;
        Ok(at(&carrier(x)?, places)?.f_mul(&multiplier)?)
    };
    let own = part(larger.f_sub(y0)?, &places, 1.0)?;
    let rest = part(value.f_sub(&larger)?, &of_baseline, 0.0)?;
    Ok(value.f_add(&own)?.f_add(&rest)?)
}

fn product(
    call: &Call,
    (first, second): (&'static str, &'static str),
    y: &Tensor,
    baseline: &OfBaseline,
) -> Result<Tensor, ModelError> {
    let (a, b) = (call.given(first)?, call.given(second)?);
    let mean = |x: &Tensor, x0: &Tensor| -> Result<Tensor, ModelError> {
        Ok(x.f_detach()?.f_add(x0)?.f_mul_scalar(0.5)?)
    };
    let (mean_a, mean_b) = (mean(a, &baseline.inputs[0])?, mean(b, &baseline.inputs[1])?);
    let of_a = call.with(&[(first, &carrier(a)?), (second, &mean_b)])?;
    let of_b = call.with(&[(first, &mean_a), (second, &carrier(b)?)])?;
    Ok(y.f_detach()?.f_add(&of_a)?.f_add(&of_b)?)
}
