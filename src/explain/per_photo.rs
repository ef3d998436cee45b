//! Methods that find one map for each photo. What all of them do is here: class, key, units, photo after photo.

use serde_json::{Map, Value, json};

use super::class_maps::{self, Step};
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Sink, Unit, chosen, target_name,
};
use crate::results::Attributions;

/// What tells one such method from another.
pub trait PerPhoto {
    /// Whether it draws random numbers, from the stream of the method and photo: the seed then decides them too.
    const DRAWS: bool = false;

    fn needs(&self) -> Needs;

    /// What is explained; `None` where a map is of no class.
    fn class(&self) -> Option<&TargetName>;

    /// Which numbers it explains.
    fn takes(&self) -> Takes {
        Takes::Any
    }

    /// What keeps it from this network, besides the photos and the class, and parameters that do not go together.
    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        Vec::new()
    }

    /// Faults of files that the parameters name.
    fn faults_of_files(&self, _: &Inputs) -> Vec<Fault> {
        Vec::new()
    }

    /// As [`Method::parameters`].
    fn used(&self, inputs: &Inputs) -> Map<String, Value>;

    /// What decides the numbers, besides class and seed.
    fn deciding(&self, inputs: &Inputs) -> Map<String, Value> {
        self.used(inputs)
    }

    /// How many steps of equal cost a photo takes.
    fn parts(&self, _: &Inputs) -> usize {
        1
    }

    /// The map of a photo; `class` is the predicted one where the method has none.
    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError>;
}

impl<P: PerPhoto> Method for P {
    fn needs(&self) -> Needs {
        PerPhoto::needs(self)
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = self.network_faults(inputs);
        faults.extend(self.faults_of_files(inputs));
        faults
    }

    fn network_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = match self.class() {
            Some(class) => class_maps::faults(inputs, class, self.takes()),
            None => chosen::photo_faults(inputs),
        };
        faults.extend(self.faults(inputs));
        faults
    }

    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        self.used(inputs)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.deciding(inputs);
        if let Some(class) = self.class() {
            let key = target_name::key(inputs.labels, class, self.takes());
            computing.insert("class".to_owned(), key);
        }
        if P::DRAWS {
            computing.insert("seed".to_owned(), json!(inputs.seed));
        }
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let class = match self.class() {
            Some(class) => chosen::wanted(&passes.inputs, class, self.takes())?,
            None => Wanted::predicted(),
        };
        let parts = self.parts(&passes.inputs);
        class_maps::each_photo(passes, units, sink, parts, &|photo, step| {
            self.map_of(passes, photo, &class, step)
        })
    }
}
