//! Puts the folder of libtorch into the run path of the binary and the tests, so that no
//! LD_LIBRARY_PATH is needed, tells the program which libtorch it was built with, and lists the built-in
//! architectures and the tables of strings.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script by its environment, and crate::fs is not built yet"
)]

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed=build.rs");
    list_architectures();
    list_strings();
    sign_model_sources();
    let libtorch = std::env::var_os("LIBTORCH").map(PathBuf::from);
    let version = libtorch
        .as_deref()
        .and_then(version)
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=LIBTORCH_VERSION={version}");
    if let Some(libtorch) = libtorch {
        compile_cpp(&libtorch);
        let libraries = std::fs::canonicalize(libtorch.join("lib")).unwrap_or(libtorch.join("lib"));
        // First beside the program, where `make dist` puts the libraries.
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
        link_cuda(&libraries);
    }
}

/// No symbol of ours names `libtorch_cuda.so`, so the linker would leave it out, and with it every card: a library
/// registers its kernels by being loaded.
fn link_cuda(libraries: &Path) {
    if libraries.join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-arg=-L{}", libraries.display());
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-ltorch_cuda");
        println!("cargo:rustc-link-arg=-ltorch");
    }
}

/// What tch does not bind of libtorch, in C++; a compiler is there, for tch needs one too.
fn compile_cpp(libtorch: &Path) {
    const FILES: [&str; 2] = [
        "src/model/card/settings.cpp",
        "src/model/winograd/gradient.cpp",
    ];
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let include = libtorch.join("include");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .warnings(false) // of libtorch's headers
        .include(include.join("torch/csrc/api/include"))
        .include(include)
        .files(FILES)
        .compile("cnn_report_cpp");
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

/// `BUILT_IN`: name and content of each file in `models/architectures/`, by name.
fn list_architectures() {
    let variable = |name| PathBuf::from(std::env::var_os(name).expect("cargo sets it"));
    let folder = variable("CARGO_MANIFEST_DIR").join("models/architectures");
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = std::fs::read_dir(&folder).expect("the architectures are part of the source");
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            Some((file.strip_suffix(".json.gz")?.to_owned(), entry.path()))
        })
        .collect();
    files.sort();
    let rows = files
        .iter()
        .map(|(name, path)| format!("    ({name:?}, include_bytes!({path:?})),\n"));
    let table = format!(
        "/// Name and content of the files in `models/architectures/`.\n\
         const BUILT_IN: &[(&str, &[u8])] = &[\n{}];\n",
        rows.collect::<String>()
    );
    let target = variable("OUT_DIR").join("architectures.rs");
    std::fs::write(target, table).expect("the folder of build output can be written to");
}

/// `TABLES`: name and content of each file in `templates/methods/` and `templates/results/`, by name.
fn list_strings() {
    let variable = |name| PathBuf::from(std::env::var_os(name).expect("cargo sets it"));
    let mut files = Vec::new();
    for kind in ["methods", "results"] {
        let folder = variable("CARGO_MANIFEST_DIR").join("templates").join(kind);
        println!("cargo:rerun-if-changed={}", folder.display());
        let entries = std::fs::read_dir(&folder).expect("the templates are part of the source");
        files.extend(entries.flatten().filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let name = file.strip_suffix(".yaml")?.to_owned();
            Some((name, format!("{kind}/{file}"), entry.path()))
        }));
    }
    files.sort();
    let rows = files
        .iter()
        .map(|(name, file, path)| format!("    ({name:?}, {file:?}, include_str!({path:?})),\n"));
    let table = format!(
        "/// Name, file below `templates/` and content of each table.\n\
         const TABLES: &[(&str, &str, &str)] = &[\n{}];\n",
        rows.collect::<String>()
    );
    let target = variable("OUT_DIR").join("strings.rs");
    std::fs::write(target, table).expect("the folder of build output can be written to");
}

/// `MODEL_SOURCES`: a number that changes whenever the code does that reads networks and finds their facts. Facts
/// that other code found are not used, without anybody having to raise a version.
fn sign_model_sources() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = folder.join("src/model");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)
            .expect("the sources can be read")
            .flatten()
        {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => files.push(path),
            }
        }
    }
    files.sort();
    let mut hasher = std::hash::DefaultHasher::new(); // its keys are fixed
    for file in files {
        std::fs::read(file)
            .expect("the sources can be read")
            .hash(&mut hasher);
    }
    println!("cargo:rustc-env=MODEL_SOURCES={:016x}", hasher.finish());
}
