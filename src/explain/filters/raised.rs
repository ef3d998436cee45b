//! The number that a picture is grown for: which nodes of the network it reads, and its value.

use serde_json::{Value, json};
use tch::{Kind, TchError, Tensor};

use super::super::optimise::filter_means;
use super::super::target_name::Wanted;
use super::super::{ExplainError, chosen, numbers, target};
use crate::model::{Layer, Model, NodeId};
use crate::results::{Objective, Target};

/// Numbers of the network, weighted and added; one by itself has the weight 1.
#[derive(Debug, Clone)]
pub(super) struct Raised<'a> {
    pub(super) terms: Vec<(f64, Number<'a>)>,
    pub(super) is_sum: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Number<'a> {
    /// Mean output.
    Filter { layer: &'a Layer, filter: usize },
    /// Output at one place, as shares of height and width.
    Neuron {
        layer: &'a Layer,
        filter: usize,
        at: [f64; 2],
    },
    /// Half the mean square.
    Layer { layer: &'a Layer },
    /// Mean of the weighted sum of channels.
    Direction {
        layer: &'a Layer,
        weights: Vec<(usize, f64)>,
    },
    /// A score or probability, or made of several.
    Class { node: NodeId, wanted: Wanted },
}

impl<'a> Number<'a> {
    pub(super) fn node(&self) -> NodeId {
        match self {
            Self::Class { node, .. } => *node,
            Self::Filter { layer, .. }
            | Self::Neuron { layer, .. }
            | Self::Layer { layer }
            | Self::Direction { layer, .. } => layer.node,
        }
    }

    pub(super) fn layer(&self) -> Option<&'a Layer> {
        match self {
            Self::Class { .. } => None,
            Self::Filter { layer, .. }
            | Self::Neuron { layer, .. }
            | Self::Layer { layer }
            | Self::Direction { layer, .. } => Some(layer),
        }
    }

    /// Of each item, [N], of what the node gives: maps [N, K, h, w], or what the scores are made of.
    fn values(&self, model: &Model, output: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Filter { filter, .. } => {
                filter_means(output, &vec![*filter; output.size()[0] as usize])
            }
            Self::Neuron { filter, at, .. } => {
                let (_, _, height, width) = output.size4()?;
                let place = |share: f64, cells: i64| ((share * cells as f64) as i64).min(cells - 1);
                let maps = output.f_select(1, *filter as i64)?;
                maps.f_select(1, place(at[0], height))?
                    .f_select(1, place(at[1], width))
            }
            Self::Layer { .. } => output
                .f_square()?
                .f_flatten(1, -1)?
                .f_mean_dim(1_i64, false, None)?
                .f_mul_scalar(0.5),
            Self::Direction { weights, .. } => {
                let (channels, weights): (Vec<i64>, Vec<f64>) = weights
                    .iter()
                    .map(|(at, weight)| (*at as i64, *weight))
                    .unzip();
                let to_device = |tensor: Tensor| tensor.f_to(output.device());
                let channels = to_device(Tensor::f_from_slice(&channels)?)?;
                let weights = to_device(Tensor::f_from_slice(&weights)?.f_to_kind(output.kind())?)?;
                output
                    .f_index_select(1, &channels)?
                    .f_mean_dim([2_i64, 3].as_slice(), false, None)?
                    .f_matmul(&weights)
            }
            Self::Class { wanted, .. } => {
                let scalar = wanted.scalar(|| 0); // a class that is predicted was refused
                target::each(&target::scores(model, output), &scalar, model.activation())
            }
        }
    }

    fn target(&self, model: &Model, picture: &Tensor) -> Result<Target, ExplainError> {
        Ok(match self {
            Self::Filter { layer, filter } => Target::Filter {
                layer: chosen::layer_ref(layer),
                filter: *filter,
            },
            Self::Neuron { layer, filter, at } => Target::Neuron {
                layer: chosen::layer_ref(layer),
                filter: *filter,
                at: *at,
            },
            Self::Layer { layer } => Target::Layer {
                layer: chosen::layer_ref(layer),
            },
            Self::Direction { layer, weights } => Target::Direction {
                layer: chosen::layer_ref(layer),
                weights: weights.clone(),
            },
            Self::Class { node, wanted } => {
                let outputs =
                    tch::no_grad(|| model.record(&at_own_size(model, picture)?, &[*node], &[]))?;
                let scores = target::scores(model, &outputs[0]);
                let precise = numbers::precise_values(&scores)?;
                let activated = numbers::activated(&scores, model.activation())?;
                let probabilities = numbers::precise_values(&activated)?;
                Target::Class(target::new(wanted, &precise, &probabilities)?)
            }
        })
    }

    /// What of it decides the picture.
    fn key(&self) -> Value {
        match self {
            Self::Filter { layer, filter } => json!({ "layer": layer.path, "filter": filter }),
            Self::Neuron { layer, filter, at } => {
                json!({ "layer": layer.path, "neuron": filter, "at": at })
            }
            Self::Layer { layer } => json!({ "layer": layer.path }),
            Self::Direction { layer, weights } => {
                json!({ "layer": layer.path, "direction": weights })
            }
            Self::Class { wanted, .. } => {
                let scalar = wanted.scalar(|| 0);
                json!({ "plus": scalar.plus, "minus": scalar.minus, "of": scalar.of.name() })
            }
        }
    }
}

