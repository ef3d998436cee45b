//! A network as it comes out of a file.

use std::collections::BTreeMap;

use tch::Tensor;

use super::torchscript::{self, TorchScript};
use crate::model::device::Device;
use crate::model::error::ModelError;
use crate::model::graph::Graph;
use crate::model::provenance::Provenance;
use crate::model::run::Program;
use crate::model::source::Source;

/// A network as it comes out of a file.
pub struct Loaded {
    pub graph: Graph,
    /// By state-dict name.
    pub weights: BTreeMap<String, Tensor>,
    /// A network of TorchScript, for [`torchscript::MODULE`] in the graph.
    pub module: Option<TorchScript>,
    pub provenance: Provenance,
    /// Height and width that the file fixes.
    pub exported_size: Option<[i64; 2]>,
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

    /// Channels, height and width of the network's input: those that it was exported for where the source asks
    /// for them and the file says them, else the source's.
    pub fn input_shape(&self, source: &Source) -> [i64; 3] {
        let known = |axis: usize| self.graph.input_sizes.get(axis + 1).copied().flatten();
        [0, 1, 2].map(|axis| {
            let of_file = known(axis).filter(|_| source.takes_from_file(axis));
            of_file.unwrap_or(source.input_shape[axis])
        })
    }
}
