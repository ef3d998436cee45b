//! Which regions of the photo speak for the class, and which against it?
//!
//! The photo is cut into K superpixels. Each of n perturbed photos keeps some of them, z ∈ {0,1}ᴷ, and
//! shows the others in their mean colour. With p(z) the network's probability of the class, a linear
//! model p(z) ≈ b + Σₖ wₖ zₖ is fitted by ridge regression: minimise Σᵢ πᵢ (p(zᵢ) − b − w·zᵢ)² + α‖w‖²,
//! πᵢ = √exp(−d² / σ²), d = 1 − √(segments kept / K) the cosine distance to the whole photo
//! (Ribeiro et al. 2016, equations 1 and 2). wₖ is the evidence of segment k.
//!
//! **Input** 8-bit photos [H, W, 3] as the network sees them. **Output** one weight a segment, in
//! probability, any sign, with a 95 % interval from the sandwich estimator; R² of the samples fitted
//! and R² held out (5-fold cross-validation, weighted).
//! **Differs from the paper** ridge in place of K-LASSO, and all segments stay in the model: as the
//! Python package `lime` 0.2.0.1, whose numbers come out for an equal seed and segmentation. Not from
//! it: segments are numbered without gaps, the R² that counts is held out (the package's own falls as
//! the explanation gets better), intervals.
//! **Errors** probabilities that are not finite; `ridge: 0` with samples that do not tell two segments
//! apart; `samples: exact` with more than 10 segments.
//! **Paper** Ribeiro, Singh, Guestrin: "Why Should I Trust You?", KDD 2016.

pub mod designs;
pub mod distinct;
pub mod hide;
pub mod linear;
pub mod masks;
pub mod perturbed;
pub mod replicates;
pub mod sample_count;
mod sampling;
pub mod segmenter;
pub mod sums;
pub mod surrogate;
pub mod until_settled;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::class_maps::{Step, predicted};
use super::seed::Numbers;
use super::segment_game::Game;
use super::target_name::{self, Takes, TargetName, Wanted};
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photos, Sink, Unit, Viewing, chosen,
    parameters,
};
use crate::model::BatchSize;
use crate::results::{Fit, Kind, Results, SegmentWeight, Superpixels};
use hide::{Hide, MeanWord};
use sample_count::{
    Design, MOST_SAMPLES, SampleCount, SampleWord, TOLERANCE, too_many_to_enumerate,
};
use sampling::{Drawing, Task};
use segmenter::{Quickshift, Segmenter, Segmenting, Slic};
use surrogate::{Samples, Surrogate};

const NAME: &str = "lime";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 3,
    kind: Kind::Superpixels,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<Lime>,
    parse: parameters::parse::<Lime>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Ribeiro, M. T., Singh, S., Guestrin, C.: \"Why Should I Trust You?\": Explaining the Predictions of Any Classifier. KDD 2016",
    ],
};

const TAKES: Takes = Takes::Probabilities {
    why: "its linear model and the notices about it are of a probability",
};

/// Where no sample is drawn, the folds of the cross-validation are always the same: no seed changes a number.
const SEED_OF_ALL: u32 = 0;

