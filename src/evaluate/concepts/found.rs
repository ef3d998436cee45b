//! Concepts of the photos of a class: the factorisation of their crops, importance and maps of each.

use tch::{Device, Kind as Precision, Tensor};

use super::super::sobol;
use super::crops::{Crops, most};
use super::{MOST_ITERATIONS_OF_PHOTO, OfClass, PHOTOS_SHOWN};
use crate::explain::behind::Behind;
use crate::explain::nmf::{self, lowest, shifted};
use crate::explain::{ExplainError, Passes, chosen, numbers, optimise};
use crate::model::Layer;
use crate::results::{Concept, Concepts, Map};

/// Told of the photos done; an error stops.
type Step<'a> = &'a dyn Fn(usize) -> Result<(), ExplainError>;

/// The photos of a class, cut into crops.
struct CutPhotos {
    /// Mean activations [crops, channels], float64 on the CPU.
    activations: Tensor,
    /// Of each crop: place of the photo in the data set, and the crop's corner.
    corners: Vec<(usize, (usize, usize))>,
    /// How many could be read.
    count: usize,
    /// The first of them.
    judged: Vec<Judged>,
    /// Places in the data set, and why.
    unreadable: Vec<(usize, String)>,
}

/// A photo over which importance is averaged.
struct Judged {
    /// Place in the data set.
    place: usize,
    /// As the network sees it, [1, C, H, W].
    input: Tensor,
    /// What the layer gives, [cells, channels], float64 on the CPU.
    activations: Tensor,
}

/// What the judged photos say of the concepts, in the order of the factorisation.
struct Judgement {
    importance: Vec<f64>,
    /// Of each concept one for each photo shown.
    maps: Vec<Vec<Map>>,
}

impl OfClass {
    pub(super) fn concepts(&self, passes: &Passes, step: Step) -> Result<Concepts, ExplainError> {
        let _no_gradient = tch::no_grad_guard();
        let inputs = &passes.inputs;
        let layer = self.layer(inputs).map_err(chosen::refused)?;
        let class = self.class(inputs).map_err(chosen::refused)?;
        let crops = Crops::of(inputs.preprocessing.resize.output_px());
        let cut = self.cut(passes, layer, &crops, step)?;
        if cut.count == 0 {
            let message = format!("no photo of class {class} can be read");
            return Err(ExplainError::Failed(message));
        }
        if !optimise::is_finite(&cut.activations)? {
            let message = format!("layer `{}` gives numbers that are not finite", layer.path);
            return Err(ExplainError::Failed(message));
        }
        let of_photos = cut.judged.iter().map(|photo| &photo.activations);
        let everything: Vec<&Tensor> = std::iter::once(&cut.activations).chain(of_photos).collect();
        let floor = lowest(&Tensor::f_cat(&everything, 0)?)?;
        let a = cut.activations.f_sub(&floor)?;
        let components = self.own.concepts.min(a.size2()?.0 as usize);
        let so_far = cut.count + cut.unreadable.len();
        let at = |_: usize| step(so_far);
        let found = nmf::factorise(&a, components, self.own.most_iterations, &at)?;
        let (shares, explained) = found.shares(&a)?;
        let (amounts, directions) = found.of_length_1()?;
        let judged = self.judge(
            (passes, layer, class),
            &cut.judged,
            (&directions, &floor),
            &|index| step(so_far + index),
        )?;
        let mut concepts = Vec::with_capacity(components);
        for (component, maps) in judged.maps.into_iter().enumerate() {
            let amounts = numbers::values(&amounts.f_select(1, component as i64)?)?;
            concepts.push(Concept {
                importance: judged.importance[component],
                share: shares[component],
                direction: numbers::values(&directions.f_get(component as i64)?)?,
                crops: most(&amounts, &cut.corners),
                maps,
            });
        }
        concepts.sort_by(|a, b| b.importance.total_cmp(&a.importance)); // stable
        let shown = cut.judged.iter().take(PHOTOS_SHOWN);
        Ok(Concepts {
            layer: chosen::layer_ref(layer),
            class,
            photos: cut.count,
            crops: cut.corners.len(),
            crop_px: crops.size,
            shifted_channels: shifted(&floor)?,
            judged: cut.judged.len(),
            concepts,
            explained,
            iterations: found.iterations,
            is_converged: found.is_converged,
            shown: shown.map(|photo| photo.place).collect(),
            unreadable: cut.unreadable,
        })
    }

