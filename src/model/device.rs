//! Which device a network runs on.

use tch::{Cuda, Device};

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("`{wish}` is no device; `auto`, `cpu`, `cuda` or `cuda:N`")]
    Unknown { wish: String },
    #[error("the device `{wish}` is not here: {found}; `auto` takes what there is")]
    Missing { wish: String, found: String },
}

/// The device of a wish: `auto` (CUDA where there is one, else the CPU), `cpu`, `cuda` or `cuda:N`.
pub fn device(wish: &str) -> Result<Device, DeviceError> {
    let number = match wish {
        "auto" => return Ok(Device::cuda_if_available()),
        "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        other => other
            .strip_prefix("cuda:")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| DeviceError::Unknown {
                wish: other.to_owned(),
            })?,
    };
    let count = if Cuda::is_available() {
        Cuda::device_count()
    } else {
        0
    };
    if (number as i64) < count {
        return Ok(Device::Cuda(number));
    }
    let found = match count {
        0 => "libtorch finds no CUDA device (it was built for the CPU, or there is no NVIDIA GPU)"
            .to_owned(),
        count => format!(
            "libtorch finds {count} CUDA device(s), `cuda:0` to `cuda:{}`",
            count - 1
        ),
    };
    Err(DeviceError::Missing {
        wish: wish.to_owned(),
        found,
    })
}

/// `cpu` or `cuda:N`, as the user would write it.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        Device::Cpu => "cpu".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_named() {
        let error = device("cuda:99").unwrap_err().to_string();
        assert!(
            error.starts_with("the device `cuda:99` is not here: libtorch finds "),
            "{error}"
        );
        assert!(matches!(device("gpu"), Err(DeviceError::Unknown { .. })));
        assert_eq!(device("cpu").unwrap(), Device::Cpu);
    }
}