/// Linear evidence of superpixels for a class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lime {
    /// The class that is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How photos are cut into segments. `auto` takes quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones. Default `auto`.
    pub segmenter: Segmenter,
    /// Settings of quickshift. Default: those of the LIME package.
    pub quickshift: Quickshift,
    /// Settings of SLIC. Default: 50 segments.
    pub slic: Slic,
    /// How many perturbed photos are classified; or `auto`: more of them until the five leading segments are settled, and every one there is for photos of at most 10 segments; or `exact`: every one there is, refused for more segments. Default 1000.
    pub samples: SampleCount,
    /// Which segments the perturbed photos show: `random` (as the Python package draws them) or `balanced` (rows of Hadamard matrices and their opposites, in which segments do not mix with each other or with pairs). Default: `balanced` with `samples: auto`, else `random`.
    pub design: Option<Design>,
    /// The most perturbed photos with `samples: auto`. Default 4000.
    #[schemars(range(min = 256, max = 100_000))]
    pub most_samples: Option<usize>,
    /// Weights that differ by less than this part of the largest count as equal: `samples: auto` does not go on to order them, and a notice names them. Default 0.15.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: Option<f64>,
    /// What stands in for hidden segments: `mean` (each segment's mean colour) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub hide: Hide,
    /// Width σ of the kernel: the smaller, the more do photos count that keep most segments. In cosine distance. Default 0.25.
    #[schemars(range(min = 0.01, max = 100.0))]
    pub kernel_width: f64,
    /// Penalty α on the weights of the linear model; of a balanced design, for each 1000 samples. Default 1.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub ridge: f64,
    /// Perturbed photos that run at once, at most: `auto` (8 on a CPU, 16 where it computes on one thread or starts behind layers computed once, up to 64 on eight threads or more, 256 on a graphics card; no more than take 512 MB, 2 GB on eight threads or more) or a number. Fewer where memory is short. Changes results by rounding only, in the seventh digit of a probability. Default `auto`.
    pub batch: BatchSize,
    /// Seed of the perturbations, as `random_seed` of the Python package. Default: the report's own.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: Option<u32>,
}

impl Default for Lime {
    fn default() -> Self {
        Self {
            class: predicted(),
            segmenter: Segmenter::Auto,
            quickshift: Quickshift::default(),
            slic: Slic::default(),
            samples: SampleCount::Number(1000),
            design: None,
            most_samples: None,
            tolerance: None,
            hide: Hide::Word(MeanWord::Mean),
            kernel_width: 0.25,
            ridge: 1.0,
            batch: BatchSize::AUTO,
            seed: None,
        }
    }
}

impl Method for Lime {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let target = target_name::wanted(inputs.labels, &self.class, TAKES);
        let mut faults = chosen::photo_faults(inputs);
        faults.extend(target.err().into_iter().flatten());
        faults.extend(self.segmenting().faults());
        faults.extend(
            self.samples
                .faults(self.design, self.most_samples, self.tolerance),
        );
        if faults.is_empty() && self.samples == SampleCount::EXACT {
            // A photo that cannot be read is a fault of its own.
            let pictures = inputs.photos.iter();
            let pictures = pictures.filter_map(|photo| Some((photo, photo.picture().ok()?)));
            faults.extend(pictures.filter_map(|(photo, picture)| {
                too_many_to_enumerate(photo, &self.segmenting().segment(picture))
            }));
        }
        faults
    }

    /// The seed, the design and the cap resolved, without the settings of a segmenter that is not used.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut parameters = parameters::object(&self.resolved(inputs));
        let unused = match self.cuts(inputs, Segmenter::Slic) {
            true => "quickshift",
            false => "slic",
        };
        parameters.shift_remove(unused);
        parameters
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.parameters(inputs);
        computing.shift_remove("batch");
        let segmenter = match self.cuts(inputs, Segmenter::Slic) {
            true => Segmenter::Slic,
            false => Segmenter::Quickshift,
        };
        computing.insert("segmenter".to_owned(), json!(segmenter));
        let class = target_name::key(inputs.labels, &self.class, TAKES);
        computing.insert("class".to_owned(), class);
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let target = chosen::wanted(&passes.inputs, &self.class, TAKES)?;
        let tasks = units
            .iter()
            .map(|unit| self.task(passes.photo(unit.photo)?, passes.inputs.seed));
        let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
        let sizes: Vec<usize> = tasks.iter().map(|task| task.pictures()).collect();
        let total: usize = sizes.iter().sum();
        let mut done = 0;
        for (index, (task, size)) in tasks.iter().zip(&sizes).enumerate() {
            let step = |pictures: usize| sink.advanced(done + pictures.min(*size), total);
            let found = self.explain(passes, &target, task, &step)?;
            done += size;
            sink.advanced(done, total)?;
            sink.found(index, Results::Superpixels(found))?;
        }
        Ok(())
    }
}

