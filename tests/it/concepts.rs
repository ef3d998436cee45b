//! Concepts of a class: against scikit-learn and scipy (`tools/reference/concepts.py`), and what is refused.

use std::path::{Path, PathBuf};

use cnn_report::model::{Model, Source};
use cnn_report::picture::{Preprocessing, Resize};
use cnn_report::results::{Concepts, Results};
use serde_json::json;
use tch::Tensor;

use crate::bench::{Bench, Ran, device, entry, keys};
use crate::strings;

fn data(name: &str) -> PathBuf {
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
    golden("explain/concepts.safetensors", name)
}

fn relative(found: &[f32], expected: &Tensor) -> f64 {
    let expected = Vec::<f32>::try_from(expected.contiguous().view(-1)).unwrap();
    assert_eq!(found.len(), expected.len());
    let scale = expected
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let pairs = found.iter().zip(&expected);
    f64::from(pairs.fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / scale)
}

fn net1() -> Bench {
    let source = Source::new(data("model/net1.pt2"), [3, 64, 64]);
    let model = Model::load(&source, device()).unwrap();
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: 64,
            width: 64,
        },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    };
    Bench::new(model, preprocessing, Vec::new())
}

/// Two reference photos as arrays of class 3, and a photo of class 5.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let input = golden("model/net1_golden.safetensors", "input");
    for class in ["3", "5"] {
        std::fs::create_dir_all(folder.path().join(class)).unwrap();
    }
    for index in 0..2 {
        let file = folder.path().join(format!("3/{index}.npy"));
        input.get(index).write_npy(&file).unwrap();
    }
    let other = data("picture/coffee.webp");
    std::fs::copy(other, folder.path().join("5/0.webp")).unwrap();
    folder
}

fn concepts(ran: &Ran) -> &Concepts {
    match &ran.results[..] {
        [Results::Concepts(found)] => found,
        other => panic!("concepts expected, not {other:?}"),
    }
}

#[test]
fn concepts_are_those_of_scikit_learn_and_scipy() {
    let (bench, folder) = (net1(), folder());
    let ran = bench.run(
        entry("concepts"),
        json!({ "data": folder.path(), "class": 3, "concepts": 3, "designs": 16 }),
    );
    strings::assert_said(&ran);
    let found = concepts(&ran);
    assert_eq!((found.photos, found.crops, found.judged), (2, 32, 2));
    assert_eq!(
        (found.crop_px, found.layer.path.as_str()),
        ([18, 18], "relu4")
    );
    assert_eq!(found.shown, [0, 1]);
    assert!(
        found.is_converged && found.iterations == 496,
        "{}",
        found.iterations
    );
    // The most important first.
    let importance = reference("importance");
    for (one, theirs) in found.concepts.iter().zip([2_i64, 1, 0]) {
        let expected = importance.double_value(&[theirs]);
        let error = (one.importance - expected).abs();
        let direction = relative(&one.direction, &reference("directions").get(theirs));
        let maps: Vec<f32> = one.maps.iter().flat_map(|map| map.values.clone()).collect();
        let maps = relative(&maps, &reference("maps").select(1, theirs));
        println!("concepts: importance {error:.1e}, direction {direction:.1e}, maps {maps:.1e}");
        assert!(error < 1e-4 && direction < 1e-3 && maps < 1e-3);
        let amounts = reference("amounts").select(1, theirs);
        let best = one.crops[0];
        let at = amounts.argmax(0, false).int64_value(&[]) as usize;
        assert_eq!(
            (best.photo, best.top, best.left),
            (at / 16, at % 16 / 4 * 14, at % 4 * 14)
        );
        assert!((f64::from(best.value) - amounts.max().double_value(&[])).abs() < 1e-2);
        assert_eq!(one.crops.len(), 2);
    }
}

#[test]
fn what_gives_no_concepts_is_refused() {
    let (bench, folder) = (net1(), folder());
    let pointers = |keys: serde_json::Value| -> Vec<String> {
        let mut keys = keys;
        keys["data"] = json!(folder.path());
        let faults = bench.faults(entry("concepts"), keys).into_iter();
        faults.map(|fault| fault.pointer).collect()
    };
    assert_eq!(pointers(json!({ "class": 3 })), [""; 0]);
    assert_eq!(pointers(json!({ "class": "predicted" })), ["/class"]);
    assert_eq!(pointers(json!({ "class": 11 })), ["/class"]);
    assert_eq!(pointers(json!({ "class": 4 })), ["/class"], "no photo");
    assert_eq!(
        pointers(json!({ "class": 5, "concepts": 17 })),
        ["/concepts"]
    );
    assert_eq!(
        pointers(json!({ "class": 3, "concepts": 49 })),
        ["/concepts"]
    );
    let layer = json!({ "class": 3, "layer": "fc" });
    assert_eq!(pointers(layer), ["/layer"]);
}

/// One that cannot be read is left out and named.
#[test]
fn unreadable_photos_are_left_out() {
    let (bench, folder) = (net1(), folder());
    // Its header and its end can be read.
    let mut torn = std::fs::read(data("picture/chelsea_224_slic_default.png")).unwrap();
    let middle = torn.len() / 2;
    torn[middle..middle + 16].fill(0xff);
    std::fs::write(folder.path().join("3/9.png"), torn).unwrap();
    let keys_of = json!({ "data": folder.path(), "class": 3, "concepts": 2, "designs": 4 });
    let ran = bench.run(entry("concepts"), keys_of);
    let found = concepts(&ran);
    assert!(keys(&ran.notices).contains(&"outcomes.notice_unreadable"));
    assert_eq!((found.photos, found.unreadable.len()), (2, 1));
    assert_eq!(found.unreadable[0].0, 2);
}
