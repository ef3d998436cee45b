//! What judges maps: a table with a row a photo, and a notice where a map says no more than one that knows nothing.

use super::exhibit::{Body, Exhibit, Table};
use super::{Checked, Photo, Task};
use crate::results::{Check, Curves, Fidelity};
use crate::words::{Argument, Message};

/// From this rank correlation on a map is said not to depend on the weights.
const INDEPENDENT: f64 = 0.9;
/// A probability that moves by less than this, whatever is shown or covered, cannot judge a map: the table has two digits.
const UNMOVED: f64 = 0.005;

/// From this rank correlation on, with every layer random, a map is said to show the photo; ours.
const PHOTO_ALONE: f64 = 0.5;

/// A table of all checks of a figure; none where nothing was judged.
pub(super) fn table(task: &Task) -> Option<Exhibit> {
    let checks: Vec<Check> = Check::ALL
        .into_iter()
        .filter(|check| {
            let mut found = task.checked.iter().filter(|one| one.check == *check);
            found.any(|one| one.found.is_ok())
        })
        .collect();
    let photos = judged_photos(task);
    if checks.is_empty() || photos.is_empty() {
        return None;
    }
    let columns = checks.iter().flat_map(|check| columns(*check));
    let header = std::iter::once("fidelity.photo").chain(columns.copied());
    let rows: Vec<Vec<Argument>> = photos
        .iter()
        .map(|photo| row(task, photo, &checks))
        .collect();
    let texts: Vec<Message> = photos
        .iter()
        .map(|photo| alt(task, photo, &checks))
        .collect();
    let sentences = checks.iter().map(|check| sentence(task, *check));
    let sentences = sentences.reduce(|before, after| {
        let both = Message::new("fidelity.two_sentences");
        both.with("before", before).with("after", after)
    });
    Some(Exhibit {
        caption: task.judged(Message::new("fidelity.caption").with("checks", sentences?)),
        alt: Message::new("fidelity.alt").with("photos", texts),
        body: Body::Table(Table {
            header: header.map(Message::new).collect(),
            rows,
        }),
    })
}

/// The photos that something is said of, in the order of the figure.
fn judged_photos<'a>(task: &'a Task) -> Vec<(usize, &'a Photo<'a>)> {
    let all = task.photos.iter().enumerate();
    all.filter(|(index, _)| task.checked.iter().any(|one| one.photo == Some(*index)))
        .collect()
}

fn columns(check: Check) -> &'static [&'static str] {
    match check {
        Check::InsertionDeletion => &[
            "fidelity.insertion",
            "fidelity.insertion_random",
            "fidelity.insertion_centre",
            "fidelity.deletion",
            "fidelity.deletion_random",
            "fidelity.deletion_centre",
        ],
        Check::MuFidelity => &["fidelity.mu_fidelity"],
        Check::MaxSensitivity => &["fidelity.max_sensitivity"],
        Check::Infidelity => &["fidelity.infidelity"],
        Check::Randomisation => &["fidelity.randomisation"],
        Check::RandomisationCascade => &["fidelity.randomisation_cascade"],
    }
}

/// What the caption says of a check: how it is read, and which direction is good.
fn sentence(task: &Task, check: Check) -> Message {
    let found = task.checked.iter().filter(|one| one.check == check);
    let mut found = found.filter_map(|one| one.found.ok());
    match (check, found.next()) {
        (Check::Randomisation, Some(Fidelity::Randomisation { weights, .. })) => {
            Message::new("fidelity.reading_randomisation").with("weights", weights.as_str())
        }
        _ => Message::new(format!("fidelity.reading_{}", check.name())),
    }
}

fn found_of<'a>(task: &Task<'a>, photo: usize, check: Check) -> Option<&'a Fidelity> {
    let of_photo = |one: &&Checked| one.photo == Some(photo) && one.check == check;
    task.checked.iter().find(of_photo)?.found.ok()
}

/// Numbers of a check, with two digits; dashes where they are not defined.
fn cells(check: Check, found: Option<&Fidelity>) -> Vec<Argument> {
    let number = |number: Option<f64>| match number {
        Some(number) => Argument::Number(number, 2),
        None => Argument::Text("–".to_owned()),
    };
    let areas = |curves: &Curves| {
        let all = [&curves.map, &curves.random, &curves.centre];
        all.map(|curve| number(Some(curve.area())))
    };
    match found {
        None => vec![number(None); columns(check).len()],
        Some(Fidelity::InsertionDeletion {
            insertion,
            deletion,
        }) => [areas(insertion), areas(deletion)].concat(),
        Some(
            Fidelity::MuFidelity { correlation, .. } | Fidelity::Randomisation { correlation, .. },
        ) => vec![number(*correlation)],
        Some(Fidelity::Infidelity { scaled, .. }) => vec![number(*scaled)],
        Some(Fidelity::MaxSensitivity { largest_change, .. }) => vec![number(*largest_change)],
        Some(Fidelity::RandomisationCascade { steps }) => {
            vec![number(steps.last().and_then(|step| step.correlation))]
        }
    }
}

