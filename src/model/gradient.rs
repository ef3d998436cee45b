//! The one place that asks libtorch for a gradient. libtorch hands out an undefined tensor where there is no
//! gradient, and goes down with the process when it starts from a number that no computation leads to.

use tch::{Kind, Tensor};

use super::error::ModelError;

/// Whether gradients of the same computation are asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Yes,
    /// And the gradients themselves are differentiated.
    Differentiated,
    No,
}

/// Gradients of `of`, one number, with respect to tensors that ask for gradients; `None` for one that `of` does
/// not depend on, as far as a gradient can tell. An error where `of` is a whole number.
pub fn gradients(
    of: &Tensor,
    with_respect_to: &[&Tensor],
    again: Again,
) -> Result<Vec<Option<Tensor>>, ModelError> {
    let asks = |tensor: &&Tensor| tensor.defined() && tensor.requires_grad();
    if !of.defined() || of.numel() != 1 || !with_respect_to.iter().all(asks) {
        return Err(ModelError::NoGradientToAskFor);
    }
    let kind = of.f_kind()?;
    if !is_floating(kind) {
        return Err(ModelError::WholeNumbers {
            kind: kind_name(kind),
        });
    }
    if !of.requires_grad() {
        return Ok(with_respect_to.iter().map(|_| None).collect());
    }
    let (is_kept, is_differentiated) = (again != Again::No, again == Again::Differentiated);
    let found = Tensor::f_run_backward(&[of], with_respect_to, is_kept, is_differentiated)?;
    let defined = |gradient: Tensor| gradient.defined().then_some(gradient);
    Ok(found.into_iter().map(defined).collect())
}

/// The gradient of `of`, one number, with respect to `variable`: zeros where `of` does not depend on it.
pub fn gradient(of: &Tensor, variable: &Tensor) -> Result<Tensor, ModelError> {
    match gradients(of, &[variable], Again::No)?.pop().flatten() {
        Some(gradient) => Ok(gradient),
        None => Ok(variable.f_detach()?.f_zeros_like()?),
    }
}

pub(super) fn is_floating(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Half | Kind::BFloat16 | Kind::Float | Kind::Double
    )
}

/// As PyTorch calls it.
pub(super) fn kind_name(kind: Kind) -> String {
    let known = match kind {
        Kind::Float => "float32",
        Kind::Double => "float64",
        Kind::Half => "float16",
        Kind::Int => "int32",
        other => return format!("{other:?}").to_lowercase(),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn leaf() -> Tensor {
        Tensor::arange(3, (Kind::Float, Device::Cpu)).set_requires_grad(true)
    }

    #[test]
    fn a_number_that_depends_on_nothing_has_a_gradient_of_zero() {
        let x = leaf();
        let cut = x.detach().square().sum(Kind::Float);
        assert_eq!(gradient(&cut, &x).unwrap(), Tensor::zeros_like(&x.detach()));
        // It depends on another leaf: libtorch gives an undefined tensor for this one.
        let other = leaf();
        let of_other = other.square().sum(Kind::Float);
        assert_eq!(
            gradient(&of_other, &x).unwrap(),
            Tensor::zeros_like(&x.detach())
        );
        let found = gradients(&leaf().sum(Kind::Float), &[&x, &other], Again::Yes).unwrap();
        assert!(found.iter().all(Option::is_none));
        assert_eq!(
            gradient(&x.square().sum(Kind::Float), &x).unwrap(),
            x.detach() * 2.0
        );
    }

    #[test]
    fn whole_numbers_and_undefined_tensors_are_refused() {
        let x = leaf();
        let whole = x.to_kind(Kind::Int64).sum(Kind::Int64);
        let message = gradient(&whole, &x).unwrap_err().to_string();
        assert!(message.contains("whole numbers (int64)"), "{message}");
        assert!(gradient(&Tensor::new(), &x).is_err());
        assert!(gradient(&x.sum(Kind::Float), &Tensor::new()).is_err());
        assert!(gradient(&x.sum(Kind::Float), &x.detach()).is_err());
        assert!(
            gradient(&x, &x).is_err(),
            "three numbers have no one gradient"
        );
    }
}
