//! Does the network still say the same when a photo is changed in ways that should not matter?
//!
//! Each photo is classified as it is and under each change: saved as JPEG, darker or brighter, blurred, moved, turned a
//! little, mirrored. The change is made to the photo of the network's size, before it is normalised; see
//! [`Picture::varied`](crate::picture::Picture). Counted are right predictions, predictions that stay the same, and the mean
//! probability of the group that the unchanged photo is predicted as.
//!
//! **Input** labelled photos; arrays are left out. **Output** the prediction of each photo under each change. Labels are
//! not in it. **Errors** as for the confusion matrix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::Tensor;

use super::data_set::LabelledPhoto;
use super::groups::Groups;
use super::labelled::{self, Labelled, Network, Opened};
use super::outcomes;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink,
    Unit, Viewing, numbers,
};
use crate::picture::Picture;
use crate::results::{Guess, Kind, Results, Variation, Variations, Varied};

const BECAUSE: &str = "a photo's prediction is one of them here";

pub const ENTRY: Entry = Entry {
    name: "robustness",
    version: 1,
    kind: Kind::Robustness,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Hendrycks, D., Dietterich, T.: Benchmarking Neural Network Robustness to Common Corruptions and Perturbations. ICLR 2019",
    ],
};

/// Accuracy and agreement under changes that should not matter: JPEG, brightness, blur, shift, rotation, mirror.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Qualities of JPEG, 1 to 100; less is worse. Default [75, 50, 25, 10].
    #[schemars(inner(range(min = 1, max = 100)))]
    pub jpeg: Vec<u8>,
    /// Factors of every level. Default [0.5, 0.75, 1.25, 1.5].
    #[schemars(inner(range(min = 0.0, max = 10.0)))]
    pub brightness: Vec<f64>,
    /// Standard deviations of a Gaussian blur, px of the network's input. Default [1, 2, 4].
    #[schemars(inner(range(min = 0.0, max = 100.0)))]
    pub blur_px: Vec<f64>,
    /// Shifts to the right and down, px of the network's input; the edge is repeated. Default [8, 16, 32].
    #[schemars(inner(range(min = 0, max = 1000)))]
    pub shift_px: Vec<usize>,
    /// Rotations counter-clockwise, degrees; the edge is repeated. Default [5, 15, 30].
    #[schemars(inner(range(min = -180.0, max = 180.0)))]
    pub rotation_degrees: Vec<f64>,
    /// Whether left and right are exchanged. Default true.
    pub mirrored: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            jpeg: vec![75, 50, 25, 10],
            brightness: vec![0.5, 0.75, 1.25, 1.5],
            blur_px: vec![1.0, 2.0, 4.0],
            shift_px: vec![8, 16, 32],
            rotation_degrees: vec![5.0, 15.0, 30.0],
            mirrored: true,
        }
    }
}

impl Parameters {
    /// In the order of the keys.
    fn variations(&self) -> Vec<Variation> {
        let jpeg = self.jpeg.iter().copied().map(Variation::Jpeg);
        let brightness = self.brightness.iter().copied().map(Variation::Brightness);
        let blur = self.blur_px.iter().copied().map(Variation::Blur);
        let shift = self.shift_px.iter().copied().map(Variation::Shift);
        let rotation = self.rotation_degrees.iter().copied();
        jpeg.chain(brightness)
            .chain(blur)
            .chain(shift)
            .chain(rotation.map(Variation::Rotation))
            .chain(self.mirrored.then_some(Variation::Mirrored))
            .collect()
    }
}

struct Robustness {
    labelled: Labelled,
    own: Parameters,
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, own) = labelled::split(keys)?;
    Ok(Box::new(Robustness { labelled, own }))
}

