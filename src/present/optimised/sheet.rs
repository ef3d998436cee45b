//! A photo on its way: the contact sheet, the original first, and the curves.

use super::{first_and_last, named, series};
use crate::present::exhibit::{Body, Curves, Exhibit, PictureTile, Pictures};
use crate::present::{Photo, Presented, Task};
use crate::results::{Curve, Ending, Objective, Optimised, Picture, Stage, Target};
use crate::words::{Argument, Message};

pub(super) fn present(task: &Task, photo: &Photo, dream: &Optimised) -> Presented {
    let (kind, layer, filter) = match &dream.target {
        Target::Filter { layer, filter } => ("filter", layer.to_string(), filter.to_string()),
        Target::Head { layer, head } => ("filter", layer.to_string(), head.to_string()),
        Target::Layer { layer } if dream.objective == Objective::Guided => {
            ("guide", layer.to_string(), String::new())
        }
        Target::Layer { layer } => ("layer", layer.to_string(), String::new()),
        Target::Class(class) => (
            "class",
            String::new(),
            task.strings.text(&task.explained(class)),
        ),
        other => (
            "class",
            String::new(),
            task.strings.text(&named::target(task, other, false)),
        ),
    };
    // A filter may be raised over octaves as well, which other captions tell.
    let over_octaves = format!("{kind}_octaves");
    let kinds: &[&str] = match dream.curves.iter().any(|curve| curve.octave.is_some()) {
        true => &[&over_octaves, kind],
        false => &[kind],
    };
    let named = |message: Message| {
        let message = message
            .saying("photo", photo.name)
            .saying("layer", layer.as_str());
        match filter.is_empty() {
            true => message,
            false => message.saying("filter", filter.as_str()),
        }
    };
    let original = PictureTile {
        label: Message::new("optimised.sheet_original"),
        picture: photo.picture.clone(),
    };
    let frames = dream.frames.iter().map(|frame| PictureTile {
        label: stage(frame.stage),
        picture: frame.picture.clone(),
    });
    let tiles: Vec<PictureTile> = std::iter::once(original).chain(frames).collect();
    let change = dream.frames.last().map_or(0.0, |last| {
        mean_change(&photo.picture.pixels, &last.picture.pixels)
    });
    let label = |curve: &Curve| match curve.octave {
        Some(octave) => stage(octave),
        None => Message::new("optimised.sheet_filter").with("filter", filter.as_str()),
    };
    let curves: Vec<Message> = dream
        .curves
        .iter()
        .map(|curve| curve_text(label(curve), curve))
        .collect();
    let has_own_size = dream.frames.iter().all(|frame| {
        let size = |picture: &Picture| (picture.width, picture.height);
        size(&frame.picture) == size(photo.picture) && !matches!(frame.stage, Stage::Zoomed { .. })
    });
    let alt = Message::new(match (dream.objective, kinds.len()) {
        _ if !has_own_size => "optimised.sheet_alt_sized",
        (Objective::Mean, 1) => "optimised.sheet_alt_filter",
        (Objective::Mean, _) => "optimised.sheet_alt_filter_octaves",
        _ => "optimised.sheet_alt_layer",
    });
    let alt = task.parameters.iter().fold(alt, |alt, (key, value)| {
        alt.with(key.clone(), value.to_string())
    });
    let sheet = Exhibit {
        caption: in_several_sizes(task, named(task.own_text("caption", kinds))),
        alt: named(alt)
            .with("frames", tiles.len() - 1)
            .with("change", Argument::Number(change, 1))
            .with("curves", curves.clone()),
        body: Body::Pictures(Pictures {
            is_sequence: true,
            columns: columns(tiles.len()),
            tiles,
        }),
    };
    let curve = Exhibit {
        caption: named(task.own_text("caption_curve", kinds)),
        alt: Message::new("optimised.sheet_alt_curve").with("curves", curves),
        body: Body::Curves(Curves {
            x_label: Message::new("optimised.step"),
            y_label: Message::new(match dream.objective {
                Objective::Mean => "optimised.objective_filter",
                Objective::HalfMeanSquare => "optimised.objective_layer",
                Objective::RelativeDistance => "optimised.objective_distance",
                Objective::Neuron
                | Objective::Direction
                | Objective::Class
                | Objective::Sum
                | Objective::Guided => "optimised.objective_any",
            }),
            series: dream
                .curves
                .iter()
                .map(|curve| series(label(curve), curve))
                .collect(),
        }),
    };
    Presented {
        exhibits: vec![sheet, curve],
        notices: notices(dream),
    }
}

/// The caption, and what was done to see more of the picture, or less.
fn in_several_sizes(task: &Task, mut caption: Message) -> Message {
    let parameter = |key: &str| task.parameters.get(key);
    if let Some(tile) = parameter("tile") {
        caption = Message::new("optimised.sheet_tiled")
            .with("caption", caption)
            .with("tile", tile.to_string());
    }
    if let Some(times) = parameter("enlarge") {
        caption = Message::new("optimised.sheet_enlarged")
            .with("caption", caption)
            .with("times", times.to_string());
    }
    let zoom = parameter("zoom").and_then(|zoom| {
        let share = zoom.get("share")?.as_f64()?;
        Some((zoom.get("frames")?.to_string(), share))
    });
    match zoom {
        Some((frames, share)) => Message::new("optimised.sheet_zoom")
            .with("caption", caption)
            .with("frames", frames)
            .with("share", Argument::Percent(share, 0)),
        None => caption,
    }
}

fn notices(dream: &Optimised) -> Vec<Message> {
    let mut notices = Vec::new();
    if dream.is_pre_activation {
        notices.push(Message::new("optimised.sheet_dead"));
    }
    let at = |key: &'static str, step: usize| Message::new(key).with("step", step.to_string());
    match dream.ending {
        Ending::Complete => {}
        Ending::NoGradient => notices.push(Message::new("optimised.sheet_no_gradient")),
        Ending::GradientLost { step } => notices.push(at("optimised.sheet_stopped", step)),
        Ending::Diverged { step } => notices.push(at("optimised.sheet_diverged", step)),
    }
    notices
}

fn stage(stage: Stage) -> Message {
    match stage {
        Stage::Step(step) => Message::new("optimised.sheet_frame").with("step", step.to_string()),
        Stage::Octave {
            number,
            width,
            height,
        } => Message::new("optimised.octave")
            .with("octave", number.to_string())
            .with("width", width.to_string())
            .with("height", height.to_string()),
        Stage::Variant { number, .. } => {
            Message::new("optimised.sheet_frame").with("step", number.to_string())
        }
        // It fades the picture of a gallery and is no frame of a sheet.
        Stage::Opacity => Message::Literal(String::new()),
        Stage::Zoomed { number } => {
            Message::new("optimised.sheet_zoomed").with("number", number.to_string())
        }
    }
}

/// `filter 94: from 0.1 to 35`.
fn curve_text(label: Message, curve: &Curve) -> Message {
    let (first, last) = first_and_last(Some(curve));
    Message::new("optimised.sheet_alt_series")
        .with("name", label)
        .with("first", first)
        .with("last", last)
}

/// Mean size of the change of a pixel, in 8-bit levels.
fn mean_change(before: &[u8], after: &[u8]) -> f64 {
    let pairs = before.iter().zip(after);
    let sum: u64 = pairs.map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
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
