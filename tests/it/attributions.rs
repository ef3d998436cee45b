//! Maps of a class: against numbers that captum and pytorch-grad-cam computed (`tests/data/explain/attributions.py`
//! collects them), on networks that can be worked out by hand, and by what each method promises.

mod attn_lrp;
mod class_activation;
mod compare;
mod fidelity;
mod gradients;
pub mod networks;
mod perturbed;
mod propagated;
mod relevance;
mod sampled_maps;
mod shapley;
mod targets;
mod tokens;

use std::path::Path;

use cnn_report::explain::{Fault, Known, Passes};
use cnn_report::model::{Model, Source};
use cnn_report::picture::{Channels, Picture, Preprocessing, Resize};
use cnn_report::results::{Attributions, Place, Results, ScalarTarget, Target};
use serde_json::{Value, json};
use tch::Tensor;

use crate::bench::{Bench, Ran, device, entry, keys};
use crate::strings;

// float32 sums in another order differ by 1e-7 to 4e-7 in gradients, by 6e-6 in differences of close scores.
const TOLERANCE: f64 = 1e-4;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A reference array.
fn golden(name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data("explain/attributions.safetensors")).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no array `{name}`")).1
}

fn net1() -> Model {
    let source = Source::new(data("model/net1.pt2"), [3, 64, 64]);
    Model::load(&source, device()).unwrap()
}

fn imagenet(height: usize, width: usize) -> Preprocessing {
    Preprocessing {
        resize: Resize::Stretch { height, width },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    }
}

/// net1 on the first photo of the reference arrays.
fn bench_of_net1() -> Bench {
    let tensors = Tensor::read_safetensors(data("model/net1_golden.safetensors")).unwrap();
    let input = tensors.into_iter().find(|(name, _)| name == "input");
    let photo = imagenet(64, 64).picture(&input.unwrap().1.get(0));
    Bench::new(net1(), imagenet(64, 64), vec![("coffee", photo)])
}

/// A photo of any size whose pixels all differ.
fn patterned(height: usize, width: usize, salt: usize) -> Picture {
    let pixels = 0..height * width * 3;
    Picture {
        width,
        height,
        pixels: pixels
            .map(|at| ((at * 37 + at * at * salt) % 251) as u8)
            .collect(),
    }
}

fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.size(), expected.size());
    let (got, expected) = (
        got.to_device(tch::Device::Cpu).to_kind(tch::Kind::Double),
        expected
            .to_device(tch::Device::Cpu)
            .to_kind(tch::Kind::Double),
    );
    let scale = expected.abs().max().double_value(&[]);
    (got - expected).abs().max().double_value(&[]) / scale
}

/// Asserts that they agree, and says by how much: `cargo test attributions -- --nocapture` makes the column of
/// docs/methods.md.
fn assert_close(name: &str, got: &Tensor, expected: &Tensor, tolerance: f64) {
    let deviation = relative(got, expected);
    println!("{name}: {deviation:.1e}");
    assert!(deviation < tolerance, "{name}: {deviation:e}");
}

fn attributions(ran: &Ran) -> Vec<&Attributions> {
    let results = ran.results.iter();
    results
        .map(|found| match found {
            Results::Attributions(found) => found,
            other => panic!("attributions expected, not {other:?}"),
        })
        .collect()
}

/// The map of the first photo, [C, H, W].
fn map(bench: &Bench, method: &str, parameters: Value) -> Tensor {
    let ran = bench.run(entry(method), parameters);
    volume(attributions(&ran)[0])
}

fn volume(found: &Attributions) -> Tensor {
    let values = &found.values;
    let size = [values.channels, values.height, values.width].map(|size| size as i64);
    Tensor::from_slice(&values.values).view(size)
}

fn target(found: &Attributions) -> ScalarTarget {
    match found.target {
        Target::Class(ref target) => target.clone(),
        ref other => panic!("a class expected, not {other:?}"),
    }
}

/// What the network gets of the first photo, [1, C, H, W].
fn input(bench: &Bench) -> Tensor {
    bench.photos[0].tensor(device().into()).unwrap()
}

