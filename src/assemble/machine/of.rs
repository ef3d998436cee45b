//! What the results of a unit are called in `report.json`.

use crate::present::View;
use crate::report::machine::{self, finite};
use crate::results::{ClassTarget, Explained, LayerRef, Scalar, ScalarTarget};

/// A unit with what files and classes are called.
pub(super) struct Of<'a> {
    /// Name of the figure and of the unit.
    pub names: [&'a str; 2],
    pub view: &'a View,
    /// Name of each class.
    pub classes: &'a [String],
}

impl Of<'_> {
    pub(super) fn explained(&self, target: &ScalarTarget) -> machine::Target {
        let Scalar { plus, minus, of } = &target.scalar;
        let named = |classes: &[usize]| {
            let each = classes.iter().map(|class| machine::NamedClass {
                class: *class,
                name: self.name(*class),
            });
            each.collect::<Vec<_>>()
        };
        match target.scalar.class() {
            Some(class) => machine::Target::Class(machine::ExplainedClass {
                class,
                name: self.name(class),
                of: explained(*of),
                score: finite(target.score),
                probability: finite(target.probability),
            }),
            None => machine::Target::Classes(machine::ExplainedClasses {
                plus: named(plus),
                minus: named(minus),
                of: explained(*of),
                score: finite(target.score),
                probability: finite(target.probability),
            }),
        }
    }

    pub(super) fn name(&self, class: usize) -> String {
        let name = self.classes.get(class).cloned();
        name.unwrap_or_else(|| class.to_string())
    }

    pub(super) fn class(&self, target: &ClassTarget) -> machine::Class {
        machine::Class {
            class: target.class,
            name: self.name(target.class),
            score: finite(target.score),
            probability: finite(target.probability),
        }
    }
}

pub(super) fn explained(of: Explained) -> machine::Explained {
    match of {
        Explained::Probability => machine::Explained::Probability,
        Explained::Score => machine::Explained::Score,
    }
}

pub(super) fn layer(layer: &LayerRef) -> machine::Layer {
    machine::Layer {
        path: layer.path.clone(),
        number: layer.number,
    }
}
