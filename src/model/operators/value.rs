//! What flows through the graph.

use tch::Tensor;

/// What a node gives, and what another takes.
#[derive(Debug)]
pub enum Value {
    Tensor(Tensor),
    /// A size, or a truth value as 0 or 1.
    Number(i64),
    /// A whole network of TorchScript.
    Module(Module),
}

/// libtorch's module, which says nothing of itself.
pub struct Module(pub tch::CModule);

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Module")
    }
}

/// A tensor or a number: the second input of arithmetic.
pub enum Operand<'a> {
    Tensor(&'a Tensor),
    Int(i64),
    Float(f64),
}
