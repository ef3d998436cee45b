//! Where is the network most sure and wrong, and what does it look at?
//!
//! The photos that were predicted as another group than that of their label, those of the highest probability first, of
//! equals in the order of the data set. Each is explained twice by one of the maps of a class: for the group it was
//! predicted as, and for the group of its label. Of a group of several classes its most probable class of that photo is
//! explained.
//!
//! **Input** labelled photos. **Output** the outcomes of [`confusion_matrix`](super::confusion_matrix), which cost no
//! further pass, and two maps a mistake, as computed; one where no class of the network belongs to the label.
//! **Errors** those of the outcomes and of the map.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::labelled::{self, Labelled, Prepared};
use super::outcomes;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photo,
    Photos, Shared, Sink, Unit, Viewing, grad_cam, numbers, saliency,
};
use crate::model::LayerName;
use crate::picture::Preprocessing;
use crate::results::{Kind, Mistake, Outcome, Results, most_confident};

/// A photo has several labels, or none: no prediction is wrong as a whole.
const BECAUSE: &str = "no prediction of such a network is wrong as a whole";

pub const ENTRY: Entry = Entry {
    name: "mistakes",
    version: 1,
    kind: Kind::Mistakes,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<Parameters>,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[],
};

/// The labelled photos on which the network is most sure and wrong, each with the map of what it was predicted as and the map of what it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// How many photos are shown, at most. Default 5.
    #[schemars(range(min = 1, max = 20))]
    pub count: usize,
    /// What explains them: `grad_cam`, or `saliency`, which needs no layer. Default `grad_cam`, and `saliency` where the network has no layer for it.
    pub map: Option<MapOfClass>,
    /// The layer of `grad_cam`, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier.
    pub layer: Option<LayerName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapOfClass {
    GradCam,
    Saliency,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            count: 5,
            map: None,
            layer: None,
        }
    }
}

impl MapOfClass {
    fn entry(self) -> &'static Entry {
        match self {
            Self::GradCam => &grad_cam::ENTRY,
            Self::Saliency => &saliency::ENTRY,
        }
    }
}

struct Mistakes {
    labelled: Labelled,
    own: Parameters,
}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, own) = labelled::split(keys)?;
    Ok(Box::new(Mistakes { labelled, own }))
}

impl Method for Mistakes {
    fn needs(&self) -> Needs {
        match self.own.map {
            Some(MapOfClass::GradCam) => Needs::Layers,
            Some(MapOfClass::Saliency) | None => Needs::Gradients,
        }
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = outcomes::check(&self.labelled, inputs, BECAUSE);
        faults.extend(self.map_faults(inputs));
        faults
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = outcomes::network_faults(inputs, BECAUSE);
        faults.extend(self.map_faults(inputs));
        faults
    }

