//! Ctrl-C while the program computes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A build that would take minutes, as soon as it is at work; its output folder is `out`.
fn long_build(folder: &Path) -> Child {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let spec = format!(
        "title: Long
model:
  file: {data}/model/net1.pt2
  input: {{shorter: null, size: [64, 64]}}
images:
  - {{id: coffee, file: {data}/picture/coffee.webp}}
questions:
  - title: Long
    figures:
      - predictions: {{}}
      - lime: {{samples: 100000}}
",
        data = data.display()
    );
    std::fs::write(folder.join("report.yaml"), spec).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(folder)
        .args(["build", "--output", "out"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The line of the first figure: from here on LIME is at work.
    let mut line = String::new();
    let errors = child.stderr.take().unwrap();
    BufReader::new(errors).read_line(&mut line).unwrap();
    assert!(line.starts_with("[1/2]"), "{line}");
    child
}

fn press_ctrl_c(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Longer than it may take, by as much as a loaded machine may need.
const GENEROUS: Duration = Duration::from_secs(10);

#[test]
fn ctrl_c_ends_a_build_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut build = long_build(folder.path());
    let start = Instant::now();
    press_ctrl_c(&build);
    assert_eq!(build.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < GENEROUS, "{:?}", start.elapsed());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "only report.yaml and the store: {left:?}");
}

#[test]
fn a_second_ctrl_c_ends_a_build_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut build = long_build(folder.path());
    let start = Instant::now();
    press_ctrl_c(&build);
    std::thread::sleep(Duration::from_millis(50)); // signals of a kind that come together are one
    press_ctrl_c(&build);
    assert_eq!(build.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < GENEROUS, "{:?}", start.elapsed());
}
