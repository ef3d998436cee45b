//! Does the network give the scores that its author got? Arrays in, differences out.

use std::path::Path;

use serde::Serialize;
use tch::{Kind, Tensor};

use crate::model::{Model, ModelError};
use crate::picture::{Input, InputError};

/// Pictures that run at once.
const BATCH: i64 = 16;

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Input(InputError),
    #[error(
        "`{0}` is not an array; expected a `.npy` file of `numpy.save` or a `.safetensors` file of one tensor"
    )]
    NoArray(String),
    #[error(transparent)]
    Model(#[from] Box<ModelError>),
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    #[error("{0}")]
    Shape(String),
}

/// What of the network is nearest to what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Before a closing softmax or sigmoid.
    Scores,
    /// What the file itself gives.
    Output,
}

#[derive(Debug, Serialize)]
pub struct Verification {
    pub compared: Compared,
    /// Rows compared: pictures.
    pub rows: usize,
    pub classes: usize,
    /// Largest difference of a score.
    pub absolute: f64,
    /// The same over the largest expected score.
    pub relative: f64,
    /// Largest magnitude of an expected score.
    pub largest_expected: f64,
    /// Rows whose largest score is of the same class.
    pub top1_agree: usize,
    pub tolerance: f64,
    pub holds: bool,
    /// The first rows beyond the tolerance.
    pub beyond: Vec<Row>,
    pub rows_beyond: usize,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub row: usize,
    /// Class of its largest difference.
    pub class: usize,
    pub got: f64,
    pub expected: f64,
}

/// Runs the array in `input`, [N, C, H, W] or [C, H, W], already normalised, and compares its scores with
/// those in `expect`, [N, classes] or [classes].
pub fn verify(
    model: &Model,
    input: &Path,
    expect: &Path,
    tolerance: f64,
) -> Result<Verification, VerifyError> {
    let input = batched(array(input)?, 3, &input.display().to_string())?;
    let expected = batched(array(expect)?, 1, &expect.display().to_string())?;
    let got = [Model::scores, Model::output].map(|run| rows(model, run, &input));
    let [scores, output] = got;
    let (scores, output) = (scores?, output?);
    if scores.size() != expected.size() {
        let (got, expected) = (scores.size(), expected.size());
        let message = format!("the network gives {got:?} scores, {expected:?} are expected");
        return Err(VerifyError::Shape(message));
    }
    // Who asks another program for what the file gives gets it with the softmax that closes it.
    let of_scores = compare(&scores, &expected, Compared::Scores, tolerance)?;
    if of_scores.holds || scores == output {
        return Ok(of_scores);
    }
    let of_output = compare(&output, &expected, Compared::Output, tolerance)?;
    Ok(match of_output.relative < of_scores.relative {
        true => of_output,
        false => of_scores,
    })
}

/// The array in a file, in its own shape.
fn array(file: &Path) -> Result<Tensor, VerifyError> {
    match Input::open(file, None) {
        Ok(Input::Array(stored)) => Ok(stored.tensor()),
        Ok(Input::Picture(_)) | Err(InputError::Picture(_)) => {
            Err(VerifyError::NoArray(file.display().to_string()))
        }
        Err(error) => Err(VerifyError::Input(error)),
    }
}

/// With a dimension for the batch, where there is one picture without it.
fn batched(array: Tensor, rank: usize, name: &str) -> Result<Tensor, VerifyError> {
    let size = array.size();
    if size.len() == rank {
        return Ok(array.f_unsqueeze(0)?);
    }
    if size.len() == rank + 1 && size[0] > 0 {
        return Ok(array);
    }
    let right = match rank {
        1 => "[N, classes] or [classes]",
        _ => "[N, C, H, W] or [C, H, W]",
    };
    let message = format!("`{name}` is {size:?}; {right} would be right");
    Err(VerifyError::Shape(message))
}

