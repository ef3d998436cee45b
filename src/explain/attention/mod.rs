//! Maps made of the weights of attention: what the methods share.
//!
//! A_l [heads, N, N] are the weights of layer l after the softmax: rows are queries and sum to 1. G_l = ∂s_c / ∂A_l for
//! the score s_c of class c, and holds what A_l does to the weights of later layers. N tokens lie on a grid over the
//! photo, with others beside them; grid, these others and the tokens that the scores are read from are facts of the
//! network (`model::attention`).
//!
//! **Output** one map [h, w], zero or more: the mean over the tokens that are read of their rows, at the tokens of the
//! photo.

use tch::{Device, Kind, Tensor};

use super::{ExplainError, Fault, Inputs, Passes, Photo, numbers, target};
use crate::explain::target_name::Wanted;
use crate::model::{Attended, Grid};
use crate::results::{Attributions, Meaning, Place, ScalarTarget, Target};

/// Why the network has no map of attention over the photo, at the method itself.
pub fn grid_fault(inputs: &Inputs) -> Option<Fault> {
    let attention = &inputs.facts.attention;
    let message = match attention.grid() {
        Err(message) => message,
        Ok(grid) if grid.read.is_empty() => {
            "no gradient of the scores reaches the last attention".to_owned()
        }
        Ok(_) => return None,
    };
    Some(Fault {
        pointer: String::new(),
        message,
        hint: "take `grad_cam`, which weights the maps of a layer".to_owned(),
    })
}

/// No photo, and no map of attention.
pub fn faults(inputs: &Inputs) -> Vec<Fault> {
    let mut faults = super::chosen::photo_faults(inputs);
    faults.extend(grid_fault(inputs));
    faults
}

/// The grid of a network that was checked.
pub fn grid<'a>(inputs: &Inputs<'a>) -> Result<&'a Grid, ExplainError> {
    inputs.facts.attention.grid().map_err(ExplainError::Failed)
}

/// The class of a photo.
pub fn target(
    passes: &Passes,
    input: &Tensor,
    class: &Wanted,
) -> Result<ScalarTarget, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let model = passes.model;
    let outputs = model.record(input, &[model.scores_node()], &[])?;
    target::of(model, &outputs[0], class)
}

/// Weights of every layer with the gradients of a class's score, in float64 on the CPU.
pub fn gradients(
    passes: &Passes,
    photo: &Photo,
    class: &Wanted,
) -> Result<(ScalarTarget, Vec<Attended>), ExplainError> {
    let (model, input) = (passes.model, passes.input(photo)?);
    let target = target(passes, &input, class)?;
    let score = |outputs: &Tensor| target::number(model, outputs, &target.scalar);
    let layers = model.attention_gradients(&input, &score)?;
    let layers = layers.iter().map(precise);
    Ok((target, layers.collect::<Result<_, _>>()?))
}

/// In float64, for products of many layers; not every device has it.
pub fn precise(layer: &Attended) -> Result<Attended, ExplainError> {
    Ok(Attended {
        weights: doubles(&layer.weights)?,
        gradient: doubles(&layer.gradient)?,
    })
}

pub fn doubles(tensor: &Tensor) -> Result<Tensor, ExplainError> {
    Ok(tensor.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?)
}

/// R = Â_L ⋯ Â_1, Â = (F + I) with rows divided by their sums, of fused weights F [N, N] in the order of the layers.
pub fn rollout(fused: &[Tensor]) -> Result<Tensor, ExplainError> {
    let mut product: Option<Tensor> = None;
    for layer in fused {
        let tokens = layer.size().first().copied().unwrap_or(0);
        let with_residual = layer.f_add(&Tensor::f_eye(tokens, (layer.kind(), layer.device()))?)?;
        let sums = with_residual.f_sum_dim_intlist(1_i64, true, None)?;
        let normalised = with_residual.f_div(&sums)?;
        product = Some(match product {
            None => normalised,
            Some(before) => normalised.f_matmul(&before)?,
        });
    }
    product.ok_or_else(|| ExplainError::Failed("there is no attention".to_owned()))
}

