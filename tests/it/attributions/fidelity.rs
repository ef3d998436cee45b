//! What judges maps: on networks that can be worked out by hand, and against numpy (`tests/data/explain/fidelity.py`).

use std::ops::ControlFlow;

use cnn_report::explain::baseline::blurred;
use cnn_report::explain::checks::{self, Check, Judged};
use cnn_report::present::{self, Found};
use cnn_report::results::{Curves, Fidelity, StepCurve};
use cnn_report::words::Strings;
use serde_json::{Value, json};
use tch::{Kind, Tensor};

use super::networks::{network, weights};
use super::*;

/// What a check finds of the first photo's map.
pub fn judged(bench: &Bench, method: &str, parameters: Value, check: Check) -> Fidelity {
    let (parsed, _) = crate::bench::parsed(entry(method), parameters);
    let units = parsed.units(&bench.inputs());
    let results = bench.results(parsed.as_ref(), &units[..1]);
    with_passes(bench, |passes| {
        let judged = Judged {
            entry: entry(method),
            method: parsed.as_ref(),
            unit: &units[0],
            found: &results[0],
        };
        checks::run(check, passes, &judged, &|| ControlFlow::Continue(())).unwrap()
    })
}

fn curves(bench: &Bench, method: &str, parameters: Value) -> [Curves; 2] {
    match judged(bench, method, parameters, Check::InsertionDeletion) {
        Fidelity::InsertionDeletion {
            insertion,
            deletion,
        } => [insertion, deletion],
        other => panic!("{other:?}"),
    }
}

fn flat(classes: i64, bias: bool) -> Value {
    json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": classes, "bias": bias }])
}

/// Class 1 has the logit w·x, class 0 has 0; 16 × 16 px, so that a pixel is a cell.
fn linear() -> (Bench, Tensor) {
    let weight = weights(&[1, 3 * 16 * 16], 0.02);
    let rows = Tensor::cat(&[weight.zeros_like(), weight.copy()], 0);
    let model = network(&flat(2, false), &[("1.weight", rows)], [3, 16, 16]);
    let photos = vec![("a", patterned(16, 16, 5))];
    let bench = Bench::new(model, imagenet(16, 16), photos);
    (bench, weight.view([3, 16, 16]))
}

fn logits(curve: &StepCurve) -> Vec<f64> {
    curve.0.iter().map(|p| (p / (1.0 - p)).ln()).collect()
}

/// What each cell gives to the logit of an input [3, 16, 16].
fn shares(weight: &Tensor, input: &Tensor) -> Vec<f64> {
    let input = input.to_device(tch::Device::Cpu);
    let shares = (weight * input).sum_dim_intlist(0, false, Kind::Double);
    Vec::try_from(&shares.flatten(0, -1)).unwrap()
}

fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let is_near = |(found, expected): (&f64, &f64)| (found - expected).abs() < 1e-4;
    let all_near = found.iter().zip(expected).all(is_near);
    assert!(all_near, "{found:.4?} for {expected:.4?}");
}

/// A linear network loses what the map of its shares says, wherever a square lies; a map of the other class points the
/// other way.
#[test]
fn infidelity_of_a_linear_network_is_nothing() {
    let (bench, _) = linear();
    let infidelity = |method: &str, parameters: Value| match judged(
        &bench,
        method,
        parameters,
        Check::Infidelity,
    ) {
        Fidelity::Infidelity {
            scaled, unscaled, ..
        } => (scaled.unwrap(), unscaled),
        other => panic!("{other:?}"),
    };
    let complete = json!({ "class": 1, "baseline": "mean" });
    for (method, parameters) in [
        ("input_x_gradient", json!({ "class": 1 })),
        ("saliency", json!({ "class": 1 })),
        ("integrated_gradients", complete),
    ] {
        let (scaled, unscaled) = infidelity(method, parameters);
        assert!(scaled < 1e-9, "{method}: {scaled}");
        assert!(unscaled.unwrap() < 1e-9, "{method}: {unscaled:?}");
    }
    // What is said of a class that has the score 0 everywhere says nothing.
    let nothing = judged(
        &bench,
        "input_x_gradient",
        json!({ "class": 0 }),
        Check::Infidelity,
    );
    match nothing {
        Fidelity::Infidelity { scaled, .. } => assert_eq!(scaled, None),
        other => panic!("{other:?}"),
    }
}

/// A map of the first layer's output depends on that layer and on none behind it.
#[test]
fn the_cascade_ends_where_the_map_begins() {
    let bench = bench_of_net1();
    let first = bench.model.facts().leaves()[0].path.clone();
    let steps = |method: &str, parameters: Value| match judged(
        &bench,
        method,
        parameters,
        Check::RandomisationCascade,
    ) {
        Fidelity::RandomisationCascade { steps } => steps,
        other => panic!("{other:?}"),
    };
    let of_first = steps("eigen_cam", json!({ "layer": first }));
    let (last, behind) = of_first.split_last().unwrap();
    for step in behind {
        assert!(step.correlation.unwrap() > 0.999_999, "{step:?}");
    }
    assert!(last.correlation.unwrap() < 0.999, "{last:?}");
    assert_eq!(last.layers, of_first.len(), "a step a layer");
    let of_class = steps("input_x_gradient", json!({ "class": 1 }));
    let once = judged(
        &bench,
        "input_x_gradient",
        json!({ "class": 1 }),
        Check::Randomisation,
    );
    match once {
        Fidelity::Randomisation {
            correlation,
            weights,
        } => {
            assert_eq!(
                (correlation, weights),
                (of_class[0].correlation, of_class[0].weights.clone())
            );
        }
        other => panic!("{other:?}"),
    }
}

