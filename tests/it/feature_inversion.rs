//! Pictures that a layer cannot tell from a photo.

use cnn_report::picture::{Picture, Preprocessing, Resize};
use cnn_report::results::{Ending, Objective, Optimised, Results};
use serde_json::json;
use tch::Tensor;

use crate::attributions::networks::{network, weights};
use crate::bench::{Bench, Ran, entry, keys};
use crate::strings;

const HEIGHT: usize = 24;
const WIDTH: usize = 32;

/// A convolution of 1 × 1 that mixes the colours, a ReLU that closes everywhere where `bias` is far below zero, and a
/// linear layer.
fn bench(bias: f32) -> Bench {
    let layers = json!([
        { "type": "Conv2d", "out_channels": 3, "kernel_size": 1 },
        { "type": "ReLU" },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 2, "bias": false },
    ]);
    let mixed = Tensor::from_slice(&[1.0_f32, 0.5, 0.0, 0.0, 1.0, 0.5, 0.5, 0.0, 1.0]);
    let count = (3 * HEIGHT * WIDTH) as i64;
    let named = [
        ("0.weight", mixed.view([3, 3, 1, 1])),
        ("0.bias", Tensor::from_slice(&[bias; 3])),
        ("3.weight", weights(&[2, count], 0.1)),
    ];
    let model = network(&layers, &named, [3, HEIGHT as i64, WIDTH as i64]);
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: HEIGHT,
            width: WIDTH,
        },
        mean: vec![0.5; 3],
        std: vec![0.25; 3],
        ..Preprocessing::default()
    };
    let pixels = (0..HEIGHT * WIDTH).flat_map(|at| {
        let (row, column) = (at / WIDTH, at % WIDTH);
        [40 + 6 * row, 50 + 4 * column, 200 - 3 * row - 2 * column].map(|level| level as u8)
    });
    let photo = Picture {
        width: WIDTH,
        height: HEIGHT,
        pixels: pixels.collect(),
    };
    Bench::new(model, preprocessing, vec![("a", photo)])
}

fn inverted(ran: &Ran) -> &Optimised {
    match &ran.results[..] {
        [Results::Optimised(found)] => found,
        other => panic!("a picture expected, not {other:?}"),
    }
}

/// Where the layer keeps everything, the picture is the photo.
#[test]
fn of_a_layer_that_keeps_everything_the_picture_is_the_photo() {
    let bench = bench(5.0);
    let ran = bench.run(
        entry("feature_inversion"),
        json!({ "layer": "0", "steps": 400, "smoothness": 0 }),
    );
    strings::assert_said(&ran);
    let found = inverted(&ran);
    assert_eq!(found.objective, Objective::RelativeDistance);
    assert_eq!(found.curves[0].objectives.len(), 401);
    let last = *found.curves[0].objectives.last().unwrap();
    let photo = bench.photos[0].picture().unwrap();
    let picture = &found.frames[0].picture;
    let pairs = photo.pixels.iter().zip(&picture.pixels);
    let change: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    let change = f64::from(change) / photo.pixels.len() as f64;
    println!("inversion: distance {last:.1e}, {change:.2} levels");
    assert!(last < 0.01, "{last}");
    assert!(change < 2.0, "{change}");
    assert_eq!(keys(&ran.notices), [""; 0]);
}

/// Rough pixels cost more, and the picture becomes flatter and more distant.
#[test]
fn smoothness_is_paid_for_by_distance() {
    let bench = bench(5.0);
    let last = |smoothness: f64| {
        let keys = json!({ "layer": "0", "steps": 150, "smoothness": smoothness });
        let ran = bench.run(entry("feature_inversion"), keys);
        *inverted(&ran).curves[0].objectives.last().unwrap()
    };
    assert!(last(1e4) > 2.0 * last(0.0));
}

#[test]
fn a_layer_that_is_silent_has_a_notice() {
    let bench = bench(-100.0);
    let ran = bench.run(
        entry("feature_inversion"),
        json!({ "layer": "1", "steps": 3 }),
    );
    assert_eq!(inverted(&ran).ending, Ending::NoGradient);
    assert_eq!(keys(&ran.notices), ["optimised.inversion_silent"]);
    strings::assert_said(&ran);
}
