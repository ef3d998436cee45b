//! Attention that files hold as one operator, run step by step, so that its weights can be seen and changed.

use tch::Tensor as T;

use super::weights_seen::{SeeWeights, changed};
use super::{Arguments, OperatorError, Result, Value, transformer};
use crate::model::caught::caught;

type Row = (&'static str, fn(&Arguments, SeeWeights) -> Result<Vec<T>>);

const TABLE: &[Row] = &[
    ("aten.scaled_dot_product_attention.default", |a, see| {
        Ok(vec![scaled_dot_product(a, see)?])
    }),
    (
        "aten._native_multi_head_attention.default",
        transformer::multi_head,
    ),
    ("aten._transformer_encoder_layer_fwd.default", |a, see| {
        Ok(vec![transformer::encoder_layer(a, see)?])
    }),
];

/// Whether the operator holds a whole attention.
pub fn is_fused(operator: &str) -> bool {
    TABLE.iter().any(|(name, _)| *name == operator)
}

/// Runs the operator of a node of `outputs` values step by step. What it gives differs from the operator's own
/// output by rounding.
pub fn run(
    operator: &str,
    arguments: &Arguments,
    outputs: usize,
    see: SeeWeights,
) -> Result<Vec<Value>> {
    let row = TABLE.iter().find(|(name, _)| *name == operator);
    let Some((_, run)) = row else {
        return Err(OperatorError::Outputs {
            got: 0,
            expected: outputs,
        });
    };
    let found = caught(|_| true, || run(arguments, see)).unwrap_or_else(|caught| {
        let message = caught.message();
        Err(OperatorError::Panicked { message })
    })?;
    let got = found.len();
    let values: Vec<Value> = found.into_iter().take(outputs).map(Value::Tensor).collect();
    match values.len() == outputs {
        true => Ok(values),
        false => Err(OperatorError::Outputs {
            got,
            expected: outputs,
        }),
    }
}

/// A · v with A = softmax(q · kᵀ · scale + mask).
fn scaled_dot_product(a: &Arguments, see: SeeWeights) -> Result<T> {
    a.no_matter("dropout_p"); // 0: the operator itself has run when the network was loaded
    let (query, key, value) = (a.tensor("query")?, a.tensor("key")?, a.tensor("value")?);
    let groups = |tensor: &T| -> Result<T> {
        let heads = |tensor: &T| tensor.size().iter().rev().nth(2).copied().unwrap_or(1);
        let each = heads(query) / heads(tensor).max(1);
        Ok(tensor.f_repeat_interleave_self_int(each, -3, None)?)
    };
    let (key, value) = match a.bool_or("enable_gqa", false)? {
        true => (groups(key)?, groups(value)?),
        false => (key.shallow_clone(), value.shallow_clone()),
    };
    let width = query.size().last().copied().unwrap_or(1) as f64;
    let scale = a.float_or_none("scale")?.unwrap_or(1.0 / width.sqrt());
    let products = query
        .f_matmul(&key.f_transpose(-2, -1)?)?
        .f_mul_scalar(scale)?;
    let hidden = f64::NEG_INFINITY;
    let masked = match a.tensor_or_none("attn_mask")? {
        None => products,
        Some(mask) if mask.kind() == tch::Kind::Bool => {
            products.f_masked_fill(&mask.f_logical_not()?, hidden)?
        }
        Some(mask) => products.f_add(mask)?,
    };
    let masked = match a.bool_or("is_causal", false)? {
        true => {
            let later = masked
                .f_ones_like()?
                .f_triu(1)?
                .f_to_kind(tch::Kind::Bool)?;
            masked.f_masked_fill(&later, hidden)?
        }
        false => masked,
    };
    let weights = masked.f_softmax(-1, None)?;
    Ok(changed(weights, see)?.f_matmul(&value)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Device, Kind};

    use super::super::find;
    use super::*;
    use crate::model::graph::{Argument, Node, ValueId};

    const NAME: &str = "aten.scaled_dot_product_attention.default";

    /// Tensors by the names of their arguments, and other arguments.
    type Case<'a> = (Vec<(&'a str, &'a T)>, Vec<(&'a str, Argument)>);

    /// Output of the operator, and of its steps with the weights that were seen.
    fn both(tensors: &[(&str, &T)], others: &[(&str, Argument)]) -> (T, T, T) {
        let values: BTreeMap<usize, Value> = tensors
            .iter()
            .enumerate()
            .map(|(index, (_, tensor))| (index, Value::Tensor(tensor.shallow_clone())))
            .collect();
        let named = tensors.iter().enumerate();
        let mut arguments: Vec<_> = named
            .map(|(index, (name, _))| ((*name).to_owned(), Argument::Tensor(ValueId(index))))
            .collect();
        let others = others.iter();
        arguments.extend(others.map(|(name, a)| ((*name).to_owned(), a.clone())));
        let node = Node {
            name: "node".to_owned(),
            operator: NAME.to_owned(),
            arguments,
            outputs: vec![ValueId(99)],
            modules: Vec::new(),
        };
        let lookup = |id: ValueId| values.get(&id.0);
        let tensor = |values: Vec<Value>| match values.into_iter().next() {
            Some(Value::Tensor(tensor)) => tensor,
            _ => panic!("not a tensor"),
        };
        let arguments = Arguments::new(&node, &lookup, 1);
        let whole = tensor(find(NAME).unwrap().run(&arguments, 1).unwrap());
        let arguments = Arguments::new(&node, &lookup, 1);
        let mut weights = None;
        let steps = tensor(
            run(NAME, &arguments, 1, &mut |seen| {
                weights = Some(seen.shallow_clone());
                Ok(None)
            })
            .unwrap(),
        );
        assert_eq!(arguments.unread(), Vec::<String>::new());
        (whole, steps, weights.unwrap())
    }

    /// Mask of numbers, mask of truth values, causal, a scale of its own, keys in groups.
    #[test]
    fn steps_give_what_the_operator_gives() {
        tch::manual_seed(3);
        let noise = |sizes: &[i64]| T::randn(sizes, (Kind::Float, Device::Cpu));
        let (query, key, value) = (
            noise(&[1, 4, 5, 8]),
            noise(&[1, 4, 5, 8]),
            noise(&[1, 4, 5, 8]),
        );
        let (few_keys, few_values) = (noise(&[1, 2, 5, 8]), noise(&[1, 2, 5, 8]));
        let (bias, shown) = (noise(&[5, 5]), noise(&[5, 5]).tril(0).ne(0.0));
        let plain = [("query", &query), ("key", &key), ("value", &value)];
        let grouped = [
            ("query", &query),
            ("key", &few_keys),
            ("value", &few_values),
        ];
        let with = |mask| [plain.as_slice(), &[("attn_mask", mask)]].concat();
        let cases: [Case; 5] = [
            (plain.to_vec(), vec![("scale", Argument::Float(0.3))]),
            (with(&bias), vec![]),
            (with(&shown), vec![]),
            (plain.to_vec(), vec![("is_causal", Argument::Bool(true))]),
            (grouped.to_vec(), vec![("enable_gqa", Argument::Bool(true))]),
        ];
        for (tensors, others) in cases {
            let (whole, steps, weights) = both(&tensors, &others);
            let difference = (whole - steps).abs().max().double_value(&[]);
            assert!(difference < 1e-5, "{others:?}: {difference}");
            assert_eq!(weights.size(), [1, 4, 5, 5]);
            let sums = weights.sum_dim_intlist(-1, false, Kind::Float) - 1.0;
            assert!(sums.abs().max().double_value(&[]) < 1e-5);
        }
    }
}
