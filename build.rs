//! Puts the folder of libtorch into the run path of the binary and the tests, so that no
//! LD_LIBRARY_PATH is needed, and tells the program which libtorch it was built with.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed=build.rs");
    let libtorch = std::env::var_os("LIBTORCH").map(PathBuf::from);
    let version = libtorch
        .as_deref()
        .and_then(version)
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=LIBTORCH_VERSION={version}");
    if let Some(libtorch) = libtorch {
        let libraries = std::fs::canonicalize(libtorch.join("lib")).unwrap_or(libtorch.join("lib"));
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
    }
}

/// `major.minor.patch` out of libtorch's own header.
fn version(libtorch: &Path) -> Option<String> {
    let header = libtorch.join("include/torch/headeronly/version.h");
    let text = std::fs::read_to_string(header).ok()?;
    let number = |name: &str| {
        let line = text
            .lines()
            .find(|l| l.starts_with(&format!("#define {name} ")))?;
        line.split_whitespace().nth(2).map(str::to_owned)
    };
    let parts = [
        "TORCH_VERSION_MAJOR",
        "TORCH_VERSION_MINOR",
        "TORCH_VERSION_PATCH",
    ]
    .map(number);
    Some(parts.into_iter().collect::<Option<Vec<_>>>()?.join("."))
}
