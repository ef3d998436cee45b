//! The patches that excite a filter most, a row a filter.

use super::exhibit::{Body, Exhibit, PictureTile, Pictures};
use super::outcomes::name;
use super::outcomes::notices::of_data;
use super::{Data, Presented, Task};
use crate::results::responses::{FilterResponses, Peak, Responses, Seen, joined};
use crate::results::{Picture, Results, named};
use crate::words::{Argument, Message};

/// Patches of a row on a wide page, at most.
const COLUMNS: usize = 8;
/// Smaller patches are enlarged by whole factors, each pixel a block.
const LEAST_PX: usize = 96;
/// What lies outside the photo.
const OUTSIDE: [u8; 3] = [128; 3];
/// Longest list of filters in a sentence; longer ones are counted.
const LISTED: usize = 30;

pub fn present(task: &Task) -> Presented {
    let (Some(data), Some(all)) = (task.data, responses(task)) else {
        return Presented::default();
    };
    let count = task.parameters.get("count");
    let count = count.and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
    let mut notices = of_data(data, &unreadable(data, &all));
    notices.extend(dead(&all));
    let mut exhibits = Vec::new();
    let mut silent = Vec::new();
    for filter in filters(task) {
        match all.filters.get(filter) {
            Some(found) if !found.is_dead() => {
                exhibits.extend(of_filter(task, data, (&all, filter, found), count));
            }
            _ => silent.push(Message::literal(filter.to_string())),
        }
    }
    if !silent.is_empty() {
        notices.push(Message::new("patches.notice_silent").with("filters", silent));
    }
    if all.seen.contains(&Seen::Unknown) {
        notices.push(Message::new("patches.notice_unknown"));
    }
    Presented { exhibits, notices }
}

/// The responses of all ranges together.
pub fn responses(task: &Task) -> Option<Responses> {
    joined(task.found.iter().filter_map(|found| match found.results {
        Results::Responses(responses) => Some(responses),
        _ => None,
    }))
}

/// The filters that the figure asks for.
pub fn filters(task: &Task) -> Vec<usize> {
    let listed = task.parameters.get("filters");
    let listed = listed.and_then(serde_json::Value::as_array);
    let filters = listed.into_iter().flatten();
    filters
        .filter_map(serde_json::Value::as_u64)
        .map(|filter| filter as usize)
        .collect()
}

/// Why photos could not be read, with their names.
pub fn unreadable(data: &Data, all: &Responses) -> Vec<String> {
    let while_running = all.unreadable.iter().zip(&data.paths);
    let while_running = while_running.filter_map(|(reason, path)| {
        let reason = reason.as_ref()?;
        Some(named(reason, path))
    });
    data.unreadable
        .iter()
        .cloned()
        .chain(while_running)
        .collect()
}

/// The filters of the whole layer that are never above zero.
pub fn dead(all: &Responses) -> Option<Message> {
    let dead = all.filters.iter().enumerate();
    let dead: Vec<Message> = dead
        .filter(|(_, filter)| filter.is_dead())
        .map(|(filter, _)| Message::literal(filter.to_string()))
        .collect();
    let key = match dead.len() {
        0 => return None,
        1..=LISTED => "patches.notice_dead",
        _ => "patches.notice_many_dead",
    };
    let message = Message::new(key)
        .with("layer", all.layer.to_string())
        .with("count", dead.len())
        .with("all", all.filters.len());
    Some(message.with("filters", dead))
}

fn of_filter(
    task: &Task,
    data: &Data,
    (all, filter, found): (&Responses, usize, &FilterResponses),
    count: usize,
) -> Option<Exhibit> {
    // A patch at which the filter gives nothing would show what does not excite it.
    let peaks = found.peaks.iter().take(count);
    let peaks: Vec<&Peak> = peaks.filter(|peak| peak.value > 0.0).collect();
    let label = |peak: &Peak| {
        let truth = data.truths.get(peak.photo).copied().unwrap_or(0);
        Message::new("patches.tile")
            .with("value", Argument::Scientific(f64::from(peak.value)))
            .with("truth", name(data, truth))
    };
    let tile = |peak: &&Peak| {
        let photo = (data.open)(peak.photo)?;
        Some(PictureTile {
            label: label(peak),
            picture: patch(&photo, all, peak),
        })
    };
    let tiles: Vec<PictureTile> = peaks.iter().filter_map(tile).collect();
    let said: Vec<Message> = peaks.iter().map(|peak| label(peak)).collect();
    let [height, width] = all.seen;
    (!tiles.is_empty()).then(|| Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("layer", all.layer.to_string())
            .saying("filter", filter.to_string())
            .saying("shown", tiles.len())
            .saying("photos", found.means.len())
            .saying("seen", size(width, height)),
        alt: Message::new("patches.alt")
            .with("filter", filter.to_string())
            .with("patches", said),
        body: Body::Pictures(Pictures {
            is_sequence: false,
            columns: count.clamp(1, COLUMNS),
            tiles,
        }),
    })
}

