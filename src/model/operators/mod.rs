//! The operators that the interpreter knows: one table, from schema name to the call of tch.
//!
//! To add one: a row in the table of its family. The function reads its arguments by the names of the
//! operator's schema; an argument that it does not read is refused when a model is loaded.

mod arguments;
mod arithmetic;
mod attention;
mod bound;
mod convolution;
mod elementary;
mod error;
mod factories;
mod fourier;
pub mod fused;
mod indexing;
mod linear_algebra;
mod logic;
mod normalisation;
mod onnx;
mod pointwise;
pub mod pooling;
pub mod products;
mod reductions;
mod resize;
mod scatter;
mod shape;
mod torchscript;
mod transformer;
mod value;
pub mod weights_seen;
mod windows;

pub use arguments::Arguments;
pub use error::OperatorError;
use error::Result;
use tch::Tensor;
pub use value::{Module, Operand, Value};

use crate::model::caught::caught;

/// What an operator gives back.
#[derive(Clone, Copy)]
pub enum Operation {
    Tensor(fn(&Arguments) -> Result<Tensor>),
    /// A function of the one tensor `self`.
    Unary(fn(&Tensor) -> std::result::Result<Tensor, tch::TchError>),
    /// A function of the tensors `self` and `other`.
    Binary(fn(&Tensor, &Tensor) -> std::result::Result<Tensor, tch::TchError>),
    /// Several tensors, which the graph names one by one.
    Tensors(fn(&Arguments) -> Result<Vec<Tensor>>),
    /// Several tensors, of which a graph may name the first few only.
    Leading(fn(&Arguments) -> Result<Vec<Tensor>>),
    /// A size.
    Number(fn(&Arguments) -> Result<i64>),
    /// A check of the exporter that computes nothing.
    Check,
}

type Row = (&'static str, Operation);

const FAMILIES: &[&[Row]] = &[
    convolution::TABLE,
    linear_algebra::TABLE,
    pooling::TABLE,
    windows::TABLE,
    resize::TABLE,
    elementary::TABLE,
    pointwise::TABLE,
    arithmetic::TABLE,
    normalisation::TABLE,
    shape::TABLE,
    indexing::TABLE,
    scatter::TABLE,
    reductions::TABLE,
    factories::TABLE,
    fourier::TABLE,
    logic::TABLE,
    attention::TABLE,
    transformer::TABLE,
    onnx::TABLE,
    torchscript::TABLE,
];

/// The operator of a schema name such as `aten.conv2d.default`. One that works in place is found under
/// the name of the one that does not.
pub fn find(name: &str) -> Option<Operation> {
    let row = |name: &str| {
        let rows = FAMILIES.iter().flat_map(|family| family.iter());
        rows.into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, operation)| *operation)
    };
    row(name).or_else(|| row(&name.replacen("_.", ".", 1)))
}

impl Operation {
    /// Runs the operator for a node of `outputs` values.
    pub fn run(self, arguments: &Arguments, outputs: usize) -> Result<Vec<Value>> {
        // A call of tch that takes a number and fails panics, `f_` or not: the number is freed before the
        // error is fetched, and freeing finds the error (tch 0.26, `Scalar::drop`).
        caught(|_| true, || self.call(arguments, outputs)).unwrap_or_else(|caught| {
            let message = caught.message();
            Err(OperatorError::Panicked { message })
        })
    }

    fn call(self, arguments: &Arguments, outputs: usize) -> Result<Vec<Value>> {
        let values = match self {
            Operation::Tensor(run) => vec![Value::Tensor(run(arguments)?)],
            Operation::Unary(run) => vec![Value::Tensor(run(arguments.tensor("self")?)?)],
            Operation::Binary(run) => {
                let (first, second) = (arguments.tensor("self")?, arguments.tensor("other")?);
                vec![Value::Tensor(run(first, second)?)]
            }
            Operation::Tensors(run) => run(arguments)?.into_iter().map(Value::Tensor).collect(),
            Operation::Leading(run) => {
                let tensors = run(arguments)?.into_iter().map(Value::Tensor);
                tensors.take(outputs).collect()
            }
            Operation::Number(run) => vec![Value::Number(run(arguments)?)],
            Operation::Check => return Ok(Vec::new()),
        };
        if values.len() != outputs {
            return Err(OperatorError::Outputs {
                got: values.len(),
                expected: outputs,
            });
        }
        Ok(values)
    }

    pub fn is_check(self) -> bool {
        matches!(self, Operation::Check)
    }

    /// Whether the last outputs may be left out of a node where nothing reads them.
    pub fn has_optional_outputs(self) -> bool {
        matches!(self, Operation::Leading(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::graph::{Argument, Node, Size, ValueId};

    #[test]
    fn a_call_with_a_number_that_fails_is_an_error() {
        let node = Node {
            name: "sub".to_owned(),
            operator: "aten.sub.Scalar".to_owned(),
            arguments: vec![
                ("self".to_owned(), Argument::Tensor(ValueId(0))),
                ("other".to_owned(), Argument::Size(Size::Known(1))),
            ],
            outputs: vec![ValueId(1)],
            modules: Vec::new(),
        };
        let truth = Value::Tensor(Tensor::from_slice(&[true]));
        let lookup = |_| Some(&truth);
        let arguments = Arguments::new(&node, &lookup, 1);
        let operation = find(&node.operator).unwrap();
        let error = operation.run(&arguments, 1).unwrap_err().to_string();
        assert!(
            error.starts_with("Subtraction, the `-` operator, with a bool"),
            "{error}"
        );
        assert!(!error.contains("frame #"), "{error}");
    }
}
