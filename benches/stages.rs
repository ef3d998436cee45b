//! The stages of a report on SqueezeNet 1.1: `cargo bench --locked --bench stages [NAME]`. Pin it to one core with one thread
//! (`OMP_NUM_THREADS=1 taskset -c 0`) where something else runs: beside a busy neighbour times are wrong by up to ten times.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot go on ends, as a test does"
)]

#[path = "../tests/it/bench.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod bench;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use cnn_report::execute::Reuse;
use cnn_report::explain::{METHODS, Unit};
use cnn_report::model::{Device, Model, Source};
use cnn_report::picture::segment::{Quickshift, Slic};
use cnn_report::picture::{Input, Picture, Preprocessing};
use cnn_report::plan::Overrides;
use cnn_report::progress::Silent;
use cnn_report::results::Results;
use cnn_report::store::{Key, LIMIT_BYTES, Store};
use cnn_report::{OnFailure, Request, StoreAt, build_report};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn imagenet() -> Preprocessing {
    Preprocessing::preset("imagenet", (224, 224)).unwrap()
}

/// Of 224 × 224 px.
fn photo(preprocessing: &Preprocessing) -> Picture {
    let path = repository("photos/coffee.jpg");
    let input = Input::open(&path, None).unwrap();
    input.prepared(&path, preprocessing).unwrap().picture
}

fn squeezenet() -> bench::Bench {
    let file = repository("models/squeezenet1_1.safetensors");
    let source = Source::new(file, [3, 224, 224]).with_architecture(Some("squeezenet1_1"));
    let preprocessing = imagenet();
    let photo = photo(&preprocessing);
    let model = Model::load(&source, Device::Cpu).unwrap();
    bench::Bench::new(model, preprocessing, vec![("coffee", photo)])
}

fn passes(criterion: &mut Criterion) {
    let bench = squeezenet();
    let one = bench.photos[0].tensor(tch::Device::Cpu).unwrap();
    let eight = one.repeat([8, 1, 1, 1]);
    criterion.bench_function("forward, 1 photo", |b| {
        b.iter(|| tch::no_grad(|| bench.model.scores(&one).unwrap()));
    });
    criterion.bench_function("forward, 8 photos", |b| {
        b.iter(|| tch::no_grad(|| bench.model.scores(&eight).unwrap()));
    });
    for (name, method, keys) in [
        ("saliency, forward and backward", "saliency", json!({})),
        ("Grad-CAM", "grad_cam", json!({})),
        (
            "LIME, SLIC and 64 samples",
            "lime",
            json!({ "samples": 64, "segmenter": "slic" }),
        ),
        (
            "filter, 5 steps",
            "filters",
            json!({ "layer": 15, "filters": [7], "steps": 5 }),
        ),
    ] {
        let entry = METHODS.iter().find(|entry| entry.name == method).unwrap();
        let (method, _) = bench::parsed(entry, keys);
        let units: Vec<Unit> = method.units(&bench.inputs());
        criterion.bench_function(name, |b| b.iter(|| bench.results(method.as_ref(), &units)));
    }
}

fn pictures(criterion: &mut Criterion) {
    let photo = photo(&imagenet());
    criterion.bench_function("quickshift, 224 px", |b| {
        b.iter(|| Quickshift::default().segment(black_box(&photo)));
    });
    criterion.bench_function("SLIC, 224 px", |b| {
        b.iter(|| Slic::default().segment(black_box(&photo)))
    });
    criterion.bench_function("decode and resize a JPEG", |b| {
        let path = repository("photos/coffee.jpg");
        let preprocessing = imagenet();
        b.iter(|| {
            Input::open(&path, None)
                .unwrap()
                .prepared(&path, &preprocessing)
                .unwrap()
        });
    });
}

/// What a build costs in which nothing is computed, and its parts.
fn again(criterion: &mut Criterion) {
    let bench = squeezenet();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("one"), LIMIT_BYTES).unwrap();
    let entry = METHODS
        .iter()
        .find(|entry| entry.name == "saliency")
        .unwrap();
    let (method, _) = bench::parsed(entry, json!({}));
    let map = bench
        .results(method.as_ref(), &method.units(&bench.inputs()))
        .remove(0);
    let key = Key::new(json!("a map of 3 × 224 × 224"));
    store.save(&key, &map).unwrap();
    criterion.bench_function("store: load a map", |b| {
        b.iter(|| store.load::<Results>(black_box(&key)).unwrap());
    });
    criterion.bench_function("store: save a map", |b| {
        b.iter(|| store.save(black_box(&key), &map).unwrap())
    });
    let request = Request {
        spec: repository("examples/quickstart/report.yaml"),
        overrides: Overrides {
            output: Some(folder.path().join("out")),
            ..Overrides::default()
        },
        on_failure: OnFailure::Stop,
        store: StoreAt::Folder(folder.path().join("store")),
        reuse: Reuse::Stored,
    };
    let build = || match build_report(&request, &Silent) {
        Ok(built) => built,
        Err(failure) => panic!("{failure:?}"),
    };
    build();
    criterion.bench_function("quickstart again: present, draw, HTML and Markdown", |b| {
        b.iter(|| assert!(build().ran.is_empty()));
    });
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(10);
    targets = passes, pictures, again
}
criterion_main!(stages);
