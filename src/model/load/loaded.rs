//! A network as it comes out of a file.

use std::collections::BTreeMap;

use tch::Tensor;

use super::torchscript::{self, TorchScript};
use crate::model::device::Device;
use crate::model::error::ModelError;
use crate::model::graph::Graph;
use crate::model::provenance::Provenance;
use crate::model::run::Program;

/// A network as it comes out of a file.
pub struct Loaded {
    pub graph: Graph,
    /// By state-dict name.
    pub weights: BTreeMap<String, Tensor>,
    /// A network of TorchScript, for [`torchscript::MODULE`] in the graph.
    pub module: Option<TorchScript>,
    pub provenance: Provenance,
}

impl Loaded {
    /// The network, ready to run on a device.
    pub fn program(self, device: Device) -> Result<Program, ModelError> {
        let program = Program::new(self.graph, self.weights, device.into())?;
        Ok(match self.module {
            Some(script) => program.with_module(torchscript::MODULE, script.on(device.into())?),
            None => program,
        })
    }

    /// Channels, height and width that the network was exported for, of which `open` gives those that the
    /// file leaves open.
    pub fn input_shape(&self, open: [i64; 3]) -> [i64; 3] {
        let known = |axis: usize| self.graph.input_sizes.get(axis + 1).copied().flatten();
        [0, 1, 2].map(|axis| known(axis).unwrap_or(open[axis]))
    }
}
