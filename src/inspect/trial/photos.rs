//! The labelled photos of a trial.

use std::path::Path;

use super::Setting;
use crate::diagnostic::Diagnostic;
use crate::evaluate::data_set::{DEFAULT_MAX_UNREADABLE, DataSet};
use crate::evaluate::groups::Groups;
use crate::fs;
use crate::labels::Labels;
use crate::picture::Preprocessing;

/// The photos of a folder: named by its sub-folders, or by the list `labels.csv` in it. Labels are classes,
/// or groups where `groups` names a file of them, or the folder holds a `groups.yaml`. Arrays are refused:
/// nothing prepares them.
pub fn open(
    folder: &Path,
    groups: Option<&Path>,
    labels: &Labels,
    settings: &[Setting],
) -> Result<(Groups, DataSet), Vec<Diagnostic>> {
    let beside = folder.join("groups.yaml");
    let file = groups.or_else(|| beside.is_file().then_some(beside.as_path()));
    let groups = match file {
        None => Groups::classes(labels),
        Some(file) => {
            let name = file.display().to_string();
            let text = fs::read_to_string(file).map_err(|error| {
                vec![Diagnostic::error(
                    &name,
                    None,
                    error.to_string(),
                    String::new(),
                )]
            })?;
            Groups::parse(&name, &text, labels)?
        }
    };
    let list = folder.join("labels.csv");
    let data = if list.is_file() { &list } else { folder };
    let name = data.display().to_string();
    let default = Preprocessing::default();
    let preprocessing = settings
        .first()
        .map_or(&default, |first| &first.preprocessing);
    let data_set = DataSet::open(&name, data, &groups, preprocessing, DEFAULT_MAX_UNREADABLE)?;
    match data_set.arrays {
        0 => Ok((groups, data_set)),
        arrays => {
            let message = format!("{arrays} of the files are arrays, which are prepared already");
            let hint = "list photos alone".to_owned();
            Err(vec![Diagnostic::error(&name, None, message, hint)])
        }
    }
}
