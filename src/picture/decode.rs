//! From a file to upright 8-bit sRGB.

use std::io::{BufRead, Cursor, Seek};
use std::path::{Path, PathBuf};

use image::error::DecodingError;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    RgbaImage,
};

use super::foreign;
use super::jpeg::{self, JpegError};
use super::source::{FileSource, Source};
use super::truncation::{is_cut_off, jpeg_header};
use super::{Changes, Picture};
use crate::fs::{self, FileError};

/// What [`Picture::open`] reads, as the error texts name it.
pub const READABLE_FORMATS: &str = "PNG, JPEG, WebP, BMP, GIF, TIFF and PPM";

/// Raised when the pixels of a file change with the program, so that results of other pixels are not reused.
pub const DECODING_VERSION: u32 = 2; // 2: JPEG as libjpeg-turbo decodes it

/// A small file can declare a huge picture; both bounds lie above what cameras and scanners make.
const LONGEST_SIDE_PX: u32 = 32_768;
const LARGEST_DECODED_BYTES: u64 = 1 << 30;

/// Why a file did not become a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{}` is {found}; {hint}", path.display())]
    Format {
        path: PathBuf,
        /// With its article.
        found: String,
        hint: String,
    },
    #[error("the {format} picture `{}` has {width} × {height} px; at most {LONGEST_SIDE_PX} px a side and {} MiB decoded are read, make it smaller", path.display(), LARGEST_DECODED_BYTES >> 20)]
    TooLarge {
        path: PathBuf,
        format: &'static str,
        width: u32,
        height: u32,
    },
    #[error("the {format} picture `{}` is cut off; copy or export it again", path.display())]
    Truncated { path: PathBuf, format: &'static str },
    #[error("the JPEG picture `{}` is damaged: its data end before its last row; copy or export it again", path.display())]
    Short { path: PathBuf },
    #[error("the {format} picture `{}` has floating-point pixels, whose range is not known; save it with 8 or 16 bits a channel, or as an array (`.npy`)", path.display())]
    FloatingPoint { path: PathBuf, format: &'static str },
    #[error("the {format} picture `{}` cannot be decoded: {source}; {READABLE_FORMATS} pictures are read", path.display())]
    Broken {
        path: PathBuf,
        format: &'static str,
        source: ImageError,
    },
}

impl Picture {
    /// The picture of a file, told by its content and not by its name, turned upright by its EXIF orientation.
    ///
    /// Transparent pixels are laid over white, grey and CMYK become RGB, 16 bits become 8. The values
    /// are taken as sRGB: an embedded colour profile is not applied. Of an animation, the first frame; of
    /// a TIFF of several pages, the first.
    pub fn open(path: &Path) -> Result<Self, PictureError> {
        Ok(Self::decode(path, &fs::read(path)?)?.0)
    }

    /// As [`Picture::open`], of the file's content; `path` is for the error.
    pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<(Self, Changes), PictureError> {
        let format = whole_format(path, bytes, bytes)?;
        let mut decoder = checked_decoder(path, format, Cursor::new(bytes))?;
        let broken = |source| PictureError::Broken {
            path: path.to_owned(),
            format: name(format),
            source,
        };
        let orientation = orientation_of(&mut decoder, format).map_err(broken)?;
        let mut decoded = match format {
            ImageFormat::Jpeg => decoded_jpeg(path, bytes)?,
            _ => DynamicImage::from_decoder(decoder).map_err(broken)?,
        };
        decoded.apply_orientation(orientation);
        let reduced = match decoded.color() {
            ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => true,
            ColorType::Rgb32F | ColorType::Rgba32F => {
                return Err(PictureError::FloatingPoint {
                    path: path.to_owned(),
                    format: name(format),
                });
            }
            _ => false,
        };
        let (picture, flattened) = flattened(decoded);
        let changes = Changes {
            turned: orientation != Orientation::NoTransforms,
            flattened,
            reduced,
        };
        Ok((picture, changes))
    }

    /// Width and height in px of the upright picture, from its header: of a whole file no more than
    /// the header and the end are read, so that thousands of files can be checked before anything is
    /// computed. [`Picture::open`] refuses the same files, and those with damaged pixels.
    pub fn dimensions_of(path: &Path) -> Result<(usize, usize), PictureError> {
        Self::dimensions_in(path, &FileSource::open(path)?)
    }

    /// As [`Picture::dimensions_of`], of an open file; `path` is for the error.
    pub(super) fn dimensions_in(
        path: &Path,
        file: &FileSource,
    ) -> Result<(usize, usize), PictureError> {
        let format = whole_format(path, &file.start, file)?;
        if format == ImageFormat::Jpeg {
            // This decoder reads whatever it is given to the end.
            let header = Cursor::new(jpeg_header(file)?);
            upright_size(path, format, checked_decoder(path, format, header)?)
        } else {
            let reader = file.parts.reader();
            upright_size(path, format, checked_decoder(path, format, reader)?)
        }
    }
}

fn upright_size(
    path: &Path,
    format: ImageFormat,
    mut decoder: impl ImageDecoder,
) -> Result<(usize, usize), PictureError> {
    let (width, height) = decoder.dimensions();
    let orientation =
        orientation_of(&mut decoder, format).map_err(|source| PictureError::Broken {
            path: path.to_owned(),
            format: name(format),
            source,
        })?;
    let (width, height) = (width as usize, height as usize);
    Ok(if on_its_side(orientation) {
        (height, width)
    } else {
        (width, height)
    })
}

/// By EXIF, which some writers of WebP and PNG begin with the six bytes that belong into a JPEG; a TIFF has
/// the same tag among its own.
fn orientation_of(
    decoder: &mut impl ImageDecoder,
    format: ImageFormat,
) -> Result<Orientation, ImageError> {
    if format == ImageFormat::Tiff {
        return decoder.orientation();
    }
    let exif = decoder.exif_metadata()?.unwrap_or_default();
    let mut exif = exif.as_slice();
    while let Some(behind) = exif.strip_prefix(b"Exif\0\0") {
        exif = behind;
    }
    Ok(Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms))
}

