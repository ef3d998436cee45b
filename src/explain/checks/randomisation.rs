//! Does the map depend on what the network has learned?
//!
//! The weights of the last layer are drawn anew and the method runs again for the same class; the number is the rank
//! correlation of the sizes of both maps, place by place (Adebayo et al. 2018, section 4.1, the first step of the
//! cascade). Near 1 the map shows the photo and not what speaks for the class, however convincing it looks.
//!
//! **Weights** numbers of a normal distribution with mean and standard deviation of those that they replace, the bias
//! too. The last layer is the last node before the scores that reads a parameter of two dimensions or more.
//! **Differs from the paper** the last layer only, with the distribution of the weights in place of the one they were
//! initialised with, which no file of weights says.
//! **Cost** the method's own, once.
//! **Errors** those of the method; a network without such a layer.
//! **Paper** Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim: "Sanity Checks for Saliency Maps", NeurIPS 2018.

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::Tensor;

use super::ranks::correlation;
use super::{GoOn, Judged, repeated};
use crate::explain::seed::Numbers;
use crate::explain::{ExplainError, Passes, Photo, numbers};
use crate::results::{Fidelity, Results, ScalarTarget};

/// Name of the random stream.
const STREAM: &str = "randomisation";

pub(super) fn run(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let last = passes.model.last_weights();
    let Some((name, _)) = last.first() else {
        return Err(no_weights());
    };
    let weights = (*name).to_owned();
    let mut drawn = Drawn::new();
    draw(passes, &last, &mut drawn)?;
    Ok(Fidelity::Randomisation {
        correlation: correlation_with(passes, judged, target, &drawn, go_on)?,
        weights,
    })
}

/// Weights by name, drawn anew.
pub(super) type Drawn = BTreeMap<String, Tensor>;

pub(super) fn no_weights() -> ExplainError {
    let reason = "no layer of the network has weights that could be drawn anew";
    ExplainError::Failed(reason.to_owned())
}

/// Draws the weights of a layer anew.
pub(super) fn draw(
    passes: &Passes,
    layer: &[(&str, &Tensor)],
    drawn: &mut Drawn,
) -> Result<(), ExplainError> {
    for (name, tensor) in layer {
        drawn.insert((*name).to_owned(), anew(passes, name, tensor)?);
    }
    Ok(())
}

/// The rank correlation of the map with that of the same network with other weights.
pub(super) fn correlation_with(
    passes: &Passes,
    judged: &Judged,
    target: &ScalarTarget,
    drawn: &Drawn,
    go_on: GoOn,
) -> Result<Option<f64>, ExplainError> {
    let method = judged.of_photo(&passes.inputs, &target.scalar)?;
    let photo = same_photo(passes, judged)?;
    let drawn = drawn.iter();
    let weights = drawn.map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
    let model = passes.model.with_weights(weights.collect())?;
    let found = repeated::found(method.as_ref(), (&model, passes.inputs), photo, go_on)?;
    Ok(correlation(&sizes(judged.found), &sizes(&found)))
}

/// The photo that was explained.
fn same_photo(passes: &Passes, judged: &Judged) -> Result<Arc<Photo>, ExplainError> {
    let photo = judged.unit.photo;
    let photo = photo.and_then(|at| passes.inputs.photos.get(at));
    let none = || ExplainError::Failed("the map is of no photo of the figure".to_owned());
    photo.map(Arc::clone).ok_or_else(none)
}

/// Numbers of the same mean and standard deviation as the weights of a name: the same for all photos, for the network
/// is one.
fn anew(passes: &Passes, name: &str, tensor: &Tensor) -> Result<Tensor, ExplainError> {
    let mut stream = Numbers::new(passes.inputs.seed, STREAM, name);
    let values = numbers::precise_values(tensor)?;
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let drawn: Vec<f32> = values
        .iter()
        .map(|_| (mean + variance.sqrt() * stream.normal()) as f32)
        .collect();
    let drawn = Tensor::f_from_slice(&drawn)?.f_view(tensor.size().as_slice())?;
    Ok(drawn.f_to_kind(tensor.kind())?)
}

/// The size of the map at each place.
fn sizes(found: &Results) -> Vec<f64> {
    let map = found.one_number_a_place();
    let values = map.map_or(Vec::new(), |map| map.values);
    values
        .into_iter()
        .map(|value| f64::from(value.abs()))
        .collect()
}
