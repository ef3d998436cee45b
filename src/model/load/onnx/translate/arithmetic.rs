//! Arithmetic with broadcasting, and reductions. On sizes it stays arithmetic of sizes.

use tch::Kind;

use super::super::call::{Call, int, ints};
use super::super::traced::{ELEMENT_LIMIT, Number, Result, Sizes, Traced, damaged, unsupported};
use super::activation::unary;
use super::{Row, one};
use crate::model::graph::{Argument, ValueId};

pub const TABLE: &[Row] = &[
    ("Add", |call| binary(call, &ADD)),
    ("Sub", |call| binary(call, &SUB)),
    ("Mul", |call| binary(call, &MUL)),
    ("Div", |call| binary(call, &DIV)),
    ("Mod", |call| binary(call, &MOD)),
    ("Pow", pow),
    ("Max", |call| {
        extreme(
            call,
            "aten.maximum.default",
            "aten.clamp_min.default",
            "min",
        )
    }),
    ("Min", |call| {
        extreme(
            call,
            "aten.minimum.default",
            "aten.clamp_max.default",
            "max",
        )
    }),
    ("Sum", sum_of_all),
    ("Sqrt", |call| unary(call, "aten.sqrt.default")),
    ("Exp", |call| unary(call, "aten.exp.default")),
    ("Log", |call| unary(call, "aten.log.default")),
    ("Erf", |call| unary(call, "aten.erf.default")),
    ("Reciprocal", |call| unary(call, "aten.reciprocal.default")),
    ("Neg", |call| unary(call, "aten.neg.default")),
    ("Abs", |call| unary(call, "aten.abs.default")),
    ("Floor", |call| unary(call, "aten.floor.default")),
    ("Ceil", |call| unary(call, "aten.ceil.default")),
    ("Round", |call| unary(call, "aten.round.default")),
    ("Sign", |call| unary(call, "aten.sign.default")),
    ("Sin", |call| unary(call, "aten.sin.default")),
    ("Cos", |call| unary(call, "aten.cos.default")),
    ("ReduceMean", |call| reduce(call, "aten.mean.dim", 18)),
    ("ReduceSum", |call| reduce(call, "aten.sum.dim_IntList", 13)),
    ("ReduceMax", |call| reduce(call, "aten.amax.default", 18)),
    ("ReduceMin", |call| reduce(call, "aten.amin.default", 18)),
    ("ReduceL1", |call| {
        reduce(call, "onnx.absolute_sum.default", 18)
    }),
    ("ReduceL2", |call| {
        reduce(call, "aten.linalg_vector_norm.default", 18)
    }),
    ("ReduceSumSquare", |call| {
        reduce(call, "onnx.square_sum.default", 18)
    }),
    ("ReduceLogSumExp", |call| {
        reduce(call, "aten.logsumexp.default", 18)
    }),
    ("LpNormalization", normalise),
];

/// What an operator is on tensors and on sizes.
struct Binary {
    tensor: &'static str,
    scalar: &'static str,
    /// Whether the inputs may change places.
    commutes: bool,
    sizes: &'static str,
    known: fn(i64, i64) -> Option<i64>,
}

const ADD: Binary = Binary {
    tensor: "aten.add.Tensor",
    scalar: "aten.add.Scalar",
    commutes: true,
    sizes: "_operator.add",
    known: i64::checked_add,
};
const SUB: Binary = Binary {
    tensor: "aten.sub.Tensor",
    scalar: "aten.sub.Scalar",
    commutes: false,
    sizes: "_operator.sub",
    known: i64::checked_sub,
};
const MUL: Binary = Binary {
    tensor: "aten.mul.Tensor",
    scalar: "aten.mul.Scalar",
    commutes: true,
    sizes: "_operator.mul",
    known: i64::checked_mul,
};
const DIV: Binary = Binary {
    tensor: "aten.div.Tensor",
    scalar: "aten.div.Scalar",
    commutes: false,
    sizes: "_operator.floordiv",
    known: i64::checked_div,
};
const MOD: Binary = Binary {
    tensor: "", // of sizes only
    scalar: "",
    commutes: false,
    sizes: "_operator.mod",
    known: i64::checked_rem_euclid,
};

