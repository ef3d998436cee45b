//! Constants, and arithmetic on the shapes of tensors, which disappears where the shapes are known.

use tch::{Kind, Tensor};

use super::super::call::Call;
use super::super::model::AttributeValue;
use super::super::traced::{ELEMENT_LIMIT, Number, Result, Sizes, Traced, damaged, unsupported};
use super::logic::{compare, condition};
use super::shape::is_dimension;
use super::{Row, one};
use crate::model::graph::Argument;

pub const TABLE: &[Row] = &[
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Shape", shape),
    ("Size", size),
    ("Range", range),
    ("ReduceProd", product),
    ("Equal", equal),
    ("Where", choose),
];

fn constant(call: &mut Call) -> Result<Vec<Traced>> {
    let tensor = if let Some(tensor) = call.tensor_attribute("value")? {
        tensor
    } else if let Some(AttributeValue::Float(number)) = call.attribute("value_float") {
        Tensor::f_from_slice(&[*number])?.f_reshape([] as [i64; 0])?
    } else if let Some(number) = call.int_or_none("value_int")? {
        Tensor::f_from_slice(&[number])?.f_reshape([] as [i64; 0])?
    } else if let Some(AttributeValue::Floats(numbers)) = call.attribute("value_floats") {
        Tensor::f_from_slice(numbers)?
    } else if let Some(numbers) = call.ints_or_none("value_ints")? {
        Tensor::f_from_slice(&numbers)?
    } else {
        return unsupported("a constant that is not a tensor of numbers");
    };
    // Weights of one number are rare; a single number is one of the code.
    let is_weight = tensor.numel() > 1 && tensor.kind() == Kind::Float;
    let value = call.trace.constant(tensor, is_weight, None);
    if let Some(AttributeValue::Tensor(proto)) = call.attribute("value") {
        call.trace.note_type(value, proto.data_type);
    }
    one(value)
}

fn constant_of_shape(call: &mut Call) -> Result<Vec<Traced>> {
    let value = match call.tensor_attribute("value")? {
        Some(value) if value.numel() == 1 => value.f_reshape([] as [i64; 0])?,
        Some(_) => return damaged("its value is not one number"),
        None => Tensor::f_zeros([] as [i64; 0], (Kind::Float, tch::Device::Cpu))?,
    };
    let shape = call.sizes(0)?.numbers;
    let count = shape
        .iter()
        .map(|number| number.now as f64)
        .product::<f64>();
    if shape.iter().any(|number| number.now < 0) || count > ELEMENT_LIMIT as f64 {
        return damaged("its value is not the shape of a tensor");
    }
    let value = call.trace.constant(value, false, None);
    let sizes = call.trace.sizes(&shape)?;
    let arguments = vec![("self", Argument::Tensor(value)), ("size", sizes)];
    one(call.emit("aten.expand.default", arguments)?)
}

fn shape(call: &mut Call) -> Result<Vec<Traced>> {
    let (start, end) = (call.int("start", 0)?, call.int_or_none("end")?);
    if let Traced::Sizes(list) = call.input(0)? {
        let length = Number::known(list.numbers.len() as i64);
        let numbers = if list.scalar {
            Vec::new()
        } else {
            vec![length]
        };
        return Ok(vec![Traced::Sizes(Sizes {
            numbers,
            scalar: false,
        })]);
    }
    let input = call.tensor(0)?;
    let rank = call.trace.rank(input);
    let place = |at: i64| {
        if at < 0 {
            at.saturating_add(rank as i64)
        } else {
            at
        }
        .clamp(0, rank as i64) as usize
    };
    let dims = place(start)..place(end.unwrap_or(rank as i64));
    Ok(vec![Traced::Sizes(Sizes {
        numbers: dims.map(|dim| call.trace.dimension(input, dim)).collect(),
        scalar: false,
    })])
}

fn size(call: &mut Call) -> Result<Vec<Traced>> {
    let input = call.tensor(0)?;
    let dims = 0..call.trace.rank(input);
    let numbers: Vec<_> = dims.map(|dim| call.trace.dimension(input, dim)).collect();
    product_of(call, &numbers)
}

fn product(call: &mut Call) -> Result<Vec<Traced>> {
    call.no_matter("axes"); // a list has one
    let keep = call.bool("keepdims", true)?;
    let list = call.sizes(0)?;
    let mut result = product_of(call, &list.numbers)?;
    if let Some(Traced::Sizes(sizes)) = result.first_mut() {
        sizes.scalar = !keep;
    }
    Ok(result)
}

