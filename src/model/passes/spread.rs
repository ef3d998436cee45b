//! How loops over inputs are spread: how many run at once, and on how many threads.

use crate::model::batches::lanes::Spread;
use crate::model::batches::{BatchSize, ROOM_BYTES, ROOM_OF_LANES_BYTES, first_size};
use crate::model::error::ModelError;
use crate::model::network::Model;

/// Room for what libtorch takes besides the outputs of nodes: buffers of its convolutions, copies in
/// another order. SqueezeNet 1.1 and ResNet-18 took 1.05 and 0.95 times their outputs on the CPU, 32
/// pictures of 224 px at once; a graphics card's buffers were not measured.
const WITH_BUFFERS: u64 = 2;
const BYTES_OF_FLOAT32: u64 = 4;

/// With fewer threads batches do not run beside each other. LIME of SqueezeNet 1.1, MobileNetV2 and ResNet-50, threads at each
/// operator and batches beside each other: 3.4 and 2.7, 5.4 and 3.6, 4.1 and 3.5 s on 16 threads; 9.0 and 6.6, 10.0 and 8.9, 7.6
/// and 9.2 s on four of these; 6.5 and 6.4, 6.8 and 7.1, 8.3 and 8.7 s on a machine with two (docs/performance.md).
const FEWEST_THREADS: usize = 8;

impl Model {
    /// How many inputs of the model's own shape a loop over batches begins with, for passes without
    /// gradients: `fastest_on_cpu` is what was measured for the caller's work. See [`crate::model::in_batches`].
    pub fn batch_size(
        &self,
        requested: BatchSize,
        fastest_on_cpu: usize,
    ) -> Result<usize, ModelError> {
        self.size_within(requested, fastest_on_cpu, ROOM_BYTES)
    }

    fn size_within(
        &self,
        requested: BatchSize,
        fastest_on_cpu: usize,
        room_bytes: u64,
    ) -> Result<usize, ModelError> {
        let facts = &self.facts;
        let peak =
            self.program
                .peak_numbers(&facts.layers, facts.input_shape, facts.output.scores)?;
        let bytes_each = peak.saturating_mul(WITH_BUFFERS * BYTES_OF_FLOAT32);
        let memory = (bytes_each, room_bytes);
        Ok(first_size(requested, fastest_on_cpu, self.device, memory))
    }

    /// How a loop over batches without gradients is spread over the processor's cores: as many inputs at once as `requested`,
    /// or as are fastest there and fit into memory. Where batches do not run beside each other, `fastest_alone` is what was
    /// measured for the caller's work, see [`Model::batch_size`].
    pub fn spread(&self, requested: BatchSize, fastest_alone: usize) -> Result<Spread, ModelError> {
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
        let lanes = match self.program.may_run_beside_itself() {
            true if threads >= FEWEST_THREADS => threads,
            _ => 1,
        };
        let (fastest, room) = match lanes {
            1 => (fastest_alone, ROOM_BYTES),
            _ => (Spread::auto_size(lanes), ROOM_OF_LANES_BYTES),
        };
        let at_once = self.size_within(requested, fastest, room)?;
        Ok(Spread::new(at_once, lanes))
    }
}
