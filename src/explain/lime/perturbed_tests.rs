//! Tests of `perturbed`.

use super::*;
use crate::explain::lime::masks::Masks;
use crate::picture::{Input, Resize};

fn preprocessing() -> Preprocessing {
    let resize = Resize::Stretch {
        height: 2,
        width: 3,
    };
    Preprocessing {
        resize,
        mean: vec![0.5, 0.4, 0.3],
        std: vec![0.2, 0.3, 0.4],
        ..Preprocessing::default()
    }
}

fn photo() -> (Picture, Segmentation) {
    let pixels = (0..18).map(|level| level * 14).collect();
    let marks = [0, 1, 1, 0, 2, 2];
    (
        Picture {
            width: 3,
            height: 2,
            pixels,
        },
        Segmentation::relabelled(3, 2, &marks),
    )
}

#[test]
fn means_are_truncated() {
    let photo = Picture {
        width: 2,
        height: 1,
        pixels: vec![0, 3, 255, 1, 4, 254],
    };
    let hidden = mean_coloured(&photo, &Segmentation::relabelled(2, 1, &[7, 7]));
    assert_eq!(hidden.pixels, [0, 3, 254, 0, 3, 254]);
}

/// The mean is not truncated, and each channel has its own.
#[test]
fn arrays_hide_segments_by_their_own_mean() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("array.npy");
    let values = Tensor::from_slice(&[0.5f32, 1.0, -3.0, 0.0, 2.0, 7.0]);
    values.view([3, 1, 2]).write_npy(&file).unwrap();
    let how = Preprocessing::preset("unit", (1, 2)).unwrap();
    let prepared = Input::open(&file, None).unwrap().prepared(&file, &how);
    let array = prepared.unwrap().array.unwrap();
    let means = |marks: &[usize]| -> Vec<f32> {
        let hidden = mean_valued(&array, &Segmentation::relabelled(2, 1, marks));
        Vec::try_from(hidden.tensor(Device::Cpu).flatten(0, -1)).unwrap()
    };
    assert_eq!(means(&[4, 4]), [0.75, 0.75, -1.5, -1.5, 4.5, 4.5]);
    assert_eq!(means(&[0, 1]), [0.5, 1.0, -3.0, 0.0, 2.0, 7.0]);
}

/// As the package does it: compose 8-bit pictures, then normalise each.
fn naive(mask: &[bool], photo: &Picture, hidden: &Picture, segments: &Segmentation) -> Picture {
    let mut mixed = photo.clone();
    for (at, &label) in segments.labels.iter().enumerate() {
        if !mask[label as usize] {
            mixed.pixels[at * 3..][..3].copy_from_slice(&hidden.pixels[at * 3..][..3]);
        }
    }
    mixed
}

#[test]
fn batches_equal_pictures_composed_one_by_one() {
    let ((photo, segments), preprocessing) = (photo(), preprocessing());
    let hidden = mean_coloured(&photo, &segments);
    let both = (&photo, &hidden);
    let perturbed = Perturbed::new(both, &segments, &preprocessing, Device::Cpu).unwrap();
    let masks = Masks::every(3);
    let rows: Vec<_> = masks.rows().collect();
    let composed: Vec<_> = rows
        .iter()
        .map(|row| naive(row, &photo, &hidden, &segments))
        .collect();
    let expected = preprocessing.tensor(&composed.iter().collect::<Vec<_>>(), Device::Cpu);
    assert_eq!(perturbed.batch(&rows).unwrap(), expected);
}