impl Lime {
    fn explain(
        &self,
        passes: &Passes,
        class: &Wanted,
        task: &Task,
        step: Step,
    ) -> Result<Superpixels, ExplainError> {
        let Task {
            photo,
            segments,
            drawing,
        } = task;
        let hidden = self.hide.tensor(passes, photo, segments)?;
        let game = Game::new(passes, photo, (segments, hidden), class, self.batch)?;
        let seed = self.seed(passes.inputs.seed);
        let numbers = Numbers::new(u64::from(seed), NAME, &photo.id);
        let sampled = self.sampled(&game, task, numbers, step)?;
        let weights = self.kernel(&sampled.masks);
        let samples = Samples {
            masks: &sampled.masks,
            targets: &sampled.probabilities,
            kernel: &weights,
        };
        let is_exhaustive = matches!(drawing, Drawing::Every(_));
        let (folds, penalty) = match drawing {
            Drawing::Masks(_) => (seed, self.ridge),
            Drawing::Every(_) => (SEED_OF_ALL, self.ridge),
            _ => (seed, self.penalty(sampled.masks.len())),
        };
        let surrogate = Surrogate::fit(samples, penalty, folds);
        let surrogate = surrogate.map_err(|singular| {
            let photo = &photo.id;
            ExplainError::Failed(format!(
                "photo `{photo}`: {singular}; more `samples` or a `ridge` above 0"
            ))
        })?;
        let errors = sampled.standard_errors.or(surrogate.standard_errors);
        Ok(Superpixels {
            target: game.target,
            weight: SegmentWeight::Linear,
            width: segments.width,
            height: segments.height,
            labels: segments.labels.clone(),
            // Where every mask was classified, the weights are not a sample's and have no error.
            standard_errors: errors.filter(|_| !is_exhaustive),
            intercept: surrogate.line.intercept,
            weights: surrogate.line.weights,
            fit: Fit {
                samples: sampled.masks.len(),
                is_exhaustive,
                r_squared: surrogate.r_squared,
                r_squared_held_out: surrogate.r_squared_held_out,
                local_prediction: surrogate.local_prediction,
            },
            stopping: sampled.stopping,
        })
    }

    fn is_balanced(&self) -> bool {
        self.samples == SampleCount::AUTO || self.design == Some(Design::Balanced)
    }

    fn most_samples(&self) -> usize {
        self.most_samples.unwrap_or(MOST_SAMPLES)
    }

    fn tolerance(&self) -> f64 {
        self.tolerance.unwrap_or(TOLERANCE)
    }

    /// With everything that is used and nothing that is not: only `exact` draws nothing, whatever the photo.
    fn resolved(&self, inputs: &Inputs) -> Self {
        let design = match self.samples {
            SampleCount::Word(SampleWord::Exact) => None,
            _ if self.is_balanced() => Some(Design::Balanced),
            _ => Some(Design::Random),
        };
        Self {
            design,
            seed: design.map(|_| self.seed(inputs.seed)),
            most_samples: (self.samples == SampleCount::AUTO).then(|| self.most_samples()),
            tolerance: (self.samples == SampleCount::AUTO).then(|| self.tolerance()),
            ..self.clone()
        }
    }

    /// Whether photos are cut by this segmenter: they are all of one size, that of the network's input.
    fn cuts(&self, inputs: &Inputs, segmenter: Segmenter) -> bool {
        self.segmenter
            .resolved_for(inputs.preprocessing.resize.output_px())
            == segmenter
    }

    fn segmenting(&self) -> Segmenting {
        Segmenting {
            segmenter: self.segmenter,
            quickshift: self.quickshift,
            slic: self.slic,
        }
    }

    /// Its own seed, or the report's in 32 bits.
    fn seed(&self, report: u64) -> u32 {
        self.seed.unwrap_or((report ^ (report >> 32)) as u32)
    }
}
