//! What LIME found, as figures, a table and warnings.

mod notices;

use super::{ExactWord, Explained, Lime, SampleCount, Segmenter};
use crate::explain::finding::{
    Argument, Bar, BarGroup, BarUnit, Bars, Body, Exhibit, Finding, Message, SegmentTile,
    SegmentView, Segments, Table,
};
use crate::explain::{Context, parameters};

/// Bars of one photo.
const BARS: usize = 10;
/// Half the width of a 95 % interval, in standard errors.
const STANDARD_ERRORS: f64 = 1.96;

pub(super) fn finding(lime: &Lime, context: &Context, found: &[Explained]) -> Finding {
    let photos: Vec<_> = found
        .iter()
        .map(|explained| Photo::new(lime, context, explained))
        .collect();
    Finding {
        exhibits: vec![segments(lime, &photos), bars(lime, &photos), table(&photos)],
        parameters: used(lime, context, found),
        notices: photos
            .iter()
            .flat_map(|photo| notices::of(lime, photo))
            .collect(),
    }
}

/// An explained photo with the order of its segments.
struct Photo<'a> {
    explained: &'a Explained<'a>,
    class: String,
    weights: &'a [f64],
    /// All segments, the largest |weight| first.
    order: Vec<usize>,
    /// The segments of the largest weights above 0.
    positive: Vec<usize>,
}

impl<'a> Photo<'a> {
    fn new(lime: &Lime, context: &Context, explained: &'a Explained) -> Self {
        let weights = &explained.surrogate.line.weights;
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs())); // stable
        let positive = order
            .iter()
            .copied()
            .filter(|&segment| weights[segment] > 0.0);
        let positive = positive.take(lime.features).collect();
        let class = context.labels.name(explained.class);
        Self {
            explained,
            class,
            weights,
            order,
            positive,
        }
    }

    fn id(&self) -> &str {
        &self.explained.photo.id
    }

    /// The `count` segments of the largest |weight|.
    fn strongest(&self, count: usize) -> &[usize] {
        &self.order[..count.min(self.order.len())]
    }

    fn uncertainty(&self, segment: usize) -> Option<f64> {
        let errors = self.explained.surrogate.standard_errors.as_ref()?;
        Some(STANDARD_ERRORS * errors[segment])
    }

    /// `7, upper left`: counted from 1, with the ninth of the photo that its middle lies in.
    fn segment(&self, segment: usize) -> Message {
        const PLACES: [&str; 9] = [
            "lime.upper_left",
            "lime.upper_middle",
            "lime.upper_right",
            "lime.middle_left",
            "lime.centre",
            "lime.middle_right",
            "lime.lower_left",
            "lime.lower_middle",
            "lime.lower_right",
        ];
        let (width, height) = (
            self.explained.segments.width,
            self.explained.segments.height,
        );
        let labels = self.explained.segments.labels.iter().enumerate();
        let pixels: Vec<usize> = labels
            .filter(|(_, label)| **label as usize == segment)
            .map(|(at, _)| at)
            .collect();
        let mean = |coordinate: &dyn Fn(usize) -> usize| {
            pixels.iter().map(|&at| coordinate(at)).sum::<usize>() / pixels.len().max(1)
        };
        let (x, y) = (mean(&|at| at % width), mean(&|at| at / width));
        Message::new("lime.segment")
            .with("number", segment + 1)
            .with(
                "place",
                Message::new(PLACES[y * 3 / height * 3 + x * 3 / width]),
            )
    }
}

fn r_squared(value: Option<f64>) -> Argument {
    value.map_or(Argument::Text("–".to_owned()), |value| {
        Argument::Number(value, 2)
    })
}

fn segments(lime: &Lime, photos: &[Photo]) -> Exhibit {
    let tiles = photos.iter().flat_map(|photo| {
        let Photo {
            explained,
            positive,
            ..
        } = photo;
        let tile = |label, view| SegmentTile {
            label,
            photo: explained.photo.picture.clone(),
            segments: explained.segments.labels.clone(),
            weights: photo.weights.to_vec(),
            view,
        };
        let outlines = Message::new("lime.label_outlines")
            .with("photo", photo.id())
            .with("count", explained.segments.count);
        let evidence = Message::new("lime.label_evidence")
            .with("class", photo.class.as_str())
            .with("probability", Argument::Percent(explained.probability, 1))
            .with(
                "held_out",
                r_squared(explained.surrogate.r_squared_held_out),
            );
        let only = Message::new("lime.label_only")
            .with("class", photo.class.as_str())
            .with("count", positive.len());
        [
            tile(outlines, SegmentView::Outlines),
            tile(
                evidence,
                SegmentView::Evidence {
                    shown: photo.strongest(lime.features).to_vec(),
                },
            ),
            tile(
                only,
                SegmentView::Only {
                    shown: positive.clone(),
                },
            ),
        ]
    });
    Exhibit {
        caption: Message::new("lime.caption").with("features", lime.features),
        alt: alt(photos, lime.features),
        body: Body::Segments(Segments {
            columns: 3,
            tiles: tiles.collect(),
        }),
    }
}