    /// The map and its layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let own = Parameters {
            map: Some(self.map(inputs)),
            ..self.own.clone()
        };
        let mut used = labelled::object(&self.labelled, &own);
        used.extend(self.map_parameters(inputs));
        used
    }

    /// Of a map; those of the outcomes are `shared`.
    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.map_parameters(inputs);
        let entry = self.map(inputs).entry();
        computing.insert("map".to_owned(), json!([entry.name, entry.version]));
        computing
    }

    /// The class is chosen by scores, so that maps depend on their precision too.
    fn shared(&self, inputs: &Inputs, unit: &Unit) -> Option<Shared> {
        Some(match unit.part {
            Part::Labelled { .. } => Shared {
                name: ENTRY.name,
                version: ENTRY.version,
                needs: Needs::Scores,
                computing: self.computing(inputs),
            },
            Part::Whole
            | Part::Map(_)
            | Part::Filter(_)
            | Part::Objective { .. }
            | Part::Head { .. }
            | Part::Range { .. } => outcomes::shared(&self.labelled, inputs),
        })
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn may_name_further_units(&self) -> bool {
        true
    }

    fn further_units(&self, inputs: &Inputs, units: &[Unit], found: &[&Results]) -> Vec<Unit> {
        let Ok(prepared) = self.labelled.opened(inputs) else {
            return Vec::new(); // `check` said why
        };
        let rows = found.iter().flat_map(|results| match results {
            Results::Outcomes(outcomes) => outcomes.rows.as_slice(),
            _ => &[],
        });
        let rows: Vec<&Outcome> = rows.collect();
        let mistakes = most_confident(&rows, &prepared.truths(), self.own.count);
        let units = mistakes.iter().enumerate().flat_map(|(rank, mistake)| {
            let of =
                |group: usize, role: &str| unit(&prepared, units, (rank, mistake), group, role);
            [
                of(mistake.predicted, "as predicted"),
                of(mistake.truth, "as labelled"),
            ]
        });
        units.flatten().collect()
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let is_map = |unit: &&Unit| matches!(unit.part, Part::Labelled { .. });
        if !units.iter().any(|unit| is_map(&unit)) {
            return outcomes::run(&self.labelled, passes, units, sink);
        }
        let prepared = self.labelled.opened(&passes.inputs)?;
        for (index, unit) in units.iter().enumerate() {
            if let Part::Labelled {
                photo,
                digest,
                classes,
            } = &unit.part
            {
                let file = &prepared.labelled.photos[*photo].path;
                let photo = Photo::of_file(
                    (digest.clone(), file.display().to_string()),
                    file.clone(),
                    None,
                    digest.clone(),
                    Arc::new(passes.inputs.preprocessing.clone()),
                );
                sink.found(index, self.explained(passes, photo, classes)?)?;
            }
            sink.advanced(index + 1, units.len())?;
        }
        Ok(())
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        outcomes::accept(&self.labelled, results)
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}

/// The map of a mistake for a group; `None` where no class belongs to it.
fn unit(
    prepared: &Prepared,
    units: &[Unit],
    (rank, mistake): (usize, &Mistake),
    group: usize,
    role: &str,
) -> Option<Unit> {
    let of_class = prepared.groups.of_class.iter().enumerate();
    let classes: Vec<usize> = of_class
        .filter(|(_, of)| **of == group)
        .map(|(class, _)| class)
        .collect();
    let digest = units.iter().find_map(|unit| match &unit.part {
        Part::Range { from, digests, .. } => digests.get(mistake.photo.checked_sub(*from)?),
        _ => None,
    });
    (!classes.is_empty()).then(|| Unit {
        name: format!("mistake {}, {role}", rank + 1),
        photo: None,
        part: Part::Labelled {
            photo: mistake.photo,
            digest: digest.cloned().unwrap_or_default(),
            classes,
        },
    })
}

impl Mistakes {
    /// What explains the mistakes of this network. Where a layer is named, or Grad-CAM, a fault says why it cannot be.
    fn map(&self, inputs: &Inputs) -> MapOfClass {
        let is_possible =
            || self.own.layer.is_some() || self.faults_of(MapOfClass::GradCam, inputs).is_empty();
        self.own.map.unwrap_or_else(|| match is_possible() {
            true => MapOfClass::GradCam,
            false => MapOfClass::Saliency,
        })
    }

    /// The method that explains a class, with its own keys.
    fn explainer(
        &self,
        map: MapOfClass,
        class: usize,
    ) -> Result<Box<dyn Method>, serde_json::Error> {
        let mut keys = Map::from_iter([("class".to_owned(), json!(class))]);
        if let (MapOfClass::GradCam, Some(layer)) = (map, &self.own.layer) {
            keys.insert("layer".to_owned(), json!(layer));
        }
        (map.entry().parse)(Value::Object(keys))
    }

    fn map_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        if let (Some(MapOfClass::Saliency), Some(_)) = (self.own.map, &self.own.layer) {
            return vec![Fault {
                pointer: "/layer".to_owned(),
                message: "`saliency` is of no layer".to_owned(),
                hint: "leave it out, or take `map: grad_cam`".to_owned(),
            }];
        }
        self.faults_of(self.map(inputs), inputs)
    }

    /// Of an explaining method with any photo and class.
    fn faults_of(&self, map: MapOfClass, inputs: &Inputs) -> Vec<Fault> {
        let photo = [Arc::new(any_photo(inputs.preprocessing))];
        let of_photo = Inputs {
            photos: &photo,
            ..*inputs
        };
        self.explainer(map, 0)
            .map_or_else(|_| Vec::new(), |method| method.check(&of_photo))
    }

    /// Those of the explaining method, without the class.
    fn map_parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut keys = self
            .explainer(self.map(inputs), 0)
            .map_or_else(|_| Map::new(), |method| method.parameters(inputs));
        keys.remove("class");
        keys
    }

    /// The map of the most probable of some classes.
    fn explained(
        &self,
        passes: &Passes,
        photo: Photo,
        classes: &[usize],
    ) -> Result<Results, ExplainError> {
        let scores = passes.scores(&photo)?;
        let probabilities: Vec<f64> = classes
            .iter()
            .map(|class| scores.probabilities[*class])
            .collect();
        let best = numbers::largest(&probabilities, 1).first().copied();
        let class = classes[best.unwrap_or(0)];
        let failed = |error: serde_json::Error| ExplainError::Failed(error.to_string());
        let map = self.map(&passes.inputs);
        let method = self.explainer(map, class).map_err(failed)?;
        let photos = [Arc::new(photo)];
        let passes = passes.of_photos(&photos);
        let mut explained = None;
        let mut keep = |_: usize, found: Results| {
            explained = Some(found);
            Ok(())
        };
        let go_on = |_, _| std::ops::ControlFlow::Continue(());
        let units = Unit::each_photo(&passes.inputs);
        method.run(&passes, &units, &mut Sink::new(&mut keep, &go_on))?;
        explained.ok_or_else(|| ExplainError::Failed("the map was not found".to_owned()))
    }
}

/// Stands for the photos that are not known yet; never read.
fn any_photo(preprocessing: &Preprocessing) -> Photo {
    let nothing = || (String::new(), String::new());
    let preprocessing = Arc::new(preprocessing.clone());
    Photo::of_file(
        nothing(),
        Default::default(),
        None,
        String::new(),
        preprocessing,
    )
}
