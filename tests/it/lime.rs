//! LIME against the Python package lime 0.2.0.1; `tests/data/lime/regenerate.py` makes the numbers.

use std::path::{Path, PathBuf};

use cnn_report::explain::lime::distinct::{Distinct, Masked};
use cnn_report::explain::lime::masks::Masks;
use cnn_report::explain::lime::perturbed::{Perturbed, mean_coloured};
use cnn_report::explain::lime::surrogate::{Samples, Surrogate, distance, kernel};
use cnn_report::explain::{Fault, lime};
use cnn_report::labels::Labels;
use cnn_report::model::{Model, OutputActivation, Source, Spread};
use cnn_report::picture::segment::Segmentation;
use cnn_report::picture::{Filter, Picture, Preprocessing, Resize};
use cnn_report::present::exhibit::{Bar, Body, Exhibit, SegmentView};
use cnn_report::results::{Explained, Results, Scalar, Superpixels};
use cnn_report::words::{Argument, Message};
use serde_json::json;
use tch::{Kind, Tensor};

use crate::bench::{Bench, Ran, keys};
use crate::strings;

const CASES: [(&str, usize); 3] = [("coffee", 64), ("chelsea", 64), ("coffee", 224)];
/// Double precision throughout; sums are ordered otherwise.
const EXACT: f64 = 1e-12;
/// Probabilities of float32 scores, whose convolutions sum in another order.
const SINGLE: f64 = 1e-6;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

struct Golden {
    tensors: Vec<(String, Tensor)>,
}

impl Golden {
    fn of((photo, side): (&str, usize)) -> Self {
        let file = data(&format!("lime/{photo}_{side}.safetensors"));
        Self {
            tensors: Tensor::read_safetensors(file).unwrap(),
        }
    }

    fn tensor(&self, name: &str) -> &Tensor {
        &self
            .tensors
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.tensor(name)
            .to_kind(Kind::Double)
            .flatten(0, -1)
            .try_into()
            .unwrap()
    }

    fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let columns = self.tensor(name).size()[1] as usize;
        self.numbers(name)
            .chunks(columns)
            .map(<[f64]>::to_vec)
            .collect()
    }

    fn labels(&self) -> Vec<usize> {
        self.numbers("labels")
            .into_iter()
            .map(|label| label as usize)
            .collect()
    }
}

fn photo((name, side): (&str, usize)) -> Picture {
    let photo = Picture::open(&data(&format!("picture/{name}.webp"))).unwrap();
    photo.resized(side, side, Filter::Bicubic)
}

/// scikit-image's quickshift with LIME's settings.
fn segments((name, side): (&str, usize)) -> Segmentation {
    let marks =
        Picture::open(&data(&format!("picture/{name}_{side}_quickshift_lime.png"))).unwrap();
    let marks: Vec<usize> = marks
        .pixels
        .chunks(3)
        .map(|pixel| usize::from(pixel[0]))
        .collect();
    Segmentation::relabelled(side, side, &marks)
}

fn preprocessing(side: usize) -> Preprocessing {
    let resize = Resize::Stretch {
        height: side,
        width: side,
    };
    Preprocessing {
        resize,
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    }
}

fn net1() -> Model {
    let file = data("model/net1.pt2");
    let source = Source::new(file, [3, 64, 64]);
    Model::load(&source, crate::bench::device()).unwrap()
}

fn largest_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

#[test]
fn masks_are_those_of_numpy() {
    for case in CASES {
        let expected = Golden::of(case).rows("masks");
        let masks = Masks::random(expected.len(), expected[0].len(), 0);
        let found = masks
            .rows()
            .map(|mask| mask.iter().map(|on| f64::from(*on)).collect::<Vec<_>>());
        assert_eq!(found.collect::<Vec<_>>(), expected, "{case:?}");
    }
}

#[test]
fn distances_and_kernel_are_the_packages() {
    let golden = Golden::of(("coffee", 64));
    let masks = Masks::random(1000, 6, 0);
    let distances: Vec<f64> = masks.rows().map(distance).collect();
    let weights: Vec<f64> = distances
        .iter()
        .map(|distance| kernel(*distance, 0.25))
        .collect();
    assert!(largest_difference(&distances, &golden.numbers("distance")) < 1e-15);
    assert!(largest_difference(&weights, &golden.numbers("kernel")) < 1e-15);
}

