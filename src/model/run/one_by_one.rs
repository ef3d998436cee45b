//! Graphs that hold for one picture only: an export without a free number of pictures writes the number 1 into them.

use std::sync::atomic::Ordering;

use tch::{TchError, Tensor};

use super::pass::{Change, Pass};
use super::program::Program;
use super::weights::Weights;
use crate::model::error::ModelError;
use crate::model::facts::AtOnce;

impl Program {
    /// For a network that can be given so many pictures at once.
    pub fn giving(self, at_once: AtOnce) -> Self {
        if at_once == AtOnce::One {
            self.go_one_by_one();
        }
        self
    }

    /// From now on several pictures are run one after the other.
    pub fn go_one_by_one(&self) {
        self.one_by_one.store(true, Ordering::Relaxed);
    }

    pub fn is_one_by_one(&self) -> bool {
        self.one_by_one.load(Ordering::Relaxed)
    }

    /// A pass for each picture; what they give one behind the other, as a graph for any number of pictures would.
    /// `change` is given the tensors of each picture by itself.
    pub(super) fn run_one_by_one(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let mut outputs: Vec<Vec<Tensor>> = pass.wanted.iter().map(|_| Vec::new()).collect();
        for picture in 0..pass.pictures {
            let given = pass.given.iter();
            let given =
                given.map(|(value, tensor)| Ok((*value, rows_of(tensor, picture, pass.pictures)?)));
            let one = Pass {
                given: given.collect::<Result<_, TchError>>()?,
                pictures: 1,
                ..*pass
            };
            let found = self.run_at_once(&one, weights, &mut *change)?;
            for (outputs, output) in outputs.iter_mut().zip(found) {
                outputs.push(output);
            }
        }
        let joined = outputs
            .iter()
            .map(|of_pictures| Tensor::f_cat(of_pictures, 0));
        Ok(joined.collect::<Result<_, _>>()?)
    }
}

/// What a tensor holds of one picture: parts of pictures, such as windows, lie one picture behind the other.
fn rows_of(tensor: &Tensor, picture: i64, pictures: i64) -> Result<Tensor, TchError> {
    let rows = tensor.size().first().copied().unwrap_or(0) / pictures;
    tensor.f_narrow(0, picture * rows, rows)
}
