//! State dicts as training programs write them.

use std::path::Path;

use super::{cnn_report, data, folder_of};

fn layers_of_the_docs() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/weights.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, behind) = page.split_once("```yaml\n").unwrap();
    behind.split_once("```").unwrap().0.to_owned()
}

/// Exit code and messages of `check` for the network of docs/weights.md with the weights of this file, and
/// whether its scores are PyTorch's.
fn checked(weights: &str, more: &str) -> (i32, String, bool) {
    let file = format!("{weights}.pth");
    let folder = folder_of(&[
        &format!("weights/{file}"),
        "weights/input.npy",
        "weights/scores.npy",
    ]);
    let model = layers_of_the_docs().replace("plain.pth", &format!("{file}{more}"));
    let report = format!("title: t\n{model}questions: [{{title: q}}]\n");
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    let (code, printed) = cnn_report(folder.path(), &["check", "report.yaml"]);
    let verify = [
        "inspect",
        "report.yaml",
        "--verify",
        "input.npy",
        "--expect",
        "scores.npy",
    ];
    let verified = code == 0 && cnn_report(folder.path(), &verify).0 == 0;
    (code, printed, verified)
}

#[test]
fn wrapped_and_prefixed_weights_are_read() {
    for name in [
        "plain",
        "argparse",
        "backbone",
        "classes_inside",
        "classifier_key",
        "legacy",
        "lightning",
        "list",
        "module_orig_mod",
        "net_prefix",
        "orig_mod",
        "params",
        "state",
        "tuple",
    ] {
        let (code, printed, verified) = checked(name, "");
        assert!(code == 0 && verified, "{name}: {printed}");
        assert!(!printed.contains("also holds"), "{name}: {printed}");
    }
}

#[test]
fn where_several_sets_fit_the_choice_is_said_and_can_be_made() {
    let (code, printed, verified) = checked("ema", "");
    assert!(code == 0 && verified, "{printed}");
    assert!(
        printed.contains("the weights are those of `model`; the file also holds `ema`"),
        "{printed}"
    );
    let (code, printed, verified) = checked("ema", "\n  weights: ema");
    assert!(
        code == 0 && verified && !printed.contains("also holds"),
        "{printed}"
    );
    let (code, printed, _) = checked("two_nets", "");
    assert_eq!(code, 2, "{printed}");
    assert!(
        printed.contains("several sets of weights: `student`, `teacher`")
            && printed.contains("model: weights: KEY"),
        "{printed}"
    );
    let (code, printed, verified) = checked("two_nets", "\n  weights: teacher");
    assert!(code == 0 && verified, "{printed}");
    let (code, printed, _) = checked("ema", "\n  weights: emma");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("no weights under `emma`"), "{printed}");
}

#[test]
fn what_is_too_much_is_named_alone_and_a_whole_model_is_refused() {
    let (code, printed, _) = checked("with_extra_head", "");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("`aux.weight` is unexpected"), "{printed}");
    assert!(!printed.contains("is missing"), "{printed}");
    let (code, printed, _) = checked("whole", "");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("a whole Python object"), "{printed}");
}

#[test]
fn a_file_of_weights_is_listed_with_the_ways_to_name_its_network() {
    let folder = folder_of(&["weights/ema.pth"]);
    let (code, printed) = cnn_report(folder.path(), &["inspect", "ema.pth"]);
    assert_eq!(code, 2);
    for part in [
        "4 tensors under `model`:",
        "conv.weight  [4, 3, 3, 3]",
        "under `ema`",
        "architecture: ",
        "layers: [",
        "graph: ",
        "tools/export.py",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let (_, printed) = cnn_report(folder.path(), &["inspect", "ema.pth", "--weights", "ema"]);
    assert!(printed.contains("4 tensors under `ema`:"), "{printed}");
    let (_, printed) = cnn_report(folder.path(), &["inspect", "ema.pth", "--weights", "emma"]);
    assert!(printed.contains("no weights under `emma`"), "{printed}");
    let resnet = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/squeezenet1_1.safetensors");
    let (_, printed) = cnn_report(folder.path(), &["inspect", resnet.to_str().unwrap()]);
    assert!(printed.contains("They fit `squeezenet1_1`."), "{printed}");
    assert!(
        printed.contains("and 32 more (--json has all)"),
        "{printed}"
    );
    assert!(data("weights").is_dir());
}

#[test]
fn a_file_of_data_is_not_taken_for_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let x = tch::Tensor::zeros([60, 19], (tch::Kind::Float, tch::Device::Cpu));
    tch::Tensor::write_safetensors(&[("x", x)], folder.path().join("data.safetensors")).unwrap();
    let (code, printed) = cnn_report(folder.path(), &["inspect", "data.safetensors"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("1 tensor:"), "{printed}");
    assert!(printed.contains("the file seems to hold data"), "{printed}");
}
