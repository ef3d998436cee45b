//! The table of docs/sampling.md: designs of LIME on the shipped network and photos.
//! `cargo test --release sampling -- --ignored --nocapture` prints it, after ten minutes on one core.

use std::collections::BTreeSet;
use std::path::Path;

use cnn_report::model::{self, Model, Source};
use cnn_report::picture::{Picture, Preprocessing, Resize};
use cnn_report::results::{Results, Superpixels};
use serde_json::{Value, json};

use crate::bench::{Bench, entry};

const PHOTOS: [&str; 4] = ["coffee", "citrus-fruits", "giant-panda", "honey-bee"];
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

#[test]
#[ignore = "50,000 passes; prints the table of docs/sampling.md"]
fn sampling_of_lime_is_measured() {
    println!("| photo | masks | samples | rmse | stated | leading five | settled |");
    println!("|---|---|---|---|---|---|---|");
    for photo in PHOTOS {
        let mut bench = bench(photo);
        let many = json!({ "samples": 4096, "design": "balanced" });
        let truth = found(&mut bench, "lime", many, TRUTH);
        let sizes = truth.by_size_of_weight();
        let sizes: Vec<String> = sizes
            .iter()
            .take(LEADING + 1)
            .map(|segment| format!("{:.3}", truth.weights[*segment]))
            .collect();
        let name = format!("{photo} ({}; {})", truth.segments(), sizes.join(" "));
        let balanced = |samples: usize| json!({ "samples": samples, "design": "balanced" });
        let designs = [
            ("`auto`", 3, json!({ "samples": "auto" })),
            ("balanced", 3, balanced(256)),
            ("balanced", 3, balanced(512)),
            ("random", 2, json!({ "samples": 1000 })),
        ];
        for (label, repetitions, keys) in designs {
            let runs = (0..repetitions).map(|seed| found(&mut bench, "lime", keys.clone(), seed));
            let runs: Vec<Superpixels> = runs.collect();
            println!("| {name} | {label} | {} |", compared(&truth, &runs));
        }
    }
}
