//! A first report of a user's own network and photos.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn cnn_report(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder)
        .args(["--format", "short"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    (code, text(&output.stdout), text(&output.stderr))
}

/// net1 and its photos, with names that YAML would read as something else.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(data(from), to).unwrap();
    };
    copy("model/net1.pt2", "models/my net: 1.pt2");
    copy("picture/coffee.webp", "photos/12.webp");
    copy("picture/chelsea.webp", "photos/貓 #1.webp");
    copy("picture/coffee.webp", "labelled/3/a.webp");
    copy("picture/chelsea.webp", "labelled/7/b.webp");
    folder
}

#[test]
fn init_writes_a_report_that_is_built_and_can_be_built_again() {
    let folder = project();
    let model = ["--model", "models/my net: 1.pt2"];
    let images = ["--images", "photos", "--labelled", "labelled"];
    let arguments = [&["init"][..], &model, &images, &["--quiet"]].concat();
    let (code, _, said) = cnn_report(folder.path(), &arguments);
    assert_eq!(code, 0, "{said}");
    let spec = std::fs::read_to_string(folder.path().join("report.yaml")).unwrap();
    for part in [
        "file: \"models/my net: 1.pt2\"",
        "{id: photo-12, file: photos/12.webp}",
        "file: \"photos/貓 #1.webp\"",
        "Tried on labelled photos",
        "- grad_cam: {id: grad_cam}",
        "- lime: {id: lime, samples: 300, images: [photo-12, ",
        "parameterisation: fourier",
        "confusion_matrix: {id: confusion, data: labelled}",
    ] {
        assert!(spec.contains(part), "{part} is not in\n{spec}");
    }
    let page = std::fs::read_to_string(folder.path().join("build/report.html")).unwrap();
    assert!(page.contains("What my net: 1 sees"));
    // It is there now, and stays as it is.
    let (code, _, said) = cnn_report(folder.path(), &arguments);
    assert_eq!(code, 2);
    assert!(
        said.contains("is there already") && said.contains("--force"),
        "{said}"
    );
    let (code, printed, said) = cnn_report(folder.path(), &["check"]);
    assert_eq!((code, printed.as_str()), (0, "no faults found\n"), "{said}");
}

#[test]
fn explain_needs_no_yaml() {
    let folder = project();
    let arguments = [
        "explain",
        "photos/12.webp",
        "--model",
        "models/my net: 1.pt2",
    ];
    let more = ["--language", "zh-TW", "--title", "我的 網路"];
    let (code, printed, said) = cnn_report(folder.path(), &[&arguments[..], &more].concat());
    assert_eq!(code, 0, "{said}");
    for file in [
        "explanation/report.yaml",
        "explanation/report.html",
        "explanation/report.md",
    ] {
        assert!(printed.contains(file), "{file} is not in {printed}");
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    let page = std::fs::read_to_string(folder.path().join("explanation/report.html")).unwrap();
    assert!(page.contains("我的 網路") && page.contains("哪些區域支持這個類別"));
}

/// The same keys and entries in each language, so that each builds what the English one builds.
#[test]
fn a_draft_is_the_same_report_in_every_language() {
    let folder = project();
    let mut entries = Vec::new();
    for (language, title) in [
        ("en", "What my net: 1 sees"),
        ("ja", "my net: 1 は何を見ているか"),
        ("zh-CN", "my net: 1 看到了什么"),
        ("zh-TW", "my net: 1 看到了什麼"),
    ] {
        let file = format!("{language}.yaml");
        let arguments = [
            "init",
            "--model",
            "models/my net: 1.pt2",
            "--images",
            "photos",
            "--labelled",
            "labelled",
            "--no-build",
            "--output",
            &file,
            "--language",
            language,
        ];
        let (code, _, said) = cnn_report(folder.path(), &arguments);
        assert_eq!(code, 0, "{said}");
        let spec = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(
            spec.contains(title) && spec.contains(&format!("language: {language}")),
            "{spec}"
        );
        let (code, printed, said) = cnn_report(folder.path(), &["check", &file]);
        assert_eq!((code, printed.as_str()), (0, "no faults found\n"), "{said}");
        let lines = spec.lines().map(str::trim);
        entries.push(
            lines
                .filter(|line| line.starts_with("- {") || line.contains(": {id:"))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
    }
    assert!(
        entries[0].len() > 5 && entries.windows(2).all(|two| two[0] == two[1]),
        "{entries:?}"
    );
}

/// Nothing is written where the network cannot be used, or there is no photo.
#[test]
fn what_cannot_be_explained_is_said_and_leaves_nothing() {
    let folder = project();
    std::fs::write(folder.path().join("not a model.pt2"), "text").unwrap();
    for (arguments, said) in [
        (
            vec!["init", "--model", "not a model.pt2", "--images", "photos"],
            "inspect",
        ),
        (
            vec![
                "init",
                "--model",
                "models/my net: 1.pt2",
                "--images",
                "models",
            ],
            "holds no photo",
        ),
        (vec!["init", "--model", "models/my net: 1.pt2"], "--images"),
        (
            vec!["init", "--model", "missing.pt2", "--images", "photos"],
            "missing.pt2",
        ),
        (
            vec![
                "explain",
                "photos/missing.png",
                "--model",
                "models/my net: 1.pt2",
            ],
            "missing.png",
        ),
    ] {
        let (code, _, found) = cnn_report(folder.path(), &arguments);
        assert_eq!(code, 2, "{arguments:?}: {found}");
        assert!(found.contains(said), "{arguments:?}: {found}");
        assert!(!folder.path().join("report.yaml").exists());
    }
}

#[test]
fn methods_are_listed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (code, printed, _) = cnn_report(folder.path(), &["methods"]);
    assert_eq!(code, 0);
    for entry in cnn_report::methods() {
        assert!(
            printed.contains(&format!("{} ", entry.name)),
            "{}",
            entry.name
        );
    }
    let (code, printed, _) = cnn_report(folder.path(), &["methods", "lime"]);
    assert_eq!(code, 0);
    assert!(
        printed.contains("`samples`") && printed.contains("Ribeiro"),
        "{printed}"
    );
    let (code, _, said) = cnn_report(folder.path(), &["methods", "salinecy"]);
    assert_eq!(code, 2);
    assert!(said.contains("`saliency`"), "{said}");
}

#[test]
fn the_machine_the_shells_and_man_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, printed, said) = cnn_report(folder.path(), &["doctor"]);
    assert_eq!(code, 0, "{said}");
    for row in [
        "libtorch",
        "device",
        "threads",
        "free memory",
        "can be written to",
    ] {
        assert!(printed.contains(row), "{row} is not in {printed}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let (code, printed, _) = cnn_report(folder.path(), &["completions", shell]);
        assert!(code == 0 && printed.contains("explain"), "{shell}");
    }
    let (code, printed, _) = cnn_report(folder.path(), &["man"]);
    assert!(code == 0 && printed.starts_with(".ie") && printed.contains("completions"));
}
