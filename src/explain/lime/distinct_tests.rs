//! Tests of `distinct`.

use super::*;
use crate::explain::lime::perturbed::Perturbed;
use crate::picture::segment::Segmentation;
use crate::picture::{Picture, Preprocessing, Resize};

const SOFTMAX: OutputActivation = OutputActivation::Softmax;

#[test]
fn the_batch_changes_nothing_and_equal_masks_run_once() {
    let resize = Resize::Stretch {
        height: 2,
        width: 3,
    };
    let preprocessing = Preprocessing {
        resize,
        ..Preprocessing::default()
    };
    let photo = Picture {
        width: 3,
        height: 2,
        pixels: (0..18).map(|level| level * 14).collect(),
    };
    let segments = Segmentation::relabelled(3, 2, &[0, 1, 1, 0, 2, 2]);
    let hidden = Picture::filled(3, 2, [0, 0, 0]);
    let both = (&photo, &hidden);
    let perturbed = Perturbed::new(both, &segments, &preprocessing, tch::Device::Cpu).unwrap();
    let masks = Masks::random(40, 3, 0);
    let distinct = Distinct::new(&masks);
    let of_class = |class| Scalar::of_class(class, Explained::Probability);
    assert_eq!(distinct.pictures(), 8); // 40 draws of 8
    let run = std::cell::Cell::new(0);
    let masked = Masked::new(&perturbed, distinct.masks());
    let scores = |some: &[usize]| {
        run.set(run.get() + some.len());
        Ok(masked.inputs(some)?.f_flatten(1, 3)?.f_slice(1, 0, 4, 1)?)
    };
    let found = |batch| {
        run.set(0);
        let found = distinct
            .numbers(&of_class(1), batch, (SOFTMAX, &scores), &|_| Ok(()))
            .unwrap();
        assert_eq!((found.len(), run.get()), (40, 8));
        found
    };
    assert_eq!(found(1), found(50));
    assert_eq!(found(3), found(8));
    assert!(
        distinct
            .numbers(&of_class(4), 8, (SOFTMAX, &scores), &|_| Ok(()))
            .is_err()
    );
}