/// On a linear network every step takes away, or brings, what its cells give.
#[test]
fn curves_of_a_linear_network_are_sums() {
    let (bench, weight) = linear();
    let parameters = json!({ "class": 1 });
    let [insertion, deletion] = curves(&bench, "input_x_gradient", parameters);
    let x = input(&bench);
    let of_photo = shares(&weight, &x.get(0));
    let of_blur = shares(&weight, &blurred(&x).unwrap().get(0));
    let mut order: Vec<usize> = (0..256).collect();
    order.sort_by(|&a, &b| of_photo[b].total_cmp(&of_photo[a]));
    let steps = |canvas: &[f64], is_shown: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        let after = |step: usize| {
            let cells = order.iter().enumerate();
            let share = |(rank, &cell): (usize, &usize)| match is_shown(rank, 16 * step) {
                true => of_photo[cell],
                false => canvas[cell],
            };
            cells.map(share).sum()
        };
        (0..=16).map(after).collect()
    };
    assert_near(
        &logits(&insertion.map),
        &steps(&of_blur, &|rank, shown| rank < shown),
    );
    assert_near(
        &logits(&deletion.map),
        &steps(&[0.0; 256], &|rank, hidden| rank >= hidden),
    );
    // The largest shares first: no order of these cells rises faster or falls faster.
    assert!(deletion.map.area() < deletion.random.area());
    assert!(deletion.map.area() < deletion.centre.area());
    // Ends are the same whatever the order.
    for curves in [&insertion, &deletion] {
        for other in [&curves.random, &curves.centre] {
            assert_eq!(other.0.len(), 17);
            assert_eq!(
                (other.0[0], other.0[16]),
                (curves.map.0[0], curves.map.0[16])
            );
        }
    }
    // Sets of a random order come with their complements; in the middle stands the mean of both.
    let random = logits(&deletion.random);
    for step in (0..=16).filter(|step| *step != 8) {
        assert_near(
            &[random[step] + random[16 - step]],
            &[random[0] + random[16]],
        );
    }
}

