//! What does the network say of each labelled photo?
//!
//! Every photo is classified: the probabilities of the classes of a group are summed, and the group of the largest sum
//! is the prediction, the lower index where sums are equal. The classes in no group make up `other`.
//!
//! **Input** photo files with labels; oriented, resized, cropped and normalised as every photo, or arrays
//! of the network's own shape, fed as they are. **Output** a row a photo, in the order of the data set. The label is
//! not in it: what is computed does not depend on it. Every method of outcomes stores them under the same key, so that
//! several of them cost one pass a photo. **Errors** independent labels; a photo that cannot be decoded; scores that
//! are not finite.

use serde_json::{Map, Value};

use super::data_set::LabelledPhoto;
use super::groups::Groups;
use super::labelled::{Labelled, Network, Opened};
use crate::explain::{
    DataSet as Shown, ExplainError, Fault, Inputs, Method, Needs, Passes, Shared, Sink, Unit,
    numbers, parameters,
};
use crate::model::{Model, ModelError, OutputActivation};
use crate::results::{Outcome, Outcomes, Results, Tally};

/// Raised when the numbers of outcomes change.
const VERSION: u32 = 2;
/// Classes kept of each photo.
const LEADING: usize = 5;

/// A method that asks for the outcomes and nothing else; how it shows them is its kind.
pub(super) struct OfOutcomes {
    pub labelled: Labelled,
    /// Why independent labels cannot be shown so.
    pub because: &'static str,
}

impl Method for OfOutcomes {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        check(&self.labelled, inputs, self.because)
    }

    /// Any other classifier can be run over a data set.
    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        network_faults(inputs, self.because)
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.labelled)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        computing(&self.labelled, inputs)
    }

    fn shared(&self, inputs: &Inputs, _: &Unit) -> Option<Shared> {
        Some(shared(&self.labelled, inputs))
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        run(&self.labelled, passes, units, sink)
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        accept(&self.labelled, results)
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}

/// What is wrong with the network, for any data set.
pub(super) fn network_faults(inputs: &Inputs, because: &str) -> Vec<Fault> {
    independent_labels(inputs, because).into_iter().collect()
}

/// Independent labels, or what is wrong with the files.
pub(super) fn check(labelled: &Labelled, inputs: &Inputs, because: &str) -> Vec<Fault> {
    match independent_labels(inputs, because) {
        Some(fault) => vec![fault],
        None => labelled.faults(inputs),
    }
}

/// A photo has several labels, or none: there is no one class that it is predicted as.
fn independent_labels(inputs: &Inputs, because: &str) -> Option<Fault> {
    (inputs.facts.scores.activation == OutputActivation::Sigmoid).then(|| Fault {
        pointer: String::new(),
        message: format!(
            "the network gives each label a probability of its own, so that a photo may have several labels or none; {because}"
        ),
        hint: "`label_rates` judges each label by itself; where exactly one label is right for each photo, say so with `model: scores: softmax`"
            .to_owned(),
    })
}

fn computing(labelled: &Labelled, inputs: &Inputs) -> Map<String, Value> {
    Map::from_iter([("groups".to_owned(), labelled.groups_key(inputs))])
}

/// Under what the outcomes of a range are stored.
pub(super) fn shared(labelled: &Labelled, inputs: &Inputs) -> Shared {
    Shared {
        name: "outcomes",
        version: VERSION,
        needs: Needs::Scores,
        computing: computing(labelled, inputs),
    }
}

/// Classifies the photos of some ranges.
pub(super) fn run(
    labelled: &Labelled,
    passes: &Passes,
    units: &[Unit],
    sink: &mut Sink,
) -> Result<(), ExplainError> {
    let prepared = labelled.opened(&passes.inputs)?;
    let network = Network::of(passes);
    let read = |photos: &[LabelledPhoto], opened: Vec<Opened>| {
        classify(network, &prepared.groups, photos, opened)
    };
    let results = |rows| Results::Outcomes(Outcomes { rows });
    labelled.walk(passes, units, sink, &read, &results)
}

pub(super) fn accept(labelled: &Labelled, results: &[&Results]) -> Result<(), ExplainError> {
    let rows = results.iter().flat_map(|results| match results {
        Results::Outcomes(outcomes) => outcomes.rows.as_slice(),
        _ => &[],
    });
    let is_unreadable = |row: &&Outcome| matches!(row, Outcome::Unreadable(_));
    labelled.accept(rows.filter(is_unreadable).count())
}

/// The outcomes of a batch; a photo that cannot be read keeps the others from nothing.
fn classify(
    network: Network,
    groups: &Groups,
    photos: &[LabelledPhoto],
    opened: Vec<Opened>,
) -> Result<Vec<Outcome>, ExplainError> {
    each_photo(network, (photos, opened), Outcome::Unreadable, &|row| {
        Outcome::Classified(tally(groups, &row))
    })
}

/// A row for each photo of a batch: of its probabilities, or of why it cannot be read.
pub(super) fn each_photo<T>(
    network: Network,
    (photos, opened): (&[LabelledPhoto], Vec<Opened>),
    unreadable: fn(String) -> T,
    classified: &dyn Fn(Vec<f64>) -> T,
) -> Result<Vec<T>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let Network {
        model,
        preprocessing,
    } = network;
    let device = model.device();
    let inputs: Vec<tch::Tensor> = opened
        .iter()
        .flatten()
        .map(|prepared| prepared.tensor(preprocessing, device))
        .collect();
    let mut rows = match inputs.is_empty() {
        true => Vec::new().into_iter(),
        false => {
            let input = tch::Tensor::f_cat(&inputs, 0)?;
            let scores = scores(model, &input, (photos, &opened))?;
            numbers::probabilities(&scores, model.activation())?.into_iter()
        }
    };
    let outcome = |opened: Opened| match opened {
        Err(reason) => Ok(unreadable(reason)),
        Ok(_) => {
            let row = rows.next();
            let row = row.ok_or_else(|| {
                ExplainError::Failed("the network gives fewer rows than photos".to_owned())
            })?;
            Ok(classified(row))
        }
    };
    opened.into_iter().map(outcome).collect()
}

/// Scores of a batch [N, classes]; an error that names the photo whose scores are not finite.
fn scores(
    model: &Model,
    input: &tch::Tensor,
    (photos, opened): (&[LabelledPhoto], &[Opened]),
) -> Result<tch::Tensor, ExplainError> {
    let error = match model.scores(input) {
        Err(error @ ModelError::ScoresNotFinite { .. }) => error,
        other => return Ok(other?),
    };
    let read = photos
        .iter()
        .zip(opened)
        .filter(|(_, opened)| opened.is_ok());
    for (row, (photo, _)) in read.enumerate() {
        if let Err(error) = model.scores(&input.f_narrow(0, row as i64, 1)?) {
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
