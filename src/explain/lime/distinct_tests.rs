//! Tests of `distinct`.

use std::sync::atomic::{AtomicUsize, Ordering};

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
    let run = AtomicUsize::new(0);
    let masked = Masked::new(&perturbed, distinct.masks());
    let scores = |some: &[usize]| {
        run.fetch_add(some.len(), Ordering::Relaxed);
        Ok(masked.inputs(some)?.f_flatten(1, 3)?.f_slice(1, 0, 4, 1)?)
    };
    let found = |(at_once, lanes)| {
        let spread = Spread::new(at_once, lanes);
        run.store(0, Ordering::Relaxed);
        let found = distinct
            .numbers(&of_class(1), spread, (SOFTMAX, &scores), &|_| Ok(()))
            .unwrap();
        assert_eq!((found.len(), run.load(Ordering::Relaxed)), (40, 8));
        found
    };
    for spread in [(50, 1), (3, 1), (8, 1), (8, 2), (6, 3)] {
        assert_eq!(found((1, 1)), found(spread));
    }
    assert!(
        distinct
            .numbers(
                &of_class(4),
                Spread::new(8, 1),
                (SOFTMAX, &scores),
                &|_| Ok(())
            )
            .is_err()
    );
}
