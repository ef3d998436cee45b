//! Of which few patterns is the output of a layer for a photo made, and where in the photo is each of them?
//!
//! X ≈ Σ_k h_k ⊗ d_k for the layer's output X [cells, channels] of one photo: d_k a direction among the channels, of length 1, and
//! h_k a map, both nowhere below zero; found by non-negative matrix factorisation ([`nmf`](super::nmf); Collins et al. 2018,
//! equation 2). Where the output of a channel goes below zero its lowest number is subtracted first.
//! **Names** d_k · max h_k in every cell of the layer and run to the end: what the network says of the component alone.
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the layer's maps [1, K, h, w], of tokens those on the photo.
//! **Output** components, the one with the largest share of ‖X‖² first: each a map [h, w], a direction [K], classes.
//! **Differs from the paper** one photo is factorised by itself, so that its components are those of no other photo.
//! pytorch-grad-cam subtracts the lowest number of every channel, also where it is above zero, and starts at random.
//! Other branches of the network, as the sum beside an attention and tokens beside the photo, keep the photo's numbers.
//! **Errors** more components than cells or channels; numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::{Device, Kind as Precision};

use super::behind::Behind;
use super::class_activation::layer::{self, Rule};
use super::nmf::{factorise, lowest, shifted};
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Photos, Sink, Unit, Viewing,
    chosen, numbers, parameters,
};
use crate::model::{Layer, LayerName};
use crate::results::{Component, Factors, Kind, Results};

pub const ENTRY: Entry = Entry {
    name: "factorisation",
    version: 2,
    kind: Kind::Factors,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<FactorisationOf>,
    parse: parameters::parse::<FactorisationOf>,
    smallest: |_| json!({ "components": 1 }),
    citations: &[
        "Collins, E., Achanta, R., Süsstrunk, S.: Deep Feature Factorization for Concept Discovery. ECCV 2018",
        "Cichocki, A., Phan, A.-H.: Fast Local Algorithms for Large Scale Nonnegative Matrix and Tensor Factorizations. IEICE Transactions, 2009",
        "Boutsidis, C., Gallopoulos, E.: SVD Based Initialization: A Head Start for Nonnegative Matrix Factorization. Pattern Recognition, 2008",
    ],
};

/// The output of a layer for each photo as a sum of a few patterns, each with its map and the classes it speaks for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FactorisationOf {
    /// The layer, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
    /// Number of components, 1 to 20, at most cells and channels of the layer. Default 5.
    #[schemars(range(min = 1, max = 20))]
    pub components: usize,
    /// Iterations, at most; it ends before where nothing changes any more. Default 2000.
    #[schemars(range(min = 1, max = 100_000))]
    pub most_iterations: usize,
}

impl Default for FactorisationOf {
    fn default() -> Self {
        Self {
            layer: None,
            components: 5,
            most_iterations: 2000,
        }
    }
}

impl Method for FactorisationOf {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = chosen::photo_faults(inputs);
        match self.layer(inputs) {
            Ok(layer) => faults.extend(too_many(inputs, layer, self.components)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        layer::named_in(parameters::object(self), self.layer(inputs), None)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        self.parameters(inputs)
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let total = units.len() * self.most_iterations;
        for (index, unit) in units.iter().enumerate() {
            let done = index * self.most_iterations;
            let step = |iteration: usize| sink.advanced(done + iteration, total);
            let found = self.factors(passes, passes.photo(unit.photo)?, &step)?;
            sink.found(index, Results::Factors(found))?;
            sink.advanced(done + self.most_iterations, total)?;
        }
        Ok(())
    }
}

/// More components than there are cells or channels.
fn too_many(inputs: &Inputs, layer: &Layer, components: usize) -> Option<Fault> {
    let maps = inputs.facts.maps(layer)?;
    let most = maps.channels.min(maps.height * maps.width);
    (components as i64 > most).then(|| Fault {
        pointer: "/components".to_owned(),
        message: format!(
            "layer `{}` gives {} channels of {} × {} cells, of which no {components} components can be made",
            layer.path, maps.channels, maps.height, maps.width
        ),
        hint: format!("1 to {most}, or an earlier layer"),
    })
}

impl FactorisationOf {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.layer.as_ref(), Rule::Any)
    }

    /// Of one photo.
    fn factors(
        &self,
        passes: &Passes,
        photo: &Photo,
        step: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Factors, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        let layer = self.layer(&passes.inputs).map_err(chosen::refused)?;
        let input = passes.input(photo)?;
        let behind = Behind::new(passes, layer, &input)?;
        let maps = behind.maps.of(&behind.output)?.f_get(0)?;
        let (channels, height, width) = maps.size3()?;
        let x = maps.f_flatten(1, 2)?.f_transpose(0, 1)?; // [cells, channels]
        let x = x.f_to(Device::Cpu)?.f_to_kind(Precision::Double)?;
        if !super::optimise::is_finite(&x)? {
            return Err(ExplainError::Failed(format!(
                "`{}`: layer `{}` gives numbers that are not finite",
                photo.id, layer.path
            )));
        }
        let lowest = lowest(&x)?;
        let shifted_channels = shifted(&lowest)?;
        let x = x.f_sub(&lowest)?;
        let found = factorise(&x, self.components, self.most_iterations, step)?;
        let (shares, explained) = found.shares(&x)?;
        let (amounts, directions) = found.of_length_1()?;
        let mut components = Vec::with_capacity(self.components);
        for (index, share) in shares.into_iter().enumerate() {
            let map = amounts.f_select(1, index as i64)?;
            let direction = directions.f_get(index as i64)?;
            let peak = map.f_max()?.f_double_value(&[])?;
            let alone = direction.f_mul_scalar(peak)?.f_add(&lowest.f_view(-1)?)?;
            let everywhere = alone
                .f_view([channels, 1, 1])?
                .f_expand([channels, height, width], true)?;
            components.push(Component {
                map: numbers::map(&map.f_view([height, width])?)?,
                direction: numbers::values(&direction)?,
                share,
                leading: behind.leading(everywhere)?,
            });
        }
        components.sort_by(|a, b| b.share.total_cmp(&a.share)); // stable
        Ok(Factors {
            layer: chosen::layer_ref(layer),
            channels: channels as usize,
            shifted_channels,
            components,
            explained,
            iterations: found.iterations,
            is_converged: found.is_converged,
            at_zero: behind.leading(maps.f_zeros_like()?)?,
        })
    }
}
