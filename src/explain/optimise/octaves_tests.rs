//! Tests of `octaves`.

use super::*;
use crate::picture::{Channels, Picture, Preprocessing, Resize};
use tch::{Device, Kind};

const SETTINGS: Octaves = Octaves {
    count: 3,
    scale: 1.4,
    steps: 4,
    jitter_px: 3,
    step_size: 1.5,
    tile_px: None,
    picture_every: None,
};

fn scale() -> PixelScale {
    let preprocessing = Preprocessing {
        resize: Resize::Stretch {
            height: 12,
            width: 20,
        },
        mean: vec![0.4, 0.5],
        std: vec![0.2, 0.25],
        ..Preprocessing::default()
    };
    PixelScale::new(&preprocessing, Device::Cpu).unwrap()
}

fn photo() -> Tensor {
    (Tensor::arange(2 * 12 * 20, (Kind::Float, Device::Cpu)) * 0.3)
        .sin()
        .view([1, 2, 12, 20])
}

/// Half the mean square of a layer that is `layer` of the picture.
fn of_layer(x: &Tensor, layer: &dyn Fn(&Tensor) -> Tensor) -> Result<Tensor, ExplainError> {
    Ok(half_mean_square(&layer(x))?.f_view([1])?)
}

fn run(settings: Octaves, layer: &dyn Fn(&Tensor) -> Tensor) -> Dream {
    settings
        .dream(
            &photo(),
            &scale(),
            &mut |x: &Tensor| of_layer(x, layer),
            &mut Numbers::new(1, "test", "dream"),
            &|_| Ok(()),
        )
        .unwrap()
}

#[test]
fn octaves_end_with_the_photos_own_size() {
    assert_eq!(
        SETTINGS.sizes(224, 300),
        [(114, 153), (160, 214), (224, 300)]
    );
}

#[test]
fn no_step_gives_the_photo_back() {
    let dream = run(
        Octaves {
            steps: 0,
            ..SETTINGS
        },
        &|x| x * 2.0,
    );
    assert_eq!(dream.octaves.len(), 3);
    assert!(dream.octaves.iter().all(|octave| octave.picture == photo()));
}

/// The layer is the picture itself: every step moves every pixel away from zero, 1.5 levels in the mean,
/// weighted by x/std; nothing is rolled for long, so a step of one octave is known.
#[test]
fn one_step_by_hand() {
    let settings = Octaves {
        count: 1,
        steps: 1,
        ..SETTINGS
    };
    let dream = run(settings, &|x| x.shallow_clone());
    let std = scale();
    let weighted = photo() / std.std();
    let mean = weighted.abs().mean(None);
    let expected = std
        .clip(&(photo() + weighted / mean * (1.5 / 255.0) / std.std()))
        .unwrap();
    let difference = (&dream.octaves[0].picture - expected)
        .abs()
        .max()
        .double_value(&[]);
    assert!(difference < 1e-6, "{difference}");
    let objective = 0.5 * photo().square().mean(None).double_value(&[]);
    assert!((dream.octaves[0].objectives[0] - objective).abs() < 1e-6);
}

#[test]
fn the_objective_rises_and_pixels_stay_valid() {
    let dream = run(SETTINGS, &|x| x.shallow_clone());
    assert!(!dream.has_diverged);
    for octave in &dream.octaves {
        assert!(octave.objectives.windows(2).all(|pair| pair[1] > pair[0]));
    }
    let last = &dream.octaves[2].picture;
    assert!(
        (scale().clip(last).unwrap() - last)
            .abs()
            .max()
            .double_value(&[])
            < 1e-6
    );
}

/// Pictures on the way are of the full size, and the last one is what the last octave gave.
#[test]
fn pictures_are_kept_on_the_way() {
    let settings = Octaves {
        picture_every: Some(3),
        ..SETTINGS
    };
    let dream = run(settings, &|x| x.shallow_clone());
    let steps: Vec<usize> = dream.on_the_way.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [3, 6, 9, 12]);
    assert_eq!(dream.on_the_way[0].1.size(), photo().size());
    assert_eq!(dream.on_the_way[3].1, dream.octaves[2].picture);
}

