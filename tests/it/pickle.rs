//! Files of `torch.save`: what PyTorch wrote is read number by number, all else is refused in words.
//! The files and `expected.json` come from `tests/data/pickle/make.py`.

mod hostile;
mod mutations;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cnn_report::model::load::pickle;
use cnn_report::model::load::{Fault, load};
use cnn_report::model::{ModelError, Source};
use tch::{Kind, Tensor};

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/data/pickle", name]
        .iter()
        .collect()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).expect("a file of this repository")
}

fn refusal(name: &str) -> (String, String) {
    match pickle::read_bytes(&bytes(name)) {
        Err(Fault::NotSupported { fault, hint }) => (fault, hint),
        other => panic!(
            "{name}: {:?} instead of a refusal",
            other.map(|_| "weights")
        ),
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.to_kind(Kind::Double).flatten(0, -1)).expect("numbers")
}

#[derive(serde::Deserialize)]
struct Expected {
    sizes: Vec<i64>,
    values: Vec<f64>,
}

#[test]
fn reads_what_pytorch_wrote() {
    let text = bytes("expected.json");
    let expected: BTreeMap<String, BTreeMap<String, Expected>> =
        serde_json::from_slice(&text).expect("JSON");
    assert_eq!(expected.len(), 23, "files with numbers");
    for (name, tensors) in expected {
        let read =
            pickle::read_bytes(&bytes(&name)).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        let names: Vec<_> = read.keys().collect();
        assert_eq!(names, tensors.keys().collect::<Vec<_>>(), "{name}");
        for (key, expected) in tensors {
            let tensor = &read[&key];
            assert_eq!(tensor.size(), expected.sizes, "{name}: {key}");
            assert!(tensor.is_contiguous(), "{name}: {key}");
            if tensor.kind() == Kind::Float {
                // Written as float64, of which PyTorch and we take the nearest float32.
                let expected: Vec<f64> = expected
                    .values
                    .iter()
                    .map(|value| f64::from(*value as f32))
                    .collect();
                assert_eq!(numbers(tensor), expected, "{name}: {key}");
            } else {
                assert_eq!(numbers(tensor), expected.values, "{name}: {key}");
            }
        }
    }
}

#[test]
fn makes_every_type_of_floating_point_float32() {
    for name in [
        "half",
        "bfloat16",
        "double",
        "legacy_half",
        "legacy_bfloat16",
        "legacy_double",
    ] {
        let read = pickle::read_bytes(&bytes(&format!("{name}.pth"))).expect("weights");
        assert_eq!(read["linear.weight"].kind(), Kind::Float, "{name}");
        assert_eq!(
            read["norm.num_batches_tracked"].kind(),
            Kind::Int64,
            "{name}"
        );
    }
}

#[test]
fn keeps_integers_as_they_are() {
    let read = pickle::read_bytes(&bytes("integers.pth")).expect("weights");
    let kinds: Vec<_> = read
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor.kind()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("bool", Kind::Uint8), // as from safetensors
            ("int16", Kind::Int16),
            ("int32", Kind::Int),
            ("int64", Kind::Int64),
            ("int8", Kind::Int8),
            ("uint8", Kind::Uint8),
        ]
    );
}

#[test]
fn tied_weights_share_their_memory() {
    for name in ["views.pth", "legacy_views.pth"] {
        let read = pickle::read_bytes(&bytes(name)).expect("weights");
        assert_eq!(
            read["tied"].data_ptr(),
            read["tied_too"].data_ptr(),
            "{name}"
        );
    }
}

#[test]
fn equals_safetensors_bit_for_bit() {
    let network = [
        env!("CARGO_MANIFEST_DIR"),
        "tests/data/model/net1.safetensors",
    ];
    let expected = Tensor::read_safetensors(network.iter().collect::<PathBuf>()).expect("weights");
    let read = pickle::read_bytes(&bytes("net1.pth")).expect("weights");
    assert_eq!(expected.len(), read.len());
    for (name, tensor) in expected {
        let of_pickle = &read[&name];
        assert_eq!(
            (tensor.kind(), tensor.size()),
            (of_pickle.kind(), of_pickle.size()),
            "{name}"
        );
        let raw = |tensor: &Tensor| {
            let mut raw = vec![0u8; tensor.numel() * tensor.kind().elt_size_in_bytes()];
            tensor.copy_data_u8(&mut raw, tensor.numel());
            raw
        };
        assert_eq!(raw(&tensor), raw(of_pickle), "{name}");
    }
}

#[test]
fn refuses_python_objects_and_says_how_to_save_weights() {
    for name in ["object.pth", "legacy_object.pth"] {
        let (fault, hint) = refusal(name);
        assert_eq!(
            fault,
            "it holds a whole Python object, of the class `__main__.Net`, which needs code to be loaded"
        );
        assert!(
            hint.contains("`torch.save(model.state_dict(), \"model.pth\")`"),
            "{hint}"
        );
        assert!(hint.contains("torch.export.save("), "{hint}");
    }
    let (fault, hint) = refusal("script.pt");
    assert_eq!(fault, "it is TorchScript, which holds code");
    assert!(hint.contains("torch.export.save("), "{hint}");
}

#[test]
fn refuses_what_runs_code_and_runs_nothing() {
    for (name, function) in [
        ("system.pth", "posix.system"),
        ("legacy_eval.pth", "__builtin__.eval"),
    ] {
        let (fault, _) = refusal(name);
        let expected = format!(
            "it asks Python to run `{function}`, which no state dict does; nothing of it was executed"
        );
        assert_eq!(fault, expected);
    }
    assert!(!std::path::Path::new("/tmp/pickle_was_run").exists());
}

#[test]
fn says_what_a_file_without_weights_holds() {
    assert_eq!(
        refusal("tensor.pth").0,
        "expected tensors by name, found a tensor only"
    );
    let expected = "expected tensors by name, found a dict of `arguments`, `epoch`";
    assert_eq!(refusal("epoch.pth").0, expected);
    let expected = "it holds tensors of a kind that is not supported (`torch.ComplexFloatStorage`)";
    assert_eq!(refusal("complex.pth").0, expected);
    let kind = "`torch._utils._rebuild_sparse_tensor`";
    assert!(refusal("sparse.pth").0.contains(kind));
}

#[test]
fn goes_wherever_safetensors_goes() {
    let source = |name, architecture: Option<&str>| {
        Source::new(file(name), [3, 64, 64]).with_architecture(architecture)
    };
    match load(&source("zip.pth", None)).err() {
        Some(ModelError::ArchitectureMissing { fits, .. }) => assert_eq!(fits, ""),
        other => panic!("{other:?}"),
    }
    match load(&source("legacy.pth", Some("resnet18"))).err() {
        Some(ModelError::WeightsDoNotFit { faults, .. }) => {
            let missing = faults
                .iter()
                .any(|fault| fault.text == "`conv1.weight` is missing");
            assert!(missing, "{faults:?}");
        }
        other => panic!("{other:?}"),
    }
    let architecture = [env!("CARGO_MANIFEST_DIR"), "tests/data/model/net1.json.gz"];
    let architecture = std::fs::read(architecture.iter().collect::<PathBuf>()).expect("a file");
    let architecture = cnn_report::model::Architecture::from_bytes("net1", &architecture);
    let architecture = architecture.expect("an architecture");
    let loaded = cnn_report::model::load::load_into(&source("net1.pth", None), &architecture);
    let loaded = loaded.expect("weights that fit");
    assert_eq!(loaded.provenance.format, "PyTorch state dict");
    assert!(loaded.weights.len() > 4);
}
