//! What does each segment of the photo contribute to the class, fairly shared out among all of them?
//!
//! φ_k = Σ over sets S without k of |S|! (K − |S| − 1)! / K! · (v(S ∪ {k}) − v(S)), v(S) the probability or score of
//! the class with only the segments of S shown (Shapley 1953). They sum to v(all) − v(none), equal players get equal
//! shares, and a segment that changes nothing gets zero.
//!
//! **Input** 8-bit photos [H, W, 3] as the network sees them. **Output** one value a segment, any sign, in probability
//! or score; exact, for all 2^K sets of the K segments are run. R² says how near the sums of values come to v, each
//! set weighted by Shapley's kernel (Charnes et al. 1988): 1 where segments do not act together.
//! **Errors** more than 10 segments; scores that are not finite.
//! **Papers** Shapley: A Value for n-Person Games, 1953; Lundberg, Lee: A Unified Approach to Interpreting Model
//! Predictions, NeurIPS 2017.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::class_maps::{Step, predicted};
use super::cut::{Cover, Cut};
use super::lime::masks::Masks;
use super::lime::sample_count::EXACT_SEGMENTS;
use super::lime::segmenter::{Quickshift, Segmenter, Segmenting, Slic};
use super::lime::surrogate::{Line, Samples, r_squared};
use super::output::Output;
use super::segment_game::Game;
use super::target_name::TargetName;
use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Passes, Photo, Photos, Sink, Unit, Viewing,
    chosen, parameters,
};
use crate::model::BatchSize;
use crate::picture::segment::Segmentation;
use crate::results::{Fit, Kind, Results, SegmentWeight, Superpixels};

pub const ENTRY: Entry = Entry {
    name: "shapley",
    version: 1,
    kind: Kind::Superpixels,
    view: Viewing::PLAIN,
    photos: Photos::Any,
    schema: parameters::schema::<Shapley>,
    parse: parameters::parse::<Shapley>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Shapley, L. S.: A Value for n-Person Games. In: Contributions to the Theory of Games II, Princeton University Press 1953",
        "Lundberg, S. M., Lee, S.-I.: A Unified Approach to Interpreting Model Predictions. NeurIPS 2017",
    ],
};

/// Exact Shapley values of a few segments of the photo.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shapley {
    /// The class that is explained: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// What is shared out: the class's `probability` or its `score` (before softmax or sigmoid). Default `probability`.
    pub output: Output,
    /// How photos are cut into segments, at most 10. `auto` takes quickshift for photos of 160 px or more on the shorter side, SLIC for smaller ones. Default `slic`.
    pub segmenter: Segmenter,
    /// Settings of quickshift. Default: those of the LIME package.
    pub quickshift: Quickshift,
    /// Settings of SLIC. Default: 9 segments.
    pub slic: Slic,
    /// What stands in for hidden segments: `segment_mean` (each segment's mean colour), `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `segment_mean`.
    pub baseline: Cover,
    /// Photos with hidden segments that run at once, at most: `auto` (8 on a CPU, 16 where it computes on one thread or starts behind layers computed once, up to 64 on eight threads or more, 256 on a graphics card; no more than take 512 MB, 2 GB on eight threads or more) or a number. Default `auto`.
    pub batch: BatchSize,
}

impl Default for Shapley {
    fn default() -> Self {
        Self {
            class: predicted(),
            output: Output::Probability,
            segmenter: Segmenter::Slic,
            quickshift: Quickshift::default(),
            slic: Slic {
                n_segments: 9,
                ..Slic::default()
            },
            baseline: Cover::SEGMENT_MEAN,
            batch: BatchSize::AUTO,
        }
    }
}

impl Shapley {
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
}

impl Method for Shapley {
    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = self.cut().faults(inputs);
        if faults.is_empty() {
            // A photo that cannot be read is a fault of its own.
            let cuts = inputs.photos.iter();
            let cuts = cuts.filter_map(|photo| Some((photo, self.cut().segments(photo).ok()?)));
            faults.extend(cuts.filter_map(|(photo, segments)| too_many(photo, &segments)));
        }
        faults
    }

    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        self.cut().segmenting.used(parameters::object(self), inputs)
    }

    fn computing(&self, inputs: &Inputs) -> Map<String, Value> {
        self.cut().computing(inputs, self.parameters(inputs))
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        Unit::each_photo(inputs)
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let photos = units.iter().map(|unit| {
            let photo = passes.photo(unit.photo)?;
            let segments = self.cut().segments(photo)?;
            match too_many(photo, &segments) {
                Some(fault) => Err(chosen::refused(fault)),
                None => Ok((photo, segments)),
            }
        });
        let photos = photos.collect::<Result<Vec<_>, _>>()?;
        let pictures = |segments: &Segmentation| 1 << segments.count;
        let total: usize = photos.iter().map(|(_, segments)| pictures(segments)).sum();
        let mut done = 0;
        for (index, (photo, segments)) in photos.iter().enumerate() {
            let game = self.cut().game(passes, photo, segments)?;
            let step = |pictures: usize| sink.advanced(done + pictures, total);
            let found = exact(&game, segments, &step)?;
            done += pictures(segments);
            sink.found(index, Results::Superpixels(found))?;
        }
        Ok(())
    }
}

