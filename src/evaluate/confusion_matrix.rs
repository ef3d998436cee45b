//! Which classes does the network take for which?
//!
//! Every labelled photo is classified: the probabilities of the classes of a group are
//! summed, and the group of the largest sum is the prediction, the lower index where sums are equal.
//! The classes in no group make up `other`. counts[t][p] is the number of photos of group t that were
//! predicted as p.
//!
//! **Input** photo files with labels; oriented, resized, cropped and normalised as every photo, or arrays
//! of the network's own shape, fed as they are.
//! **Output** counts; accuracy with its 95 % Wilson interval; precision, recall and F1 of each group and
//! their macro and weighted means, all as scikit-learn's `classification_report` (0..1, an undefined
//! rate counts as 0 in the means).
//! **Errors** independent labels; a photo that cannot be decoded; scores that are not finite.

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::data_set::{self, DEFAULT_MAX_UNREADABLE, DataSet, check_unreadable};
use super::groups::Groups;
use crate::diagnostic::Diagnostic;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos,
    Sink, Unit, Viewing, chosen, numbers, parameters,
};
use crate::labels::Labels;
use crate::model::{BatchSize, ModelError, OutputActivation};
use crate::picture::{Prepared as Picture, Preprocessing};
use crate::results::{FILE, Kind, Outcome, Outcomes, Results, Tally};

pub const ENTRY: Entry = Entry {
    name: "confusion_matrix",
    version: 2,
    kind: Kind::Outcomes,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: parameters::schema::<ConfusionMatrix>,
    parse: parameters::parse::<ConfusionMatrix>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Wilson, E. B.: Probable Inference, the Law of Succession, and Statistical Inference. Journal of the American Statistical Association 22, 1927",
    ],
};

/// Photos of a unit: what is computed again when one of them changes.
const RANGE: usize = 256;
/// Classes kept of each photo.
const LEADING: usize = 5;
/// Photos a batch: the fastest for SqueezeNet 1.1 on two cores, decoding included.
const FASTEST_BATCH_ON_CPU: usize = 16;

/// Counts of true against predicted classes on labelled photos.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConfusionMatrix {
    /// Labelled photos: a folder whose sub-folders are named by the labels, a text file with `path,label` (or a tab between) on each line, or a YAML file with `label: [path, …]`. Paths in a file are relative to it. Must be given.
    pub data: PathBuf,
    /// YAML file with `group: [class, …]`; a class is a name, a number or a range such as 5-9, both ends included. Labels are then groups; classes in none are `other`. Default: each class by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<PathBuf>,
    /// Share of the photos that may be unreadable: these are left out and named; more are a fault. Default 0.01, and one of fewer than 100.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_unreadable: f64,
    /// Photos that run at once, at most: `auto` (16 on a CPU, 256 on a graphics card) or a number. Fewer where memory is short. Changes results by rounding only, in the seventh digit of a probability. Default `auto`.
    pub batch: BatchSize,
    /// What the files say, read once.
    #[serde(skip)]
    #[schemars(skip)]
    prepared: OnceLock<Arc<Prepared>>,
}

impl Default for ConfusionMatrix {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            groups: None,
            max_unreadable: DEFAULT_MAX_UNREADABLE,
            batch: BatchSize::AUTO,
            prepared: OnceLock::new(),
        }
    }
}

/// What the spec's files say.
#[derive(Debug)]
pub struct Prepared {
    pub groups: Groups,
    pub labelled: DataSet,
}

impl Method for ConfusionMatrix {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        match independent_labels(inputs) {
            Some(fault) => vec![fault],
            None => self.prepared(inputs).err().unwrap_or_default(),
        }
    }

    /// Any other classifier can be run over a data set.
    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        independent_labels(inputs).into_iter().collect()
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let of_class = self.prepared(inputs).ok();
        let of_class = of_class.map(|prepared| prepared.groups.of_class.clone());
        Map::from_iter([("groups".to_owned(), json!(of_class))])
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let Ok(prepared) = self.prepared(inputs) else {
            return Vec::new(); // `check` said why
        };
        let count = prepared.labelled.photos.len();
        let ranges = (0..count).step_by(RANGE);
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
        ranges.map(unit).collect()
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let prepared = self.prepared(&passes.inputs).map_err(|faults| {
            // `check` reported all of them; the first one says why it cannot run.
            let first = faults.into_iter().next();
            first.map_or(ExplainError::Failed(String::new()), chosen::refused)
        })?;
        let ranges: Vec<Range<usize>> = units.iter().filter_map(range).collect();
        let total = ranges.iter().map(Range::len).sum();
        let batch = passes.model.batch_size(self.batch, FASTEST_BATCH_ON_CPU)?;
        let preprocessing = passes.inputs.preprocessing;
        let prepare = |photo: &data_set::LabelledPhoto| {
            let without_name =
                |reason: String| reason.replace(&photo.path.display().to_string(), FILE);
            data_set::prepared(photo, preprocessing).map_err(without_name)
        };
        let mut done = 0;
        for (index, range) in ranges.into_iter().enumerate() {
            let photos = &prepared.labelled.photos[range];
            let mut rows = Vec::with_capacity(photos.len());
            data_set::for_each_batch(photos, batch, &prepare, &mut |batch| {
                let of_batch = &photos[batch.first..];
                rows.extend(classify(passes, &prepared.groups, of_batch, batch.items)?);
                sink.advanced(done + rows.len(), total)?;
                Ok::<_, ExplainError>(ControlFlow::Continue(()))
            })?;
            done += rows.len();
            sink.found(index, Results::Outcomes(Outcomes { rows }))?;
        }
        Ok(())
    }

    /// The limit holds for all ranges together, stored ones among them.
    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let Some(prepared) = self.prepared.get() else {
            return Ok(()); // nothing was run
        };
        let rows = results.iter().flat_map(|results| match results {
            Results::Outcomes(outcomes) => outcomes.rows.as_slice(),
            _ => &[],
        });
        let is_unreadable = |row: &&Outcome| matches!(row, Outcome::Unreadable(_));
        let labelled = &prepared.labelled;
        let unreadable = labelled.unreadable.len() + rows.filter(is_unreadable).count();
        check_unreadable(unreadable, labelled.total(), self.max_unreadable)
            .map_err(ExplainError::Failed)
    }

    fn warnings(&self) -> Vec<Fault> {
        let prepared = self.prepared.get();
        let order = prepared.and_then(|prepared| prepared.labelled.label_order.as_ref());
        let warning = |order: &data_set::LabelOrder| {
            let text = order.to_string();
            let (message, hint) = text.split_once(". ").unwrap_or((&text, ""));
            Fault {
                pointer: "/data".to_owned(),
                message: message.to_owned(),
                hint: hint.to_owned(),
            }
        };
        order.map(warning).into_iter().collect()
    }

    fn data(&self) -> Option<&dyn Shown> {
        Some(self.prepared.get()?.as_ref())
    }
}

