//! The contact sheet of a dream and its curves, with words.

use super::super::finding::{
    Argument, Body, Curves, Exhibit, Message, PictureTile, Pictures, Series,
};
use super::super::{Photo, chosen};
use super::DeepDream;
use super::ascents::Dream;
use crate::model::Layer;

impl DeepDream {
    /// The contact sheet with the photo first, then the objective.
    pub(super) fn exhibits(&self, layer: &Layer, photo: &Photo, dream: Dream) -> Vec<Exhibit> {
        let described = |key: &'static str| {
            let message = Message::new(key)
                .with("photo", photo.id.as_str())
                .with("layer", chosen::layer_name(layer))
                .with("steps", self.steps.unwrap_or_default().to_string());
            match self.filter {
                Some(filter) => message.with("filter", filter.to_string()),
                None => message.with("octaves", self.octaves.unwrap_or_default().to_string()),
            }
        };
        let (sheet, alt, curve) = match self.filter {
            Some(_) => (
                "deep_dream.caption_filter",
                "deep_dream.alt_filter",
                "deep_dream.caption_curve_filter",
            ),
            None => (
                "deep_dream.caption_layer",
                "deep_dream.alt_layer",
                "deep_dream.caption_curve_layer",
            ),
        };
        let original = PictureTile {
            label: Message::new("deep_dream.original"),
            picture: photo.picture.clone(),
        };
        let change = dream.frames.last().map_or(0.0, |last| {
            mean_change(&photo.picture.pixels, &last.picture.pixels)
        });
        let tiles: Vec<PictureTile> = std::iter::once(original).chain(dream.frames).collect();
        let curves: Vec<Message> = dream.series.iter().map(curve_text).collect();
        vec![
            Exhibit {
                caption: described(sheet),
                alt: described(alt)
                    .with("frames", tiles.len() - 1)
                    .with("change", Argument::Number(change, 1))
                    .with("curves", curves.clone()),
                body: Body::Pictures(Pictures {
                    columns: columns(tiles.len()),
                    tiles,
                }),
            },
            Exhibit {
                caption: described(curve),
                alt: Message::new("deep_dream.alt_curve").with("curves", curves),
                body: Body::Curves(Curves {
                    x_label: Message::new("deep_dream.step"),
                    y_label: Message::new(match self.filter {
                        Some(_) => "deep_dream.objective_filter",
                        None => "deep_dream.objective_layer",
                    }),
                    series: dream.series,
                }),
            },
        ]
    }
}

/// `filter 94: from 0.1 to 35`.
fn curve_text(series: &Series) -> Message {
    let value =
        |point: Option<&(f64, f64)>| Argument::Scientific(point.map_or(0.0, |point| point.1));
    Message::new("deep_dream.alt_series")
        .with("name", series.label.clone())
        .with("first", value(series.points.first()))
        .with("last", value(series.points.last()))
}

/// Mean size of the change of a pixel, in 8-bit levels.
fn mean_change(before: &[u8], after: &[u8]) -> f64 {
    let sum: u64 = before
        .iter()
        .zip(after)
        .map(|(&a, &b)| u64::from(a.abs_diff(b)))
        .sum();
    sum as f64 / before.len().max(1) as f64
}

/// Columns of a contact sheet: six or seven, whichever leaves the fuller last row; fewer for few tiles.
fn columns(tiles: usize) -> usize {
    let gaps = |columns: usize| tiles.next_multiple_of(columns) - tiles;
    match tiles {
        0..=6 => tiles.max(1),
        _ if gaps(6) < gaps(7) => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_sheet_fills_its_rows() {
        assert_eq!([5, 24, 26, 21, 49].map(columns), [5, 6, 7, 7, 7]);
    }
}
