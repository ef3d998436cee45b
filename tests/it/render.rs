//! The two writers: what must hold of every page and document, shown on a sample report.

#![allow(clippy::unwrap_used)] // clippy.toml's exception knows test functions, not their helpers

mod consistency;
mod contrast;
mod layers;
mod prose;
mod sample;

use std::path::PathBuf;

use cnn_report::render;

/// Writes the sample for a look at it: `cargo test --release --test it render::write_sample -- --ignored`.
#[test]
#[ignore = "writes files, for a look at them"]
fn write_sample() {
    let folder = std::env::var_os("RENDER_SAMPLE").map_or_else(
        || std::env::temp_dir().join("cnn-report-sample"),
        PathBuf::from,
    );
    let pictures = folder.join("report_files");
    cnn_report::fs::create_directory(&pictures).unwrap();
    let report = sample::report("zh-TW");
    let markdown = render::markdown(&report, "report_files").unwrap();
    std::fs::write(
        folder.join("report.html"),
        render::html(&report).unwrap().as_bytes(),
    )
    .unwrap();
    std::fs::write(folder.join("report.md"), markdown.text.as_bytes()).unwrap();
    for (name, content) in &markdown.files {
        std::fs::write(pictures.join(name), content).unwrap();
    }
    eprintln!("{}", folder.display());
}
