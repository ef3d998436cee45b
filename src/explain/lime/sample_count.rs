//! How many samples are taken, and of which kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::explain::{Fault, Photo};
use crate::picture::segment::Segmentation;

/// With more segments than this, 2^segments pictures are too many to run them all.
pub const EXACT_SEGMENTS: usize = 10;

/// The most samples of `auto`, where the spec does not say it.
pub const MOST_SAMPLES: usize = 4000;

/// Segments whose weights differ by less than this part of the largest weight count as equal, where the spec does not say it.
pub const TOLERANCE: f64 = 0.15;

/// When `auto` ends.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub most_samples: usize,
    /// In parts of the largest |weight|.
    pub tolerance: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SampleCount {
    /// So many.
    Number(#[schemars(range(min = 10, max = 100_000))] usize),
    Word(SampleWord),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleWord {
    /// Every combination of segments once: no randomness.
    Exact,
    /// Until the leading segments are settled; every combination where segments are few.
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Each mask drawn by itself.
    Random,
    /// Masks in which all segments are shown equally often and independently of each other.
    Balanced,
}

impl SampleCount {
    pub const EXACT: Self = Self::Word(SampleWord::Exact);
    pub const AUTO: Self = Self::Word(SampleWord::Auto);

    /// Keys that would change nothing.
    pub fn faults(
        self,
        design: Option<Design>,
        most_samples: Option<usize>,
        tolerance: Option<f64>,
    ) -> Vec<Fault> {
        let fault = |pointer: &str, message: &str, hint: &str| Fault {
            pointer: pointer.to_owned(),
            message: message.to_owned(),
            hint: hint.to_owned(),
        };
        let of_design = match (self, design) {
            (Self::Word(SampleWord::Auto), Some(Design::Random)) => Some(fault(
                "/design",
                "`samples: auto` adds replicates of a balanced design",
                "leave `design` out, or give a number of `samples`",
            )),
            (Self::Word(SampleWord::Exact), Some(_)) => Some(fault(
                "/design",
                "`samples: exact` takes every mask, so that there is none to be chosen",
                "leave `design` out, or give a number of `samples`",
            )),
            _ => None,
        };
        let of_most = (self != Self::AUTO && most_samples.is_some()).then(|| {
            fault(
                "/most_samples",
                "there is no cap without `samples: auto`",
                "leave `most_samples` out, or write `samples: auto`",
            )
        });
        let of_tolerance = (self != Self::AUTO && tolerance.is_some()).then(of_tolerance);
        of_design
            .into_iter()
            .chain(of_most)
            .chain(of_tolerance)
            .collect()
    }

    /// Whether every combination of a photo's segments is taken.
    pub fn is_exact(self, segments: &Segmentation, most_samples: usize) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Word(SampleWord::Exact) => true,
            Self::Word(SampleWord::Auto) => {
                segments.count <= EXACT_SEGMENTS && 1 << segments.count <= most_samples
            }
        }
    }
}

/// That nothing ends by it.
pub fn of_tolerance() -> Fault {
    Fault {
        pointer: "/tolerance".to_owned(),
        message: "nothing ends by a tolerance without `samples: auto`".to_owned(),
        hint: "leave `tolerance` out, or write `samples: auto`".to_owned(),
    }
}

/// Where `samples: exact` would take too many passes.
pub fn too_many_to_enumerate(photo: &Photo, segments: &Segmentation) -> Option<Fault> {
    (segments.count > EXACT_SEGMENTS).then(|| Fault {
        pointer: "/samples".to_owned(),
        message: format!(
            "photo `{}` has {} segments; `exact` takes at most {EXACT_SEGMENTS}",
            photo.id, segments.count
        ),
        hint: "give a number such as 1000, or make fewer segments".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_change_nothing_are_faults() {
        let pointers = |samples: SampleCount, design, most| -> Vec<String> {
            let faults = samples.faults(design, most, None).into_iter();
            faults.map(|fault| fault.pointer).collect()
        };
        let random = Some(Design::Random);
        assert_eq!(pointers(SampleCount::AUTO, random, Some(500)), ["/design"]);
        assert_eq!(
            pointers(SampleCount::EXACT, Some(Design::Balanced), Some(500)),
            ["/design", "/most_samples"]
        );
        let with_tolerance = SampleCount::Number(10).faults(None, None, Some(0.1));
        assert_eq!(with_tolerance[0].pointer, "/tolerance");
        assert!(pointers(SampleCount::Number(10), random, None).is_empty());
        assert!(pointers(SampleCount::AUTO, Some(Design::Balanced), Some(500)).is_empty());
    }

    #[test]
    fn auto_takes_every_combination_of_few_segments() {
        let segments = |count: usize| {
            let marks: Vec<usize> = (0..count).collect();
            Segmentation::relabelled(count, 1, &marks)
        };
        let is_exact = |count, most| SampleCount::AUTO.is_exact(&segments(count), most);
        assert!(is_exact(10, 4000) && !is_exact(11, 4000) && !is_exact(10, 1000));
        assert!(!SampleCount::Number(4000).is_exact(&segments(3), 4000));
    }
}
