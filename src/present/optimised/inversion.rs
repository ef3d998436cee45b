//! Photos, each beside the picture that a layer cannot tell from it, and the distance on the way.

use serde_json::Value;

use super::{ends, first_and_last, series};
use crate::present::exhibit::{Body, Curves, Exhibit, PictureTile, Pictures};
use crate::present::{Photo, Presented, Task};
use crate::results::{Ending, Optimised, Stage, Target};
use crate::words::{Argument, Message};

/// Outputs that are farther from the photo's, over the size of these, are not near them.
const FAR: f64 = 0.5;

pub(super) fn present(task: &Task, all: &[(&Photo, &Optimised)]) -> Presented {
    let layer = match all.first().map(|(_, one)| &one.target) {
        Some(
            Target::Layer { layer } | Target::Filter { layer, .. } | Target::Head { layer, .. },
        ) => layer.to_string(),
        _ => String::new(),
    };
    let jitter_px = task.parameters.get("jitter_px").and_then(Value::as_u64);
    let words: &[&str] = match jitter_px {
        Some(0) => &["still"],
        _ => &[],
    };
    let caption = |key: &str| {
        let caption = task.own_text(key, words);
        caption.saying("layer", layer.as_str())
    };
    let tiles = all.iter().flat_map(|(photo, one)| tiles(photo, one));
    let described: Vec<Message> = all.iter().map(|(photo, one)| alt(photo, one)).collect();
    let of_photo = |(photo, one): &(&Photo, &Optimised)| {
        let label = Message::literal(photo.name);
        one.curves.first().map(|curve| series(label.clone(), curve))
    };
    Presented {
        exhibits: vec![
            Exhibit {
                caption: caption("caption"),
                alt: Message::new("optimised.inversion_alt").with("photos", described.clone()),
                body: Body::Pictures(Pictures {
                    is_sequence: false,
                    columns: 2 * all.len().clamp(1, 2),
                    tiles: tiles.collect(),
                }),
            },
            Exhibit {
                caption: caption("caption_curves"),
                alt: Message::new("optimised.inversion_alt").with("photos", described),
                body: Body::Curves(Curves {
                    x_label: Message::new("optimised.step"),
                    y_label: Message::new("optimised.objective_distance"),
                    series: all.iter().filter_map(of_photo).collect(),
                }),
            },
        ],
        notices: all
            .iter()
            .filter_map(|(photo, one)| notice(photo, one))
            .collect(),
    }
}

/// The photo, and its picture where there is one.
fn tiles(photo: &Photo, one: &Optimised) -> Vec<PictureTile> {
    let of_photo = PictureTile {
        label: Message::literal(photo.name),
        picture: photo.picture.clone(),
    };
    let found = one.frames.last().map(|frame| PictureTile {
        label: Message::new("optimised.inversion_tile")
            .with("distance", Argument::Scientific(kept(one).1))
            .with("step", kept(one).0),
        picture: frame.picture.clone(),
    });
    std::iter::once(of_photo).chain(found).collect()
}

/// The step whose picture is shown, and the distance there.
fn kept(one: &Optimised) -> (usize, f64) {
    let distances: Vec<f64> = one
        .curves
        .first()
        .map_or_else(Vec::new, |curve| curve.finite().collect());
    let last = distances.len().saturating_sub(1);
    let step = match one.frames.last().map(|frame| frame.stage) {
        Some(Stage::Step(step)) => step.min(last),
        _ => last,
    };
    (step, distances.get(step).copied().unwrap_or_default())
}

fn alt(photo: &Photo, one: &Optimised) -> Message {
    let (first, _) = first_and_last(one.curves.first());
    Message::new("optimised.inversion_alt_photo")
        .with("photo", photo.name)
        .with("first", first)
        .with("last", Argument::Scientific(kept(one).1))
}

fn notice(photo: &Photo, one: &Optimised) -> Option<Message> {
    let about = |key| Message::new(key).with("photo", photo.name);
    match one.ending {
        Ending::Complete => {
            let (first, _) = ends(one.curves.first())?;
            let (_, last) = kept(one);
            let far = about("optimised.inversion_far");
            (last >= first || last > FAR).then(|| far.with("distance", Argument::Scientific(last)))
        }
        Ending::NoGradient | Ending::GradientLost { .. } => {
            Some(about("optimised.inversion_silent"))
        }
        Ending::Diverged { step } => {
            let message = about("optimised.inversion_diverged");
            Some(message.with("step", step.to_string()))
        }
    }
}