impl Method for Robustness {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = outcomes::check(&self.labelled, inputs, BECAUSE);
        if self.own.variations().is_empty() {
            faults.push(Fault {
                pointer: String::new(),
                message: "there is no change to be tried".to_owned(),
                hint: "list some, or leave out the empty lists".to_owned(),
            });
        }
        faults
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        outcomes::network_faults(inputs, BECAUSE)
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        labelled::object(&self.labelled, &self.own)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        Map::from_iter([
            ("groups".to_owned(), self.labelled.groups_key(inputs)),
            ("variations".to_owned(), json!(self.own.variations())),
        ])
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let prepared = self.labelled.opened(&passes.inputs)?;
        let variations = self.own.variations();
        let network = Network::of(passes);
        let read = |_: &[LabelledPhoto], opened: Vec<Opened>| {
            batch(network, &prepared.groups, &variations, opened)
        };
        let results = |rows| {
            Results::Variations(Variations {
                variations: variations.clone(),
                rows,
            })
        };
        self.labelled.walk(passes, units, sink, &read, &results)
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let rows = results.iter().flat_map(|results| match results {
            Results::Variations(variations) => variations.rows.as_slice(),
            _ => &[],
        });
        let is_unreadable = |row: &&Varied| matches!(row, Varied::Unreadable(_));
        self.labelled.accept(rows.filter(is_unreadable).count())
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}

fn batch(
    network: Network,
    groups: &Groups,
    variations: &[Variation],
    opened: Vec<Opened>,
) -> Result<Vec<Varied>, ExplainError> {
    let pictures: Vec<Picture> = opened
        .iter()
        .flatten()
        .filter(|prepared| prepared.array.is_none())
        .map(|prepared| prepared.picture.clone())
        .collect();
    let unchanged = sums(network, groups, &pictures)?;
    let before: Vec<usize> = unchanged.iter().map(|sums| largest(sums)).collect();
    let guesses = |sums: Vec<Vec<f64>>| -> Vec<Guess> {
        let of = |(sums, &before): (Vec<f64>, &usize)| Guess {
            predicted: largest(&sums),
            probability: sums[before],
        };
        sums.into_iter().zip(&before).map(of).collect()
    };
    let mut changed: Vec<Vec<Guess>> = Vec::with_capacity(variations.len());
    for &variation in variations {
        let varied: Result<Vec<Picture>, ExplainError> = pictures
            .iter()
            .map(|picture| {
                let varied = picture.varied(variation);
                varied.map_err(|error| ExplainError::Failed(error.to_string()))
            })
            .collect();
        changed.push(guesses(sums(network, groups, &varied?)?));
    }
    let unchanged = guesses(unchanged);
    let mut at = 0..unchanged.len();
    let row = |opened: Opened| match opened {
        Err(reason) => Ok(Varied::Unreadable(reason)),
        Ok(prepared) if prepared.array.is_some() => Ok(Varied::Array),
        Ok(_) => {
            let missing =
                || ExplainError::Failed("the network gives fewer rows than photos".to_owned());
            let at = at.next().ok_or_else(missing)?;
            Ok(Varied::Classified {
                unchanged: unchanged[at],
                changed: changed.iter().map(|guesses| guesses[at]).collect(),
            })
        }
    };
    opened.into_iter().map(row).collect()
}

fn largest(sums: &[f64]) -> usize {
    numbers::largest(sums, 1).first().copied().unwrap_or(0)
}

/// The probabilities of all groups, one row a picture.
fn sums(
    network: Network,
    groups: &Groups,
    pictures: &[Picture],
) -> Result<Vec<Vec<f64>>, ExplainError> {
    if pictures.is_empty() {
        return Ok(Vec::new());
    }
    let _no_gradient = tch::no_grad_guard();
    let all: Vec<&Picture> = pictures.iter().collect();
    let Network {
        model,
        preprocessing,
    } = network;
    let input: Tensor = preprocessing.tensor(&all, model.device());
    let scores = model.scores(&input)?;
    let rows = numbers::probabilities(&scores, model.activation())?;
    Ok(rows.iter().map(|row| groups.probabilities(row)).collect())
}
