//! Tests of spectra whose magnitudes are given.

use super::*;

/// Pixels well within black and white.
fn photo(seed: f64, height: i64, width: i64) -> Tensor {
    let numbers = Tensor::arange(3 * height * width, (Kind::Double, Device::Cpu));
    ((numbers * 0.7 + seed).sin() * 0.3 + 0.5).view([1, 3, height, width])
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

/// With its own phases a photo comes back out of its magnitudes.
#[test]
fn a_photos_own_phases_give_the_photo_back() {
    for (height, width) in [(6, 8), (7, 5)] {
        for channels in [Channels::Rgb, Channels::Bgr] {
            let photo = photo(1.0, height, width);
            let magnitude = Magnitude::of(&photo, channels).unwrap();
            let size = (height as usize, width as usize);
            let maco = Maco::new(&magnitude, size, Kind::Double, Device::Cpu).unwrap();
            let plain = decorrelate(&photo.logit(0.0), channels).unwrap();
            let phases = plain
                .fft_rfft2(None::<i64>, [-2, -1].as_slice(), "ortho")
                .angle();
            let back = maco.pixels(&phases).unwrap();
            assert!(largest(&(back - photo)) < 1e-12);
        }
    }
}

/// Whatever the phases: away from frequencies that are their own opposites, magnitudes are the photos' mean, and so is
/// the mean colour.
#[test]
fn magnitudes_and_mean_colour_stay_the_photos() {
    let photos = Tensor::cat(&[photo(1.0, 6, 8), photo(2.0, 6, 8)], 0);
    let magnitude = Magnitude::of(&photos, Channels::Rgb).unwrap();
    let maco = Maco::new(&magnitude, (6, 8), Kind::Double, Device::Cpu).unwrap();
    let phases = maco.noise(&mut Numbers::new(3, "test", "maco")).unwrap();
    assert!(largest(&phases) <= PI);
    let plain = decorrelate(&maco.pixels(&phases).unwrap().logit(0.0), Channels::Rgb).unwrap();
    let spectrum = plain.fft_rfft2(None::<i64>, [-2, -1].as_slice(), "ortho");
    let found = spectrum.abs().get(0).narrow(2, 1, 3);
    assert!(largest(&(found - magnitude.values.narrow(2, 1, 3))) < 1e-12);
    let colour = plain.mean_dim([2_i64, 3].as_slice(), false, None).get(0);
    let expected = decorrelate(&photos.logit(0.0), Channels::Rgb).unwrap();
    let expected = expected.mean_dim([0_i64, 2, 3].as_slice(), false, None);
    assert!(largest(&(colour - expected)) < 1e-12);
}

/// Of twice the size every second frequency is one of the photos'; between two of them lies their mean.
#[test]
fn a_larger_picture_has_the_same_magnitudes_at_the_same_frequencies() {
    let magnitude = Magnitude::of(&photo(1.0, 6, 8), Channels::Rgb).unwrap();
    let larger = magnitude.of_size(12, 16).unwrap();
    assert_eq!(larger.size(), [3, 12, 9]);
    let at = |of: &Tensor, row, column| of.double_value(&[1, row, column]);
    let own = |row, column| at(&magnitude.values, row, column);
    for (row, column) in [(1, 2), (2, 0), (5, 3)] {
        assert!((at(&larger, 2 * row, 2 * column) - own(row, column)).abs() < 1e-12);
    }
    assert!((at(&larger, 3, 4) - (own(1, 2) + own(2, 2)) / 2.0).abs() < 1e-12);
    // Half a period in the picture is rarer than what the photos have: their lowest.
    let lowest = (own(1, 0) + own(0, 1)) / 2.0;
    assert!((at(&larger, 0, 1) - (lowest + own(0, 1)) / 2.0).abs() < 1e-12);
    assert_eq!(at(&larger, 0, 0), 0.0);
}
