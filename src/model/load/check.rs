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
        check_finite(&source.file, name, tensor)?;
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
