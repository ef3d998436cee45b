//! How far to trust a map of a class: numbers computed from the map that was found and the network.
//!
//! A check judges the map of one photo. It never changes the map, is stored by itself under the map's key and its
//! own, and is asked for by `checks:` of a figure or of the report. All judge one number a place: of sensitivities
//! the largest size over the channels, of all other maps the sum over them ([`Results::one_number_a_place`]).

pub mod grid;
mod infidelity;
pub mod insertion_deletion;
mod max_sensitivity;
mod mu_fidelity;
mod randomisation;
mod randomisation_cascade;
pub mod ranks;
pub mod references;
mod repeated;

use std::ops::ControlFlow;

use tch::Tensor;

use super::{Entry, ExplainError, Fault, Inputs, Method, Passes, Unit};
use crate::model::{ModelFacts, Parts};
pub use crate::results::Check;
use crate::results::{Fidelity, Kind, Map, Results, ScalarTarget};

/// Raised when the numbers of any check change.
pub const VERSION: u32 = 1;

/// What every map is judged by where the spec does not say otherwise.
pub const DEFAULT: &[Check] = &[Check::InsertionDeletion];

/// Whether a method's results can be judged: maps of a class, over the photo. Filters and heads explain no score.
pub fn apply_to(entry: &Entry) -> bool {
    let is_map = matches!(entry.kind, Kind::Attributions | Kind::Superpixels);
    let of_parts = || {
        let keys = &(entry.schema)().to_value()["properties"];
        keys["filters"].is_object() || keys["heads"].is_object()
    };
    is_map && !of_parts()
}

/// Why a network cannot be asked for a check.
pub fn fault(check: Check, facts: &ModelFacts) -> Option<Fault> {
    match (check, facts.parts) {
        (Check::Randomisation | Check::RandomisationCascade, Parts::None) => Some(Fault {
            pointer: String::new(),
            message: format!(
                "`{}` needs the weights of the network, which TorchScript does not show",
                check.name()
            ),
            hint: "leave it out of `checks`, or export the network as `.pt2`".to_owned(),
        }),
        (Check::Randomisation | Check::RandomisationCascade, Parts::Nodes)
        | (
            Check::InsertionDeletion
            | Check::MuFidelity
            | Check::Infidelity
            | Check::MaxSensitivity,
            _,
        ) => None,
    }
}

/// A map that was found, with the method that found it.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    pub entry: &'a Entry,
    pub method: &'a dyn Method,
    pub unit: &'a Unit,
    pub found: &'a Results,
}

/// Whether to go on; asked between passes.
pub type GoOn<'a> = &'a dyn Fn() -> ControlFlow<()>;

/// Judges a map by one check. An error where the map is none of a class, or where the network gives numbers that are
/// not finite.
pub fn run(
    check: Check,
    passes: &Passes,
    judged: &Judged,
    go_on: GoOn,
) -> Result<Fidelity, ExplainError> {
    let target = judged.target()?;
    match check {
        Check::InsertionDeletion => insertion_deletion::run(passes, judged, target, go_on),
        Check::MuFidelity => mu_fidelity::run(passes, judged, target, go_on),
        Check::MaxSensitivity => max_sensitivity::run(passes, judged, target, go_on),
        Check::Infidelity => infidelity::run(passes, judged, target, go_on),
        Check::Randomisation => randomisation::run(passes, judged, target, go_on),
        Check::RandomisationCascade => randomisation_cascade::run(passes, judged, target, go_on),
    }
}

impl Judged<'_> {
    fn target(&self) -> Result<&ScalarTarget, ExplainError> {
        let none = || ExplainError::Failed("only maps of a class can be judged".to_owned());
        self.found.explained().ok_or_else(none)
    }

    /// One number a place, as found.
    fn map(&self) -> Result<Map, ExplainError> {
        let none = || ExplainError::Failed("only maps can be judged".to_owned());
        self.found.one_number_a_place().ok_or_else(none)
    }

    /// One number a pixel of the network's input: cells of a layer are enlarged bilinearly, as over the photo.
    fn by_pixel(&self, inputs: &Inputs) -> Result<Map, ExplainError> {
        let map = self.map()?;
        let (height, width) = inputs.preprocessing.resize.output_px();
        if (map.height, map.width) == (height, width) {
            return Ok(map);
        }
        let cells = Tensor::f_from_slice(&map.values)?;
        let cells = cells.f_view([1, 1, map.height as i64, map.width as i64])?;
        let size = [height as i64, width as i64];
        let large = cells.f_upsample_bilinear2d(size.as_slice(), false, None, None)?;
        super::numbers::map(&large.f_get(0)?.f_get(0)?)
    }
}

/// An error where the check is to stop.
fn ask(go_on: GoOn) -> Result<(), ExplainError> {
    match go_on() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ExplainError::Cancelled),
    }
}
