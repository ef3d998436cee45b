//! What a running method is given: the network, the photos, what was run before, and where results go.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use tch::Tensor;

use super::checks::references::References;
use super::recordings::Recordings;
use super::{ExplainError, Inputs, Photo, numbers};
use crate::model::{Model, ModelError, NodeId};
use crate::results::{PhotoFact, Results, Scalar};

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

/// What was found in this build and is asked for again.
#[derive(Debug, Default)]
pub struct Known {
    /// Scores of photos, by the digest of their file and the id.
    scores: RefCell<BTreeMap<PhotoName, Rc<Scores>>>,
    /// What passes left behind: a layer's output with the scores, or a gradient at a layer.
    recorded: RefCell<Recordings<Recorded>>,
    /// What maps of a photo and class are compared with.
    references: RefCell<BTreeMap<(PhotoName, Scalar), Rc<References>>>,
    /// Facts of labelled photos, by the digest of their file; `None` where no method of the build asks for them.
    photo_facts: Option<RefCell<BTreeMap<String, PhotoFact>>>,
}

/// The digest of a photo's file and its id.
type PhotoName = (String, String);

/// What of a photo was recorded: the outputs of nodes, or the gradient of a number at one.
#[derive(Debug, Clone, PartialEq)]
struct Recorded {
    photo: PhotoName,
    nodes: Vec<NodeId>,
    gradient_of: Option<Scalar>,
}

impl Known {
    /// `keeps_photo_facts` where a method that is still to run asks for facts of photos: who decodes one first, keeps them.
    pub fn new(keeps_photo_facts: bool) -> Self {
        Self {
            photo_facts: keeps_photo_facts.then(RefCell::default),
            ..Self::default()
        }
    }
}

impl<'a> Passes<'a> {
    pub fn new(model: &'a Model, inputs: Inputs<'a>, known: &'a Known) -> Self {
        Self {
            model,
            inputs,
            known,
        }
    }

    /// The same with other photos, so that a method explains what another one has chosen.
    pub fn of_photos<'b>(&self, photos: &'b [std::sync::Arc<Photo>]) -> Passes<'b>
    where
        'a: 'b,
    {
        Passes {
            model: self.model,
            inputs: Inputs {
                photos,
                ..self.inputs
            },
            known: self.known,
        }
    }

    /// Whether facts of labelled photos are worth keeping.
    pub fn keeps_photo_facts(&self) -> bool {
        self.known.photo_facts.is_some()
    }

    pub fn keep_photo_fact(&self, digest: &str, fact: PhotoFact) {
        if let Some(facts) = &self.known.photo_facts {
            facts.borrow_mut().insert(digest.to_owned(), fact);
        }
    }

    /// What another method kept of the file.
    pub fn photo_fact(&self, digest: &str) -> Option<PhotoFact> {
        let facts = self.known.photo_facts.as_ref()?;
        facts.borrow().get(digest).cloned()
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

    /// Outputs of nodes for a photo, without gradients: known from another method, or run.
    pub fn recorded(
        &self,
        photo: &Photo,
        nodes: &[NodeId],
    ) -> Result<Rc<Vec<Tensor>>, ExplainError> {
        self.known_or(photo, nodes, None, &|| {
            let _no_gradient = tch::no_grad_guard();
            Ok(self.model.record(&self.input(photo)?, nodes, &[])?)
        })
    }

    /// The gradient of a number of the scores at a node's output, as `find` finds it where no other method asked for it.
    pub(super) fn gradient_at(
        &self,
        photo: &Photo,
        (node, scalar): (NodeId, &Scalar),
        find: &dyn Fn() -> Result<Tensor, ExplainError>,
    ) -> Result<Tensor, ExplainError> {
        let found = self.known_or(photo, &[node], Some(scalar), &|| Ok(vec![find()?]))?;
        Ok(found[0].shallow_clone())
    }

    fn known_or(
        &self,
        photo: &Photo,
        nodes: &[NodeId],
        gradient_of: Option<&Scalar>,
        find: &dyn Fn() -> Result<Vec<Tensor>, ExplainError>,
    ) -> Result<Rc<Vec<Tensor>>, ExplainError> {
        let key = Recorded {
            photo: (photo.digest.clone(), photo.id.clone()),
            nodes: nodes.to_vec(),
            gradient_of: gradient_of.cloned(),
        };
        if let Some(known) = self.known.recorded.borrow_mut().find(&key) {
            return Ok(known);
        }
        let found = find()?;
        Ok(self.known.recorded.borrow_mut().keep(key, found))
    }

    /// What maps of a photo and number are compared with: known, or as `find` finds it.
    pub(super) fn references(
        &self,
        photo: &Photo,
        scalar: &Scalar,
        find: impl FnOnce() -> Result<References, ExplainError>,
    ) -> Result<Rc<References>, ExplainError> {
        let name = ((photo.digest.clone(), photo.id.clone()), scalar.clone());
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
