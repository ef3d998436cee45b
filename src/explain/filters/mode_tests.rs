//! Tests of the keys and defaults of filter pictures.

use super::super::super::parameters;
use super::*;

#[test]
fn defaults_are_the_peers_and_only_those_that_apply_are_reported() {
    let keys = |method: &Filters| -> Vec<String> {
        parameters::in_yaml(&parameters::object(&method.pictures()))
            .iter()
            .map(|(key, value)| format!("{key}: {value}"))
            .collect()
    };
    let pixels = Filters {
        layer: Some(LayerName::Number(15)),
        filters: vec![7],
        ..Filters::default()
    };
    assert_eq!(
        keys(&pixels),
        [
            "layer: 15",
            "filters: [7]",
            "parameterisation: pixels",
            "steps: 30",
            "learning_rate: 0.1",
            "weight_decay: 1e-6",
            "start: {low: 150, high: 180}",
        ]
    );
    let fourier = Filters {
        parameterisation: Some(Parameterisation::Fourier),
        steps: Some(9),
        ..pixels
    };
    assert_eq!(
        keys(&fourier)[2..],
        [
            "parameterisation: fourier",
            "steps: 9",
            "learning_rate: 0.05",
            "weight_decay: 0",
            "transforms: {pad: 12, jitter: 8, scale: 0.1, rotate: 10, last_jitter: 4}",
        ]
    );
}

#[test]
fn a_class_needs_neither_layer_nor_filters() {
    let schema = parameters::schema::<Filters>().to_value();
    assert_eq!(schema["required"], serde_json::Value::Null);
    assert_eq!(
        schema["properties"]["layer"]["type"],
        serde_json::json!(["integer", "string", "null"])
    );
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
}
