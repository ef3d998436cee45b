//! Networks that went wrong in the hands of their owners, as a user runs them; `tests/data/outside/safety/README.md`
//! says what is right.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn data(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/outside/safety");
    folder.join(name)
}

/// A report of one figure.
struct Case {
    folder: TempDir,
}

struct Answer {
    /// `None` where a signal ended the process.
    code: Option<i32>,
    messages: String,
    /// The Markdown page; empty where none was written.
    page: String,
}

impl Case {
    /// `input` is YAML in one line, empty for none.
    fn new(model: &str, input: &str, images: &[&str], figure: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = match input {
            "" => String::new(),
            input => format!(", input: {input}"),
        };
        let images = images.iter().map(|name| {
            let id = name.trim_end_matches(".png");
            format!("  - {{id: {id}, file: '{}'}}\n", data(name).display())
        });
        let text = format!(
            "title: t\nmodel: {{file: '{}'{input}}}\nimages:\n{}questions:\n  - title: q\n    figures:\n      - {figure}\n",
            data(model).display(),
            images.collect::<String>()
        );
        std::fs::write(folder.path().join("report.yaml"), text).unwrap();
        Self { folder }
    }

    fn run(&self, command: &str) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
            .current_dir(self.folder.path())
            .args(["--format", "short", command, "report.yaml"])
            .output()
            .unwrap();
        let page = self.folder.path().join("build/report.md");
        Answer {
            code: output.status.code(),
            messages: String::from_utf8_lossy(&output.stderr).into_owned(),
            page: std::fs::read_to_string(page).unwrap_or_default(),
        }
    }

    /// `check` and `build` refuse it alike, and say all of this.
    fn is_refused(&self, with: &[&str]) {
        for command in ["check", "build"] {
            let answer = self.run(command);
            assert!(
                matches!(answer.code, Some(1 | 2)),
                "{command}: {:?}",
                answer.code
            );
            for text in with {
                assert!(
                    answer.messages.contains(text),
                    "{command}: `{text}` in {}",
                    answer.messages
                );
            }
            assert_eq!(answer.page, "");
        }
    }

    /// `check` and `build` accept it; what they say and the page.
    fn is_built(&self) -> Answer {
        let checked = self.run("check");
        assert_eq!(checked.code, Some(0), "{}", checked.messages);
        let built = self.run("build");
        assert_eq!(built.code, Some(0), "{}", built.messages);
        built
    }
}

const PLAIN: &str = "{preset: unit, size: 32, resize: stretch}";

#[test]
fn a_gradient_that_is_cut_off_is_refused_by_the_node_that_cuts_it() {
    let saliency = |model| Case::new(model, PLAIN, &["red.png"], "saliency: {}");
    saliency("frozen.pt2").is_refused(&[
        "no gradient of the scores",
        "aten.detach",
        "report.yaml:8:",
    ]);
    saliency("int_float.onnx").is_refused(&["no gradient of the scores", "aten.to.dtype"]);
    saliency("int_scores.onnx").is_refused(&["no gradient of the scores reaches the photo"]);
    let figures = [
        "deep_dream: {layer: m.1, octaves: 1, image: red, steps: 2}",
        "filters: {layer: m.1, filters: [0], steps: 2}",
    ];
    for figure in figures {
        let case = Case::new("detach_input.pt2", PLAIN, &["red.png"], figure);
        case.is_refused(&["no gradient of layer `m.1`", "aten.detach"]);
    }
}

#[test]
fn a_network_without_gradients_still_has_scores() {
    for model in ["frozen.pt2", "int_float.onnx"] {
        let case = Case::new(model, PLAIN, &["red.png"], "predictions: {}");
        assert!(case.is_built().page.contains("%"), "{model}");
    }
}

#[test]
fn scores_that_depend_on_company_are_refused() {
    let case = Case::new(
        "bn_no_stats.onnx",
        "{preset: unit, size: 64, resize: stretch}",
        &["red.png"],
        "predictions: {}",
    );
    case.is_refused(&[
        "depend on the other photos of its batch",
        "node `",
        "call `model.eval()` before exporting",
    ]);
    let case = Case::new("bn.pt2", PLAIN, &["red.png"], "predictions: {}");
    case.is_refused(&["call `model.eval()`", "`b`"]);
}

#[test]
fn scores_that_are_not_finite_name_photo_and_node() {
    let input = "{preset: unit, size: 64, resize: stretch}";
    let says = &["`flat`: ", "not finite", "node `"];
    let first = Case::new("std.onnx", input, &["flat.png"], "predictions: {}");
    first.is_refused(says);
    let photos = &["red.png", "flat.png"];
    let later = Case::new("std.onnx", input, photos, "predictions: {}");
    later.is_refused(says);
}

