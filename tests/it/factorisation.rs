//! Deep feature factorisation: against scikit-learn (`tools/reference/factorisation.py`), and by hand.

use std::path::Path;

use cnn_report::explain::nmf;
use cnn_report::model::{Model, Source};
use cnn_report::picture::{Preprocessing, Resize};
use cnn_report::results::{Factors, Results};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::bench::{Bench, Ran, device, entry, keys};

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn golden(file: &str, name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data(file)).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no array `{name}`")).1
}

fn reference(name: &str) -> Tensor {
    golden("explain/factorisation.safetensors", name).to_kind(Kind::Double)
}

fn relative(found: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(found.size(), expected.size());
    let difference = (found - expected).abs().max().double_value(&[]);
    difference / expected.abs().max().double_value(&[])
}

fn imagenet() -> Preprocessing {
    Preprocessing {
        resize: Resize::Stretch {
            height: 64,
            width: 64,
        },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    }
}

/// net1 on the first photo of the reference arrays.
fn net1() -> Bench {
    let source = Source::new(data("model/net1.pt2"), [3, 64, 64]);
    let model = Model::load(&source, device()).unwrap();
    let input = golden("model/net1_golden.safetensors", "input");
    let photo = imagenet().picture(&input.get(0));
    Bench::new(model, imagenet(), vec![("coffee", photo)])
}

fn factors(ran: &Ran) -> Vec<&Factors> {
    let results = ran.results.iter();
    results
        .map(|found| match found {
            Results::Factors(found) => found,
            other => panic!("factors expected, not {other:?}"),
        })
        .collect()
}

/// The same numbers from the same matrix; the start by a random projection changes the seventh digit.
#[test]
fn factors_are_scikit_learns() {
    let bench = net1();
    let layer = cnn_report::model::LayerName::Path("relu2".to_owned());
    let node = bench.model.facts().layer(&layer).unwrap().node;
    let input = golden("model/net1_golden.safetensors", "input").narrow(0, 0, 1);
    let input = input.to_device(device().into());
    let output = bench.model.record(&input, &[node], &[]).unwrap().remove(0);
    let x = output.get(0).flatten(1, 2).transpose(0, 1);
    let x = x.to_device(Device::Cpu).to_kind(Kind::Double);
    let found = nmf::factorise(&x, 4, 200, &|_| Ok(())).unwrap();
    assert_eq!(found.iterations, 200);
    for (name, tolerance) in [("", 1e-5), ("plain_", 1e-4)] {
        let left = relative(&found.left, &reference(&format!("{name}left")));
        let right = relative(&found.right, &reference(&format!("{name}right")));
        println!("factorisation, {name}: {left:.1e} {right:.1e}");
        assert!(left < tolerance && right < tolerance, "{left} {right}");
    }
}

/// Maps in units of the output: directions of length 1, a sum that is the output but for what is not explained.
#[test]
fn maps_and_directions_are_the_factors() {
    let bench = net1();
    let keys_of = json!({ "layer": "relu2", "components": 4, "most_iterations": 200 });
    let ran = bench.run(entry("factorisation"), keys_of);
    let found = factors(&ran)[0];
    assert_eq!(keys(&ran.notices), ["factors.open"]);
    let mut total = 0.0;
    let mut last = f64::INFINITY;
    for one in &found.components {
        let length: f32 = one.direction.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
        assert_eq!((one.map.height, one.map.width), (32, 32));
        assert!(one.map.values.iter().all(|value| *value >= 0.0));
        assert!(one.share <= last);
        last = one.share;
        total += one.share;
        assert_eq!(one.leading.len(), 3);
        assert!(one.leading[0].probability >= one.leading[1].probability);
    }
    assert!(
        (total - found.explained).abs() < 1e-2,
        "{total} {}",
        found.explained
    );
    let right = reference("right");
    let lengths = right.norm_scalaropt_dim(2.0, [1_i64].as_slice(), true);
    let maps = reference("left") * lengths.view([1, -1]);
    for one in &found.components {
        let map = Tensor::from_slice(&one.map.values).to_kind(Kind::Double);
        let nearest = (0..4)
            .map(|at| relative(&map, &maps.select(1, at)))
            .fold(f64::INFINITY, f64::min);
        println!("map: {nearest:.1e}");
        assert!(nearest < 1e-4, "{nearest}");
    }
}

/// On a network that ends in the mean of each map and a linear layer, what is said of a component alone is
/// W d · max h + b.
#[test]
fn a_component_is_named_by_what_follows_the_layer() {
    let bench = net1();
    let ran = bench.run(entry("factorisation"), json!({ "components": 3 }));
    let found = factors(&ran)[0];
    assert_eq!(found.layer.path, "relu4");
    let weight = |name: &str| {
        let (_, weight) = bench
            .model
            .weights()
            .find(|(known, _)| *known == name)
            .unwrap();
        weight.to_device(Device::Cpu)
    };
    for one in &found.components {
        let direction = Tensor::from_slice(&one.direction) * f64::from(one.map.extremes().1);
        let scores = weight("fc.weight").mv(&direction) + weight("fc.bias");
        let class = &one.leading[0];
        let expected = scores.double_value(&[class.class as i64]);
        assert!((class.score - expected).abs() < 1e-4 * expected.abs().max(1.0));
        assert_eq!(scores.argmax(0, false).int64_value(&[]), class.class as i64);
    }
}

#[test]
fn more_components_than_channels_are_refused() {
    let bench = net1();
    let faults = bench.faults(entry("factorisation"), json!({ "layer": "conv9" }));
    assert_eq!(faults[0].pointer, "/layer");
    let faults = bench.faults(
        entry("factorisation"),
        json!({ "layer": "conv1", "components": 17 }),
    );
    assert_eq!(faults[0].pointer, "/components");
    assert_eq!(faults[0].hint, "1 to 16, or an earlier layer");
}
