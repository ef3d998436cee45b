//! Which device a network runs on.

use serde::{Deserialize, Serialize};
use tch::Cuda;

use super::card::repeatable_and_full;

/// What a network runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Device {
    Cpu,
    /// A graphics card of NVIDIA, by its number.
    Cuda(usize),
    /// A graphics processor of Apple.
    Mps,
}

/// As libtorch names it, for tensors.
impl From<Device> for tch::Device {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda(number) => Self::Cuda(number),
            Device::Mps => Self::Mps,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("unknown device `{requested}`; expected `auto`, `cpu`, `cuda`, `cuda:N` or `mps`")]
    Unknown { requested: String },
    #[error("the device `{requested}` is not available: {found}; `auto` chooses one that is")]
    Missing { requested: String, found: String },
}

/// The requested device: `auto` (CUDA where there is one, else Apple's graphics processor, else the CPU),
/// `cpu`, `cuda`, `cuda:N` or `mps`.
pub fn device(requested: &str) -> Result<Device, DeviceError> {
    let missing = |found: String| DeviceError::Missing {
        requested: requested.to_owned(),
        found,
    };
    let number = match requested {
        "auto" => {
            return match Cuda::is_available() {
                true => card(0),
                false if tch::utils::has_mps() => Ok(Device::Mps),
                false => Ok(Device::Cpu),
            };
        }
        "cpu" => return Ok(Device::Cpu),
        "mps" if tch::utils::has_mps() => return Ok(Device::Mps),
        "mps" => {
            let found = "libtorch finds no graphics processor of Apple's (it was built for \
                         another system, or this macOS is too old for it)";
            return Err(missing(found.to_owned()));
        }
        "cuda" => 0,
        other => other
            .strip_prefix("cuda:")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| DeviceError::Unknown {
                requested: other.to_owned(),
            })?,
    };
    let count = if Cuda::is_available() {
        Cuda::device_count()
    } else {
        0
    };
    if i64::try_from(number).is_ok_and(|number: i64| number < count) {
        return card(number);
    }
    Err(missing(match count {
        0 => "libtorch finds no CUDA device (it was built for the CPU, or there is no NVIDIA GPU)"
            .to_owned(),
        count => format!(
            "libtorch finds {count} CUDA device(s), `cuda:0` to `cuda:{}`",
            count - 1
        ),
    }))
}

/// A card of NVIDIA, set up so that its numbers can be trusted.
fn card(number: usize) -> Result<Device, DeviceError> {
    match repeatable_and_full() {
        true => Ok(Device::Cuda(number)),
        false => Err(DeviceError::Missing {
            requested: format!("cuda:{number}"),
            found: "libtorch cannot be told to compute in full float32 there".to_owned(),
        }),
    }
}

/// `cpu`, `cuda:N` or `mps`, as the user would write it.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        Device::Cpu => "cpu".to_owned(),
        Device::Mps => "mps".to_owned(),
    }
}

/// `cpu`, `cuda` or `mps`: numbers differ between kinds of device, not between two of one kind.
pub fn device_kind(device: Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Cuda(_) => "cuda",
        Device::Mps => "mps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_named() {
        let error = device("cuda:99").unwrap_err().to_string();
        assert!(
            error.starts_with("the device `cuda:99` is not available: libtorch finds "),
            "{error}"
        );
        assert!(matches!(device("gpu"), Err(DeviceError::Unknown { .. })));
        assert_eq!(device("cpu").unwrap(), Device::Cpu);
        for requested in ["cuda:", "cuda:-1", "cuda:18446744073709551615", "mps:0"] {
            assert!(device(requested).is_err(), "{requested}");
        }
    }

    #[test]
    fn apples_processor_is_there_or_named_as_missing() {
        match device("mps") {
            Ok(device) => assert_eq!(device_name(device), "mps"),
            Err(error) => {
                let error = error.to_string();
                let expected = "the device `mps` is not available: libtorch finds no graphics";
                assert!(error.starts_with(expected), "{error}");
                assert_ne!(device("auto").unwrap(), Device::Mps);
            }
        }
    }
}
