//! Evidence of segments: coloured photos, bars with intervals, and how far to trust them.

mod notices;
mod tables;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{
    Bar, BarGroup, BarUnit, Bars, Body, Exhibit, SegmentTile, SegmentView, Segments,
};
use super::places::{part_of, place};
use super::{Photo, Presented, Task, evidence};
use crate::results::{Explained, Results, SegmentWeight, Superpixels};
use crate::words::{Argument, Message};

/// Bars of one photo.
const BARS: usize = 10;
/// Half the width of a 95 % interval, in standard errors.
const STANDARD_ERRORS: f64 = 1.96;

/// How evidence of segments is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// How many segments of the largest weights are coloured, and how many are shown alone. Default 5.
    #[schemars(range(min = 1, max = 100))]
    pub features: usize,
}

impl Default for View {
    fn default() -> Self {
        Self { features: 5 }
    }
}

/// An explained photo with the order of its segments.
struct LimeResult<'a> {
    photo: &'a Photo<'a>,
    result: &'a Superpixels,
    /// Zeros where they are nothing but rounding.
    weights: Vec<f64>,
    class: Message,
    /// What the network says of it.
    said: Argument,
    /// All segments, the largest |weight| first.
    order: Vec<usize>,
    /// The segments of the largest weights above 0.
    positive: Vec<usize>,
    /// Where the middle of each segment lies.
    middles: Vec<(usize, usize)>,
}

pub fn present(task: &Task, view: &View) -> Presented {
    let explained = task.found.iter().filter_map(|found| {
        let (photo, Results::Superpixels(result)) = (task.photo(found)?, found.results) else {
            return None;
        };
        Some(LimeResult::new(
            photo,
            result,
            (task.explained(&result.target), task.said(&result.target)),
            view,
        ))
    });
    let photos: Vec<LimeResult> = explained.collect();
    Presented {
        exhibits: vec![
            segments(task, view, &photos),
            bars(task, &photos),
            tables::table(task, &photos),
        ],
        notices: photos
            .iter()
            .flat_map(|photo| notices::of(task, view, photo))
            .collect(),
    }
}

impl<'a> LimeResult<'a> {
    fn new(
        photo: &'a Photo<'a>,
        result: &'a Superpixels,
        (class, said): (Message, Argument),
        view: &View,
    ) -> Self {
        let order = result.by_size_of_weight();
        let weights = evidence::weights(result);
        let above_zero = |segment: &usize| weights[*segment] > 0.0;
        let positive = order.iter().copied().filter(above_zero);
        Self {
            photo,
            result,
            class,
            said,
            positive: positive.take(view.features).collect(),
            weights,
            order,
            middles: result.middles(),
        }
    }

    /// The `count` segments of the largest |weight|.
    fn strongest(&self, count: usize) -> &[usize] {
        &self.order[..count.min(self.order.len())]
    }

    /// Whether hiding segments does not change the probability.
    fn is_silent(&self) -> bool {
        self.weights.iter().all(|weight| *weight == 0.0)
    }

    /// Half the width of the 95 % interval of a segment's weight.
    fn uncertainty(&self, segment: usize) -> Option<f64> {
        if self.is_silent() {
            return None;
        }
        let errors = self.result.standard_errors.as_ref()?;
        Some(STANDARD_ERRORS * errors.get(segment)?)
    }

    /// Whether the 95 % interval of a segment's weight includes zero.
    fn is_undecided(&self, segment: usize) -> bool {
        let half = self.uncertainty(segment);
        half.is_some_and(|half| half >= self.weights[segment].abs())
    }

    /// `7, upper left`: counted from 1, with the part of the photo that its middle lies in.
    fn segment(&self, segment: usize) -> Message {
        let middle = self.middles.get(segment).copied().unwrap_or_default();
        let part = part_of(middle, self.result.width, self.result.height);
        Message::new("superpixels.segment")
            .with("number", segment + 1)
            .with("place", place(part))
    }

    /// Parts of the explained number, as text.
    fn amount(&self, value: f64) -> Argument {
        match self.result.explained() {
            Explained::Probability => Argument::Percent(value, 1),
            Explained::Score => Argument::Number(value, 2),
        }
    }

    /// The sum of all weights.
    fn sum(&self) -> Argument {
        self.amount(self.weights.iter().sum())
    }

