//! Where in each photo does a filter respond, and how strongly?
//!
//! A_k = the k-th map of the layer's output for the photo.
//!
//! **Input** [N, C, H, W], normalised. **Reads** the layer's output [N, K, h, w]; the network runs no
//! further. **Output** maps [h, w] on one colour scale for the whole figure: 0 to the largest value
//! where none is negative, else symmetric about zero. Nothing is clipped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::finding::{
    Argument, Body, Exhibit, Finding, HeatMaps, HeatTile, HeatView, Map, Message, Scale, Sign,
};
use super::{
    Context, Entry, ExplainError, Fault, Method, Needs, Photos, chosen, numbers, parameters,
};
use crate::model::{BatchSize, Layer, LayerName, in_batches};

pub const ENTRY: Entry = Entry {
    name: "activation_maps",
    photos: Photos::Any,
    schema: parameters::schema::<ActivationMaps>,
    parse: parameters::parse::<ActivationMaps>,
    citations: &[
        "Zeiler, M. D., Fergus, R.: Visualizing and Understanding Convolutional Networks. ECCV 2014",
        "Yosinski, J., Clune, J., Nguyen, A., Fuchs, T., Lipson, H.: Understanding Neural Networks Through Deep Visualization. ICML Deep Learning Workshop 2015",
    ],
};

/// Responses of filters of a layer to each photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["layer", "filters"]))]
pub struct ActivationMaps {
    /// The layer, by number or module path; its output must be maps. No default.
    #[schemars(required)]
    pub layer: Option<LayerName>,
    /// The filters (channels of the layer's output), each from 0. No default.
    #[schemars(length(min = 1))]
    pub filters: Vec<usize>,
}

impl Method for ActivationMaps {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, context: &Context) -> Vec<Fault> {
        let mut faults = chosen::photo_faults(context);
        match chosen::map_layer(context, self.layer.as_ref()) {
            Ok(layer) => faults.extend(chosen::filter_faults(layer, &self.filters)),
            Err(fault) => faults.push(fault),
        }
        faults
    }

    fn run(
        &self,
        context: &Context,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Finding, ExplainError> {
        let layer = chosen::map_layer(context, self.layer.as_ref()).map_err(chosen::refused)?;
        let mut by_photo = Vec::with_capacity(context.photos.len());
        let batch = context.model.batch_size(BatchSize::AUTO, chosen::BATCH)?;
        in_batches(context.photos.len(), batch, |range| {
            let _no_gradient = tch::no_grad_guard();
            let input = context.input(&context.photos[range])?;
            for output in context.model.record(&input, &[layer.node], &[])? {
                by_photo.extend(filter_maps(&output, &self.filters)?);
            }
            progress(by_photo.len(), context.photos.len());
            Ok::<(), ExplainError>(())
        })?;
        Ok(self.finding(context, layer, &by_photo))
    }
}

/// The chosen maps of a layer's output [N, K, h, w], of each photo in the order of `filters`.
pub fn filter_maps(output: &Tensor, filters: &[usize]) -> Result<Vec<Vec<Map>>, ExplainError> {
    let (count, ..) = output.size4()?;
    let of_photo = |photo: i64| {
        let maps = output.f_get(photo)?;
        filters
            .iter()
            .map(|&filter| numbers::map(&maps.f_get(filter as i64)?))
            .collect()
    };
    (0..count).map(of_photo).collect()
}

/// The colour scale of all maps together.
fn shared_scale(by_photo: &[Vec<Map>]) -> (Sign, (f32, f32)) {
    let each = by_photo
        .iter()
        .flatten()
        .map(|map| numbers::extremes(&map.values));
    let (low, high) = each.fold((0.0f32, 0.0f32), |all, one| {
        (all.0.min(one.0), all.1.max(one.1))
    });
    let largest = high.max(-low);
    let end = if largest > 0.0 { largest } else { 1.0 };
    if low < 0.0 {
        (Sign::Signed, (-end, end))
    } else {
        (Sign::Unsigned, (0.0, end))
    }
}

