//! What does a layer give for each labelled photo?
//!
//! **Input** labelled photos, as for [`outcomes`](super::outcomes). **Reads** the layer's output [N, K, h, w]; the network
//! runs no further. **Output** of each of the K filters the mean output of each photo, the photos in which it is largest with
//! the place, and how all its outputs are spread. Labels are not in it. Every method of a layer's responses
//! stores them under the same key, so that several of them cost one pass a photo. **Errors** a photo that cannot be decoded;
//! outputs that are not finite.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tch::Tensor;

use super::data_set::LabelledPhoto;
use super::labelled::{Labelled, Network, Opened};
use crate::explain::{
    ExplainError, Fault, Inputs, Needs, Passes, Shared, Sink, Unit, chosen, numbers,
};
use crate::model::receptive_field::Extent;
use crate::model::{Layer, LayerName};
use crate::results::responses::{self, BINS, FilterResponses, Peak, Responses, Seen};
use crate::results::{LayerRef, Results};

/// Raised when the numbers of responses change.
const VERSION: u32 = 1;

/// What is wrong with the layer, the filters or the files.
pub(super) fn check(
    labelled: &Labelled,
    inputs: &Inputs,
    (layer, filters): (Option<&LayerName>, &[usize]),
) -> Vec<Fault> {
    let mut faults = network_faults(inputs, (layer, filters));
    faults.extend(labelled.faults(inputs));
    faults
}

/// What is wrong with the layer or the filters.
pub(super) fn network_faults(
    inputs: &Inputs,
    (layer, filters): (Option<&LayerName>, &[usize]),
) -> Vec<Fault> {
    match chosen::map_layer(inputs, layer) {
        Ok(layer) => chosen::filter_faults(inputs.facts, layer, filters),
        Err(fault) => vec![fault],
    }
}

pub(super) fn computing(inputs: &Inputs, layer: Option<&LayerName>) -> Map<String, Value> {
    Map::from_iter([("layer".to_owned(), chosen::layer_key(inputs, layer))])
}

/// Under what the responses of a range are stored.
pub(super) fn shared(inputs: &Inputs, layer: Option<&LayerName>) -> Shared {
    Shared {
        name: "responses",
        version: VERSION,
        needs: Needs::Layers,
        computing: computing(inputs, layer),
    }
}

/// Responses to the photos of some ranges.
pub(super) fn run(
    labelled: &Labelled,
    layer: Option<&LayerName>,
    passes: &Passes,
    units: &[Unit],
    sink: &mut Sink,
) -> Result<(), ExplainError> {
    let layer = chosen::map_layer(&passes.inputs, layer).map_err(chosen::refused)?;
    let about = About::of(&passes.inputs, layer);
    // Of a range, by filter and bin: kept for each photo they would be most of the memory.
    let counts = Mutex::new(vec![0; about.filters * BINS]);
    let network = Network::of(passes);
    let read = |_: &[LabelledPhoto], opened: Vec<Opened>| {
        let mut of_batch = vec![0; about.filters * BINS];
        let found = batch(network, layer, opened, &mut of_batch)?;
        // In any order: they are whole numbers.
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = counts.iter_mut().zip(of_batch);
        sums.for_each(|(sum, count)| *sum += count);
        Ok(found)
    };
    let results = |rows: Vec<Response>| {
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = std::mem::replace(&mut *counts, vec![0; about.filters * BINS]);
        Results::Responses(about.gathered(&rows, &counts))
    };
    labelled.walk(passes, units, sink, &read, &results)
}

pub(super) fn accept(labelled: &Labelled, results: &[&Results]) -> Result<(), ExplainError> {
    let unreadable = results.iter().flat_map(|results| match results {
        Results::Responses(responses) => responses.unreadable.as_slice(),
        _ => &[],
    });
    labelled.accept(unreadable.flatten().count())
}

/// Of one photo.
enum Response {
    /// Of each filter.
    Read(Vec<OfFilter>),
    Unreadable(String),
}

struct OfFilter {
    mean: f32,
    largest: f32,
    row: usize,
    column: usize,
}

fn batch(
    network: Network,
    layer: &Layer,
    opened: Vec<Opened>,
    counts: &mut [u32],
) -> Result<Vec<Response>, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let Network {
        model,
        preprocessing,
    } = network;
    let device = model.device();
    let inputs: Vec<Tensor> = opened
        .iter()
        .flatten()
        .map(|prepared| prepared.tensor(preprocessing, device))
        .collect();
    let mut found = Vec::new();
    if !inputs.is_empty() {
        let input = Tensor::f_cat(&inputs, 0)?;
        let output = model.record(&input, &[layer.node], &[])?;
        if let Some(output) = output.first() {
            found = of_photos(&model.maps_of(layer.node, output)?, counts)?;
        }
    }
    let mut found = found.into_iter();
    let response = |opened: Opened| match opened {
        Err(reason) => Ok(Response::Unreadable(reason)),
        Ok(_) => found.next().map(Response::Read).ok_or_else(|| {
            ExplainError::Failed("the layer gives fewer maps than photos".to_owned())
        }),
    };
    opened.into_iter().map(response).collect()
}

