//! A finished picture made small, for a list of figures.

use super::{Image, Media, encode};
use crate::results::Picture;

/// They are to be recognised, not looked at.
const JPEG_QUALITY: f32 = 70.0;

/// The picture within `width_px` × `height_px`, as JPEG. `None` of a chart, whose lines are drawn at any size.
pub fn reduced(image: &Image, (width_px, height_px): (u32, u32)) -> Option<Image> {
    let bytes = match &image.media {
        Media::Png(bytes) | Media::Jpeg(bytes) => bytes,
        Media::Svg(_) => return None,
    };
    let whole = image::load_from_memory(bytes).ok()?.into_rgb8(); // we have encoded it
    let (width, height) = whole.dimensions();
    let share = f64::min(
        f64::from(width_px) / f64::from(width),
        f64::from(height_px) / f64::from(height),
    );
    let side = |length: u32| ((f64::from(length) * share).round() as u32).max(1);
    let small = match share < 1.0 {
        true => image::imageops::thumbnail(&whole, side(width), side(height)),
        false => whole,
    };
    let picture = Picture {
        width: small.width() as usize,
        height: small.height() as usize,
        pixels: small.into_raw(),
    };
    encode::rough_photograph(&picture, JPEG_QUALITY).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_its_colours() {
        let mut picture = Picture::filled(400, 100, [200, 40, 40]);
        picture.pixels[..300 * 100 * 3].fill(90); // the upper three quarters
        let small = reduced(&encode::exact(&picture).unwrap(), (240, 176)).unwrap();
        assert_eq!((small.width_px, small.height_px), (240, 60));
        let Media::Jpeg(bytes) = &small.media else {
            panic!("{:?}", small.media);
        };
        let pixels = image::load_from_memory(bytes).unwrap().into_rgb8();
        let near = |at: (u32, u32), colour: [u8; 3]| {
            let found = pixels.get_pixel(at.0, at.1).0;
            let far = found.iter().zip(colour).any(|(a, b)| a.abs_diff(b) > 12);
            assert!(!far, "{at:?}: {found:?}");
        };
        near((10, 10), [90, 90, 90]);
        near((200, 55), [200, 40, 40]);

        let tiny = encode::exact(&Picture::filled(8, 8, [1, 2, 3])).unwrap();
        assert_eq!(reduced(&tiny, (240, 176)).unwrap().width_px, 8);
        let chart = Image {
            media: Media::Svg("<svg></svg>".to_owned()),
            ..tiny
        };
        assert_eq!(reduced(&chart, (240, 176)), None);
    }
}
