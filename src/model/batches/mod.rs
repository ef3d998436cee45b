//! How many inputs run at once, and what happens when they are too many.

#[cfg(unix)]
pub(super) mod cuda;
mod free_memory;
pub mod lanes;
pub mod memory_error;

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caught::caught;
use super::device::Device;
use super::error::ModelError;
use super::libtorch::refused;
pub use free_memory::free_bytes;
use memory_error::MemoryError;

/// How many inputs run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BatchSize {
    /// As many as are fastest, or fewer where memory is short.
    Word(AutoWord),
    /// So many, or fewer where memory is short.
    UpTo(#[schemars(range(min = 1, max = 1000))] usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoWord {
    /// By device and free memory.
    Auto,
}

impl BatchSize {
    pub const AUTO: Self = Self::Word(AutoWord::Auto);
}

/// On a graphics card more inputs are faster until it is busy: 1000 samples of LIME on four photos took 2.94 s at 64 and
/// 2.62 s at 256 and 512 on an H200 with ResNet-50, all included (docs/performance.md).
const FASTEST_ON_A_CARD: usize = 256;

/// What the inputs of a batch that nobody asked for may take on the CPU, where one batch runs at a time. VGG16, whose first maps
/// are large, takes 1.5 GB in place of 2.5 for batches of 8 in place of 16, and as long.
pub const ROOM_BYTES: u64 = 512 << 20;

/// The same of batches beside each other together.
pub const ROOM_OF_LANES_BYTES: u64 = 4 * ROOM_BYTES;

/// Of the free memory this part is planned with: other programs want some of it too.
const PLANNED_PART: u64 = 2;

/// The number of inputs to begin with: `requested`, or what is fastest (`fastest_on_cpu`, as measured for the
/// caller's own work), but no more than fit into the memory that is free, each needing `bytes_each`. A
/// power of two where memory decides, so that a little more or less of it changes nothing. On the CPU, `auto` takes no more
/// than `room_bytes` either.
pub fn first_size(
    requested: BatchSize,
    fastest_on_cpu: usize,
    device: Device,
    (bytes_each, room_bytes): (u64, u64),
) -> usize {
    let most = match (requested, device) {
        (BatchSize::UpTo(most), _) => most,
        (BatchSize::Word(AutoWord::Auto), Device::Cpu) => {
            let room = room_bytes.saturating_mul(PLANNED_PART);
            fitting(on_cpu(fastest_on_cpu), Some(room), bytes_each)
        }
        (BatchSize::Word(AutoWord::Auto), _) => FASTEST_ON_A_CARD,
    };
    fitting(most.max(1), free_bytes(device), bytes_each)
}

/// On one thread libtorch hands convolutions of 1 × 1 to oneDNN from this many inputs on, and computes them by a slower
/// way below, unless they go there anyway (`operators/products.rs`): LIME of MobileNetV2 took 9.1 s at 8 and 6.2 s at 16, of
/// SqueezeNet 6.7 and 5.3 s; on two threads it made no difference.
const FASTEST_ON_ONE_THREAD: usize = 16;

/// What is fastest, where several inputs at once gain anything.
fn on_cpu(fastest: usize) -> usize {
    match tch::get_num_threads() {
        1 if fastest > 1 => fastest.max(FASTEST_ON_ONE_THREAD),
        _ => fastest,
    }
}

/// `most`, or the largest power of two of which the free memory has room.
fn fitting(most: usize, free_bytes: Option<u64>, bytes_each: u64) -> usize {
    let Some(free) = free_bytes else {
        return most;
    };
    let room = free / PLANNED_PART / bytes_each.max(1);
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if room >= most {
        return most;
    }
    1 << room.max(1).ilog2()
}

/// Runs `count` inputs, `size` at once. Where memory does not suffice, it goes on from the same place
/// with half as many, down to one by one; `run` is given each range once more then, so what it keeps of
/// a range must be kept at its end. The size changes results by rounding only.
pub fn in_batches<E: MemoryError>(
    count: usize,
    size: usize,
    mut run: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut start, mut size) = (0, size.max(1));
    while start < count {
        let range = start..count.min(start.saturating_add(size));
        let tried = range.len();
        match or_no_memory(|| run(range)) {
            Ok(()) => start += tried,
            Err(error) => match error.out_of_memory() {
                None => return Err(error),
                Some(message) if tried == 1 => {
                    return Err(ModelError::OutOfMemory { message }.into());
                }
                Some(_) => size = tried / 2,
            },
        }
    }
    Ok(())
}