fn product_of(call: &mut Call, numbers: &[Number]) -> Result<Vec<Traced>> {
    let mut result = Number::known(1);
    for number in numbers {
        result = match (result.is_known(), number.is_known()) {
            (true, true) => match result.now.checked_mul(number.now) {
                Some(product) => Number::known(product),
                None => return damaged("its product is too large"),
            },
            (true, false) if result.now == 1 => *number,
            _ => {
                let a = Argument::Size(call.trace.size(result)?);
                let b = Argument::Size(call.trace.size(*number)?);
                call.trace
                    .number("_operator.mul", vec![("a", a), ("b", b)])?
            }
        };
    }
    let numbers = vec![result];
    Ok(vec![Traced::Sizes(Sizes {
        numbers,
        scalar: true,
    })])
}

fn range(call: &mut Call) -> Result<Vec<Traced>> {
    let bounds = [call.sizes(0)?, call.sizes(1)?, call.sizes(2)?];
    let single = |sizes: &Sizes| match sizes.numbers[..] {
        [number] => Ok(number),
        _ => damaged("its bounds are not single numbers"),
    };
    let (start, limit, step) = (
        single(&bounds[0])?,
        single(&bounds[1])?,
        single(&bounds[2])?,
    );
    if !step.is_known() || step.now == 0 {
        return unsupported("a step of 0 or one that depends on the size of the picture");
    }
    let count = (limit.now as f64 - start.now as f64) / step.now as f64;
    if count > ELEMENT_LIMIT as f64 / 16.0 {
        return damaged("it is too long");
    }
    if start.is_known() && limit.is_known() {
        let numbers: Vec<i64> = (0..count.ceil().max(0.0) as i64)
            .map(|index| start.now + index * step.now)
            .collect();
        let numbers = Tensor::f_from_slice(&numbers)?;
        call.trace.take_room(&numbers)?;
        return one(call.trace.constant(numbers, false, None));
    }
    let input = call.trace.input;
    let arguments = vec![
        ("self", Argument::Tensor(input)),
        ("start", Argument::Size(call.trace.size(start)?)),
        ("end", Argument::Size(call.trace.size(limit)?)),
        ("step", Argument::Size(call.trace.size(step)?)),
    ];
    one(call.emit("onnx.range.default", arguments)?)
}

/// Of sizes, 1 where they are equal; that of a tensor is never -1. Of tensors, truths.
fn equal(call: &mut Call) -> Result<Vec<Traced>> {
    let (Some(a), Some(b)) = (call.as_sizes(0), call.as_sizes(1)) else {
        return compare(call, "aten.eq.Tensor");
    };
    let count = a.numbers.len().max(b.numbers.len());
    let mut numbers = Vec::with_capacity(count);
    for index in 0..count {
        let at = |sizes: &Sizes| {
            sizes
                .numbers
                .get(if sizes.numbers.len() == 1 { 0 } else { index })
                .copied()
        };
        let (Some(x), Some(y)) = (at(&a), at(&b)) else {
            return damaged("its inputs are of different lengths");
        };
        let never = |x: &Number, y: &Number| is_dimension(x) && y.is_known() && y.now < 0;
        numbers.push(
            match (x.is_known() && y.is_known(), never(&x, &y) || never(&y, &x)) {
                (true, _) => Number::known(i64::from(x.now == y.now)),
                (false, true) => Number::known(0),
                (false, false) => {
                    return unsupported("a comparison that depends on the size of the picture");
                }
            },
        );
    }
    let scalar = a.scalar && b.scalar;
    Ok(vec![Traced::Sizes(Sizes { numbers, scalar })])
}

/// Of sizes, or of tensors.
fn choose(call: &mut Call) -> Result<Vec<Traced>> {
    if let (Some(condition), Some(a), Some(b)) =
        (call.as_sizes(0), call.as_sizes(1), call.as_sizes(2))
    {
        let Some(condition) = condition.known() else {
            return unsupported("a choice that depends on the size of the picture");
        };
        let count = condition.len().max(a.numbers.len()).max(b.numbers.len());
        let mut numbers = Vec::with_capacity(count);
        for index in 0..count {
            let place = |length: usize| if length == 1 { 0 } else { index };
            let Some(first) = condition.get(place(condition.len())) else {
                return damaged("its inputs are of different lengths");
            };
            let chosen = if *first != 0 { &a } else { &b };
            match chosen.numbers.get(place(chosen.numbers.len())) {
                Some(number) => numbers.push(*number),
                None => return damaged("its inputs are of different lengths"),
            }
        }
        let scalar = a.scalar && b.scalar;
        return Ok(vec![Traced::Sizes(Sizes { numbers, scalar })]);
    }
    let (condition, a, b) = (condition(call, 0)?, call.tensor(1)?, call.tensor(2)?);
    let shapes = [a, b, condition].map(|value| call.trace.shape(value));
    super::arithmetic::check_broadcast(&shapes[0], &shapes[1])?;
    super::arithmetic::check_broadcast(&shapes[0], &shapes[2])?;
    let arguments = vec![
        ("condition", Argument::Tensor(condition)),
        ("self", Argument::Tensor(a)),
        ("other", Argument::Tensor(b)),
    ];
    one(call.emit("aten.where.self", arguments)?)
}
