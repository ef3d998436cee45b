//! Where in each photo does a filter respond, and how strongly?
//!
//! A_k = the k-th map of the layer's output for the photo.
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the layer's maps [1, K, h, w], of tokens those on the photo; the network runs no
//! further. **Output** one map [h, w] a photo and filter, as it comes out of the layer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::Tensor;

use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos, Sink, Unit, Viewing,
    chosen, numbers, parameters,
};
use crate::model::LayerName;
use crate::results::{Attributions, Kind, Meaning, Place, Results, Target, Volume};

pub const ENTRY: Entry = Entry {
    name: "activation_maps",
    version: 1,
    kind: Kind::Attributions,
    view: Viewing {
        defaults: || json!({ "percentile": 100, "view": "map", "scale": "shared", "gamma": 0.5 }),
        without: &["reduction"],
    },
    photos: Photos::Any,
    schema: parameters::schema::<ActivationMaps>,
    parse: parameters::parse::<ActivationMaps>,
    smallest: |facts| chosen::smallest(facts, &["filters"]),
    citations: &[
        "Zeiler, M. D., Fergus, R.: Visualizing and Understanding Convolutional Networks. ECCV 2014",
        "Yosinski, J., Clune, J., Nguyen, A., Fuchs, T., Lipson, H.: Understanding Neural Networks Through Deep Visualization. ICML Deep Learning Workshop 2015",
    ],
};

/// Responses of filters of a layer to each photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer", "filters"]))]
pub struct ActivationMaps {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output), each from 0. No default.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
}

impl Method for ActivationMaps {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = chosen::photo_faults(inputs);
        match chosen::map_layer(inputs, self.layer.as_ref()) {
            Ok(layer) => faults.extend(chosen::filter_faults(inputs.facts, layer, &self.filters)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    fn parameters(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let layer = chosen::layer_key(inputs, self.layer.as_ref());
        Map::from_iter([("layer".to_owned(), layer)])
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let photos = inputs.photos.iter().enumerate();
        let of_photo = |(index, photo): (usize, &std::sync::Arc<super::Photo>)| {
            let unit = |filter: &usize| Unit {
                name: format!("{}, filter {filter}", photo.id),
                photo: Some(index),
                part: Part::Filter(*filter),
            };
            self.filters.iter().map(unit).collect::<Vec<_>>()
        };
        photos.flat_map(of_photo).collect()
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let layer = chosen::map_layer(&passes.inputs, self.layer.as_ref());
        let layer = layer.map_err(chosen::refused)?;
        let mut recorded: Option<(Option<usize>, Tensor)> = None;
        for (index, unit) in units.iter().enumerate() {
            // The units of a photo stand together: one pass serves them.
            if recorded
                .as_ref()
                .is_none_or(|(photo, _)| *photo != unit.photo)
            {
                let _no_gradient = tch::no_grad_guard();
                let input = passes.input(passes.photo(unit.photo)?)?;
                let mut outputs = passes.model.record(&input, &[layer.node], &[])?;
                let output = outputs.pop();
                let maps = output.map(|output| passes.model.maps_of(layer.node, &output));
                recorded = maps.transpose()?.map(|maps| (unit.photo, maps));
            }
            let (Some((_, output)), Part::Filter(filter)) = (&recorded, &unit.part) else {
                let message = "the unit names no filter".to_owned();
                return Err(ExplainError::Failed(message));
            };
            let found = Attributions {
                target: Target::Filter {
                    layer: chosen::layer_ref(layer),
                    filter: *filter,
                },
                place: Place::Layer,
                meaning: Meaning::Activation,
                values: filter_map(output, *filter)?,
                sums_to: None,
                sampling: None,
            };
            sink.found(index, Results::Attributions(found))?;
            sink.advanced(index + 1, units.len())?;
        }
        Ok(())
    }
}

/// One map of a layer's output [1, K, h, w].
pub fn filter_map(output: &Tensor, filter: usize) -> Result<Volume, ExplainError> {
    Ok(numbers::map(&output.f_get(0)?.f_get(filter as i64)?)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_picked_by_filter() {
        let kind = (tch::Kind::Float, tch::Device::Cpu);
        let output = Tensor::arange(3 * 2 * 4, kind).view([1, 3, 2, 4]);
        let map = filter_map(&output, 2).unwrap();
        assert_eq!((map.channels, map.height, map.width), (1, 2, 4));
        assert_eq!(map.values, [16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0]);
        assert_eq!(filter_map(&output, 0).unwrap().values[0], 0.0);
    }
}
