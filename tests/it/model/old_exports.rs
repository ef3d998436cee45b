//! Exported programs of PyTorch 2.5 to 2.8, which keep their weights in files of `torch.save`: made by
//! `tools/make_old_exports.py`, with the scores of the PyTorch that made them.

use cnn_report::model::{self, Model};
use tch::{Device, Kind, Tensor};

use super::{data, source};

const VERSIONS: &[&str] = &["2.5", "2.6", "2.7", "2.8"];

/// `torch.linspace(-2, 2, …)`, as the tool has it.
fn input(sizes: [i64; 4]) -> Tensor {
    let count = sizes.iter().product::<i64>();
    Tensor::linspace(-2, 2, count, (Kind::Float, Device::Cpu)).view(sizes)
}

fn scores(name: &str) -> Tensor {
    let known = Tensor::read_safetensors(data("exported_by_old.safetensors")).unwrap();
    let found = known.into_iter().find(|(known, _)| known == name);
    found.expect("scores of this version").1
}

#[test]
fn programs_of_older_versions_score_as_their_pytorch_did() {
    for version in VERSIONS {
        for (name, sizes) in [("exported", [2, 3, 8, 8]), ("plain", [2, 3, 2, 2])] {
            let name = format!("{name}_{version}");
            let [_, channels, height, width] = sizes;
            let file = data(&format!("{name}.pt2"));
            let model = Model::load(
                &source(file, None, [channels, height, width]),
                model::Device::Cpu,
            );
            let model = model.unwrap_or_else(|error| panic!("{name}: {error}"));
            let (found, expected) = (model.scores(&input(sizes)).unwrap(), scores(&name));
            let difference = (&found - &expected).abs().max().double_value(&[]);
            // Rounding of another version's kernels.
            let relative = difference / expected.abs().max().double_value(&[]);
            assert!(relative < 1e-6, "{name}: {relative:e}");
            let version_found = model.provenance().torch_version.clone().unwrap_or_default();
            assert!(version_found.starts_with(version), "{version_found}");
        }
    }
}

#[test]
fn layers_of_older_versions_are_those_of_today() {
    for version in VERSIONS {
        let file = data(&format!("exported_{version}.pt2"));
        let model = Model::load(&source(file, None, [3, 8, 8]), model::Device::Cpu).unwrap();
        let layers: Vec<_> = model
            .layers()
            .iter()
            .map(|l| (l.path.as_str(), l.kind.as_str()))
            .collect();
        let expected = [
            ("conv", "Conv2d"),
            ("norm", "BatchNorm2d"),
            ("relu", "ReLU"),
            ("again", "Conv2d"),
            ("relu#2", "ReLU"),
            ("pool", "AdaptiveAvgPool2d"),
            ("fc", "Linear"),
        ];
        assert_eq!(layers, expected, "{version}");
    }
}
