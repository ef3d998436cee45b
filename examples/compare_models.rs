//! Runs an exported network on the pictures of a reference file and prints the largest difference of its
//! scores, over their largest magnitude. For `tools/compare_models.py`.
//!
//!     compare_models network.pt2 reference.safetensors

use anyhow::{Context, bail};
use cnn_report::model::{Model, Source};
use tch::{Device, Tensor};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [network, reference] = arguments.as_slice() else {
        bail!("usage: compare_models network.pt2 reference.safetensors");
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
    let source = Source::new(network, [channels, height, width]);
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
