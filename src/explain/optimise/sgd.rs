//! Plain gradient descent.

use tch::{TchError, Tensor};

use super::Descent;

/// x ← x − η (g + λ x), as `torch.optim.SGD` without momentum.
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    /// η.
    pub learning_rate: f64,
    /// λ.
    pub weight_decay: f64,
}

impl Descent for Sgd {
    fn step(&mut self, variable: &Tensor, gradient: &Tensor) -> Result<Tensor, TchError> {
        let decayed = gradient.f_add(&variable.f_mul_scalar(self.weight_decay)?)?;
        variable.f_sub(&decayed.f_mul_scalar(self.learning_rate)?)
    }
}
