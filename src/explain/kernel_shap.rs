//! What does each segment of the photo contribute to the class, fairly shared out, where segments are too many to
//! run all their sets?
//!
//! Shapley values are the weights of the linear model v(z) ≈ v(none) + Σₖ φₖ zₖ that fits all masks z best under
//! Shapley's kernel π(s) = (K − 1) / (C(K, s) s (K − s)), s of K segments shown, with Σₖ φₖ = v(all) − v(none)
//! (Lundberg and Lee 2017, theorem 2). Here masks are drawn with a probability in proportion to π, fitted without
//! weights and with the sum as a constraint (Covert and Lee 2021, equation 7).
//!
//! **Input** 8-bit photos [H, W, 3] as the network sees them. **Output** one value a segment, any sign, in probability
//! or score, with standard errors by the jackknife over replicates of 128 masks (of twice as many as there are
//! segments); R² of the masks that were drawn.
//! **Differs from the papers and from `shap` 0.52** masks are paired and spread evenly (`coalitions.rs`) where these
//! draw them independently; no selection of features; where there are no more sets than samples all are run, and the
//! values are exact.
//! **Errors** scores that are not finite; fewer samples than tell the segments apart.
//! **Papers** Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, NeurIPS 2017; Covert, Lee: Improving
//! KernelSHAP, AISTATS 2021.

pub mod coalitions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::class_maps::{Step, predicted};
use super::cut::{Cover, Cut};
use super::lime::masks::Masks;
use super::lime::sample_count::{
    Design, EXACT_SEGMENTS, Ending, MOST_SAMPLES, TOLERANCE, of_tolerance,
};
use super::lime::segmenter::{Quickshift, Segmenter, Segmenting, Slic};
use super::lime::sums::Sums;
use super::lime::surrogate::{Samples, r_squared};
use super::lime::until_settled::{between, until_settled};
use super::output::Output;
use super::seed::Numbers;
use super::segment_game::Game;
use super::shapley::{exact, of_line};
use super::target_name::TargetName;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Photos, Sink, Unit, Viewing,
    parameters,
};
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;
use crate::results::{Fit, Kind, Results, Stopping, Superpixels};
use coalitions::Coalitions;

const NAME: &str = "kernel_shap";

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Superpixels,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<KernelShap>,
    parse: parameters::parse::<KernelShap>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Lundberg, S. M., Lee, S.-I.: A Unified Approach to Interpreting Model Predictions. NeurIPS 2017",
        "Covert, I., Lee, S.-I.: Improving KernelSHAP: Practical Shapley Value Estimation Using Linear Regression. AISTATS 2021",
    ],
};

/// With fewer whole replicates than this their spread says nothing yet.
const FEWEST_REPLICATES: usize = 3;

