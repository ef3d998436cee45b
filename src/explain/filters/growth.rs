//! Growing the pictures of filters, a batch at a time.

use tch::{Kind, Tensor};

use super::super::optimise::adam::Adam;
use super::super::optimise::fourier::Fourier;
use super::super::optimise::pixels::{PixelScale, noise};
use super::super::optimise::{Ascent, ascend, filter_means, is_finite, record_one, unwatched};
use super::super::seed::Numbers;
use super::super::{Context, ExplainError, chosen};
use super::{ENTRY, Filters, Parameterisation, Start};
use crate::model::NodeId;
use crate::picture::Picture;

/// What was grown for one filter.
pub(super) struct Grown {
    pub filter: usize,
    /// `None` where the numbers were not finite in the end.
    pub picture: Option<Picture>,
    /// After 0, 1, … steps.
    pub objectives: Vec<f64>,
    /// Ended at nothing without a gradient.
    pub is_dead: bool,
    /// Raised before its rectifier.
    pub is_open: bool,
}

impl Filters {
    /// All `filters`, as many at once as the memory is meant for.
    pub(super) fn grow_all(
        &self,
        context: &Context,
        node: NodeId,
        bypass: &[NodeId],
        filters: &[usize],
        progress: &dyn Fn(usize, usize),
    ) -> Result<Vec<Grown>, ExplainError> {
        let mut grown = Vec::with_capacity(filters.len());
        for batch in filters.chunks(chosen::BATCH) {
            let (ascent, pictures) = self.grow(context, node, bypass, batch)?;
            for (at, &filter) in batch.iter().enumerate() {
                let normalised = pictures.f_get(at as i64)?;
                let is_valid = is_finite(&normalised)?;
                grown.push(Grown {
                    filter,
                    picture: is_valid.then(|| context.preprocessing.picture(&normalised)),
                    objectives: ascent.objectives[at].clone(),
                    is_dead: ascent.is_dead(at),
                    is_open: false,
                });
            }
            progress(grown.len(), filters.len());
        }
        Ok(grown)
    }

    /// One batch: the ascent and its normalised pictures [N, C, H, W].
    fn grow(
        &self,
        context: &Context,
        node: NodeId,
        bypass: &[NodeId],
        filters: &[usize],
    ) -> Result<(Ascent, Tensor), ExplainError> {
        let (device, size) = (context.model.device(), self.picture_size(context));
        let used = self.resolved();
        let mut adam = Adam::new(
            used.learning_rate.unwrap_or_default(),
            used.weight_decay.unwrap_or_default(),
        );
        let steps = used.steps.unwrap_or_default();
        let draw =
            |filter: &usize| Numbers::new(context.seed, ENTRY.name, &format!("filter {filter}"));
        let means = |input: &Tensor| {
            Ok(filter_means(
                &record_one(context.model, input, node, bypass)?,
                filters,
            )?)
        };
        match self.parameterisation {
            Parameterisation::Pixels => {
                let Start { low, high } = used.start.unwrap_or_default();
                let start = |filter| {
                    noise(
                        (low, high),
                        size,
                        context.preprocessing,
                        device,
                        &mut draw(filter),
                    )
                };
                let start = Tensor::f_cat(
                    &filters.iter().map(start).collect::<Result<Vec<_>, _>>()?,
                    0,
                )?;
                let ascent = ascend(&start, steps, &mut adam, &mut |x| means(x), &mut unwatched)?;
                let pictures = ascent.variable.shallow_clone();
                Ok((ascent, pictures))
            }
            Parameterisation::Fourier => {
                let fourier =
                    Fourier::new(context.preprocessing.channels, size, Kind::Float, device)?;
                let scale = PixelScale::new(context.preprocessing, device)?;
                let transforms = used.transforms.unwrap_or_default();
                // The moves do not depend on the filters, so that a filter's picture does not depend on the others.
                let mut moves = Numbers::new(context.seed, ENTRY.name, "transforms");
                let start = |filter| fourier.noise(&mut draw(filter));
                let start = Tensor::f_cat(
                    &filters.iter().map(start).collect::<Result<Vec<_>, _>>()?,
                    0,
                )?;
                let mut objective = |spectra: &Tensor| {
                    let moved = transforms.apply(&fourier.pixels(spectra)?, &mut moves)?;
                    means(&scale.normalise(&moved)?)
                };
                let ascent = ascend(&start, steps, &mut adam, &mut objective, &mut unwatched)?;
                let pictures =
                    tch::no_grad(|| scale.normalise(&fourier.pixels(&ascent.variable)?))?;
                Ok((ascent, pictures))
            }
        }
    }
}
