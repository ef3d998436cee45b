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

pub mod linear;
pub mod masks;
pub mod perturbed;
pub mod segmenter;
pub mod surrogate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::Tensor;

use super::passes::of_photo;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Photos, Sink, Unit, Viewing,
    chosen, parameters,
};
use crate::labels::{Class, ClassName};
use crate::model::BatchSize;
use crate::picture::Picture;
use crate::picture::segment::Segmentation;
use crate::results::{ClassTarget, Fit, Kind, Results, Superpixels};
use masks::Masks;
use perturbed::{Distinct, Perturbed};
use segmenter::{Quickshift, Segmenter, Segmenting, Slic};
use surrogate::{Samples, Surrogate, distance, kernel};

pub const ENTRY: Entry = Entry {
    name: "lime",
    version: 2,
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

/// Perturbed photos a batch: the fastest for SqueezeNet 1.1 on two cores.
const FASTEST_BATCH_ON_CPU: usize = 8;

/// With more segments than this, 2^segments pictures are too many to run them all.
const EXACT_SEGMENTS: usize = 10;

/// Where no sample is drawn, the folds of the cross-validation are always the same: no seed changes a number.
const SEED_OF_ALL: u32 = 0;

/// Linear evidence of superpixels for a class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lime {
    /// The class that is explained: `predicted` (each photo's own), a class name or its number. Default `predicted`.
    pub class: ClassName,
    /// How photos are cut into segments. `auto` takes quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones. Default `auto`.
    pub segmenter: Segmenter,
    /// Settings of quickshift. Default: those of the LIME package.
    pub quickshift: Quickshift,
    /// Settings of SLIC. Default: 50 segments.
    pub slic: Slic,
    /// How many perturbed photos are classified, or `exact`: every one there is, for photos of at most 10 segments. Default 1000.
    pub samples: SampleCount,
    /// What stands in for hidden segments: `mean` (each segment's mean colour) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub hide: Hide,
    /// Width σ of the kernel: the smaller, the more do photos count that keep most segments. In cosine distance. Default 0.25.
    #[schemars(range(min = 0.01, max = 100.0))]
    pub kernel_width: f64,
    /// Penalty α on the weights of the linear model. Default 1.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub ridge: f64,
    /// Perturbed photos that run at once, at most: `auto` (8 on a CPU, 256 on a graphics card) or a number. Fewer where memory is short. Changes results by rounding only, in the seventh digit of a probability. Default `auto`.
    pub batch: BatchSize,
    /// Seed of the perturbations, as `random_seed` of the Python package. Default: the report's own.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: Option<u32>,
}