/// Shapley values of the segments of the photo, from some of their sets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KernelShap {
    /// The class that is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// What is shared out: the class's `probability` or its `score` (before softmax or sigmoid). Default `probability`.
    pub output: Output,
    /// How photos are cut into segments. `auto` takes quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones. Default `auto`.
    pub segmenter: Segmenter,
    /// Settings of quickshift. Default: those of the LIME package.
    pub quickshift: Quickshift,
    /// Settings of SLIC. Default: 50 segments.
    pub slic: Slic,
    /// What stands in for hidden segments: `segment_mean` (each segment's mean colour), `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `segment_mean`.
    pub baseline: Cover,
    /// How many masks are drawn, or `auto`: more of them until the five leading segments are settled. Every set of segments where there are no more. Default `auto`.
    pub samples: SampleCount,
    /// How masks are drawn: `balanced` (in pairs of opposites, sizes spread evenly, all segments equally often) or `random` (each by itself). Default `balanced`.
    pub design: Design,
    /// The most masks with `samples: auto`. Default 4000.
    #[schemars(range(min = 256, max = 100_000))]
    pub most_samples: Option<usize>,
    /// Weights that differ by less than this part of the largest count as equal: `samples: auto` does not go on to order them, and a notice names them. Default 0.15.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: Option<f64>,
    /// Photos with hidden segments that run at once, at most: `auto` (8 on a CPU, 16 where it computes on one thread or starts behind layers computed once, up to 64 on eight threads or more, 256 on a graphics card; no more than take 512 MB, 2 GB on eight threads or more) or a number. Default `auto`.
    pub batch: BatchSize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SampleCount {
    /// So many.
    Number(#[schemars(range(min = 32, max = 100_000))] usize),
    Word(AutoWord),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoWord {
    /// Until the leading segments are settled.
    Auto,
}

impl SampleCount {
    const AUTO: Self = Self::Word(AutoWord::Auto);
}

impl Default for KernelShap {
    fn default() -> Self {
        Self {
            class: predicted(),
            output: Output::Probability,
            segmenter: Segmenter::Auto,
            quickshift: Quickshift::default(),
            slic: Slic::default(),
            baseline: Cover::SEGMENT_MEAN,
            samples: SampleCount::AUTO,
            design: Design::Balanced,
            most_samples: None,
            tolerance: None,
            batch: BatchSize::AUTO,
        }
    }
}

impl Method for KernelShap {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = self.cut().faults(inputs);
        if self.samples != SampleCount::AUTO && self.most_samples.is_some() {
            faults.push(Fault {
                pointer: "/most_samples".to_owned(),
                message: "there is no cap without `samples: auto`".to_owned(),
                hint: "leave `most_samples` out, or write `samples: auto`".to_owned(),
            });
        }
        if self.samples != SampleCount::AUTO && self.tolerance.is_some() {
            faults.push(of_tolerance());
        }
        faults
    }

    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let is_auto = self.samples == SampleCount::AUTO;
        let resolved = Self {
            most_samples: is_auto.then_some(self.most()),
            tolerance: is_auto.then_some(self.tolerance()),
            ..self.clone()
        };
        self.cut()
            .segmenting
            .used(parameters::object(&resolved), inputs)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut computing = self.cut().computing(inputs, self.parameters(inputs));
        computing.insert("seed".to_owned(), json!(inputs.seed));
        computing
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        // One more for each photo, so that the last step is its end however many masks were drawn.
        let parts = self.most() + 1;
        let total = parts * units.len();
        for (index, unit) in units.iter().enumerate() {
            let photo = passes.photo(unit.photo)?;
            let step = |done: usize| sink.advanced(index * parts + done.min(self.most()), total);
            let found = self.explain(passes, photo, &step)?;
            sink.found(index, Results::Superpixels(found))?;
            sink.advanced((index + 1) * parts, total)?;
        }
        Ok(())
    }
}

/// Masks with what the network said of them.
struct Sampled {
    masks: Masks,
    values: Vec<f64>,
    standard_errors: Option<Vec<f64>>,
    stopping: Option<Stopping>,
}

