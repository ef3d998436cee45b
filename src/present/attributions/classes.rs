//! Maps of a class: each photo, its map, the map over it.

use super::scale::Scales;
use super::{Shaded, Shown, View, sign};
use crate::present::exhibit::{Body, Exhibit, HeatMaps, HeatTile, HeatView};
use crate::present::places::{CENTRE, place};
use crate::present::statistics::{grid_shares, largest};
use crate::present::{Photo, Presented, Task};
use crate::results::{Attributions, Map, Meaning, ScalarTarget, Target};
use crate::words::{Argument, Message};

/// From this share of a map on a single cell is an outlier, as transformers make of background tokens (Darcet et al.
/// 2024, section 2); the share is ours.
const OUTLIER: f32 = 0.3;
/// Of fewer cells one may well hold a large share.
const MANY_CELLS: usize = 16;

/// From this share of the difference on that a map has to sum to, the reader is warned.
const INCOMPLETE: f64 = 0.01;

/// From this error on, as a share of its size, a map is said to be mostly the accident of its samples: at √½ as much
/// of its square is noise as is not.
const MOSTLY_NOISE: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// A map with its photo and class.
struct OfClass<'a> {
    photo: &'a Photo<'a>,
    target: &'a ScalarTarget,
    /// As shown.
    map: &'a Map,
    /// As found.
    found: &'a Attributions,
    largest: f32,
    range: (f32, f32),
}

pub(super) fn present<'a>(task: &'a Task, view: &View, shaded: &'a [Shaded<'a>]) -> Presented {
    let scales = Scales::new(view, sign(shaded), shaded);
    let of_class = |(index, one): (usize, &'a Shaded<'a>)| -> Option<_> {
        let Target::Class(target) = &one.attributions.target else {
            return None;
        };
        let (low, high) = one.map.extremes();
        Some((
            task.photo(one.found)?,
            target,
            high.max(-low),
            scales.range(index),
        ))
    };
    let maps: Vec<OfClass> = shaded
        .iter()
        .enumerate()
        .filter_map(|(index, one)| {
            let (photo, target, largest, range) = of_class((index, one))?;
            let map = &one.map;
            Some(OfClass {
                photo,
                target,
                map,
                found: one.attributions,
                largest,
                range,
            })
        })
        .collect();
    let columns = match view.view {
        Shown::Both => 3,
        // Photo and map stand together; two pairs fit in a row.
        Shown::Map | Shown::Overlay => 2 * maps.len().clamp(1, 2),
    };
    let texts: Vec<Message> = maps.iter().map(|one| alt(task, one)).collect();
    let exhibit = Exhibit {
        caption: task.captioned(
            caption(task, shaded, scales.sentence(view)),
            maps.first().map(|one| one.target),
        ),
        alt: Message::new("attributions.alt").with("photos", texts),
        body: Body::HeatMaps(HeatMaps {
            columns,
            tiles: maps.iter().flat_map(|one| tiles(task, view, one)).collect(),
            sign: scales.sign,
            quantity: task.quantity(maps.first().map(|one| one.target)),
            scale: view.scale.of_figure(),
            gamma: view.gamma as f32,
        }),
    };
    Presented {
        exhibits: vec![exhibit],
        notices: maps.iter().filter_map(|one| notice(task, one)).collect(),
    }
}

/// The method's own caption, what is clipped at zero, and the scale.
fn caption(task: &Task, shaded: &[Shaded], scale: Message) -> Message {
    let cells = shaded
        .first()
        .map_or((0, 0), |one| (one.map.width, one.map.height));
    let own = task
        .own_text("caption", &[task.activation])
        .saying("width", cells.0.to_string())
        .saying("height", cells.1.to_string());
    let own = match samples(shaded) {
        Some(samples) => own.saying("samples", samples),
        None => own,
    };
    let is_clipped = shaded
        .iter()
        .any(|one| one.attributions.meaning == Meaning::Evidence);
    let key = match is_clipped {
        true => "attributions.caption_evidence",
        false => "attributions.caption",
    };
    Message::new(key).with("method", own).with("scale", scale)
}

/// How many samples the maps took: one number, or from the fewest to the most.
fn samples(shaded: &[Shaded]) -> Option<Argument> {
    let all = shaded.iter().filter_map(|one| {
        let sampling = one.attributions.sampling.as_ref();
        sampling.map(|sampling| sampling.samples)
    });
    let all: Vec<usize> = all.collect();
    let (low, high) = (*all.iter().min()?, *all.iter().max()?);
    Some(match low == high {
        true => Argument::Text(low.to_string()),
        false => Argument::Message(
            Message::new("attributions.samples_range")
                .with("low", low)
                .with("high", high),
        ),
    })
}

