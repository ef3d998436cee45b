//! Whether the scores of a picture depend on the pictures beside it in a batch.

use tch::{TchError, Tensor};

use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::run::Program;

/// Larger differences, relative to the largest score, are not rounding.
const TOLERANCE: f64 = 1e-3;
/// Nor are those so many times larger than what a second copy of the same picture changes.
const BEYOND_ROUNDING: f64 = 100.0;

/// Runs the first of two pictures alone and beside the other; the scores that it gets alone.
pub fn check(program: &Program, pictures: &Tensor, scores: NodeId) -> Result<Tensor, ModelError> {
    let one = pictures.f_narrow(0, 0, 1)?;
    let run =
        |input: &Tensor| Ok::<_, ModelError>(program.record(input, &[scores], &[])?.remove(0));
    let alone = run(&one)?;
    let both = run(pictures)?; // `at_once` has seen two rows
    let difference = relative_difference(&alone, &both.f_narrow(0, 0, 1)?)?;
    if difference <= TOLERANCE {
        return Ok(alone);
    }
    let twins = run(&Tensor::f_cat(&[&one, &one], 0)?)?;
    let rounding = relative_difference(&alone, &twins.f_narrow(0, 0, 1)?)?;
    if difference <= BEYOND_ROUNDING * rounding {
        return Ok(alone);
    }
    let node = first_different(program, &one, pictures)?.unwrap_or(scores);
    Err(ModelError::DependsOnCompany {
        place: program.graph().nodes[node.0].place(),
        percent: (difference * 100.0).round() as u64,
    })
}

/// The largest difference over the largest size; 0 where one of the two is not finite.
fn relative_difference(a: &Tensor, b: &Tensor) -> Result<f64, TchError> {
    let largest = |tensor: &Tensor| {
        let sizes = tensor.f_to_kind(tch::Kind::Double)?.f_abs()?;
        sizes.f_max()?.f_double_value(&[])
    };
    if a.numel() == 0 {
        return Ok(0.0);
    }
    let kind = tch::Kind::Double; // whole numbers and truth values too
    let difference = largest(&a.f_to_kind(kind)?.f_sub(&b.f_to_kind(kind)?)?)?;
    let size = largest(a)?;
    Ok(match size > 0.0 && difference.is_finite() {
        true => difference / size,
        false => 0.0,
    })
}

/// The first node whose output for the first picture is another one in company.
fn first_different(
    program: &Program,
    one: &Tensor,
    both: &Tensor,
) -> Result<Option<NodeId>, ModelError> {
    let mut alone: Vec<Option<Tensor>> = program.graph().nodes.iter().map(|_| None).collect();
    program.observe(one, &mut |node, output| {
        alone[node.0] = Some(output.shallow_clone());
        Ok(())
    })?;
    let mut first = None;
    program.observe(both, &mut |node, output| {
        let Some(before) = &alone[node.0] else {
            return Ok(());
        };
        let in_company = match (before.size().first(), output.size().first()) {
            (Some(rows), Some(more)) if *more == 2 * rows => output.f_narrow(0, 0, *rows)?,
            _ => output.shallow_clone(),
        };
        if first.is_none()
            && in_company.size() == before.size()
            && relative_difference(before, &in_company)? > TOLERANCE
        {
            first = Some(node);
        }
        Ok(())
    })?;
    Ok(first)
}
