//! The method of a map once more: on a copy of the photo, or on a network with other weights.

use std::sync::Arc;

use serde_json::Value;

use super::{GoOn, Judged};
use crate::explain::{ExplainError, Inputs, Known, Method, Passes, Photo, Sink, Unit, target_name};
use crate::model::Model;
use crate::results::{Results, Scalar};

impl Judged<'_> {
    /// The method with the classes that were explained in the place of the predicted one, which may be another one there.
    pub(super) fn of_photo(
        &self,
        inputs: &Inputs,
        scalar: &Scalar,
    ) -> Result<Box<dyn Method>, ExplainError> {
        let mut parameters = self.method.parameters(inputs);
        if let Some(named) = parameters.get_mut("class") {
            target_name::without_predicted(named, scalar);
        }
        let method = (self.entry.parse)(Value::Object(parameters));
        method.map_err(|error| ExplainError::Failed(error.to_string()))
    }
}

/// What a method finds for one photo.
pub(super) fn found(
    method: &dyn Method,
    (model, inputs): (&Model, Inputs),
    photo: Arc<Photo>,
    go_on: GoOn,
) -> Result<Results, ExplainError> {
    let unit = Unit {
        name: photo.id.clone(),
        photo: Some(0),
        part: crate::explain::Part::Whole,
    };
    let photos = [photo];
    let inputs = Inputs {
        photos: &photos,
        ..inputs
    };
    // Nothing that is known of the photo itself holds here.
    let known = Known::default();
    let passes = Passes::new(model, inputs, &known);
    let mut found = None;
    let mut keep = |_, results| {
        found = Some(results);
        Ok(())
    };
    let advanced = |_, _| go_on();
    method.run(&passes, &[unit], &mut Sink::new(&mut keep, &advanced))?;
    found.ok_or_else(|| ExplainError::Failed("the method found nothing".to_owned()))
}
