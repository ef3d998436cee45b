//! Photos that somebody should look at: how many of each sort, pairs side by side, examples of the others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exhibit::{Body, Exhibit, PictureTile, Pictures, Table};
use super::mistakes::short;
use super::outcomes::name;
use super::outcomes::notices::of_data;
use super::{Data, Presented, Task};
use crate::results::{Pair, PhotoFact, PictureFacts, Results, named, pairs};
use crate::words::{Argument, Message};

/// From where on a photo is one to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// Bits of 64 in which the difference hashes of two photos may differ that are called nearly the same. More finds more and errs more often: of the 159 photos of this program's repository no two are nearer than 12, and saving one as JPEG of quality 50 changes 6 at most. Default 6.
    #[schemars(range(min = 0, max = 20))]
    pub hash_bits: u32,
    /// Mean grey level below which a photo is dark, 0 to 1. Default 0.15.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub dark: f64,
    /// Mean grey level above which a photo is bright, 0 to 1. Default 0.95.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bright: f64,
    /// Standard deviation of the grey levels below which a photo is flat, 0 to 1. Default 0.05.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub flat: f64,
    /// Variance of the Laplacian of the grey levels (0 to 255, shorter side at most 256 px) below which a photo is blurred. It depends on what the photos show: look at the examples. Default 50.
    #[schemars(range(min = 0.0))]
    pub blurred: f64,
    /// Shorter side below which a photo is tiny, px. Default 64.
    #[schemars(range(min = 1))]
    pub tiny_px: usize,
    /// Longer side over shorter above which a photo has an odd shape. Default 3.
    #[schemars(range(min = 1.0))]
    pub aspect: f64,
    /// Photos, or pairs of photos, shown of each sort, the worst first. Default 4.
    #[schemars(range(min = 0, max = 20))]
    pub examples: usize,
}

impl Default for View {
    fn default() -> Self {
        Self {
            hash_bits: 6,
            dark: 0.15,
            bright: 0.95,
            flat: 0.05,
            blurred: 50.0,
            tiny_px: 64,
            aspect: 3.0,
            examples: 4,
        }
    }
}

/// A sort of fault of single photos, with those that have it: place and number, the worst first.
pub struct Sort {
    /// In keys of texts and values.
    pub name: &'static str,
    pub photos: Vec<(usize, f64)>,
}

/// All that was found.
pub struct Faults {
    /// Pictures that were looked at.
    pub looked_at: usize,
    pub arrays: usize,
    pub unreadable: Vec<String>,
    pub pairs: Vec<Pair>,
    pub sorts: Vec<Sort>,
}

impl Faults {
    pub fn exact(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.distance.is_none())
    }

    pub fn near(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.distance.is_some())
    }

    /// Pairs whose photos have different labels.
    pub fn across<'a>(&'a self, data: &'a Data) -> impl Iterator<Item = &'a Pair> {
        let differs = |pair: &&Pair| data.truths.get(pair.first) != data.truths.get(pair.second);
        self.pairs.iter().filter(differs)
    }
}

/// What the limits of a view make of the facts.
pub fn faults(task: &Task, data: &Data, view: &View) -> Faults {
    let rows: Vec<&PhotoFact> = task
        .found
        .iter()
        .filter_map(|found| match found.results {
            Results::PhotoFacts(facts) => Some(&facts.rows),
            _ => None,
        })
        .flatten()
        .collect();
    let pictures: Vec<(usize, &PictureFacts)> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, fact)| match fact {
            PhotoFact::Picture(facts) => Some((place, facts)),
            PhotoFact::Array | PhotoFact::Unreadable(_) => None,
        })
        .collect();
    // The number of a photo, and by how much it is beyond the limit: from zero on.
    let sort = |name, of: &dyn Fn(&PictureFacts) -> (f64, f64)| {
        let beyond = pictures.iter().map(|(place, facts)| (*place, of(facts)));
        let mut found: Vec<(usize, (f64, f64))> =
            beyond.filter(|(_, (_, beyond))| *beyond > 0.0).collect();
        found.sort_by(|a, b| b.1.1.total_cmp(&a.1.1)); // stable
        Sort {
            name,
            photos: found
                .into_iter()
                .map(|(place, (number, _))| (place, number))
                .collect(),
        }
    };
    let below = |number: f64, limit: f64| (number, limit - number);
    let above = |number: f64, limit: f64| (number, number - limit);
    let mut unreadable = data.unreadable.clone();
    for (row, path) in rows.iter().zip(&data.paths) {
        if let PhotoFact::Unreadable(reason) = row {
            unreadable.push(named(reason, path));
        }
    }
    Faults {
        looked_at: pictures.len(),
        arrays: rows
            .iter()
            .filter(|row| matches!(row, PhotoFact::Array))
            .count(),
        unreadable,
        pairs: pairs(&rows, view.hash_bits, view.flat),
        sorts: vec![
            sort("dark", &|facts| below(facts.brightness, view.dark)),
            sort("bright", &|facts| above(facts.brightness, view.bright)),
            sort("flat", &|facts| below(facts.contrast, view.flat)),
            sort("blurred", &|facts| below(facts.sharpness, view.blurred)),
            sort("tiny", &|facts| {
                below(facts.shorter_side() as f64, view.tiny_px as f64)
            }),
            sort("odd_aspect", &|facts| above(facts.aspect(), view.aspect)),
        ],
    }
}

