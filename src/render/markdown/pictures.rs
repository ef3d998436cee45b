//! Where the pictures of a Markdown text are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::text::path;
use crate::figure::Media;
use crate::render::{encoded, svg};
use crate::report::number::short_hash;

/// What a text shows in the place of a picture.
pub(super) enum Pictures<'a> {
    /// The file in this folder, which is put into the list.
    Folder {
        name: &'a str,
        files: Vec<(String, Vec<u8>)>,
    },
    /// The picture itself, as a `data:` address.
    Embedded,
    /// The file below this address of the report's folder.
    Below { address: &'a str, folder: &'a str },
    /// Its description.
    Described,
}

impl Pictures<'_> {
    pub(super) fn are_shown(&self) -> bool {
        !matches!(self, Self::Described)
    }

    /// `name`: without digest and extension.
    pub(super) fn address(&mut self, name: &str, media: &Media) -> Option<String> {
        let (bytes, extension, media_type) = encoded(media);
        let bytes = match media {
            Media::Svg(text) => svg::standalone(text).into_bytes(),
            Media::Png(_) | Media::Jpeg(_) => bytes.to_vec(),
        };
        let file = format!("{name}.{}.{extension}", short_hash(&bytes));
        match self {
            Self::Folder { name, files } => {
                files.push((file.clone(), bytes));
                Some(path(&format!("{}/{file}", name.trim_end_matches('/'))))
            }
            Self::Embedded => Some(format!(
                "data:{media_type};base64,{}",
                STANDARD.encode(bytes)
            )),
            Self::Below { address, folder } => {
                let below = path(&format!("{}/{file}", folder.trim_end_matches('/')));
                Some(format!("{}/{below}", address.trim_end_matches('/')))
            }
            Self::Described => None,
        }
    }
}
