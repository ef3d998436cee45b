//! Methods of a class and a layer that have parameters of their own.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Recorded;
use super::layer::{self, Rule};
use crate::explain::{
    ExplainError, Fault, Inputs, Method, Needs, Passes, Sink, Unit, chosen, of_class, parameters,
};
use crate::labels::ClassName;
use crate::model::{Layer, LayerName};
use crate::results::Attributions;

/// Parameters among which are a class and a layer, and what is made of a photo that has run to that layer.
pub trait OfLayer: Serialize + DeserializeOwned + 'static {
    fn class(&self) -> &ClassName;

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

impl<P: OfLayer> Method for WithParameters<P> {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = of_class::faults(inputs, self.0.class());
        faults.extend(self.layer(inputs).err());
        faults.extend(self.0.faults(inputs));
        faults
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        match self.layer(inputs) {
            Ok(layer) => {
                let named = LayerName::Path(layer.path.clone());
                parameters::object(&self.0.with_layer(named))
            }
            Err(_) => parameters::object(&self.0),
        }
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        let layer = self.layer(inputs).map(|layer| layer.path.clone()).ok();
        computing.insert("layer".to_owned(), json!(layer));
        let class = chosen::class_key(inputs, self.0.class());
        computing.insert("class".to_owned(), class);
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let class = chosen::class(&passes.inputs, self.0.class());
        let class = class.map_err(chosen::refused)?;
        let layer = self.layer(&passes.inputs).map_err(chosen::refused)?;
        of_class::each_photo(passes, units, sink, 1, &|photo, step| {
            let step = || step(0);
            self.0
                .explain(&Recorded::new(passes, photo, (layer, class), &step)?)
        })
    }
}
