//! Pictures that decode as Pillow does, or are refused by name.

use std::os::unix::net::UnixListener;

use cnn_report::picture::{Changes, Input, Picture, PictureError};
use image::codecs::png::PngEncoder;
use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageEncoder, ImageFormat, Luma, RgbaImage,
};

use super::texts::MODEL;
use super::{cnn_report, data, folder_of};

fn picture(name: &str) -> Result<Picture, PictureError> {
    Picture::open(&data("pictures").join(name))
}

#[test]
fn pictures_are_pillows_to_the_last_level() {
    for name in [
        "a420.jpg",
        "h2v1.jpg",
        "progressive.jpg",
        "grey.jpg",
        "a.bmp",
        "a.gif",
        "a.ppm",
        "a.tif",
        "prefixed.webp",
    ] {
        let of_pillow = picture(&format!("pillow_{}.png", name.replace('.', "_"))).unwrap();
        assert!(picture(name).unwrap() == of_pillow, "{name}");
        let header = Picture::dimensions_of(&data("pictures").join(name)).unwrap();
        assert_eq!(header, (of_pillow.width, of_pillow.height), "{name}");
    }
    assert_eq!(
        picture("prefixed.webp").unwrap(),
        picture("plain.webp").unwrap()
    );
}

#[test]
fn a_torn_jpeg_with_an_end_marker_is_refused() {
    for name in ["a420_torn.jpg", "progressive_torn.jpg"] {
        let error = picture(name).unwrap_err();
        assert!(matches!(error, PictureError::Short { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn formats_that_are_not_read_are_named_with_a_way_out() {
    for (name, found, hint) in [
        ("photo.heic", "a HEIC picture", "PNG or JPEG"),
        ("photo.jp2", "a JPEG 2000 picture", "PNG or JPEG"),
        ("photo.jxl", "a JPEG XL picture", "PNG or JPEG"),
        ("drawing.svg", "an SVG drawing", "as PNG"),
        ("download.jpg", "an HTML page", "download"),
        ("pointer.png", "a Git LFS pointer", "git lfs pull"),
    ] {
        let text = picture(name).unwrap_err().to_string();
        assert!(text.contains(found) && text.contains(hint), "{text}");
    }
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn what_decoding_changes_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let changes = |bytes: &[u8]| {
        let path = folder.path().join("picture");
        std::fs::write(&path, bytes).unwrap();
        match Input::open(&path, None).unwrap() {
            Input::Picture(_, changes) => changes,
            Input::Array(_) => panic!("not an array"),
        }
    };
    let none = Changes::default();
    let opaque = RgbaImage::from_pixel(2, 2, image::Rgba([9, 9, 9, 255]));
    assert_eq!(changes(&png(&opaque.into())), none);
    let clear = RgbaImage::from_pixel(2, 2, image::Rgba([9, 9, 9, 254]));
    let flattened = Changes {
        flattened: true,
        ..none
    };
    assert_eq!(changes(&png(&clear.into())), flattened);
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_pixel(2, 2, Luma([999]));
    let reduced = Changes {
        reduced: true,
        ..none
    };
    assert_eq!(changes(&png(&deep.into())), reduced);
    let turned = std::fs::read(data("pictures/plain.webp")).unwrap();
    assert_eq!(
        changes(&turned),
        Changes {
            turned: true,
            ..none
        }
    );
}

/// One bit a pixel: 32,768 × 32,768 px are 1 GiB as grey and 3 GiB more as RGB.
#[test]
fn a_small_file_that_decodes_to_gigabytes_is_refused() {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    encoder
        .write_image(&[0], 1, 1, ExtendedColorType::L8)
        .unwrap();
    bytes[16..20].copy_from_slice(&32_768_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&32_768_u32.to_be_bytes());
    bytes[24] = 1; // bits a pixel
    let mut checksum = flate2::Crc::new();
    checksum.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.png");
    std::fs::write(&path, &bytes).unwrap();
    for error in [
        Picture::open(&path).unwrap_err(),
        Picture::dimensions_of(&path).unwrap_err(),
    ] {
        assert!(matches!(error, PictureError::TooLarge { .. }), "{error}");
    }
}

const REPORT: &str = "title: t\nmodel: {file: squeezenet1_1}\nquestions:\n- title: q\n  figures: [{photos: {}}]\nimages:\n";

#[test]
fn many_images_of_one_unread_format_are_one_fault() {
    let folder = folder_of(&["pictures/photo.heic"]);
    let images: String = (0..9)
        .map(|index| format!("- {{id: p{index}, file: photo.heic}}\n"))
        .collect();
    std::fs::write(
        folder.path().join("report.yaml"),
        format!("{REPORT}{images}"),
    )
    .unwrap();
    let (code, printed) = cnn_report(folder.path(), &["check", "report.yaml"]);
    assert_eq!(code, 2, "{printed}");
    assert_eq!(printed.matches("HEIC").count(), 1, "{printed}");
    assert!(
        printed.contains("8 more images are of this kind"),
        "{printed}"
    );
}

#[test]
fn changed_photos_are_a_warning_and_a_notice() {
    let folder = folder_of(&["pictures/plain.webp", "weights/plain.pth"]);
    let report = format!(
        "title: t\n{MODEL}questions: [{{title: q, figures: [{{photos: {{}}}}]}}]\nimages: [{{id: a, file: plain.webp, name: Ann}}]\n"
    );
    std::fs::write(folder.path().join("report.yaml"), report).unwrap();
    for _ in 0..2 {
        // the second time from the store
        let (code, printed) = cnn_report(folder.path(), &["check", "report.yaml"]);
        assert_eq!(code, 0, "{printed}");
        assert!(
            printed.contains("`a` is a photo with an EXIF orientation"),
            "{printed}"
        );
    }
    let (code, printed) = cnn_report(folder.path(), &["build", "report.yaml", "-o", "out"]);
    assert_eq!(code, 0, "{printed}");
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("Turned upright, as the EXIF orientation of the file says: Ann."));
}

#[test]
fn sockets_and_devices_are_refused_as_any_input() {
    let folder = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let report = |image: &str, model: &str| {
        REPORT.replace("squeezenet1_1", model) + &format!("- {{id: a, file: {image}}}\n")
    };
    for (image, model, kind) in [
        ("socket", "squeezenet1_1", "it is a socket"),
        ("/dev/zero", "squeezenet1_1", "it is a device"),
        ("socket", "/dev/zero", "it is a device"),
    ] {
        std::fs::write(folder.path().join("report.yaml"), report(image, model)).unwrap();
        let (code, printed) = cnn_report(folder.path(), &["check", "report.yaml"]);
        assert_eq!(code, 2, "{printed}");
        assert!(printed.contains(kind), "{printed}");
    }
    let (code, printed) = cnn_report(folder.path(), &["check", "/dev/zero"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("it is a device"), "{printed}");
}