fn with_passes<T>(bench: &Bench, run: impl FnOnce(&Passes) -> T) -> T {
    let known = Known::default();
    run(&Passes::new(&bench.model, bench.inputs(), &known))
}

/// Every method of maps of a class, with parameters that make it quick.
fn quick() -> Vec<(&'static str, Value)> {
    let mut all: Vec<(&str, Value)> = [
        "saliency",
        "input_x_gradient",
        "guided_backprop",
        "deconvnet",
        "cam",
        "grad_cam",
        "grad_cam_plus_plus",
        "hires_cam",
        "xgrad_cam",
        "layer_cam",
        "score_cam",
        "ablation_cam",
        "eigen_cam",
        "shapley_cam",
        "finer_cam",
        "guided_grad_cam",
        "feature_ablation",
    ]
    .map(|name| (name, json!({})))
    .to_vec();
    all.extend([
        ("smooth_grad", json!({ "samples": 3 })),
        ("smooth_grad", json!({ "samples": 3, "variant": "squared" })),
        ("var_grad", json!({ "samples": 3 })),
        (
            "integrated_gradients",
            json!({ "steps": 4, "most_steps": 8 }),
        ),
        (
            "integrated_gradients",
            json!({ "steps": 2, "baseline": "blur" }),
        ),
        ("expected_gradients", json!({ "samples": 6 })),
        ("blur_ig", json!({ "steps": 3 })),
        ("deep_lift", json!({})),
        ("lrp", json!({})),
        ("lrp", json!({ "composite": "epsilon_plus_flat" })),
        ("occlusion", json!({ "window": 16 })),
        ("rise", json!({ "samples": 20, "baseline": [0, 128, 255] })),
    ]);
    all
}

#[test]
fn no_map_method_is_left_out_here() {
    let tried = quick();
    for entry in cnn_report::methods() {
        let is_map = entry.kind == cnn_report::results::Kind::Attributions;
        let is_tried = tried.iter().any(|(name, _)| *name == entry.name);
        assert!(
            !is_map
                || is_tried
                || ["activation_maps", "attn_lrp"].contains(&entry.name)
                || tokens::OF_ATTENTION.contains(&entry.name),
            "{}",
            entry.name
        );
    }
}

/// A photo has the same bits alone and beside another one, in either order, and under another shown name; every
/// sentence about it is in the tables.
#[test]
fn a_photo_does_not_depend_on_its_company_or_its_name() {
    let photos = || vec![("a", patterned(64, 64, 1)), ("b", patterned(64, 64, 3))];
    let both = Bench::new(net1(), imagenet(64, 64), photos());
    let mut turned = Bench::new(net1(), imagenet(64, 64), photos());
    turned.photos.reverse();
    let mut alone = Bench::new(net1(), imagenet(64, 64), photos());
    alone.photos.truncate(1);
    std::sync::Arc::get_mut(&mut alone.photos[0]).unwrap().name = "another".to_owned();
    for (method, parameters) in quick() {
        let ran = both.run(entry(method), parameters.clone());
        strings::assert_said(&ran);
        let others = [(&turned, [1, 0]), (&alone, [0, 0])];
        for (bench, order) in others {
            let other = bench.run(entry(method), parameters.clone());
            for (index, found) in other.results.iter().enumerate() {
                assert_eq!(*found, ran.results[order[index]], "{method}");
            }
        }
    }
}

/// One channel, 28 × 28; and blue first, 48 × 96.
#[test]
fn networks_of_other_inputs_are_explained() {
    let cases = [
        ("input/grey.pt2", Channels::Grey, [1, 28, 28]),
        ("input/wide.pt2", Channels::Bgr, [3, 48, 96]),
    ];
    for (file, channels, shape) in cases {
        let source = Source::new(data(file), shape);
        let model = Model::load(&source, device()).unwrap();
        let [count, height, width] = shape.map(|size| size as usize);
        let preprocessing = Preprocessing {
            channels,
            mean: vec![0.4; count],
            std: vec![0.3; count],
            ..imagenet(height, width)
        };
        let photo = data(&file.replace(".pt2", "/disc/0.png"));
        let photo = preprocessing.apply(&Picture::open(&photo).unwrap());
        let bench = Bench::new(model, preprocessing, vec![("a", photo)]);
        // Behind their last maps these networks have more than a global average.
        for (method, parameters) in quick().into_iter().filter(|(method, _)| *method != "cam") {
            let ran = bench.run(entry(method), parameters);
            let found = attributions(&ran)[0];
            let (low, high) = found.values.extremes();
            assert!(low < high, "{file}, {method}: a map of one number");
            if found.place == Place::Input {
                let values = &found.values;
                assert_eq!((values.height, values.width), (height, width), "{method}");
                assert!([1, count].contains(&values.channels), "{method}");
            }
        }
    }
}

