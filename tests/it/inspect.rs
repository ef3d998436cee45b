//! `cnn-report inspect` as its user runs it: what files are, whether scores are right, which preset is.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn data(name: &str) -> PathBuf {
    repository().join("tests/data").join(name)
}

fn inspect(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(repository())
        .args(["--format", "short", "inspect"])
        .args(arguments)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What `--json` prints, with the exit code.
fn answer(arguments: &[&str]) -> (Value, Option<i32>, String) {
    let output = inspect(&[arguments, &["--json"]].concat());
    let told = stderr(&output);
    let object =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{told}"));
    (object, output.status.code(), told)
}

fn folder_with(name: &str, content: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn everything_that_a_file_says_is_told() {
    let (found, code, told) = answer(&["tests/data/model/net1.pt2"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(found["format"], "PyTorch exported program (.pt2)");
    assert!(
        found["written_by"]
            .as_str()
            .unwrap()
            .starts_with("PyTorch 2.")
    );
    assert_eq!(
        found["size_bytes"],
        std::fs::metadata(data("model/net1.pt2")).unwrap().len()
    );
    let network = &found["network"];
    let input = json!({"name": "input", "shape": [null, 3, 64, 64], "free_batch": true});
    assert_eq!(network["input"], input);
    assert_eq!(network["parameters"], 28698);
    let weights = json!([{"dtype": "float32", "tensors": 10, "numbers": 28698}]);
    assert_eq!(network["weights"], weights);
    let most = json!({"operator": "aten.conv2d.default", "count": 4, "runs": true});
    assert_eq!(network["operators"][0], most);
    let classifier = &found["classifier"];
    assert_eq!(classifier["output"]["classes"], 10);
    assert_eq!(classifier["output"]["left_out"], json!([]));
    assert_eq!(classifier["layers"], 13);
    let methods = classifier["methods"].as_array().unwrap();
    assert_eq!(methods.len(), cnn_report::methods().len());
    let refused: Vec<&str> = methods
        .iter()
        .filter(|row| row["runs"] != true)
        .filter_map(|row| row["method"].as_str())
        .collect();
    let of_attention = [
        "attention_rollout",
        "gradient_rollout",
        "generic_attention",
        "legrad",
        "attn_lrp",
        "attention_maps",
    ];
    assert_eq!(refused, of_attention, "{methods:?}");
    assert_eq!(classifier["attention"], Value::Null);
    assert_eq!(found["fault"], Value::Null);
}

#[test]
fn attention_is_told_in_words() {
    let (found, code, told) = answer(&["tests/data/onnx/transformer.onnx"]);
    assert_eq!(code, Some(0), "{told}");
    let expected = "2 layers of 2 heads, written out; 8 × 8 tokens on the photo; \
                    scores are read from all tokens on the photo";
    assert_eq!(found["classifier"]["attention"], expected);
}

#[test]
fn a_report_stands_for_its_model() {
    let (found, code, _) = answer(&["report.yaml"]);
    assert_eq!(code, Some(0));
    assert_eq!(found["architecture"], "squeezenet1_1");
    assert_eq!(found["classifier"]["input_shape"], json!([3, 224, 224]));
    assert_eq!(found["written_by"], Value::Null, "the weights do not say");
}

#[test]
fn what_does_not_load_is_still_told_and_is_exit_code_2() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n";
    let cases: [(&[u8], &str, &str); 4] = [
        (
            b"\x00\x01\x02",
            "of an unknown format",
            "of an unknown format",
        ),
        (
            pointer,
            "Git LFS pointer, not the file itself",
            "git lfs pull",
        ),
        (b"", "empty file", "is empty"),
        (
            b"PK\x03\x04 cut off",
            "zip archive that cannot be opened",
            "damaged",
        ),
    ];
    for (content, format, fault) in cases {
        let (_folder, path) = folder_with("model.pt2", content);
        let (found, code, told) = answer(&[&path]);
        assert_eq!(code, Some(2), "{told}");
        assert_eq!(found["format"], format);
        assert_eq!(found["size_bytes"], content.len());
        assert!(found["fault"].as_str().unwrap().contains(fault), "{found}");
        assert!(
            told.contains(fault) && told.starts_with("cnn-report: error: "),
            "{told}"
        );
    }
    let missing = inspect(&["nowhere.pt2"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("cannot read `nowhere.pt2`"));
    let (found, code, told) = answer(&["models/squeezenet1_1.safetensors"]);
    assert_eq!((code, &found["network"]), (Some(2), &Value::Null));
    assert!(told.contains("that fit `squeezenet1_1`"), "{told}");
}

/// net1.pt2 with another text in its graph.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let file = std::fs::File::open(data("model/net1.pt2")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut written = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        if name.contains("/models/") {
            let text = String::from_utf8(content).unwrap();
            assert!(text.contains(from));
            content = text.replace(from, to).into_bytes();
        }
        written.start_file(name, options).unwrap();
        written.write_all(&content).unwrap();
    }
    written.finish().unwrap().into_inner()
}

#[test]
fn every_node_that_cannot_run_is_named_with_its_module() {
    let content = changed("aten.relu.default", "aten.bernoulli.default");
    let (_folder, path) = folder_with("model.pt2", &content);
    let (found, code, told) = answer(&[&path]);
    assert_eq!(code, Some(2), "{told}");
    let unsupported = found["network"]["unsupported"].as_array().unwrap();
    assert_eq!(unsupported.len(), 4, "{unsupported:?}");
    assert_eq!(unsupported[0]["operator"], "aten.bernoulli.default");
    assert_eq!(unsupported[0]["module"], "relu1");
    assert_eq!(found["classifier"], Value::Null);
    let text = String::from_utf8(inspect(&[&path]).stdout).unwrap();
    assert!(
        text.contains("cannot run") && text.contains("in `relu4`"),
        "{text}"
    );
}

#[test]
fn methods_are_tried_with_what_they_require_and_no_more() {
    let channels = answer(&["tests/data/model/net1.pt2", "--input", "1x64x64"]);
    assert_eq!(channels.1, Some(2));
    assert!(
        channels
            .2
            .contains("does not run on an input of [1, 1, 64, 64]"),
        "{}",
        channels.2
    );
    let (found, _, _) = answer(&["tests/data/model/net1.pt2"]);
    let tried = |name: &str| {
        let rows = found["classifier"]["methods"].as_array().unwrap();
        rows.iter().find(|row| row["method"] == name).unwrap()["tried_with"].clone()
    };
    assert_eq!(tried("filters"), json!({"layer": "gap", "filters": [0]}));
    assert_eq!(tried("saliency"), json!({}));
}

fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let padding = 64 - (10 + header.len() + 1) % 64;
    let header = format!("{header}{}\n", " ".repeat(padding));
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn golden(name: &str) -> Vec<f32> {
    let tensors = tch::Tensor::read_safetensors(data("model/net1_golden.safetensors")).unwrap();
    let found = tensors
        .into_iter()
        .find(|(known, _)| known == name)
        .unwrap();
    Vec::try_from(&found.1.flatten(0, -1)).unwrap()
}

#[test]
fn scores_of_pytorch_are_compared() {
    let (folder, input) = folder_with("input.npy", &npy("(2, 3, 64, 64)", &golden("input")));
    let logits = data("inspect/logits.npy");
    let compare = |expect: &str, more: &[&str]| {
        let arguments = [
            "tests/data/model/net1.pt2",
            "--verify",
            &input,
            "--expect",
            expect,
        ];
        answer(&[&arguments[..], more].concat())
    };
    let (found, code, told) = compare(logits.to_str().unwrap(), &[]);
    assert_eq!(code, Some(0), "{told}");
    let found = &found["verification"];
    assert_eq!(
        (&found["rows"], &found["top1_agree"]),
        (&json!(2), &json!(2))
    );
    assert!(found["relative"].as_f64().unwrap() < 1e-5, "{found}");

    // Another score in row 1, class 7.
    let mut wrong = golden("logits");
    wrong[17] += 1.0;
    let expect = folder.path().join("wrong.npy");
    std::fs::write(&expect, npy("(2, 10)", &wrong)).unwrap();
    let expect = expect.to_str().unwrap();
    let (found, code, _) = compare(expect, &[]);
    assert_eq!(code, Some(1));
    let found = &found["verification"];
    assert_eq!(
        (&found["holds"], &found["rows_beyond"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(
        (&found["beyond"][0]["row"], &found["beyond"][0]["class"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(compare(expect, &["--tolerance", "1"]).1, Some(0));
}

/// As another program gives them that runs the whole file.
#[test]
fn probabilities_are_compared_with_what_the_file_gives() {
    let tensors = tch::Tensor::read_safetensors(data("model/awkward.safetensors")).unwrap();
    let numbers = |name: &str| -> Vec<f32> {
        let (_, tensor) = tensors.iter().find(|(known, _)| known == name).unwrap();
        Vec::try_from(&tensor.flatten(0, -1)).unwrap()
    };
    let (folder, input) = folder_with("input.npy", &npy("(2, 3, 8, 8)", &numbers("input")));
    let expect = folder.path().join("expect.npy");
    std::fs::write(&expect, npy("(2, 3)", &numbers("probabilities"))).unwrap();
    for file in ["awkward_any.pt2", "traced.pt"] {
        let model = format!("tests/data/model/{file}");
        let expect = expect.to_str().unwrap();
        let arguments = [
            &model, "--input", "3x8x8", "--verify", &input, "--expect", expect,
        ];
        let (found, code, told) = answer(&arguments);
        assert_eq!(code, Some(0), "{file}: {told}");
        assert_eq!(found["verification"]["compared"], "probabilities", "{file}");
    }
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let (folder, input) = folder_with("input.npy", &npy("(2, 3, 64, 64)", &golden("input")));
    let refused = |input: &str, expect: &Path| {
        let expect = expect.to_str().unwrap();
        let output = inspect(&[
            "tests/data/model/net1.pt2",
            "--verify",
            input,
            "--expect",
            expect,
        ]);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    let logits = data("inspect/logits.npy");
    let flat = folder.path().join("flat.npy");
    std::fs::write(&flat, npy("(2, 3)", &[0.0; 6])).unwrap();
    assert!(refused(&input, &flat).contains("gives [2, 10] scores, [2, 3] are expected"));
    assert!(refused(flat.to_str().unwrap(), &logits).contains("[N, C, H, W] or [C, H, W]"));
    assert!(
        refused(&input, &data("model/net1.pt2")).contains("is not an array; expected a `.npy`")
    );
    // A shape of 4 GB in a file of 128 bytes.
    let large = folder.path().join("large.npy");
    std::fs::write(&large, npy("(100000, 10000)", &[])).unwrap();
    assert!(refused(&input, &large).contains("100000 × 10000 numbers are declared"));
    let alone = inspect(&["tests/data/model/net1.pt2", "--verify", &input]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(stderr(&alone).contains("--expect"), "{}", stderr(&alone));
}

/// The 159 labelled photos of the repository: a wrong preset costs a fifth of those that are right, or more.
#[test]
fn the_preset_of_the_shipped_network_is_found() {
    let arguments = [
        "report.yaml",
        "--try",
        "photos/labelled",
        "--groups",
        "photos/groups.yaml",
    ];
    let output = inspect(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" of 159 "))
        .collect();
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row.split(' ').next().unwrap())
        .collect();
    assert_eq!((names[0], names.len()), ("imagenet,", 18), "{text}");
    let right = |row: &str| -> usize {
        let (before, _) = row.split_once(" of 159 ").unwrap();
        before.split_whitespace().last().unwrap().parse().unwrap()
    };
    // 96 of 159, as the confusion matrix of the same photos, whichever way of resampling; the other order of
    // the colours 74.
    let of = |name: &str| {
        rows.iter()
            .find(|row| row.starts_with(&format!("{name}  ")))
    };
    assert_eq!(right(of("imagenet").unwrap()), right(rows[0]), "{text}");
    assert!(right(rows[0]) >= 90, "{text}");
    assert!(right(of("imagenet, bgr").unwrap()) <= 80, "{text}");
    let lines = "  input:\n    preset: imagenet\n    size: [224, 224]\n    shorter: 256\n";
    assert!(text.contains(lines), "{text}");
}

#[test]
fn photos_that_do_not_tell_are_said_not_to() {
    let (folder, list) = folder_with("labels.csv", b"a.webp,3\nb.webp,5\n");
    let copy = |from: &str, to: &str| {
        std::fs::copy(data(from), folder.path().join(to)).unwrap();
    };
    copy("picture/coffee.webp", "a.webp");
    copy("picture/chelsea.webp", "b.webp");
    let folder_name = Path::new(&list).parent().unwrap().to_str().unwrap();
    let (found, code, told) = answer(&["tests/data/model/net1.pt2", "--try", folder_name]);
    assert_eq!(code, Some(0), "{told}");
    let rows = found["trial"]["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &found["trial"]["photos"]), (18, &json!(2)));
    assert_eq!(rows[0]["p_value"], Value::Null);
    let told_apart = |row: &&Value| row["p_value"].as_f64().is_some_and(|p| p < 0.05);
    assert_eq!(rows.iter().filter(told_apart).count(), 0);
    let output = inspect(&["tests/data/model/net1.pt2", "--try", folder_name]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Take `"), "{text}");
    let nowhere = inspect(&["tests/data/model/net1.pt2", "--try", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
}
