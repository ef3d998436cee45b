//! What of a photo does a layer still know? A picture, grown from noise, whose outputs at the layer are the photo's.
//!
//! x* ≈ argmin_x ‖Φ(x) − Φ(x₀)‖² / ‖Φ(x₀)‖² + λ V(x) for the photo x₀ and the layer's output Φ, V the mean squared difference of
//! neighbouring pixels of 0..1 (Mahendran and Vedaldi 2015, equations 1 and 3, β = 2), over the picture's spectrum, low frequencies
//! and natural colours favoured (Olah et al. 2017, as `filters` does), by Adam. Picture and photo are rolled by the same few
//! pixels before each step, so that no noise grows that fits one place only.
//!
//! **Input** one photo [1, C, H, W], normalised, and noise. **Reads** the layer's maps [1, K, h, w]; the network runs no further.
//! **Output** the picture of the step at which the whole loss was smallest, and ‖Φ(x) − Φ(x₀)‖ / ‖Φ(x₀)‖ after every step.
//! **Differs from the paper** the prior on the size of pixels is not needed, for a sigmoid bounds them; β = 2; Adam
//! over the spectrum in the place of gradient descent with momentum over pixels.
//! **Errors** a layer from which no gradient reaches the photo.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::{Kind as Precision, Tensor};

use super::class_activation::layer::{self, Rule};
use super::optimise::adam::Adam;
use super::optimise::fourier::Fourier;
use super::optimise::pixels::PixelScale;
use super::optimise::{ascend, is_finite, record_one};
use super::seed::Numbers;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Photos, Sink, Unit, Viewing,
    chosen, numbers, parameters,
};
use crate::model::{Layer, LayerName};
use crate::results::{Curve, Ending, Frame, Kind, Objective, Optimised, Results, Stage, Target};

pub const ENTRY: Entry = Entry {
    name: "feature_inversion",
    version: 2,
    kind: Kind::Optimised,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<FeatureInversion>,
    parse: parameters::parse::<FeatureInversion>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Mahendran, A., Vedaldi, A.: Understanding Deep Image Representations by Inverting Them. CVPR 2015",
        "Olah, C., Mordvintsev, A., Schubert, L.: Feature Visualization. Distill 2017",
    ],
};

/// For each photo a picture, grown from noise, whose outputs at a layer are the photo's.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureInversion {
    /// The layer, by number or module path. Default: the last one that gives maps larger than 1 × 1 before pooling and classifier, of a transformer the layer norm before its last attention; the caption names it.
    pub layer: Option<LayerName>,
    /// Steps of Adam. Default 128.
    #[schemars(range(min = 1, max = 100_000))]
    pub steps: usize,
    /// Learning rate of Adam. Default 0.05.
    #[schemars(range(min = 1e-9, max = 1000.0))]
    pub learning_rate: f64,
    /// λ, the weight of the mean squared difference of neighbouring pixels of 0..1. Default 10.
    #[schemars(range(min = 0.0, max = 1e6))]
    pub smoothness: f64,
    /// Largest shift of picture and photo before a step, in pixels. Default 4.
    #[schemars(range(min = 0, max = 100))]
    pub jitter_px: usize,
}

impl Default for FeatureInversion {
    fn default() -> Self {
        Self {
            layer: None,
            steps: 128,
            learning_rate: 0.05,
            smoothness: 10.0,
            jitter_px: 4,
        }
    }
}

/// Told of each step; an error stops the descent.
type Progress<'a> = &'a dyn Fn(usize) -> Result<(), ExplainError>;

