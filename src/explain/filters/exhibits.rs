//! The pictures of filters and their curves, with words.

use super::super::finding::{
    Argument, Body, Curves, Exhibit, Message, PictureTile, Pictures, Series,
};
use super::super::{chosen, numbers};
use super::growth::Grown;
use super::{Filters, Parameterisation};
use crate::model::Layer;

/// Pictures in a row on a wide page.
const COLUMNS: usize = 5;

impl Filters {
    /// The pictures, then the objectives.
    pub(super) fn exhibits(&self, layer: &Layer, grown: &[Grown]) -> Vec<Exhibit> {
        let label = |one: &Grown| {
            let key = if one.is_open {
                "filters.tile_open"
            } else {
                "filters.tile"
            };
            Message::new(key).with("filter", one.filter.to_string())
        };
        let captioned = |key: &'static str| {
            Message::new(key)
                .with("layer", chosen::layer_name(layer))
                .with(
                    "steps",
                    Argument::Text(self.steps.unwrap_or_default().to_string()),
                )
        };
        let tiles: Vec<PictureTile> = grown
            .iter()
            .filter_map(|one| {
                Some(PictureTile {
                    label: label(one),
                    picture: one.picture.clone()?,
                })
            })
            .collect();
        let caption = match self.parameterisation {
            Parameterisation::Pixels => "filters.caption_pixels",
            Parameterisation::Fourier => "filters.caption_fourier",
        };
        let described = grown
            .iter()
            .map(|one| alt(label(one), one))
            .collect::<Vec<_>>();
        let series = |one: &Grown| Series {
            label: label(one),
            points: numbers::points(&one.objectives),
        };
        let pictures = Exhibit {
            caption: captioned(caption),
            alt: Message::new("filters.alt").with("filters", described.clone()),
            body: Body::Pictures(Pictures {
                columns: tiles.len().clamp(1, COLUMNS),
                tiles,
            }),
        };
        let curves = Exhibit {
            caption: captioned("filters.caption_curves"),
            alt: Message::new("filters.alt_curves").with("filters", described),
            body: Body::Curves(Curves {
                x_label: Message::new("filters.step"),
                y_label: Message::new("filters.objective"),
                series: grown.iter().map(series).collect(),
            }),
        };
        if pictures_of(&pictures) == 0 {
            vec![curves]
        } else {
            vec![pictures, curves]
        }
    }
}

fn pictures_of(exhibit: &Exhibit) -> usize {
    if let Body::Pictures(pictures) = &exhibit.body {
        pictures.tiles.len()
    } else {
        0
    }
}

/// `filter 7: mean response from 0.02 to 31`, and the mean colour that came out.
fn alt(label: Message, grown: &Grown) -> Message {
    let finite = numbers::points(&grown.objectives);
    let value =
        |point: Option<&(f64, f64)>| Argument::Scientific(point.map_or(0.0, |point| point.1));
    let key = if grown.picture.is_some() {
        "filters.alt_filter"
    } else {
        "filters.alt_curve"
    };
    let message = Message::new(key)
        .with("filter", label)
        .with("first", value(finite.first()))
        .with("last", value(finite.last()));
    let Some(picture) = &grown.picture else {
        return message;
    };
    let mean = |channel: usize| {
        let sum: u64 = picture
            .pixels
            .iter()
            .skip(channel)
            .step_by(3)
            .map(|&level| u64::from(level))
            .sum();
        (sum / (picture.width * picture.height).max(1) as u64).to_string()
    };
    message
        .with("red", mean(0))
        .with("green", mean(1))
        .with("blue", mean(2))
}
