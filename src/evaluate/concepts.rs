//! Of which patterns are a layer's outputs for the photos of a class made, and which of them matter for the class?
//!
//! CRAFT (Fel et al. 2023). Each photo of the class is cut into overlapping crops, each enlarged to the network's input; their
//! mean activations A [crops, channels] ≈ U W by non-negative factorisation, the rows of W are the concepts
//! ([`nmf`]). Importance: with U_p [cells, concepts] of a photo for the same W, the concepts of all cells are
//! scaled by m in 0..1, the network is run on from U_p diag(m) W, and the total Sobol index of each concept's m for the score of the
//! class is taken by Jansen's estimator over a design of Halton's sequence ([`sobol`]); the mean over photos.
//!
//! **Input** labelled photos. **Reads** the layer's maps, and runs the part behind it. **Output** concepts, the most
//! important first: importance, crops with most of it, maps on the first photos.
//! **Differs from the paper** the concepts of one layer, without going back to earlier ones. Crops have the shape of the input, so
//! that none is distorted. Where a channel goes below zero its lowest number is subtracted and added again behind, where
//! the peers refuse the layer. One crop a photo is shown. Other branches, as the sum beside an attention, keep the
//! photo's numbers.
//! **Errors** fewer crops or channels than concepts; numbers that are not finite.

mod asked;
mod crops;
mod found;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::labelled::{self, Labelled};
use crate::explain::class_activation::layer;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos,
    Sink, Unit, Viewing, parameters,
};
use crate::labels::ClassName;
use crate::model::LayerName;
use crate::results::{Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "concepts",
    version: 2,
    kind: Kind::Concepts,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |_| json!({ "class": 0 }),
    citations: &[
        "Fel, T., Picard, A., Bethune, L., Boissin, T., Vigouroux, D., Colin, J., Cadène, R., Serre, T.: CRAFT: Concept Recursive Activation FacTorization for Explainability. CVPR 2023",
        "Jansen, M. J. W.: Analysis of Variance Designs for Model Output. Computer Physics Communications, 1999",
    ],
};

/// Photos with maps.
const PHOTOS_SHOWN: usize = 4;
/// Of the concepts of a photo, which are found for concepts that are given.
const MOST_ITERATIONS_OF_PHOTO: usize = 200;

/// Patterns of which a layer's outputs for the photos of a class are made, by how much they matter for its score (CRAFT).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["class"]))]
pub struct Parameters {
    /// The class, by name or number; photos of its label are taken. No default.
    #[schemars(required)]
    pub class: Option<ClassName>,
    /// The layer, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
    /// Number of concepts, 1 to 50, at most channels of the layer. Default 10.
    #[schemars(range(min = 1, max = 50))]
    pub concepts: usize,
    /// Photos of the class, at most: the first ones of the data set. Default 500.
    #[schemars(range(min = 1, max = 100_000))]
    pub most_photos: usize,
    /// Photos over which importance is the mean, the first ones, at most. Default 20.
    #[schemars(range(min = 1, max = 100_000))]
    pub judged_photos: usize,
    /// n of the design: (concepts + 2) · n runs behind the layer for each judged photo. Default 32.
    #[schemars(range(min = 2, max = 4096))]
    pub designs: usize,
    /// Iterations of the factorisation, at most; it ends before where nothing changes any more. Default 2000.
    #[schemars(range(min = 1, max = 100_000))]
    pub most_iterations: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            class: None,
            layer: None,
            concepts: 10,
            most_photos: 500,
            judged_photos: 20,
            designs: 32,
            most_iterations: 2000,
        }
    }
}

struct OfClass {
    labelled: Labelled,
    own: Parameters,
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, own) = labelled::split(keys)?;
    Ok(Box::new(OfClass { labelled, own }))
}

impl Method for OfClass {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = self.network_faults(inputs);
        let of_files = self.labelled.faults(inputs);
        if faults.is_empty() && of_files.is_empty() {
            faults.extend(self.photos_fault(inputs));
        }
        faults.extend(of_files);
        faults
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.class(inputs).err().into_iter().collect();
        match self.layer(inputs) {
            Ok(layer) => faults.extend(self.too_many(inputs, layer)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let used = labelled::object(&self.labelled, &self.own);
        layer::named_in(used, self.layer(inputs), Some("class"))
    }

    /// Class by number, layer by path, and which photos of the unit's range are of the class, by their place in the data set.
    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = parameters::object(&self.own);
        computing.insert("class".to_owned(), json!(self.class(inputs).ok()));
        let layer = self.layer(inputs).ok().map(|layer| layer.path.clone());
        computing.insert("layer".to_owned(), json!(layer));
        computing.insert("of_class".to_owned(), json!(self.photos(inputs)));
        computing
    }

    /// One: what is found of a photo depends on the others.
    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let photos = self.photos(inputs);
        let (Some(first), Some(last)) = (photos.first(), photos.last()) else {
            return Vec::new(); // `check` said why
        };
        vec![Unit {
            name: format!("photos {first}-{last}"),
            photo: None,
            part: Part::Range {
                from: *first,
                to: last + 1,
                digests: Vec::new(),
            },
        }]
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        for index in 0..units.len() {
            let total = self.steps(&passes.inputs);
            let step =
                |done: usize| sink.advanced(index * total + done.min(total), units.len() * total);
            let found = self.concepts(passes, &step)?;
            sink.found(index, Results::Concepts(found))?;
            sink.advanced((index + 1) * total, units.len() * total)?;
        }
        Ok(())
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let unreadable = results.iter().map(|results| match results {
            Results::Concepts(concepts) => concepts.unreadable.len(),
            _ => 0,
        });
        self.labelled.accept(unreadable.sum())
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}
