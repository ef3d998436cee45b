//! What libtorch finds on this machine.

use super::batches::free_bytes;
use super::device::{Device, device, device_name};
use super::precision::{Precision, precision};

/// In words, for people.
#[derive(Debug)]
pub struct Machine {
    /// Its version, and what it was built for.
    pub libtorch: String,
    /// What `device: auto` is.
    pub device: String,
    pub cards: String,
    pub threads: String,
    pub computes_in_bf16: bool,
    pub free_memory: String,
}

pub fn machine() -> Machine {
    let auto = device("auto").unwrap_or(Device::Cpu);
    let built_for = match tch::Cuda::is_available() || tch::utils::has_cuda() {
        true => "built for CUDA",
        false => "built for the CPU",
    };
    let cards = tch::Cuda::device_count();
    Machine {
        libtorch: format!("{}, {built_for}", env!("LIBTORCH_VERSION")),
        device: device_name(auto),
        cards: match cards {
            0 => "none of NVIDIA's".to_owned(),
            cards => format!("{cards} of NVIDIA's, `cuda:0` to `cuda:{}`", cards - 1),
        },
        threads: format!(
            "{} within an operator (OMP_NUM_THREADS changes it)",
            tch::get_num_threads()
        ),
        computes_in_bf16: precision("auto", auto).is_ok_and(|found| found == Precision::Bf16),
        free_memory: match free_bytes(auto) {
            Some(bytes) => format!("{:.1} GB on {}", bytes as f64 / 1e9, device_name(auto)),
            None => "the system does not tell".to_owned(),
        },
    }
}
