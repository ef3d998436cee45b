//! Files of a data set's folder that are not used, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::fs::LeftOut;

/// Names of pictures in formats that are not read, in small letters.
const OTHER_PICTURES: [&str; 10] = [
    "avif", "dng", "exr", "heic", "heif", "jp2", "jxl", "psd", "svg", "tga",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: SkipReason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A picture, by its extension, in small letters, which is not read: it may be missed in the rates.
    UnreadFormat(String),
    /// Neither a picture nor an array.
    OtherFile,
    /// A FIFO, a socket or a device, by its name in texts.
    Special(&'static str),
    DanglingLink,
    /// A symbolic link to what is listed already.
    Repeated(PathBuf),
}

impl SkipReason {
    /// Of a file that is not one of the data set's photos.
    pub(super) fn of_file(path: &Path) -> Self {
        let extension = extension(path);
        match OTHER_PICTURES.contains(&extension.as_str()) {
            true => Self::UnreadFormat(extension),
            false => Self::OtherFile,
        }
    }

    /// The same for all files of a kind.
    pub fn kind(&self) -> String {
        match self {
            Self::UnreadFormat(extension) => format!("pictures of the format {extension}"),
            Self::OtherFile => "other files".to_owned(),
            Self::Special(_) => "FIFOs, sockets and devices".to_owned(),
            Self::DanglingLink => "symbolic links to nothing".to_owned(),
            Self::Repeated(_) => "symbolic links to what is listed already".to_owned(),
        }
    }
}

impl From<LeftOut> for SkipReason {
    fn from(left_out: LeftOut) -> Self {
        match left_out {
            LeftOut::Special(kind) => Self::Special(kind),
            LeftOut::DanglingLink => Self::DanglingLink,
            LeftOut::Repeated(first) => Self::Repeated(first),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::UnreadFormat(extension) => {
                write!(f, "pictures of the format {extension} are not read")
            }
            Self::OtherFile => f.write_str("it is neither a picture nor an array"),
            Self::Special(kind) => write!(f, "it is {kind}"),
            Self::DanglingLink => f.write_str("the symbolic link leads nowhere"),
            Self::Repeated(first) => {
                write!(
                    f,
                    "the symbolic link leads to `{}`, which is listed already",
                    first.display()
                )
            }
        }
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How many there are of each kind, in the order of the kinds' names.
pub fn count_by_kind(skipped: &[Skipped]) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for skipped in skipped {
        *counts.entry(skipped.reason.kind()).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// How many pictures there are of each format that is not read, by its extension.
pub fn unread_formats(skipped: &[Skipped]) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for skipped in skipped {
        if let SkipReason::UnreadFormat(extension) = &skipped.reason {
            *counts.entry(extension.clone()).or_insert(0) += 1;
        }
    }
    counts.into_iter().collect()
}

/// In small letters; empty where there is none.
pub(super) fn extension(path: &Path) -> String {
    path.extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_other_formats_are_counted_apart() {
        let names = ["a.avif", "b.HEIC", "c.AVIF", "Thumbs.db", "README"];
        let skipped = names.map(|name| Skipped {
            path: name.into(),
            reason: SkipReason::of_file(Path::new(name)),
        });
        let unread = [("avif", 2), ("heic", 1)].map(|(kind, count)| (kind.to_owned(), count));
        assert_eq!(unread_formats(&skipped), unread);
        let counts = count_by_kind(&skipped);
        let expected = [
            ("other files", 2),
            ("pictures of the format avif", 2),
            ("pictures of the format heic", 1),
        ];
        assert_eq!(
            counts,
            expected.map(|(kind, count)| (kind.to_owned(), count))
        );
    }
}
