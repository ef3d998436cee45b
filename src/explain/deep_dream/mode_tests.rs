//! Tests of the keys and defaults of a dream.

use super::super::super::parameters;
use super::*;

#[test]
fn keys_of_the_other_dream_are_faults() {
    let both = DeepDream {
        filter: Some(94),
        octaves: Some(4),
        jitter: Some(3),
        ..DeepDream::default()
    };
    let pointers = |dream: &DeepDream| {
        dream
            .misplaced()
            .into_iter()
            .map(|f| f.pointer)
            .collect::<Vec<_>>()
    };
    assert_eq!(pointers(&both), ["/octaves", "/jitter"]);
    let layer = DeepDream {
        learning_rate: Some(1.0),
        octave_scale: Some(1.4),
        ..DeepDream::default()
    };
    assert_eq!(pointers(&layer), ["/learning_rate"]);
    let of_filter = DeepDream {
        ascent: Some(Ascent::Octaves),
        ..both.clone()
    };
    assert!(pointers(&of_filter).is_empty());
    let raw = DeepDream {
        ascent: Some(Ascent::Raw),
        ..DeepDream::default()
    };
    assert_eq!(pointers(&raw), ["/ascent"]);
    assert!(
        pointers(&DeepDream {
            steps: Some(3),
            ..DeepDream::default()
        })
        .is_empty()
    );
}

#[test]
fn defaults_are_the_peers_and_only_those_that_apply_are_reported() {
    let used = |dream: &DeepDream| -> Vec<String> {
        parameters::in_yaml(&parameters::object(&dream.dream()))
            .iter()
            .map(|(key, value)| format!("{key}: {value}"))
            .collect()
    };
    let filter = DeepDream {
        layer: Some(LayerName::Number(34)),
        filter: Some(94),
        ..DeepDream::default()
    };
    assert_eq!(
        used(&filter),
        [
            "layer: 34",
            "filter: 94",
            "ascent: raw",
            "steps: 250",
            "learning_rate: 12",
            "weight_decay: 1e-4",
            "frame_every: 10"
        ]
    );
    assert_eq!(
        used(&DeepDream {
            filter: None,
            ..filter
        }),
        [
            "layer: 34",
            "ascent: octaves",
            "steps: 10",
            "octaves: 4",
            "octave_scale: 1.4",
            "jitter: 32",
            "step_size: 1.5"
        ]
    );
}

/// Two channels; places of A (1, 0), (0, 2), (1, 1), of B (3, 0), (1, 1): the best products are 3, 2 and 3.
#[test]
fn a_guide_by_hand() {
    let output = Tensor::from_slice(&[1.0_f64, 0.0, 1.0, 0.0, 2.0, 1.0]).view([1, 2, 1, 3]);
    let guide = Tensor::from_slice(&[3.0_f64, 1.0, 0.0, 1.0]).view([1, 2, 2, 1]);
    let found = guided(&output, &guide).unwrap();
    assert_eq!(found.size(), [1]);
    assert!((found.double_value(&[0]) - 8.0 / 3.0).abs() < 1e-12);
}
