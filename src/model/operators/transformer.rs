//! Attention and encoder layers as one operator each: the fast path that PyTorch takes without gradients. They are
//! composed of operators that have gradients here.

use tch::Tensor as T;

use super::Operation::{Leading, Tensor};
use super::products::linear;
use super::weights_seen::{SeeWeights, changed, unseen};
use super::{Arguments, OperatorError, Result, Row};

pub const TABLE: &[Row] = &[
    (
        "aten._native_multi_head_attention.default",
        Leading(|a| multi_head(a, &mut unseen)),
    ),
    (
        "aten._transformer_encoder_layer_fwd.default",
        Tensor(|a| encoder_layer(a, &mut unseen)),
    ),
];

fn no_mask(a: &Arguments) -> Result<()> {
    a.no_matter("mask_type");
    match a.tensor_or_none("mask")? {
        None => Ok(()),
        Some(_) => Err(OperatorError::Value {
            argument: "mask",
            expected: "left out".to_owned(),
        }),
    }
}

/// The attention and its weights, these averaged over heads where that is asked for.
pub fn multi_head(a: &Arguments, see: SeeWeights) -> Result<Vec<T>> {
    no_mask(a)?;
    let averaged = a.bool_or("average_attn_weights", true)?;
    a.no_matter("need_weights");
    let inputs = [a.tensor("query")?, a.tensor("key")?, a.tensor("value")?];
    let (output, weights) = attention(a, inputs, a.int("num_head")?, see)?;
    let weights = match averaged {
        true => weights.f_mean_dim(1, false, None)?,
        false => weights,
    };
    Ok(vec![output, weights])
}

/// Of [N, tokens, features]; the weights are [N, heads, tokens, tokens].
fn attention(a: &Arguments, inputs: [&T; 3], heads: i64, see: SeeWeights) -> Result<(T, T)> {
    a.no_matter("embed_dim");
    let weights = a.tensor("qkv_weight")?.f_chunk(3, 0)?;
    let biases = a.tensor("qkv_bias")?.f_chunk(3, 0)?;
    let mut parts = Vec::with_capacity(3);
    for (index, input) in inputs.into_iter().enumerate() {
        let projected = linear(input, &weights[index], Some(&biases[index]))?;
        parts.push(projected.f_unflatten(2, [heads, -1])?.f_transpose(1, 2)?);
    }
    let width = parts[0].size().last().copied().unwrap_or(1) as f64;
    let products = parts[0].f_matmul(&parts[1].f_transpose(-2, -1)?)?;
    let weights = products.f_div_scalar(width.sqrt())?.f_softmax(-1, None)?;
    let weights = changed(weights, see)?;
    let mixed = weights.f_matmul(&parts[2])?;
    let joined = mixed.f_transpose(1, 2)?.f_flatten(2, 3)?;
    let output = linear(
        &joined,
        a.tensor("proj_weight")?,
        Some(a.tensor("proj_bias")?),
    )?;
    Ok((output, weights))
}

