//! Tasks that are right, cut into units of work; the names of the values that they will have.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Plan;
use super::memory::Memory;
use crate::diagnostic::Diagnostic;
use crate::explain::{Part, Photos, Unit};
use crate::fs::FileError;
use crate::present::robustness::variations;
use crate::present::values::{Names, known};
use crate::spec::Document;

/// Views and units of tasks that are right.
pub(super) fn resolve_tasks(
    document: &Document,
    plan: &mut Plan,
    memory: &dyn Memory,
    faults: &mut Vec<Diagnostic>,
) {
    for index in 0..plan.tasks.len() {
        let task = &plan.tasks[index];
        let mut units = match plan.leaves_out(task) {
            true => Vec::new(),
            false => task.method.units(&plan.inputs(task)),
        };
        if let Some(data) = task.method.data()
            && let Err(error) = add_digests(&mut units, &data.paths(), memory)
        {
            faults.push(document.key_error(&task.pointer, error.to_string(), ""));
        }
        let task = &mut plan.tasks[index];
        task.units = units;
        let classes = plan.models[task.model].facts.classes;
        task.view = task.view.clone().resolved(classes);
    }
}

/// A range of a data set is known by the content of its files.
fn add_digests(units: &mut [Unit], paths: &[&Path], memory: &dyn Memory) -> Result<(), FileError> {
    for unit in units {
        if let Part::Range { from, to, digests } = &mut unit.part {
            let files = paths.get(*from..*to).unwrap_or_default().iter();
            *digests = files
                .map(|path| memory.digest(path))
                .collect::<Result<_, _>>()?;
        }
    }
    Ok(())
}

impl Plan {
    /// The names of all values that the texts may quote.
    pub fn value_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for task in self.tasks.iter().filter(|task| !self.leaves_out(task)) {
            let of_photos = match task.entry.photos {
                Photos::Optional => &[],
                Photos::None | Photos::Any | Photos::One => task.photos.as_slice(),
            };
            let photos: Vec<&str> = of_photos.iter().map(|photo| photo.id.as_str()).collect();
            let parts = task.units.iter().filter_map(|unit| match unit.part {
                Part::Filter(filter) => Some(format!("filter-{filter}")),
                Part::Objective { place, .. } => Some(format!("objective-{}", place + 1)),
                Part::Head { layer, head } => Some(format!("layer-{layer}.head-{head}")),
                Part::Whole | Part::Map(_) | Part::Range { .. } | Part::Labelled { .. } => None,
            });
            let parameters = task.method.parameters(&self.inputs(task));
            // Methods of a whole layer find all filters at once and show those that are listed.
            let listed = parameters.get("filters").and_then(Value::as_array);
            let listed = listed.into_iter().flatten().filter_map(Value::as_u64);
            let listed = listed.map(|filter| format!("filter-{filter}"));
            let parts: BTreeSet<String> = parts.chain(listed).collect();
            let variants = parameters.get("variants").and_then(Value::as_u64);
            let parts: Vec<String> = match variants {
                Some(variants) => parts
                    .iter()
                    .flat_map(|part| (1..=variants).map(move |at| format!("{part}.variant-{at}")))
                    .collect(),
                None => parts.into_iter().collect(),
            };
            let octaves = parameters.get("octaves").and_then(Value::as_u64);
            let of_task = known(&Names {
                kind: task.entry.kind,
                photos: &photos,
                parts: &parts,
                octaves: octaves.map(|octaves| octaves as usize),
                classes: self.model_of(task).facts.classes,
                variations: &variations(&parameters),
                groups: task.method.data().map_or(&[], |data| data.groups()),
                checks: &task.checks,
                is_sampled: is_sampled(task.entry),
            });
            names.extend(
                of_task
                    .into_iter()
                    .map(|name| format!("{}.{name}", task.name)),
            );
        }
        names
    }
}

/// Whether its maps are estimates with a standard error, that of as many samples as are asked for.
fn is_sampled(entry: &crate::explain::Entry) -> bool {
    let keys = &(entry.schema)().to_value()["properties"];
    ["samples", "most_samples"]
        .iter()
        .all(|key| keys.get(key).is_some())
}
