//! Whether two pictures are one, but for what another CPU or graphics card does to the last bit of a number.

use image::RgbImage;

/// How far two pictures may differ and be taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// What rounding does to a map: at most one step of its colour scale, in a few pixels.
    Rounding,
    /// What rounding does after many steps of an optimisation: the same shapes and colours, other details.
    Machine,
}

/// One step of a colour scale changes a colour by 5 of 255 at most, alone or over a photo (a test walks the scales);
/// one more by rounding.
pub const LARGEST_STEP: u8 = 6;
/// Of all pixels, how many may have moved. A step is 1/255, numbers of two CPUs differ by about 1e-6 of them: one
/// pixel in some thousands is rounded to the other step.
const MOST_MOVED: f64 = 0.01;
/// In a JPEG a pixel that moved takes those of its block of 8 × 8 along.
const MOST_MOVED_JPEG: f64 = 0.1;
/// Side of the squares over which colours are averaged for [`Tolerance::Machine`].
const SQUARE_PX: u32 = 16;
/// How far the averages of squares may differ, of 255: all of them on average, and the worst.
const MEAN_DRIFT: f64 = 6.0;
const LARGEST_DRIFT: f64 = 48.0;

/// What makes two pictures differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Pixels that differ, and all of them.
    pub count: usize,
    pub pixels: usize,
    /// Of 255.
    pub largest: u8,
}

impl Moved {
    /// 0..1.
    fn share(self) -> f64 {
        self.count as f64 / self.pixels.max(1) as f64
    }
}

/// Two pictures compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Nothing that can be seen tells them apart.
    Alike,
    Moved(Moved),
    /// They have other sizes, or one cannot be read.
    Other,
}

/// `extension`: `png`, `jpg`, `svg` or `npy`; of anything else equal bytes are needed.
pub fn compared(old: &[u8], new: &[u8], extension: &str, tolerance: Tolerance) -> Compared {
    if old == new {
        return Compared::Alike;
    }
    let is_same = match extension {
        "svg" => Some(same_drawing(old, new, tolerance)),
        "npy" => Some(tolerance == Tolerance::Machine && same_numbers(old, new)),
        _ => None,
    };
    if let Some(is_same) = is_same {
        return match is_same {
            true => Compared::Alike,
            false => Compared::Other,
        };
    }
    let (Some(old), Some(new)) = (decoded(old), decoded(new)) else {
        return Compared::Other;
    };
    if old.dimensions() != new.dimensions() {
        return Compared::Other;
    }
    let moved = moved(&old, &new);
    let most = match extension {
        "jpg" => MOST_MOVED_JPEG,
        _ => MOST_MOVED,
    };
    let is_rounding = moved.largest <= LARGEST_STEP && moved.share() <= most;
    if is_rounding || tolerance == Tolerance::Machine && has_same_shapes(&old, &new) {
        return Compared::Alike;
    }
    Compared::Moved(moved)
}

fn decoded(bytes: &[u8]) -> Option<RgbImage> {
    Some(image::load_from_memory(bytes).ok()?.into_rgb8())
}

/// Of pictures of one size.
fn moved(old: &RgbImage, new: &RgbImage) -> Moved {
    let (mut count, mut largest) = (0_usize, 0);
    for (a, b) in old.pixels().zip(new.pixels()) {
        let apart = a.0.iter().zip(b.0).map(|(a, b)| a.abs_diff(b)).max();
        let apart = apart.unwrap_or(0);
        count += usize::from(apart > 0);
        largest = largest.max(apart);
    }
    Moved {
        count,
        pixels: old.pixels().len(),
        largest,
    }
}

/// Whether the mean colours of squares are close; `old` and `new` have one size.
fn has_same_shapes(old: &RgbImage, new: &RgbImage) -> bool {
    let (width, height) = old.dimensions();
    let (mut sum, mut largest, mut count) = (0.0, 0.0_f64, 0_usize);
    for top in (0..height).step_by(SQUARE_PX as usize) {
        for left in (0..width).step_by(SQUARE_PX as usize) {
            let (a, b) = (mean(old, left, top), mean(new, left, top));
            for (a, b) in a.iter().zip(b) {
                let drift = (a - b).abs();
                sum += drift;
                largest = largest.max(drift);
                count += 1;
            }
        }
    }
    sum / count.max(1) as f64 <= MEAN_DRIFT && largest <= LARGEST_DRIFT
}

/// The mean colour of a square, or of what the picture has of it.
fn mean(picture: &RgbImage, left: u32, top: u32) -> [f64; 3] {
    let (width, height) = picture.dimensions();
    let (right, bottom) = ((left + SQUARE_PX).min(width), (top + SQUARE_PX).min(height));
    let mut sum = [0.0; 3];
    for y in top..bottom {
        for x in left..right {
            for (sum, value) in sum.iter_mut().zip(picture.get_pixel(x, y).0) {
                *sum += f64::from(value);
            }
        }
    }
    let pixels = f64::from((right - left) * (bottom - top)).max(1.0);
    sum.map(|sum| sum / pixels)
}

