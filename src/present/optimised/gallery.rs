//! Pictures from noise, side by side, each of a filter or of another objective, and their curves.

use super::{first_and_last, named, series};
use crate::present::exhibit::{Body, Curves, Exhibit, PictureTile, Pictures};
use crate::present::{Presented, Task};
use crate::results::{Curve, Ending, Optimised, Picture, Stage, Target};
use crate::words::{Argument, Message};

/// Pictures in a row on a wide page.
const COLUMNS: usize = 5;

/// The pictures of a figure.
struct Gallery<'a> {
    task: &'a Task<'a>,
    all: &'a [&'a Optimised],
    /// Whether all are of filters of one layer, which the caption names.
    of_filters: bool,
}

pub(super) fn present(task: &Task, all: &[&Optimised]) -> Presented {
    let gallery = Gallery {
        task,
        all,
        of_filters: named::are_filters_of_one_layer(all),
    };
    let tiles = gallery.tiles();
    let described = gallery.described();
    let (caption, caption_curves, objective) = match gallery.of_filters {
        true => ("caption", "caption_curves", "optimised.objective_filter"),
        false => (
            "caption_objectives",
            "caption_objectives_curves",
            "optimised.objective_any",
        ),
    };
    let of_curves = all.iter().flat_map(|one| {
        one.curves
            .iter()
            .map(|curve| series(gallery.label(one, curve.octave), curve))
    });
    let curves = Exhibit {
        caption: gallery.caption(caption_curves),
        alt: Message::new("optimised.gallery_alt_curves").with("filters", described.clone()),
        body: Body::Curves(Curves {
            x_label: Message::new("optimised.step"),
            y_label: Message::new(objective),
            series: of_curves.collect(),
        }),
    };
    let pictures = (!tiles.is_empty()).then(|| Exhibit {
        caption: gallery.grown_together(gallery.caption(caption)),
        alt: Message::new("optimised.gallery_alt").with("filters", described),
        body: Body::Pictures(Pictures {
            is_sequence: false,
            columns: gallery.columns(tiles.len()),
            tiles,
        }),
    });
    Presented {
        exhibits: pictures.into_iter().chain([curves]).collect(),
        notices: gallery.notices(),
    }
}