/// Of each photo and filter of an output [N, K, h, w]; cells are counted by filter and bin.
fn of_photos(output: &Tensor, counts: &mut [u32]) -> Result<Vec<Vec<OfFilter>>, ExplainError> {
    let (_, filters, height, width) = output.size4()?;
    let (filters, cells, width) = (
        filters as usize,
        (height * width) as usize,
        width.max(1) as usize,
    );
    let values = numbers::values(output)?;
    if values.iter().any(|value| !value.is_finite()) {
        let message = "the layer gives numbers that are not finite".to_owned();
        return Err(ExplainError::Failed(message));
    }
    let of_map = |(map, counts): (&[f32], &mut [u32])| {
        let (mut best, mut sum) = (0, 0.0);
        for (at, &value) in map.iter().enumerate() {
            if value > map[best] {
                best = at;
            }
            sum += f64::from(value);
            counts[usize::from(responses::bin(value))] += 1;
        }
        OfFilter {
            mean: (sum / map.len().max(1) as f64) as f32,
            largest: map[best],
            row: best / width,
            column: best % width,
        }
    };
    let photos = values.chunks((filters * cells).max(1));
    let found = photos.map(|photo| {
        let maps = photo.chunks(cells.max(1)).zip(counts.chunks_mut(BINS));
        maps.map(of_map).collect()
    });
    Ok(found.collect())
}

/// What all ranges have in common.
struct About {
    layer: LayerRef,
    cells: [usize; 2],
    seen: [Seen; 2],
    filters: usize,
}

impl About {
    fn of(inputs: &Inputs, layer: &Layer) -> Self {
        let maps = inputs.facts.maps(layer);
        let sides = maps.map_or([0; 2], |maps| [maps.height, maps.width]);
        let field = inputs.facts.receptive_field(layer);
        let seen = field.map_or([Seen::Unknown; 2], |field| field.extents.map(seen));
        Self {
            layer: chosen::layer_ref(layer),
            cells: sides.map(|side| usize::try_from(side).unwrap_or(0)),
            seen,
            filters: chosen::filter_count(inputs.facts, layer),
        }
    }

    /// The rows of a range, by filter.
    fn gathered(&self, rows: &[Response], counts: &[u32]) -> Responses {
        let of_filter = |(filter, counts): (usize, &[u32])| {
            let mut all = FilterResponses::default();
            for (photo, row) in rows.iter().enumerate() {
                let Response::Read(filters) = row else {
                    continue;
                };
                let found = &filters[filter];
                all.means.push(found.mean);
                all.peaks.push(Peak {
                    photo,
                    value: found.largest,
                    row: found.row,
                    column: found.column,
                });
            }
            responses::strongest(&mut all.peaks);
            let counted = (0_u16..).zip(counts).filter(|(_, count)| **count > 0);
            all.spread = counted
                .map(|(bin, count)| (bin, u64::from(*count)))
                .collect();
            all
        };
        let unreadable = rows.iter().map(|row| match row {
            Response::Read(_) => None,
            Response::Unreadable(reason) => Some(reason.clone()),
        });
        Responses {
            layer: self.layer.clone(),
            cells: self.cells,
            seen: self.seen,
            unreadable: unreadable.collect(),
            filters: counts.chunks(BINS).enumerate().map(of_filter).collect(),
        }
    }
}

fn seen(extent: Extent) -> Seen {
    match extent {
        Extent::Pixels { size, start, jump } => Seen::Pixels { size, start, jump },
        Extent::All => Seen::All,
        Extent::Unknown => Seen::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_two_photos_by_hand() {
        let values = [
            1.0_f32, -2.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, -1.0, -1.0, -4.0, -2.0,
        ];
        let output = Tensor::from_slice(&values).view([2, 2, 1, 4]);
        let mut counts = vec![0; 2 * BINS];
        let found = of_photos(&output, &mut counts).unwrap();
        let of = |photo: usize, filter: usize| {
            let found = &found[photo][filter];
            (found.mean, found.largest, found.row, found.column)
        };
        assert_eq!(of(0, 0), (1.25, 3.0, 0, 2)); // of equals the first
        assert_eq!(of(0, 1), (0.0, 0.0, 0, 0));
        assert_eq!(of(1, 0), (1.25, 5.0, 0, 0));
        assert_eq!(of(1, 1), (-2.0, -1.0, 0, 0));
        let of_bin =
            |filter: usize, value: f32| counts[filter * BINS + usize::from(responses::bin(value))];
        assert_eq!(
            [1.0, 3.0, 5.0, 0.0].map(|value| of_bin(0, value)),
            [1, 2, 1, 3]
        );
        assert_eq!([0.0, -1.0, -4.0].map(|value| of_bin(1, value)), [4, 2, 1]);
        let broken = Tensor::from_slice(&[f32::NAN]).view([1, 1, 1, 1]);
        assert!(of_photos(&broken, &mut counts).is_err());
    }
}