#[test]
fn all_masks_come_in_the_order_of_the_exact_case() {
    // Weights of the first eight of 256 masks, from an enumeration with scikit-learn (8 digits).
    let expected = [
        1.0, 0.9671802, 0.9671802, 0.86623977, 0.9671802, 0.86623977, 0.86623977, 0.70406165,
    ];
    let masks = Masks::every(8);
    let weights: Vec<f64> = masks
        .rows()
        .map(|mask| kernel(distance(mask), 0.25))
        .collect();
    assert!(largest_difference(&weights[..8], &expected) < 1e-7);
    assert!((weights[255] - 0.00033546).abs() < 1e-8);
}

#[test]
fn lines_are_the_packages() {
    for case in CASES {
        let golden = Golden::of(case);
        let rows = golden.rows("probabilities");
        let masks = Masks::random(rows.len(), segments(case).count, 0);
        let kernel: Vec<f64> = masks
            .rows()
            .map(|mask| kernel(distance(mask), 0.25))
            .collect();
        for (rank, label) in golden.labels().into_iter().enumerate() {
            let column = if rows[0].len() == 5 { rank } else { label };
            let targets: Vec<f64> = rows.iter().map(|row| row[column]).collect();
            let samples = Samples {
                masks: &masks,
                targets: &targets,
                kernel: &kernel,
            };
            let found = Surrogate::fit(samples, 1.0, 0).unwrap();
            assert!(largest_difference(&found.line.weights, &golden.rows("weights")[rank]) < EXACT);
            let close = |value: f64, name: &str| (value - golden.numbers(name)[rank]).abs() < EXACT;
            assert!(close(found.line.intercept, "intercept"));
            assert!(close(found.local_prediction, "local_prediction"));
            assert!(close(found.r_squared.unwrap(), "score"));
            // 1000 samples of at most 30 segments: held out is a little lower, never higher.
            let gap = found.r_squared.unwrap() - found.r_squared_held_out.unwrap();
            assert!((0.0..0.1).contains(&gap), "{case:?} {label}: {gap}");
        }
    }
}

#[test]
fn hidden_segments_have_the_packages_colour() {
    for (name, side) in CASES {
        let expected = Picture::open(&data(&format!("lime/{name}_{side}_hidden.png"))).unwrap();
        assert_eq!(
            mean_coloured(&photo((name, side)), &segments((name, side))),
            expected
        );
    }
}

#[test]
fn probabilities_of_perturbed_photos_are_the_packages() {
    let case = ("coffee", 64);
    let (photo, segments, net1) = (photo(case), segments(case), net1());
    let hidden = mean_coloured(&photo, &segments);
    let perturbed = Perturbed::new(
        (&photo, &hidden),
        &segments,
        &preprocessing(64),
        crate::bench::device().into(),
    )
    .unwrap();
    let masks = Masks::random(1000, segments.count, 0);
    let distinct = Distinct::new(&masks);
    assert!(distinct.pictures() <= 64); // of 2⁶
    let masked = Masked::new(&perturbed, distinct.masks());
    let scores = |some: &[usize]| Ok(net1.scores(&masked.inputs(some)?)?);
    let rows = Golden::of(case).rows("probabilities");
    for class in 0..10 {
        let found = distinct
            .numbers(
                &Scalar::of_class(class, Explained::Probability),
                Spread::new(50, 1),
                (OutputActivation::Softmax, &scores),
                &|_| Ok(()),
            )
            .unwrap();
        let expected: Vec<f64> = rows.iter().map(|row| row[class]).collect();
        assert!(
            largest_difference(&found, &expected) < SINGLE,
            "class {class}"
        );
    }
}

