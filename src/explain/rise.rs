//! Which pixels go with a high probability of the class, over many masks?
//!
//! S = Σᵢ pᵢ Mᵢ / (N q) with pᵢ the probability of the class under the mask Mᵢ and q the share of cells that are kept
//! (Petsiuk et al. 2018, equation 6). Masks are coarse random grids, enlarged bilinearly and shifted at random. What
//! is found is (S − p̄) / (1 − q), p̄ the mean of all pᵢ: by how much the probability is higher where the pixel is
//! kept than where it is hidden, zero where it does not matter.
//!
//! That is the mean over masks of pᵢ (Mᵢ / q − 1) / (1 − q), so that the spread of these over √N is its standard error.
//!
//! `design: balanced` takes the grids from Hadamard matrices with their opposites (as LIME, [`super::lime::designs`]): behind
//! each mask M follows 1 − M, at the same place, so that what all masks have in common cancels, and no cell is mixed with
//! another or with what two do together. The standard error is then that between replicates, each a mean of 128 masks (of up to 7 cells a side).
//!
//! **Input** one photo [1, C, H, W], normalised. **Output** [1, H, W], signed, in probability. No gradient is needed: N
//! passes.
//! **Differs from the paper** as said: an offset and a factor, so that the map has a zero; and by `design`.
//! **Errors** probabilities that are not finite.

mod grids;
mod masked;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::baseline::Baseline;
use super::class_maps::{self, Step, predicted};
use super::input_x_gradient::SIGNED_PIXELS;
use super::lime::designs::Replicates;
use super::lime::sample_count::Design;
use super::lime::until_settled::Design as _;
use super::per_photo::PerPhoto;
use super::sampled_mean::{Count, Samples};
use super::seed::Numbers;
use super::target_name::{Takes, TargetName, Wanted};
use super::{Entry, ExplainError, Fault, Inputs, Needs, Passes, Photo, Photos, parameters};
use crate::results::{Attributions, Kind};
use grids::Grids;
pub use masked::Masked;

const NAME: &str = "rise";

/// Masks between two looks at the error.
const ROUND: usize = 256;
/// Replicates of a balanced design between two looks: the spread of fewer says little.
const REPLICATES: usize = 4;
/// With fewer replicates a balanced design has no error.
const FEWEST_REPLICATES: usize = 2;
/// With more cells along a side a replicate of a balanced design has more than 512 masks.
const MOST_BALANCED_CELLS: usize = 15;
/// The most masks with `samples: auto`, where the spec does not say it.
const MOST_SAMPLES: usize = 20_000;

pub const ENTRY: Entry = Entry {
    name: NAME,
    version: 1,
    kind: Kind::Attributions,
    view: SIGNED_PIXELS,
    photos: Photos::Any,
    schema: parameters::schema::<Rise>,
    parse: parameters::parse::<Rise>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Petsiuk, V., Das, A., Saenko, K.: RISE: Randomized Input Sampling for Explanation of Black-box Models. BMVC 2018",
    ],
};

/// How the probability of a class goes with each pixel being kept, over random masks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rise {
    /// The class whose probability is watched: `predicted` (each photo's own), a class name or its number; or a number made of several, `{difference: [cat, dog]}`, `{sum: [cat, lynx]}`, of scores or of probabilities (docs/scores.md). Default `predicted`.
    pub class: TargetName,
    /// How many masks: a number; or `auto`: more of them until the standard error of the map is `tolerance` of its size. Default 4000.
    pub samples: Samples<10, 100_000>,
    /// Which cells the masks keep: `random`, or `balanced` (rows of Hadamard matrices and their opposites, taken as whole replicates: 128 masks for up to 7 `cells`, 256 up to 11, 512 up to 15; with `kept: 0.5` only). Default: `balanced` with `samples: auto` where that can be, else `random`.
    pub design: Option<Design>,
    /// The most masks with `samples: auto`. Default 20000.
    #[schemars(range(min = 256, max = 1_000_000))]
    pub most_samples: Option<usize>,
    /// The standard error at which `samples: auto` ends, as a share of the map's size, over all its pixels; 0.01 to 1. Default 0.25.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub tolerance: Option<f64>,
    /// Cells of a mask along each side. Default 7.
    #[schemars(range(min = 2, max = 64))]
    pub cells: usize,
    /// The share of cells that are kept, 0.05 to 0.95. Default 0.5.
    #[schemars(range(min = 0.05, max = 0.95))]
    pub kept: f64,
    /// What stands in for hidden pixels: `mean` (zero after normalising), `black`, `white`, `blur` (the photo, blurred by a Gaussian of 1/16 of its shorter side) or a colour `[red, green, blue]` of 0 to 255. Default `mean`.
    pub baseline: Baseline,
}

