//! What methods of maps of a class share: photo after photo, the class and its gradient, sums that are doubled, the map as a result.

use tch::Tensor;

use super::class_gradients::gradients;
use super::target_name::{Takes, TargetName, Wanted};
use super::{
    ExplainError, Fault, Inputs, Passes, Photo, Sink, Unit, chosen, numbers, target, target_name,
};
use crate::labels::{ClassName, PREDICTED};
use crate::model::Model;
use crate::results::{Attributions, Meaning, Place, Results, Scalar, ScalarTarget, Target};

/// The default of every `class`.
pub fn predicted() -> TargetName {
    TargetName::Class(ClassName::Name(PREDICTED.to_owned()))
}

/// No photo, or a class that is not there.
pub fn faults(inputs: &Inputs, class: &TargetName, takes: Takes) -> Vec<Fault> {
    let mut faults = chosen::photo_faults(inputs);
    let wanted = target_name::wanted(inputs.labels, class, takes);
    faults.extend(wanted.err().into_iter().flatten());
    faults
}

/// A limit to which steps are doubled that is below where they begin.
pub fn most_steps_fault(steps: usize, most_steps: usize) -> Option<Fault> {
    (most_steps < steps).then(|| Fault {
        pointer: "/most_steps".to_owned(),
        message: format!("{most_steps} is below `steps`, {steps}"),
        hint: "give as many or more".to_owned(),
    })
}

/// A sum whose steps are doubled, up to a most, until it is `difference` but for a share of it.
pub fn until_complete(
    (steps, most_steps): (usize, usize),
    (difference, share): (f64, f64),
    sum: &dyn Fn(usize) -> Result<Tensor, ExplainError>,
) -> Result<Tensor, ExplainError> {
    let mut steps = steps;
    loop {
        let values = sum(steps)?;
        let found = values.f_sum(None)?.f_double_value(&[])?;
        let is_complete = (found - difference).abs() <= share * difference.abs();
        if is_complete || steps * 2 > most_steps {
            return Ok(values);
        }
        steps *= 2;
    }
}

/// Says how many of a photo's parts are done; an error where the method is to stop.
pub type Step<'a> = &'a dyn Fn(usize) -> Result<(), ExplainError>;

/// Explains photo after photo; `parts` is how many steps of equal cost each takes.
pub fn each_photo(
    passes: &Passes,
    units: &[Unit],
    sink: &mut Sink,
    parts: usize,
    explain: &dyn Fn(&Photo, Step) -> Result<Attributions, ExplainError>,
) -> Result<(), ExplainError> {
    let total = units.len() * parts;
    for (index, unit) in units.iter().enumerate() {
        let step = |done: usize| sink.advanced(index * parts + done.min(parts), total);
        let found = explain(passes.photo(unit.photo)?, &step)?;
        sink.found(index, Results::Attributions(found))?;
        sink.advanced((index + 1) * parts, total)?;
    }
    Ok(())
}

/// The gradient of a number of the scores at `input` [1, C, H, W], in float32, with the number there.
pub fn at_photo(
    passes: &Passes,
    input: &Tensor,
    class: &Wanted,
) -> Result<(Tensor, ScalarTarget), ExplainError> {
    let found = gradients(
        passes.model.activation(),
        &|x: &Tensor| passes.model.scores(x),
        input,
        class,
    )?;
    let target = found.targets.into_iter().next();
    let target = target.ok_or_else(|| ExplainError::Failed("there is no score".to_owned()))?;
    Ok((found.gradient, target))
}

/// The gradients of a number of the scores at inputs [N, C, H, W], one row an input, with the numbers.
pub fn at_inputs(
    model: &Model,
    inputs: &Tensor,
    scalar: &Scalar,
) -> Result<(Vec<Vec<f64>>, Vec<f64>), ExplainError> {
    let found = gradients(
        model.activation(),
        &|x: &Tensor| model.scores(x),
        inputs,
        &Wanted::from(scalar),
    )?;
    let numbers = found.targets.iter().map(ScalarTarget::value);
    let count = found.targets.len().max(1);
    let all = numbers::precise_values(&found.gradient)?;
    let rows = all.chunks((all.len() / count).max(1));
    Ok((rows.map(<[f64]>::to_vec).collect(), numbers.collect()))
}

/// The number for a photo, in the precision of scores, as methods without gradients take it.
pub fn of_scores(
    passes: &Passes,
    photo: &Photo,
    class: &Wanted,
) -> Result<ScalarTarget, ExplainError> {
    let whole = passes.scores(photo)?;
    let scores: Vec<f64> = whole.scores.iter().copied().map(f64::from).collect();
    target::new(class, &scores, &whole.probabilities)
}

/// A map over the network's input; an error where a number of `values` [C, H, W] is not finite.
pub fn over_input(
    target: ScalarTarget,
    meaning: Meaning,
    values: &Tensor,
    sums_to: Option<f64>,
) -> Result<Attributions, ExplainError> {
    let values = numbers::volume(values)?;
    if values.values.iter().any(|value| !value.is_finite()) {
        return Err(ExplainError::Failed(
            "the map has numbers that are not finite".to_owned(),
        ));
    }
    Ok(Attributions {
        target: Target::Class(target),
        place: Place::Input,
        meaning,
        values,
        sums_to,
        sampling: None,
    })
}

/// Plain numbers as a tensor of the shape of `like` [1, C, H, W], without its first size.
pub fn as_volume(values: &[f64], like: &Tensor) -> Result<Tensor, ExplainError> {
    let (_, channels, height, width) = like.size4()?;
    Ok(Tensor::f_from_slice(values)?.f_view([channels, height, width])?)
}
