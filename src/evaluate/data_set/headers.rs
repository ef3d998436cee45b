//! Every photo's header, read on all cores.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use rayon::prelude::*;

use super::faults::Faults;
use super::listing::Listed;
use super::{LabelledPhoto, Unreadable};
use crate::fs;
use crate::picture::{Input, InputError, InputKind, PictureError, Preprocessing};

pub(super) struct Checked {
    pub photos: Vec<LabelledPhoto>,
    pub arrays: usize,
    pub unreadable: Vec<Unreadable>,
}

/// Sorts the photos into readable and unreadable ones. Missing files, files that are listed twice and
/// arrays of another shape than the network's input are faults.
pub(super) fn check(
    listed: Vec<Listed>,
    preprocessing: &Preprocessing,
    faults: &mut Faults,
) -> Checked {
    let kinds: Vec<Result<(PathBuf, InputKind), InputError>> = listed
        .par_iter()
        .map(|listed| {
            let real = match listed.at {
                Some(_) => fs::real_path(&listed.path)?,
                None => listed.path.clone(), // the walk through a folder lists real files once
            };
            Ok((real, Input::check_header(&listed.path, preprocessing)?))
        })
        .collect();
    let mut checked = Checked {
        photos: Vec::new(),
        arrays: 0,
        unreadable: Vec::new(),
    };
    let mut first_lines = BTreeMap::new();
    for (
        Listed {
            path,
            truth,
            labels,
            at,
        },
        kind,
    ) in listed.into_iter().zip(kinds)
    {
        match kind {
            Ok((real, kind)) => {
                let line = at.map_or(0, |at| at.line);
                if let Some(first) = first_lines.insert(real, line) {
                    let message = format!("`{}` is listed twice", path.display());
                    let hint = format!("the first place is line {first}");
                    faults.add("files that are listed twice", at, message, hint);
                    continue;
                }
                checked.arrays += usize::from(kind == InputKind::Array);
                checked.photos.push(LabelledPhoto {
                    path,
                    truth,
                    labels,
                });
            }
            Err(error) if is_missing(&error) => {
                faults.add("missing files", at, error.to_string(), String::new());
            }
            Err(error @ InputError::Shape { .. }) => {
                let kind = "arrays of another shape";
                faults.add(kind, at, error.to_string(), String::new());
            }
            Err(error) => checked.unreadable.push(Unreadable {
                path,
                truth,
                reason: error.to_string(),
            }),
        }
    }
    checked
}

fn is_missing(error: &InputError) -> bool {
    match error {
        InputError::File(error) | InputError::Picture(PictureError::File(error)) => {
            error.source.kind() == ErrorKind::NotFound
        }
        _ => false,
    }
}