/// Arrays of float32: one shape, no number further away than this share of the largest.
fn same_numbers(old: &[u8], new: &[u8]) -> bool {
    const APART: f32 = 1e-3;
    let split = |bytes: &[u8]| -> Option<(Vec<u8>, Vec<f32>)> {
        let length = u16::from_le_bytes([*bytes.get(8)?, *bytes.get(9)?]);
        let (header, body) = bytes.split_at_checked(10 + usize::from(length))?;
        let is_float32 = header.windows(5).any(|part| part == b"'<f4'");
        let numbers = body.as_chunks::<4>().0.iter();
        is_float32.then(|| {
            (
                header.to_vec(),
                numbers.map(|n| f32::from_le_bytes(*n)).collect(),
            )
        })
    };
    let (Some((old_header, old)), Some((new_header, new))) = (split(old), split(new)) else {
        return false;
    };
    let largest = old
        .iter()
        .fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let is_near =
        |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || (a - b).abs() <= APART * largest;
    old_header == new_header && old.len() == new.len() && old.iter().zip(&new).all(is_near)
}

/// Charts: every text as it was, lines and bars within the last digit of their coordinates.
fn same_drawing(old: &[u8], new: &[u8], tolerance: Tolerance) -> bool {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return false;
    };
    let parts = |text: &str| -> Vec<(bool, String)> {
        // What stands behind the `>` of a tag is text that is read.
        let pieces = text.split('<').enumerate();
        let pieces = pieces.flat_map(|(index, piece)| match piece.split_once('>') {
            Some((tag, text)) if index > 0 => vec![(false, tag), (true, text)],
            _ => vec![(true, piece)],
        });
        pieces
            .map(|(is_read, part)| (is_read, part.to_owned()))
            .collect()
    };
    let (old, new) = (parts(old), parts(new));
    old.len() == new.len()
        && old.iter().zip(&new).all(|((is_read, a), (_, b))| {
            a == b || (!is_read || tolerance == Tolerance::Machine) && super::lines::alike(a, b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(change: impl Fn(u32, u32) -> i16) -> Vec<u8> {
        let picture = RgbImage::from_fn(64, 64, |x, y| {
            let level = i16::try_from(2 * x + y).unwrap_or(0);
            let level = (level + change(x, y)).clamp(0, 255);
            image::Rgb([u8::try_from(level).unwrap_or(0), 40, 90])
        });
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    fn between(new: impl Fn(u32, u32) -> i16, tolerance: Tolerance) -> Compared {
        compared(&png(|_, _| 0), &png(new), "png", tolerance)
    }

    #[test]
    fn one_level_in_a_few_pixels_is_no_change() {
        let few = |x, y| i16::from(x == 9 && y < 40); // 40 of 4096
        assert_eq!(between(few, Tolerance::Rounding), Compared::Alike);
        let many = |x, _| i16::from(x == 9); // 64 of 4096
        let moved = Compared::Moved(Moved {
            count: 64,
            pixels: 4096,
            largest: 1,
        });
        assert_eq!(between(many, Tolerance::Rounding), moved);
        let far = |x, y| i16::from(x == 9 && y == 9) * (i16::from(LARGEST_STEP) + 1);
        assert!(
            matches!(between(far, Tolerance::Rounding), Compared::Moved(m) if m.largest == LARGEST_STEP + 1)
        );
    }

    #[test]
    fn details_may_differ_between_machines_and_shapes_may_not() {
        let noise = |x: u32, y: u32| [-30, 30, 12, -12][((x * 7 + y * 13) % 4) as usize];
        assert!(matches!(
            between(noise, Tolerance::Rounding),
            Compared::Moved(_)
        ));
        assert_eq!(between(noise, Tolerance::Machine), Compared::Alike);
        let shape = |x, _| if x < 16 { 60 } else { 0 };
        assert!(matches!(
            between(shape, Tolerance::Machine),
            Compared::Moved(_)
        ));
        let tinted = |_, _| 20;
        assert!(matches!(
            between(tinted, Tolerance::Machine),
            Compared::Moved(_)
        ));
    }

    #[test]
    fn other_sizes_and_broken_files_are_other_pictures() {
        let mut small = std::io::Cursor::new(Vec::new());
        RgbImage::new(2, 2)
            .write_to(&mut small, image::ImageFormat::Png)
            .unwrap();
        let png = png(|_, _| 0);
        let other = |new: &[u8]| compared(&png, new, "png", Tolerance::Machine);
        assert_eq!(other(&small.into_inner()), Compared::Other);
        assert_eq!(other(b"\x89PNG"), Compared::Other);
        assert_eq!(
            compared(b"a", b"b", "npy", Tolerance::Machine),
            Compared::Other
        );
    }

    #[test]
    fn lines_of_a_chart_may_move_and_its_words_may_not() {
        let chart =
            |x: &str, said: &str| format!("<svg><path d=\"M{x} 4\"/><text>{said}</text></svg>");
        let same = |x: &str, said: &str, tolerance| {
            let (old, new) = (chart("1.25", "0.91"), chart(x, said));
            compared(old.as_bytes(), new.as_bytes(), "svg", tolerance) == Compared::Alike
        };
        assert!(same("1.26", "0.91", Tolerance::Rounding));
        assert!(!same("1.35", "0.91", Tolerance::Rounding));
        assert!(!same("1.25", "0.92", Tolerance::Rounding));
        assert!(same("1.25", "0.92", Tolerance::Machine));
        assert!(!same("1.25", "0.99", Tolerance::Machine));
    }
}