/// Three classes, 24 × 40 px: cells of one or two rows and two or three columns.
#[test]
fn insertion_and_deletion_are_those_of_numpy() {
    let text = std::fs::read_to_string(data("explain/fidelity.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    // As in the script: no two cells have the same mean.
    let numbers = (0..3 * 3 * 24 * 40_i64).map(|at| (at * at * 31 + at * 7919 + 13) % 100_003);
    let numbers: Vec<f32> = numbers
        .map(|number| ((number as f64 / 50_001.5 - 1.0) * 0.02) as f32)
        .collect();
    let weight = Tensor::from_slice(&numbers).view([3, 3 * 24 * 40]);
    let model = network(&flat(3, false), &[("1.weight", weight)], [3, 24, 40]);
    let bench = Bench::new(model, imagenet(24, 40), vec![("a", patterned(24, 40, 5))]);
    let all = curves(&bench, "saliency", json!({ "class": golden["class"] }));
    for (found, name) in all.iter().zip(["insertion", "deletion"]) {
        let expected = golden[name].as_array().unwrap().iter();
        let expected: Vec<f64> = expected.map(|number| number.as_f64().unwrap()).collect();
        let deviations = found
            .map
            .0
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs());
        println!("{name}: {:.1e}", deviations.fold(0.0, f64::max));
        assert_near(&found.map.0, &expected);
        let area = golden[format!("{name}_area")].as_f64().unwrap();
        assert!((found.map.area() - area).abs() < 1e-5, "{name}");
    }
}

/// What a set of cells gives to the logit is what the score loses without it; the other way round for the other class.
#[test]
fn mu_fidelity_of_shares_is_one() {
    let (bench, _) = linear();
    let correlation =
        |method, parameters| match judged(&bench, method, parameters, Check::MuFidelity) {
            Fidelity::MuFidelity {
                correlation,
                subsets: 200,
            } => correlation,
            other => panic!("{other:?}"),
        };
    let exact = correlation("input_x_gradient", json!({ "class": 1 })).unwrap();
    assert!(exact > 0.9999, "{exact}");
    // Sizes of weights say little of shares.
    let sizes = correlation("saliency", json!({ "class": 1 })).unwrap();
    assert!(sizes.abs() < 0.5, "{sizes}");
    // The score of class 0 is zero whatever is hidden.
    assert_eq!(correlation("input_x_gradient", json!({ "class": 0 })), None);
}

/// The gradient of a linear network is the same everywhere; shares change with the photo, by 0.02 |w| at most.
#[test]
fn max_sensitivity_of_a_linear_network_is_known() {
    let (bench, weight) = linear();
    let change = |method, class| match judged(
        &bench,
        method,
        json!({ "class": class }),
        Check::MaxSensitivity,
    ) {
        Fidelity::MaxSensitivity {
            largest_change,
            copies: 10,
        } => largest_change,
        other => panic!("{other:?}"),
    };
    assert_eq!(change("saliency", 1), Some(0.0));
    assert_eq!(change("input_x_gradient", 0), None);
    let found = change("input_x_gradient", 1).unwrap();
    let length = |tensor: &Tensor| tensor.square().sum(Kind::Double).double_value(&[]).sqrt();
    let shares = &weight * input(&bench).get(0).to_device(tch::Device::Cpu);
    let bound = 0.02 * length(&weight) / length(&shares);
    // Of 768 uniform numbers the length is near 0.02 / √3.
    assert!(
        found < bound && found > 0.5 * bound,
        "{found}, at most {bound}"
    );
}

/// A class that the photo does not have any more keeps its own map, and a network that is tried keeps its weights.
#[test]
fn random_weights_change_maps_that_depend_on_them() {
    let correlation =
        |bench: &Bench, method| match judged(bench, method, json!({}), Check::Randomisation) {
            Fidelity::Randomisation {
                correlation,
                weights,
            } => (correlation.unwrap(), weights),
            other => panic!("{other:?}"),
        };
    let (bench, _) = linear();
    let (found, name) = correlation(&bench, "saliency");
    assert!(found.abs() < 0.3, "{found}");
    assert_eq!(name, "1.weight");
    let bench = bench_of_net1();
    let before = map(&bench, "saliency", json!({}));
    let (found, name) = correlation(&bench, "eigen_cam");
    assert!(found > 0.999, "{found}");
    assert_eq!(name, "fc.weight");
    for method in ["saliency", "guided_backprop", "grad_cam", "lime"] {
        println!("{method}: {:.2}", correlation(&bench, method).0);
    }
    assert_eq!(map(&bench, "saliency", json!({})), before);
}

/// The weights of the layer are the only ones that differ, and the rest of the network is the same.
#[test]
fn other_weights_over_the_same_graph() {
    let model = net1();
    let last = model.last_weights();
    let names: Vec<&str> = last.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["fc.weight", "fc.bias"]);
    let zeros = last
        .iter()
        .map(|(name, tensor)| ((*name).to_owned(), tensor.zeros_like()));
    let other = model.with_weights(zeros.collect()).unwrap();
    let input = Tensor::ones([1, 3, 64, 64], (Kind::Float, model.device()));
    let scores = |model: &Model| model.scores(&input).unwrap();
    assert_eq!(scores(&other).abs().max().double_value(&[]), 0.0);
    assert!(scores(&model).abs().max().double_value(&[]) > 0.0);
    let same = model.with_weights(Default::default()).unwrap();
    assert_eq!(scores(&same), scores(&model));
}

/// A map that is no better than chance is said to be so; where nothing changes what the network says, nothing is judged.
#[test]
fn a_map_that_says_nothing_has_a_notice() {
    let area = |area: f64| StepCurve(vec![area, area]);
    let curves = |areas: [f64; 3]| Curves {
        map: area(areas[0]),
        random: area(areas[1]),
        centre: area(areas[2]),
    };
    let cases = [
        ([0.3, 0.3, 0.4], Some("fidelity.as_random")),
        ([0.35, 0.3, 0.4], Some("fidelity.as_centre")),
        ([0.4, 0.3, 0.4], Some("fidelity.as_centre")),
        ([0.41, 0.3, 0.4], None),
        // Nothing that is shown or covered matters, so that no order is better than another.
        ([0.0, 0.004, 0.0], Some("fidelity.unmoved")),
        ([0.0, 0.006, 0.0], Some("fidelity.as_random")),
    ];
    let bench = bench_of_net1();
    let ran = bench.run(entry("saliency"), json!({}));
    let (_, view) = crate::bench::parsed(entry("saliency"), json!({}));
    let photos = [present::Photo {
        id: "coffee",
        name: "Coffee",
        picture: bench.photos[0].picture().unwrap(),
        is_array: false,
        changes: Default::default(),
    }];
    for (areas, expected) in cases {
        let found = Fidelity::InsertionDeletion {
            insertion: curves(areas),
            deletion: curves([0.0; 3]),
        };
        let presented = present::present(&present::Task {
            method: "saliency",
            view: &view,
            parameters: &Default::default(),
            strings: &Strings::new("en").unwrap(),
            activation: "softmax",
            classes: &bench.labels.0,
            photos: &photos,
            data: None,
            found: &[Found {
                photo: Some(0),
                results: &ran.results[0],
            }],
            checked: &[present::Checked {
                photo: Some(0),
                check: Check::InsertionDeletion,
                found: Ok(&found),
            }],
        });
        assert_eq!(keys(&presented.notices), expected.as_slice(), "{areas:?}");
        assert_eq!(presented.exhibits.len(), 2);
    }
}