/// Checks and runs the method on photos of the test data.
fn run(parameters: serde_json::Value, photos: &[(&'static str, usize)]) -> Result<Ran, Vec<Fault>> {
    let pictures = photos.iter().map(|case| (case.0, photo(*case)));
    let mut bench = Bench::new(net1(), preprocessing(photos[0].1), pictures.collect());
    bench.labels = Labels(("abcdefghij").chars().map(String::from).collect());
    bench.seed = 0;
    let faults = bench.faults(&lime::ENTRY, parameters.clone());
    match faults.is_empty() {
        true => Ok(bench.run(&lime::ENTRY, parameters)),
        false => Err(faults),
    }
}

fn weights(finding: &Ran) -> Vec<Vec<f64>> {
    let Body::Segments(segments) = &finding.exhibits[0].body else {
        panic!("segments come first")
    };
    let outlines = |view: &SegmentView| matches!(view, SegmentView::Outlines);
    let tiles = segments.tiles.iter().filter(|tile| outlines(&tile.view));
    tiles.map(|tile| tile.weights.clone()).collect()
}

fn table(finding: &Ran) -> Vec<Vec<Argument>> {
    match &finding.exhibits[2] {
        Exhibit {
            body: Body::Table(table),
            ..
        } => table.rows.clone(),
        _ => panic!("the table comes last"),
    }
}

#[test]
fn the_method_gives_the_packages_weights() {
    let photos = [("coffee", 64), ("chelsea", 64)];
    let finding = run(json!({ "segmenter": "quickshift" }), &photos).unwrap();
    for (weights, case) in weights(&finding).iter().zip(photos) {
        assert!(
            largest_difference(weights, &Golden::of(case).rows("weights")[0]) < SINGLE,
            "{case:?}"
        );
    }
    let rows = table(&finding);
    assert_eq!(rows[0][0], Argument::from("coffee"));
    assert_eq!(rows[0][1], Argument::from(Message::literal("i"))); // class 8
    assert_eq!(
        (&rows[0][3], &rows[0][4]),
        (&Argument::Count(6), &Argument::Count(1000))
    );
    strings::assert_said(&finding);
    // `auto` takes quickshift for this size.
    let golden = Golden::of(("coffee", 224));
    let large = run(json!({ "class": golden.labels()[1] }), &[("coffee", 224)]).unwrap();
    assert!(largest_difference(&weights(&large)[0], &golden.rows("weights")[1]) < SINGLE);
}

/// Equal weights whatever the batch, but for rounding: `auto` may take another on another machine.
#[test]
fn the_size_of_a_batch_changes_rounding_only() {
    let run = |batch: serde_json::Value| {
        let parameters = json!({ "batch": batch, "samples": 100, "segmenter": "slic" });
        weights(&run(parameters, &[("coffee", 64)]).unwrap()).remove(0)
    };
    let one_by_one = run(json!(1));
    for batch in [json!(8), json!("auto")] {
        assert!(largest_difference(&run(batch), &one_by_one) < 1e-5);
    }
}

#[test]
fn neither_batch_nor_other_photos_change_a_weight() {
    let parameters = |batch: usize| json!({ "batch": batch, "samples": 200, "seed": 5 });
    let alone = run(parameters(50), &[("chelsea", 64)]).unwrap();
    let both = run(parameters(7), &[("coffee", 64), ("chelsea", 64)]).unwrap();
    assert!(largest_difference(&weights(&alone)[0], &weights(&both)[1]) < SINGLE);
    // auto: SLIC for small photos, with enough segments to point at something
    assert!(
        weights(&alone)[0].len() > 15,
        "{}",
        weights(&alone)[0].len()
    );
    let keys: Vec<_> = alone
        .parameters
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert!(
        keys.contains(&("segmenter", "auto")) && keys.contains(&("seed", "5")),
        "{keys:?}"
    );
    assert!(
        keys.iter().any(|(key, _)| *key == "slic")
            && keys.iter().all(|(key, _)| *key != "quickshift")
    );
}

fn bars(finding: &Ran) -> &[Bar] {
    match &finding.exhibits[1].body {
        Body::Bars(bars) => &bars.groups[0].bars,
        _ => panic!("bars come second"),
    }
}

#[test]
fn exact_takes_every_mask_once_and_random_masks_come_near_it() {
    let parameters = |samples: serde_json::Value| json!({ "segmenter": "quickshift", "samples": samples, "ridge": 0 });
    let exact = run(parameters(json!("exact")), &[("coffee", 64)]).unwrap();
    assert_eq!(table(&exact)[0][4], Argument::Count(64));
    assert!(bars(&exact).iter().all(|bar| bar.uncertainty.is_none()));
    strings::assert_said(&exact);
    let random = run(parameters(json!(1000)), &[("coffee", 64)]).unwrap();
    for bar in bars(&random) {
        let same = bars(&exact)
            .iter()
            .find(|other| other.label == bar.label)
            .unwrap();
        // Twice the half of the 95 % interval is four standard errors.
        let difference = (bar.value - same.value).abs();
        assert!(
            difference < 2.0 * bar.uncertainty.unwrap(),
            "{bar:?} {same:?}"
        );
        assert!(bar.uncertainty.unwrap() < 0.01, "{bar:?}");
    }
    let faults = run(json!({ "samples": "exact" }), &[("coffee", 64)]).unwrap_err();
    assert_eq!(faults[0].pointer, "/samples");
    assert!(
        faults[0].message.contains("`exact` takes at most 10"),
        "{}",
        faults[0].message
    );
}

#[test]
fn a_poor_line_is_said_to_be_poor() {
    // 12 samples for some 30 segments say nothing of other masks.
    let finding = run(json!({ "samples": 12 }), &[("coffee", 64)]).unwrap();
    let said = keys(&finding.notices);
    assert!(said.contains(&"superpixels.notice_untrusted"), "{said:?}");
    assert!(said.contains(&"superpixels.notice_few_samples"), "{said:?}");
    strings::assert_said(&finding);
}

#[test]
fn parameters_are_checked() {
    let refused = |value: serde_json::Value| (lime::ENTRY.parse)(value).is_err();
    assert!(refused(json!({ "sample": 100 })));
    assert!(refused(json!({ "samples": "all" })));
    assert!(refused(json!({ "hide": [0, 0] })) && refused(json!({ "hide": [0, 0, 256] })));
    assert!(refused(json!({ "slic": { "segments": 5 } })));
    assert!(!refused(
        json!({ "hide": [0, 0, 255], "samples": 500, "slic": { "n_segments": 30 } })
    ));
    let faults = run(
        json!({ "class": "zebra", "slic": { "compactness": 0 } }),
        &[("coffee", 64)],
    )
    .unwrap_err();
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/class", "/slic"]);
}

/// K of the columns of a Hadamard matrix: the same weights as 4000 random masks within their errors, with the ridge
/// of 1000 samples.
#[test]
fn balanced_masks_come_near_many_random_ones() {
    let parameters = |samples: usize, design: &str| json!({ "samples": samples, "design": design });
    let photo = [("chelsea", 64)];
    let many = run(parameters(4000, "random"), &photo).unwrap();
    let few = run(parameters(512, "balanced"), &photo).unwrap();
    let found = |ran: &Ran| match &ran.results[0] {
        Results::Superpixels(found) => found.clone(),
        other => panic!("superpixels expected, not {other:?}"),
    };
    let (many, few) = (found(&many), found(&few));
    let errors = |of: &Superpixels| of.standard_errors.clone().unwrap();
    let pairs = errors(&many).into_iter().zip(errors(&few));
    let pairs = pairs.zip(many.weights.iter().zip(&few.weights));
    let distances: Vec<f64> = pairs
        .map(|((a, b), (many, few))| (many - few) / a.hypot(b))
        .collect();
    let square = distances.iter().map(|d| d * d).sum::<f64>() / distances.len() as f64;
    // In standard errors: 1 where these are honest; of some 25 segments between 0.5 and 1.6 nearly always.
    assert!((0.4..2.0).contains(&square), "{square}: {distances:?}");
    assert_eq!((few.fit.samples, few.stopping), (512, None));
}

#[test]
fn auto_says_how_many_it_took_and_names_a_tie() {
    let few = run(
        json!({ "samples": "auto", "segmenter": "quickshift" }),
        &[("coffee", 64)],
    );
    let few = few.unwrap();
    assert_eq!(table(&few)[0][4], Argument::Count(64), "all of 2⁶");
    strings::assert_said(&few);
    // Of many small segments of a photo at a cap that is too low the order stays open.
    let keys_of = json!({ "samples": "auto", "most_samples": 256, "slic": { "n_segments": 60 } });
    let ran = run(keys_of, &[("chelsea", 64)]).unwrap();
    let Results::Superpixels(found) = &ran.results[0] else {
        panic!("superpixels expected")
    };
    let stopping = found.stopping.as_ref().unwrap();
    assert!(
        !stopping.is_settled && found.fit.samples == 256,
        "{stopping:?}"
    );
    let said = keys(&ran.notices);
    let expected = match stopping.open.is_empty() {
        true => "superpixels.notice_not_converged",
        false => "superpixels.notice_not_ordered",
    };
    assert!(said.contains(&expected), "{said:?}");
    strings::assert_said(&ran);
}

#[test]
fn keys_of_the_design_are_refused_where_they_change_nothing() {
    let pointer = |keys: serde_json::Value| {
        let faults = run(keys, &[("coffee", 64)]).unwrap_err();
        faults[0].pointer.clone()
    };
    assert_eq!(
        pointer(json!({ "samples": "auto", "design": "random" })),
        "/design"
    );
    assert_eq!(
        pointer(json!({ "samples": 100, "most_samples": 500 })),
        "/most_samples"
    );
}