impl KernelShap {
    fn cut(&self) -> Cut<'_> {
        Cut {
            class: &self.class,
            output: self.output,
            segmenting: Segmenting {
                segmenter: self.segmenter,
                quickshift: self.quickshift,
                slic: self.slic,
            },
            baseline: self.baseline,
            batch: self.batch,
        }
    }

    /// How many masks are drawn at most.
    fn most(&self) -> usize {
        match self.samples {
            SampleCount::Number(samples) => samples,
            SampleCount::Word(AutoWord::Auto) => self.most_samples.unwrap_or(MOST_SAMPLES),
        }
    }

    fn tolerance(&self) -> f64 {
        self.tolerance.unwrap_or(TOLERANCE)
    }

    fn explain(
        &self,
        passes: &Passes,
        photo: &Photo,
        step: Step,
    ) -> Result<Superpixels, ExplainError> {
        let segments = self.cut().segments(photo)?;
        let game = self.cut().game(passes, photo, &segments)?;
        let numbers = Numbers::new(passes.inputs.seed, NAME, &photo.id);
        self.of_game(&game, &segments, numbers, step)
            .map_err(|error| match error {
                ExplainError::Failed(reason) => {
                    ExplainError::Failed(format!("photo `{}`: {reason}", photo.id))
                }
                error => error,
            })
    }

    /// The values of a game, with masks drawn from `numbers`.
    pub fn of_game(
        &self,
        game: &Game,
        segments: &Segmentation,
        numbers: Numbers,
        step: Step,
    ) -> Result<Superpixels, ExplainError> {
        let count = segments.count;
        if count <= EXACT_SEGMENTS && 1 << count <= self.most() {
            return exact(game, segments, step);
        }
        let ends = [vec![true; count], vec![false; count]].concat();
        let ends = Masks::from_rows(count, ends).expect("two masks of some segments");
        let ends = game.values(&ends, &|_| Ok(()))?;
        let (all, none) = (ends[0], ends[1]);
        let line = |sums: &Sums| sums.line_through(none, all - none);
        let fit = |sums: &Sums| line(sums).map(|line| line.weights);
        let mut design = Coalitions::new(count, self.design == Design::Balanced, numbers);
        let sampled = match self.samples {
            SampleCount::Word(AutoWord::Auto) => {
                let values =
                    |masks: &Masks, before: usize| game.values(masks, &|done| step(before + done));
                let ending = Ending {
                    most_samples: self.most(),
                    tolerance: self.tolerance(),
                };
                let found = until_settled(count, &mut design, ending, (&values, &|_| 1.0), &fit)?;
                Sampled {
                    masks: found.masks,
                    values: found.values,
                    standard_errors: found.standard_errors,
                    stopping: Some(found.stopping),
                }
            }
            SampleCount::Number(samples) => {
                let masks = masks(&mut design, count, samples);
                let values = game.values(&masks, step)?;
                Sampled {
                    standard_errors: errors(&design, &masks, &values, &fit),
                    masks,
                    values,
                    stopping: None,
                }
            }
        };
        let kernel = vec![1.0; sampled.values.len()];
        let samples = Samples {
            masks: &sampled.masks,
            targets: &sampled.values,
            kernel: &kernel,
        };
        let line = line(&Sums::of(samples)).map_err(|singular| {
            ExplainError::Failed(format!("{singular}; more `samples` would tell them apart"))
        })?;
        let fit = Fit {
            samples: sampled.masks.len(),
            is_exhaustive: false,
            r_squared: r_squared(samples, |row| line.predict(sampled.masks.row(row))),
            r_squared_held_out: None,
            local_prediction: all,
        };
        Ok(Superpixels {
            standard_errors: sampled.standard_errors,
            stopping: sampled.stopping,
            ..of_line(game, segments, (line, fit))
        })
    }
}

/// The first so many masks of a design.
fn masks(design: &mut Coalitions, segments: usize, samples: usize) -> Masks {
    use super::lime::until_settled::Design as _;
    let mut on = Vec::new();
    while on.len() < samples * segments {
        on.extend(design.next_on());
    }
    on.truncate(samples * segments);
    Masks::from_rows(segments, on).expect("whole rows of 2 or more segments")
}

/// Standard errors between the whole replicates; `None` of fewer than three.
fn errors(
    design: &Coalitions,
    masks: &Masks,
    values: &[f64],
    fit: super::lime::until_settled::Fit,
) -> Option<Vec<f64>> {
    use super::lime::until_settled::Design as _;
    let rows = design.rows();
    let sums = |masks: &Masks, targets: &[f64]| {
        Sums::of(Samples {
            masks,
            targets,
            kernel: &vec![1.0; targets.len()],
        })
    };
    let replicates = values.chunks_exact(rows).enumerate();
    let replicates: Vec<Sums> = replicates
        .map(|(part, targets)| sums(&masks.part(part * rows, rows), targets))
        .collect();
    if replicates.len() < FEWEST_REPLICATES {
        return None;
    }
    between(&sums(masks, values), &replicates, fit)
}
