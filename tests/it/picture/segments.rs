//! Superpixels against scikit-image 0.26.

use cnn_report::picture::segment::{Quickshift, Segmentation, Slic};
use cnn_report::picture::{Filter, Picture};

use super::{PHOTOS, data, numbers, photo};

fn reference(name: &str) -> Segmentation {
    let picture = Picture::open(&data(&format!("{name}.png"))).unwrap();
    let marks: Vec<usize> = picture
        .pixels
        .chunks_exact(3)
        .map(|grey| grey[0].into())
        .collect();
    Segmentation::relabelled(picture.width, picture.height, &marks)
}

fn small(name: &str, size: usize) -> Picture {
    photo(name).resized(size, size, Filter::Bicubic)
}

/// Compares with `{photo}_{size}_{kind}` of both photos at the sizes, label for label.
fn assert_reference(kind: &str, sizes: &[usize], segment: impl Fn(&Picture) -> Segmentation) {
    for name in PHOTOS {
        for &size in sizes {
            let (found, expected) = (
                segment(&small(name, size)),
                reference(&format!("{name}_{size}_{kind}")),
            );
            assert_eq!(found.count, expected.count, "{name} {size} {kind}");
            assert!(found == expected, "{name} {size} {kind}: other pixels");
        }
    }
}

#[test]
fn quickshift_with_the_references_noise() {
    let noise = numbers("quickshift_noise_64.npy");
    let with_noise = |settings: Quickshift| {
        let noise = &noise;
        move |picture: &Picture| settings.segment_with_noise(picture, noise)
    };
    assert_reference("quickshift_lime", &[64], with_noise(Quickshift::LIME));
    assert_reference(
        "quickshift_default",
        &[64],
        with_noise(Quickshift::default()),
    );
}

/// Photos have no ties that matter: the same partitions without the noise.
#[test]
fn quickshift_without_noise() {
    assert_reference("quickshift_lime", &[64, 224], |picture| {
        Quickshift::LIME.segment(picture)
    });
    let default = Quickshift::default();
    assert_reference("quickshift_default", &[64, 224], |picture| {
        default.segment(picture)
    });
}

#[test]
fn slic() {
    let default = Slic::default();
    let homework = Slic {
        compactness: 1.0,
        sigma: 1.0,
        ..default
    };
    let scattered = Slic {
        enforce_connectivity: false,
        ..default
    };
    let zero = Slic {
        n_segments: 50,
        slic_zero: true,
        ..default
    };
    for (kind, settings) in [
        ("slic_default", default),
        ("slic_hw", homework),
        ("slic_noconn", scattered),
        ("slic_zero", zero),
    ] {
        assert_reference(kind, &[64, 224], |picture| settings.segment(picture));
    }
}

#[test]
fn boundaries_are_those_of_mark_boundaries() {
    let drawn = Picture::open(&data("coffee_224_boundaries.png")).unwrap();
    let expected: Vec<bool> = drawn
        .pixels
        .chunks_exact(3)
        .map(|grey| grey[0] > 0)
        .collect();
    assert!(reference("coffee_224_quickshift_lime").boundaries() == expected);
}
