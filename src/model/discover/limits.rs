//! What keeps methods from a network, found by running it.

use tch::{Device, Kind, TchError, Tensor};

use super::{Trial, company, reach, sizes};
use crate::model::error::ModelError;
use crate::model::facts::Parts;
use crate::model::finite::{all_finite, first_not_finite};
use crate::model::graph::NodeId;
use crate::model::limits::Limits;
use crate::model::propagate;
use crate::model::run::Program;

/// What keeps methods from a network that runs; an error where a photo's scores depend on the other photos of
/// its batch. `shapes` are those of every node's output.
pub fn limits(
    program: &Program,
    trial: &Trial,
    scores: NodeId,
    shapes: &[Option<Vec<i64>>],
) -> Result<Limits, ModelError> {
    let graph = program.graph();
    let pictures = noise(trial)?;
    let alone = company::check(program, &pictures, scores)?;
    let not_finite = match all_finite(&alone)? {
        true => None,
        false => first_not_finite(program, &pictures.f_narrow(0, 0, 1)?)?,
    };
    let (smaller, larger) = match trial.parts {
        Parts::Nodes => sizes::other_sizes(program, trial, scores, shapes)?,
        Parts::None => (None, None), // methods that change the size look at layers
    };
    Ok(Limits {
        cut_off: reach::cut_off(program, &trial.zeros(1)?, scores, shapes),
        smaller,
        larger,
        no_relevance: match trial.parts {
            Parts::Nodes => propagate::without_role(program, scores),
            Parts::None => Vec::new(), // one node, and nothing is known of it
        },
        no_relevance_by_gradient: match trial.parts {
            Parts::Nodes => propagate::without_conduct(program, scores),
            Parts::None => Vec::new(),
        },
        not_finite: not_finite.map(|node| graph.nodes[node.0].place()),
    })
}

/// A picture of noise of values from 0 to 1.
pub fn picture(trial: &Trial) -> Result<Tensor, TchError> {
    noise(trial)?.f_narrow(0, 0, 1)
}

/// Two pictures of noise that differ in mean and contrast, of values from 0 to 1 and from 0 to 2.5.
fn noise(trial: &Trial) -> Result<Tensor, TchError> {
    let [channels, height, width] = trial.input_shape;
    // Noise without a generator: the sine of large numbers. Not every device has float64.
    let places = Tensor::f_arange(2 * channels * height * width, (Kind::Double, Device::Cpu))?;
    let noise = (places * 12.9898)
        .f_sin()?
        .f_multiply_scalar(43758.5453)?
        .f_frac()?
        .f_abs()?;
    let contrasts = Tensor::f_from_slice(&[1.0, 2.5])?.f_view([2, 1, 1, 1])?;
    noise
        .f_view([2, channels, height, width])?
        .f_mul(&contrasts)?
        .f_to_kind(Kind::Float)?
        .f_to(trial.device)
}
