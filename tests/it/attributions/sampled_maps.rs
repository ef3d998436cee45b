//! Standard errors of maps over random samples, and stopping on them.

use cnn_report::results::Sampling;
use serde_json::{Value, json};

use super::*;

fn found(bench: &Bench, method: &str, keys: Value) -> Attributions {
    let ran = bench.run(entry(method), keys);
    strings::assert_said(&ran);
    attributions(&ran)[0].clone()
}

fn sampling(found: &Attributions) -> &Sampling {
    found.sampling.as_ref().unwrap()
}

fn with_seed(seed: u64) -> Bench {
    let mut bench = bench_of_net1();
    bench.seed = seed;
    bench
}

/// The spread of independent runs, summed over the pixels, is what their standard errors say.
#[test]
fn errors_are_those_of_independent_runs() {
    const RUNS: u64 = 24;
    for (method, keys, within) in [
        ("rise", json!({ "samples": 60, "class": 1 }), 0.2),
        // Four replicates of 128.
        (
            "rise",
            json!({ "samples": 512, "class": 1, "design": "balanced" }),
            0.2,
        ),
        ("smooth_grad", json!({ "samples": 12, "class": 1 }), 0.2),
        (
            "smooth_grad",
            json!({ "samples": 12, "class": 1, "variant": "squared" }),
            0.2,
        ),
        // Fourth powers of 40 gradients: the error itself is known less well, and is a little small.
        ("var_grad", json!({ "samples": 40, "class": 1 }), 0.3),
    ] {
        let runs: Vec<Attributions> = (0..RUNS)
            .map(|seed| found(&with_seed(seed), method, keys.clone()))
            .collect();
        let numbers = runs[0].values.values.len();
        let (mut spread, mut stated) = (0.0, 0.0);
        for at in 0..numbers {
            let values: Vec<f64> = runs
                .iter()
                .map(|run| f64::from(run.values.values[at]))
                .collect();
            let mean = values.iter().sum::<f64>() / RUNS as f64;
            let squares = values.iter().map(|value| (value - mean).powi(2));
            spread += squares.sum::<f64>() / (RUNS - 1) as f64;
            let errors = runs.iter().map(|run| {
                let errors = sampling(run).standard_errors.as_ref().unwrap();
                f64::from(errors[at]).powi(2)
            });
            stated += errors.sum::<f64>() / RUNS as f64;
        }
        let ratio = (spread / stated).sqrt();
        println!("{method}: spread over stated error {ratio:.3}");
        assert!((ratio - 1.0).abs() < within, "{method}: {ratio}");
    }
}

/// Sampling ends at the same sample each time, and with the map of so many samples that are taken in one round.
#[test]
fn stopping_does_not_depend_on_rounds() {
    for (method, keys) in [
        // Its probabilities are all near 0.1, so that its map is known after many masks only.
        (
            "rise",
            json!({ "tolerance": 0.5, "class": 1, "most_samples": 600 }),
        ),
        ("smooth_grad", json!({ "tolerance": 0.5, "class": 1 })),
        ("var_grad", json!({ "tolerance": 0.4, "class": 1 })),
    ] {
        let auto = |batch: &str| {
            let mut keys = keys.clone();
            keys["samples"] = json!("auto");
            let bench = bench_of_net1();
            let found = found(&bench, method, keys);
            let settling = sampling(&found).settling.unwrap();
            let is_at_cap = sampling(&found).samples == settling.most_samples;
            assert!(settling.is_settled || is_at_cap, "{method} {batch}");
            found
        };
        let settled = auto("once");
        assert_eq!(settled, auto("again"), "{method}");
        let samples = sampling(&settled).samples;
        let mut keys = json!({ "samples": samples, "class": 1 });
        if method == "rise" {
            keys["design"] = json!("balanced"); // as `auto` takes it
        }
        let fixed = found(&bench_of_net1(), method, keys);
        assert_eq!(fixed.values, settled.values, "{method}");
        assert_eq!(
            sampling(&fixed).standard_errors,
            sampling(&settled).standard_errors
        );
        println!("{method}: settled after {samples}");
    }
}

#[test]
fn what_is_not_converged_is_said() {
    let bench = bench_of_net1();
    let keys = json!({ "samples": "auto", "most_samples": 40, "tolerance": 0.01 });
    let ran = bench.run(entry("smooth_grad"), keys);
    strings::assert_said(&ran);
    let found = attributions(&ran)[0];
    assert_eq!(sampling(found).samples, 40);
    assert!(!sampling(found).settling.unwrap().is_settled);
    let said: Vec<String> = ran.notices.iter().map(|one| format!("{one:?}")).collect();
    assert!(
        said.iter().any(|one| one.contains("not_converged")),
        "{said:?}"
    );
    let few = bench.run(entry("rise"), json!({ "samples": 10 }));
    let said: Vec<String> = few.notices.iter().map(|one| format!("{one:?}")).collect();
    assert!(
        said.iter().any(|one| one.contains("attributions.noisy")),
        "{said:?}"
    );
}

#[test]
fn keys_of_auto_are_refused_without_it() {
    let bench = bench_of_net1();
    for method in ["rise", "smooth_grad", "var_grad"] {
        let told = |keys: Value| {
            let faults = bench.faults(entry("rise"), keys).into_iter();
            faults
                .map(|fault| (fault.pointer, fault.message))
                .collect::<Vec<_>>()
        };
        // 4096 cells would take 16,384 masks at a time; without a design `auto` takes random ones there.
        let many = told(json!({ "design": "balanced", "cells": 64 }));
        assert!(
            many[0].0 == "/design" && many[0].1.contains("16384 masks"),
            "{many:?}"
        );
        assert_eq!(told(json!({ "samples": "auto", "cells": 64 })), []);
        let few = told(json!({ "samples": "auto", "cells": 15, "most_samples": 600 }));
        assert!(
            few[0].0 == "/most_samples" && few[0].1.contains("1024 masks"),
            "{few:?}"
        );
        let faults = bench.faults(entry(method), json!({ "samples": 20, "tolerance": 0.2 }));
        let pointers: Vec<&str> = faults.iter().map(|fault| &*fault.pointer).collect();
        assert_eq!(pointers, ["/tolerance"], "{method}");
    }
}

/// A balanced design of as many masks has a far smaller error: what all masks have in common cancels between a mask and its
/// opposite. It shows half of the cells, and is taken as whole replicates.
#[test]
fn a_balanced_design_of_rise_is_closer() {
    let bench = bench_of_net1();
    let error = |design: &str| {
        let keys = json!({ "samples": 500, "class": 1, "design": design });
        let found = found(&bench, "rise", keys);
        let errors = sampling(&found).standard_errors.clone().unwrap();
        let sum: f64 = errors.iter().map(|error| f64::from(*error).powi(2)).sum();
        (sampling(&found).samples, sum.sqrt())
    };
    let ((random, of_random), (balanced, of_balanced)) = (error("random"), error("balanced"));
    assert_eq!((random, balanced), (500, 512));
    println!("balanced {of_balanced:.2e}, random {of_random:.2e}");
    assert!(of_balanced < of_random / 3.0, "{of_balanced} {of_random}");
    let faults = bench.faults(entry("rise"), json!({ "design": "balanced", "kept": 0.25 }));
    assert_eq!(faults[0].pointer, "/design");
    assert!(faults[0].message.contains("half of the cells, not 0.25"));
}