/// How large a patch is.
fn size(width: Seen, height: Seen) -> Message {
    match (width, height) {
        (Seen::Pixels { size: width, .. }, Seen::Pixels { size: height, .. }) => {
            Message::new("patches.size")
                .with("width", width.to_string())
                .with("height", height.to_string())
        }
        _ => Message::new("patches.whole"),
    }
}

/// What the cell of a peak sees of the photo, grey where it reaches over the edge.
fn patch(photo: &Picture, all: &Responses, peak: &Peak) -> Picture {
    let span = |seen: Seen, cell: usize, whole: usize| match seen {
        Seen::Pixels { size, start, jump } => (start + jump * cell as i64, size),
        Seen::All | Seen::Unknown => (0, whole as i64),
    };
    let (top, height) = span(all.seen[0], peak.row, photo.height);
    let (left, width) = span(all.seen[1], peak.column, photo.width);
    // A field larger than the photo shows the photo, not a frame around it.
    let within = |start: i64, size: i64, whole: usize| match size > whole as i64 {
        true => (0, whole as i64),
        false => (start, size),
    };
    let (top, height) = within(top, height, photo.height);
    let (left, width) = within(left, width, photo.width);
    let (height, width) = (height.max(1) as usize, width.max(1) as usize);
    let factor = LEAST_PX.div_ceil(height.max(width)).max(1);
    let pixel = |row: usize, column: usize| {
        let (y, x) = (top + row as i64, left + column as i64);
        let is_inside =
            (0..photo.height as i64).contains(&y) && (0..photo.width as i64).contains(&x);
        match is_inside {
            true => photo.pixel(x as usize, y as usize),
            false => OUTSIDE,
        }
    };
    let mut pixels = Vec::with_capacity(height * width * factor * factor * 3);
    for row in 0..height * factor {
        for column in 0..width * factor {
            pixels.extend(pixel(row / factor, column / factor));
        }
    }
    Picture {
        width: width * factor,
        height: height * factor,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LayerRef;

    fn all(seen: Seen) -> Responses {
        Responses {
            layer: LayerRef {
                path: "conv".to_owned(),
                number: 0,
            },
            cells: [2, 2],
            seen: [seen; 2],
            unreadable: Vec::new(),
            filters: Vec::new(),
        }
    }

    fn peak(row: usize, column: usize) -> Peak {
        Peak {
            photo: 0,
            value: 1.0,
            row,
            column,
        }
    }

    /// A photo of 200 × 100 px whose red is the column and whose green is the row.
    fn photo() -> Picture {
        let pixels =
            (0..100_u8).flat_map(|row| (0..200_u8).flat_map(move |column| [column, row, 0]));
        Picture {
            width: 200,
            height: 100,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn a_patch_is_what_the_cell_sees() {
        let seen = Seen::Pixels {
            size: 96,
            start: -2,
            jump: 4,
        };
        let found = patch(&photo(), &all(seen), &peak(1, 20));
        assert_eq!((found.width, found.height), (96, 96));
        assert_eq!(found.pixel(0, 0), [78, 2, 0]);
        assert_eq!(found.pixel(95, 95), [173, 97, 0]);
        let over_the_edge = patch(&photo(), &all(seen), &peak(0, 0));
        assert_eq!(over_the_edge.pixel(0, 0), OUTSIDE);
        assert_eq!(over_the_edge.pixel(2, 2), [0, 0, 0]);
    }

    #[test]
    fn small_fields_are_enlarged_and_large_ones_are_the_photo() {
        let small = Seen::Pixels {
            size: 3,
            start: 0,
            jump: 2,
        };
        let found = patch(&photo(), &all(small), &peak(0, 1));
        assert_eq!((found.width, found.height), (96, 96));
        assert_eq!(
            (found.pixel(31, 0), found.pixel(32, 0)),
            ([2, 0, 0], [3, 0, 0])
        );
        let large = Seen::Pixels {
            size: 300,
            start: -100,
            jump: 16,
        };
        for seen in [large, Seen::All, Seen::Unknown] {
            assert_eq!(patch(&photo(), &all(seen), &peak(1, 1)), photo());
        }
    }
}