fn rows(
    model: &Model,
    run: fn(&Model, &Tensor) -> Result<Tensor, ModelError>,
    input: &Tensor,
) -> Result<Tensor, VerifyError> {
    let count = input.size()[0];
    let mut all = Vec::new();
    for start in (0..count).step_by(BATCH as usize) {
        let pictures = input.f_narrow(0, start, BATCH.min(count - start))?;
        let pictures = pictures.f_to_device(model.device())?;
        let rows = run(model, &pictures).map_err(Box::new)?;
        all.push(
            rows.f_to_device(tch::Device::Cpu)?
                .f_to_kind(Kind::Double)?,
        );
    }
    Ok(Tensor::f_cat(&all, 0)?)
}

/// Of two [N, classes].
fn compare(
    got: &Tensor,
    expected: &Tensor,
    compared: Compared,
    tolerance: f64,
) -> Result<Verification, VerifyError> {
    const SHOWN: usize = 5;
    let (rows, classes) = got.size2()?;
    let numbers = |tensor: &Tensor| -> Result<Vec<f64>, VerifyError> {
        let flat = tensor.f_to_kind(Kind::Double)?.f_contiguous()?.f_view(-1)?;
        Ok(Vec::try_from(&flat)?)
    };
    let (got, expected) = (numbers(got)?, numbers(expected)?);
    let magnitude = |largest: f64, value: &f64| largest.max(value.abs());
    let largest_expected = expected.iter().fold(0.0, magnitude);
    let (mut absolute, mut top1_agree, mut beyond) = (0.0, 0, Vec::new());
    let width = classes.max(1) as usize;
    for (row, (got, expected)) in got.chunks(width).zip(expected.chunks(width)).enumerate() {
        // What is not a number differs from everything.
        let difference = |class: &usize| {
            let difference = (got[*class] - expected[*class]).abs();
            if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            }
        };
        let worst = (0..got.len()).max_by(|a, b| difference(a).total_cmp(&difference(b)));
        let Some(class) = worst else { continue };
        absolute = f64::max(absolute, difference(&class));
        top1_agree += usize::from(top(got) == top(expected));
        if difference(&class) > tolerance * largest_expected {
            beyond.push(Row {
                row,
                class,
                got: got[class],
                expected: expected[class],
            });
        }
    }
    let rows_beyond = beyond.len();
    beyond.truncate(SHOWN);
    Ok(Verification {
        compared,
        rows: rows as usize,
        classes: classes as usize,
        absolute,
        relative: if absolute == 0.0 {
            0.0
        } else {
            absolute / largest_expected
        },
        largest_expected,
        top1_agree,
        tolerance,
        holds: rows_beyond == 0,
        beyond,
        rows_beyond,
    })
}

/// The class of the largest score, the first of equals.
fn top(scores: &[f64]) -> usize {
    let better = |best: usize, class: usize| {
        if scores[class] > scores[best] {
            class
        } else {
            best
        }
    };
    (0..scores.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_of_the_largest_expected_score() {
        let got = Tensor::from_slice(&[1.0, 2.0, -4.0, 0.0, 3.0, 1.0]).view([2, 3]);
        let expected = Tensor::from_slice(&[1.0, 2.5, -4.0, 0.0, 3.0, 3.5]).view([2, 3]);
        let found = compare(&got, &expected, Compared::Scores, 0.2).unwrap();
        assert_eq!((found.absolute, found.relative), (2.5, 0.625));
        assert_eq!((found.rows, found.top1_agree, found.holds), (2, 1, false));
        let rows: Vec<_> = found
            .beyond
            .iter()
            .map(|row| (row.row, row.class))
            .collect();
        assert_eq!(rows, [(1, 2)]);
        assert!(
            compare(&got, &expected, Compared::Scores, 0.625)
                .unwrap()
                .holds
        );
        let nan = Tensor::from_slice(&[f64::NAN, 2.0, 1.0, 0.0, 3.0, 1.0]).view([2, 3]);
        assert!(
            !compare(&nan, &expected, Compared::Scores, 1e9)
                .unwrap()
                .holds
        );
    }
}