impl ActivationMaps {
    fn finding(&self, context: &Context, layer: &Layer, by_photo: &[Vec<Map>]) -> Finding {
        let (sign, range) = shared_scale(by_photo);
        let photo_tile = |photo: &super::Photo| HeatTile {
            label: Message::literal(&photo.id),
            view: HeatView::Photo(photo.picture.clone()),
            range,
        };
        let mut tiles: Vec<HeatTile> = context.photos.iter().map(photo_tile).collect();
        let (mut texts, mut notices) = (Vec::new(), Vec::new());
        for (at, filter) in self.filters.iter().enumerate() {
            let row: Vec<(&super::Photo, &Map)> = context
                .photos
                .iter()
                .zip(by_photo.iter().map(|maps| &maps[at]))
                .collect();
            tiles.extend(row.iter().map(|(photo, map)| {
                HeatTile {
                    label: Message::new("activation_maps.tile")
                        .with("filter", filter.to_string())
                        .with("photo", photo.id.as_str()),
                    view: HeatView::Map {
                        map: (*map).clone(),
                        size: (photo.picture.width, photo.picture.height),
                    },
                    range,
                }
            }));
            texts.push(row_text(*filter, &row));
            if row
                .iter()
                .all(|(_, map)| map.values.iter().all(|&value| value == 0.0))
            {
                notices.push(
                    Message::new("activation_maps.silent").with("filter", filter.to_string()),
                );
            }
        }
        let cells = by_photo
            .first()
            .and_then(|maps| maps.first())
            .map_or((0, 0), |map| (map.width, map.height));
        let caption = match sign {
            Sign::Unsigned => "activation_maps.caption",
            Sign::Signed => "activation_maps.caption_signed",
        };
        let exhibit = Exhibit {
            caption: Message::new(caption)
                .with("layer", chosen::layer_name(layer))
                .with("width", cells.0.to_string())
                .with("height", cells.1.to_string())
                .with("end", Argument::Scientific(f64::from(range.1))),
            alt: Message::new("activation_maps.alt").with("filters", texts),
            body: Body::HeatMaps(HeatMaps {
                columns: context.photos.len().max(1),
                tiles,
                sign,
                quantity: Message::new("activation_maps.quantity"),
                scale: Scale::Shared,
            }),
        };
        Finding {
            exhibits: vec![exhibit],
            parameters: parameters::used(self),
            notices,
        }
    }
}

/// `filter 7: strongest on coffee (12.3, mean 1.2), weakest on cat (0.5, mean 0.01)`.
fn row_text(filter: usize, row: &[(&super::Photo, &Map)]) -> Message {
    let photo = |(photo, map): &(&super::Photo, &Map)| {
        let mean =
            map.values.iter().copied().map(f64::from).sum::<f64>() / map.values.len().max(1) as f64;
        let (low, high) = numbers::extremes(&map.values);
        Message::new("activation_maps.alt_photo")
            .with("photo", photo.id.as_str())
            .with("low", Argument::Scientific(f64::from(low)))
            .with("high", Argument::Scientific(f64::from(high)))
            .with("mean", Argument::Scientific(mean))
    };
    Message::new("activation_maps.alt_filter")
        .with("filter", filter.to_string())
        .with("photos", row.iter().map(photo).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: &[f32]) -> Map {
        Map {
            height: 1,
            width: values.len(),
            values: values.to_vec(),
        }
    }

    #[test]
    fn one_scale_for_all_maps() {
        let positive = vec![vec![map(&[0.0, 2.0])], vec![map(&[5.0, 1.0])]];
        assert_eq!(shared_scale(&positive), (Sign::Unsigned, (0.0, 5.0)));
        let mixed = vec![vec![map(&[0.0, 2.0])], vec![map(&[-5.0, 1.0])]];
        assert_eq!(shared_scale(&mixed), (Sign::Signed, (-5.0, 5.0)));
        let silent = vec![vec![map(&[0.0, 0.0])]];
        assert_eq!(shared_scale(&silent), (Sign::Unsigned, (0.0, 1.0)));
    }

    #[test]
    fn maps_are_picked_by_filter_and_photo() {
        let output =
            Tensor::arange(2 * 3 * 2 * 4, (tch::Kind::Float, tch::Device::Cpu)).view([2, 3, 2, 4]);
        let maps = filter_maps(&output, &[2, 0]).unwrap();
        assert_eq!((maps.len(), maps[0].len()), (2, 2));
        assert_eq!((maps[1][0].height, maps[1][0].width), (2, 4));
        assert_eq!(
            maps[1][0].values,
            [40.0, 41.0, 42.0, 43.0, 44.0, 45.0, 46.0, 47.0]
        );
        assert_eq!(maps[0][1].values[0], 0.0);
    }
}
