//! The maps of saliency beside their photos, with words.

use super::super::finding::{
    Argument, Body, Exhibit, Finding, HeatMaps, HeatTile, HeatView, Message, Scale, Sign,
};
use super::super::{Context, Photo, numbers, parameters};
use super::{Reduction, Saliency, Salient, View};

impl Saliency {
    pub(super) fn finding(&self, context: &Context, found: &[Salient]) -> Finding {
        let each_photo = || context.photos.iter().zip(found);
        let tiles = each_photo()
            .flat_map(|(photo, salient)| self.tiles(context, photo, salient))
            .collect();
        let texts: Vec<Message> = each_photo()
            .map(|(photo, salient)| alt(context, photo, salient))
            .collect();
        let zero = |(photo, salient): (&Photo, &Salient)| {
            (salient.largest == 0.0).then(|| {
                Message::new("saliency.zero")
                    .with("photo", photo.id.as_str())
                    .with("class", context.labels.name(salient.class))
            })
        };
        let reduction = match self.reduction {
            Reduction::Max => "saliency.reduction_max",
            Reduction::Sum => "saliency.reduction_sum",
            Reduction::Mean => "saliency.reduction_mean",
        };
        let columns = match self.view {
            View::Both => 3,
            // Photo and map stand together; two pairs fit in a row.
            View::Map | View::Overlay => 2 * context.photos.len().clamp(1, 2),
        };
        let exhibit = Exhibit {
            caption: Message::new("saliency.caption")
                .with("reduction", Message::new(reduction))
                .with("percentile", Argument::Text(self.percentile.to_string())),
            alt: Message::new("saliency.alt").with("photos", texts),
            body: Body::HeatMaps(HeatMaps {
                columns,
                tiles,
                sign: Sign::Unsigned,
                quantity: Message::new("saliency.quantity"),
                scale: Scale::OwnPerTile,
            }),
        };
        Finding {
            exhibits: vec![exhibit],
            parameters: parameters::used(self),
            notices: each_photo().filter_map(zero).collect(),
        }
    }

    /// The photo, then its map, the map over it, or both.
    fn tiles(&self, context: &Context, photo: &Photo, salient: &Salient) -> Vec<HeatTile> {
        let range = (
            0.0,
            if salient.clip > 0.0 {
                salient.clip
            } else {
                1.0
            },
        );
        let size = (photo.picture.width, photo.picture.height);
        let scale = |key| {
            Message::new(key)
                .with("largest", Argument::Scientific(f64::from(salient.largest)))
                .with("clip", Argument::Scientific(f64::from(salient.clip)))
        };
        let named = Message::new("saliency.photo")
            .with("photo", photo.id.as_str())
            .with("class", context.labels.name(salient.class))
            .with("probability", Argument::Percent(salient.probability, 1));
        let plain = || HeatTile {
            label: scale("saliency.map"),
            view: HeatView::Map {
                map: salient.map.clone(),
                size,
            },
            range,
        };
        let overlay = |label| HeatTile {
            label,
            view: HeatView::Overlay {
                photo: photo.picture.clone(),
                map: salient.map.clone(),
            },
            range,
        };
        let mut tiles = vec![HeatTile {
            label: named,
            view: HeatView::Photo(photo.picture.clone()),
            range,
        }];
        match self.view {
            View::Map => tiles.push(plain()),
            View::Overlay => tiles.push(overlay(scale("saliency.map"))),
            View::Both => tiles.extend([plain(), overlay(Message::new("saliency.overlay"))]),
        }
        tiles
    }
}

/// `coffee: espresso 96 %; 30 % of the saliency lies in the middle ninth of the picture, most (34 %) in the upper one`.
fn alt(context: &Context, photo: &Photo, salient: &Salient) -> Message {
    /// Row by row.
    const PLACES: [&str; 9] = [
        "saliency.upper_left",
        "saliency.upper",
        "saliency.upper_right",
        "saliency.left",
        "saliency.middle",
        "saliency.right",
        "saliency.lower_left",
        "saliency.lower",
        "saliency.lower_right",
    ];
    const MIDDLE: usize = 4;
    let shares = numbers::ninths(&salient.map);
    let most = numbers::largest(&shares, 1)
        .first()
        .copied()
        .unwrap_or(MIDDLE);
    let key = if salient.largest == 0.0 {
        "saliency.alt_zero"
    } else {
        "saliency.alt_photo"
    };
    Message::new(key)
        .with("photo", photo.id.as_str())
        .with("class", context.labels.name(salient.class))
        .with("probability", Argument::Percent(salient.probability, 1))
        .with("middle", Argument::Percent(shares[MIDDLE], 0))
        .with("place", Message::new(PLACES[most]))
        .with("most", Argument::Percent(shares[most], 0))
}