pub fn present(task: &Task, view: &View) -> Presented {
    let Some(data) = task.data else {
        return Presented::default();
    };
    let found = faults(task, data, view);
    let mut notices = of_data(data, &found.unreadable);
    let across = found.across(data).count();
    if across > 0 {
        notices.push(Message::new("photo_faults.notice_across").with("count", across));
    }
    if found.arrays > 0 {
        notices.push(Message::new("photo_faults.notice_arrays").with("count", found.arrays));
    }
    let mut exhibits = vec![table(task, data, &found)];
    exhibits.extend(pictures_of_pairs(task, data, view, &found));
    exhibits.extend(pictures(task, data, view, &found));
    Presented { exhibits, notices }
}

fn table(task: &Task, data: &Data, found: &Faults) -> Exhibit {
    let row = |name: &'static str, count: usize| {
        // What decides is a parameter, which the text states.
        let rule = task.own_text(&format!("rule_{name}"), &[]);
        vec![
            Argument::Message(Message::new(format!("photo_faults.{name}"))),
            Argument::Count(count),
            Argument::Percent(count as f64 / found.looked_at.max(1) as f64, 1),
            Argument::Message(rule),
        ]
    };
    let mut rows = vec![
        row("exact", found.exact().count()),
        row("near", found.near().count()),
        row("across", found.across(data).count()),
    ];
    rows.extend(
        found
            .sorts
            .iter()
            .map(|sort| row(sort.name, sort.photos.len())),
    );
    let keys = ["fault", "photos", "share", "rule"];
    let said = |sort: &Sort| {
        Message::new("photo_faults.alt_sort")
            .with("fault", Message::new(format!("photo_faults.{}", sort.name)))
            .with("count", sort.photos.len())
    };
    Exhibit {
        caption: task
            .own_text("caption", &[])
            .saying("photos", found.looked_at),
        alt: Message::new("photo_faults.alt")
            .with("photos", found.looked_at)
            .with("exact", found.exact().count())
            .with("near", found.near().count())
            .with("sorts", found.sorts.iter().map(said).collect::<Vec<_>>()),
        body: Body::Table(Table {
            header: keys
                .map(|key| Message::new(format!("photo_faults.{key}")))
                .to_vec(),
            rows,
        }),
    }
}

fn label_of(data: &Data, photo: usize) -> Message {
    let truth = data.truths.get(photo).copied().unwrap_or(0);
    name(data, truth)
}

/// Pairs side by side, those across labels first, then the equal ones, then the nearest.
fn pictures_of_pairs(task: &Task, data: &Data, view: &View, found: &Faults) -> Option<Exhibit> {
    let mut order: Vec<&Pair> = found.pairs.iter().collect();
    order.sort_by_key(|pair| {
        let same = data.truths.get(pair.first) == data.truths.get(pair.second);
        (same, pair.distance)
    });
    order.truncate(view.examples);
    let mut tiles = Vec::new();
    let mut said = Vec::new();
    for pair in &order {
        let (Some(first), Some(second)) = ((data.open)(pair.first), (data.open)(pair.second))
        else {
            continue;
        };
        let key = match pair.distance {
            None => "photo_faults.tile_exact",
            Some(_) => "photo_faults.tile_near",
        };
        let label = |photo: usize| {
            Message::new("photo_faults.tile")
                .with("label", label_of(data, photo))
                .with("file", short(data, photo))
        };
        let of_second = Message::new(key)
            .with("photo", label(pair.second))
            .with("bits", pair.distance.unwrap_or(0).to_string());
        said.push(of_second.clone());
        tiles.push(PictureTile {
            label: label(pair.first),
            picture: first,
        });
        tiles.push(PictureTile {
            label: of_second,
            picture: second,
        });
    }
    (!tiles.is_empty()).then(|| Exhibit {
        caption: task
            .own_text("caption_pairs", &[])
            .saying("shown", tiles.len() / 2)
            .saying("pairs", found.pairs.len()),
        alt: Message::new("photo_faults.alt_pairs").with("pairs", said),
        body: Body::Pictures(Pictures {
            columns: 4,
            tiles,
            is_sequence: false,
        }),
    })
}

fn pictures(task: &Task, data: &Data, view: &View, found: &Faults) -> Option<Exhibit> {
    let mut tiles = Vec::new();
    for sort in &found.sorts {
        for &(photo, number) in sort.photos.iter().take(view.examples) {
            let Some(picture) = (data.open)(photo) else {
                continue;
            };
            let label = Message::new("photo_faults.tile_sort")
                .with("fault", Message::new(format!("photo_faults.{}", sort.name)))
                .with("number", Argument::Scientific(number))
                .with("label", label_of(data, photo))
                .with("file", short(data, photo));
            tiles.push(PictureTile { label, picture });
        }
    }
    let said: Vec<Message> = tiles.iter().map(|tile| tile.label.clone()).collect();
    (!tiles.is_empty()).then(|| Exhibit {
        caption: task.own_text("caption_examples", &[]),
        alt: Message::new("photo_faults.alt_examples").with("photos", said),
        body: Body::Pictures(Pictures {
            columns: 4,
            tiles,
            is_sequence: false,
        }),
    })
}