impl Gallery<'_> {
    fn caption(&self, key: &str) -> Message {
        let caption = self.task.own_text(key, &[]);
        match self.all.first().map(|one| &one.target) {
            Some(
                Target::Filter { layer, .. } | Target::Head { layer, .. } | Target::Layer { layer },
            ) if self.of_filters => caption.saying("layer", layer.to_string()),
            _ => caption,
        }
    }

    /// The caption, and that pictures of one objective were made to differ.
    fn grown_together(&self, caption: Message) -> Message {
        let parameter = |key: &str| self.task.parameters.get(key).map(ToString::to_string);
        match (parameter("variants"), parameter("diversity")) {
            (Some(variants), Some(diversity)) => Message::new("optimised.gallery_variants")
                .with("caption", caption)
                .with("variants", variants)
                .with("diversity", diversity),
            _ => caption,
        }
    }

    /// Those of one objective in one row, where there are several.
    fn columns(&self, tiles: usize) -> usize {
        let each = self.all.first().map_or(1, |one| pictures(one).len());
        match each {
            2..=COLUMNS => each,
            _ => tiles.clamp(1, COLUMNS),
        }
    }

    fn tiles(&self) -> Vec<PictureTile> {
        let tiles = self.all.iter().flat_map(|one| {
            pictures(one)
                .into_iter()
                .map(|(stage, picture)| PictureTile {
                    label: self.label(one, Some(stage)),
                    picture,
                })
        });
        tiles.collect()
    }

    /// `filter 7`; of one of several pictures its number and how alike it is to the others.
    fn label(&self, one: &Optimised, stage: Option<Stage>) -> Message {
        let target = named::target(self.task, &one.target, self.of_filters);
        let target = match (one.is_pre_activation, &one.target) {
            (true, Target::Filter { filter, .. }) if self.of_filters => {
                Message::new("optimised.gallery_tile_open").with("filter", filter.to_string())
            }
            (true, _) => Message::new("optimised.of_open").with("number", target),
            (false, _) => target,
        };
        match stage {
            Some(Stage::Variant { number, similarity }) => Message::new("optimised.of_variant")
                .with("number", target)
                .with("variant", number)
                .with("similarity", Argument::Number(similarity, 2)),
            _ => target,
        }
    }

    /// What the reader must know of some of the pictures, listed together.
    fn notices(&self) -> Vec<Message> {
        let named = |test: &dyn Fn(&Optimised) -> bool, of_filters, of_others| {
            let all = self.all.iter().filter(|one| test(one));
            let all: Vec<Message> = all.map(|one| self.noticed(one)).collect();
            let key: &'static str = match self.of_filters {
                true => of_filters,
                false => of_others,
            };
            (!all.is_empty()).then(|| Message::new(key).with("filters", all))
        };
        let is_dead = |one: &Optimised| one.ending == Ending::NoGradient;
        let is_raised_before = |one: &Optimised| one.is_pre_activation && !is_dead(one);
        let has_diverged = |one: &Optimised| pictures(one).is_empty();
        let found = [
            named(
                &is_raised_before,
                "optimised.gallery_dead",
                "optimised.objectives_dead",
            ),
            named(
                &is_dead,
                "optimised.gallery_no_gradient",
                "optimised.objectives_no_gradient",
            ),
            named(
                &has_diverged,
                "optimised.gallery_diverged",
                "optimised.objectives_diverged",
            ),
        ];
        found.into_iter().flatten().collect()
    }

    /// In a list of filters their numbers do.
    fn noticed(&self, one: &Optimised) -> Message {
        match &one.target {
            Target::Filter { filter, .. } if self.of_filters => {
                Message::literal(filter.to_string())
            }
            other => named::target(self.task, other, self.of_filters),
        }
    }

    fn described(&self) -> Vec<Message> {
        let each = self.all.iter().flat_map(|one| {
            let shown = pictures(one);
            let curves = one.curves.iter().enumerate();
            let each = curves.map(|(at, curve)| {
                let picture = shown.get(at).map(|(_, picture)| picture);
                self.alt(one, curve, picture)
            });
            each.collect::<Vec<_>>()
        });
        each.collect()
    }

    /// `filter 7: mean response from 0.02 to 31`, and the mean colour that came out.
    fn alt(&self, one: &Optimised, curve: &Curve, picture: Option<&Picture>) -> Message {
        let (first, last) = first_and_last(Some(curve));
        let said = |of_filters: &'static str, of_others: &'static str| {
            let key = match self.of_filters {
                true => of_filters,
                false => of_others,
            };
            Message::new(key)
                .with("filter", self.label(one, curve.octave))
                .with("first", first.clone())
                .with("last", last.clone())
        };
        let Some(picture) = picture else {
            return said(
                "optimised.gallery_alt_curve",
                "optimised.objectives_alt_curve",
            );
        };
        let mean = |channel: usize| {
            let levels = picture.pixels.iter().skip(channel).step_by(3);
            let sum: u64 = levels.map(|&level| u64::from(level)).sum();
            (sum / (picture.width * picture.height).max(1) as u64).to_string()
        };
        said(
            "optimised.gallery_alt_filter",
            "optimised.objectives_alt_picture",
        )
        .with("red", mean(0))
        .with("green", mean(1))
        .with("blue", mean(2))
    }
}

/// The last picture, or all variants; each faded where its pixels mattered little, if that was measured.
fn pictures(one: &Optimised) -> Vec<(Stage, Picture)> {
    let mut shown: Vec<(Stage, Picture)> = Vec::new();
    for frame in &one.frames {
        match (frame.stage, shown.last_mut()) {
            (Stage::Opacity, Some((_, picture))) => fade(picture, &frame.picture),
            _ => shown.push((frame.stage, frame.picture.clone())),
        }
    }
    let are_variants = matches!(shown.last(), Some((Stage::Variant { .. }, _)));
    if !are_variants {
        shown.drain(..shown.len().saturating_sub(1));
    }
    shown
}

/// Towards white where the opacity is small.
fn fade(picture: &mut Picture, opacity: &Picture) {
    for (level, opacity) in picture.pixels.iter_mut().zip(&opacity.pixels) {
        let share = f64::from(*opacity) / 255.0;
        *level = (255.0 - share * (255.0 - f64::from(*level))).round() as u8;
    }
}
