//! What a running method is given: the network, the photos, what was run before, and where results go.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use tch::Tensor;

use super::checks::insertion_deletion::References;
use super::{ExplainError, Inputs, Photo, numbers};
use crate::model::{Model, ModelError};
use crate::results::Results;

/// The scores of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// By class, before the softmax or sigmoid that makes the probabilities.
    pub scores: Vec<f32>,
    /// By class, 0..1.
    pub probabilities: Vec<f64>,
}

impl Scores {
    /// The class of the largest probability; of equals the lowest.
    pub fn predicted(&self) -> usize {
        let largest = numbers::largest(&self.probabilities, 1);
        largest.first().copied().unwrap_or(0)
    }
}

/// The network with a figure's photos. It borrows the model and cannot change it. Scores that one method asked
/// for are not computed again for the next one.
pub struct Passes<'a> {
    pub model: &'a Model,
    pub inputs: Inputs<'a>,
    known: &'a Known,
}

/// What was run before in the same build.
#[derive(Debug, Default)]
pub struct Known {
    /// By the digest of a photo's file and its id.
    scores: RefCell<BTreeMap<PhotoName, Rc<Scores>>>,
    /// What maps of a photo and class are compared with.
    references: RefCell<BTreeMap<(PhotoName, usize), Rc<References>>>,
}

/// The digest of a photo's file and its id.
type PhotoName = (String, String);

impl<'a> Passes<'a> {
    pub fn new(model: &'a Model, inputs: Inputs<'a>, known: &'a Known) -> Self {
        Self {
            model,
            inputs,
            known,
        }
    }

    /// A photo of the figure.
    pub fn photo(&self, index: Option<usize>) -> Result<&'a Photo, ExplainError> {
        let photo = index.and_then(|index| self.inputs.photos.get(index));
        let photo = photo.map(std::sync::Arc::as_ref);
        photo
            .ok_or_else(|| ExplainError::Failed("the unit names no photo of the figure".to_owned()))
    }

    /// The network's input of a photo, [1, C, H, W]. Photos run one by one, so that the numbers of one never
    /// depend on which others run beside it.
    pub fn input(&self, photo: &Photo) -> Result<Tensor, ExplainError> {
        photo.tensor(self.model.device())
    }

    /// All scores of a photo, in the report's precision.
    pub fn scores(&self, photo: &Photo) -> Result<Rc<Scores>, ExplainError> {
        let name = (photo.digest.clone(), photo.id.clone());
        if let Some(known) = self.known.scores.borrow().get(&name) {
            return Ok(known.clone());
        }
        let _no_gradient = tch::no_grad_guard();
        let scores = self.model.scores(&self.input(photo)?);
        let scores = scores.map_err(|error| of_photo(photo, error))?;
        let mut rows = numbers::probabilities(&scores, self.model.activation())?;
        let found = Rc::new(Scores {
            scores: numbers::values(&scores)?,
            probabilities: rows.pop().unwrap_or_default(),
        });
        self.known.scores.borrow_mut().insert(name, found.clone());
        Ok(found)
    }

    /// What maps of a photo and class are compared with: known, or as `find` finds it.
    pub(super) fn references(
        &self,
        photo: &Photo,
        class: usize,
        find: impl FnOnce() -> Result<References, ExplainError>,
    ) -> Result<Rc<References>, ExplainError> {
        let name = ((photo.digest.clone(), photo.id.clone()), class);
        if let Some(known) = self.known.references.borrow().get(&name) {
            return Ok(known.clone());
        }
        let found = Rc::new(find()?);
        let mut known = self.known.references.borrow_mut();
        known.insert(name, found.clone());
        Ok(found)
    }
}

/// The error with the name of the photo, where it is the photo's.
pub(super) fn of_photo(photo: &Photo, error: impl Into<ExplainError>) -> ExplainError {
    match error.into() {
        ExplainError::Model(error) if matches!(*error, ModelError::ScoresNotFinite { .. }) => {
            ExplainError::Failed(format!("`{}`: {error}", photo.id))
        }
        error => error,
    }
}

/// Takes results as they come.
pub struct Sink<'a> {
    found: &'a mut dyn FnMut(usize, Results) -> Result<(), ExplainError>,
    advanced: &'a dyn Fn(usize, usize) -> ControlFlow<()>,
}

impl<'a> Sink<'a> {
    /// `found(unit, results)` keeps a result, `unit` the index in those that were to be run; `advanced(done,
    /// total)` is told how far the method is and may stop it.
    pub fn new(
        found: &'a mut dyn FnMut(usize, Results) -> Result<(), ExplainError>,
        advanced: &'a dyn Fn(usize, usize) -> ControlFlow<()>,
    ) -> Self {
        Self { found, advanced }
    }

    /// Keeps the result of a unit.
    pub fn found(&mut self, unit: usize, results: Results) -> Result<(), ExplainError> {
        (self.found)(unit, results)
    }

    /// Says how far the method is; an error where it is to stop.
    pub fn advanced(&self, done: usize, total: usize) -> Result<(), ExplainError> {
        match (self.advanced)(done, total) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ExplainError::Cancelled),
        }
    }
}
