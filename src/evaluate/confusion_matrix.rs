//! Which classes does the network take for which?
//!
//! Every labelled photo is classified: the probabilities (after softmax) of the classes of a group are
//! summed, and the group of the largest sum is the prediction, the lower index where sums are equal.
//! The classes in no group make up `other`. counts[t][p] is the number of photos of group t that were
//! taken for p.
//!
//! **Input** photo files with labels; oriented, resized, cropped and normalised as every photo, or arrays
//! of the network's own shape, fed as they are.
//! **Output** counts; accuracy with its 95 % Wilson interval; precision, recall and F1 of each group and
//! their macro and weighted means, all as scikit-learn's `classification_report` (0..1, an undefined
//! rate counts as 0 in the means).
//! **Errors** a photo that cannot be decoded; scores that are not finite.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibits;
use super::groups::Groups;
use super::labelled::{self, LabelledPhoto, LabelledPhotos};
use super::metrics::{Confusion, confusions};
use crate::diagnostic::Diagnostic;
use crate::explain::finding::Finding;
use crate::explain::{
    Context, Entry, ExplainError, Fault, Method, Photo, Photos, chosen, numbers, parameters,
};
use crate::model::{BatchSize, Labels, in_batches};
use crate::picture::{Input, Picture, Preprocessing};

pub const ENTRY: Entry = Entry {
    name: "confusion_matrix",
    photos: Photos::None,
    schema: parameters::schema::<ConfusionMatrix>,
    parse: parameters::parse::<ConfusionMatrix>,
    citations: &[
        "Wilson, E. B.: Probable Inference, the Law of Succession, and Statistical Inference. Journal of the American Statistical Association 22, 1927",
    ],
};

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
    /// How many of the most frequent kinds of mistake are listed. Default 5.
    #[schemars(range(min = 0, max = 100))]
    pub pairs: usize,
    /// Photos shown of each of these, those of the highest probability first. Default 3.
    #[schemars(range(min = 0, max = 20))]
    pub examples: usize,
    /// Photos that run at once, at most: `auto` (16 on a CPU, 64 on a graphics card) or a number. Fewer where memory is short. Changes results by rounding only, in the seventh digit of a probability. Default `auto`.
    pub batch: BatchSize,
}

impl Default for ConfusionMatrix {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            groups: None,
            pairs: 5,
            examples: 3,
            batch: BatchSize::AUTO,
        }
    }
}

/// What the spec's files say.
#[derive(Debug)]
pub struct Prepared {
    pub groups: Groups,
    pub labelled: LabelledPhotos,
}

/// One classified photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Group that the label names.
    pub truth: usize,
    /// Group of the largest sum of probabilities.
    pub predicted: usize,
    /// That sum, 0..1.
    pub probability: f64,
}

/// A kind of mistake with some photos of it, as the network sees them.
pub struct Example {
    pub confusion: Confusion,
    pub photos: Vec<(Outcome, Picture)>,
}

impl Method for ConfusionMatrix {
    fn check(&self, context: &Context) -> Vec<Fault> {
        self.prepare(context.base, context.labels, context.preprocessing)
            .err()
            .unwrap_or_default()
    }

    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError> {
        let prepared = self
            .prepare(context.base, context.labels, context.preprocessing)
            .map_err(|faults| {
                // `check` reported all of them; the first one says why it cannot run.
                faults
                    .into_iter()
                    .next()
                    .map_or(ExplainError::Failed(String::new()), chosen::refused)
            })?;
        let photos = &prepared.labelled.photos;
        let mut outcomes = Vec::with_capacity(photos.len());
        let batch = context.model.batch_size(self.batch, FASTEST_BATCH_ON_CPU)?;
        in_batches(photos.len(), batch, |range| {
            outcomes.extend(classify(context, &prepared.groups, &photos[range])?);
            progress(outcomes.len(), photos.len());
            Ok::<(), ExplainError>(())
        })?;
        let counts = counts(prepared.groups.len(), &outcomes);
        let examples = self.examples(context, photos, &outcomes, &counts)?;
        Ok(exhibits::finding(self, &prepared, &counts, &examples))
    }
}

impl ConfusionMatrix {
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
        let labelled = labelled::read(&name, &base.join(&self.data), &groups, preprocessing);
        let labelled = labelled.map_err(|faults| located("/data", faults))?;
        Ok(Prepared { groups, labelled })
    }

    fn examples(
        &self,
        context: &Context,
        photos: &[LabelledPhoto],
        outcomes: &[Outcome],
        counts: &[Vec<usize>],
    ) -> Result<Vec<Example>, ExplainError> {
        let pairs = confusions(counts).into_iter().take(self.pairs);
        let example = |confusion: Confusion| {
            let both = photos.iter().zip(outcomes);
            let mut found: Vec<_> = both
                .filter(|(_, o)| (o.truth, o.predicted) == (confusion.truth, confusion.predicted))
                .collect();
            found.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability)); // stable
            let shown = found.into_iter().take(self.examples);
            let photos =
                shown.map(|(photo, outcome)| Ok((*outcome, open(context, photo)?.picture)));
            Ok(Example {
                confusion,
                photos: photos.collect::<Result<_, ExplainError>>()?,
            })
        };
        pairs.map(example).collect()
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

/// The photo as the network sees it.
fn open(context: &Context, photo: &LabelledPhoto) -> Result<Photo, ExplainError> {
    let prepared = Input::open(&photo.path, None)
        .and_then(|input| input.prepared(&photo.path, context.preprocessing));
    let name = photo.path.display().to_string();
    match prepared {
        Ok(prepared) => Ok(Photo::new(name, prepared)),
        Err(error) => Err(ExplainError::Failed(error.to_string())),
    }
}

fn classify(
    context: &Context,
    groups: &Groups,
    photos: &[LabelledPhoto],
) -> Result<Vec<Outcome>, ExplainError> {
    let opened = photos.iter().map(|photo| open(context, photo));
    let input = context.input(&opened.collect::<Result<Vec<_>, _>>()?)?;
    let rows = numbers::probabilities(&context.model.scores(&input)?)?;
    let outcome = |(photo, row): (&LabelledPhoto, &Vec<f64>)| {
        let sums = groups.probabilities(row);
        let predicted = numbers::largest(&sums, 1).first().copied().unwrap_or(0);
        Outcome {
            truth: photo.truth,
            predicted,
            probability: sums[predicted],
        }
    };
    Ok(photos.iter().zip(&rows).map(outcome).collect())
}

/// counts[truth][predicted], square.
fn counts(groups: usize, outcomes: &[Outcome]) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; groups]; groups];
    for outcome in outcomes {
        counts[outcome.truth][outcome.predicted] += 1;
    }
    counts
}
