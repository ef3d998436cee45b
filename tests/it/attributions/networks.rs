//! Small networks with given weights.

use cnn_report::model::load::sequential;
use cnn_report::model::{Model, Source};
use serde_json::Value;
use tch::Tensor;

/// Layers as report.yaml has them, with their weights by name.
pub fn network(layers: &Value, weights: &[(&str, Tensor)], input_shape: [i64; 3]) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.safetensors");
    Tensor::write_safetensors(weights, &file).unwrap();
    let layers = layers.as_array().unwrap().iter();
    let layers: Vec<_> = layers
        .map(|layer| layer.as_object().unwrap().clone())
        .collect();
    let network = sequential::read(&layers, input_shape).unwrap();
    let source = Source::new(file, input_shape);
    Model::load_into(&source, &network.architecture, crate::bench::device()).unwrap()
}

/// Numbers of either sign that all differ.
pub fn weights(sizes: &[i64], scale: f64) -> Tensor {
    let count: i64 = sizes.iter().product();
    let values = (0..count).map(|at| (((at * 7919 + 13) % 1009) as f64 / 504.5 - 1.0) * scale);
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    Tensor::from_slice(&values).view(sizes)
}
