//! Pictures that were changed until the network responds more: a gallery of filters from noise, the contact sheet of a
//! photo, or photos beside pictures that a layer cannot tell from them.

mod gallery;
mod inversion;
mod named;
mod sheet;

use super::exhibit::Series;
use super::{Found, Photo, Presented, Task};
use crate::results::{Curve, Objective, Optimised, Results};
use crate::words::{Argument, Message};

pub fn present(task: &Task) -> Presented {
    let mut presented = Presented::default();
    let mut from_noise: Vec<&Optimised> = Vec::new();
    let mut inverted: Vec<(&Photo, &Optimised)> = Vec::new();
    for found in task.found {
        let Found {
            results: Results::Optimised(optimised),
            ..
        } = found
        else {
            continue;
        };
        match task.photo(found) {
            Some(photo) if optimised.objective == Objective::RelativeDistance => {
                inverted.push((photo, optimised));
            }
            Some(photo) => presented.append(sheet::present(task, photo, optimised)),
            None => from_noise.push(optimised),
        }
    }
    if !inverted.is_empty() {
        presented.append(inversion::present(task, &inverted));
    }
    if !from_noise.is_empty() {
        presented.append(gallery::present(task, &from_noise));
    }
    presented
}

impl Presented {
    fn append(&mut self, other: Self) {
        self.exhibits.extend(other.exhibits);
        self.notices.extend(other.notices);
    }
}

/// Objective against step, as far as it is a finite number.
fn series(label: Message, curve: &Curve) -> Series {
    let points = curve.finite().enumerate();
    Series {
        label,
        points: points.map(|(step, value)| (step as f64, value)).collect(),
        intervals: Vec::new(),
    }
}

/// The finite objective at the start and at the end; zeros where none is finite.
fn first_and_last(curve: Option<&Curve>) -> (Argument, Argument) {
    let (first, last) = ends(curve).unwrap_or_default();
    (Argument::Scientific(first), Argument::Scientific(last))
}

/// The finite objective at the start and at the end.
fn ends(curve: Option<&Curve>) -> Option<(f64, f64)> {
    let mut finite = curve?.finite();
    let first = finite.next()?;
    Some((first, finite.last().unwrap_or(first)))
}