#[test]
fn numbers_that_are_not_finite_stop_the_dream() {
    let dream = run(SETTINGS, &|x| x * f64::INFINITY);
    assert!(dream.has_diverged);
    assert_eq!(dream.octaves.len(), 1);
    assert!(is_finite(&dream.octaves[0].picture).unwrap());
}

/// Three networks that see the same pixels, each in its own scale and order, dream the same picture.
#[test]
fn scale_and_order_of_channels_do_not_change_the_dream() {
    let red_first = Preprocessing::preset("imagenet", (12, 20)).unwrap();
    let reversed = |numbers: &[f32], factor: f32| -> Vec<f32> {
        numbers.iter().rev().map(|number| number * factor).collect()
    };
    let blue_first = |scale: f64| Preprocessing {
        channels: Channels::Bgr,
        scale,
        mean: reversed(&red_first.mean, (255.0 * scale) as f32),
        std: reversed(&red_first.std, (255.0 * scale) as f32),
        ..red_first.clone()
    };
    let pixels = (0..12 * 20 * 3).map(|at| (at * 37 % 256) as u8).collect();
    let photo = Picture {
        width: 20,
        height: 12,
        pixels,
    };
    let weights = Tensor::from_slice(&[1.0f32, 2.0, 0.5]).view([1, 3, 1, 1]);
    let dream = |preprocessing: &Preprocessing, weights: Tensor| {
        let start = preprocessing.tensor(&[&photo], Device::Cpu);
        let scale = PixelScale::new(preprocessing, Device::Cpu).unwrap();
        let mut objective = |x: &Tensor| of_layer(x, &|x| x * &weights);
        let mut numbers = Numbers::new(1, "test", "dream");
        let dream = SETTINGS.dream(&start, &scale, &mut objective, &mut numbers, &|_| Ok(()));
        preprocessing.picture(&dream.unwrap().octaves[2].picture.get(0))
    };
    let expected = dream(&red_first, weights.shallow_clone());
    assert_ne!(expected, photo);
    for scale in [1.0 / 255.0, 1.0] {
        let got = dream(&blue_first(scale), weights.flip([1]));
        let differences = got.pixels.iter().zip(&expected.pixels);
        let largest = differences.map(|(a, b)| a.abs_diff(*b)).max();
        assert!(largest <= Some(1), "{scale}: {largest:?}"); // rounding of float32
    }
}

/// Of ½ mean x² over each tile the gradient is x over the tile's count, wherever the tile lies, so that a step in tiles is
/// one of the whole; 20 px in tiles of 8 begin at 0, 6 and 12.
#[test]
fn tiles_are_put_together() {
    assert_eq!(starts(20, 8), [0, 6, 12]);
    assert_eq!(starts(16, 8), [0, 8]);
    assert_eq!(starts(5, 5), [0]);
    let settings = Octaves {
        tile_px: Some(8),
        ..SETTINGS
    };
    let mut objective = |x: &Tensor| of_layer(x, &|x| x.shallow_clone());
    let (value, gradient) = settings.tiled(&photo(), &mut objective).unwrap();
    let expected = photo() / (2.0 * 8.0 * 8.0);
    let difference = (gradient - expected).abs().max().double_value(&[]);
    assert!(difference < 1e-7, "{difference}");
    let whole = 0.5 * photo().square().mean(None).double_value(&[]);
    assert!((value - whole).abs() < 0.05, "{value} {whole}");
    let dream = run(settings, &|x| x.shallow_clone());
    assert_eq!(dream.octaves[2].picture.size(), photo().size());
}

/// A picture whose pixels are their own column: of 20 columns the middle 10, enlarged twice.
#[test]
fn zooming_enlarges_the_middle() {
    let columns = Tensor::arange(20, (Kind::Float, Device::Cpu)).expand([1, 1, 12, 20], false);
    let zoomed = zoomed(&columns, 0.5).unwrap();
    assert_eq!(zoomed.size(), [1, 1, 12, 20]);
    let at = |column| zoomed.double_value(&[0, 0, 3, column]);
    assert_eq!((at(0), at(19)), (5.0, 14.0));
    assert!((at(10) - at(9) - 0.5).abs() < 1e-6);
    assert_eq!(super::zoomed(&columns, 0.0).unwrap(), columns);
}