/// A photo has several labels, or none: there is no one class that it is predicted as.
fn independent_labels(inputs: &Inputs) -> Option<Fault> {
    (inputs.facts.scores.activation == OutputActivation::Sigmoid).then(|| Fault {
        pointer: String::new(),
        message: "the network gives each label a probability of its own, so that a photo may have \
                  several labels or none; a confusion matrix counts one for each photo"
            .to_owned(),
        hint:
            "where exactly one label is right for each photo, say so with `model: scores: softmax`"
                .to_owned(),
    })
}

fn range(unit: &Unit) -> Option<Range<usize>> {
    match unit.part {
        Part::Range { from, to, .. } => Some(from..to),
        Part::Whole | Part::Filter(_) | Part::Head { .. } => None,
    }
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

    fn unreadable(&self) -> Vec<String> {
        let unreadable = self.labelled.unreadable.iter();
        unreadable.map(|photo| photo.reason.clone()).collect()
    }

    fn classes_in_text_order(&self) -> &[usize] {
        let order = self.labelled.label_order.as_ref();
        order.map_or(&[], |order| &order.class_in_text_order)
    }
}

impl ConfusionMatrix {
    /// What the files say, read at the first call.
    fn prepared(&self, inputs: &Inputs) -> Result<Arc<Prepared>, Vec<Fault>> {
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
        let labelled = DataSet::open(&name, &path, &groups, preprocessing, self.max_unreadable);
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

/// The outcomes of a batch; a photo that cannot be read keeps the others from nothing.
fn classify(
    passes: &Passes,
    groups: &Groups,
    photos: &[data_set::LabelledPhoto],
    opened: Vec<Result<Picture, String>>,
) -> Result<Vec<Outcome>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let (preprocessing, device) = (passes.inputs.preprocessing, passes.model.device());
    let inputs: Vec<tch::Tensor> = opened
        .iter()
        .flatten()
        .map(|prepared| prepared.tensor(preprocessing, device))
        .collect();
    let mut rows = match inputs.is_empty() {
        true => Vec::new().into_iter(),
        false => {
            let input = tch::Tensor::f_cat(&inputs, 0)?;
            let scores = scores(passes, &input, (photos, &opened))?;
            numbers::probabilities(&scores, passes.model.activation())?.into_iter()
        }
    };
    let outcome = |opened: Result<Picture, String>| match opened {
        Err(reason) => Ok(Outcome::Unreadable(reason)),
        Ok(_) => {
            let row = rows.next();
            let row = row.ok_or_else(|| {
                ExplainError::Failed("the network gives fewer rows than photos".to_owned())
            })?;
            Ok(Outcome::Classified(tally(groups, &row)))
        }
    };
    opened.into_iter().map(outcome).collect()
}

/// Scores of a batch; an error that names the photo whose scores are not finite.
fn scores(
    passes: &Passes,
    input: &tch::Tensor,
    (photos, opened): (&[data_set::LabelledPhoto], &[Result<Picture, String>]),
) -> Result<tch::Tensor, ExplainError> {
    let error = match passes.model.scores(input) {
        Err(error @ ModelError::ScoresNotFinite { .. }) => error,
        other => return Ok(other?),
    };
    let read = photos
        .iter()
        .zip(opened)
        .filter(|(_, opened)| opened.is_ok());
    for (row, (photo, _)) in read.enumerate() {
        if let Err(error) = passes.model.scores(&input.f_narrow(0, row as i64, 1)?) {
            let message = format!("`{}`: {error}", photo.path.display());
            return Err(ExplainError::Failed(message));
        }
    }
    Err(error.into()) // finite one by one
}

/// From the probabilities of all classes.
fn tally(groups: &Groups, row: &[f64]) -> Tally {
    let sums = groups.probabilities(row);
    let predicted = numbers::largest(&sums, 1).first().copied().unwrap_or(0);
    let leading = numbers::largest(row, LEADING).into_iter();
    Tally {
        predicted,
        probability: sums[predicted],
        leading: leading.map(|class| (class, row[class])).collect(),
    }
}
