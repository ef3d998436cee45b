//! In which type of number a network runs.

use serde::{Deserialize, Serialize};

use super::device::Device;

/// Type of the weights and activations of passes without gradients that give scores only. Everything else
/// (recorded layers, gradients, optimisation) is float32 always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// float32: 24 bits of a number.
    #[default]
    Fp32,
    /// bfloat16: 8 bits of a number over the same range; scores differ in the third digit.
    Bf16,
}

#[derive(Debug, thiserror::Error)]
#[error("unknown precision `{requested}`; expected `fp32`, `bf16` or `auto`")]
pub struct PrecisionError {
    requested: String,
}

/// The requested precision: `fp32`, `bf16`, or `auto`, which takes bfloat16 where the device computes in
/// it; whether the scores of the report's photos agree is `execute::agreement`'s to say. A device that does not can still be told to: it is slow there (on a CPU without AVX512-BF16
/// SqueezeNet 1.1 took 5 times as long).
pub fn precision(requested: &str, device: Device) -> Result<Precision, PrecisionError> {
    match requested {
        "fp32" => Ok(Precision::Fp32),
        "bf16" => Ok(Precision::Bf16),
        "auto" if computes_in_bf16(device) => Ok(Precision::Bf16),
        "auto" => Ok(Precision::Fp32),
        other => Err(PrecisionError {
            requested: other.to_owned(),
        }),
    }
}

/// `fp32` or `bf16`, as the user would write it.
pub fn precision_name(precision: Precision) -> &'static str {
    match precision {
        Precision::Fp32 => "fp32",
        Precision::Bf16 => "bf16",
    }
}

fn computes_in_bf16(device: Device) -> bool {
    match device {
        #[cfg(target_arch = "x86_64")]
        Device::Cpu => std::arch::is_x86_feature_detected!("avx512bf16"),
        // NVIDIA's have bfloat16 since the A100, compute capability 8.0.
        #[cfg(unix)]
        Device::Cuda(number) => {
            super::batches::cuda::capability(number).is_some_and(|major| major >= 8)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_precision_is_known_or_an_error() {
        let cpu = Device::Cpu;
        assert_eq!(precision("fp32", cpu).unwrap(), Precision::Fp32);
        assert_eq!(precision("bf16", cpu).unwrap(), Precision::Bf16);
        let error = precision("fp16", cpu).unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown precision `fp16`; expected `fp32`, `bf16` or `auto`"
        );
        for precision_of_name in [Precision::Fp32, Precision::Bf16] {
            let name = precision_name(precision_of_name);
            assert_eq!(precision(name, cpu).unwrap(), precision_of_name);
        }
        assert_eq!(precision("auto", Device::Mps).unwrap(), Precision::Fp32);
    }

    /// The kernel's list of what the CPU can do is the second opinion.
    #[cfg(target_os = "linux")]
    #[test]
    fn auto_is_bf16_where_the_cpu_computes_in_it() {
        let kernel = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let expected = match kernel.split_whitespace().any(|flag| flag == "avx512_bf16") {
            true => Precision::Bf16,
            false => Precision::Fp32,
        };
        assert_eq!(precision("auto", Device::Cpu).unwrap(), expected);
    }
}
