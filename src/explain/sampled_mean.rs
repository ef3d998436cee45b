//! How many random samples the estimate of a map takes: a number, or as many as make its standard error small.
//!
//! The error of a map is the length of its standard errors over its own length, √(Σ SE² / Σ v²), over all numbers of the
//! map: the share of what is seen that is the accident of the samples. It is looked at after every round of so many
//! samples, whatever the size of a batch, so that equal seeds stop at equal samples.

use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{ExplainError, Fault};
use crate::results::{Sampling, Settling, error_share};

/// The error that is small enough where the spec does not say it.
pub const TOLERANCE: f64 = 0.25;

/// `samples` of a method: a number from `LEAST` to `MOST`, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Samples<const LEAST: usize, const MOST: usize> {
    Number(usize),
    Word(Auto),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    Auto,
}

/// How many samples, and how often the error is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    pub most: usize,
    /// Samples between two looks.
    pub round: usize,
    /// The error at which sampling ends; `None` where all samples are taken.
    pub tolerance: Option<f64>,
}

impl<const LEAST: usize, const MOST: usize> Samples<LEAST, MOST> {
    pub const AUTO: Self = Self::Word(Auto::Auto);

    /// `most` and `tolerance` are those of the spec, or else `default_most` and [`TOLERANCE`].
    pub fn count(
        self,
        (most, default_most): (Option<usize>, usize),
        tolerance: Option<f64>,
        round: usize,
    ) -> Count {
        match self {
            Self::Number(most) => Count {
                most,
                round,
                tolerance: None,
            },
            Self::Word(Auto::Auto) => Count {
                most: most.unwrap_or(default_most),
                round,
                tolerance: Some(tolerance.unwrap_or(TOLERANCE)),
            },
        }
    }

    /// Keys that would change nothing.
    pub fn faults(self, most: Option<usize>, tolerance: Option<f64>) -> Vec<Fault> {
        let given = [
            ("most_samples", most.is_some()),
            ("tolerance", tolerance.is_some()),
        ];
        let useless = given.into_iter().filter(|(_, is_given)| *is_given);
        match self {
            Self::Word(Auto::Auto) => Vec::new(),
            Self::Number(_) => useless
                .map(|(key, _)| Fault {
                    pointer: format!("/{key}"),
                    message: format!("`{key}` means something with `samples: auto` only"),
                    hint: "leave it out, or write `samples: auto`".to_owned(),
                })
                .collect(),
        }
    }
}

impl Count {
    /// All of so many samples.
    pub fn fixed(most: usize) -> Self {
        Self {
            most,
            round: most.max(1),
            tolerance: None,
        }
    }

    /// Takes samples, round by round; `take` takes those of a range, `estimate` says what all of them gave.
    pub fn sample<S>(
        self,
        state: &mut S,
        mut take: impl FnMut(&mut S, Range<usize>) -> Result<(), ExplainError>,
        estimate: impl Fn(&S) -> (Vec<f64>, Option<Vec<f64>>),
    ) -> Result<(Vec<f64>, Sampling), ExplainError> {
        let mut done = 0;
        loop {
            let next = (done + self.round.max(1)).min(self.most);
            take(state, done..next)?;
            done = next;
            let is_last = done >= self.most;
            let Some(tolerance) = self.tolerance else {
                match is_last {
                    true => break,
                    false => continue,
                }
            };
            let (values, errors) = estimate(state);
            let is_settled = errors
                .as_ref()
                .is_some_and(|errors| error_share(&values, errors) <= tolerance);
            if is_settled || is_last {
                let settling = Settling {
                    is_settled,
                    most_samples: self.most,
                    tolerance,
                };
                return Ok((values, sampling(done, errors, Some(settling))));
            }
        }
        let (values, errors) = estimate(state);
        Ok((values, sampling(done, errors, None)))
    }
}