/// What `run` gives; a call within it that panics for want of memory is an error as well.
fn or_no_memory<E: MemoryError>(run: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    caught(|text| refused(text).is_some(), run).unwrap_or_else(|caught| {
        match refused(&caught.message()) {
            Some(message) => Err(ModelError::OutOfMemory { message }.into()),
            None => std::panic::resume_unwind(caught.0),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    /// A run that has room for `most` inputs, and what it saw.
    fn run(count: usize, size: usize, most: usize) -> (Result<(), ModelError>, Vec<Range<usize>>) {
        let mut seen = Vec::new();
        let result = in_batches(count, size, |range| {
            if range.len() > most {
                let said = "CUDA out of memory. Tried to allocate 2.00 GiB".to_owned();
                return Err(ModelError::Torch(tch::TchError::Torch(said)));
            }
            seen.push(range);
            Ok(())
        });
        (result, seen)
    }

    #[test]
    fn a_batch_that_does_not_fit_is_halved_and_goes_on_where_it_was() {
        let (result, seen) = run(20, 16, 5);
        result.unwrap();
        assert_eq!(seen, [0..4, 4..8, 8..12, 12..16, 16..20]);
        let (result, seen) = run(7, 3, 1);
        result.unwrap();
        assert_eq!(seen, (0..7).map(|at| at..at + 1).collect::<Vec<_>>());
    }

    #[test]
    fn one_that_does_not_fit_is_an_error_that_says_so() {
        let (result, seen) = run(3, 8, 0);
        assert!(seen.is_empty());
        assert_eq!(
            result.unwrap_err().to_string(),
            "there is not enough memory for a batch of 1: \
             CUDA out of memory. Tried to allocate 2.00 GiB"
        );
    }

    #[test]
    fn other_errors_are_not_tried_again() {
        let mut tries = 0;
        let result = in_batches(4, 4, |_| {
            tries += 1;
            Err(ModelError::NodeUnknown { node: 2, nodes: 1 })
        });
        assert!(matches!(result, Err(ModelError::NodeUnknown { .. })));
        assert_eq!(tries, 1);
    }

    /// A refusal of the allocator itself is an error here, not an abort.
    #[test]
    fn what_the_cpu_refuses_is_recognised() {
        const EACH: i64 = 1 << 46; // four times as many bytes: beyond 47 bits of addresses
        let mut sizes = Vec::new();
        let result: Result<(), ModelError> = in_batches(4, 4, |range| {
            sizes.push(range.len());
            let options = (Kind::Float, tch::Device::Cpu);
            let tensor = Tensor::f_empty([range.len() as i64, EACH], options)?;
            assert!(tensor.numel() == 0, "the machine has 256 TB");
            Ok(())
        });
        assert_eq!(sizes, [4, 2, 1]);
        let error = result.unwrap_err().to_string();
        assert!(error.contains("batch of 1: "), "{error}");
    }

    /// The plain calls of tch panic; what is not about memory stays a panic.
    #[test]
    fn a_panic_of_the_allocator_is_halved_too() {
        let options = (Kind::Float, tch::Device::Cpu);
        let mut sizes = Vec::new();
        let result: Result<(), ModelError> = in_batches(2, 2, |range| {
            sizes.push(range.len());
            if range.len() > 1 {
                drop(Tensor::empty([1_i64 << 46], options));
            }
            Ok(())
        });
        result.unwrap();
        assert_eq!(sizes, [2, 1, 1]);
        let panics = || {
            let _ = in_batches(2, 2, |_| -> Result<(), ModelError> {
                drop(Tensor::zeros([2], options) + Tensor::zeros([3], options));
                Ok(())
            });
        };
        assert!(std::panic::catch_unwind(panics).is_err());
    }

    #[test]
    fn memory_decides_in_powers_of_two() {
        assert_eq!(fitting(8, None, 100), 8);
        assert_eq!(fitting(12, Some(2400), 100), 12);
        assert_eq!(fitting(12, Some(2399), 100), 8);
        assert_eq!(fitting(8, Some(0), 100), 1);
        let requested = BatchSize::UpTo(3);
        let size = |requested, bytes| first_size(requested, 8, Device::Cpu, bytes);
        assert_eq!(size(requested, (1, 1000)), 3);
        assert_eq!(size(BatchSize::AUTO, (u64::MAX, u64::MAX)), 1);
        assert_eq!(size(BatchSize::AUTO, (100, 799)), 4);
        assert_eq!(size(requested, (100, 10)), 3, "asked for");
    }
}