fn decoded_jpeg(path: &Path, bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let path = path.to_owned();
    let broken = |message: String| {
        let source = DecodingError::new(ImageFormat::Jpeg.into(), message);
        ImageError::Decoding(source)
    };
    let message = match jpeg::decode(bytes) {
        Ok(picture) => {
            let (width, height) = (picture.width as u32, picture.height as u32);
            match RgbImage::from_raw(width, height, picture.pixels) {
                Some(pixels) => return Ok(pixels.into()),
                None => "rows are missing".to_owned(),
            }
        }
        Err(JpegError::Short) => return Err(PictureError::Short { path }),
        Err(JpegError::Broken(message)) => message,
    };
    Err(PictureError::Broken {
        path,
        format: name(ImageFormat::Jpeg),
        source: broken(message),
    })
}

/// As the error texts name it.
fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        _ => "PPM", // no other one is read
    }
}

/// The format that the first bytes tell, of a picture that is read and not cut off.
fn whole_format<S: Source + ?Sized>(
    path: &Path,
    start: &[u8],
    source: &S,
) -> Result<ImageFormat, PictureError> {
    let read = || format!("{READABLE_FORMATS} pictures are read");
    let (found, hint) = match image::guess_format(start).ok() {
        Some(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Bmp
            | ImageFormat::Gif
            | ImageFormat::Tiff
            | ImageFormat::Pnm),
        ) => {
            return if is_cut_off(format, source)? {
                Err(PictureError::Truncated {
                    path: path.to_owned(),
                    format: name(format),
                })
            } else {
                Ok(format)
            };
        }
        other => match (foreign::named(start), other) {
            (Some((found, hint)), _) => (found.to_owned(), hint.to_owned()),
            (None, Some(other)) => (
                format!("a file of the type {}", other.to_mime_type()),
                read(),
            ),
            (None, None) if start.is_empty() => ("empty".to_owned(), read()),
            (None, None) => ("not a picture of a known format".to_owned(), read()),
        },
    };
    Err(PictureError::Format {
        path: path.to_owned(),
        found,
        hint,
    })
}

/// The decoder behind the header.
fn checked_decoder<'a>(
    path: &Path,
    format: ImageFormat,
    reader: impl BufRead + Seek + 'a,
) -> Result<impl ImageDecoder + 'a, PictureError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_DECODED_BYTES);
    let mut reader = ImageReader::with_format(reader, format);
    reader.limits(limits);
    let decoder = reader
        .into_decoder()
        .map_err(|source| PictureError::Broken {
            path: path.to_owned(),
            format: name(format),
            source,
        })?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > LONGEST_SIDE_PX || decoded_bytes(&decoder) > LARGEST_DECODED_BYTES {
        return Err(PictureError::TooLarge {
            path: path.to_owned(),
            format: name(format),
            width,
            height,
        });
    }
    Ok(decoder)
}

/// Bytes of the pixels as the file has them, and as RGB where that is another copy: a picture of one bit a
/// pixel takes 32 times its own bytes.
fn decoded_bytes(decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    let rgb = match decoder.color_type() {
        ColorType::Rgb8 => 0,
        _ => u64::from(width) * u64::from(height) * 3,
    };
    decoder.total_bytes().saturating_add(rgb)
}

/// Whether turning the picture upright swaps its width and height.
fn on_its_side(orientation: Orientation) -> bool {
    match orientation {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
    }
}

/// And whether any pixel was transparent.
fn flattened(decoded: DynamicImage) -> (Picture, bool) {
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let (pixels, is_transparent) = if decoded.color().has_alpha() {
        let picture = decoded.into_rgba8();
        let is_transparent = picture.pixels().any(|pixel| pixel.0[3] < u8::MAX);
        (over_white(&picture), is_transparent)
    } else {
        (decoded.into_rgb8().into_raw(), false)
    };
    let picture = Picture {
        width,
        height,
        pixels,
    };
    (picture, is_transparent)
}

/// colour · α + white · (1 − α), rounded.
fn over_white(picture: &RgbaImage) -> Vec<u8> {
    let over = |[red, green, blue, alpha]: [u8; 4]| {
        let blend = |level: u8| {
            let (level, alpha) = (u32::from(level), u32::from(alpha));
            ((level * alpha + 255 * (255 - alpha) + 127) / 255) as u8 // at most 255
        };
        [blend(red), blend(green), blend(blue)]
    };
    picture.pixels().flat_map(|pixel| over(pixel.0)).collect()
}
