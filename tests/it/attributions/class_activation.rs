//! Class activation maps.

use cnn_report::explain::class_activation::Recorded;
use cnn_report::explain::score_cam::Corners;
use cnn_report::explain::target_name::Wanted;
use cnn_report::explain::{eigen_cam, grad_cam_plus_plus, score_cam};
use cnn_report::model::LayerName;
use cnn_report::present::exhibit::{Body, HeatView, Sign};
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::networks::{network, weights};
use super::*;

/// A map as pytorch-grad-cam gives it: ReLU, scaled to 0..1, enlarged, scaled again.
pub fn packaged(map: &Tensor) -> Tensor {
    let scaled = |map: &Tensor| {
        let map = map - map.min();
        &map / map.max()
    };
    let map = scaled(&map.to_kind(Kind::Double).relu()).view([1, 1, 8, 8]);
    let large = map.upsample_bilinear2d([64, 64], false, None, None);
    scaled(&large).view([64, 64])
}

/// What is made of net1's conv4 for the first photo.
fn of_conv4<T>(make: impl FnOnce(&Recorded) -> T) -> T {
    let bench = bench_of_net1();
    let name = LayerName::Path("conv4".to_owned());
    let layer = bench.model.facts().layer(&name).unwrap();
    with_passes(&bench, |passes| {
        let step = || Ok(());
        let predicted = Wanted::predicted();
        let on = (layer, &predicted);
        make(&Recorded::new(passes, &bench.photos[0], on, &step).unwrap())
    })
}

#[test]
fn maps_of_gradients_are_the_packages() {
    let bench = bench_of_net1();
    let layer = json!({ "layer": "conv4" });
    let found = map(&bench, "grad_cam", layer.clone());
    assert_close("grad_cam", &found, &golden("grad_cam"), TOLERANCE);
    for name in ["grad_cam", "hires_cam", "xgrad_cam", "layer_cam"] {
        let found = packaged(&map(&bench, name, layer.clone()).get(0));
        let expected = golden(&format!("package_{name}"));
        assert_close(&format!("{name}, package"), &found, &expected, TOLERANCE);
    }
    // The package's 1e-6 below the fraction is as large as the squares of these gradients.
    let found = of_conv4(|of| {
        let (activation, gradient) = (of.activation().unwrap(), of.gradient().unwrap());
        grad_cam_plus_plus::map(&activation, &gradient, 1e-6).unwrap()
    });
    let expected = golden("package_grad_cam_plus_plus");
    assert_close(
        "grad_cam_plus_plus, package",
        &packaged(&found),
        &expected,
        TOLERANCE,
    );
}

/// The package leaves the sign to chance, so that its map is one of two.
#[test]
fn eigen_cam_is_the_packages_but_for_the_sign() {
    let found =
        of_conv4(|of| eigen_cam::map(&of.activation().unwrap(), eigen_cam::Matrix::Centred));
    let found = found.unwrap();
    let expected = golden("package_eigen_cam");
    let deviation = [&found, &-&found].map(|map| relative(&packaged(map), &expected));
    let least = deviation[0].min(deviation[1]);
    println!("eigen_cam, package: {least:.1e}");
    assert!(least < TOLERANCE, "{deviation:?}");
}

#[test]
fn score_cam_is_the_packages_with_its_corners() {
    let found = of_conv4(|of| score_cam::map(of, Corners::Aligned)).unwrap();
    let expected = golden("package_score_cam");
    assert_close(
        "score_cam, package",
        &packaged(&found),
        &expected,
        TOLERANCE,
    );
}

/// Behind relu4 of net1 come a global average and one linear layer: four methods are one there.
#[test]
fn before_an_average_and_a_linear_layer_maps_agree() {
    let bench = bench_of_net1();
    let ran = bench.run(entry("cam"), json!({}));
    let found = attributions(&ran)[0];
    let class = target(found).scalar.class().unwrap() as i64;
    let cam = volume(found);
    let weight = |name: &str| {
        let found = bench.model.weights().find(|(known, _)| *known == name);
        found.unwrap().1.to_device(tch::Device::Cpu)
    };
    let mean = cam.mean(Kind::Double).double_value(&[]);
    let bias = weight("fc.bias").double_value(&[class]);
    assert!((mean + bias - target(found).score).abs() < 1e-5);
    for name in ["grad_cam", "hires_cam", "xgrad_cam"] {
        let same = map(&bench, name, json!({})) * 64.0;
        assert!(relative(&same, &cam) < 1e-5, "{name}");
    }
    // Without map k the score loses w_k mean(A_k).
    let layer = LayerName::Path("relu4".to_owned());
    let node = bench.model.facts().layer(&layer).unwrap().node;
    let activation = bench
        .model
        .record(&input(&bench), &[node], &[])
        .unwrap()
        .remove(0);
    let activation = activation.get(0).to_device(tch::Device::Cpu);
    let means = activation.mean_dim([1_i64, 2].as_slice(), true, Kind::Float);
    let lost = weight("fc.weight").get(class).view([-1, 1, 1]) * means;
    let expected = (lost * &activation).sum_dim_intlist(0, false, Kind::Float);
    let ablation = map(&bench, "ablation_cam", json!({}));
    assert!(relative(&ablation.get(0), &expected) < 1e-4);
}

