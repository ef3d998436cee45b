//! Does the network give the numbers that its author got? Arrays in, differences out. Scores are compared with
//! scores, probabilities with probabilities.

use std::path::Path;

use serde::Serialize;
use tch::{Kind, Tensor};

use crate::explain::numbers::activated;
use crate::model::{Model, ModelError, OutputActivation};
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

/// What of the network is compared: what the expected numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Before a closing softmax or sigmoid.
    Scores,
    /// Softmax or sigmoid of the scores.
    Probabilities,
    /// Logarithms of these.
    LogProbabilities,
    /// What the file itself gives, where that is none of the others.
    Output,
}

impl Compared {
    /// As the text of an inspection names it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Probabilities => "probabilities",
            Self::LogProbabilities => "log-probabilities",
            Self::Output => "numbers as the file gives them",
        }
    }
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
/// those in `expect`, [N, classes] or [classes]; or its probabilities, or their logarithms, where these are
/// what is expected.
pub fn verify(
    model: &Model,
    input: &Path,
    expect: &Path,
    tolerance: f64,
) -> Result<Verification, VerifyError> {
    let input = batched(array(input)?, 3, &input.display().to_string())?;
    let name = expect.display().to_string();
    let expected = expected(model, array(expect)?, input.size()[0], &name)?;
    let columns = expected.size()[1];
    let mut found = Vec::new();
    for (compared, numbers) in numbers(model, &input)? {
        // One number a picture: that of the second of two classes.
        let numbers = match (model.activation(), columns) {
            (OutputActivation::SigmoidOfOne, 1) if numbers.size()[1] == 2 => {
                numbers.f_narrow(1, 1, 1)?
            }
            _ => numbers,
        };
        if numbers.size() == expected.size() {
            found.push(compare(&numbers, &expected, compared, tolerance)?);
        }
    }
    let looks_like = looks_like(&expected)?;
    let best = found.iter().position(|one| one.holds);
    let best = best.or_else(|| found.iter().position(|one| one.compared == looks_like));
    if found.is_empty() {
        let (got, expected) = ([input.size()[0], model.classes() as i64], expected.size());
        let message = format!("the network gives {got:?} scores, {expected:?} are expected");
        return Err(VerifyError::Shape(message));
    }
    Ok(found.swap_remove(best.unwrap_or(0)))
}

/// Everything that somebody may call the network's answer, the likeliest first.
fn numbers(model: &Model, input: &Tensor) -> Result<Vec<(Compared, Tensor)>, VerifyError> {
    let scores = rows(model, Model::scores, input)?;
    let probabilities = activated(&scores, model.activation())?;
    let logarithms = match model.activation() {
        OutputActivation::Softmax => scores.f_log_softmax(1, Kind::Double)?,
        OutputActivation::Sigmoid | OutputActivation::SigmoidOfOne => scores.f_log_sigmoid()?,
    };
    Ok(vec![
        (Compared::Scores, scores),
        (Compared::Probabilities, probabilities),
        (Compared::LogProbabilities, logarithms),
        (Compared::Output, rows(model, Model::output, input)?),
    ])
}

/// [N, numbers]; of a network that gives one number, N of them are those of N pictures.
fn expected(
    model: &Model,
    array: Tensor,
    pictures: i64,
    name: &str,
) -> Result<Tensor, VerifyError> {
    let is_one = model.activation() == OutputActivation::SigmoidOfOne;
    match array.size().as_slice() {
        [count] if is_one && *count == pictures => Ok(array.f_unsqueeze(1)?),
        _ => batched(array, 1, name),
    }
}

/// What numbers of [N, classes] are, by their range and sums.
fn looks_like(expected: &Tensor) -> Result<Compared, VerifyError> {
    const TOLERANCE: f64 = 1e-3;
    let expected = expected.f_to_kind(Kind::Double)?;
    let (low, high) = (expected.f_min()?, expected.f_max()?);
    let (low, high) = (low.f_double_value(&[])?, high.f_double_value(&[])?);
    if low >= 0.0 && high <= 1.0 {
        return Ok(Compared::Probabilities);
    }
    let sums = expected
        .f_exp()?
        .f_sum_dim_intlist([1].as_slice(), false, Kind::Double)?;
    let off = (sums - 1.0).f_abs()?.f_max()?.f_double_value(&[])?;
    Ok(match high <= 0.0 && off < TOLERANCE {
        true => Compared::LogProbabilities,
        false => Compared::Scores,
    })
}

/// Channels, height and width of the pictures in an array; `None` where [`verify`] will say why not.
pub fn shape_of_pictures(input: &Path) -> Option<[i64; 3]> {
    let size = array(input).ok()?.size();
    let picture = match size.as_slice() {
        [_, picture @ ..] if size.len() == 4 => picture,
        picture => picture,
    };
    picture.try_into().ok()
}

/// The array in a file, in its own shape.
fn array(file: &Path) -> Result<Tensor, VerifyError> {
    match Input::open(file, None) {
        Ok(Input::Array(stored)) => Ok(stored.tensor()),
        Ok(Input::Picture(..)) | Err(InputError::Picture(_)) => {
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
    let message = format!("`{name}` is {size:?}; expected {right}");
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
