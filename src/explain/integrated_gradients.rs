//! How much of the difference between the score of the photo and that of an empty picture is due to each pixel?
//!
//! IGᵢ = (xᵢ − x'ᵢ) Σₘ wₘ ∂s_c / ∂xᵢ at x' + αₘ (x − x'), a sum over M points αₘ with weights wₘ in place of the
//! integral from the baseline x' to the photo x (Sundararajan et al. 2017, equations 1 and 3). M is doubled until
//! Σᵢ IGᵢ is s_c(x) − s_c(x') but for `tolerance` of it (completeness, proposition 1).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score; the sum of all is the
//! difference of the two scores.
//! **Differs from the paper** points by `rule`; the paper takes right ends, which are biased. The weights of every
//! rule sum to 1: captum's trapezoid, whose sum is (M − 1) / M, is ours times that.
//! **Errors** scores or gradients that are not finite.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::quadrature::Rule;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, parameters};
use crate::model::{BatchSize, Frozen, in_lanes};
use crate::results::{Attributions, Kind, Meaning, Scalar};

pub const ENTRY: Entry = Entry {
    name: "integrated_gradients",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<IntegratedGradients>,
    parse: parameters::parse::<IntegratedGradients>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Sundararajan, M., Taly, A., Yan, Q.: Axiomatic Attribution for Deep Networks. ICML 2017",
        "Sturmfels, P., Lundberg, S., Lee, S.-I.: Visualizing the Impact of Feature Attribution Baselines. Distill, 2020",
    ],
};

/// Gradients run one by one on a CPU: more at once are no faster there and keep every layer's output in memory.
const FASTEST_BATCH_ON_CPU: usize = 1;

/// Gradients of a class score summed along the way from a baseline to the photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IntegratedGradients {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The picture in which nothing is seen: `black`, `mean` (zero after normalising), `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Pixels in the baseline's own colour get nothing. Default `black`.
    pub baseline: Baseline,
    /// Where along the way gradients are taken: `midpoint`, `gauss_legendre` or `trapezoid`. Default `midpoint`.
    pub rule: Rule,
    /// At how many points to begin with. Default 32.
    #[schemars(range(min = 2, max = 10_000))]
    pub steps: usize,
    /// The points are doubled until this many. As many as `steps`: they are never doubled. Default 256.
    #[schemars(range(min = 2, max = 10_000))]
    pub most_steps: usize,
    /// They are doubled until the sum of the map is the difference of the two scores but for this share of it, 0 to 1. Default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self {
            class: predicted(),
            baseline: Baseline::BLACK,
            rule: Rule::default(),
            steps: 32,
            most_steps: 256,
            tolerance: 0.01,
        }
    }
}

impl PerPhoto for IntegratedGradients {
    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        let fault = class_maps::most_steps_fault(self.steps, self.most_steps);
        fault.into_iter().collect()
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let baseline = self.baseline.tensor(passes, photo)?;
        self.explain(passes, &passes.input(photo)?, &baseline, class, step)
    }
}

impl IntegratedGradients {
    /// Of one input [1, C, H, W] with its baseline.
    pub fn explain(
        &self,
        passes: &Passes,
        input: &Tensor,
        baseline: &Tensor,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let (_, target) = class_maps::at_photo(passes, input, class)?;
        let (_, empty) = class_maps::at_photo(passes, baseline, &Wanted::from(&target.scalar))?;
        let difference = target.value() - empty.value();
        let way = input.f_sub(baseline)?;
        let sum = |steps: usize| {
            let points = self.rule.points(steps);
            let gradient = mean_gradient(passes, (baseline, &way), &target.scalar, &points, step)?;
            let gradient = class_maps::as_volume(&gradient, input)?.f_to(way.device())?;
            Ok(way.f_get(0)?.f_mul(&gradient)?) // in the gradient's float64
        };
        let bounds = (self.steps, self.most_steps);
        let values = class_maps::until_complete(bounds, (difference, self.tolerance), &sum)?;
        class_maps::over_input(target, Meaning::Contribution, &values, Some(difference))
    }
}

/// Σ wₘ times the gradient at baseline + αₘ · way.
pub(super) fn mean_gradient(
    passes: &Passes,
    (baseline, way): (&Tensor, &Tensor),
    scalar: &Scalar,
    points: &[(f64, f64)],
    step: Step,
) -> Result<Vec<f64>, ExplainError> {
    let model = passes.model;
    let spread = model.spread(BatchSize::AUTO, FASTEST_BATCH_ON_CPU)?;
    let (baseline, way) = (
        Frozen::from(baseline.shallow_clone()),
        Frozen::from(way.shallow_clone()),
    );
    let mut sum = vec![0.0; way.numel()];
    let compute = |range: Range<usize>| {
        let points = points[range].iter();
        let inputs = points.map(|&(at, _)| baseline.f_add(&way.f_mul_scalar(at)?));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let (gradients, _) = class_maps::at_inputs(model, &Tensor::f_cat(&inputs, 0)?, scalar)?;
        Ok::<_, ExplainError>(gradients)
    };
    let mut keep = |range: Range<usize>, gradients: Vec<Vec<f64>>| {
        for (gradient, (_, weight)) in gradients.iter().zip(&points[range]) {
            let cells = sum.iter_mut().zip(gradient);
            cells.for_each(|(sum, value)| *sum += weight * value);
        }
        step(0)
    };
    in_lanes(points.len(), spread, &mut Ok, &compute, &mut keep)?;
    Ok(sum)
}
