//! The ONNX operators that we know: one table, from operator to the function that adds nodes of ours.
//!
//! To add one: a row in the table of its family. An attribute that the function does not ask for is
//! refused when a model is loaded.

mod activation;
mod arithmetic;
mod attention;
mod convolution;
mod cutting;
mod indexing;
mod logic;
pub mod microsoft;
mod normalisation;
mod order;
mod padding;
mod pooling;
pub mod quantised;
mod resize;
mod shape;
mod sizes;

use super::call::Call;
use super::traced::{Result, Traced};
use crate::model::graph::ValueId;

pub type Translate = fn(&mut Call) -> Result<Vec<Traced>>;
type Row = (&'static str, Translate);

const FAMILIES: &[&[Row]] = &[
    convolution::TABLE,
    pooling::TABLE,
    activation::TABLE,
    attention::TABLE,
    order::TABLE,
    quantised::TABLE,
    microsoft::TABLE,
    normalisation::TABLE,
    arithmetic::TABLE,
    shape::TABLE,
    cutting::TABLE,
    padding::TABLE,
    resize::TABLE,
    sizes::TABLE,
    logic::TABLE,
    indexing::TABLE,
];

pub fn find(operator: &str) -> Option<Translate> {
    let mut rows = FAMILIES.iter().flat_map(|family| family.iter());
    rows.find(|(known, _)| *known == operator)
        .map(|(_, translate)| *translate)
}

/// Why an operator is not in the table, where there is more to say than that.
pub fn reason(operator: &str) -> Option<&'static str> {
    const BRANCHES: &[&str] = &["If", "Loop", "Scan", "SequenceMap"];
    const DECIDES: &[&str] = &["NonMaxSuppression", "Hardmax"];
    if BRANCHES.contains(&operator) {
        Some("the network branches or loops; export it for one fixed path")
    } else if DECIDES.contains(&operator) {
        Some(DECIDED)
    } else {
        None
    }
}

/// What to do about a network that gives the class itself.
pub const DECIDED: &str =
    "the network gives a class, not scores; export it without the final `ArgMax` or `TopK`";

fn one(value: ValueId) -> Result<Vec<Traced>> {
    Ok(vec![Traced::Tensor(value)])
}
