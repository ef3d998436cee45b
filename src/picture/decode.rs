//! From a file to upright 8-bit sRGB.

use std::io::{BufRead, Cursor, Seek};
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage};

use super::Picture;
use super::source::{FileSource, Source};
use super::truncation::{is_cut_off, jpeg_header};
use crate::fs::{self, FileError};

/// What [`Picture::open`] reads, as the error texts name it.
pub const READABLE_FORMATS: &str = "PNG, JPEG and WebP";

/// A small file can declare a huge picture; both bounds lie above what cameras and scanners make.
const LONGEST_SIDE_PX: u32 = 32_768;
const LARGEST_DECODED_BYTES: u64 = 1 << 30;

/// Why a file did not become a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{}` is {found}; {READABLE_FORMATS} pictures are read", path.display())]
    Format { path: PathBuf, found: String },
    #[error("the {format} picture `{}` has {width} × {height} px; at most {LONGEST_SIDE_PX} px a side and {} MiB decoded are read, make it smaller", path.display(), LARGEST_DECODED_BYTES >> 20)]
    TooLarge {
        path: PathBuf,
        format: &'static str,
        width: u32,
        height: u32,
    },
    #[error("the {format} picture `{}` is cut off; copy or export it again", path.display())]
    Truncated { path: PathBuf, format: &'static str },
    #[error("the {format} picture `{}` cannot be decoded: {source}; {READABLE_FORMATS} pictures are read", path.display())]
    Broken {
        path: PathBuf,
        format: &'static str,
        source: ImageError,
    },
}

impl Picture {
    /// The picture of a PNG, JPEG or WebP file (told by its content, not by its name), turned upright
    /// by its EXIF orientation.
    ///
    /// Transparent pixels are laid over white, grey and CMYK become RGB, 16 bits become 8. The values
    /// are taken as sRGB: an embedded colour profile is not applied. Of an animation, the first frame.
    pub fn open(path: &Path) -> Result<Self, PictureError> {
        Self::decode(path, &fs::read_file(path)?)
    }

    /// As [`Picture::open`], of the file's content; `path` is for the error.
    pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Self, PictureError> {
        let format = whole_format(path, bytes, bytes)?;
        let mut decoder = checked_decoder(path, format, Cursor::new(bytes))?;
        let broken = |source| PictureError::Broken {
            path: path.to_owned(),
            format: name(format),
            source,
        };
        let orientation = decoder.orientation().map_err(broken)?;
        let mut decoded = DynamicImage::from_decoder(decoder).map_err(broken)?;
        decoded.apply_orientation(orientation);
        Ok(flattened(decoded))
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
    let orientation = decoder
        .orientation()
        .map_err(|source| PictureError::Broken {
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

/// As the error texts name it.
fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "WebP", // no other one is read
    }
}

/// The format that the first bytes tell, of a picture that is read and not cut off.
fn whole_format<S: Source + ?Sized>(
    path: &Path,
    start: &[u8],
    source: &S,
) -> Result<ImageFormat, PictureError> {
    let found = match image::guess_format(start).ok() {
        Some(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => {
            return if is_cut_off(format, source)? {
                Err(PictureError::Truncated {
                    path: path.to_owned(),
                    format: name(format),
                })
            } else {
                Ok(format)
            };
        }
        Some(other) => format!("an {} file", other.to_mime_type()),
        None if start.is_empty() => "empty".to_owned(),
        None => "not a picture of a known format".to_owned(),
    };
    Err(PictureError::Format {
        path: path.to_owned(),
        found,
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
    if width.max(height) > LONGEST_SIDE_PX || decoder.total_bytes() > LARGEST_DECODED_BYTES {
        return Err(PictureError::TooLarge {
            path: path.to_owned(),
            format: name(format),
            width,
            height,
        });
    }
    Ok(decoder)
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

fn flattened(decoded: DynamicImage) -> Picture {
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let pixels = if decoded.color().has_alpha() {
        over_white(&decoded.into_rgba8())
    } else {
        decoded.into_rgb8().into_raw()
    };
    Picture {
        width,
        height,
        pixels,
    }
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
