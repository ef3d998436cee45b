//! What people give as photos and is not read: named, with the way out.

/// A kind of file by its first bytes.
struct Kind {
    /// With its article.
    name: &'static str,
    hint: &'static str,
    is_it: fn(&[u8]) -> bool,
}

const EXPORT: &str = "save it as PNG or JPEG";

const KINDS: &[Kind] = &[
    Kind {
        name: "an AVIF picture",
        hint: EXPORT,
        is_it: |start| has_brand(start, &[b"avif", b"avis"]),
    },
    Kind {
        name: "a HEIC picture, the format of iPhones",
        hint: EXPORT,
        is_it: |start| {
            has_brand(
                start,
                &[
                    b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1",
                ],
            )
        },
    },
    Kind {
        name: "a video",
        hint: "save one of its frames as PNG",
        is_it: |start| start.get(4..8) == Some(b"ftyp"),
    },
    Kind {
        name: "a JPEG XL picture",
        hint: EXPORT,
        is_it: |start| start.starts_with(b"\xFF\x0A") || start.get(4..8) == Some(b"JXL "),
    },
    Kind {
        name: "a JPEG 2000 picture",
        hint: EXPORT,
        is_it: |start| start.starts_with(b"\xFF\x4F\xFF\x51") || start.get(4..8) == Some(b"jP  "),
    },
    Kind {
        name: "a Photoshop document",
        hint: EXPORT,
        is_it: |start| start.starts_with(b"8BPS"),
    },
    Kind {
        name: "a PDF document",
        hint: "save its picture as PNG",
        is_it: |start| start.starts_with(b"%PDF"),
    },
    Kind {
        name: "a Git LFS pointer, not the picture itself",
        hint: "fetch the picture with `git lfs pull`",
        is_it: |start| start.starts_with(b"version https://git-lfs"),
    },
    Kind {
        name: "an SVG drawing",
        hint: "save it as PNG, at the network's size or larger",
        is_it: |start| {
            let text = words(start);
            text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"))
        },
    },
    Kind {
        name: "an HTML page, not a picture",
        hint: "download the picture itself; the page may be an error message",
        is_it: |start| {
            let text = words(start);
            text.starts_with("<!doctype html") || text.starts_with("<html")
        },
    },
];

/// Its name with an article, and a hint.
pub(super) fn named(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let kind = KINDS.iter().find(|kind| (kind.is_it)(start))?;
    Some((kind.name, kind.hint))
}

/// Whether an ISO media file says, in its first box, that it is of one of these brands; `mif1` and `msf1` are
/// HEIF's own names, which AVIF files list too, so AVIF comes first.
fn has_brand(start: &[u8], brands: &[&[u8; 4]]) -> bool {
    if start.get(4..8) != Some(b"ftyp") {
        return false;
    }
    let length = start.get(..4).map_or(0, |bytes| {
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize
    });
    let listed = start.get(8..length.clamp(12, start.len().max(12)));
    let mut listed = listed.unwrap_or_default().chunks_exact(4);
    listed.any(|brand| brands.iter().any(|known| known.as_slice() == brand))
}

/// The first letters, small, without what may stand before a page.
fn words(start: &[u8]) -> String {
    let start = String::from_utf8_lossy(&start[..start.len().min(512)]);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    start.to_ascii_lowercase()
}