fn binary(call: &mut Call, operator: &Binary) -> Result<Vec<Traced>> {
    call.only_int("fmod", 0)?;
    if let (Some(a), Some(b)) = (call.as_sizes(0), call.as_sizes(1)) {
        return Ok(vec![Traced::Sizes(of_sizes(call, operator, &a, &b)?)]);
    }
    if operator.tensor.is_empty() {
        return unsupported("tensors of numbers as inputs");
    }
    let (mut a, mut b) = (call.tensor(0)?, call.tensor(1)?);
    let (mut scalar, constant) = (call.scalar(1), |call: &Call, value| {
        call.trace.constants.contains_key(&value)
    });
    if operator.commutes && constant(call, a) && !constant(call, b) {
        (a, b, scalar) = (b, a, call.scalar(0));
    }
    one(elementwise(call, operator, a, b, scalar)?)
}

/// A number goes into the node itself, unless its axes make the result larger.
fn elementwise(
    call: &mut Call,
    operator: &Binary,
    a: ValueId,
    b: ValueId,
    scalar: Option<f64>,
) -> Result<ValueId> {
    let (shape_a, shape_b) = (call.trace.shape(a), call.trace.shape(b));
    if call.trace.kind(a) != Kind::Float && operator.sizes == DIV.sizes {
        return unsupported("a division of tensors of whole numbers");
    }
    check_broadcast(&shape_a, &shape_b)?;
    let (name, other) = match scalar {
        // A number of floating point would turn whole numbers into such.
        Some(number) if shape_b.len() <= shape_a.len() && call.trace.kind(a) == Kind::Int64 => {
            (operator.scalar, int(number as i64))
        }
        Some(number) if shape_b.len() <= shape_a.len() => {
            (operator.scalar, Argument::Float(number))
        }
        _ => (operator.tensor, Argument::Tensor(b)),
    };
    call.emit(name, vec![("self", Argument::Tensor(a)), ("other", other)])
}

pub fn check_broadcast(a: &[i64], b: &[i64]) -> Result<()> {
    let size = |sizes: &[i64], back: usize| {
        let index = sizes.len().checked_sub(back + 1);
        index.map_or(1, |index| sizes[index])
    };
    let rank = a.len().max(b.len());
    let product = |count: f64, back| count * size(a, back).max(size(b, back)) as f64;
    match (0..rank).fold(1.0, product) > ELEMENT_LIMIT as f64 {
        true => unsupported(format!("the shapes {a:?} and {b:?} together")),
        false => Ok(()),
    }
}

fn of_sizes(call: &mut Call, operator: &Binary, a: &Sizes, b: &Sizes) -> Result<Sizes> {
    let count = a.numbers.len().max(b.numbers.len());
    let fits = |sizes: &Sizes| sizes.numbers.len() == count || sizes.numbers.len() == 1;
    if !fits(a) || !fits(b) {
        return damaged("its inputs are of different lengths");
    }
    let mut numbers = Vec::with_capacity(count);
    for index in 0..count {
        let at = |sizes: &Sizes| sizes.numbers[index.min(sizes.numbers.len() - 1)];
        let (x, y) = (at(a), at(b));
        numbers.push(if x.is_known() && y.is_known() {
            match (operator.known)(x.now, y.now) {
                Some(number) => Number::known(number),
                None => return damaged(format!("{} and {} cannot be computed with", x.now, y.now)),
            }
        } else {
            let operands = [call.trace.size(x)?, call.trace.size(y)?].map(Argument::Size);
            let [first, second] = operands;
            call.trace
                .number(operator.sizes, vec![("a", first), ("b", second)])?
        });
    }
    let scalar = a.scalar && b.scalar;
    Ok(Sizes { numbers, scalar })
}

