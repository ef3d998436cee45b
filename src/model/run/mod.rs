//! The interpreter: runs a graph node by node.

mod asked;
pub mod call;
mod constants;
mod demand;
mod execute;
mod fold;
mod memory;
mod one_by_one;
mod overwrite;
pub mod pass;
mod program;
mod running;
#[cfg(test)]
mod tests;
mod weights;

pub use program::Program;
