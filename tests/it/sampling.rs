//! The table of docs/sampling.md: designs of LIME on the shipped network and photos.
//! `cargo test --release sampling -- --ignored --nocapture --test-threads 1` prints it, after ten minutes on one core.

use std::collections::BTreeSet;
use std::path::Path;

use cnn_report::model::{self, Model, Source};
use cnn_report::picture::{Picture, Preprocessing, Resize};
use cnn_report::results::{Results, Superpixels};
use serde_json::{Value, json};

use crate::bench::{Bench, entry};

const LEADING: usize = 5;
/// Seed of the fit that is taken as the truth; the repetitions have others.
const TRUTH: u64 = 1000;

fn bench(photo: &'static str) -> Bench {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = Source::new(root.join("models/squeezenet1_1.safetensors"), [3, 224, 224])
        .with_architecture(Some("squeezenet1_1"));
    let model = Model::load(&source, model::Device::Cpu).unwrap();
    let preprocessing = Preprocessing {
        resize: Resize::ShorterThenCrop {
            shorter: 256,
            height: 224,
            width: 224,
        },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    };
    let picture = Picture::open(&root.join(format!("photos/{photo}.jpg"))).unwrap();
    let picture = preprocessing.apply(&picture);
    Bench::new(model, preprocessing, vec![(photo, picture)])
}

fn found(bench: &mut Bench, method: &str, keys: Value, seed: u64) -> Superpixels {
    bench.seed = seed;
    match bench.run(entry(method), keys).results.swap_remove(0) {
        Results::Superpixels(found) => found,
        other => panic!("superpixels expected, not {other:?}"),
    }
}

fn leading(of: &Superpixels) -> BTreeSet<usize> {
    let order = of.by_size_of_weight();
    order.into_iter().take(LEADING).collect()
}

/// Root of the mean square.
fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let squares: Vec<f64> = values.map(|value| value * value).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

/// What a row of the table says of some repetitions.
fn compared(truth: &Superpixels, runs: &[Superpixels]) -> String {
    let rmse = rms(runs.iter().flat_map(|run| {
        let pairs = run.weights.iter().zip(&truth.weights);
        pairs.map(|(found, true_one)| found - true_one)
    }));
    let stated = runs.iter().filter_map(|run| run.standard_errors.as_ref());
    let stated: Vec<f64> = stated.flatten().copied().collect();
    let stated = match stated.is_empty() {
        true => "–".to_owned(),
        false => format!("{:.4}", rms(stated.into_iter())),
    };
    let expected = leading(truth);
    let hits: usize = runs
        .iter()
        .map(|run| leading(run).intersection(&expected).count())
        .sum();
    let hits = hits as f64 / (runs.len() * expected.len()) as f64;
    let samples: Vec<String> = runs.iter().map(|run| run.fit.samples.to_string()).collect();
    let samples = match samples.iter().collect::<BTreeSet<_>>().len() {
        1 => samples[0].clone(),
        _ => samples.join(", "),
    };
    let settled = runs.iter().filter_map(|run| run.stopping.as_ref());
    let settled: Vec<String> = settled
        .map(|stopping| match stopping.is_settled {
            true => "yes".to_owned(),
            false => format!("no, {} open", stopping.open.len()),
        })
        .collect();
    let settled = settled.join(", ");
    format!("{samples} | {rmse:.4} | {stated} | {hits:.2} | {settled}")
}

/// Prints the rows of a photo.
fn measure(photo: &'static str, repetitions: u64) {
    println!("| photo | masks | samples | rmse | stated | leading five | settled |");
    println!("|---|---|---|---|---|---|---|");
    let mut bench = bench(photo);
    let balanced = |samples: usize| json!({ "samples": samples, "design": "balanced" });
    let truth = found(&mut bench, "lime", balanced(4096), TRUTH);
    let sizes = truth.by_size_of_weight();
    let sizes: Vec<String> = sizes
        .iter()
        .take(LEADING + 1)
        .map(|segment| format!("{:.3}", truth.weights[*segment]))
        .collect();
    let name = format!("{photo} ({}; {})", truth.segments(), sizes.join(" "));
    let designs = [
        ("`auto`", repetitions, json!({ "samples": "auto" })),
        ("balanced", repetitions, balanced(256)),
        ("balanced", repetitions, balanced(512)),
        ("random", 2, json!({ "samples": 1000 })),
    ];
    for (label, repetitions, keys) in designs {
        let runs = (0..repetitions).map(|seed| found(&mut bench, "lime", keys.clone(), seed));
        let runs: Vec<Superpixels> = runs.collect();
        println!("| {name} | {label} | {} |", compared(&truth, &runs));
    }
}

#[test]
#[ignore = "15,000 passes; prints rows of docs/sampling.md"]
fn sampling_of_lime_on_coffee() {
    measure("coffee", 3);
}

#[test]
#[ignore = "15,000 passes; prints rows of docs/sampling.md"]
fn sampling_of_lime_on_citrus_fruits() {
    measure("citrus-fruits", 2);
}

#[test]
#[ignore = "10,000 passes; prints rows of docs/sampling.md"]
fn sampling_of_lime_on_a_panda() {
    measure("giant-panda", 2);
}

#[test]
#[ignore = "10,000 passes; prints rows of docs/sampling.md"]
fn sampling_of_lime_on_a_bee() {
    measure("honey-bee", 2);
}

/// Values of coffee's segments by masks of either design.
#[test]
#[ignore = "7,000 passes; prints the second table of docs/sampling.md"]
fn sampling_of_kernel_shap_is_measured() {
    println!("| masks | samples | rmse | stated | leading five | settled |");
    println!("|---|---|---|---|---|---|");
    let mut bench = bench("coffee");
    let keys = |samples: usize, design: &str| json!({ "samples": samples, "design": design });
    let truth = found(&mut bench, "kernel_shap", keys(3072, "balanced"), TRUTH);
    for (design, samples) in [("balanced", 512), ("random", 512)] {
        let run = |seed| found(&mut bench, "kernel_shap", keys(samples, design), seed);
        let runs: Vec<Superpixels> = (0..3).map(run).collect();
        println!("| {design} | {} |", compared(&truth, &runs));
    }
    let auto = json!({ "samples": "auto", "most_samples": 1536 });
    let run = |seed| found(&mut bench, "kernel_shap", auto.clone(), seed);
    let runs: Vec<Superpixels> = (0..2).map(run).collect();
    println!("| `auto` | {} |", compared(&truth, &runs));
}