impl Default for Lime {
    fn default() -> Self {
        Self {
            class: ClassName::Name("predicted".to_owned()),
            segmenter: Segmenter::Auto,
            quickshift: Quickshift::default(),
            slic: Slic::default(),
            samples: SampleCount::Number(1000),
            hide: Hide::Word(MeanWord::Mean),
            kernel_width: 0.25,
            ridge: 1.0,
            batch: BatchSize::AUTO,
            seed: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SampleCount {
    /// So many random ones; the unchanged photo is the first.
    Number(#[schemars(range(min = 10, max = 100_000))] usize),
    Word(ExactWord),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExactWord {
    /// Every combination of segments once: no randomness.
    Exact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Hide {
    Word(MeanWord),
    /// Red, green and blue.
    Colour([u8; 3]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeanWord {
    /// Each segment's own mean colour.
    Mean,
}

impl Method for Lime {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let target = chosen::class(inputs, &self.class);
        let mut faults = chosen::photo_faults(inputs);
        faults.extend(target.err());
        faults.extend(self.segmenting().faults());
        if faults.is_empty() && self.samples == SampleCount::Word(ExactWord::Exact) {
            // A photo that cannot be read is a fault of its own.
            let pictures = inputs.photos.iter();
            let pictures = pictures.filter_map(|photo| Some((photo, photo.picture().ok()?)));
            faults.extend(pictures.filter_map(|(photo, picture)| {
                too_many_to_enumerate(photo, &self.segmenting().segment(picture))
            }));
        }
        faults
    }

    /// The seed resolved, without the settings of a segmenter that is not used.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let resolved = Self {
            seed: Some(self.seed(inputs.seed)),
            ..self.clone()
        };
        let mut parameters = parameters::object(&resolved);
        parameters.retain(|key, _| match key.as_str() {
            "quickshift" => self.cuts(inputs, Segmenter::Quickshift),
            "slic" => self.cuts(inputs, Segmenter::Slic),
            "seed" => matches!(self.samples, SampleCount::Number(_)),
            _ => true,
        });
        parameters
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = parameters::object(self);
        for key in ["batch", "seed"] {
            computing.shift_remove(key);
        }
        let (segmenter, unused) = match self.cuts(inputs, Segmenter::Slic) {
            true => (Segmenter::Slic, "quickshift"),
            false => (Segmenter::Quickshift, "slic"),
        };
        computing.shift_remove(unused);
        computing.insert("segmenter".to_owned(), json!(segmenter));
        computing.insert("class".to_owned(), chosen::class_key(inputs, &self.class));
        if matches!(self.samples, SampleCount::Number(_)) {
            computing.insert("seed".to_owned(), json!(self.seed(inputs.seed)));
        }
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let target = chosen::class(&passes.inputs, &self.class).map_err(chosen::refused)?;
        let tasks = units
            .iter()
            .map(|unit| self.task(passes.photo(unit.photo)?, passes.inputs.seed));
        let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
        let distinct: Vec<_> = tasks
            .iter()
            .map(|task| Distinct::new(&task.masks))
            .collect();
        let total: usize = distinct.iter().map(Distinct::pictures).sum();
        let mut done = 0;
        for (index, (task, distinct)) in tasks.iter().zip(&distinct).enumerate() {
            let step = |pictures: usize| sink.advanced(done + pictures, total);
            let found = self.explain(passes, target, task, distinct, &step)?;
            done += distinct.pictures();
            sink.found(index, Results::Superpixels(found))?;
        }
        Ok(())
    }
}

/// One photo, cut, with the masks it will be seen through.
struct Task<'a> {
    photo: &'a Photo,
    segments: Segmentation,
    masks: Masks,
}

impl Lime {
    fn task<'a>(&self, photo: &'a Photo, seed: u64) -> Result<Task<'a>, ExplainError> {
        let segments = self.segmenting().segment(photo.picture()?);
        let masks = match self.samples {
            SampleCount::Number(samples) => {
                Masks::random(samples.max(1), segments.count, self.seed(seed))
            }
            SampleCount::Word(ExactWord::Exact) => match too_many_to_enumerate(photo, &segments) {
                Some(fault) => return Err(chosen::refused(fault)),
                None => Masks::every(segments.count),
            },
        };
        Ok(Task {
            photo,
            segments,
            masks,
        })
    }

    fn explain(
        &self,
        passes: &Passes,
        target: Class,
        task: &Task,
        distinct: &Distinct,
        progress: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Superpixels, ExplainError> {
        let Task {
            photo,
            segments,
            masks,
        } = task;
        let perturbed = Perturbed::of_inputs(self.inputs(passes, photo, segments)?, segments)?;
        let scores = |input: &Tensor| passes.model.scores(input);
        let whole = passes.scores(photo)?;
        let class = match target {
            Class::Index(class) => class,
            Class::Predicted => whole.predicted(),
        };
        let batch = passes.model.batch_size(self.batch, FASTEST_BATCH_ON_CPU)?;
        let scores = (passes.model.activation(), &scores as perturbed::Scores);
        let targets = distinct.probabilities(&perturbed, class, batch, scores, progress);
        let targets = targets.map_err(|error| of_photo(photo, error))?;
        let weights: Vec<f64> = masks
            .rows()
            .map(|mask| kernel(distance(mask), self.kernel_width))
            .collect();
        let samples = Samples {
            masks,
            targets: &targets,
            kernel: &weights,
        };
        let seed = match self.samples {
            SampleCount::Number(_) => self.seed(passes.inputs.seed),
            SampleCount::Word(ExactWord::Exact) => SEED_OF_ALL,
        };
        let surrogate = Surrogate::fit(samples, self.ridge, seed);
        let surrogate = surrogate.map_err(|singular| {
            let photo = &photo.id;
            ExplainError::Failed(format!(
                "photo `{photo}`: {singular}; more `samples` or a `ridge` above 0"
            ))
        })?;
        let is_exhaustive = self.samples == SampleCount::Word(ExactWord::Exact);
        let score = whole.scores.get(class).copied().unwrap_or(f32::NAN);
        Ok(Superpixels {
            target: ClassTarget {
                class,
                score: f64::from(score),
                probability: targets[0],
            },
            width: segments.width,
            height: segments.height,
            labels: segments.labels.clone(),
            // Where every mask was classified, the weights are not a sample's and have no error.
            standard_errors: surrogate.standard_errors.filter(|_| !is_exhaustive),
            intercept: surrogate.line.intercept,
            weights: surrogate.line.weights,
            fit: Fit {
                samples: masks.len(),
                is_exhaustive,
                r_squared: surrogate.r_squared,
                r_squared_held_out: surrogate.r_squared_held_out,
                local_prediction: surrogate.local_prediction,
            },
        })
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

    /// What the network gets of the photo, and of what stands in for its hidden segments.
    fn inputs(
        &self,
        passes: &Passes,
        photo: &Photo,
        segments: &Segmentation,
    ) -> Result<(Tensor, Tensor), ExplainError> {
        let device = passes.model.device();
        let hidden = match (photo.array()?, self.hide) {
            (Some(array), Hide::Word(MeanWord::Mean)) => {
                perturbed::mean_valued(array, segments).tensor(device)
            }
            _ => {
                let hidden = self.hidden(photo.picture()?, segments);
                passes.inputs.preprocessing.tensor(&[&hidden], device)
            }
        };
        Ok((passes.input(photo)?, hidden))
    }

    fn hidden(&self, photo: &Picture, segments: &Segmentation) -> Picture {
        match self.hide {
            Hide::Word(MeanWord::Mean) => perturbed::mean_coloured(photo, segments),
            Hide::Colour(colour) => Picture::filled(photo.width, photo.height, colour),
        }
    }
}

fn too_many_to_enumerate(photo: &Photo, segments: &Segmentation) -> Option<Fault> {
    (segments.count > EXACT_SEGMENTS).then(|| Fault {
        pointer: "/samples".to_owned(),
        message: format!(
            "photo `{}` has {} segments; `exact` takes at most {EXACT_SEGMENTS}",
            photo.id, segments.count
        ),
        hint: "give a number such as 1000, or make fewer segments".to_owned(),
    })
}
