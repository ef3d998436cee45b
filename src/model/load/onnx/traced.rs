//! What the names of an ONNX graph stand for while it is translated, and why it cannot be.

use crate::model::graph::ValueId;
use crate::model::operators::OperatorError;

/// More numbers than any value of a classifier holds; keeps a small file from filling the memory.
pub const ELEMENT_LIMIT: i64 = 1 << 28;

/// What a name of the ONNX graph stands for.
#[derive(Debug, Clone)]
pub enum Traced {
    /// Of numbers that depend on the picture or are stored.
    Tensor(ValueId),
    /// Whole numbers that were computed from shapes.
    Sizes(Sizes),
}

/// A list of sizes, or one.
#[derive(Debug, Clone)]
pub struct Sizes {
    pub numbers: Vec<Number>,
    /// One number without an axis around it.
    pub scalar: bool,
}

/// A size; `now` is what it is for the picture that is traced.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub origin: Origin,
    pub now: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Known,
    /// A size of a tensor, which may be another for another picture.
    Dimension(ValueId, usize),
    /// What a node computes.
    Value(ValueId),
}

impl Number {
    pub fn known(now: i64) -> Self {
        let origin = Origin::Known;
        Self { origin, now }
    }

    pub fn is_known(&self) -> bool {
        self.origin == Origin::Known
    }
}

impl Sizes {
    /// All numbers, if all are known.
    pub fn known(&self) -> Option<Vec<i64>> {
        let known = |number: &Number| number.is_known().then_some(number.now);
        self.numbers.iter().map(known).collect()
    }
}

/// Why an operator cannot be translated.
#[derive(Debug)]
pub enum Refusal {
    /// What it asks for and we do not do.
    Unsupported(String),
    /// It behaves as in training.
    Training,
    /// What is wrong with it.
    Damaged(String),
    /// It does not run on the shapes it gets.
    Fails {
        operator: String,
        source: OperatorError,
    },
    Fault(super::super::fault::Fault),
}

impl From<super::super::fault::Fault> for Refusal {
    fn from(fault: super::super::fault::Fault) -> Self {
        Refusal::Fault(fault)
    }
}

impl From<tch::TchError> for Refusal {
    fn from(error: tch::TchError) -> Self {
        Refusal::Damaged(crate::model::libtorch::first_line(&error))
    }
}

pub type Result<T> = std::result::Result<T, Refusal>;

pub fn unsupported<T>(what: impl Into<String>) -> Result<T> {
    Err(Refusal::Unsupported(what.into()))
}

pub fn damaged<T>(what: impl Into<String>) -> Result<T> {
    Err(Refusal::Damaged(what.into()))
}
