//! Pictures of filters from noise, side by side, and their curves.

use super::{first_and_last, series};
use crate::present::exhibit::{Body, Curves, Exhibit, PictureTile, Pictures};
use crate::present::{Presented, Task};
use crate::results::{Ending, Optimised, Picture, Target};
use crate::words::Message;

/// Pictures in a row on a wide page.
const COLUMNS: usize = 5;

pub(super) fn present(task: &Task, all: &[&Optimised]) -> Presented {
    let tiles: Vec<PictureTile> = all
        .iter()
        .filter_map(|one| {
            let picture = final_picture(one)?.clone();
            let label = label(one);
            Some(PictureTile { label, picture })
        })
        .collect();
    let caption = |key: &str| match all.first().map(|one| &one.target) {
        Some(
            Target::Filter { layer, .. } | Target::Head { layer, .. } | Target::Layer { layer },
        ) => task.own_text(key, &[]).saying("layer", layer.to_string()),
        Some(Target::Class(_)) | None => task.own_text(key, &[]),
    };
    let described: Vec<Message> = all.iter().map(|one| alt(one)).collect();
    let curves = Exhibit {
        caption: caption("caption_curves"),
        alt: Message::new("optimised.gallery_alt_curves").with("filters", described.clone()),
        body: Body::Curves(Curves {
            x_label: Message::new("optimised.step"),
            y_label: Message::new("optimised.objective_filter"),
            series: all
                .iter()
                .flat_map(|one| one.curves.iter().map(|curve| series(label(one), curve)))
                .collect(),
        }),
    };
    let pictures = (!tiles.is_empty()).then(|| Exhibit {
        caption: caption("caption"),
        alt: Message::new("optimised.gallery_alt").with("filters", described),
        body: Body::Pictures(Pictures {
            is_sequence: false,
            columns: tiles.len().clamp(1, COLUMNS),
            tiles,
        }),
    });
    Presented {
        exhibits: pictures.into_iter().chain([curves]).collect(),
        notices: notices(all),
    }
}

/// What the reader must know of some of the filters, listed together.
fn notices(all: &[&Optimised]) -> Vec<Message> {
    let named = |test: &dyn Fn(&Optimised) -> bool, key: &'static str| {
        let filters = all.iter().filter(|one| test(one));
        let filters: Vec<Message> = filters.map(|one| filter(one)).collect();
        (!filters.is_empty()).then(|| Message::new(key).with("filters", filters))
    };
    let is_dead = |one: &Optimised| one.ending == Ending::NoGradient;
    let is_raised_before = |one: &Optimised| one.is_pre_activation && !is_dead(one);
    let has_diverged = |one: &Optimised| final_picture(one).is_none();
    let found = [
        named(&is_raised_before, "optimised.gallery_dead"),
        named(&is_dead, "optimised.gallery_no_gradient"),
        named(&has_diverged, "optimised.gallery_diverged"),
    ];
    found.into_iter().flatten().collect()
}

fn final_picture(one: &Optimised) -> Option<&Picture> {
    one.frames.last().map(|frame| &frame.picture)
}

/// The filter's number, or the layer.
fn filter(one: &Optimised) -> Message {
    Message::literal(match &one.target {
        Target::Filter { filter, .. } => filter.to_string(),
        Target::Head { layer, .. } | Target::Layer { layer } => layer.to_string(),
        Target::Class(target) => match target.scalar.class() {
            Some(class) => class.to_string(),
            None => String::new(),
        },
    })
}

fn label(one: &Optimised) -> Message {
    let key = match one.is_pre_activation {
        true => "optimised.gallery_tile_open",
        false => "optimised.gallery_tile",
    };
    Message::new(key).with("filter", filter(one))
}

/// `filter 7: mean response from 0.02 to 31`, and the mean colour that came out.
fn alt(one: &Optimised) -> Message {
    let (first, last) = first_and_last(one.curves.first());
    let said = |key: &'static str| {
        Message::new(key)
            .with("filter", label(one))
            .with("first", first.clone())
            .with("last", last.clone())
    };
    let Some(picture) = final_picture(one) else {
        return said("optimised.gallery_alt_curve");
    };
    let mean = |channel: usize| {
        let levels = picture.pixels.iter().skip(channel).step_by(3);
        let sum: u64 = levels.map(|&level| u64::from(level)).sum();
        (sum / (picture.width * picture.height).max(1) as u64).to_string()
    };
    said("optimised.gallery_alt_filter")
        .with("red", mean(0))
        .with("green", mean(1))
        .with("blue", mean(2))
}
