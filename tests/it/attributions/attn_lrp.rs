//! Relevance through attention: against numpy (`tools/reference/attn_lrp.py`), and conservation.

use cnn_report::model::Architecture;
use tch::Kind;

use super::propagated::incompleteness;
use super::tokens::{VIT1, bench, file_of, network};
use super::*;

fn reference(name: &str) -> Tensor {
    let tensors = Tensor::read_safetensors(data("explain/attn_lrp.safetensors")).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no array `{name}`")).1
}

/// One node an attention, core ATen, and ONNX, whose attention and GELU are written out.
#[test]
fn relevance_through_attention_is_that_of_the_formulas() {
    for file in VIT1 {
        let bench = bench(file);
        for rule in ["attn_lrp", "cp_lrp"] {
            let found = map(&bench, "attn_lrp", json!({ "rule": rule }));
            let found = found.sum_dim_intlist(0_i64, false, Kind::Float);
            let what = format!("{rule}, {file}");
            assert_close(&what, &found, &reference(rule), TOLERANCE);
        }
    }
}

/// Without biases, tokens beside the photo and codes of places nobody keeps a share, where nothing goes through the softmax,
/// whose rule leaves a rest: every form of file, and tokens that are read as a mean.
#[test]
fn without_biases_relevance_through_attention_is_conserved() {
    let shape = |file: &str| match file {
        "vit1.pt2" | "vit1_decomposed.pt2" => [3, 64, 64],
        _ => [3, 48, 80],
    };
    for file in ["vit1.pt2", "vit1_decomposed.pt2", "wide.pt2", "mean.pt2"] {
        let shape = shape(file);
        let with_biases = network(file, shape);
        let named: Vec<(&str, Tensor)> = with_biases
            .weights()
            .map(|(name, weight)| {
                let is_added = ["bias", "tokens", "pos_embed", "reg_token", "cls_token"]
                    .iter()
                    .any(|part| name.contains(part));
                let weight = weight.to_device(tch::Device::Cpu).contiguous();
                let weight = if is_added {
                    weight.zeros_like()
                } else {
                    weight
                };
                (name, weight)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("weights.safetensors");
        Tensor::write_safetensors(&named, &weights).unwrap();
        let graph = file_of(file, folder.path());
        let architecture = Architecture::of_exported_program(&graph).unwrap();
        let model = Model::load_into(&Source::new(weights, shape), &architecture, device());
        let (height, width) = (shape[1] as usize, shape[2] as usize);
        let photo = vec![("a", patterned(height, width, 1))];
        let bench = Bench::new(model.unwrap(), imagenet(height, width), photo);
        let ran = bench.run(entry("attn_lrp"), json!({ "rule": "cp_lrp" }));
        let error = incompleteness(attributions(&ran)[0]);
        println!("{file}: {error:.1e}");
        assert!(error < 1e-4, "{file}: {error}");
        assert_eq!(keys(&ran.notices), [""; 0]);
    }
}

/// Every network with attention has rules: windows, norms of queries and keys, torchvision's own blocks.
#[test]
fn networks_with_attention_are_served_and_others_refused() {
    for (file, shape) in [
        ("torchvision.pt2", [3, 64, 64]),
        ("torchvision_decomposed.pt2", [3, 64, 64]),
        ("registers.pt2", [3, 48, 80]),
        ("pooled_by_attention.pt2", [3, 48, 80]),
        ("written_out.pt2", [3, 48, 80]),
        ("distilled.pt2", [3, 64, 64]),
        ("odd.pt2", [3, 32, 48]),
        ("windows.pt2", [3, 112, 112]),
    ] {
        let model = network(file, shape);
        let without = &model.facts().limits.no_relevance_by_gradient;
        assert_eq!(without, &[""; 0], "{file}");
        let (height, width) = (shape[1] as usize, shape[2] as usize);
        let photo = vec![("a", patterned(height, width, 1))];
        let bench = Bench::new(model, imagenet(height, width), photo);
        let (shared, values) = (
            map(&bench, "attn_lrp", json!({})),
            map(&bench, "attn_lrp", json!({ "rule": "cp_lrp" })),
        );
        assert!(
            relative(&shared, &values) > 1e-3,
            "{file}: the rules differ"
        );
    }
    let net1 = bench_of_net1();
    let faults = net1.faults(entry("attn_lrp"), json!({}));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].message, "the network has no attention");
    assert!(faults[0].hint.contains("`lrp`"));
}
