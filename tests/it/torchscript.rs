//! A whole report on a file of TorchScript: what needs layers is left out, everything else is there.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const REPORT: &str = "\
title: T
language: LANGUAGE
model:
  file: net.pt
  input: {shorter: null, size: [8, 8]}
images:
  - {id: coffee, file: coffee.webp}
  - {id: cat, file: cat.webp}
questions:
  - title: Q
    figures:
      - photos:
      - predictions: {top: 3}
      - saliency:
      - lime: {samples: 40}
      - confusion_matrix: {data: labelled}
      - activation_maps: {layer: 0, filters: [0]}
      - filters: {layer: 0, filters: [0], steps: 2}
      - deep_dream: {image: cat, layer: 0, filter: 0, steps: 2}
";

/// Lines of `report.yaml` with what only layers could answer.
const LEFT_OUT: [(usize, &str); 3] = [(17, "activation_maps"), (18, "filters"), (19, "deep_dream")];

fn project(model: &str, language: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (from, to) in [
        (&*format!("model/{model}"), "net.pt"),
        ("picture/coffee.webp", "coffee.webp"),
        ("picture/chelsea.webp", "cat.webp"),
        ("picture/coffee.webp", "labelled/0/a.webp"),
        ("picture/chelsea.webp", "labelled/2/b.webp"),
    ] {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(data.join(from), to).unwrap();
    }
    let report = REPORT.replace("LANGUAGE", language);
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    folder
}

/// Exit code, standard output and standard error.
fn run(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder.path())
        .args(["--format", "short"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn assert_warned(told: &str) {
    let warnings: Vec<&str> = told
        .lines()
        .filter(|line| line.contains(": warning: "))
        .collect();
    let [probabilities, left_out @ ..] = warnings.as_slice() else {
        panic!("no warnings in {told}")
    };
    assert!(
        probabilities.starts_with("report.yaml:4:9: warning: the network gives probabilities"),
        "{told}"
    );
    assert_eq!(left_out.len(), LEFT_OUT.len(), "{told}");
    for (warning, (line, method)) in left_out.iter().zip(LEFT_OUT) {
        let begin = format!("report.yaml:{line}:9: warning: `{method}` is left out");
        assert!(warning.starts_with(&begin), "{warning}");
        assert!(warning.contains("torch.export.save("), "{warning}");
    }
}

#[test]
fn a_report_is_made_and_figures_of_layers_are_notices() {
    for (model, language, left_out) in [
        ("traced.pt", "en", "is left out: it needs the layers"),
        ("scripted.pt", "zh-TW", "未列出：此方法需要網路的各層"),
    ] {
        let folder = project(model, language);
        let (code, _, told) = run(&folder, &["build", "--quiet"]);
        assert_eq!(code, Some(0), "{model}: {told}");
        assert_warned(&told);
        let page =
            |name: &str| std::fs::read_to_string(folder.path().join("build").join(name)).unwrap();
        for page in [page("report.html"), page("report.md")] {
            assert_eq!(page.matches(left_out).count(), LEFT_OUT.len(), "{model}");
            assert!(page.contains("torch.export.save("), "{model}");
            // Photos, predictions, saliency, LIME and the confusion matrix have figures.
            let pictures = page.matches("<img ").count()
                + page.matches("![").count()
                + page.matches("<svg ").count();
            assert!(pictures >= 5, "{model}: {pictures} pictures");
        }
    }
}

#[test]
fn a_check_warns_and_succeeds() {
    let folder = project("traced.pt", "en");
    let (code, printed, told) = run(&folder, &["check"]);
    assert_eq!((code, &*printed), (Some(0), "no faults found\n"), "{told}");
    assert_warned(&told);
}

#[test]
fn inspect_tells_which_methods_cannot_run_and_why() {
    let folder = project("scripted.pt", "en");
    let (code, printed, told) = run(&folder, &["inspect"]);
    assert_eq!(code, Some(0), "{told}");
    for (method, runs) in [
        ("saliency", true),
        ("lime", true),
        ("activation_maps", false),
        ("filters", false),
        ("deep_dream", false),
    ] {
        let line = printed.lines().find(|line| line.starts_with(method));
        let answer = line.unwrap()[method.len()..].trim_start();
        let expected = match runs {
            true => answer == "yes",
            false => answer.starts_with("no: it needs the layers of the network"),
        };
        assert!(expected, "{method}: {answer}");
    }
}

#[test]
fn bf16_is_refused_where_it_is_asked_for() {
    let folder = project("traced.pt", "en");
    let file = folder.path().join("report.yaml");
    let report = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("precision: bf16\n{report}")).unwrap();
    let (code, _, told) = run(&folder, &["check"]);
    assert_eq!(code, Some(2), "{told}");
    assert_eq!(
        told,
        "report.yaml:1:12: error: TorchScript networks run in float32 only; choose `precision: fp32`\n"
    );
}