impl Default for Rise {
    fn default() -> Self {
        Self {
            class: predicted(),
            samples: Samples::Number(4000),
            design: None,
            most_samples: None,
            tolerance: None,
            cells: 7,
            kept: 0.5,
            baseline: Baseline::MEAN,
        }
    }
}

/// The share of cells that a balanced design keeps.
const HALF: f64 = 0.5;

impl Rise {
    fn design(&self) -> Design {
        let can_be = self.kept == HALF && self.cells <= MOST_BALANCED_CELLS;
        let by_default = match self.samples == Samples::AUTO && can_be {
            true => Design::Balanced,
            false => Design::Random,
        };
        self.design.unwrap_or(by_default)
    }

    /// Of a balanced design whole replicates: at least as many masks as a number says, at most as many as `most_samples`.
    fn count(&self) -> Count {
        let most = (self.most_samples, MOST_SAMPLES);
        let count = self.samples.count(most, self.tolerance, ROUND);
        if self.design() == Design::Random {
            return count;
        }
        let replicate = replicate(self.cells);
        let most = match count.tolerance {
            None => count.most.next_multiple_of(replicate),
            Some(_) => count.most / replicate * replicate,
        };
        Count {
            most,
            round: REPLICATES * replicate,
            ..count
        }
    }

    fn fault_of_design(&self) -> Option<Fault> {
        let fault = |pointer: &str, message: String, hint: String| {
            Some(Fault {
                pointer: pointer.to_owned(),
                message,
                hint,
            })
        };
        if self.design() == Design::Random {
            return None;
        }
        let cells = self.cells;
        if self.kept != HALF {
            let message = format!(
                "a balanced design keeps half of the cells, not {}",
                self.kept
            );
            let hint = "leave `kept` out, or write `design: random`";
            return fault("/design", message, hint.to_owned());
        }
        let replicate = replicate(cells);
        if cells > MOST_BALANCED_CELLS {
            let message = format!(
                "of {cells} × {cells} cells a balanced design takes {replicate} masks at a time"
            );
            let hint = format!("at most {MOST_BALANCED_CELLS} `cells`, or `design: random`");
            return fault("/design", message, hint);
        }
        let fewest = FEWEST_REPLICATES * replicate;
        if self.most_samples.is_some_and(|most| most < fewest) {
            let message = format!(
                "of {cells} × {cells} cells a balanced design takes {fewest} masks to know its error"
            );
            let hint = format!("at least {fewest}, fewer `cells`, or `design: random`");
            return fault("/most_samples", message, hint);
        }
        None
    }
}

/// Masks of a replicate of a balanced design.
fn replicate(cells: usize) -> usize {
    Replicates::new(cells * cells, Numbers::new(0, NAME, "")).rows()
}

impl PerPhoto for Rise {
    const DRAWS: bool = true;

    fn needs(&self) -> Needs {
        Needs::Scores
    }

    fn class(&self) -> Option<&TargetName> {
        Some(&self.class)
    }

    fn takes(&self) -> Takes {
        Takes::Probabilities {
            why: "means over masks of a score, which has no bound, are those of its outliers",
        }
    }

    fn faults(&self, _: &Inputs) -> Vec<Fault> {
        let mut faults = self.samples.faults(self.most_samples, self.tolerance);
        faults.extend(self.fault_of_design());
        faults
    }

    /// The cap and the tolerance resolved.
    fn used(&self, _: &Inputs) -> Map<String, Value> {
        let count = self.count();
        let most = count.tolerance.map(|_| count.most);
        parameters::object(&Self {
            design: Some(self.design()),
            most_samples: most,
            tolerance: count.tolerance,
            ..self.clone()
        })
    }

    fn parts(&self, _: &Inputs) -> usize {
        self.count().most
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
        let (_, _, height, width) = pair.0.size4()?;
        let (size, cells) = ((height, width), self.cells);
        let numbers = |name: &str| Numbers::new(passes.inputs.seed, name, &photo.id);
        let (mut grids, together) = match self.design() {
            Design::Random => (Grids::random(cells, size, self.kept, numbers(NAME)), 1),
            Design::Balanced => {
                let grids = Grids::balanced(cells, size, numbers(NAME), numbers("rise, design"));
                (grids, replicate(cells))
            }
        };
        let under = Masked {
            count: self.count(),
            together,
            kept: self.kept,
            mask: &mut || grids.next(),
        };
        under.explain(passes, pair, target, step)
    }
}
