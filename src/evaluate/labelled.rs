//! Labelled photos as methods take them: the keys that all of these methods have, the units of the walk through them.

mod files;
mod keys;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data_set::{
    self, Batch, DEFAULT_MAX_UNREADABLE, LabelledPhoto, LabelsPerPhoto, check_unreadable,
    unread_formats,
};
use super::photo_facts;
use crate::explain::{
    DataSet as Shown, ExplainError, Fault, Inputs, Part, Passes, Sink, Unit, chosen,
};
use crate::model::{BatchSize, Model, in_order};
use crate::picture::{Prepared as Picture, Preprocessing};
use crate::results::Results;

pub use files::Prepared;
pub use keys::{object, schema, split};

/// Photos of a unit: what is computed again when one of them changes.
const RANGE: usize = 256;
/// Photos a batch: the fastest for SqueezeNet 1.1 on two cores, decoding included.
const FASTEST_BATCH_ON_CPU: usize = 16;

/// The keys of every method of labelled photos.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Labelled {
    /// Labelled photos: a folder whose sub-folders are named by the labels, a text file with `path,label` (or a tab between) on each line, or a YAML file with `label: [path, …]`. Paths in a file are relative to it. Must be given.
    pub data: PathBuf,
    /// YAML file with `group: [class, …]`; a class is a name, a number or a range such as 5-9, both ends included. Labels are then groups; classes in none are `other`. Default: each class by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<PathBuf>,
    /// Share of the photos that may be unreadable: these are left out and named; more are a fault. Default 0.01, and one of fewer than 100.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_unreadable: f64,
    /// Photos that run at once, at most: `auto` (16 on a CPU, up to 64 on eight threads or more, 256 on a graphics card; no more than take 512 MB, 2 GB on eight threads or more) or a number. Fewer where memory is short. Changes results by rounding only, in the seventh digit of a probability. Default `auto`.
    pub batch: BatchSize,
    /// How many labels a photo may have: the method's to say.
    #[serde(skip)]
    #[schemars(skip)]
    per_photo: LabelsPerPhoto,
    /// What the files say, read once.
    #[serde(skip)]
    #[schemars(skip)]
    prepared: OnceLock<Arc<Prepared>>,
}

/// What is read of each photo of a batch, one row for each, on any thread.
pub type Read<'a, T> =
    &'a (dyn Fn(&[LabelledPhoto], Vec<Opened>) -> Result<Vec<T>, ExplainError> + Sync);

/// What of a running method's passes a batch needs that is read on any thread.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    pub model: &'a Model,
    pub preprocessing: &'a Preprocessing,
}

impl<'a> Network<'a> {
    pub fn of(passes: &'a Passes) -> Self {
        Self {
            model: passes.model,
            preprocessing: passes.inputs.preprocessing,
        }
    }
}

impl Default for Labelled {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            groups: None,
            max_unreadable: DEFAULT_MAX_UNREADABLE,
            batch: BatchSize::AUTO,
            per_photo: LabelsPerPhoto::One,
            prepared: OnceLock::new(),
        }
    }
}

impl Labelled {
    /// Of photos that may have several labels, or none.
    pub fn of_several_labels(self) -> Self {
        Self {
            per_photo: LabelsPerPhoto::Several,
            ..self
        }
    }