fn pow(call: &mut Call) -> Result<Vec<Traced>> {
    let (base, exponent) = (call.tensor(0)?, call.tensor(1)?);
    let sizes = (call.trace.shape(base), call.trace.shape(exponent));
    check_broadcast(&sizes.0, &sizes.1)?;
    match call.scalar(1) {
        Some(number) if sizes.1.len() <= sizes.0.len() => {
            let arguments = vec![
                ("self", Argument::Tensor(base)),
                ("exponent", Argument::Float(number)),
            ];
            one(call.emit("aten.pow.Tensor_Scalar", arguments)?)
        }
        _ => {
            let arguments = vec![
                ("self", Argument::Tensor(base)),
                ("exponent", Argument::Tensor(exponent)),
            ];
            one(call.emit("aten.pow.Tensor_Tensor", arguments)?)
        }
    }
}

/// Of sizes only where they are known. With a number it is a bound: max(x, 0) is a ReLU.
fn extreme(call: &mut Call, tensors: &str, bound: &str, name: &str) -> Result<Vec<Traced>> {
    let known = (call.as_sizes(0), call.as_sizes(1));
    if let (Some(a), Some(b), 2) = (&known.0, &known.1, call.inputs.len())
        && let (Some(a), Some(b)) = (a.known(), b.known())
        && a.len() == 1
        && b.len() == 1
    {
        let number = if name == "min" {
            a[0].max(b[0])
        } else {
            a[0].min(b[0])
        };
        let numbers = vec![Number::known(number)];
        return Ok(vec![Traced::Sizes(Sizes {
            numbers,
            scalar: true,
        })]);
    }
    let mut value = call.tensor(0)?;
    for index in 1..call.inputs.len() {
        let other = call.tensor(index)?;
        let shapes = (call.trace.shape(value), call.trace.shape(other));
        check_broadcast(&shapes.0, &shapes.1)?;
        value = match call.scalar(index) {
            Some(number) if shapes.1.len() <= shapes.0.len() => {
                let arguments = vec![
                    ("self", Argument::Tensor(value)),
                    (name, Argument::Float(number)),
                ];
                call.emit(bound, arguments)?
            }
            _ => {
                let arguments = vec![
                    ("self", Argument::Tensor(value)),
                    ("other", Argument::Tensor(other)),
                ];
                call.emit(tensors, arguments)?
            }
        };
    }
    one(value)
}

fn sum_of_all(call: &mut Call) -> Result<Vec<Traced>> {
    let mut value = call.tensor(0)?;
    for index in 1..call.inputs.len() {
        let other = call.tensor(index)?;
        value = elementwise(call, &ADD, value, other, None)?;
    }
    one(value)
}

/// Axes were an attribute before `since` and are an input from then on; none means all.
fn reduce(call: &mut Call, operator: &str, since: i64) -> Result<Vec<Traced>> {
    let keep = call.bool("keepdims", true)?;
    let unchanged = call.bool("noop_with_empty_axes", false)?;
    let axes = call.axes(1, since)?.unwrap_or_default();
    let input = call.tensor(0)?;
    let axes = match (axes.is_empty(), unchanged) {
        (true, true) => return one(input),
        (true, false) => (0..call.trace.rank(input) as i64).collect(),
        (false, _) => axes,
    };
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dim", ints(&axes)),
        ("keepdim", Argument::Bool(keep)),
    ];
    one(call.emit(operator, arguments)?)
}

/// Divided by its length along an axis.
fn normalise(call: &mut Call) -> Result<Vec<Traced>> {
    call.only_int("p", 2)?;
    let axis = call.int("axis", -1)?;
    let input = call.tensor(0)?;
    let axis = call.axis(axis, call.trace.rank(input))?;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("dim", ints(&[axis as i64])),
        ("keepdim", Argument::Bool(true)),
    ];
    let length = call.emit("aten.linalg_vector_norm.default", arguments)?;
    one(elementwise(call, &DIV, input, length, None)?)
}
