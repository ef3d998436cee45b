//! The files of a data set, read and checked once.

use std::path::Path;
use std::sync::Arc;

use super::super::data_set::{DataSet, unread_formats};
use super::super::groups::Groups;
use super::Labelled;
use crate::diagnostic::Diagnostic;
use crate::explain::{DataSet as Shown, Fault, Inputs};
use crate::labels::Labels;
use crate::picture::Preprocessing;

/// What the spec's files say.
#[derive(Debug)]
pub struct Prepared {
    pub groups: Groups,
    pub labelled: DataSet,
}

impl Shown for Prepared {
    fn groups(&self) -> &[String] {
        &self.groups.names
    }

    fn classes_in(&self) -> Vec<usize> {
        let groups = 0..self.groups.len();
        groups.map(|group| self.groups.size(group)).collect()
    }

    fn truths(&self) -> Vec<usize> {
        let photos = self.labelled.photos.iter();
        photos.map(|photo| photo.truth).collect()
    }

    fn labels(&self) -> Vec<Vec<usize>> {
        let photos = self.labelled.photos.iter();
        photos.map(|photo| photo.labels.clone()).collect()
    }

    fn paths(&self) -> Vec<&Path> {
        let photos = self.labelled.photos.iter();
        photos.map(|photo| photo.path.as_path()).collect()
    }

    fn arrays(&self) -> usize {
        self.labelled.arrays
    }

    fn skipped(&self) -> usize {
        self.labelled.skipped.len()
    }

    fn unread_formats(&self) -> Vec<(String, usize)> {
        unread_formats(&self.labelled.skipped)
    }

    fn unreadable(&self) -> Vec<String> {
        let unreadable = self.labelled.unreadable.iter();
        unreadable.map(|photo| photo.reason.clone()).collect()
    }

    fn classes_in_text_order(&self) -> &[usize] {
        let order = self.labelled.label_order.as_ref();
        order.map_or(&[], |order| &order.class_in_text_order)
    }
}

impl Labelled {
    /// What the files say, read at the first call.
    pub(super) fn prepared(&self, inputs: &Inputs) -> Result<Arc<Prepared>, Vec<Fault>> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared.clone());
        }
        let prepared = self.prepare(inputs.base, inputs.labels, inputs.preprocessing)?;
        Ok(self.prepared.get_or_init(|| Arc::new(prepared)).clone())
    }

    /// Reads and checks the files; relative paths start from `base`.
    pub fn prepare(
        &self,
        base: &Path,
        labels: &Labels,
        preprocessing: &Preprocessing,
    ) -> Result<Prepared, Vec<Fault>> {
        if self.data.as_os_str().is_empty() {
            let hint = "name a folder of labelled photos, or a list of them".to_owned();
            let message = "`data` is missing".to_owned();
            return Err(vec![Fault {
                pointer: "/data".to_owned(),
                message,
                hint,
            }]);
        }
        let groups = match &self.groups {
            None => Groups::classes(labels),
            Some(file) => {
                let text = crate::fs::read_to_string(&base.join(file)).map_err(|error| {
                    let (pointer, message) = ("/groups".to_owned(), error.to_string());
                    vec![Fault {
                        pointer,
                        message,
                        hint: "name a YAML file of groups".to_owned(),
                    }]
                })?;
                let name = file.display().to_string();
                Groups::parse(&name, &text, labels).map_err(|faults| located("/groups", faults))?
            }
        };
        let name = self.data.display().to_string();
        let path = base.join(&self.data);
        let named = (name.as_str(), path.as_path());
        let limit = self.max_unreadable;
        let labelled = DataSet::open_with(named, &groups, preprocessing, limit, self.per_photo);
        let labelled = labelled.map_err(|faults| located("/data", faults))?;
        Ok(Prepared { groups, labelled })
    }
}

/// Faults of a file as faults of the parameter that names it.
fn located(pointer: &str, faults: Vec<Diagnostic>) -> Vec<Fault> {
    let fault = |fault: Diagnostic| {
        let Diagnostic {
            file,
            position,
            message,
            hint,
            ..
        } = fault;
        let place = position.map_or(file.clone(), |at| {
            format!("{file}:{}:{}", at.line, at.column)
        });
        Fault {
            pointer: pointer.to_owned(),
            message: format!("`{place}`: {message}"),
            hint,
        }
    };
    faults.into_iter().map(fault).collect()
}
