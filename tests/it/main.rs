//! One binary for all integration tests: linking libtorch once is enough.
// clippy.toml allows it in tests, but not in the functions that tests share.
#![allow(clippy::unwrap_used)]

mod architectures;
mod blueprints;
mod cli;
mod evaluate;
mod explain;
mod figure;
mod layering;
mod lime;
mod model;
mod onnx;
mod pickle;
mod picture;
mod render;
mod shipped;
mod strings;