#[test]
fn a_network_of_one_size_is_not_dreamed_in_others() {
    let input = "{preset: unit, size: 128, resize: stretch}";
    let case = |figure| Case::new("pos.onnx", input, &["red.png"], figure);
    let only = "takes 128 × 128 px only";
    case("deep_dream: {layer: c, image: red, steps: 2}").is_refused(&[only, "`octaves: 1`"]);
    case("filters: {layer: c, filters: [0], steps: 2, size: 96}")
        .is_refused(&[only, "`size: 128`"]);
    case("filters: {layer: c, filters: [0], parameterisation: fourier, steps: 2}")
        .is_refused(&[only, "`parameterisation: pixels`"]);
    case("deep_dream: {layer: c, image: red, steps: 2, octaves: 1}").is_built();
}

#[test]
fn levels_and_channels_last_give_the_same_in_every_format() {
    for model in ["u8nchw.onnx", "u8nhwc.onnx", "u8nchw.pt2"] {
        let input = "{preset: unit, scale: 1, size: 32, resize: stretch}";
        let case = Case::new(model, input, &["red.png"], "predictions: {}");
        let built = case.is_built();
        assert!(built.page.contains("2 32.4%"), "{model}: {}", built.page);
        assert!(!built.messages.contains("warning"), "{}", built.messages);
        let case = Case::new(model, PLAIN, &["red.png"], "predictions: {}");
        let warned = case.run("check").messages;
        assert!(warned.contains("divides by 255"), "{model}: {warned}");
        assert!(warned.contains("scale: 1"), "{model}: {warned}");
    }
}

#[test]
fn normalising_twice_is_warned_of() {
    for model in ["tvnorm.onnx", "pre.pt2"] {
        let case = Case::new(
            model,
            "{size: 32, resize: stretch}",
            &["red.png"],
            "predictions: {}",
        );
        let warned = case.is_built().messages;
        for text in [
            "[0.485, 0.456, 0.406]",
            "[0.229, 0.224, 0.225]",
            "preset: unit",
        ] {
            assert!(warned.contains(text), "{model}: `{text}` in {warned}");
        }
        let built = Case::new(model, PLAIN, &["red.png"], "predictions: {}").is_built();
        assert!(!built.messages.contains("warning"), "{}", built.messages);
        assert!(built.page.contains("0 48.3%, 2 33.6%"), "{model}");
    }
}

#[test]
fn the_size_is_that_of_the_file() {
    let case = |input| Case::new("net.pt2", input, &["red.png"], "predictions: {}").is_built();
    let stretched = case("{resize: stretch}");
    assert!(
        stretched.page.contains("0 48.3%, 2 33.6%"),
        "{}",
        stretched.page
    );
    assert!(
        stretched
            .page
            .contains("3 × 32 × 32; height and width are those")
    );
    assert!(
        !stretched.messages.contains("warning"),
        "{}",
        stretched.messages
    );
    assert!(
        case("").page.contains("0 48.3%, 2 33.6%"),
        "a square photo as a whole"
    );
    let other = case("{size: 224}");
    assert!(
        other
            .messages
            .contains("exported for 32 × 32 px and runs on 224 × 224 px"),
        "{}",
        other.messages
    );
}

#[test]
fn rounding_is_not_shown_as_evidence() {
    let case = Case::new("certain.safetensors", "X", &["certain.png"], "X");
    let text = format!(
        "title: t\nmodel:\n  file: '{}'\n  layers:\n    - {{type: Conv2d, out_channels: 6, kernel_size: 1}}\n    \
         - {{type: ReLU}}\n    - {{type: AdaptiveAvgPool2d, output_size: 1}}\n    - {{type: Flatten}}\n    \
         - {{type: Linear, out_features: 3}}\n  input: {PLAIN}\nimages:\n  - {{id: a, file: '{}'}}\nquestions:\n  \
         - title: q\n    figures:\n      - lime: {{samples: 300, segmenter: slic, hide: [200, 0, 0], slic: {{n_segments: 16}}}}\n",
        data("certain.safetensors").display(),
        data("certain.png").display()
    );
    std::fs::write(case.folder.path().join("report.yaml"), text).unwrap();
    let page = case.is_built().page;
    assert!(page.contains("There is nothing to explain"), "{page}");
    assert!(
        page.contains("for 2: 0 segments") && !page.contains("e−1"),
        "{page}"
    );
}
