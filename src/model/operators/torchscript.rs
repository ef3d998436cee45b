//! The one operator of a network of TorchScript: the network.

use super::Operation::Tensor;
use super::Row;

pub const TABLE: &[Row] = &[(
    "torchscript.forward",
    Tensor(|a| {
        // libtorch would rewrite the code after its first runs, fusing operators: other last digits and
        // a slow second run. The setting is the calling thread's own.
        tch::jit::f_set_graph_executor_optimize(false)?;
        Ok(a.module("module")?.forward_ts(&[a.tensor("self")?])?)
    }),
)];
