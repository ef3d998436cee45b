//! What cannot be run is refused with a reason; no bytes end in a panic, a hang or a full memory.

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{data, load, networks, relative};
use cnn_report::model::Model;
use tch::{Device, Kind, Tensor};

/// Name of the network in `broken.zip` and what the error says.
const REFUSED: &[(&str, &str)] = &[
    (
        "external_parent",
        "`../outside.bin`, which is not a file in the model's folder",
    ),
    (
        "external_deep_parent",
        "which is not a file in the model's folder",
    ),
    (
        "external_absolute",
        "`/etc/passwd`, which is not a file in the model's folder",
    ),
    (
        "external_link",
        "`link.bin`, which is not a file in the model's folder",
    ),
    (
        "external_folder",
        "`folder`, which is not a file in the model's folder",
    ),
    ("external_missing", "nowhere.bin"),
    (
        "external_short",
        "ends beyond the 128 bytes of `inside.bin`",
    ),
    (
        "external_offset",
        "ends beyond the 128 bytes of `inside.bin`",
    ),
    ("external_length", "needs 128 bytes and it declares 120"),
    ("external_text", "its `offset` is not a number"),
    ("dims_negative", "tensor `w`: -2 is not a valid size"),
    (
        "dims_huge",
        "tensor `w`: 1152921504606846976 is not a valid size",
    ),
    ("dims_overflow", "is too large"),
    ("dims_wrong", "does not fit the 128 bytes"),
    ("cycle", "uses `b` in `Add_0` before it is defined"),
    ("twice", "names `y` twice"),
    ("twice_weight", "names `w` twice"),
    ("undefined", "uses `nothing`"),
    ("no_output", "no output that is a tensor"),
    ("two_outputs", "2 outputs: `scores`"),
    ("two_inputs", "2 inputs `x`, `z`"),
    ("no_graph", "it holds no graph"),
    ("no_opset", "does not say which version"),
    (
        "old_opset",
        "opset 6 of ONNX; export it with an opset from 7 to 28",
    ),
    ("future_opset", "opset 99"),
    ("three_axes", "takes a tensor of 3 axes"),
    ("constant", "do not depend on the picture"),
    ("branch", "`If` (node `If_0`) holds a graph of its own"),
    ("loop", "`Loop` (node `Loop_0`) holds a graph of its own"),
    (
        "unknown",
        "operators of opset 13 that are not supported: `Bernoulli` (node `Bernoulli_1`)",
    ),
    ("decision", "gives a class, not scores"),
    ("foreign", "`com.microsoft.Relu`"),
    (
        "attribute",
        "`Conv` (node `Conv_0`, opset 13) uses what is not supported: the attribute `activation`",
    ),
    ("cubic", "the mode `cubic`"),
    (
        "conv_one_axis",
        "Expected 3-dimensional input for 3-dimensional weight",
    ),
    ("training", "call `model.eval()` and export it again"),
    ("not_finite", "32 values that are NaN or infinite"),
    ("channels", "it was exported for [N, 4, 9, 8]"),
    ("text", "elements of the type STRING"),
    (
        "data_dependent",
        "an input 1 that is computed from the picture",
    ),
    ("huge_pad", "the padding"),
    ("huge_expand", "too many numbers"),
    ("huge_range", "it is too long"),
    ("huge_fill", "its value is not the shape of a tensor"),
    ("huge_scale", "a picture of"),
    ("huge_stride", "the attribute `strides`"),
    (
        "huge_outer",
        "the shapes [60000, 1] and [1, 60000] together",
    ),
];

fn zeros() -> Tensor {
    Tensor::zeros([1, 4, 9, 8], (Kind::Float, Device::Cpu))
}

