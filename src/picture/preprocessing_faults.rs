//! What can be wrong with the numbers of a [`Preprocessing`].

use super::Preprocessing;

/// The scales that float32 holds with room for means.
const SCALES: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// A wrong setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFault {
    /// The setting, as report.yaml calls it: `size`, `shorter`, `scale`, `mean` or `std`.
    pub key: &'static str,
    pub message: String,
    /// How to correct it.
    pub hint: String,
}

impl InputFault {
    pub(super) fn new(
        key: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            key,
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl Preprocessing {
    /// Everything that makes these settings unusable.
    pub fn faults(&self) -> Vec<InputFault> {
        let mut faults = self.resize.faults();
        if !SCALES.contains(&self.scale) {
            let message = format!("the scale `{}` is out of range", self.scale);
            let hint = "such as 1/255; from 0.000001 to 1000000";
            faults.push(InputFault::new("scale", message, hint));
        }
        for (key, numbers) in [("mean", &self.mean), ("std", &self.std)] {
            let (count, channels) = (numbers.len(), self.channels.count());
            if count != channels {
                let message = format!("`{key}` has {}", in_numbers(count));
                let hint = format!(
                    "a network of {channels} ({}) needs {channels}, in this order",
                    self.channels.in_words()
                );
                faults.push(InputFault::new(key, message, hint));
            }
        }
        if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            let message = format!("the mean `{mean}` is not a finite number");
            faults.push(InputFault::new("mean", message, ""));
        }
        let is_wrong = |std: &f32| !(std.is_finite() && *std > 0.0);
        if let Some(std) = self.std.iter().copied().find(is_wrong) {
            let message = format!("the standard deviation `{std}` is not above 0");
            let hint = "it divides every pixel; 1 leaves them as they are";
            faults.push(InputFault::new("std", message, hint));
        }
        if faults.is_empty() && !self.gives_finite_values() {
            let message = "with these numbers the network's input is not finite".to_owned();
            faults.push(InputFault::new("std", message, "a larger one"));
        }
        faults
    }

    fn gives_finite_values(&self) -> bool {
        let ends = |(mean, std): (&f32, &f32)| [-mean / std, (self.white() - mean) / std];
        let mut ends = self.mean.iter().zip(&self.std).flat_map(ends);
        ends.all(f32::is_finite)
    }
}

fn in_numbers(count: usize) -> String {
    match count {
        1 => "1 number".to_owned(),
        _ => format!("{count} numbers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Channels, Resize};

    fn keys(preprocessing: &Preprocessing) -> Vec<&'static str> {
        let faults = preprocessing.faults();
        faults.iter().map(|fault| fault.key).collect()
    }

    #[test]
    fn faults_are_named_by_their_key() {
        let good = Preprocessing::default;
        assert_eq!(keys(&good()), [""; 0]);
        let std = |std: &[f32]| Preprocessing {
            std: std.to_vec(),
            ..good()
        };
        assert_eq!(keys(&std(&[1.0, 0.0, 1.0])), ["std"]);
        assert_eq!(keys(&std(&[1.0])), ["std"]);
        assert_eq!(keys(&std(&[1.0, f32::NAN, 1.0])), ["std"]);
        assert_eq!(keys(&std(&[1e-45, 1.0, 1.0])), ["std"]);
        let mean = |mean: &[f32]| Preprocessing {
            mean: mean.to_vec(),
            ..good()
        };
        assert_eq!(keys(&mean(&[0.5, f32::INFINITY, 0.5])), ["mean"]);
        assert_eq!(keys(&mean(&[0.5; 2])), ["mean"]);
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-7] {
            assert_eq!(keys(&Preprocessing { scale, ..good() }), ["scale"]);
        }
        let grey = Preprocessing {
            channels: Channels::Grey,
            ..good()
        };
        assert_eq!(keys(&grey), ["mean", "std"]);
    }

    #[test]
    fn all_faults_come_together() {
        let many = Preprocessing {
            resize: Resize::Pad {
                height: 0,
                width: 5,
            },
            scale: 0.0,
            mean: vec![0.5],
            std: vec![0.0; 3],
            ..Preprocessing::default()
        };
        assert_eq!(keys(&many), ["size", "scale", "mean", "std"]);
    }
}
