//! Adam (Kingma and Ba, 2015), algorithm 1.

use tch::{TchError, Tensor};

use super::Descent;

pub(super) const BETA_MEAN: f64 = 0.9; // β₁, the paper's and torch.optim.Adam's default
pub(super) const BETA_SQUARE: f64 = 0.999; // β₂
pub(super) const EPSILON: f64 = 1e-8;

/// Running means of the gradient and of its square: m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g².
#[derive(Debug, Default)]
pub(super) struct Moments(Option<(Tensor, Tensor)>);

impl Moments {
    /// m and v with one more gradient.
    pub(super) fn with(&mut self, gradient: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        let (mean, square) = match self.0.take() {
            Some(moments) => moments,
            None => (gradient.f_zeros_like()?, gradient.f_zeros_like()?),
        };
        let mean = mean.f_lerp(gradient, 1.0 - BETA_MEAN)?;
        let square = square
            .f_mul_scalar(BETA_SQUARE)?
            .f_add(&gradient.f_square()?.f_mul_scalar(1.0 - BETA_SQUARE)?)?;
        self.0 = Some((mean.shallow_clone(), square.shallow_clone()));
        Ok((mean, square))
    }
}

/// g ← g + λ x, m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g²,
/// x ← x − η / (1−β₁ᵗ) · m / (√v / √(1−β₂ᵗ) + ε), as `torch.optim.Adam`: the decay is part of the gradient.
#[derive(Debug)]
pub struct Adam {
    learning_rate: f64,
    weight_decay: f64,
    /// Steps done, t.
    steps: i32,
    moments: Moments,
}

impl Adam {
    /// η and λ.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Self {
        Self {
            learning_rate,
            weight_decay,
            steps: 0,
            moments: Moments::default(),
        }
    }
}

impl Descent for Adam {
    fn step(&mut self, variable: &Tensor, gradient: &Tensor) -> Result<Tensor, TchError> {
        let gradient = gradient.f_add(&variable.f_mul_scalar(self.weight_decay)?)?;
        let (mean, square) = self.moments.with(&gradient)?;
        self.steps += 1;
        let rate = self.learning_rate / (1.0 - BETA_MEAN.powi(self.steps));
        let correction = (1.0 - BETA_SQUARE.powi(self.steps)).sqrt();
        let scale = square
            .f_sqrt()?
            .f_div_scalar(correction)?
            .f_add_scalar(EPSILON)?;
        variable.f_sub(&mean.f_div(&scale)?.f_mul_scalar(rate)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: the first step is η·g/(|g|+ε) whatever the size of g; the second with g = 2, then −1:
    /// m = .1·.9·2 − .1 = .08, v = .001·.999·4 + .001 = .004996,
    /// x = x₁ − .1/(1−.81)·.08 / (√.004996/√(1−.999²) + ε).
    #[test]
    fn two_steps_by_hand() {
        let mut adam = Adam::new(0.1, 0.0);
        let start = Tensor::from_slice(&[5.0f64]);
        let first = adam.step(&start, &Tensor::from_slice(&[2.0f64])).unwrap();
        assert!((first.double_value(&[0]) - (5.0 - 0.1 * 2.0 / (2.0 + 1e-8))).abs() < 1e-12);
        let second = adam.step(&first, &Tensor::from_slice(&[-1.0f64])).unwrap();
        let scale = 0.004996f64.sqrt() / (1.0 - 0.999f64 * 0.999).sqrt() + 1e-8;
        let expected = first.double_value(&[0]) - 0.1 / 0.19 * 0.08 / scale;
        assert!((second.double_value(&[0]) - expected).abs() < 1e-12);
    }

    /// With decay alone the gradient is λ x, which Adam scales to a step of η towards zero.
    #[test]
    fn decay_is_part_of_the_gradient() {
        let mut adam = Adam::new(0.1, 1e-3);
        let start = Tensor::from_slice(&[5.0f64, -2.0]);
        let next = adam.step(&start, &start.zeros_like()).unwrap();
        assert!((next.double_value(&[0]) - 4.9).abs() < 1e-5);
        assert!((next.double_value(&[1]) + 1.9).abs() < 1e-5);
    }
}
