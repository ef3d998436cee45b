//! Maps of transformers: what is found of a network, and the numbers of its maps, against those that
//! `tests/data/explain/tokens.py` computed.

use std::io::Read;

use cnn_report::explain::class_activation::Recorded;
use cnn_report::explain::target_name::Wanted;
use cnn_report::model::{LayerName, NodeId, Tokens};
use cnn_report::results::Meaning;
use serde_json::{Value, json};
use tch::Tensor;

use super::*;

/// A file of the archive, unpacked into a folder.
pub fn file_of(name: &str, folder: &Path) -> std::path::PathBuf {
    let file = std::fs::File::open(data("explain/tokens.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut content = Vec::new();
    let mut entry = archive.by_name(name).unwrap();
    entry.read_to_end(&mut content).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A network of the archive.
pub fn network(name: &str, input_shape: [i64; 3]) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(name, folder.path());
    Model::load(&Source::new(path, input_shape), device()).unwrap()
}

fn array(name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data("explain/tokens.safetensors")).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no array `{name}`")).1
}

/// A network on the reference photo, which is no picture: an array in its place.
pub fn bench(name: &str) -> Bench {
    let of = name.split(['.', '_']).next().unwrap();
    let input = array(&format!("{of}.input"));
    let (_, channels, height, width) = input.size4().unwrap();
    let preprocessing = imagenet(height as usize, width as usize);
    let model = network(name, [channels, height, width]);
    let mut bench = Bench::new(model, preprocessing, Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npy");
    input.get(0).write_npy(&file).unwrap();
    bench.photos = vec![photo(&file, &bench.preprocessing)];
    bench
}

fn photo(file: &Path, preprocessing: &Preprocessing) -> std::sync::Arc<cnn_report::explain::Photo> {
    let input = cnn_report::picture::Input::open(file, None).unwrap();
    let prepared = input.prepared(file, preprocessing).unwrap();
    std::sync::Arc::new(cnn_report::explain::Photo::of_prepared(
        "a",
        prepared,
        preprocessing,
    ))
}

pub const VIT1: [&str; 3] = ["vit1.pt2", "vit1_decomposed.pt2", "vit1.onnx"];

#[test]
fn maps_of_attention_are_those_of_the_formulas() {
    let cases: [(&str, Value, &str); 6] = [
        ("attention_rollout", json!({}), "rollout_mean"),
        (
            "attention_rollout",
            json!({ "head_fusion": "max" }),
            "rollout_max",
        ),
        (
            "attention_rollout",
            json!({ "head_fusion": "min" }),
            "rollout_min",
        ),
        ("gradient_rollout", json!({}), "rollout_gradient"),
        ("generic_attention", json!({}), "generic_attention"),
        ("legrad", json!({}), "legrad"),
    ];
    for name in VIT1.into_iter().chain(["wide.pt2"]) {
        let bench = bench(name);
        let of = name.split(['.', '_']).next().unwrap();
        for (method, parameters, golden) in cases.clone() {
            let found = map(&bench, method, parameters).get(0);
            let expected = array(&format!("{of}.{golden}"));
            assert_close(&format!("{golden}, {name}"), &found, &expected, TOLERANCE);
        }
        let last = bench.run(entry("attention_maps"), json!({ "heads": [1] }));
        let expected = array(&format!("{of}.attention_last_1"));
        let found = volume(attributions(&last)[0]).get(0);
        assert_close(
            &format!("attention_maps, {name}"),
            &found,
            &expected,
            TOLERANCE,
        );
        assert_eq!(attributions(&last)[0].meaning, Meaning::Attention);
    }
}

#[test]
fn grad_cam_takes_the_norm_before_the_last_attention() {
    for name in VIT1 {
        let bench = bench(name);
        let found = map(&bench, "grad_cam", json!({})).get(0);
        let expected = array("vit1.grad_cam_positive");
        assert_close(
            &format!("grad_cam, {name}"),
            &found.relu(),
            &expected,
            TOLERANCE,
        );
        assert!(
            found.min().double_value(&[]) < 0.0,
            "the result keeps its sign"
        );
    }
    let bench = bench("vit1.pt2");
    let (parsed, _) = crate::bench::parsed(entry("grad_cam"), json!({}));
    assert_eq!(
        parsed.parameters(&bench.inputs())["layer"],
        "blocks.2.norm1"
    );
    // Behind it attention mixes places, so that no weight of a place is left to be shown.
    assert_eq!(bench.faults(entry("cam"), json!({}))[0].pointer, "/layer");
}

/// What a map weighs is what the score loses without it, also where a sum leads round the layer.
#[test]
fn maps_of_tokens_are_left_out_one_by_one() {
    let bench = bench("vit1.pt2");
    let layer = LayerName::Path("blocks.2.norm1".to_owned());
    let layer = bench.model.facts().layer(&layer).unwrap();
    let maps = bench.model.facts().maps(layer).unwrap();
    let found = with_passes(&bench, |passes| {
        let step = || Ok(());
        let predicted = Wanted::predicted();
        let on = (layer, &predicted);
        let recorded = Recorded::new(passes, &bench.photos[0], on, &step).unwrap();
        let class = recorded.target.scalar.plus[0] as i64;
        (recorded.scores_without_each().unwrap(), class)
    });
    let (scores, class) = found;
    assert_eq!(scores.len(), 32);
    for channel in [0, 7, 31] {
        let mut without = |_, _: &Tensor, output: &Tensor| maps.without(output, channel).map(Some);
        let nodes = [bench.model.scores_node()];
        let input = input(&bench);
        let outputs = bench
            .model
            .record_changed(&input, &nodes, &[layer.node], &mut without);
        let expected = outputs.unwrap()[0].double_value(&[0, class]);
        let difference = (scores[channel as usize] - expected).abs();
        assert!(difference < 1e-5, "{channel}: {difference}");
    }
}

/// Every method over layers takes tokens as maps.
#[test]
fn other_methods_of_layers_take_tokens() {
    let bench = bench("vit1.pt2");
    let layer = json!({ "layer": "blocks.1.norm2", "filters": [3] });
    let found = map(&bench, "activation_maps", layer);
    let name = LayerName::Path("blocks.1.norm2".to_owned());
    let node = bench.model.facts().layer(&name).unwrap().node;
    let output = bench
        .model
        .record(&input(&bench), &[node], &[])
        .unwrap()
        .remove(0);
    let expected = output
        .get(0)
        .slice(0, 1, 65, 1)
        .select(1, 3)
        .view([1, 8, 8])
        .to(tch::Device::Cpu);
    assert!(relative(&found, &expected) < 1e-6);
    for method in [
        "score_cam",
        "ablation_cam",
        "eigen_cam",
        "layer_cam",
        "xgrad_cam",
    ] {
        let found = map(&bench, method, json!({}));
        assert_eq!(found.size(), [1, 8, 8], "{method}");
        assert!(found.std(true).double_value(&[]) > 0.0, "{method}");
    }
    bench.run(
        entry("filters"),
        json!({ "layer": "blocks.1.norm2", "filters": [3], "steps": 2 }),
    );
    let faults = bench.faults(
        entry("filters"),
        json!({ "layer": "blocks.1.norm2", "filters": [32] }),
    );
    assert_eq!(faults[0].pointer, "/filters/0");
}

fn said(name: &str, input_shape: [i64; 3]) -> String {
    network(name, input_shape).facts().attention.to_string()
}

#[test]
fn grids_and_tokens_beside_them_are_found() {
    let vit1 = [3, 64, 64];
    let wide = [3, 48, 80];
    let cases = [
        (
            "vit1.pt2",
            vit1,
            "3 layers of 4 heads, as one node each; 8 × 8 tokens on the photo and 1 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "vit1_decomposed.pt2",
            vit1,
            "3 layers of 4 heads, written out; 8 × 8 tokens on the photo and 1 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "vit1.onnx",
            vit1,
            "3 layers of 4 heads, written out; 8 × 8 tokens on the photo and 1 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "wide.pt2",
            wide,
            "2 layers of 2 heads, written out; 3 × 5 tokens on the photo and 4 beside them; \
          scores are read from all tokens on the photo",
        ),
        (
            "torchvision.pt2",
            vit1,
            "2 layers of 2 heads, as one node each; 4 × 4 tokens on the photo and 1 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "torchvision_decomposed.pt2",
            vit1,
            "2 layers of 2 heads, written out; 4 × 4 tokens on the photo and 1 beside \
          them; scores are read from the class token, number 0",
        ),
        (
            "registers.pt2",
            wide,
            "2 layers of 2 heads, as one node each; 3 × 5 tokens on the photo and 5 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "mean.pt2",
            wide,
            "2 layers of 2 heads, as one node each; 3 × 5 tokens on the photo; \
          scores are read from all tokens on the photo",
        ),
        (
            "pooled_by_attention.pt2",
            wide,
            "2 layers of 2 heads, as one node each; 3 × 5 tokens on the photo; \
          scores are read from all tokens on the photo",
        ),
        (
            "written_out.pt2",
            wide,
            "2 layers of 2 heads, written out; 3 × 5 tokens on the photo and 1 beside them; \
          scores are read from the class token, number 0",
        ),
        (
            "distilled.pt2",
            vit1,
            "2 layers of 2 heads, as one node each; 4 × 4 tokens on the photo and 2 beside them; \
          scores are read from tokens 0, 1",
        ),
        (
            "odd.pt2",
            [3, 32, 48],
            "2 layers of 2 heads, as one node each; 4 × 6 tokens on the photo and 1 beside them; \
          scores are read from tokens 24",
        ),
        (
            "windows.pt2",
            [3, 112, 112],
            "4 layers of 2 heads, written out; within windows, 16 with 49 tokens each in \
          the first layer",
        ),
    ];
    for (name, input_shape, expected) in cases {
        assert_eq!(said(name, input_shape), expected, "{name}");
    }
    // Tokens in reverse: the first cell is the last of them.
    let odd = network("odd.pt2", [3, 32, 48]);
    let Tokens::Grid(grid) = &odd.facts().attention.tokens else {
        panic!("a grid expected")
    };
    assert!(grid.cells.iter().copied().eq((0..24).rev()));
    assert_eq!(grid.prefix(), [24]);
}

/// Blocks and norms are found in every form of file, by pre-norm and post-norm networks.
#[test]
fn blocks_are_found() {
    for (name, input_shape) in [
        ("vit1.pt2", [3, 64, 64]),
        ("vit1_decomposed.pt2", [3, 64, 64]),
        ("vit1.onnx", [3, 64, 64]),
        ("torchvision.pt2", [3, 64, 64]),
        ("written_out.pt2", [3, 48, 80]),
        ("distilled.pt2", [3, 64, 64]),
        ("odd.pt2", [3, 32, 48]),
    ] {
        let model = network(name, input_shape);
        let facts = &model.facts().attention;
        let kind = |node: NodeId| {
            let base = model.graph().nodes[node.0].operator_base();
            base.trim_end_matches('_').to_owned()
        };
        let expected = if name == "odd.pt2" {
            "layer_norm"
        } else {
            "add"
        };
        for layer in &facts.layers {
            assert_eq!(
                kind(layer.block.unwrap()),
                expected,
                "{name}, {}",
                layer.path
            );
        }
        // Of the first block of a post-norm network no norm comes before attention.
        for layer in facts.layers.iter().skip(usize::from(name == "odd.pt2")) {
            assert_eq!(
                kind(layer.norm.unwrap()),
                "layer_norm",
                "{name}, {}",
                layer.path
            );
        }
    }
}

/// Methods that need tokens on a grid.
pub const OF_ATTENTION: [&str; 5] = [
    "attention_rollout",
    "gradient_rollout",
    "generic_attention",
    "legrad",
    "attention_maps",
];

#[test]
fn windows_and_networks_without_attention_are_refused_with_the_reason() {
    let windows = network("windows.pt2", [3, 112, 112]);
    let pictures = vec![("a", patterned(112, 112, 1))];
    let windows = Bench::new(windows, imagenet(112, 112), pictures);
    let net1 = bench_of_net1();
    for method in OF_ATTENTION {
        let refused = |bench: &Bench, reason: &str| {
            let faults = bench.faults(entry(method), json!({}));
            assert_eq!(faults.len(), 1, "{method}: {faults:?}");
            assert!(faults[0].message.contains(reason), "{method}: {faults:?}");
            assert!(
                faults[0].hint.contains("`grad_cam`"),
                "{method}: {faults:?}"
            );
        };
        refused(&windows, "within windows");
        refused(&net1, "no attention");
    }
    // Grad-CAM is offered, on maps before the average, also where a layer has its channels last.
    let found = map(&windows, "grad_cam", json!({}));
    assert_eq!(found.size(), [1, 14, 14]);
    let last = map(
        &windows,
        "grad_cam",
        json!({ "layer": "features.3.1.norm2" }),
    );
    assert_eq!(last.size(), [1, 14, 14]);
    let faults = windows.faults(
        entry("activation_maps"),
        json!({ "layer": "features.3.1.norm2", "filters": [16] }),
    );
    assert_eq!(faults[0].hint, "0 to 15");
}

/// Of a network that reads a mean: bits do not depend on company, every sentence is said, faults stand in their place.
#[test]
fn a_photo_of_a_transformer_does_not_depend_on_its_company() {
    let photos = || vec![("a", patterned(48, 80, 1)), ("b", patterned(48, 80, 3))];
    let both = Bench::new(network("wide.pt2", [3, 48, 80]), imagenet(48, 80), photos());
    let mut alone = Bench::new(network("wide.pt2", [3, 48, 80]), imagenet(48, 80), photos());
    alone.photos.remove(0);
    for method in OF_ATTENTION {
        let ran = both.run(entry(method), json!({}));
        strings::assert_said(&ran);
        let other = alone.run(entry(method), json!({}));
        let of_one = &ran.results[ran.results.len() - other.results.len()..];
        assert_eq!(of_one, other.results, "{method}");
    }
    let pointers = |method: &str, parameters: Value| -> Vec<String> {
        let faults = both.faults(entry(method), parameters).into_iter();
        faults.map(|fault| fault.pointer).collect()
    };
    let wrong = json!({ "layers": [2], "heads": [0, 5] });
    assert_eq!(
        pointers("attention_maps", wrong),
        ["/layers/0", "/heads/0", "/heads/1"]
    );
    for method in ["gradient_rollout", "generic_attention", "legrad"] {
        assert_eq!(pointers(method, json!({ "class": 10 })), ["/class"]);
    }
}