impl<'a> Raised<'a> {
    pub(super) fn one(number: Number<'a>) -> Self {
        Self {
            terms: vec![(1.0, number)],
            is_sum: false,
        }
    }

    /// The nodes that are read, each once.
    pub(super) fn nodes(&self) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for (_, number) in &self.terms {
            if !nodes.contains(&number.node()) {
                nodes.push(number.node());
            }
        }
        nodes
    }

    /// The ReLUs that decide whether one of its layers can be above zero.
    pub(super) fn gates(&self, model: &Model) -> Vec<NodeId> {
        let layers = self.terms.iter().filter_map(|(_, number)| number.layer());
        let mut gates: Vec<NodeId> = layers.flat_map(|layer| model.gates(layer.node)).collect();
        gates.sort_unstable();
        gates.dedup();
        gates
    }

    /// Of each item, [N], of the outputs of `nodes`, maps in the order of maps.
    pub(super) fn values(
        &self,
        model: &Model,
        output: &dyn Fn(NodeId) -> Tensor,
    ) -> Result<Tensor, ExplainError> {
        let mut sum: Option<Tensor> = None;
        for (weight, number) in &self.terms {
            let mut values = number.values(model, &output(number.node()))?;
            if self.is_sum {
                values = values.f_mul_scalar(*weight)?;
            }
            sum = Some(match sum {
                Some(sum) => sum.f_add(&values)?,
                None => values,
            });
        }
        sum.ok_or_else(|| ExplainError::Failed("the objective has no terms".to_owned()))
    }

    /// As results name it; classes with what the network says of the picture [1, C, H, W].
    pub(super) fn target(&self, model: &Model, picture: &Tensor) -> Result<Target, ExplainError> {
        let each = |(weight, number): &(f64, Number)| Ok((*weight, number.target(model, picture)?));
        let terms = self.terms.iter().map(each);
        let mut terms = terms.collect::<Result<Vec<(f64, Target)>, ExplainError>>()?;
        Ok(match self.is_sum {
            true => Target::Sum { terms },
            false => terms.remove(0).1,
        })
    }

    pub(super) fn objective(&self) -> Objective {
        match self.terms.as_slice() {
            _ if self.is_sum => Objective::Sum,
            [(_, Number::Filter { .. }), ..] => Objective::Mean,
            [(_, Number::Neuron { .. }), ..] => Objective::Neuron,
            [(_, Number::Layer { .. }), ..] => Objective::HalfMeanSquare,
            [(_, Number::Direction { .. }), ..] => Objective::Direction,
            [(_, Number::Class { .. }), ..] => Objective::Class,
            [] => Objective::Sum,
        }
    }

    /// What of it decides the picture; part of the key of the result.
    pub(super) fn key(&self) -> Value {
        let terms = self.terms.iter();
        match self.is_sum {
            true => json!(
                terms
                    .map(|(weight, number)| json!([weight, number.key()]))
                    .collect::<Vec<_>>()
            ),
            false => self.terms[0].1.key(),
        }
    }
}

/// Of each item of maps [N, K, h, w]: the mean cosine between its Gram matrix and those of the others, [N]. Gram
/// matrices G = A Aᵀ of A [K, h·w] say which channels occur together, wherever (Olah et al. 2017).
pub(super) fn similarity(maps: &Tensor) -> Result<Tensor, TchError> {
    let count = maps.size()[0];
    let flat = maps.f_flatten(2, -1)?;
    let grams = flat.f_matmul(&flat.f_transpose(1, 2)?)?.f_flatten(1, -1)?;
    let squares = grams.f_square()?.f_sum_dim_intlist(1_i64, true, None)?;
    let normalised = grams.f_div(&squares.f_add_scalar(TINY)?.f_sqrt()?)?;
    let cosines = normalised.f_matmul(&normalised.f_transpose(0, 1)?)?;
    let others = Tensor::f_eye(count, (maps.kind(), maps.device()))?
        .f_neg()?
        .f_add_scalar(1.0)?;
    cosines
        .f_mul(&others)?
        .f_sum_dim_intlist(1_i64, false, None::<Kind>)?
        .f_div_scalar((count - 1).max(1) as f64)
}

/// Keeps a Gram matrix of zeros from being divided by zero.
const TINY: f64 = 1e-10;

/// The picture as large as the network's input: not every network takes another size.
fn at_own_size(model: &Model, picture: &Tensor) -> Result<Tensor, TchError> {
    let [_, height, width] = model.input_shape();
    match picture.size()[2..] == [height, width] {
        true => Ok(picture.shallow_clone()),
        false => picture.f_upsample_bilinear2d([height, width], false, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two channels, two cells: A₁ = ((1, 0), (0, 1)) has the Gram matrix I, A₂ = ((1, 1), (1, 1)) the matrix of twos,
    /// A₃ = ((0, 1), (1, 0)) again I. Cosines: I to twos 4 / (√2 · 4) = 1/√2, I to I 1.
    #[test]
    fn similarity_by_hand() {
        let maps = [
            1.0_f64, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0,
        ];
        let maps = Tensor::from_slice(&maps).view([3, 2, 1, 2]);
        let found = Vec::<f64>::try_from(similarity(&maps).unwrap()).unwrap();
        let half = 0.5_f64.sqrt();
        let expected = [(half + 1.0) / 2.0, half, (half + 1.0) / 2.0];
        let near = found
            .iter()
            .zip(&expected)
            .all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near, "{found:?}");
    }
}
