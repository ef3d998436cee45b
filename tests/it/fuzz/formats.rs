//! Each format's real files and the way in which the program reads them.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use cnn_report::load_network;
use cnn_report::model::load::{self, pickle, torchscript};
use cnn_report::model::{Architecture, Device, Model, Source};
use cnn_report::picture::{Input, Preprocessing, Resize};
use cnn_report::plan::Overrides;

use super::mutate::{Original, Random};

/// One format.
pub struct Format {
    pub name: &'static str,
    /// Below `tests/data`.
    files: &'static [&'static str],
    /// Whether the file was taken; the function handed in is to be called between reading it and trying it.
    read: fn(&Given, &dyn Fn()) -> bool,
}

const RECOGNISED: &str = "formats that are only recognised";

/// A changed file.
pub struct Given<'a> {
    pub file: &'a Path,
    pub bytes: &'a [u8],
    /// Which of the format's files it was.
    which: usize,
    seed: u64,
}

pub const FORMATS: &[Format] = &[
    Format {
        name: "pt2",
        files: &[
            "model/net1.pt2",
            "model/branches.pt2",
            "model/awkward_one.pt2",
        ],
        read: |given, stage| model(given, &[[3, 64, 64], [3, 64, 64], [3, 8, 8]], stage),
    },
    Format {
        name: "pt2 of 2.5 to 2.8",
        files: &[
            "model/exported_2.5.pt2",
            "model/exported_2.8.pt2",
            "model/plain_2.5.pt2",
        ],
        read: |given, stage| model(given, &[[3, 8, 8]; 3], stage),
    },
    Format {
        name: "onnx",
        files: &["onnx/net1.onnx", "onnx/lists.onnx", "onnx/scopes.onnx"],
        read: |given, stage| model(given, &[[3, 64, 64], [3, 16, 16], [3, 16, 16]], stage),
    },
    Format {
        name: "onnx of whole numbers and of one axis",
        files: &[
            "onnx/qlinear_conv.onnx",
            "onnx/q_conv_integer.onnx",
            "onnx/conv_one_axis.onnx",
            "onnx/microsoft_conv_sum.onnx",
            "onnx/microsoft_gemm.onnx",
        ],
        read: |given, stage| model(given, &[[3, 8, 8]; 5], stage),
    },
    Format {
        name: "pt2 with other endings",
        files: &[
            "outside/t03_exp_logsoftmax.pt2",
            "outside/safety/pre.pt2",
            "outside/safety/frozen.pt2",
        ],
        read: |given, stage| model(given, &[[3, 64, 64], [3, 32, 32], [3, 32, 32]], stage),
    },
    Format {
        name: "onnx with external data",
        files: &["onnx/external.onnx", "onnx/external.data"],
        read: external,
    },
    Format {
        name: "safetensors",
        files: &["model/net1.safetensors"],
        read: weights,
    },
    Format {
        name: "pth as zip",
        files: &[
            "pickle/net1.pth",
            "pickle/checkpoint.pth",
            "pickle/views.pth",
        ],
        read: weights,
    },
    Format {
        name: "pth of before 1.6",
        files: &[
            "pickle/legacy.pth",
            "pickle/legacy_checkpoint.pth",
            "pickle/legacy_views.pth",
        ],
        read: |given, _| pickle::read_bytes(given.bytes).is_ok(),
    },
    Format {
        name: "TorchScript, before libtorch",
        files: &["model/traced.pt", "model/scripted.pt", "pickle/script.pt"],
        read: |given, _| torchscript::check(given.bytes).is_ok(),
    },
    Format {
        name: "architecture",
        files: &["model/net1.json.gz"],
        read: architecture,
    },
    Format {
        name: "array as photo",
        files: &[
            "inspect/logits.npy",
            "input/grey.safetensors",
            "input/wide.safetensors",
        ],
        read: photo,
    },
    Format {
        name: "layers",
        files: &["model/sequential.yaml"],
        read: layers,
    },
    Format {
        name: RECOGNISED,
        files: &[
            "model/net1_golden.safetensors",
            "onnx/broken.zip",
            "picture/grey.png",
        ],
        read: recognised,
    },
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

impl Format {
    pub fn originals(&self) -> Vec<Original> {
        let read = |name: &&str| Original::new(std::fs::read(data(name)).unwrap());
        self.files.iter().map(read).collect()
    }

    /// Whether these files are of formats that are told apart and not read.
    pub fn is_refused(&self) -> bool {
        self.name == RECOGNISED
    }

    /// The bytes of one seed, and which of the files they were.
    pub fn changed(&self, originals: &[Original], seed: u64) -> (Vec<u8>, usize) {
        let mut random = Random(seed);
        let which = random.below(originals.len());
        let other = random.below(originals.len());
        let bytes = originals[which].mutated(&originals[other], &mut random);
        (bytes, which)
    }

    pub fn read(
        &self,
        file: &Path,
        bytes: &[u8],
        which: usize,
        seed: u64,
        stage: &dyn Fn(),
    ) -> bool {
        std::fs::write(file, bytes).unwrap();
        let given = Given {
            file,
            bytes,
            which,
            seed,
        };
        (self.read)(&given, stage)
    }
}

fn tried(source: Source, as_exported: bool, stage: &dyn Fn()) -> bool {
    let source = match as_exported {
        true => source.as_exported(),
        false => source,
    };
    let Ok(loaded) = load::load(&source) else {
        return false;
    };
    stage();
    Model::new(loaded, &source, Device::Cpu).is_ok()
}

fn model(given: &Given, shapes: &[[i64; 3]], stage: &dyn Fn()) -> bool {
    let source = Source::new(given.file, shapes[given.which]);
    tried(source, given.seed.is_multiple_of(4), stage)
}

fn external(given: &Given, stage: &dyn Fn()) -> bool {
    let folder = given.file.parent().unwrap();
    for name in ["external.onnx", "external.data"] {
        std::fs::copy(data(&format!("onnx/{name}")), folder.join(name)).unwrap();
    }
    let changed = ["external.onnx", "external.data"][given.which];
    std::fs::write(folder.join(changed), given.bytes).unwrap();
    let source = Source::new(folder.join("external.onnx"), [4, 9, 8]);
    tried(source, true, stage)
}

fn weights(given: &Given, stage: &dyn Fn()) -> bool {
    let graph = std::fs::read(data("model/net1.json.gz")).unwrap();
    let architecture = Architecture::from_bytes("net1", &graph).unwrap();
    let source = Source::new(given.file, [3, 64, 64]);
    // The whole state dict, whether or not it fits.
    let read = !given.bytes.starts_with(b"PK") || pickle::read_bytes(given.bytes).is_ok();
    let Ok(loaded) = load::load_into(&source, &architecture) else {
        return read && given.bytes.starts_with(b"PK");
    };
    stage();
    Model::new(loaded, &source, Device::Cpu).is_ok()
}

/// Changed packed, or unpacked and packed again.
fn architecture(given: &Given, stage: &dyn Fn()) -> bool {
    let mut bytes = given.bytes.to_vec();
    if !given.seed.is_multiple_of(8) {
        let original = std::fs::read(data("model/net1.json.gz")).unwrap();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&original[..])
            .read_to_end(&mut text)
            .unwrap();
        let text = super::mutate::mutated(&text, &text, &mut Random(given.seed));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&text).unwrap();
        bytes = packed.finish().unwrap();
    }
    let Ok(architecture) = Architecture::from_bytes("net1", &bytes) else {
        return false;
    };
    let source = Source::new(data("model/net1.safetensors"), [3, 64, 64]);
    let Ok(loaded) = load::load_into(&source, &architecture) else {
        return false;
    };
    stage();
    Model::new(loaded, &source, Device::Cpu).is_ok()
}

