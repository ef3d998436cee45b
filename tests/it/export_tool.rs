//! `tools/export.py` as far as it goes without PyTorch; `tools/test_export.py` tests the rest where there is one.

use std::path::Path;
use std::process::{Command, Output};

use cnn_report::method_schemas;
use cnn_report::spec::{Additions, Document, InputSpec, Interpolation, SizeSpec, Spec};

/// Python without its site-packages: PyTorch cannot be there.
fn python(arguments: &[&str]) -> Output {
    Command::new("python3")
        .args(["-S", "-B"])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools"))
        .output()
        .expect("python3, which also fetches libtorch")
}

fn stdout(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a report says whose `model:` block is the lines that the tool prints for these arguments.
fn printed(arguments: &str) -> Spec {
    let code = format!("import export; print(export.report_lines({arguments}), end='')");
    let lines = stdout(&python(&["-c", &code]));
    let text = format!("title: T\n{lines}questions:\n  - title: Q\n");
    let mut document = Document::new(Path::new("report.yaml"), text.clone());
    document
        .parse(&method_schemas(), &Additions::NONE)
        .unwrap_or_else(|faults| panic!("{faults:?} in\n{text}"))
}

#[test]
fn the_lines_it_prints_are_a_model_block_of_report_yaml() {
    let colour = printed("'net.pt2', (3, 224, 224), 1000").model;
    assert_eq!(colour.file, Path::new("net.pt2"));
    assert_eq!(sizes(&colour.input), (Some(Some(256)), Some((224, 224))));
    assert_eq!(colour.input.mean, Some(vec![0.485, 0.456, 0.406]));
    let grey = printed("'數字: \"a\" #1.pt2', (1, 28, 20), 10").model;
    assert_eq!(grey.file, Path::new("數字: \"a\" #1.pt2"));
    assert_eq!(sizes(&grey.input), (Some(Some(32)), Some((28, 20))));
    assert_eq!(grey.input.mean, Some(vec![0.5]));
    assert_eq!(grey.input.std, Some(vec![0.5]));
    let known =
        "{'mean': [0.1, 0.2, 0.3], 'std': [1, 2, 3], 'shorter': 232, 'interpolation': 'bicubic'}";
    let known = printed(&format!("'a.pt2', (3, 200, 200), 4, {known}")).model;
    assert_eq!(sizes(&known.input), (Some(Some(232)), Some((200, 200))));
    assert_eq!(known.input.std, Some(vec![1.0, 2.0, 3.0]));
    assert_eq!(known.input.interpolation, Some(Interpolation::Bicubic));
}

/// `shorter` and `size` as they are written.
type Sizes = (Option<Option<usize>>, Option<(usize, usize)>);

fn sizes(input: &InputSpec) -> Sizes {
    (input.shorter, input.size.map(SizeSpec::height_and_width))
}

#[test]
fn without_pytorch_it_says_so_and_fails() {
    let output = python(&["export.py", "package.module:name"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.starts_with("error: PyTorch is missing; "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let wrong = python(&["export.py", "package.module:name", "--input", "3x224"]);
    assert_eq!(wrong.status.code(), Some(2));
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(told.contains("3x224x224 would be right"), "{told}");
}

#[test]
fn its_help_names_every_option() {
    let help = stdout(&python(&["export.py", "--help"]));
    for option in ["--weights", "--input", "--output", "--arguments", "--trust"] {
        assert!(help.contains(option), "{option} is missing in\n{help}");
    }
}

/// The oldest PyTorch whose files we read, in the README, is the oldest that the tool runs with.
#[test]
fn it_takes_the_pytorch_that_the_readme_names() {
    let oldest = stdout(&python(&[
        "-c",
        "import export; print(*export.OLDEST_TORCH, sep='.')",
    ]));
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let expected = format!(
        "`.pt2` of `torch.export.save`, PyTorch {} to ",
        oldest.trim()
    );
    assert!(readme.contains(&expected), "{expected}");
}

/// PyTorch 2.5 has `Dim("batch")` only, later ones `Dim.DYNAMIC`.
#[test]
fn a_batch_of_any_size_is_asked_for_as_each_pytorch_knows_it() {
    let code = "
import export, types
class Named:
    def __init__(self, name): self.name = name
class Later(Named):
    DYNAMIC = 'dynamic'
torch = lambda dim: types.SimpleNamespace(export=types.SimpleNamespace(Dim=dim))
print(export.free_dimension(torch(Named)).name, export.free_dimension(torch(Later)))
";
    assert_eq!(stdout(&python(&["-c", code])), "batch dynamic\n");
}
