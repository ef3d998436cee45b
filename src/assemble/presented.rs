//! A task of the plan with its results, as presenters take it.

use anyhow::Context as _;

use crate::execute::Checked;
use crate::picture::{Input, Picture};
use crate::plan::{Plan, Task};
use crate::present::{self, Data, Found, Photo, Presented};
use crate::results::Results;

/// Exhibits and notices of a task.
pub(super) fn present(
    plan: &Plan,
    task: &Task,
    found: (&[Option<Results>], &[Checked]),
) -> anyhow::Result<Presented> {
    with_task(plan, task, found, present::present)
}

/// Calls `then` with the task as presenters take it, with the results of its units and what judges them; units
/// without results are left out.
pub fn with_task<T>(
    plan: &Plan,
    task: &Task,
    (results, checks): (&[Option<Results>], &[Checked]),
    then: impl FnOnce(&present::Task) -> T,
) -> anyhow::Result<T> {
    let mut photos = Vec::new();
    for photo in &task.photos {
        photos.push(Photo {
            id: &photo.id,
            name: &photo.name,
            picture: photo.picture().context("a photo cannot be read any more")?,
            is_array: photo.array()?.is_some(),
            changes: photo.prepared()?.changes,
        });
    }
    let found: Vec<Found> = task
        .units
        .iter()
        .map(|unit| unit.photo)
        .chain(std::iter::repeat(None)) // units that the first results named are of no photo of the report
        .zip(results)
        .filter_map(|(photo, results)| {
            Some(Found {
                photo,
                results: results.as_ref()?,
            })
        })
        .collect();
    let checked: Vec<present::Checked> = checks
        .iter()
        .map(|one| present::Checked {
            photo: task.units.get(one.unit).and_then(|unit| unit.photo),
            check: one.check,
            found: one.found.as_ref().map_err(String::as_str),
        })
        .collect();
    let data = task.method.data();
    let paths = data.map_or(Vec::new(), |data| data.paths());
    let preprocessing = &plan.model_of(task).preprocessing;
    let open = |index: usize| -> Option<Picture> {
        let path = paths.get(index)?;
        let prepared = Input::open(path, None).ok()?;
        Some(prepared.prepared(path, preprocessing).ok()?.picture)
    };
    let data = data.map(|data| Data {
        groups: data.groups(),
        classes_in: data.classes_in(),
        truths: data.truths(),
        labels: data.labels(),
        paths: paths
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        arrays: data.arrays(),
        skipped: data.skipped(),
        unread_formats: data.unread_formats(),
        unreadable: data.unreadable(),
        classes_in_text_order: data.classes_in_text_order(),
        open: &open,
    });
    let parameters = task.parameters(&plan.inputs(task));
    Ok(then(&present::Task {
        method: task.entry.name,
        view: &task.view,
        parameters: &parameters,
        strings: &plan.strings,
        activation: plan.model_of(task).facts.scores.activation.name(),
        classes: &plan.model_of(task).labels.0,
        photos: &photos,
        data: data.as_ref(),
        found: &found,
        checked: &checked,
    }))
}