/// Why a map is dark, or why it is not to be trusted.
fn notice(task: &Task, one: &OfClass) -> Option<Message> {
    let (low, high) = one.found.values.extremes();
    let about = |key| {
        Message::new(key)
            .with("photo", one.photo.name)
            .with("class", task.explained(one.target))
    };
    if one.target.scalar.is_nothing() {
        return Some(about("targets.nothing"));
    }
    if low == 0.0 && high == 0.0 {
        return Some(about("attributions.zero"));
    }
    if one.largest == 0.0 {
        let low = Argument::Scientific(f64::from(low));
        return Some(about("attributions.no_evidence").with("low", low));
    }
    if let Some(share) = outlier(one) {
        let share = Argument::Percent(f64::from(share), 0);
        let message = Message::new("attributions.outlier").with("photo", one.photo.name);
        return Some(message.with("share", share));
    }
    if let Some(notice) = sampling(one) {
        return Some(notice);
    }
    let error = completeness_error(one.found)?;
    (error > INCOMPLETE).then(|| {
        task.own_text("incomplete", &[])
            .saying("photo", one.photo.name)
            .saying("class", task.explained(one.target))
            .saying("error", Argument::Percent(error, 1))
    })
}

/// What samples leave open of a map.
fn sampling(one: &OfClass) -> Option<Message> {
    let (sampling, error) = (one.found.sampling.as_ref()?, one.found.error_share()?);
    let about = |key| {
        Message::new(key)
            .with("photo", one.photo.name)
            .with("samples", sampling.samples)
            .with("error", Argument::Percent(error, 0))
    };
    match sampling.settling {
        Some(settling) if !settling.is_settled => {
            let asked = Argument::Percent(settling.tolerance, 0);
            Some(about("attributions.not_converged").with("tolerance", asked))
        }
        None if error > MOSTLY_NOISE => Some(about("attributions.noisy")),
        Some(_) | None => None,
    }
}

/// The share of the largest cell of a map of attention, where it is an outlier.
fn outlier(one: &OfClass) -> Option<f32> {
    let values = &one.map.values;
    let is_asked = one.found.meaning == Meaning::Attention && values.len() >= MANY_CELLS;
    let share = one.largest / values.iter().sum::<f32>();
    (is_asked && share > OUTLIER).then_some(share)
}

/// By how much the sum of a map misses what it has to be, as a share of that.
fn completeness_error(found: &Attributions) -> Option<f64> {
    let whole = found.sums_to.filter(|whole| *whole != 0.0)?;
    let sum: f64 = found.values.values.iter().copied().map(f64::from).sum();
    Some((sum - whole).abs() / whole.abs())
}

/// The photo, then its map, the map over it, or both.
fn tiles(task: &Task, view: &View, one: &OfClass) -> Vec<HeatTile> {
    let picture = one.photo.picture;
    let tile = |label, view| HeatTile {
        label,
        view,
        range: one.range,
    };
    let named = Message::new("attributions.photo")
        .with("photo", one.photo.name)
        .with("class", task.explained(one.target))
        .with("probability", task.said(one.target));
    let largest = Argument::Scientific(f64::from(one.largest));
    let numbers = match (one.found.sums_to, completeness_error(one.found)) {
        (Some(whole), Some(error)) => task
            .own_or("map_complete", "attributions.map_complete")
            .with("largest", largest)
            .with("whole", Argument::Number(whole, 2))
            .with("error", Argument::Percent(error, 2)),
        _ => Message::new("attributions.map").with("largest", largest),
    };
    let numbers = match (&one.found.sampling, one.found.error_share()) {
        (Some(sampling), Some(error)) => Message::new("attributions.map_sampled")
            .with("map", numbers)
            .with("samples", sampling.samples)
            .with("error", Argument::Percent(error, 0)),
        _ => numbers,
    };
    let plain = |label| {
        let (map, size) = (one.map.clone(), (picture.width, picture.height));
        let photo = Some(picture.clone());
        tile(label, HeatView::Map { map, size, photo })
    };
    let overlay = |label| {
        let (photo, map) = (picture.clone(), one.map.clone());
        tile(label, HeatView::Overlay { photo, map })
    };
    let mut tiles = vec![tile(named, HeatView::Photo(picture.clone()))];
    match view.view {
        Shown::Map => tiles.push(plain(numbers)),
        Shown::Overlay => tiles.push(overlay(numbers)),
        Shown::Both => tiles.extend([
            plain(numbers),
            overlay(Message::new("attributions.overlay")),
        ]),
    }
    tiles
}

/// `coffee: espresso 96 %; 30 % of the map lies in the middle, most (34 %) in the upper part`.
fn alt(task: &Task, one: &OfClass) -> Message {
    let sizes = Map {
        values: one.map.values.iter().map(|value| value.abs()).collect(),
        ..*one.map
    };
    let shares = grid_shares(&sizes);
    let most = match one.largest == 0.0 {
        true => CENTRE,
        false => largest(&shares),
    };
    let key = match one.largest == 0.0 {
        true => "attributions.alt_zero",
        false => "attributions.alt_photo",
    };
    Message::new(key)
        .with("photo", one.photo.name)
        .with("class", task.explained(one.target))
        .with("probability", task.said(one.target))
        .with("middle", Argument::Percent(shares[CENTRE], 0))
        .with("place", place(most))
        .with("most", Argument::Percent(shares[most], 0))
}
