//! Where does a layer respond most, whatever the class?
//!
//! L = Σₖ vₖ Aₖ with v the first right singular vector of the matrix of maps, [h·w, K] (Muhammad and Yeasin 2020,
//! equations 2 and 3): the one map that is nearest to all of them. Its sign, which the decomposition leaves open, is
//! the one with Σₖ vₖ ≥ 0: strong responses are positive. With `matrix: centred` the mean of each map is subtracted
//! first, and the sign is that of the larger size.
//!
//! **Input**, **Output**, layer: see `class_activation`. No class is asked for; the predicted one is named beside the
//! map and changes nothing.
//! **Differs from the paper** in nothing but the sign. pytorch-grad-cam centres, and leaves the sign to chance.
//! **Errors** numbers that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::class_activation::layer::{self, Rule};
use super::class_activation::{CELLS, Recorded, weighted};
use super::class_maps::Step;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, chosen, parameters};
use crate::model::{Layer, LayerName};
use crate::results::{Attributions, Kind, Meaning};

pub const ENTRY: Entry = Entry {
    name: "eigen_cam",
    version: 1,
    kind: Kind::Attributions,
    view: CELLS,
    photos: Photos::Any,
    schema: parameters::schema::<EigenCam>,
    parse: parameters::parse::<EigenCam>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Muhammad, M. B., Yeasin, M.: Eigen-CAM: Class Activation Map Using Principal Components. IJCNN 2020",
    ],
};

/// The one map that is nearest to all maps of a layer; it depends on no class.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EigenCam {
    /// The layer, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
    /// What is decomposed: the maps as they are (`plain`) or each without its mean (`centred`). Default `plain`.
    pub matrix: Matrix,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matrix {
    #[default]
    Plain,
    Centred,
}

impl EigenCam {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.layer.as_ref(), Rule::Any)
    }
}

impl PerPhoto for EigenCam {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    /// The map of a layer, whichever the class.
    fn class(&self) -> Option<&TargetName> {
        None
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        self.layer(inputs).err().into_iter().collect()
    }

    /// The layer resolved.
    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        let path = |layer: &Layer| LayerName::Path(layer.path.clone());
        let layer = self.layer(inputs).ok().map(path);
        parameters::object(&Self {
            layer,
            ..self.clone()
        })
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
        let map = map(&recorded.activation()?, self.matrix)?;
        recorded.evidence(&map, Meaning::Evidence)
    }
}

/// The map [h, w] of maps [K, h, w], in float64.
pub fn map(activation: &Tensor, matrix: Matrix) -> Result<Tensor, ExplainError> {
    let (maps, ..) = activation.size3()?;
    let activation = activation
        .f_to(tch::Device::Cpu)?
        .f_to_kind(tch::Kind::Double)?;
    let activation = match matrix {
        Matrix::Plain => activation,
        Matrix::Centred => {
            let mean = activation.f_mean_dim([1_i64, 2].as_slice(), true, None)?;
            activation.f_sub(&mean)?
        }
    };
    // Left singular vectors of [K, h·w] are the right ones of its transpose.
    let (vectors, ..) = activation.f_view([maps, -1])?.f_svd(true, true)?;
    let first = vectors.f_select(1, 0)?;
    let map = weighted(&activation, &first)?;
    let direction = match matrix {
        Matrix::Plain => first.f_sum(None)?.f_double_value(&[])?,
        Matrix::Centred => map.f_max()?.f_add(&map.f_min()?)?.f_double_value(&[])?,
    };
    Ok(match direction < 0.0 {
        true => map.f_neg()?,
        false => map,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two maps that are multiples of one pattern p: the first singular vector is (3, 4) / 5, the map 5 p.
    #[test]
    fn one_pattern_is_found_with_its_sign() {
        let pattern = Tensor::from_slice(&[1.0_f32, 0.0, 2.0, 5.0]).view([2, 2]);
        let activation = Tensor::stack(&[&pattern * 3.0, &pattern * 4.0], 0);
        let found = map(&activation, Matrix::Plain).unwrap();
        assert!((found - &pattern * 5.0).abs().max().double_value(&[]) < 1e-6);
        let centred = map(&activation, Matrix::Centred).unwrap();
        assert!(
            (centred - (&pattern - 2.0) * 5.0)
                .abs()
                .max()
                .double_value(&[])
                < 1e-6
        );
    }
}
