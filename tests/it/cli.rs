//! The program as its user runs it, on a small network (net1, ten classes, 64 px) and two photos.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cnn_report(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder)
        .args(["--format", "short"])
        .args(arguments)
        .output()
        .unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const HEAD: &str = "\
title: 小網路
language: zh-TW
model:
  file: net1.pt2
  input: {shorter: null, size: [64, 64]}
images:
  - {id: coffee, file: coffee.webp, name: 咖啡}
  - {id: cat, file: 貓 1.webp}
questions:
";

const EVERY_METHOD: &str = "  - title: 全部方法
    points: 2.5
    prompt: 看圖。
    figures:
      - text: 先看照片。
      - photos:
      - predictions: {top: 3}
      - saliency: {id: saliency}
      - lime: {samples: 60}
      - activation_maps: {layer: conv2, filters: [0, 5]}
      - filters: {layer: conv2, filters: [5], steps: 3}
      - filters: {layer: 3, filters: [5], parameterisation: fourier, steps: 2}
      - deep_dream: {image: cat, layer: conv4, filter: 7, steps: 4, frame_every: 2}
      - deep_dream: {image: cat, layer: conv4, octaves: 2, steps: 2}
      - confusion_matrix: {data: labelled}
    answer: 見{fig:saliency}，**「重點」**在此。
";

/// A folder with the small network, two photos, a labelled set and `report.yaml`.
fn project(questions: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = repository().join("tests/data");
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(data.join(from), to).unwrap();
    };
    copy("model/net1.pt2", "net1.pt2");
    copy("picture/coffee.webp", "coffee.webp");
    copy("picture/chelsea.webp", "貓 1.webp");
    copy("picture/coffee.webp", "labelled/3/a.webp");
    copy("picture/chelsea.webp", "labelled/5/b.webp");
    std::fs::write(
        folder.path().join("report.yaml"),
        format!("{HEAD}{questions}"),
    )
    .unwrap();
    folder
}

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let content = std::fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
            }
        }
    }
    found
}

