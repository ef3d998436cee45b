//! What every network is checked for, whatever its format: weights that are finite.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::content::Content;
use super::digest::sha256;
use crate::fs::Mapped;
use crate::model::error::ModelError;
use crate::model::graph::Graph;
use crate::model::provenance::Provenance;
use crate::model::source::Source;

/// Where the network comes from; an error where a weight is not finite.
pub fn provenance(
    source: &Source,
    file: &Mapped,
    content: &Content,
) -> Result<Provenance, ModelError> {
    for (name, tensor) in &content.weights {
        if !(is_mask(tensor)? || is_free(&content.graph, name) && is_number(tensor)?) {
            check_finite(&source.file, name, tensor)?;
        }
    }
    let mut parameters = parameters(&content.graph, &content.weights);
    if let Some(script) = &content.module {
        for (name, tensor) in script.module.named_parameters()? {
            check_finite(&source.file, &name, &tensor)?;
            parameters += tensor.numel();
        }
    }
    let companions = content.companions.iter();
    let files = companions.clone().map(|(_, content)| content);
    Ok(Provenance {
        format: content.format.to_owned(),
        sha256: sha256(&std::iter::once(file).chain(files).collect::<Vec<_>>()),
        weights_key: content.weights_key.clone(),
        other_weights: content.other_weights.clone(),
        companions: companions.map(|(path, _)| path.clone()).collect(),
        architecture: content.architecture.clone(),
        torch_version: content.torch_version.clone(),
        producer: content.producer.clone(),
        parameters,
    })
}

fn parameters(graph: &Graph, weights: &BTreeMap<String, Tensor>) -> usize {
    use crate::model::graph::StoredKind::Parameter;
    let parameters = graph
        .stored
        .iter()
        .filter(|stored| stored.kind == Parameter);
    parameters
        .filter_map(|stored| weights.get(&stored.name))
        .map(Tensor::numel)
        .sum()
}

/// Whether the tensor was not learned, so that infinity in it means something: a mask of attention, a bound.
fn is_free(graph: &Graph, name: &str) -> bool {
    use crate::model::graph::StoredKind;
    let stored = graph.stored.iter().find(|stored| stored.name == name);
    let measured = name.ends_with("running_mean") || name.ends_with("running_var");
    stored.is_some_and(|stored| stored.kind != StoredKind::Parameter) && !measured
}

fn is_number(tensor: &Tensor) -> Result<bool, ModelError> {
    Ok(tensor.f_isnan()?.f_any()?.f_int64_value(&[])? == 0)
}

/// Zeros and infinities only, some of them infinite: a mask that is added to scores of attention. ONNX does not
/// say which of its constants are weights.
fn is_mask(tensor: &Tensor) -> Result<bool, ModelError> {
    /// A mask of 4096 tokens with each other.
    const LARGEST: usize = 1 << 24;
    if tensor.f_kind()? != tch::Kind::Float || tensor.numel() > LARGEST || tensor.numel() == 0 {
        return Ok(false);
    }
    // The first of a mask tells it from a weight, which need not be read twice.
    let first = tensor.f_reshape([-1])?.f_double_value(&[0])?;
    if first != 0.0 && !first.is_infinite() {
        return Ok(false);
    }
    let either = tensor.f_isinf()?.f_logical_or(&tensor.f_eq(0.0)?)?;
    Ok(either.f_all()?.f_int64_value(&[])? != 0)
}

fn check_finite(file: &Path, name: &str, tensor: &Tensor) -> Result<(), ModelError> {
    if tensor.f_kind()? != tch::Kind::Float {
        return Ok(());
    }
    /// Elements that are checked together: `isfinite` makes tensors as long as its input.
    const PART: i64 = 1 << 18;
    let flat = tensor.f_reshape([-1])?;
    let numbers = flat.numel() as i64;
    let mut count = 0;
    for start in (0..numbers).step_by(PART as usize) {
        let part = flat.f_narrow(0, start, PART.min(numbers - start))?;
        let finite = part.f_isfinite()?.f_sum(tch::Kind::Int64)?;
        count += part.numel() as i64 - finite.f_int64_value(&[])?;
    }
    if count == 0 {
        return Ok(());
    }
    Err(ModelError::NotFinite {
        file: file.to_owned(),
        tensor: name.to_owned(),
        count,
    })
}
