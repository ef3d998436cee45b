//! How much of the class's score is lost when a window of the photo is covered?
//!
//! Rᵢ = the mean of s_c(x) − s_c(x with the window covered) over all windows that cover pixel i; windows of side
//! w stand every t px, the last ones cut off at the border (Zeiler and Fergus 2014, section 4.2).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [1, H, W], signed, in score. No gradient is needed: a pass
//! for each window.
//! **Differs from the paper** the difference to the whole photo in place of the probability itself, so that zero
//! means that nothing changes; the mean over windows in place of the value of one.
//! **Errors** scores that are not finite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::Tensor;

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::per_photo::PerPhoto;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, hidden, parameters};
use crate::results::{Attributions, Kind, Meaning, ScalarTarget};

pub const ENTRY: Entry = Entry {
    name: "occlusion",
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<Occlusion>,
    parse: parameters::parse::<Occlusion>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Zeiler, M. D., Fergus, R.: Visualizing and Understanding Convolutional Networks. ECCV 2014",
    ],
};

/// The side of a window, as a part of the photo's shorter side.
const WINDOW_PART: usize = 8;

/// What a class score loses when a window of the photo is covered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Occlusion {
    /// The class whose score is watched: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// Side of the window that is covered, in px. Default: 1/8 of the shorter side.
    #[schemars(range(min = 1))]
    pub window: Option<usize>,
    /// From one window to the next; at most `window`, in px. Default: half of `window`.
    #[schemars(range(min = 1))]
    pub stride: Option<usize>,
    /// What covers it: `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub baseline: Baseline,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self {
            class: predicted(),
            window: None,
            stride: None,
            baseline: Baseline::MEAN,
        }
    }
}

impl Occlusion {
    /// Side and distance of windows, in px.
    fn windows(&self, inputs: &Inputs) -> (usize, usize) {
        let (height, width) = inputs.preprocessing.resize.output_px();
        let window = self
            .window
            .unwrap_or(height.min(width) / WINDOW_PART)
            .max(1);
        (window, self.stride.unwrap_or(window / 2).max(1))
    }

    fn places(&self, inputs: &Inputs) -> Windows {
        let (window, stride) = self.windows(inputs);
        Windows::new(inputs.preprocessing.resize.output_px(), window, stride)
    }

    /// With nothing left out.
    fn resolved(&self, inputs: &Inputs) -> Self {
        let (window, stride) = self.windows(inputs);
        Self {
            window: Some(window),
            stride: Some(stride),
            ..self.clone()
        }
    }
}

impl PerPhoto for Occlusion {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = Vec::new();
        let (height, width) = inputs.preprocessing.resize.output_px();
        let (window, stride) = self.windows(inputs);
        let mut fault = |pointer: &str, message: String, hint: String| {
            faults.push(Fault {
                pointer: pointer.to_owned(),
                message,
                hint,
            });
        };
        if window > height.min(width) {
            let message = format!("a window of {window} px is larger than the photo");
            fault("/window", message, format!("at most {}", height.min(width)));
        }
        if stride > window {
            let message = format!("a stride of {stride} px leaves gaps between windows");
            fault("/stride", message, format!("at most {window}"));
        }
        faults
    }

    fn used(&self, inputs: &Inputs) -> Map<String, Value> {
        parameters::object(&self.resolved(inputs))
    }

    fn parts(&self, inputs: &Inputs) -> usize {
        self.places(inputs).count()
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let target = class_maps::of_scores(passes, photo, class)?;
        let pair = (passes.input(photo)?, self.baseline.tensor(passes, photo)?);
        self.places(&passes.inputs)
            .explain(passes, pair, target, step)
    }
}

/// Places of a window over a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    size: (usize, usize),
    rows: Vec<(usize, usize)>,
    columns: Vec<(usize, usize)>,
}

impl Windows {
    /// Over a picture of `size` (height, width).
    pub fn new(size: (usize, usize), side: usize, stride: usize) -> Self {
        let along = |length: usize| {
            let steps = length.saturating_sub(side).div_ceil(stride.max(1));
            let place = |at: usize| (at * stride, (at * stride + side).min(length));
            (0..=steps).map(place).collect()
        };
        Self {
            size,
            rows: along(size.0),
            columns: along(size.1),
        }
    }

    pub fn count(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// First and last row and column, the last ones excluded.
    fn place(&self, index: usize) -> ((usize, usize), (usize, usize)) {
        let columns = self.columns.len();
        (self.rows[index / columns], self.columns[index % columns])
    }

    /// The map of an input [1, C, H, W] with its baseline.
    pub fn explain(
        &self,
        passes: &Passes,
        (input, baseline): (Tensor, Tensor),
        target: ScalarTarget,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let mut covered = |index: usize| {
            let ((top, bottom), (left, right)) = self.place(index);
            let part = |of: &Tensor| -> Result<Tensor, ExplainError> {
                let rows = of.f_narrow(2, top as i64, (bottom - top) as i64)?;
                Ok(rows.f_narrow(3, left as i64, (right - left) as i64)?)
            };
            let copy = input.f_detach_copy()?;
            part(&copy)?.f_copy_(&part(&baseline)?)?;
            Ok(copy)
        };
        let lost = hidden::losses(passes, &target, self.count(), &mut covered, step)?;
        let (height, width) = self.size;
        let values = Tensor::f_from_slice(&self.means(&lost))?;
        let values = values.f_view([1, height as i64, width as i64])?;
        class_maps::over_input(target, Meaning::Contribution, &values, None)
    }

    /// Of each pixel the mean of the values of the windows over it.
    fn means(&self, values: &[f64]) -> Vec<f64> {
        let (height, width) = self.size;
        let mut sums = vec![(0.0, 0.0); height * width];
        for (index, value) in values.iter().enumerate() {
            let ((top, bottom), (left, right)) = self.place(index);
            for row in top..bottom {
                for (sum, count) in &mut sums[row * width + left..row * width + right] {
                    *sum += value;
                    *count += 1.0;
                }
            }
        }
        let mean = |(sum, count): (f64, f64)| sum / f64::max(count, 1.0);
        sums.into_iter().map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 px, windows of 2 every 2: the last one is cut off. A pixel under two windows has their mean.
    #[test]
    fn windows_end_at_the_border_and_share_pixels() {
        let windows = Windows::new((1, 5), 2, 2);
        assert_eq!(windows.columns, [(0, 2), (2, 4), (4, 5)]);
        assert_eq!(windows.rows, [(0, 1)]);
        assert_eq!(windows.means(&[1.0, 2.0, 3.0]), [1.0, 1.0, 2.0, 2.0, 3.0]);
        let overlapping = Windows::new((1, 3), 2, 1);
        assert_eq!(overlapping.means(&[1.0, 4.0]), [1.0, 2.5, 4.0]);
    }
}