/// The smallest `share` of the entries of [N, N] set to zero.
pub fn without_smallest(fused: &Tensor, share: f64) -> Result<Tensor, ExplainError> {
    let count = (fused.numel() as f64 * share) as i64;
    if count == 0 {
        return Ok(fused.shallow_clone());
    }
    let flat = fused.f_flatten(0, -1)?;
    let (_, smallest) = flat.f_topk(count, 0, false, false)?;
    Ok(flat.f_index_fill(0, &smallest, 0.0)?.f_view_as(fused)?)
}

/// The mean of the rows of [N, N] that are read, at the tokens of the photo, [h, w].
pub fn read(grid: &Grid, relevance: &Tensor) -> Result<Tensor, ExplainError> {
    let rows = Tensor::f_from_slice(&grid.read)?.f_to(relevance.device())?;
    let mean = relevance
        .f_index_select(0, &rows)?
        .f_mean_dim(0_i64, false, None)?;
    on_grid(grid, &mean)
}

/// Numbers of tokens [N] as a map [h, w].
pub fn on_grid(grid: &Grid, tokens: &Tensor) -> Result<Tensor, ExplainError> {
    let cells = Tensor::f_from_slice(&grid.cells)?.f_to(tokens.device())?;
    let of_cells = tokens.f_index_select(0, &cells)?;
    Ok(of_cells.f_view([grid.height, grid.width])?)
}

/// A map [h, w] as a result; an error where a number is not finite.
pub fn found(target: Target, map: &Tensor) -> Result<Attributions, ExplainError> {
    let map = numbers::map(map)?;
    if map.values.iter().any(|value| !value.is_finite()) {
        let message = "the map of attention has numbers that are not finite".to_owned();
        return Err(ExplainError::Failed(message));
    }
    Ok(Attributions {
        target,
        place: Place::Layer,
        meaning: Meaning::Attention,
        values: map.into(),
        sums_to: None,
        sampling: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(values: &[f64]) -> Tensor {
        Tensor::from_slice(values).view([2, 2])
    }

    /// The hand case of Abnar and Zuidema's formula, two layers of two tokens.
    #[test]
    fn two_layers_by_hand() {
        let layers = [matrix(&[0.5, 0.5, 0.2, 0.8]), matrix(&[0.9, 0.1, 0.4, 0.6])];
        let found = rollout(&layers).unwrap();
        let expected = matrix(&[0.7175, 0.2825, 0.23, 0.77]);
        assert!((found - expected).abs().max().double_value(&[]) < 1e-12);
    }

    #[test]
    fn the_smallest_share_is_left_out_and_rows_still_sum_to_one() {
        let layer = matrix(&[0.9, 0.1, 0.4, 0.6]);
        assert_eq!(
            without_smallest(&layer, 0.5).unwrap(),
            matrix(&[0.9, 0.0, 0.0, 0.6])
        );
        assert_eq!(without_smallest(&layer, 0.2).unwrap(), layer);
        let found = rollout(&[without_smallest(&layer, 0.25).unwrap()]).unwrap();
        // Rows 1.9, 0 and 0.4, 1.6.
        let expected = matrix(&[1.0, 0.0, 0.2, 0.8]);
        assert!((found - expected).abs().max().double_value(&[]) < 1e-12);
    }

    #[test]
    fn rows_of_tokens_that_are_read_are_averaged() {
        let grid = Grid {
            height: 1,
            width: 1,
            tokens: 2,
            cells: vec![1],
            read: vec![0, 1],
        };
        let map = read(&grid, &matrix(&[0.1, 0.2, 0.3, 0.6])).unwrap();
        assert_eq!(map.size(), [1, 1]);
        assert!((map.double_value(&[0, 0]) - 0.4).abs() < 1e-12);
    }
}