#[test]
fn every_method_runs_and_a_second_build_gives_the_same_bytes() {
    let project = project(EVERY_METHOD);
    let first = cnn_report(project.path(), &["build"]);
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(
        stderr(&first).contains("[1/10]"),
        "a line a step: {}",
        stderr(&first)
    );
    let one = tree(&project.path().join("build"));
    let second = cnn_report(project.path(), &["build", "--output", "again", "--quiet"]);
    assert!(second.status.success());
    assert_eq!(stderr(&second), "");
    let two = tree(&project.path().join("again"));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    for (path, content) in &one {
        assert!(
            content == &two[path],
            "{} differs between two builds",
            path.display()
        );
    }
    let text = |name: &str| String::from_utf8(one[Path::new(name)].clone()).unwrap();
    let (html, markdown) = (text("report.html"), text("report.md"));
    for page in [&html, &markdown] {
        assert!(page.contains("圖 2"));
        assert!(page.contains("<strong>「重點」</strong>在此"));
        assert!(!page.contains("{fig:"), "a reference stayed unresolved");
        assert!(
            !page.contains(&*project.path().to_string_lossy()),
            "a path of this machine leaked"
        );
    }
    for (path, _) in one
        .iter()
        .filter(|(path, _)| path.starts_with("report_files"))
    {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(markdown.contains(&*name), "{name} is written and not shown");
    }
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let project = project(
        "  - title: Q\n    figures:\n      - saliency: {images: [coffee, catt]}\n      - activation_maps: {layer: conv9, filters: [0]}\n      - filters: {layer: conv2, filters: [5, 99]}\n      - predictions: {top: 3}\n    answer: see {fig:nothing} and ![x](cat.jpg) [y](b.md)\n",
    );
    let output = cnn_report(project.path(), &["build"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    let places: Vec<&str> = told
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        places,
        [
            "report.yaml:12:37",
            "report.yaml:13:34",
            "report.yaml:14:46",
            "report.yaml:16:17",
            "report.yaml:16:40",
            "report.yaml:16:53"
        ],
        "{told}"
    );
    assert!(told.contains("did you mean `cat`?"), "{told}");
    assert!(!project.path().join("build").exists(), "nothing is written");
}

#[test]
fn faults_of_layers_filters_and_files_come_before_computing() {
    let project = project(
        "  - title: Q\n    figures:\n      - activation_maps: {layer: conv9, filters: [0]}\n      - filters: {layer: conv2, filters: [5, 99]}\n      - saliency: {class: 10}\n      - confusion_matrix: {data: nowhere}\n",
    );
    let output = cnn_report(project.path(), &["build"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    for wanted in [
        "report.yaml:12:34: error: there is no layer `conv9`",
        "report.yaml:13:46: error: layer `conv2` (3) has no filter 99; hint: 0 to 31",
        "report.yaml:14:27: error: there is no class 10; the numbers run from 0 to 9",
        "report.yaml:15:34: ",
    ] {
        assert!(told.contains(wanted), "{wanted} is missing in\n{told}");
    }
}

#[test]
fn a_missing_model_and_an_unreadable_photo_are_told_together() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    std::fs::remove_file(project.path().join("net1.pt2")).unwrap();
    std::fs::write(project.path().join("coffee.webp"), "no photo").unwrap();
    let output = cnn_report(project.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(
        told.contains("report.yaml:4:9: error: cannot read `net1.pt2`"),
        "{told}"
    );
    assert!(told.contains("report.yaml:7:24: error: "), "{told}");
}

#[test]
fn a_build_that_cannot_write_leaves_the_old_report() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    let build = project.path().join("build");
    std::fs::create_dir(&build).unwrap();
    std::fs::write(build.join("report.html"), "old").unwrap();
    std::fs::write(
        build.join("report_files"),
        "a file where the folder should be",
    )
    .unwrap();
    let output = cnn_report(project.path(), &["build"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("report_files"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        std::fs::read_to_string(build.join("report.html")).unwrap(),
        "old"
    );
    assert_eq!(tree(&build).len(), 2, "nothing half-written stays");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_found_before_computing() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    let output = cnn_report(project.path(), &["build", "--output", "coffee.webp/below"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!stderr(&output).contains(".tmp"), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("cannot write to `coffee.webp/below`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn layers_are_listed_even_where_the_figures_are_wrong() {
    let project =
        project("  - title: Q\n    figures:\n      - filters: {layer: wrong, filters: [0]}\n");
    let output = cnn_report(project.path(), &["layers"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains(
            "     3  conv2    Conv2d             32 × 32 × 32       32        4640                8"
        ),
        "{table}"
    );
    assert_eq!(table.lines().count(), 14, "a header and thirteen layers");
}

#[test]
fn layers_of_a_model_file_are_those_of_a_report_that_names_it() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    std::fs::rename(
        project.path().join("net1.pt2"),
        project.path().join("net1.yaml"), // what is in the file decides
    )
    .unwrap();
    let file = cnn_report(project.path(), &["layers", "net1.yaml"]);
    assert!(file.status.success(), "{}", stderr(&file));
    std::fs::rename(
        project.path().join("net1.yaml"),
        project.path().join("net1.pt2"),
    )
    .unwrap();
    let report = cnn_report(project.path(), &["layers", "report.yaml"]);
    assert_eq!(file.stdout, report.stdout);
    let grey = cnn_report(
        project.path(),
        &["layers", "net1.pt2", "--input", "1x64x64"],
    );
    let told = stderr(&grey);
    assert_eq!(grey.status.code(), Some(2));
    assert!(
        told.starts_with(
            "cnn-report: error: the network does not run on an input of [1, 1, 64, 64]"
        ),
        "{told}"
    );
    let options = cnn_report(project.path(), &["layers", "--architecture", "vgg16"]);
    assert_eq!(options.status.code(), Some(2));
    assert!(
        stderr(&options).contains("`--architecture` applies to model files only"),
        "{}",
        stderr(&options)
    );
    for [option, value] in [["--weights", "ema"], ["--model-output", "scores"]] {
        let given = cnn_report(project.path(), &["layers", option, value]);
        let told = stderr(&given);
        assert!(
            told.contains(&format!("`{option}` applies to model files only")),
            "{told}"
        );
    }
}

#[test]
fn layers_as_json_have_the_keys_that_are_documented() {
    let model = repository().join("models/squeezenet1_1.safetensors");
    let arguments = ["--architecture", "squeezenet1_1", "--json", "--all"];
    let arguments = [&["layers", model.to_str().unwrap()], &arguments[..]].concat();
    let output = cnn_report(repository(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["input_shape"], serde_json::json!([3, 224, 224]));
    assert_eq!(object["classes"], 1000);
    let layers = object["layers"].as_array().unwrap();
    let expected = serde_json::json!({
        "number": 0, "name": "features.0", "kind": "Conv2d", "output_shape": [1, 64, 111, 111],
        "filters": 64, "parameters": 1792, "receptive_field": 3
    });
    assert_eq!(layers[0], expected);
    let last = layers.iter().find(|layer| layer["name"] == "classifier.3");
    assert_eq!(last.unwrap()["receptive_field"], "all");
    let page = std::fs::read_to_string(repository().join("docs/commands.md")).unwrap();
    let keys = object.as_object().unwrap().keys();
    for key in keys.chain(layers[0].as_object().unwrap().keys()) {
        assert!(
            page.contains(&format!("`{key}`")),
            "{key} is not in docs/commands.md"
        );
    }
    assert_eq!(object["containers"][0]["kind"], "Sequential");
    assert!(object["nodes"].as_array().unwrap().len() > layers.len());
}

#[test]
fn a_device_that_is_not_there_is_an_error() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    let output = cnn_report(project.path(), &["check", "--device", "cuda:99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("the device `cuda:99` is not available"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_precision_is_checked_and_shown() {
    let project = project("  - title: Q\n    figures:\n      - predictions:\n");
    let wrong = cnn_report(project.path(), &["check", "--precision", "fp16"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = stderr(&wrong);
    assert!(
        said.contains("unknown precision `fp16`; expected `fp32`, `bf16` or `auto`"),
        "{said}"
    );
    let output = cnn_report(project.path(), &["build", "--precision", "bf16"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let page = std::fs::read_to_string(project.path().join("build/report.md")).unwrap();
    for said in [
        "有標籤的照片）為 bf16",
        "2 張照片中有 2 張的預測類別與 fp32 相同",
    ] {
        assert!(page.contains(said), "{page}");
    }
}

#[test]
fn included_files_patterns_defaults_and_settings_make_one_report() {
    let folder = project("");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "model.yaml",
        "model: {file: net1.pt2, input: {shorter: null, size: [64, 64]}}\ndefaults: {saliency: {reduction: sum}}\n",
    );
    write(
        "report.yaml",
        "include: model.yaml\ntitle: T\nimages: \"*.webp\"\nsets: {cups: [coffee]}\nquestions:\n  - title: Q\n    figures:\n      - saliency: {id: map, images: cups}\noutput: {formats: [json]}\n",
    );
    let build = |set: &[&str]| {
        let set = set.iter().flat_map(|setting| ["--set", setting]);
        let arguments: Vec<&str> = ["build", "--quiet", "--why"]
            .into_iter()
            .chain(set)
            .collect();
        cnn_report(folder.path(), &arguments)
    };
    let built = build(&[]);
    assert!(built.status.success(), "{}", stderr(&built));
    let report = || -> serde_json::Value {
        let text = std::fs::read(folder.path().join("build/report.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let first = report();
    let figure = &first["figures"][0];
    assert_eq!(figure["units"].as_array().unwrap().len(), 1);
    assert_eq!(figure["units"][0]["photo"], "coffee");
    assert_eq!(figure["parameters"]["view"]["reduction"], "sum");
    // Only what a setting changes is computed again.
    let again = build(&["map.images=[coffee, 貓-1]", "title=New"]);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(said.contains("ran map/"), "{said}");
    assert!(!said.contains("ran map/coffee"), "{said}");
    let second = report();
    assert_eq!(second["title"], "New");
    let photos = second["photos"].as_array().unwrap().iter();
    let names: Vec<_> = photos.map(|photo| &photo["name"]).collect();
    assert_eq!(names, ["coffee", "貓 1"]);
    let wrong = build(&["map.reduction=sun"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).starts_with("--set map.reduction=sun: error: expected one of"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn the_reference_page_is_what_the_program_says() {
    let output = cnn_report(repository(), &["reference"]);
    let page = std::fs::read_to_string(repository().join("docs/report-yaml.md")).unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told == page,
        "run `cnn-report reference > docs/report-yaml.md`"
    );
}

#[test]
fn the_shipped_report_has_no_fault() {
    let output = cnn_report(repository(), &["check", "report.yaml"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Every command whose `--help` stands in docs/commands.md, as it is.
#[test]
fn watching_builds_after_each_change_of_what_the_report_names() {
    let folder = project("  - {title: Q, figures: [predictions: {images: [coffee]}]}\n");
    let page = folder.path().join("build/report.md");
    let mut watching = std::process::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder.path())
        .args(["watch", "--quiet"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = |what: &str, is_so: &dyn Fn(&str) -> bool| {
        for _ in 0..1200 {
            let text = std::fs::read_to_string(&page).unwrap_or_default();
            if is_so(&text) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{what} was not built in two minutes");
    };
    until("the first report", &|text| text.contains("小網路"));
    let spec = folder.path().join("report.yaml");
    let text = std::fs::read_to_string(&spec).unwrap();
    // A fault in between ends nothing.
    std::fs::write(&spec, text.replace("title: 小網路", "titel: 3")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::fs::write(&spec, text.replace("小網路", "新題目")).unwrap();
    until("the new title", &|text| text.contains("新題目"));
    let before = std::fs::read_to_string(&page).unwrap();
    let photo = |name: &str| folder.path().join(name);
    std::fs::copy(photo("貓 1.webp"), photo("coffee.webp")).unwrap();
    until("the new photo", &|text| {
        text.contains("新題目") && text != before
    });
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn a_new_photo_that_fits_the_pattern_is_a_change() {
    let folder = project("");
    let spec = "title: T\nmodel: {file: net1.pt2, input: {shorter: null, size: [64, 64]}}\nimages: more/*.webp\nquestions: [{title: Q, figures: [predictions: ]}]\noutput: {formats: [markdown]}\n";
    std::fs::write(folder.path().join("report.yaml"), spec).unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    let add = |name: &str| {
        let to = folder.path().join("more").join(name);
        std::fs::copy(folder.path().join("coffee.webp"), to).unwrap();
    };
    add("one.webp");
    let mut watching = std::process::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder.path())
        .args(["watch", "--quiet"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let page = folder.path().join("build/report.md");
    let shows = |name: &str| {
        (0..1200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            std::fs::read_to_string(&page).is_ok_and(|text| text.contains(name))
        })
    };
    let first = shows("one");
    add("two.webp");
    let second = shows("two");
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(first && second, "{first} {second}");
    // A photo that is not there is told before anything is written.
    let none = cnn_report(
        folder.path(),
        &["explain", "nope.jpg", "--model", "net1.pt2"],
    );
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("there is no photo `nope.jpg`"));
    assert!(!folder.path().join("explanation").exists());
    let comment = cnn_report(
        folder.path(),
        &["build", "-q", "--comment", "build/report.md"],
    );
    assert!(!comment.status.success());
    assert!(stderr(&comment).contains("is the report itself"));
}

#[test]
fn a_report_is_compared_with_another() {
    let folder = project(
        "  - {title: Q, figures: [predictions: , saliency: {id: map}]}\noutput: {formats: [json]}\n",
    );
    let run = |arguments: &[&str]| cnn_report(folder.path(), arguments);
    for (output, set) in [
        ("one", "seed=0"),
        ("two", "seed=0"),
        ("three", "map.class=3"),
    ] {
        let built = run(&["build", "-q", "-o", output, "--set", set]);
        assert!(built.status.success(), "{}", stderr(&built));
    }
    let same = run(&["diff", "one", "two"]);
    assert_eq!(same.status.code(), Some(0));
    assert_eq!(same.stdout, b"no difference\n");
    let other = run(&["diff", "one", "three/report.json"]);
    assert_eq!(other.status.code(), Some(1));
    let told = String::from_utf8(other.stdout).unwrap();
    assert!(
        told.starts_with("settings\n  map.class: predicted → 3\n"),
        "{told}"
    );
    assert!(
        told.contains("\nmaps\n  map/coffee map: largest difference "),
        "{told}"
    );
    for file in std::fs::read_dir(folder.path().join("two/report_data")).unwrap() {
        std::fs::write(file.unwrap().path(), "").unwrap();
    }
    let broken = run(&["diff", "one", "two"]);
    assert_eq!(broken.status.code(), Some(1));
    let told = String::from_utf8(broken.stdout).unwrap();
    assert!(told.contains("it is no `.npy` file"), "{told}");
    assert_eq!(
        run(&["diff", "one", "two", "--tolerance", "nan"])
            .status
            .code(),
        Some(2)
    );
    let none = run(&["diff", "one", "labelled"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        stderr(&none).contains("the folder holds no report.json"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn no_example_has_a_fault() {
    let examples = repository().join("examples");
    let store = tempfile::tempdir().unwrap();
    let mut checked = Vec::new();
    for entry in std::fs::read_dir(&examples).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let report = examples.join(&name).join("report.yaml");
        // The network of `vgg16` is fetched by `make example`.
        if !report.is_file() || name == "vgg16" {
            continue;
        }
        let report = report.to_str().unwrap();
        let store = store.path().to_str().unwrap();
        let output = cnn_report(&examples, &["check", report, "--store", store]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        checked.push(name);
    }
    checked.sort();
    assert_eq!(
        checked,
        ["all-methods", "classifier", "quickstart", "transformer"]
    );
}

#[test]
fn the_page_of_commands_is_what_they_say_themselves() {
    let page = std::fs::read_to_string(repository().join("docs/commands.md")).unwrap();
    for command in [
        "build",
        "check",
        "values",
        "cache",
        "layers",
        "inspect",
        "init",
        "explain",
        "methods",
        "doctor",
        "completions",
    ] {
        let output = cnn_report(repository(), &[command, "--help"]);
        let help = String::from_utf8(output.stdout).unwrap();
        let block = format!("```text\n$ cnn-report {command} --help\n{help}```\n");
        assert!(
            page.contains(&block),
            "docs/commands.md should hold\n{block}"
        );
    }
}

/// Progress for other programs: every step begins and ends as an event, with how long it took and what was run.
#[test]
fn progress_is_told_as_events_where_that_is_asked_for() {
    let folder = project("  - title: A\n    figures: [{predictions: {top: 3}}, {saliency: {}}]\n");
    let run = |more: &[&str]| {
        let arguments = [&["build", "report.yaml"], more].concat();
        let output = cnn_report(folder.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let events = |told: &str| -> Vec<serde_json::Value> {
        let lines = told.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let first = events(&run(&["--log", "json"]));
    let ends = |event: &&serde_json::Value| event["event"] == "finished";
    let finished: Vec<_> = first.iter().filter(ends).collect();
    assert_eq!(finished.len(), 2, "{first:?}");
    for (at, event) in finished.iter().enumerate() {
        assert_eq!(
            (&event["step"], &event["steps"]),
            (&(at + 1).into(), &2.into())
        );
        assert!(event["seconds"].as_f64().unwrap() >= 0.0);
    }
    assert_eq!(finished[0]["ran"], 2);
    assert!(first.iter().any(|event| event["event"] == "started"));
    let again = events(&run(&["--log", "json"]));
    assert!(
        again.iter().filter(ends).all(|event| event["ran"] == 0),
        "{again:?}"
    );
    assert_eq!(
        events(&run(&["--log", "json", "--quiet"])),
        Vec::<serde_json::Value>::new()
    );
    assert!(run(&["--fresh"]).contains("[1/2] "));
}
