//! The filters of one network, transformed when they are first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tch::{Kind, TchError, Tensor};

use super::filters::Filters;
use super::width;
use crate::model::frozen::Frozen;

/// Filters by the address of the weight's numbers. The weight is held here, so the address stays its own.
#[derive(Default)]
pub struct KnownFilters(Mutex<BTreeMap<usize, Arc<Known>>>);

/// A weight of outputs × inputs × 3 × 3.
pub struct Known {
    weight: Frozen,
    sizes: [usize; 2],
    columns: usize,
    forth: OnceLock<Filters>,
    back: OnceLock<Filters>,
}

impl KnownFilters {
    /// From now on the weight's convolutions may be computed so, if they can be: nobody writes into it any more.
    pub fn offer(&self, weight: &Tensor) -> Result<(), TchError> {
        let (Some(lanes), Some(columns)) = (width::lanes(), width::columns()) else {
            return Ok(());
        };
        let &[outputs, inputs, 3, 3] = weight.size().as_slice() else {
            return Ok(());
        };
        let sizes = [outputs, inputs].map(|channels| usize::try_from(channels).unwrap_or(0));
        let is_whole = sizes
            .iter()
            .all(|channels| *channels > 0 && channels.is_multiple_of(lanes));
        if !is_whole || !super::is_plain(weight) || weight.f_kind()? != Kind::Float {
            return Ok(());
        }
        let known = Known {
            weight: weight.shallow_clone().into(),
            sizes,
            columns,
            forth: OnceLock::new(),
            back: OnceLock::new(),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(weight.data_ptr() as usize, Arc::new(known));
        Ok(())
    }

    /// What is known of a tensor: of the very numbers, not of equal ones.
    pub fn of(&self, weight: &Tensor) -> Option<Arc<Known>> {
        if weight.dim() != 4 || !super::is_plain(weight) {
            return None;
        }
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&(weight.data_ptr() as usize))?;
        let layout = |tensor: &Tensor| (tensor.size(), tensor.stride());
        (layout(&known.weight) == layout(weight)).then(|| known.clone())
    }
}

impl Known {
    pub fn outputs(&self) -> usize {
        self.sizes[0]
    }

    pub fn inputs(&self) -> usize {
        self.sizes[1]
    }

    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    pub fn forth(&self) -> &Filters {
        self.forth
            .get_or_init(|| Filters::new(&self.numbers(), self.sizes, self.columns))
    }

    /// From gradients of the outputs to those of the inputs.
    pub fn back(&self) -> &Filters {
        self.back
            .get_or_init(|| Filters::back(&self.numbers(), self.sizes, self.columns))
    }

    fn numbers(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.sizes[0] * self.sizes[1] * 9];
        let count = numbers.len();
        self.weight.contiguous().copy_data(&mut numbers, count);
        numbers
    }
}
