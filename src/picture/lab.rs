//! Colours as people see their differences: CIE 1976 L*a*b*.

use super::Picture;

/// Linear sRGB to CIE XYZ, rows X, Y, Z; the digits scikit-image uses.
const XYZ_FROM_RGB: [[f64; 3]; 3] = [
    [0.412453, 0.357580, 0.180423],
    [0.212671, 0.715160, 0.072169],
    [0.019334, 0.119193, 0.950227],
];
/// XYZ of the illuminant D65 for the 2° observer.
const WHITE: [f64; 3] = [0.95047, 1.0, 1.08883];

/// L* (0..100), a* and b* (about −100..100) of every pixel, row-major, three values a pixel.
///
/// sRGB with its transfer curve (IEC 61966-2-1), illuminant D65. Equal to `skimage.color.rgb2lab` up to
/// rounding (below 1e-12).
pub fn lab(picture: &Picture) -> Vec<f64> {
    lab_of_levels(picture, |level| f64::from(level) * (1.0 / 255.0))
}

/// As [`lab`], where `value` says what each of the 256 levels stands for, in 0..1.
pub(super) fn lab_of_levels(picture: &Picture, value: impl Fn(u8) -> f64) -> Vec<f64> {
    let linear: Vec<f64> = (0..=255).map(|level| linear(value(level))).collect();
    picture
        .pixels
        .chunks_exact(3)
        .flat_map(|pixel| {
            let [red, green, blue] =
                [pixel[0], pixel[1], pixel[2]].map(|level| linear[usize::from(level)]);
            let mut bent = [0.0; 3];
            for ((bent, row), white) in bent.iter_mut().zip(XYZ_FROM_RGB).zip(WHITE) {
                *bent = bend((row[0] * red + row[1] * green + row[2] * blue) / white);
            }
            let [x, y, z] = bent;
            [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
        })
        .collect()
}

/// The inverse of sRGB's transfer curve.
fn linear(value: f64) -> f64 {
    if value > 0.04045 {
        ((value + 0.055) / 1.055).powf(2.4)
    } else {
        value / 12.92
    }
}

/// CIE's cube root with a straight foot.
fn bend(share_of_white: f64) -> f64 {
    if share_of_white > 0.008856 {
        share_of_white.cbrt()
    } else {
        7.787 * share_of_white + 16.0 / 116.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_have_no_colour() {
        for level in [0, 1, 10, 128, 255] {
            let values = lab(&Picture::filled(1, 1, [level; 3]));
            // The matrix rows sum to the white only to six digits.
            assert!(
                values[1].abs() < 0.01 && values[2].abs() < 0.01,
                "{values:?}"
            );
        }
        assert!((lab(&Picture::filled(1, 1, [255; 3]))[0] - 100.0).abs() < 1e-9);
        assert!(lab(&Picture::filled(1, 1, [0; 3]))[0].abs() < 1e-9);
    }
}