    /// Reads the photos one after the other; their crops run through the layer at once.
    fn cut(
        &self,
        passes: &Passes,
        layer: &Layer,
        crops: &Crops,
        step: Step,
    ) -> Result<CutPhotos, ExplainError> {
        let (preprocessing, device) = (passes.inputs.preprocessing, passes.model.device());
        let prepared = self.labelled.opened(&passes.inputs)?;
        let mut cut = CutPhotos {
            activations: Tensor::new(),
            corners: Vec::new(),
            count: 0,
            judged: Vec::new(),
            unreadable: Vec::new(),
        };
        let mut of_crops = Vec::new();
        for (done, place) in self.photos(&passes.inputs).into_iter().enumerate() {
            step(done)?;
            let photo = &prepared.labelled.photos[place];
            let read = photo
                .open()
                .and_then(|input| photo.prepared(input, preprocessing));
            let input = match read {
                Ok(ready) => ready.tensor(preprocessing, device),
                Err(reason) => {
                    cut.unreadable.push((place, reason));
                    continue;
                }
            };
            cut.count += 1;
            let found = activations(passes, layer, &crops.tensors(&input)?)?;
            of_crops.push(found.f_mean_dim([2_i64, 3].as_slice(), false, Precision::Double)?);
            cut.corners
                .extend(crops.corners.iter().map(|corner| (place, *corner)));
            if cut.judged.len() < self.own.judged_photos {
                let whole = activations(passes, layer, &input)?.f_get(0)?;
                cut.judged.push(Judged {
                    place,
                    input,
                    activations: whole.f_flatten(1, 2)?.f_transpose(0, 1)?,
                });
            }
        }
        if !of_crops.is_empty() {
            cut.activations = Tensor::f_cat(&of_crops, 0)?;
        }
        Ok(cut)
    }

    /// Mean importance over the photos, and maps on the first of them.
    fn judge(
        &self,
        (passes, layer, class): (&Passes, &Layer, usize),
        photos: &[Judged],
        (directions, floor): (&Tensor, &Tensor),
        step: Step,
    ) -> Result<Judgement, ExplainError> {
        let components = directions.size2()?.0 as usize;
        let mut judged = Judgement {
            importance: vec![0.0; components],
            maps: vec![Vec::new(); components],
        };
        for (index, photo) in photos.iter().enumerate() {
            step(index)?;
            let behind = Behind::new(passes, layer, &photo.input)?;
            let size = [behind.maps.height, behind.maps.width];
            let x = photo.activations.f_sub(floor)?;
            let u = nmf::transform(&x, directions, MOST_ITERATIONS_OF_PHOTO)?;
            let indices = self.indices(&behind, class, (&u, directions, floor))?;
            for (sum, index) in judged.importance.iter_mut().zip(indices) {
                *sum += index / photos.len() as f64;
            }
            if index < PHOTOS_SHOWN {
                for (component, maps) in judged.maps.iter_mut().enumerate() {
                    let map = u.f_select(1, component as i64)?.f_view(size)?;
                    maps.push(numbers::map(&map)?);
                }
            }
        }
        Ok(judged)
    }

    /// The total Sobol index of each concept for the class's score, of one photo with the concepts U [cells, concepts].
    fn indices(
        &self,
        behind: &Behind,
        class: usize,
        (u, directions, floor): (&Tensor, &Tensor, &Tensor),
    ) -> Result<Vec<f64>, ExplainError> {
        let (rows, concepts) = (self.own.designs, directions.size2()?.0 as usize);
        let (height, width) = (behind.maps.height, behind.maps.width);
        let mut values = Vec::with_capacity(rows * (concepts + 2));
        for masks in sobol::design(rows, concepts).chunks(BATCH) {
            let maps = masks.iter().map(|mask| {
                let scaled = u.f_mul(&Tensor::f_from_slice(mask)?.f_view([1, -1])?)?;
                let x = scaled.f_matmul(directions)?.f_add(floor)?;
                Ok(x.f_transpose(0, 1)?.f_reshape([-1, height, width])?)
            });
            let maps = maps.collect::<Result<Vec<_>, ExplainError>>()?;
            let scores = behind.scores(&maps)?;
            let of_class = scores.f_select(1, class as i64)?;
            values.extend(numbers::precise_values(&of_class)?);
        }
        Ok(sobol::total_indices(&values, rows, concepts))
    }
}

/// Runs behind the layer at once.
const BATCH: usize = 16;

/// The layer's maps [N, K, h, w] of inputs, float64 on the CPU.
fn activations(passes: &Passes, layer: &Layer, input: &Tensor) -> Result<Tensor, ExplainError> {
    let output = passes.model.record(input, &[layer.node], &[])?.remove(0);
    let maps = passes.model.maps_of(layer.node, &output)?;
    Ok(maps.f_to(Device::Cpu)?.f_to_kind(Precision::Double)?)
}