/// A seed changes what is drawn and nothing else; it is in the key where something is drawn.
#[test]
fn only_methods_that_draw_depend_on_the_seed() {
    let photo = || vec![("a", patterned(64, 64, 1))];
    let bench = Bench::new(net1(), imagenet(64, 64), photo());
    let mut other = Bench::new(net1(), imagenet(64, 64), photo());
    other.seed = 8;
    for (method, parameters) in quick() {
        let draws = ["smooth_grad", "var_grad", "rise", "expected_gradients"].contains(&method);
        let (parsed, _) = crate::bench::parsed(entry(method), parameters.clone());
        let key = parsed.computing(&bench.inputs());
        assert_eq!(key.contains_key("seed"), draws, "{method}");
        let first = bench.run(entry(method), parameters.clone()).results;
        let second = other.run(entry(method), parameters).results;
        assert_eq!(first != second, draws, "{method}");
    }
}

/// The class by number, not by word, and the layer by path.
#[test]
fn keys_name_what_is_meant() {
    let bench = bench_of_net1();
    let computing = |method: &str, parameters: Value| {
        let (parsed, _) = crate::bench::parsed(entry(method), parameters);
        Value::Object(parsed.computing(&bench.inputs()))
    };
    let by_number = computing("grad_cam", json!({ "layer": 8, "class": "3" }));
    assert_eq!(by_number, json!({ "class": 3, "layer": "conv4" }));
    let left_out = computing("grad_cam", json!({}));
    assert_eq!(left_out, computing("grad_cam", json!({ "layer": "relu4" })));
    let default = computing("occlusion", json!({}));
    assert_eq!(
        default,
        computing("occlusion", json!({ "window": 8, "stride": 4 }))
    );
}

#[test]
fn faults_stand_where_they_are() {
    let bench = bench_of_net1();
    let pointers = |method: &str, parameters: Value| -> Vec<String> {
        let faults = bench.faults(entry(method), parameters).into_iter();
        faults.map(|fault| fault.pointer).collect()
    };
    for (method, _) in quick().iter().filter(|(method, _)| *method != "eigen_cam") {
        assert_eq!(
            pointers(method, json!({ "class": 10 })),
            ["/class"],
            "{method}"
        );
    }
    assert_eq!(pointers("grad_cam", json!({ "layer": "fc" })), ["/layer"]);
    assert_eq!(
        pointers("eigen_cam", json!({ "layer": "conv9" })),
        ["/layer"]
    );
    assert_eq!(pointers("cam", json!({ "layer": "conv2" })), ["/layer"]);
    let steps = json!({ "steps": 9, "most_steps": 8 });
    assert_eq!(pointers("integrated_gradients", steps), ["/most_steps"]);
    let windows = json!({ "window": 65, "stride": 66 });
    assert_eq!(pointers("occlusion", windows), ["/window", "/stride"]);
}

/// Weights of the second layer of `dead.pt2` are zero for class 1.
#[test]
fn maps_of_zeros_have_a_notice() {
    let source = Source::new(data("explain/dead.pt2"), [3, 64, 64]);
    let model = Model::load(&source, device()).unwrap();
    let bench = Bench::new(model, imagenet(64, 64), vec![("a", patterned(64, 64, 1))]);
    for method in [
        "input_x_gradient",
        "integrated_gradients",
        "grad_cam",
        "occlusion",
    ] {
        let ran = bench.run(entry(method), json!({ "class": 1 }));
        assert_eq!(keys(&ran.notices), ["attributions.zero"], "{method}");
    }
}
