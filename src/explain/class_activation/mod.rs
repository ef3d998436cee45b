//! Class activation maps: the maps A_k [h, w] of a layer, weighted by what they do for a class. What the methods
//! share is here; a method is its formula and its words.
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the layer's maps [1, K, h, w]: of tokens those that lie on
//! the photo, put on their grid. **Output** one map [h, w], signed and unscaled; papers clip it at zero, which is done
//! where it is shown.

pub mod layer;
pub mod with_parameters;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::{Kind, Tensor};

use super::class_maps::{Step, predicted};
use super::per_photo::PerPhoto;
use super::{
    ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Viewing, chosen, numbers,
    parameters, target,
};
use crate::explain::target_name::{Takes, TargetName, Wanted};
use crate::model::{BatchSize, Layer, LayerName, Maps, Model, NodeId, ReluRule, in_batches};
use crate::results::{Attributions, Meaning, Place, ScalarTarget, Target};
use layer::Rule;

/// How maps of cells are shown: nothing is clipped, and there is one channel only.
pub const CELLS: Viewing = Viewing {
    defaults: || json!({ "percentile": 100 }),
    without: &["reduction"],
};

/// Masked photos a batch: as LIME's perturbed ones.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// Parameters of every class activation method.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// The class whose evidence is shown: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The layer whose maps are weighted, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            class: predicted(),
            layer: None,
        }
    }
}

/// What tells one such method from another: the layers it takes, and the map [h, w] of a photo.
pub struct Formula {
    pub rule: Rule,
    /// Which numbers it explains.
    pub takes: Takes,
    pub map: fn(&Recorded) -> Result<Tensor, ExplainError>,
}

/// A method by its formula.
pub fn parse(
    value: Value,
    formula: &'static Formula,
) -> Result<Box<dyn Method>, serde_json::Error> {
    let parameters = serde_json::from_value(value)?;
    Ok(Box::new(ClassActivation {
        parameters,
        formula,
    }))
}

struct ClassActivation {
    parameters: Parameters,
    formula: &'static Formula,
}

impl ClassActivation {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.parameters.layer.as_ref(), self.formula.rule)
    }
}

impl PerPhoto for ClassActivation {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.parameters.class)
    }

    fn takes(&self) -> Takes {
        self.formula.takes
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        self.layer(inputs).err().into_iter().collect()
    }

    /// The layer resolved.
    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        let used = parameters::object(&self.parameters);
        layer::named_in(used, self.layer(inputs), Some("class"))
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
        let map = (self.formula.map)(&recorded)?;
        recorded.evidence(&map, Meaning::Evidence)
    }
}

/// A photo that has run through the network once.
pub struct Recorded<'a> {
    pub layer: &'a Layer,
    pub target: ScalarTarget,
    passes: &'a Passes<'a>,
    photo: &'a Photo,
    /// [1, C, H, W].
    input: Tensor,
    maps: Maps<'a>,
    /// What the layer gives, as it gives it.
    output: Tensor,
    step: &'a dyn Fn() -> Result<(), ExplainError>,
}

impl<'a> Recorded<'a> {
    /// `step` is called now and then; an error where the method is to stop.
    pub fn new(
        passes: &'a Passes,
        photo: &'a Photo,
        (layer, class): (&'a Layer, &Wanted),
        step: &'a dyn Fn() -> Result<(), ExplainError>,
    ) -> Result<Self, ExplainError> {
        let (model, input) = (passes.model, passes.input(photo)?);
        let outputs = passes.recorded(photo, &[layer.node, model.scores_node()])?;
        let [output, scores] = outputs.as_slice() else {
            let message = format!("layer `{}` gave no output", layer.path);
            return Err(ExplainError::Failed(message));
        };
        let Some(maps) = passes.inputs.facts.maps(layer) else {
            let message = format!("layer `{}` gives no maps", layer.path);
            return Err(ExplainError::Failed(message));
        };
        Ok(Self {
            layer,
            target: target::of(model, scores, class)?,
            passes,
            photo,
            input,
            maps,
            output: output.shallow_clone(),
            step,
        })
    }

    /// The layer's maps A [K, h, w].
    pub fn activation(&self) -> Result<Tensor, ExplainError> {
        Ok(self.maps.of(&self.output)?.f_get(0)?)
    }

    /// The network that the photo has run through.
    pub fn model(&self) -> &'a Model {
        self.passes.model
    }

    /// g = ∂ number that is explained / ∂ A [K, h, w].
    pub fn gradient(&self) -> Result<Tensor, ExplainError> {
        let (scalar, activation) = (&self.target.scalar, self.model().activation());
        let number = |scores: &Tensor| {
            let each = target::each(scores, scalar, activation);
            each.expect("scores of the shape that was checked")
                .sum(Kind::Float)
        };
        let find = || self.gradient_of(&number);
        let at = (self.layer.node, scalar);
        self.passes.gradient_at(self.photo, at, &find)
    }

    /// ∂ number / ∂ A [K, h, w] of one number that is made of the scores [1, classes].
    pub fn gradient_of(&self, number: &dyn Fn(&Tensor) -> Tensor) -> Result<Tensor, ExplainError> {
        let model = self.model();
        let of_outputs = |outputs: &Tensor| number(&target::scores(model, outputs));
        let node = model.scores_node();
        let nodes = [self.layer.node];
        let found = model.gradient_at(&self.input, node, &nodes, ReluRule::Plain, &of_outputs)?;
        match found.first() {
            Some(gradient) => Ok(self.maps.of(gradient)?.f_get(0)?),
            None => Err(ExplainError::Failed("there is no gradient".to_owned())),
        }
    }

