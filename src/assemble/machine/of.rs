//! What the results of a unit are called in `report.json`.

use crate::present::View;
use crate::report::machine::{self, finite};
use crate::results::{ClassTarget, LayerRef};

/// A unit with what files and classes are called.
pub(super) struct Of<'a> {
    /// Name of the figure and of the unit.
    pub names: [&'a str; 2],
    pub view: &'a View,
    /// Name of each class.
    pub classes: &'a [String],
}

impl Of<'_> {
    pub(super) fn class(&self, target: &ClassTarget) -> machine::Class {
        let name = self.classes.get(target.class).cloned();
        machine::Class {
            class: target.class,
            name: name.unwrap_or_else(|| target.class.to_string()),
            score: finite(target.score),
            probability: finite(target.probability),
        }
    }
}

pub(super) fn layer(layer: &LayerRef) -> machine::Layer {
    machine::Layer {
        path: layer.path.clone(),
        number: layer.number,
    }
}