    fn is_shapley(&self) -> bool {
        self.result.weight == SegmentWeight::Shapley
    }

    fn probability(&self) -> Argument {
        self.said.clone()
    }
}

fn r_squared(value: Option<f64>) -> Argument {
    value.map_or(Argument::Text("–".to_owned()), |value| {
        Argument::Number(value, 2)
    })
}

fn segments(task: &Task, view: &View, photos: &[LimeResult]) -> Exhibit {
    let tiles = photos.iter().enumerate().flat_map(|(group, explained)| {
        let LimeResult {
            photo,
            result,
            weights,
            class,
            positive,
            ..
        } = explained;
        let tile = |label, view| SegmentTile {
            label,
            group,
            photo: photo.picture.clone(),
            segments: result.labels.clone(),
            weights: weights.clone(),
            view,
        };
        let outlines = Message::new("superpixels.label_outlines")
            .with("photo", photo.name)
            .with("count", result.segments());
        let evidence = match explained.is_shapley() {
            true => Message::new("superpixels.label_shares").with("sum", explained.sum()),
            false => Message::new("superpixels.label_evidence")
                .with("held_out", r_squared(result.fit.r_squared_held_out)),
        };
        let evidence = evidence
            .with("class", class.clone())
            .with("probability", explained.probability());
        let only = Message::new("superpixels.label_only")
            .with("class", class.clone())
            .with("count", positive.len());
        let shown = explained.strongest(view.features).to_vec();
        let is_undecided = |segment: &usize| explained.is_undecided(*segment);
        let undecided = shown.iter().copied().filter(is_undecided).collect();
        let alone = positive.clone();
        [
            tile(outlines, SegmentView::Outlines),
            tile(evidence, SegmentView::Evidence { shown, undecided }),
            tile(only, SegmentView::Only { shown: alone }),
        ]
    });
    let most = photos.iter().map(|one| one.result.segments()).max();
    let shown = most.map_or(view.features, |most| view.features.min(most));
    Exhibit {
        caption: task.captioned(
            task.own_text("caption", &[]).saying("features", shown),
            photos.first().map(|one| &one.result.target),
        ),
        alt: alt(task, photos, view.features),
        body: Body::Segments(Segments {
            columns: 3,
            tiles: tiles.collect(),
        }),
    }
}

fn alt(task: &Task, photos: &[LimeResult], count: usize) -> Message {
    let photos = photos.iter().map(|explained| {
        let weights = explained.strongest(count).iter().map(|&segment| {
            let weight = explained.weights[segment];
            Message::new("superpixels.alt_weight")
                .with("segment", explained.segment(segment))
                .with("weight", Argument::Scientific(weight))
        });
        let held_out = explained.result.fit.r_squared_held_out;
        let photo = match explained.is_shapley() {
            true => Message::new("superpixels.alt_shares").with("sum", explained.sum()),
            false => Message::new("superpixels.alt_photo").with("held_out", r_squared(held_out)),
        };
        photo
            .with("photo", explained.photo.name)
            .with("class", explained.class.clone())
            .with("probability", explained.probability())
            .with("weights", weights.collect::<Vec<_>>())
    });
    Message::new("superpixels.alt")
        .with("method", Message::new(format!("{}.title", task.method)))
        .with("photos", photos.collect::<Vec<_>>())
}

fn bars(task: &Task, photos: &[LimeResult]) -> Exhibit {
    let groups = photos.iter().map(|explained| {
        let bars = explained.strongest(BARS).iter().map(|&segment| Bar {
            label: explained.segment(segment),
            value: explained.weights[segment],
            uncertainty: explained.uncertainty(segment),
        });
        let label = Message::new("superpixels.label_bars")
            .with("photo", explained.photo.name)
            .with("class", explained.class.clone());
        BarGroup {
            label,
            bars: bars.collect(),
            segments: explained.strongest(BARS).to_vec(),
        }
    });
    Exhibit {
        caption: task.captioned(
            task.own_text("caption_weights", &[]).saying("bars", BARS),
            photos.first().map(|one| &one.result.target),
        ),
        alt: alt(task, photos, BARS),
        body: Body::Bars(Bars {
            columns: photos.len().clamp(1, 2),
            groups: groups.collect(),
            quantity: task.own_text("quantity", &[]),
            unit: BarUnit::Weight,
        }),
    }
}