    /// What is wrong with the files.
    pub fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        self.prepared(inputs).err().unwrap_or_default()
    }

    /// The classes of each group, which decides outcomes; null where the files cannot be read.
    pub fn groups_key(&self, inputs: &Inputs) -> Value {
        let of_class = self.prepared(inputs).ok();
        serde_json::json!(of_class.map(|prepared| prepared.groups.of_class.clone()))
    }

    /// Ranges of the data set; none where `faults` says why.
    pub fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let Ok(prepared) = self.prepared(inputs) else {
            return Vec::new();
        };
        let count = prepared.labelled.photos.len();
        let unit = |from: usize| {
            let to = (from + RANGE).min(count);
            Unit {
                name: format!("photos {from}-{}", to - 1),
                photo: None,
                part: Part::Range {
                    from,
                    to,
                    digests: Vec::new(),
                },
            }
        };
        (0..count).step_by(RANGE).map(unit).collect()
    }

    /// What a method that runs needs of the files.
    pub fn opened(&self, inputs: &Inputs) -> Result<Arc<Prepared>, ExplainError> {
        self.prepared(inputs).map_err(|faults| {
            // `check` reported all of them; the first one says why it cannot run.
            let first = faults.into_iter().next();
            first.map_or(ExplainError::Failed(String::new()), chosen::refused)
        })
    }

    /// Walks through the ranges of `units`, batch by batch, and hands the rows of each to the sink. `read` gives
    /// one row for each photo of a batch, of which some may be unreadable.
    pub fn walk<T: Send>(
        &self,
        passes: &Passes,
        units: &[Unit],
        sink: &mut Sink,
        read: Read<'_, T>,
        results: &dyn Fn(Vec<T>) -> Results,
    ) -> Result<(), ExplainError> {
        let prepared = self.opened(&passes.inputs)?;
        let ranges: Vec<Range<usize>> = units.iter().filter_map(range).collect();
        let total = ranges.iter().map(Range::len).sum();
        let spread = passes.model.spread(self.batch, FASTEST_BATCH_ON_CPU)?;
        let preprocessing = passes.inputs.preprocessing;
        let keeps_facts = passes.keeps_photo_facts();
        let prepare = |photo: &LabelledPhoto| {
            let input = photo.open()?;
            let fact = keeps_facts.then(|| photo_facts::of_input(&input));
            Ok((photo.prepared(input, preprocessing)?, fact))
        };
        let digests: Vec<&[String]> = units.iter().filter_map(digests).collect();
        let mut done = 0;
        for (index, range) in ranges.into_iter().enumerate() {
            let photos = &prepared.labelled.photos[range];
            let mut rows = Vec::with_capacity(photos.len());
            let mut opened = |batch: Batch<_>| {
                let mut opened = Vec::with_capacity(batch.items.len());
                for (at, item) in batch.items.into_iter().enumerate() {
                    let digest = digests[index].get(batch.first + at);
                    opened.push(item.map(|(prepared, fact)| {
                        if let (Some(digest), Some(fact)) = (digest, fact) {
                            passes.keep_photo_fact(digest, fact);
                        }
                        prepared
                    }));
                }
                (batch.first, opened)
            };
            let compute = |(first, opened): (usize, Vec<Opened>)| {
                read(&photos[first..first + opened.len()], opened)
            };
            let mut keep = |of_batch: Result<Vec<T>, ExplainError>| {
                rows.extend(of_batch?);
                sink.advanced(done + rows.len(), total)
            };
            let group = spread.size * spread.lanes;
            data_set::with_batches(photos, (spread.size, group), &prepare, |batches| {
                let mut next = || Ok(batches.next().map(&mut opened));
                in_order(spread.lanes, &mut next, &compute, &mut keep)
            })?;
            done += rows.len();
            sink.found(index, results(rows))?;
        }
        Ok(())
    }

    /// An error where too many photos cannot be read; `in_ranges` of those whose header could be. The limit holds
    /// for all ranges together, stored ones among them.
    pub fn accept(&self, in_ranges: usize) -> Result<(), ExplainError> {
        let Some(prepared) = self.prepared.get() else {
            return Ok(()); // nothing was run
        };
        let labelled = &prepared.labelled;
        let unreadable = labelled.unreadable.len() + in_ranges;
        check_unreadable(unreadable, labelled.total(), self.max_unreadable)
            .map_err(ExplainError::Failed)
    }

    pub fn warnings(&self) -> Vec<Fault> {
        let Some(prepared) = self.prepared.get() else {
            return Vec::new();
        };
        let order = prepared.labelled.label_order.as_ref();
        let unread = unread_formats(&prepared.labelled.skipped);
        let unread = (!unread.is_empty()).then(|| {
            let count: usize = unread.iter().map(|(_, count)| count).sum();
            let kinds = unread
                .iter()
                .map(|(kind, count)| format!("{count} × {kind}"));
            let pictures = match count {
                1 => "1 picture is of a format that is not read, and is",
                _ => "pictures are of formats that are not read, and are",
            };
            let number = if count == 1 {
                String::new()
            } else {
                format!("{count} ")
            };
            Fault {
                pointer: "/data".to_owned(),
                message: format!(
                    "{number}{pictures} left out: {}",
                    kinds.collect::<Vec<_>>().join(", ")
                ),
                hint: "save them as PNG or JPEG, so that they count".to_owned(),
            }
        });
        let warning = |order: &data_set::LabelOrder| {
            let text = order.to_string();
            let (message, hint) = text.split_once(". ").unwrap_or((&text, ""));
            Fault {
                pointer: "/data".to_owned(),
                message: message.to_owned(),
                hint: hint.to_owned(),
            }
        };
        order.map(warning).into_iter().chain(unread).collect()
    }

    pub fn data(&self) -> Option<&dyn Shown> {
        Some(self.prepared.get()?.as_ref())
    }
}

/// A photo as the network sees it, or why it cannot be read; [`FILE`](crate::results::FILE) stands for its name.
pub type Opened = Result<Picture, String>;

pub(super) fn range(unit: &Unit) -> Option<Range<usize>> {
    match unit.part {
        Part::Range { from, to, .. } => Some(from..to),
        Part::Whole
        | Part::Map(_)
        | Part::Filter(_)
        | Part::Objective { .. }
        | Part::Head { .. }
        | Part::Labelled { .. } => None,
    }
}

/// Of the files of a range, where the plan has filled them in.
fn digests(unit: &Unit) -> Option<&[String]> {
    match &unit.part {
        Part::Range { digests, .. } => Some(digests),
        Part::Whole
        | Part::Map(_)
        | Part::Filter(_)
        | Part::Objective { .. }
        | Part::Head { .. }
        | Part::Labelled { .. } => None,
    }
}