fn sampling(samples: usize, errors: Option<Vec<f64>>, settling: Option<Settling>) -> Sampling {
    let single = |errors: Vec<f64>| errors.into_iter().map(|error| error as f32).collect();
    Sampling {
        samples,
        standard_errors: errors.map(single),
        settling,
    }
}

impl<const LEAST: usize, const MOST: usize> JsonSchema for Samples<LEAST, MOST> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Samples{LEAST}To{MOST}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": LEAST, "maximum": MOST },
            { "type": "string", "enum": ["auto"] },
        ]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::moments::Moments;
    use crate::explain::seed::Numbers;

    fn sampled(count: Count, seed: u64, deviation: f64) -> (Vec<f64>, Sampling) {
        let mut numbers = Numbers::new(seed, "test", "sampled mean");
        let mut moments = Moments::new(50);
        let take = |moments: &mut Moments, range: Range<usize>| {
            for _ in range {
                moments.add((0..50).map(|at| f64::from(at) / 10.0 + deviation * numbers.normal()));
            }
            Ok(())
        };
        let estimate =
            |moments: &Moments| (moments.mean().to_vec(), moments.standard_errors_of_mean());
        count.sample(&mut moments, take, estimate).unwrap()
    }

    /// The map has the length √(Σ v²) = 20.1, each of 50 errors is σ/√n: 0.05 is reached at n = (√50 σ / (0.05 · 20.1))².
    #[test]
    fn sampling_ends_where_the_error_is_small() {
        let count = Count {
            most: 5000,
            round: 10,
            tolerance: Some(0.05),
        };
        let (_, sampling) = sampled(count, 1, 3.0);
        let expected = 50.0 * 9.0 / (0.05 * 20.1_f64).powi(2);
        let settling = sampling.settling.unwrap();
        assert!(settling.is_settled && sampling.samples % 10 == 0);
        let samples = sampling.samples as f64;
        assert!(
            (samples / expected - 1.0).abs() < 0.1,
            "{samples} {expected}"
        );
        let (values, again) = sampled(count, 1, 3.0);
        assert_eq!(
            (values, again.samples),
            (sampled(count, 1, 3.0).0, sampling.samples)
        );
        let capped = Count { most: 95, ..count };
        let (_, sampling) = sampled(capped, 1, 3.0);
        assert_eq!(sampling.samples, 95, "the last round is cut");
        assert!(!sampling.settling.unwrap().is_settled);
    }

    /// The standard error is the spread of independent estimates.
    #[test]
    fn errors_are_those_of_independent_runs() {
        let runs: Vec<(Vec<f64>, Sampling)> = (0..200)
            .map(|seed| sampled(Count::fixed(40), seed, 2.0))
            .collect();
        let mut spread = Moments::new(50);
        let mut stated = Moments::new(50);
        for (values, sampling) in &runs {
            spread.add(values.iter().copied());
            let errors = sampling.standard_errors.as_ref().unwrap();
            stated.add(errors.iter().map(|error| f64::from(*error).powi(2)));
        }
        let spread: f64 = spread.variance().iter().sum();
        let stated: f64 = stated.mean().iter().sum();
        // Of 200 runs of 50 numbers the ratio is known to √(2 / 10,000) = 1.4 %.
        assert!((spread / stated - 1.0).abs() < 0.05, "{spread} {stated}");
    }

    #[test]
    fn keys_without_effect_are_faults() {
        type Ten = Samples<10, 1000>;
        assert!(Ten::AUTO.faults(Some(50), Some(0.2)).is_empty());
        let faults = Ten::Number(50).faults(Some(50), Some(0.2));
        let pointers: Vec<&str> = faults.iter().map(|fault| &*fault.pointer).collect();
        assert_eq!(pointers, ["/most_samples", "/tolerance"]);
        let auto: Ten = serde_json::from_value("auto".into()).unwrap();
        assert_eq!(auto, Ten::AUTO);
    }
}
