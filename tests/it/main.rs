//! One binary for all integration tests: linking libtorch once is enough.
// clippy.toml allows it in tests, but not in the functions that tests share.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods)] // tests make files, ask for the time and read their settings

mod architectures;
mod arrays;
mod attributions;
mod bench;
mod blueprints;
mod budget;
mod cli;
mod committed;
mod concepts;
mod contract;
mod data_faults;
mod data_set;
mod diagnostics;
mod docs;
mod early;
mod encode;
mod evaluate;
mod explain;
mod export_tool;
mod factorisation;
mod feature_inversion;
mod figure;
mod fuzz;
mod init;
mod input;
mod inspect;
mod interrupt;
mod kills;
mod label_rates;
mod lanes;
mod layering;
mod lime;
mod look;
mod machine;
mod methods_page;
mod model;
mod networks;
#[cfg(feature = "object-store")]
mod object_store;
mod objectives;
mod onnx;
mod outside;
mod outside_files;
mod outside_operators;
mod outside_safety;
mod pickle;
mod picture;
mod rebuilds;
mod render;
mod robustness;
mod sampling;
mod serve;
mod several_networks;
mod shards;
mod shipped;
mod split;
mod store_urls;
mod strings;
mod torchscript;
mod words;