fn error(file: &Path) -> String {
    match load(file, &zeros()) {
        Ok(_) => "it is loaded".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("model");
    std::fs::create_dir_all(folder.join("folder")).unwrap();
    let outside = root.path().join("outside.bin");
    std::fs::write(&outside, [0; 128]).unwrap();
    std::fs::write(folder.join("inside.bin"), [0; 128]).unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("link.bin")).unwrap();
    let file = folder.join("network.onnx");
    let networks = networks("onnx/broken.zip");
    let mut wrong = Vec::new();
    for (name, said) in REFUSED {
        std::fs::write(&file, &networks[*name]).unwrap();
        let error = error(&file);
        if !error.contains(said) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Pictures of bytes are taken by now, and quantised operators.
    for name in ["bytes_input", "quantised"] {
        std::fs::write(&file, &networks[name]).unwrap();
        assert_eq!(error(&file), "it is loaded", "{name}");
    }
    assert_eq!(networks.len(), REFUSED.len() + 2);
}

#[test]
fn weights_in_a_file_beside_the_model_are_read_and_hashed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("external.onnx");
    let beside = folder.path().join("external.data");
    std::fs::copy(data("onnx/external.onnx"), &file).unwrap();
    std::fs::copy(data("onnx/external.data"), &beside).unwrap();
    let model = load(&file, &zeros()).unwrap();
    let input = Tensor::ones([1, 4, 9, 8], (Kind::Float, Device::Cpu));
    let scores = model.scores(&input).unwrap();
    // On ones every pixel of a channel is the sum of its kernel.
    let bytes = std::fs::read(&beside).unwrap();
    let weight = Tensor::from_data_size(&bytes, &[3, 36], Kind::Float);
    let sums = weight
        .sum_dim_intlist(1, true, Kind::Float)
        .expand([3, 42], false)
        .reshape([1, -1]);
    assert!(relative(&scores, &sums) < 1e-5);

    assert_eq!(model.provenance().companions, ["external.data"]);
    let hash = model.provenance().sha256.clone();
    let mut other = bytes.clone();
    other[0] ^= 1;
    std::fs::write(&beside, &other).unwrap();
    assert_ne!(load(&file, &zeros()).unwrap().provenance().sha256, hash);
    std::fs::write(&beside, &bytes[..400]).unwrap();
    assert!(error(&file).contains("ends beyond the 400 bytes of `external.data`"));
}

/// Numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// One to three bytes changed, cut out or put in, or the end cut off.
    fn broken(&mut self, content: &[u8]) -> Vec<u8> {
        let mut content = content.to_vec();
        for _ in 0..=self.below(3) {
            let place = self.below(content.len().max(1));
            match self.below(16) {
                0 => content.truncate(place),
                1 => content.insert(place, self.below(256) as u8),
                2 if place < content.len() => {
                    content.remove(place);
                }
                _ if place < content.len() => content[place] = self.below(256) as u8,
                _ => {}
            }
        }
        content
    }
}

/// Loads `count` broken copies of the networks in turn; returns how many were refused.
fn refused(networks: &[Vec<u8>], count: usize, seed: u64, input: &Tensor) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.onnx");
    let mut numbers = Numbers(seed);
    let mut refused = 0;
    for index in 0..count {
        let content = numbers.broken(&networks[index % networks.len()]);
        std::fs::write(&file, &content).unwrap();
        let begun = Instant::now();
        let sizes = input.size();
        let outcome = catch_unwind(|| {
            let input = Tensor::zeros(&sizes[..], (Kind::Float, Device::Cpu));
            let run = |model: Model| model.scores(&input).map(|_| ());
            load(&file, &input).and_then(run).is_err()
        });
        match outcome {
            Ok(error) => refused += usize::from(error),
            Err(_) => panic!("content {index} of seed {seed} ends in a panic"),
        }
        let elapsed = begun.elapsed();
        assert!(
            elapsed < Duration::from_secs(20),
            "content {index} takes {elapsed:?}"
        );
    }
    refused
}

/// How many contents are tried: `ONNX_FUZZ=100000` for a long run.
fn rounds(usual: usize) -> usize {
    let asked = std::env::var("ONNX_FUZZ")
        .ok()
        .and_then(|text| text.parse().ok());
    asked.unwrap_or(usual)
}

#[test]
fn broken_networks_are_refused_or_run() {
    let networks: Vec<_> = networks("onnx/operators.zip").into_values().collect();
    let count = rounds(4000);
    let refused = refused(&networks, count, 11, &zeros());
    // Most bytes of these small files say something; some are weights or names.
    assert!(refused > count / 3, "{refused} of {count}");
}

#[test]
fn a_broken_export_is_refused_or_runs() {
    let networks =
        ["scopes", "lists"].map(|name| std::fs::read(data(&format!("onnx/{name}.onnx"))).unwrap());
    let input = Tensor::zeros([1, 3, 16, 16], (Kind::Float, Device::Cpu));
    let count = rounds(1000);
    assert!(refused(&networks, count, 12, &input) > count / 10);
}
