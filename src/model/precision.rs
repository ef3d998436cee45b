//! In which type of number a network runs.

use tch::Device;

/// Type of the weights and activations of passes without gradients that give scores only. Everything else
/// (recorded layers, gradients, optimisation) is float32 always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// float32: 24 bits of a number.
    #[default]
    Fp32,
    /// bfloat16: 8 bits of a number over the same range; scores differ in the third digit.
    Bf16,
}

#[derive(Debug, thiserror::Error)]
#[error("`{wish}` is no precision; `fp32`, `bf16` or `auto`")]
pub struct PrecisionError {
    wish: String,
}

/// The precision of a wish: `fp32`, `bf16`, or `auto`, which takes bfloat16 where the device computes in
/// it. A device that does not can still be told to: it is slow there (on a CPU without AVX512-BF16
/// SqueezeNet 1.1 took 5 times as long).
pub fn precision(wish: &str, device: Device) -> Result<Precision, PrecisionError> {
    match wish {
        "fp32" => Ok(Precision::Fp32),
        "bf16" => Ok(Precision::Bf16),
        "auto" if computes_in_bf16(device) => Ok(Precision::Bf16),
        "auto" => Ok(Precision::Fp32),
        other => Err(PrecisionError {
            wish: other.to_owned(),
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
    fn a_wish_is_understood_or_refused() {
        let cpu = Device::Cpu;
        assert_eq!(precision("fp32", cpu).unwrap(), Precision::Fp32);
        assert_eq!(precision("bf16", cpu).unwrap(), Precision::Bf16);
        let error = precision("fp16", cpu).unwrap_err().to_string();
        assert_eq!(error, "`fp16` is no precision; `fp32`, `bf16` or `auto`");
        // Whichever it is, it is the same each time, and its name leads back to it.
        let auto = precision("auto", cpu).unwrap();
        assert_eq!(precision(precision_name(auto), cpu).unwrap(), auto);
        assert_eq!(precision("auto", Device::Mps).unwrap(), Precision::Fp32);
    }
}