/// One map, its weight −1: everything speaks against the class.
#[test]
fn a_map_without_evidence_is_dark_kept_and_told() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 1, "kernel_size": 1 },
        { "type": "ReLU" },
        { "type": "AdaptiveAvgPool2d", "output_size": 1 },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2 },
    ]);
    let named = [
        ("0.weight", weights(&[1, 3, 1, 1], 1.0)),
        ("0.bias", Tensor::from_slice(&[9.0_f32])),
        (
            "4.weight",
            Tensor::from_slice(&[-1.0_f32, 1.0]).view([2, 1]),
        ),
        ("4.bias", Tensor::from_slice(&[0.0_f32, 0.0])),
    ];
    let model = network(&layers, &named, [3, 6, 9]);
    let bench = Bench::new(model, imagenet(6, 9), vec![("a", patterned(6, 9, 1))]);
    for method in ["cam", "grad_cam", "hires_cam", "xgrad_cam"] {
        let ran = bench.run(entry(method), json!({ "class": 0 }));
        let found = volume(attributions(&ran)[0]);
        assert!(
            found.max().double_value(&[]) < 0.0,
            "{method}: the result keeps its sign"
        );
        assert_eq!(keys(&ran.notices), ["attributions.no_evidence"]);
        let Body::HeatMaps(maps) = &ran.exhibits[0].body else {
            panic!("heat maps expected")
        };
        assert_eq!(maps.sign, Sign::Unsigned);
        let HeatView::Map { map, size, .. } = &maps.tiles[1].view else {
            panic!("a map expected")
        };
        assert_eq!(*size, (9, 6));
        assert!(map.values.iter().all(|value| *value == 0.0));
    }
    let negative_weights = bench.run(entry("layer_cam"), json!({ "class": 0 }));
    assert_eq!(keys(&negative_weights.notices), ["attributions.zero"]);
}

fn default_layer(bench: &Bench, method: &str) -> Value {
    let (parsed, _) = crate::bench::parsed(entry(method), json!({}));
    parsed.parameters(&bench.inputs())["layer"].clone()
}

#[test]
fn the_default_layer_is_the_last_one_before_pooling_and_classifier() {
    let bench = bench_of_net1();
    assert_eq!(default_layer(&bench, "grad_cam"), "relu4");
    assert_eq!(default_layer(&bench, "cam"), "relu4");
    // The classifier of SqueezeNet is a convolution; before it two branches are joined.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/squeezenet1_1.safetensors");
    let source = Source::new(file, [3, 224, 224]).with_architecture(Some("squeezenet1_1"));
    let model = Model::load(&source, crate::bench::device()).unwrap();
    let bench = Bench::new(
        model,
        imagenet(224, 224),
        vec![("a", patterned(224, 224, 1))],
    );
    assert_eq!(default_layer(&bench, "grad_cam"), "features.12");
    assert_eq!(default_layer(&bench, "eigen_cam"), "features.12");
    assert_eq!(default_layer(&bench, "cam"), "classifier.2");
}

/// Maps that a linear layer reads place by place have a weight for each place, not one each.
#[test]
fn maps_that_are_laid_flat_have_no_cam() {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 2, "kernel_size": 1, "bias": false },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let named = [
        ("0.weight", weights(&[2, 3, 1, 1], 1.0)),
        ("2.weight", weights(&[2, 2 * 6 * 9], 1.0)),
    ];
    let model = network(&layers, &named, [3, 6, 9]);
    let bench = Bench::new(model, imagenet(6, 9), vec![("a", patterned(6, 9, 1))]);
    assert_eq!(bench.faults(entry("cam"), json!({}))[0].pointer, "/layer");
    // HiResCAM has: its sum is the score, for the network has no bias.
    let ran = bench.run(entry("hires_cam"), json!({}));
    let found = attributions(&ran)[0];
    let sum = volume(found).sum(Kind::Double).double_value(&[]);
    assert!((sum - target(found).score).abs() < 1e-5 * target(found).score.abs());
}
