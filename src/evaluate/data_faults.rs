//! Which photos of a data set should somebody look at, before the network is blamed?
//!
//! The same photo twice (all pixels equal), nearly the same (difference hashes of at most some bits apart), also with different
//! labels; photos that are dark, bright, without contrast, blurred, tiny or of an odd shape. Every limit is a key, and is stated
//! where it decides.
//!
//! **Input** the files, in their own size; the network is not run. **Output** facts of each photo, see `photo_facts`; limits are
//! applied where they are shown, so that changing one costs nothing. Beside a method that runs the network over the same photos
//! each is decoded once. **Errors** a photo that cannot be decoded, as for the confusion matrix.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::data_set::{self, LabelledPhoto};
use super::labelled::{self, Labelled};
use super::photo_facts;
use crate::explain::{
    DataSet as Shown, Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos,
    Sink, Unit, Viewing, parameters,
};
use crate::results::{Kind, PhotoFact, PhotoFacts, Results};

pub const ENTRY: Entry = Entry {
    name: "data_faults",
    version: 1,
    kind: Kind::DataFaults,
    view: Viewing::PLAIN,
    photos: Photos::None,
    schema: labelled::schema::<DataFaults>,
    parse,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Pech-Pacheco, J. L., Cristóbal, G., Chamorro-Martínez, J., Fernández-Valdivia, J.: Diatom Autofocusing in Brightfield Microscopy: a Comparative Study. ICPR 2000",
    ],
};

/// Labelled photos that are the same or nearly so, dark, bright, flat, blurred, tiny or oddly shaped; no network is run.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataFaults {}

fn parse(keys: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    let (labelled, DataFaults {}) = labelled::split(keys)?;
    Ok(Box::new(Facts { labelled }))
}

struct Facts {
    labelled: Labelled,
}

impl Method for Facts {
    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        self.labelled.faults(inputs)
    }

    fn network_faults(&self, _: &Inputs) -> Vec<Fault> {
        Vec::new()
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(&self.labelled)
    }

    /// Neither the groups nor the network.
    fn computing(&self, _: &Inputs) -> Map<String, Value> {
        Map::new()
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        self.labelled.units(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let prepared = self.labelled.opened(&passes.inputs)?;
        let total = units
            .iter()
            .filter_map(labelled::range)
            .map(|range| range.len())
            .sum();
        let mut done = 0;
        for (index, unit) in units.iter().enumerate() {
            let Part::Range { from, to, digests } = &unit.part else {
                continue;
            };
            let photos = &prepared.labelled.photos[*from..*to];
            // What another method has decoded in this build is known already.
            let known = |at: usize| passes.photo_fact(digests.get(at)?);
            let mut rows: Vec<Option<PhotoFact>> = (0..photos.len()).map(known).collect();
            let missing: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_none()).collect();
            let unread: Vec<LabelledPhoto> = missing.iter().map(|at| photos[*at].clone()).collect();
            done += photos.len() - unread.len();
            let mut places = missing.into_iter();
            data_set::for_each_batch(&unread, BATCH, &fact, &mut |batch| {
                for (fact, at) in batch.items.into_iter().zip(places.by_ref()) {
                    done += 1;
                    rows[at] = Some(fact.unwrap_or_else(PhotoFact::Unreadable));
                }
                sink.advanced(done, total)?;
                Ok::<_, ExplainError>(ControlFlow::Continue(()))
            })?;
            let rows = rows.into_iter().flatten().collect();
            sink.found(index, Results::PhotoFacts(PhotoFacts { rows }))?;
        }
        sink.advanced(done, total)
    }

    fn accept(&self, results: &[&Results]) -> Result<(), ExplainError> {
        let rows = results.iter().flat_map(|results| match results {
            Results::PhotoFacts(facts) => facts.rows.as_slice(),
            _ => &[],
        });
        let is_unreadable = |row: &&PhotoFact| matches!(row, PhotoFact::Unreadable(_));
        self.labelled.accept(rows.filter(is_unreadable).count())
    }

    fn warnings(&self) -> Vec<Fault> {
        self.labelled.warnings()
    }

    fn data(&self) -> Option<&dyn Shown> {
        self.labelled.data()
    }
}

/// Photos decoded between two looks at whether to stop.
const BATCH: usize = 16;

fn fact(photo: &LabelledPhoto) -> Result<PhotoFact, String> {
    Ok(photo_facts::of_input(&photo.open()?))
}