fn photo(given: &Given, _: &dyn Fn()) -> bool {
    let Ok(input) = Input::open(given.file, None) else {
        return false;
    };
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: 4,
            width: 4,
        },
        ..Preprocessing::default()
    };
    // A shape that the network does not take is an answer as well; the array was read.
    let _prepared = input.prepared(given.file, &preprocessing);
    true
}

fn layers(given: &Given, _: &dyn Fn()) -> bool {
    let folder = given.file.parent().unwrap();
    let weights = folder.join("sequential.safetensors");
    if !weights.exists() {
        std::fs::copy(data("model/sequential.safetensors"), &weights).unwrap();
    }
    let layers: String = String::from_utf8_lossy(given.bytes)
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let text = format!(
        "title: T\nquestions: [{{title: Q}}]\nmodel:\n  file: sequential.safetensors\n  \
         input: {{shorter: null, size: [17, 20]}}\n  layers:\n{layers}"
    );
    let report = folder.join("report.yaml");
    std::fs::write(&report, text).unwrap();
    load_network(&report, &Overrides::default()).is_ok()
}

/// The beginnings of other formats before changed bytes.
fn recognised(given: &Given, stage: &dyn Fn()) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"",
        b"\x89HDF\r\n\x1a\n",
        b"\x1c\0\0\0TFL3",
        &[0x08, 1, 0x12],
        &[0x08, 7, 0x12],
        &[0x80, 2],
        b"version https://git-lfs.github.com/spec/v1\n",
        b"<!doctype html>",
        b"<?xml version=\"1.0\"?><net ",
        b"PK\x03\x04",
        b"\xff\0\0\0\0\0\0\0{",
    ];
    let mut bytes = Random(given.seed).of(BEGINNINGS).to_vec();
    bytes.extend_from_slice(given.bytes);
    std::fs::write(given.file, bytes).unwrap();
    tried(Source::new(given.file, [3, 8, 8]), false, stage)
}
