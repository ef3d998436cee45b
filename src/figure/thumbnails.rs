//! Small photos in one picture: a file a photo would spend half of its bytes on its head.

use super::raster::check_picture;
use super::{FigureError, Thumbnails, encode};
use crate::results::Picture;

/// The longer side of each, in px.
const SIDE_PX: usize = 56;
const COLUMNS: usize = 8;
/// They are to be recognised, not looked at.
const JPEG_QUALITY: f32 = 55.0;

/// `None` of no photo. All get the shape of the first.
pub(super) fn draw(
    photos: Vec<(usize, String, &Picture)>,
) -> Result<Option<Thumbnails>, FigureError> {
    let Some((_, _, first)) = photos.first() else {
        return Ok(None);
    };
    for (_, _, picture) in &photos {
        check_picture(picture)?;
    }
    let longer = first.width.max(first.height);
    let side = |length: usize| (length * SIDE_PX / longer).clamp(1, length);
    let (width, height) = (side(first.width), side(first.height));
    let columns = photos.len().min(COLUMNS);
    let rows = photos.len().div_ceil(columns);
    let mut sheet = Picture::filled(columns * width, rows * height, [128; 3]);
    for (place, (_, _, picture)) in photos.iter().enumerate() {
        let corner = (place % columns * width, place / columns * height);
        paste(picture, (width, height), corner, &mut sheet);
    }
    Ok(Some(Thumbnails {
        sheet: encode::rough_photograph(&sheet, JPEG_QUALITY)?,
        width_px: width,
        height_px: height,
        columns,
        names: photos
            .into_iter()
            .map(|(key, name, _)| (key, name))
            .collect(),
    }))
}

/// Each pixel the mean of those that it covers.
fn paste(
    picture: &Picture,
    (width, height): (usize, usize),
    (left, top): (usize, usize),
    sheet: &mut Picture,
) {
    let span = |at: usize, length: usize, of: usize| {
        let from = at * of / length;
        from..((at + 1) * of / length).max(from + 1)
    };
    for y in 0..height {
        for x in 0..width {
            let (columns, rows) = (
                span(x, width, picture.width),
                span(y, height, picture.height),
            );
            let count = (columns.len() * rows.len()) as u32;
            let at = 3 * ((top + y) * sheet.width + left + x);
            for channel in 0..3 {
                let row_sum = |row: usize| -> u32 {
                    let pixel = |column: usize| {
                        picture.pixels[3 * (row * picture.width + column) + channel]
                    };
                    columns.clone().map(|column| u32::from(pixel(column))).sum()
                };
                let sum: u32 = rows.clone().map(row_sum).sum();
                sheet.pixels[at + channel] = (sum / count) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_has_the_means_and_stands_in_its_place() {
        let mut photo = Picture::filled(2, 2, [0, 10, 20]);
        photo.pixels[0] = 200;
        let mut sheet = Picture::filled(2, 1, [1; 3]);
        paste(&photo, (1, 1), (1, 0), &mut sheet);
        assert_eq!(sheet.pixels, [1, 1, 1, 50, 10, 20]);
    }

    #[test]
    fn nine_photos_stand_in_two_rows() {
        let photo = Picture::filled(112, 224, [9; 3]);
        let photos = (0..9).map(|key| (key, key.to_string(), &photo));
        let drawn = draw(photos.collect()).unwrap().unwrap();
        assert_eq!(
            (drawn.width_px, drawn.height_px, drawn.columns),
            (28, 56, 8)
        );
        assert_eq!(
            (drawn.sheet.width_px, drawn.sheet.height_px),
            (8 * 28, 2 * 56)
        );
        assert!(draw(Vec::new()).unwrap().is_none());
    }
}
