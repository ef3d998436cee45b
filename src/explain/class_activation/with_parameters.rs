//! Methods of a class and a layer that have parameters of their own.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Recorded;
use super::layer::{self, Rule};
use crate::explain::class_maps::Step;
use crate::explain::per_photo::PerPhoto;
use crate::explain::target_name::{Takes, TargetName, Wanted};
use crate::explain::{
    ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, chosen, parameters,
};
use crate::model::{Layer, LayerName};
use crate::results::Attributions;

/// Parameters among which are a class and a layer, and what is made of a photo that has run to that layer.
pub trait OfLayer: Serialize + DeserializeOwned + 'static {
    fn class(&self) -> &TargetName;

    /// Which numbers it explains.
    fn takes(&self) -> Takes {
        Takes::Any
    }

    /// `None` for the default one.
    fn layer(&self) -> Option<&LayerName>;

    /// The same with the layer named.
    fn with_layer(&self, layer: LayerName) -> Self;

    /// What keeps the method from this network, besides class and layer.
    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        Vec::new()
    }

    fn explain(&self, of: &Recorded) -> Result<Attributions, ExplainError>;
}

/// A method by its parameters.
pub fn parse<P: OfLayer>(value: Value) -> Result<Box<dyn Method>, serde_json::Error> {
    Ok(Box::new(WithParameters(serde_json::from_value::<P>(
        value,
    )?)))
}

struct WithParameters<P>(P);

impl<P: OfLayer> WithParameters<P> {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.0.layer(), Rule::Any)
    }
}

impl<P: OfLayer> PerPhoto for WithParameters<P> {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(self.0.class())
    }

    fn takes(&self) -> Takes {
        self.0.takes()
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let fault = self.layer(inputs).err().into_iter();
        fault.chain(self.0.faults(inputs)).collect()
    }

    /// The layer resolved.
    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        match self.layer(inputs) {
            Ok(layer) => {
                let named = LayerName::Path(layer.path.clone());
                parameters::object(&self.0.with_layer(named))
            }
            Err(_) => parameters::object(&self.0),
        }
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let layer = self.layer(&passes.inputs).map_err(chosen::refused)?;
        let step = || step(0);
        let recorded = Recorded::new(passes, photo, (layer, class), &step)?;
        self.0.explain(&recorded)
    }
}