fn row(task: &Task, (index, photo): &(usize, &Photo), checks: &[Check]) -> Vec<Argument> {
    let numbers = checks
        .iter()
        .flat_map(|check| cells(*check, found_of(task, *index, *check)));
    std::iter::once(Argument::from(photo.name))
        .chain(numbers)
        .collect()
}

/// `coffee: insertion 0.71 (random order 0.42, from the middle 0.63), …`.
fn alt(task: &Task, (index, photo): &(usize, &Photo), checks: &[Check]) -> Message {
    let of_check = |check: &Check| {
        let names = [
            "own",
            "random",
            "centre",
            "deletion",
            "deletion_random",
            "deletion_centre",
        ];
        let cells = cells(*check, found_of(task, *index, *check));
        let said = Message::new(format!("fidelity.alt_{}", check.name()));
        names
            .into_iter()
            .zip(cells)
            .fold(said, |said, (name, cell)| said.with(name, cell))
    };
    Message::new("fidelity.alt_photo")
        .with("photo", photo.name)
        .with("checks", checks.iter().map(of_check).collect::<Vec<_>>())
}

/// Where a map is not to be trusted, and which checks could not be computed.
pub(super) fn notices(task: &Task) -> Vec<Message> {
    let (mut unmoved, mut as_random, mut as_centre) = (Vec::new(), Vec::new(), Vec::new());
    let (mut independent, mut of_photo) = (Vec::new(), Vec::new());
    let mut notices = Vec::new();
    for one in task.checked {
        let Some(photo) = one.photo.and_then(|photo| task.photos.get(photo)) else {
            continue;
        };
        match one.found {
            Err(reason) => notices.push(
                Message::new("fidelity.failed")
                    .with("photo", photo.name)
                    .with("check", one.check.name())
                    .with("reason", reason),
            ),
            Ok(Fidelity::InsertionDeletion {
                insertion,
                deletion,
            }) => {
                let gain = Gain::of(insertion, deletion);
                if moved([insertion, deletion]) < UNMOVED {
                    unmoved.push(Message::literal(photo.name));
                } else if gain.map <= gain.random {
                    as_random.push(against(photo, gain.map, gain.random));
                } else if gain.map <= gain.centre {
                    as_centre.push(against(photo, gain.map, gain.centre));
                }
            }
            Ok(Fidelity::Randomisation {
                correlation: Some(correlation),
                ..
            }) if *correlation >= INDEPENDENT => independent.push(
                Message::new("fidelity.photo_number")
                    .with("photo", photo.name)
                    .with("number", Argument::Number(*correlation, 2)),
            ),
            Ok(Fidelity::RandomisationCascade { steps })
                if steps.last().and_then(|step| step.correlation) >= Some(PHOTO_ALONE) =>
            {
                let last = steps.last().and_then(|step| step.correlation);
                of_photo.push(
                    Message::new("fidelity.photo_number")
                        .with("photo", photo.name)
                        .with("number", Argument::Number(last.unwrap_or(1.0), 2)),
                );
            }
            Ok(
                Fidelity::Randomisation { .. }
                | Fidelity::RandomisationCascade { .. }
                | Fidelity::Infidelity { .. }
                | Fidelity::MuFidelity { .. }
                | Fidelity::MaxSensitivity { .. },
            ) => {}
        }
    }
    let said = [
        ("fidelity.unmoved", unmoved),
        ("fidelity.as_random", as_random),
        ("fidelity.as_centre", as_centre),
        ("fidelity.independent", independent),
        ("fidelity.of_photo", of_photo),
    ];
    let said = said.into_iter().filter(|(_, photos)| !photos.is_empty());
    notices.extend(said.map(|(key, photos)| Message::new(key).with("photos", photos)));
    notices
}

/// The largest probability of all curves less the smallest.
fn moved(all: [&Curves; 2]) -> f64 {
    let curves = all
        .into_iter()
        .flat_map(|of| [&of.map, &of.random, &of.centre]);
    let ends = curves
        .flat_map(|curve| curve.0.iter().copied())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| {
            (low.min(one), high.max(one))
        });
    ends.1 - ends.0
}

/// Insertion less deletion: one number for both, larger is better.
struct Gain {
    map: f64,
    random: f64,
    centre: f64,
}

impl Gain {
    fn of(insertion: &Curves, deletion: &Curves) -> Self {
        Self {
            map: insertion.map.area() - deletion.map.area(),
            random: insertion.random.area() - deletion.random.area(),
            centre: insertion.centre.area() - deletion.centre.area(),
        }
    }
}

fn against(photo: &Photo, map: f64, other: f64) -> Message {
    Message::new("fidelity.photo_against")
        .with("photo", photo.name)
        .with("map", Argument::Number(map, 2))
        .with("other", Argument::Number(other, 2))
}