impl Method for FeatureInversion {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = chosen::photo_faults(inputs);
        match self.layer(inputs) {
            Ok(layer) => faults.extend(chosen::layer_gradient_fault(inputs.facts, layer)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    /// The layer resolved.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        layer::named_in(parameters::object(self), self.layer(inputs), None)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        computing.insert("seed".to_owned(), json!(inputs.seed));
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let layer = self.layer(&passes.inputs).map_err(chosen::refused)?;
        let total = units.len() * self.steps;
        for (index, unit) in units.iter().enumerate() {
            let step = |step: usize| sink.advanced(index * self.steps + step, total);
            let found = self.invert(passes, layer, passes.photo(unit.photo)?, &step)?;
            sink.found(index, Results::Optimised(found))?;
            sink.advanced((index + 1) * self.steps, total)?;
        }
        Ok(())
    }
}

impl FeatureInversion {
    fn layer<'a>(&self, inputs: &Inputs<'a>) -> Result<&'a Layer, Fault> {
        layer::find(inputs, self.layer.as_ref(), Rule::Any)
    }

    fn invert(
        &self,
        passes: &Passes,
        layer: &Layer,
        photo: &Photo,
        progress: Progress,
    ) -> Result<Optimised, ExplainError> {
        let (inputs, device) = (&passes.inputs, passes.model.device());
        let (size, channels) = (
            inputs.preprocessing.resize.output_px(),
            inputs.preprocessing.channels,
        );
        let fourier = Fourier::new(channels, size, Precision::Float, device)?;
        let scale = PixelScale::new(inputs.preprocessing, device)?;
        let wanted = passes.input(photo)?;
        let output = |input: &Tensor| record_one(passes.model, input, layer.node, &[]);
        // By id: a photo that is shown by another name keeps its picture.
        let mut draw = Numbers::new(inputs.seed, ENTRY.name, &photo.id);
        let start = fourier.noise(&mut draw)?;
        let most = self.jitter_px as i64;
        let distances = RefCell::new(Vec::with_capacity(self.steps + 1));
        let diverged = Cell::new(None);
        let best: RefCell<Option<Best>> = RefCell::new(None);
        let mut objective = |spectrum: &Tensor| {
            let pixels = fourier.pixels(spectrum)?;
            // The last one is measured as it stands.
            let is_last = distances.borrow().len() == self.steps;
            let most = if is_last { 0 } else { most };
            let shift = [draw.whole(-most, most), draw.whole(-most, most)];
            let rolled = |of: &Tensor| of.f_roll(shift.as_slice(), [2, 3].as_slice());
            let target = tch::no_grad(|| output(&rolled(&wanted)?))?;
            let found = output(&rolled(&scale.normalise(&pixels)?)?)?;
            let whole = target.f_square()?.f_sum(Precision::Float)?;
            let rest = found.f_sub(&target)?.f_square()?;
            let share = rest.f_sum(Precision::Float)?.f_div(&whole)?;
            let distance = share.f_double_value(&[])?.sqrt();
            distances.borrow_mut().push(distance);
            let rough = roughness(&pixels)?.f_mul_scalar(self.smoothness)?;
            let loss = share.f_add(&rough)?;
            Best::keep(
                &mut best.borrow_mut(),
                &loss,
                distances.borrow().len() - 1,
                spectrum,
            )?;
            Ok(loss.f_neg()?.f_view([1])?)
        };
        let mut watch = |step: usize, spectrum: &Tensor| {
            progress(step)?;
            if is_finite(spectrum)? {
                return Ok(ControlFlow::Continue(()));
            }
            diverged.set(Some(step));
            Ok(ControlFlow::Break(()))
        };
        let mut adam = Adam::new(self.learning_rate, 0.0);
        let of_photo = tch::no_grad(|| output(&wanted))?;
        let is_silent = of_photo.f_abs()?.f_max()?.f_double_value(&[])? == 0.0;
        let steps = if is_silent { 0 } else { self.steps };
        let ascent = ascend(&start, steps, &mut adam, &mut objective, &mut watch)?;
        let (kept, spectrum) = match best.take() {
            Some(best) if diverged.get().is_none() => (best.step, best.spectrum),
            Some(_) | None => (steps, ascent.variable),
        };
        let picture = tch::no_grad(|| scale.normalise(&fourier.pixels(&spectrum)?))?;
        let normalised = picture.f_get(0)?;
        let is_valid = is_finite(&normalised)?;
        let frame = || Frame {
            stage: Stage::Step(kept),
            picture: inputs.preprocessing.picture(&normalised),
        };
        Ok(Optimised {
            target: Target::Layer {
                layer: chosen::layer_ref(layer),
            },
            objective: Objective::RelativeDistance,
            frames: is_valid.then(frame).into_iter().collect(),
            curves: vec![Curve {
                octave: None,
                objectives: distances.take(),
            }],
            last: match is_valid {
                true => Some(numbers::volume(&normalised)?),
                false => None,
            },
            is_pre_activation: false,
            ending: match (diverged.get(), is_silent) {
                (_, true) => Ending::NoGradient,
                (Some(step), false) => Ending::Diverged { step },
                (None, false) => Ending::Complete,
            },
        })
    }
}

/// The spectrum of the smallest loss so far.
struct Best {
    loss: f64,
    /// Steps that were taken before it.
    step: usize,
    spectrum: Tensor,
}

impl Best {
    /// The first of equals stays; a loss that is no number never is the smallest.
    fn keep(
        best: &mut Option<Self>,
        loss: &Tensor,
        step: usize,
        spectrum: &Tensor,
    ) -> Result<(), ExplainError> {
        let loss = loss.f_double_value(&[])?;
        if loss.is_finite() && best.as_ref().is_none_or(|best| loss < best.loss) {
            *best = Some(Self {
                loss,
                step,
                spectrum: spectrum.f_detach()?,
            });
        }
        Ok(())
    }
}

/// The mean squared difference of neighbours, along rows and along columns, of pixels [1, C, H, W].
fn roughness(pixels: &Tensor) -> Result<Tensor, ExplainError> {
    let along = |axis: i64| -> Result<Tensor, ExplainError> {
        let length = pixels.size()[axis as usize];
        if length < 2 {
            return Ok(pixels.f_sum(None::<Precision>)?.f_mul_scalar(0.0)?); // no neighbours
        }
        let next = pixels.f_narrow(axis, 1, length - 1)?;
        let difference = next.f_sub(&pixels.f_narrow(axis, 0, length - 1)?)?;
        Ok(difference.f_square()?.f_mean(None::<Precision>)?)
    };
    Ok(along(2)?.f_add(&along(3)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses 3, 1, 1, not a number, 2: the picture of the second is kept.
    #[test]
    fn the_smallest_loss_is_kept() {
        let mut best = None;
        for (step, loss) in [3.0, 1.0, 1.0, f64::NAN, 2.0].into_iter().enumerate() {
            let spectrum = Tensor::from_slice(&[step as f64]);
            Best::keep(&mut best, &Tensor::from(loss), step, &spectrum).unwrap();
        }
        let best = best.unwrap();
        assert_eq!((best.step, best.spectrum.double_value(&[0])), (1, 1.0));
    }

    /// 0 1 / 0 1 / 0 1: columns do not change downwards, and by 1 to the right.
    #[test]
    fn roughness_by_hand() {
        let pixels = Tensor::from_slice(&[0.0_f32, 1.0, 0.0, 1.0, 0.0, 1.0]).view([1, 1, 3, 2]);
        assert_eq!(roughness(&pixels).unwrap().double_value(&[]), 1.0);
    }
}