    /// That gradient g, and H · A of the second derivatives H = ∂g / ∂A, each [K, h, w].
    pub fn gradient_with_curvature_of(
        &self,
        number: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<(Tensor, Tensor), ExplainError> {
        let model = self.model();
        let of_outputs = |outputs: &Tensor| number(&target::scores(model, outputs));
        let (node, at) = (model.scores_node(), self.layer.node);
        let (gradient, product) =
            model.gradient_with_curvature(&self.input, node, at, &of_outputs)?;
        let of = |tensor: &Tensor| Ok::<_, ExplainError>(self.maps.of(tensor)?.f_get(0)?);
        Ok((of(&gradient)?, of(&product)?))
    }

    /// The gradient of that number on the input [C, H, W], changed at the ReLUs as `rule` says.
    pub fn input_gradient(&self, rule: ReluRule) -> Result<Tensor, ExplainError> {
        let (model, scalar) = (self.model(), &self.target.scalar);
        let score = |outputs: &Tensor| target::number(model, outputs, scalar);
        let gradient = model.gradient(&self.input, model.scores_node(), rule, &score)?;
        Ok(gradient.f_get(0)?)
    }

    /// The number of each photo under a mask [H, W], `mask(k)` the one of the number k: x ⊙ mask, in the
    /// normalised input, so that what is masked has the mean colour.
    pub fn scores_under(
        &self,
        count: usize,
        mask: &dyn Fn(usize) -> Result<Tensor, ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        self.scores_of(count, BatchSize::AUTO, &|range| {
            let masked = range.map(|at| Ok(self.input.f_mul(&mask(at)?)?));
            let masked = masked.collect::<Result<Vec<_>, ExplainError>>()?;
            let node = self.passes.model.scores_node();
            let inputs = Tensor::f_cat(&masked, 0)?;
            Ok(self.passes.model.record(&inputs, &[node], &[])?.remove(0))
        })
    }

    /// The number with each of the layer's maps set to zero, one after the other. What leads round the
    /// layer, as the sum beside an attention does, stays as it is.
    pub fn scores_without_each(&self) -> Result<Vec<f64>, ExplainError> {
        let model = self.passes.model;
        let node = model.scores_node();
        let round: Vec<NodeId> = {
            let all = model.frontier(self.layer.node).into_iter();
            all.filter(|node| *node != self.layer.node).collect()
        };
        let beside: Vec<(NodeId, Tensor)> = match round.is_empty() {
            true => Vec::new(),
            false => {
                let _no_gradient = tch::no_grad_guard();
                let outputs = model.record(&self.input, &round, &[])?;
                round.iter().copied().zip(outputs).collect()
            }
        };
        // The axes of a batch are known of the layer only.
        let batch = match beside.is_empty() {
            true => BatchSize::AUTO,
            false => BatchSize::UpTo(1),
        };
        self.scores_of(self.maps.channels as usize, batch, &|range| {
            let without = range.map(|at| Ok(self.maps.without(&self.output, at as i64)?));
            let without = without.collect::<Result<Vec<_>, ExplainError>>()?;
            let changed = Tensor::f_cat(&without, self.maps.batch_axis())?;
            let mut from = vec![(self.layer.node, changed)];
            from.extend(
                beside
                    .iter()
                    .map(|(node, output)| (*node, output.shallow_clone())),
            );
            Ok(model.resume(&from, &[node])?.remove(0))
        })
    }

    fn scores_of(
        &self,
        count: usize,
        batch: BatchSize,
        outputs: &dyn Fn(std::ops::Range<usize>) -> Result<Tensor, ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        let model = self.passes.model;
        let batch = model.batch_size(batch, FASTEST_BATCH_ON_CPU)?;
        let mut found = Vec::with_capacity(count);
        in_batches(count, batch, |range| {
            let scores = target::scores(model, &outputs(range)?);
            let of_class = target::each(&scores, &self.target.scalar, model.activation())?;
            let of_class = numbers::precise_values(&of_class)?;
            (self.step)()?;
            found.extend(of_class);
            Ok::<(), ExplainError>(())
        })?;
        Ok(found)
    }

    /// Height and width of the network's input.
    pub fn input_size(&self) -> Result<(i64, i64), ExplainError> {
        let (_, _, height, width) = self.input.size4()?;
        Ok((height, width))
    }

    /// The map [h, w] as a result; an error where a number is not finite.
    pub fn evidence(&self, map: &Tensor, meaning: Meaning) -> Result<Attributions, ExplainError> {
        let map = numbers::map(map)?;
        if map.values.iter().any(|value| !value.is_finite()) {
            return Err(ExplainError::Failed(format!(
                "the map of layer `{}` has numbers that are not finite",
                self.layer.path
            )));
        }
        Ok(Attributions {
            target: Target::Class(self.target.clone()),
            place: Place::Layer,
            meaning,
            values: map.into(),
            sums_to: None,
            sampling: None,
        })
    }
}

/// Σₖ wₖ Aₖ [h, w] of maps [K, h, w] and weights [K].
pub fn weighted(activation: &Tensor, weights: &Tensor) -> Result<Tensor, ExplainError> {
    let weights = weights.f_view([-1, 1, 1])?;
    Ok(weights
        .f_mul(activation)?
        .f_sum_dim_intlist(0_i64, false, None)?)
}
