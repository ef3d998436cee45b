//! Runs a network on the pictures of a reference file and prints the number of its layers and the largest
//! difference of its scores, over their largest magnitude. For `tools/compare_models.py`.
//!
//!     compare_models network.pt2 reference.safetensors
//!     compare_models weights.safetensors reference.safetensors architecture

use anyhow::{Context, bail};
use cnn_report::model::{Device, Model, Source};
use tch::Tensor;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (network, reference, architecture) = match arguments.as_slice() {
        [network, reference] => (network, reference, None),
        [network, reference, architecture] => (network, reference, Some(architecture.as_str())),
        _ => bail!("usage: compare_models network reference.safetensors [architecture]"),
    };
    let tensors = Tensor::read_safetensors(reference)?;
    let tensor = |name: &str| {
        let found = tensors.iter().find(|(known, _)| known == name);
        found
            .map(|(_, tensor)| tensor)
            .with_context(|| format!("`{reference}` has no `{name}`"))
    };
    let (input, expected) = (tensor("input")?, tensor("scores")?);
    let (_, channels, height, width) = input.size4()?;
    let source = Source::new(network, [channels, height, width]).with_architecture(architecture);
    let model = Model::load(&source, Device::Cpu)?;
    let scores = model.scores(input)?;
    if scores.size() != expected.size() {
        bail!(
            "{:?} scores instead of {:?}",
            scores.size(),
            expected.size()
        );
    }
    let difference = (scores - expected).abs().max().double_value(&[]);
    println!(
        "{} {:e}",
        model.layers().len(),
        difference / expected.abs().max().double_value(&[])
    );
    Ok(())
}
