//! One binary for all integration tests: linking libtorch once is enough.
// clippy.toml allows it in tests, but not in the functions that tests share.
#![allow(clippy::unwrap_used)]

mod architectures;
mod arrays;
mod blueprints;
mod cli;
mod evaluate;
mod explain;
mod export_tool;
mod figure;
mod fuzz;

mod input;
mod inspect;
mod layering;
mod lime;
mod model;
mod networks;
mod onnx;
mod pickle;
mod picture;
mod render;
mod shipped;
mod strings;
mod torchscript;