fn too_many(photo: &Photo, segments: &Segmentation) -> Option<Fault> {
    let count = segments.count;
    (count > EXACT_SEGMENTS).then(|| Fault {
        pointer: "/segmenter".to_owned(),
        message: format!(
            "photo `{}` has {count} segments, for which 2^{count} passes are needed; `shapley` takes at most {EXACT_SEGMENTS} segments",
            photo.id
        ),
        hint: "`segmenter: slic` with `slic: {n_segments: 9}` makes about 9 of any photo; `kernel_shap` takes any number".to_owned(),
    })
}

/// The Shapley values of at most 10 segments, from all their sets.
pub fn exact(
    game: &Game,
    segments: &Segmentation,
    step: Step,
) -> Result<Superpixels, ExplainError> {
    let masks = Masks::every(segments.count);
    let found = game.values(&masks, step)?;
    let line = Line {
        weights: values(segments.count, &found),
        intercept: found[found.len() - 1],
    };
    let r_squared = additivity(&masks, &found, &line);
    let fit = Fit {
        samples: masks.len(),
        is_exhaustive: true,
        r_squared,
        r_squared_held_out: None,
        local_prediction: found[0],
    };
    Ok(of_line(game, segments, (line, fit)))
}

/// Shapley values as a result, without errors.
pub fn of_line(game: &Game, segments: &Segmentation, (line, fit): (Line, Fit)) -> Superpixels {
    Superpixels {
        target: game.target.clone(),
        weight: SegmentWeight::Shapley,
        width: segments.width,
        height: segments.height,
        labels: segments.labels.clone(),
        weights: line.weights,
        standard_errors: None,
        intercept: line.intercept,
        fit,
        stopping: None,
    }
}

/// Shapley values of the players 0..`players`, from what each set is worth, in the order of [`Masks::every`]: the set
/// of all first, that of none last.
pub fn values(players: usize, worth: &[f64]) -> Vec<f64> {
    let masks = Masks::every(players);
    // |S|! (K − |S| − 1)! / K! = 1 / (K · C(K − 1, |S|))
    let share = |others: usize| 1.0 / (players as f64 * choose(players - 1, others));
    let of_player = |player: usize| -> f64 {
        let terms = masks.rows().zip(worth).map(|(mask, worth)| {
            let size = mask.iter().filter(|on| **on).count();
            match mask[player] {
                true => share(size - 1) * worth,
                false => -share(size) * worth,
            }
        });
        terms.sum()
    };
    (0..players).map(of_player).collect()
}

/// Shapley's kernel for a set of `size` of the players, neither none nor all of them.
pub fn kernel(players: usize, size: usize) -> f64 {
    let pairs = (size * (players - size)) as f64;
    (players as f64 - 1.0) / (choose(players, size) * pairs)
}

/// Weighted R² of the sums of values over all sets but none and all; `None` where all are worth the same.
fn additivity(masks: &Masks, worth: &[f64], line: &Line) -> Option<f64> {
    let players = masks.segments();
    let between = masks.len() - 2;
    if between == 0 {
        // One player: the sum is right by itself, where there is anything to share.
        return (worth[0] != worth[1]).then_some(1.0);
    }
    let inner = masks.part(1, between);
    let sizes = inner
        .rows()
        .map(|mask| mask.iter().filter(|on| **on).count());
    let kernel: Vec<f64> = sizes.map(|size| kernel(players, size)).collect();
    let samples = Samples {
        masks: &inner,
        targets: &worth[1..=between],
        kernel: &kernel,
    };
    r_squared(samples, |row| line.predict(inner.row(row)))
}

/// Binomial coefficient.
fn choose(of: usize, count: usize) -> f64 {
    (0..count).fold(1.0, |product, at| {
        product * (of - at) as f64 / (at + 1) as f64
    })
}

#[cfg(test)]
#[path = "shapley_tests.rs"]
mod tests;
