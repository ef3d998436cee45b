//! Where the colour scale of a map ends, and the sentence that says so.

use super::{Scale, Shaded, View};
use crate::present::exhibit::Sign;
use crate::present::statistics::percentile;
use crate::words::{Argument, Message};

/// Nothing is clipped.
const WHOLE: f64 = 100.0;

/// The colour scales of a figure's maps.
pub(super) struct Scales {
    pub sign: Sign,
    /// Of each map: the size at which its scale ends; zero of a map that is zero everywhere.
    pub ends: Vec<f32>,
}

impl Scales {
    pub fn new(view: &View, sign: Sign, shaded: &[Shaded]) -> Self {
        let own: Vec<f32> = shaded
            .iter()
            .map(|one| end(&one.map.values, view.percentile))
            .collect();
        let ends = match view.scale {
            Scale::Own => own,
            Scale::Shared => {
                let all: Vec<f32> = shaded
                    .iter()
                    .flat_map(|one| one.map.values.iter().copied())
                    .collect();
                vec![end(&all, view.percentile); shaded.len()]
            }
        };
        Self { sign, ends }
    }

    /// Lower and upper end of a map's colour scale.
    pub fn range(&self, index: usize) -> (f32, f32) {
        let end = self.ends.get(index).copied().unwrap_or(1.0);
        match self.sign {
            Sign::Unsigned => (0.0, end),
            Sign::Signed => (0.0 - end, end), // no −0
        }
    }

    /// What the caption says of it.
    pub fn sentence(&self, view: &View) -> Message {
        let sharing = match view.scale {
            Scale::Own => "own",
            Scale::Shared => "shared",
        };
        let sign = match self.sign {
            Sign::Unsigned => "unsigned",
            Sign::Signed => "signed",
        };
        let clipping = match view.percentile < WHOLE {
            true => "clipped",
            false => "whole",
        };
        let end = self.ends.first().copied().unwrap_or(1.0);
        let scale = Message::new(format!("attributions.scale_{sharing}_{sign}_{clipping}"))
            .with("percentile", view.percentile.to_string())
            .with("end", Argument::Scientific(f64::from(end)));
        match view.gamma == 1.0 {
            true => scale,
            false => Message::new("attributions.scale_gamma")
                .with("scale", scale)
                .with("gamma", view.gamma.to_string()),
        }
    }
}

/// The percentile of the sizes of the values; the largest where so few are not zero that the percentile is;
/// 0 where all are zero: an end above it would be an invented one.
fn end(values: &[f32], percent: f64) -> f32 {
    let sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
    let largest = sizes.iter().copied().fold(0.0, f32::max);
    let clip = match percent < WHOLE {
        true => percentile(&sizes, percent),
        false => largest,
    };
    match (clip > 0.0, largest > 0.0) {
        (true, _) => clip,
        (false, true) => largest,
        (false, false) => 0.0,
    }
}
