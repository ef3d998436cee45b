//! Adam with Nesterov's momentum (Dozat 2016), as `torch.optim.NAdam`.

use tch::{TchError, Tensor};

use super::Descent;
use super::adam::{BETA_MEAN, BETA_SQUARE, EPSILON, Moments};

const MOMENTUM_DECAY: f64 = 0.004; // ψ, torch.optim.NAdam's default, which has Adam's for all others

/// μₜ = β₁ (1 − ½ 0.96^{t ψ}), m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g²,
/// x ← x − η [ (1−μₜ)/(1−Πμ) g + μₜ₊₁/(1−Πμ μₜ₊₁) m ] / (√(v/(1−β₂ᵗ)) + ε), with Πμ = μ₁ … μₜ.
#[derive(Debug)]
pub struct NAdam {
    learning_rate: f64,
    weight_decay: f64,
    /// Steps done, t.
    steps: i32,
    /// μ₁ … μₜ multiplied.
    product: f64,
    moments: Moments,
}

impl NAdam {
    /// η and λ, which is added to the gradient.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Self {
        Self {
            learning_rate,
            weight_decay,
            steps: 0,
            product: 1.0,
            moments: Moments::default(),
        }
    }
}

fn momentum(step: i32) -> f64 {
    BETA_MEAN * (1.0 - 0.5 * 0.96_f64.powf(f64::from(step) * MOMENTUM_DECAY))
}

impl Descent for NAdam {
    fn step(&mut self, variable: &Tensor, gradient: &Tensor) -> Result<Tensor, TchError> {
        let gradient = gradient.f_add(&variable.f_mul_scalar(self.weight_decay)?)?;
        let (mean, square) = self.moments.with(&gradient)?;
        self.steps += 1;
        let (now, next) = (momentum(self.steps), momentum(self.steps + 1));
        self.product *= now;
        let correction = 1.0 - BETA_SQUARE.powi(self.steps);
        let scale = square
            .f_div_scalar(correction)?
            .f_sqrt()?
            .f_add_scalar(EPSILON)?;
        let of_gradient = (1.0 - now) / (1.0 - self.product);
        let of_mean = next / (1.0 - self.product * next);
        let change = gradient
            .f_mul_scalar(of_gradient)?
            .f_add(&mean.f_mul_scalar(of_mean)?)?
            .f_div(&scale)?
            .f_mul_scalar(self.learning_rate)?;
        variable.f_sub(&change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x₀ = 5, η = 0.1, gradients 2, then −1, in Python: torch.optim.NAdam([x], lr=0.1), which keeps Πμ in float32.
    #[test]
    fn two_steps_are_those_of_torch() {
        let mut nadam = NAdam::new(0.1, 0.0);
        let start = Tensor::from_slice(&[5.0_f64]);
        let first = nadam.step(&start, &Tensor::from_slice(&[2.0_f64])).unwrap();
        let second = nadam
            .step(&first, &Tensor::from_slice(&[-1.0_f64]))
            .unwrap();
        for (found, expected) in [(first, FIRST), (second, SECOND)] {
            let found = found.double_value(&[0]);
            assert!((found - expected).abs() < 1e-8, "{found}");
        }
    }

    const FIRST: f64 = 4.894354821394747;
    const SECOND: f64 = 4.935465794212641;
}