/// Attention and a network of two dense layers, each added to its input, with layer norms before or behind.
pub fn encoder_layer(a: &Arguments, see: SeeWeights) -> Result<T> {
    no_mask(a)?;
    let (input, first, smooth) = (
        a.tensor("src")?,
        a.bool_or("norm_first", false)?,
        a.bool_or("use_gelu", false)?,
    );
    let (heads, epsilon) = (a.int("num_heads")?, a.float_or("eps", 1e-5)?);
    let norm = |x: &T, weight, bias| -> Result<T> {
        let (weight, bias) = (a.tensor(weight)?, a.tensor(bias)?);
        Ok(x.f_layer_norm(weight.size(), Some(weight), Some(bias), epsilon, true)?)
    };
    let norms = [
        ("norm_weight_1", "norm_bias_1"),
        ("norm_weight_2", "norm_bias_2"),
    ];
    let mut of_attention = |x: &T| Ok::<T, OperatorError>(attention(a, [x; 3], heads, see)?.0);
    let dense = |x: &T| -> Result<T> {
        let inner = linear(x, a.tensor("ffn_weight_1")?, Some(a.tensor("ffn_bias_1")?))?;
        let inner = match smooth {
            true => inner.f_gelu("none")?,
            false => inner.f_relu()?,
        };
        Ok(linear(
            &inner,
            a.tensor("ffn_weight_2")?,
            Some(a.tensor("ffn_bias_2")?),
        )?)
    };
    if first {
        let x = input.f_add(&of_attention(&norm(input, norms[0].0, norms[0].1)?)?)?;
        return Ok(x.f_add(&dense(&norm(&x, norms[1].0, norms[1].1)?)?)?);
    }
    let x = norm(&input.f_add(&of_attention(input)?)?, norms[0].0, norms[0].1)?;
    norm(&x.f_add(&dense(&x)?)?, norms[1].0, norms[1].1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Device, Kind, Tensor};

    use super::super::{Value, find};
    use super::*;
    use crate::model::graph::{Argument, Node, Size, ValueId};

    const WIDTH: i64 = 8;
    const HEADS: i64 = 2;

    /// Runs an operator on named tensors and other arguments, for its first output.
    fn first(operator: &str, tensors: &[(&str, &Tensor)], others: &[(&str, Argument)]) -> Tensor {
        let values: BTreeMap<usize, Value> = tensors
            .iter()
            .enumerate()
            .map(|(index, (_, tensor))| (index, Value::Tensor(tensor.shallow_clone())))
            .collect();
        let named = tensors.iter().enumerate();
        let mut arguments: Vec<_> = named
            .map(|(index, (name, _))| ((*name).to_owned(), Argument::Tensor(ValueId(index))))
            .collect();
        arguments.extend(
            others
                .iter()
                .map(|(name, a)| ((*name).to_owned(), a.clone())),
        );
        let node = Node {
            name: "node".to_owned(),
            operator: operator.to_owned(),
            arguments,
            outputs: vec![ValueId(99)],
            modules: Vec::new(),
        };
        let lookup = |id: ValueId| values.get(&id.0);
        let arguments = Arguments::new(&node, &lookup, 1);
        let mut results = find(operator).unwrap().run(&arguments, 1).unwrap();
        assert_eq!(arguments.unread(), Vec::<String>::new());
        match results.remove(0) {
            Value::Tensor(tensor) => tensor,
            _ => panic!("not a tensor"),
        }
    }

    fn noise(sizes: &[i64]) -> Tensor {
        Tensor::randn(sizes, (Kind::Float, Device::Cpu)) * 0.5
    }

    fn near(got: &Tensor, expected: &Tensor) {
        let difference = (got - expected).abs().max().double_value(&[]);
        assert!(difference < 1e-5, "{difference}");
    }

    /// Against libtorch's own kernel, which has no gradient.
    #[test]
    fn layers_are_those_of_the_fast_path() {
        let _no_grad = tch::no_grad_guard();
        tch::manual_seed(5);
        let shapes: [(&str, &[i64]); 13] = [
            ("src", &[2, 5, WIDTH]),
            ("qkv_weight", &[3 * WIDTH, WIDTH]),
            ("qkv_bias", &[3 * WIDTH]),
            ("proj_weight", &[WIDTH, WIDTH]),
            ("proj_bias", &[WIDTH]),
            ("norm_weight_1", &[WIDTH]),
            ("norm_bias_1", &[WIDTH]),
            ("norm_weight_2", &[WIDTH]),
            ("norm_bias_2", &[WIDTH]),
            ("ffn_weight_1", &[16, WIDTH]),
            ("ffn_bias_1", &[16]),
            ("ffn_weight_2", &[WIDTH, 16]),
            ("ffn_bias_2", &[WIDTH]),
        ];
        let made: Vec<_> = shapes
            .iter()
            .map(|(name, shape)| (*name, noise(shape)))
            .collect();
        let tensors: Vec<_> = made.iter().map(|(name, tensor)| (*name, tensor)).collect();
        let t: Vec<&Tensor> = made.iter().map(|(_, tensor)| tensor).collect();
        for (norm_first, gelu) in [(false, false), (true, true)] {
            let others = [
                ("embed_dim", Argument::Size(Size::Known(WIDTH))),
                ("num_heads", Argument::Size(Size::Known(HEADS))),
                ("use_gelu", Argument::Bool(gelu)),
                ("norm_first", Argument::Bool(norm_first)),
                ("eps", Argument::Float(1e-5)),
            ];
            let got = first(
                "aten._transformer_encoder_layer_fwd.default",
                &tensors,
                &others,
            );
            let expected = Tensor::f_internal_transformer_encoder_layer_fwd(
                t[0],
                WIDTH,
                HEADS,
                t[1],
                t[2],
                t[3],
                t[4],
                gelu,
                norm_first,
                1e-5,
                t[5],
                t[6],
                t[7],
                t[8],
                t[9],
                t[10],
                t[11],
                t[12],
                None::<&Tensor>,
                None::<i64>,
            );
            near(&got, &expected.unwrap());
        }
        let of_attention = [
            ("query", t[0]),
            ("key", t[0]),
            ("value", t[0]),
            ("qkv_weight", t[1]),
            ("qkv_bias", t[2]),
            ("proj_weight", t[3]),
            ("proj_bias", t[4]),
        ];
        let others = [
            ("embed_dim", Argument::Size(Size::Known(WIDTH))),
            ("num_head", Argument::Size(Size::Known(HEADS))),
            ("need_weights", Argument::Bool(true)),
        ];
        let got = first(
            "aten._native_multi_head_attention.default",
            &of_attention,
            &others,
        );
        let (expected, _) = Tensor::f_internal_native_multi_head_attention(
            t[0],
            t[0],
            t[0],
            WIDTH,
            HEADS,
            t[1],
            t[2],
            t[3],
            t[4],
            None::<&Tensor>,
            true,
            true,
            None::<i64>,
        )
        .unwrap();
        near(&got, &expected);
    }
}
