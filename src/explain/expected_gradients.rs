//! How much of the difference between the score of the photo and that of many other pictures is due to each pixel?
//!
//! EGᵢ = E[(xᵢ − x'ᵢ) ∂s_c / ∂xᵢ at x' + α (x − x')] over baselines x' and α uniform from 0 to 1 (Erion et al. 2021,
//! equation 3): Integrated Gradients averaged over baselines, each integral by random points.
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [C, H, W], signed, in score; the sum of all is nearly the
//! score less the mean score of the baselines.
//! **Differs from the paper** every baseline gets as many points as the others, and one point falls into each equal part
//! of its way (stratified), which changes no expectation and less is left to chance. A baseline that is the photo itself
//! is left out.
//! **Errors** files of baselines that cannot be read or hold the photo itself only; scores or gradients that are not
//! finite.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tch::Tensor;

use super::baseline::{Baseline, BaselineWord};
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::integrated_gradients::mean_gradient;
use super::per_photo::PerPhoto;
use super::seed::Numbers;
use super::target_name::{TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, parameters};
use crate::picture::Input;
use crate::results::{Attributions, Kind, Meaning};

const NAME: &str = "expected_gradients";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<ExpectedGradients>,
    parse: parameters::parse::<ExpectedGradients>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Erion, G., Janizek, J. D., Sturmfels, P., Lundberg, S. M., Lee, S.-I.: Improving performance of deep learning models with axiomatic attribution priors and expected gradients. Nature Machine Intelligence, 2021",
    ],
};

/// Gradients of a class score at random places between the photo and several baselines.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedGradients {
    /// The class whose score is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// The pictures that the photo is compared with, each as much as the others: `black`, `mean` (zero after normalising), `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side), colours `[red, green, blue]` of 0 to 255, and files of photos, from the folder of report.yaml; the photo itself is passed over. Default `[black, mean, white, blur]`.
    #[schemars(length(min = 1, max = 1000))]
    pub baselines: Vec<Reference>,
    /// At how many points gradients are taken, for all baselines together; at least one for each. Default 64.
    #[schemars(range(min = 1, max = 100_000))]
    pub samples: usize,
}

/// A baseline, or a photo in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Reference {
    Baseline(Baseline),
    /// A file.
    Photo(String),
}

impl Default for ExpectedGradients {
    fn default() -> Self {
        let words = [
            BaselineWord::Black,
            BaselineWord::Mean,
            BaselineWord::White,
            BaselineWord::Blur,
        ];
        Self {
            class: predicted(),
            baselines: words
                .map(|word| Reference::Baseline(Baseline::Word(word)))
                .into(),
            samples: 64,
        }
    }
}

impl Reference {
    /// What the network gets [1, C, H, W].
    fn tensor(&self, passes: &Passes, photo: &Photo) -> Result<Tensor, ExplainError> {
        let file = match self {
            Self::Baseline(baseline) => return baseline.tensor(passes, photo),
            Self::Photo(file) => passes.inputs.base.join(file),
        };
        let preprocessing = passes.inputs.preprocessing;
        let prepared = Input::open(&file, None)?.prepared(&file, preprocessing)?;
        Ok(prepared.tensor(preprocessing, passes.model.device()))
    }

    fn fault(&self, at: usize, inputs: &Inputs) -> Option<Fault> {
        let Self::Photo(file) = self else {
            return None;
        };
        let found = Input::check_header(&inputs.base.join(file), inputs.preprocessing);
        found.err().map(|error| Fault {
            pointer: format!("/baselines/{at}"),
            message: error.to_string(),
            hint: "give `black`, `mean`, `white`, `blur`, a colour `[red, green, blue]` or the file of a photo"
                .to_owned(),
        })
    }

    /// What decides its numbers: of a photo not where it lies, but what the file holds.
    fn key(&self, base: &Path) -> Value {
        match self {
            Self::Baseline(baseline) => json!(baseline),
            Self::Photo(file) => file_key(base, file),
        }
    }
}

/// How the key of a result names a file among the parameters: by its content; null of one that cannot be read.
pub(super) fn file_key(base: &Path, file: &str) -> Value {
    let content = crate::fs::read(&base.join(file)).ok();
    let hexadecimal = |bytes: Vec<u8>| -> String {
        let digest = Sha256::digest(&bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    json!(content.map(hexadecimal))
}

impl PerPhoto for ExpectedGradients {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Gradients
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn faults_of_files(&self, inputs: &Inputs) -> Vec<Fault> {
        let baselines = self.baselines.iter().enumerate();
        let faults = baselines.filter_map(|(at, one)| one.fault(at, inputs));
        faults.collect()
    }

    fn used(&self, _: &Inputs) -> Map<String, Value> {
        parameters::object(self)
    }

    /// Files by their content.
    fn deciding(&self, inputs: &Inputs) -> Map<String, Value> {
        let baselines = self.baselines.iter();
        let baselines: Vec<Value> = baselines.map(|one| one.key(inputs.base)).collect();
        Map::from_iter([
            ("baselines".to_owned(), json!(baselines)),
            ("samples".to_owned(), json!(self.samples)),
        ])
    }

    fn map_of(
        &self,
        passes: &Passes,
        photo: &Photo,
        class: &Wanted,
        step: Step,
    ) -> Result<Attributions, ExplainError> {
        let each = self.samples.div_ceil(self.baselines.len().max(1)).max(1);
        let input = passes.input(photo)?;
        let mut numbers = Numbers::new(passes.inputs.seed, NAME, &photo.id);
        let mut ways = Vec::new();
        for baseline in &self.baselines {
            let points = (0..each).map(|at| (at as f64 + numbers.uniform()) / each as f64);
            let points: Vec<f64> = points.collect();
            let baseline = baseline.tensor(passes, photo)?;
            if baseline != input {
                ways.push((baseline, points));
            }
        }
        if ways.is_empty() {
            let message = format!("`{}`: every baseline is the photo itself", photo.id);
            return Err(ExplainError::Failed(message));
        }
        explain(passes, &input, &ways, class, step)
    }
}

/// Of one input [1, C, H, W] with its baselines, each with places from 0 to 1 on its way to the input.
pub fn explain(
    passes: &Passes,
    input: &Tensor,
    ways: &[(Tensor, Vec<f64>)],
    class: &Wanted,
    step: Step,
) -> Result<Attributions, ExplainError> {
    let (_, target) = class_maps::at_photo(passes, input, class)?;
    let share = 1.0 / ways.len().max(1) as f64;
    let mut values = input
        .f_get(0)?
        .f_zeros_like()?
        .f_to_kind(tch::Kind::Double)?;
    let mut difference = 0.0;
    for (baseline, places) in ways {
        let (_, empty) = class_maps::at_photo(passes, baseline, &Wanted::from(&target.scalar))?;
        difference += share * (target.value() - empty.value());
        let way = input.f_sub(baseline)?;
        let weight = share / places.len().max(1) as f64;
        let points: Vec<(f64, f64)> = places.iter().map(|&at| (at, weight)).collect();
        let gradient = mean_gradient(passes, (baseline, &way), &target.scalar, &points, step)?;
        let gradient = class_maps::as_volume(&gradient, input)?.f_to(way.device())?;
        values = values.f_add(&way.f_get(0)?.f_mul(&gradient)?)?;
    }
    class_maps::over_input(target, Meaning::Contribution, &values, Some(difference))
}