fn alt(photos: &[Photo], count: usize) -> Message {
    let photos = photos.iter().map(|photo| {
        let weights = photo.strongest(count).iter().map(|&segment| {
            Message::new("lime.alt_weight")
                .with("segment", photo.segment(segment))
                .with("weight", Argument::Scientific(photo.weights[segment]))
        });
        Message::new("lime.alt_photo")
            .with("photo", photo.id())
            .with("class", photo.class.as_str())
            .with(
                "probability",
                Argument::Percent(photo.explained.probability, 1),
            )
            .with(
                "held_out",
                r_squared(photo.explained.surrogate.r_squared_held_out),
            )
            .with("weights", weights.collect::<Vec<_>>())
    });
    Message::new("lime.alt").with("photos", photos.collect::<Vec<_>>())
}

fn bars(lime: &Lime, photos: &[Photo]) -> Exhibit {
    let groups = photos.iter().map(|photo| {
        let bars = photo.strongest(BARS).iter().map(|&segment| Bar {
            label: photo.segment(segment),
            value: photo.weights[segment],
            uncertainty: photo.uncertainty(segment),
        });
        let label = Message::new("lime.label_bars")
            .with("photo", photo.id())
            .with("class", photo.class.as_str());
        BarGroup {
            label,
            bars: bars.collect(),
        }
    });
    let key = match lime.samples {
        SampleCount::Number(_) => "lime.caption_weights",
        SampleCount::Word(ExactWord::Exact) => "lime.caption_weights_exact",
    };
    Exhibit {
        caption: Message::new(key).with("bars", BARS),
        alt: alt(photos, BARS),
        body: Body::Bars(Bars {
            columns: photos.len().clamp(1, 2),
            groups: groups.collect(),
            quantity: Message::new("lime.quantity"),
            unit: BarUnit::Weight,
        }),
    }
}

fn table(photos: &[Photo]) -> Exhibit {
    let header = [
        "lime.photo",
        "lime.class",
        "lime.probability",
        "lime.segments",
        "lime.samples",
        "lime.held_out",
        "lime.in_sample",
        "lime.local_prediction",
    ];
    let row = |photo: &Photo| {
        let Explained {
            segments,
            probability,
            samples,
            surrogate,
            ..
        } = photo.explained;
        vec![
            Argument::from(photo.id()),
            Argument::from(photo.class.as_str()),
            Argument::Percent(*probability, 1),
            Argument::Count(segments.count),
            Argument::Count(*samples),
            r_squared(surrogate.r_squared_held_out),
            r_squared(surrogate.r_squared),
            Argument::Percent(surrogate.local_prediction, 1),
        ]
    };
    let said = photos.iter().map(|photo| {
        Message::new("lime.alt_quality")
            .with("photo", photo.id())
            .with(
                "held_out",
                r_squared(photo.explained.surrogate.r_squared_held_out),
            )
            .with("in_sample", r_squared(photo.explained.surrogate.r_squared))
    });
    Exhibit {
        caption: Message::new("lime.caption_quality"),
        alt: Message::new("lime.alt_table").with("photos", said.collect::<Vec<_>>()),
        body: Body::Table(Table {
            header: header.map(Message::new).to_vec(),
            rows: photos.iter().map(row).collect(),
        }),
    }
}

/// The parameters, the seed resolved, without the settings of a segmenter that was not used.
fn used(lime: &Lime, context: &Context, found: &[Explained]) -> Vec<(String, String)> {
    let resolved = Lime {
        seed: Some(lime.seed(context.seed)),
        ..lime.clone()
    };
    let cut_by = |segmenter| {
        found
            .iter()
            .any(|explained| lime.segmenter.resolved(&explained.photo.picture) == segmenter)
    };
    let keep = |key: &str| match key {
        "quickshift" => cut_by(Segmenter::Quickshift),
        "slic" => cut_by(Segmenter::Slic),
        "seed" => matches!(lime.samples, SampleCount::Number(_)),
        _ => true,
    };
    parameters::used(&resolved)
        .into_iter()
        .filter(|(key, _)| keep(key))
        .collect()
}
