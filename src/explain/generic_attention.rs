//! Which tokens does attention carry to the score of a class?
//!
//! R = I, then layer by layer R ← R + Ā R with Ā = mean_heads(max(G ⊙ A, 0)); the map is the row of the token that is
//! read (Chefer, Gur and Wolf, ICCV 2021, equations 5 and 6, for self-attention).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** see `attention`.
//! **Differs from the paper** in nothing; where scores are read from several tokens, the mean of their rows.
//! **Errors** numbers that are not finite.

use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::CELLS;
use super::of_class::{self, Formula};
use super::target_name::Takes;
use super::{Entry, ExplainError, Needs, Photos, attention, parameters};
use crate::model::Attended;
use crate::results::{Kind, Target};

pub const ENTRY: Entry = Entry {
    name: "generic_attention",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: || {
        parameters::described::<of_class::Parameters>(
            "Attention of a transformer that raises a class score, added up over its layers.",
        )
    },
    parse: |value| of_class::parse(value, &FORMULA),
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Chefer, H., Gur, S., Wolf, L.: Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers. ICCV 2021",
    ],
};

static FORMULA: Formula = Formula {
    needs: Needs::Layers,
    faults: |inputs| attention::grid_fault(inputs).into_iter().collect(),
    takes: Takes::Any,
    explain: |passes, photo, class| {
        let (target, layers) = attention::gradients(passes, photo, class)?;
        let map = attention::read(attention::grid(&passes.inputs)?, &relevance(&layers)?)?;
        attention::found(Target::Class(target), &map)
    },
};

/// R [N, N].
fn relevance(layers: &[Attended]) -> Result<Tensor, ExplainError> {
    let mut relevance: Option<Tensor> = None;
    for layer in layers {
        let rising = layer.weights.f_mul(&layer.gradient)?.f_relu()?;
        let mean = rising.f_mean_dim(0_i64, false, None)?;
        let before = match relevance.take() {
            Some(before) => before,
            None => {
                let tokens = mean.size().first().copied().unwrap_or(0);
                Tensor::f_eye(tokens, (mean.kind(), mean.device()))?
            }
        };
        relevance = Some(before.f_add(&mean.f_matmul(&before)?)?);
    }
    relevance.ok_or_else(|| ExplainError::Failed("there is no attention".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One head, then another: R = (I + Ā₂)(I + Ā₁).
    #[test]
    fn layers_add_up() {
        let layer = |weights: &[f64], gradient: &[f64]| Attended {
            weights: Tensor::from_slice(weights).view([1, 2, 2]),
            gradient: Tensor::from_slice(gradient).view([1, 2, 2]),
        };
        let layers = [
            layer(&[0.5, 0.5, 0.2, 0.8], &[2.0, -1.0, 0.0, 5.0]), // Ā₁ = 1 0 / 0 4
            layer(&[0.9, 0.1, 0.4, 0.6], &[0.0, 10.0, 5.0, -1.0]), // Ā₂ = 0 1 / 2 0
        ];
        let found = relevance(&layers).unwrap();
        let expected = Tensor::from_slice(&[2.0, 5.0, 4.0, 5.0]).view([2, 2]);
        assert!((found - expected).abs().max().double_value(&[]) < 1e-12);
    }
}
