//! Which preprocessing is the network's own? Each is tried on labelled photos.
//!
//! Every photo is classified under every setting: the probabilities (after softmax) of a group's classes
//! are summed, the largest sum is the prediction. The settings see the same photos, so that two of them are
//! compared by the photos about which only one is right: exact McNemar test, two-sided (McNemar 1947).

use std::path::Path;

use serde::Serialize;

use super::mcnemar::mcnemar;
use crate::diagnostic::Diagnostic;
use crate::evaluate::groups::Groups;
use crate::evaluate::labelled::{self, LabelledPhotos};
use crate::evaluate::metrics::wilson_interval;
use crate::explain::{ExplainError, numbers};
use crate::fs;
use crate::model::{Labels, Model};
use crate::picture::{Channels, PRESETS, Picture, Preprocessing, Resize};

/// Photos that run at once.
const BATCH: usize = 16;
/// Below it two settings are told apart.
const SIGNIFICANT: f64 = 0.05;

/// A way of preparing photos.
pub struct Setting {
    /// Of the preset, or of the report.
    pub name: String,
    pub preprocessing: Preprocessing,
}

#[derive(Debug, Serialize)]
pub struct Trial {
    pub photos: usize,
    /// Groups that a photo may be taken for, `other` with them where there is one.
    pub groups: usize,
    /// The best first.
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub setting: String,
    pub right: usize,
    /// right / photos, 0..1.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub interval: (f64, f64),
    /// Mean probability of the class that is right, 0..1.
    pub mean_right_probability: f64,
    /// Mean probability of the class that is predicted, 0..1.
    pub mean_top_probability: f64,
    /// That a difference from the best as large as this, or larger, is chance; null for the best.
    pub p_value: Option<f64>,
    /// `model: input:` of report.yaml; empty for a report's own setting, where it stands already.
    pub input_lines: String,
}

/// Of one photo under one setting.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    right: bool,
    right_probability: f64,
    top_probability: f64,
}

impl Trial {
    /// The settings that the photos do not tell from the best, and the best itself.
    pub fn not_told_apart(&self) -> impl Iterator<Item = &Row> {
        let told_apart = |row: &&Row| row.p_value.is_some_and(|p| p < SIGNIFICANT);
        self.rows.iter().filter(move |row| !told_apart(row))
    }

    /// Whether the best setting may be no better than guessing among the groups.
    pub fn may_be_guessing(&self) -> bool {
        let guessing = 1.0 / self.groups.max(1) as f64;
        self.rows
            .first()
            .is_none_or(|best| best.interval.0 <= guessing)
    }
}

/// Every preset that fits the network's channels, in the frame of `own` where there is one, and `own`
/// itself, where it is none of them.
pub fn settings(model: &Model, own: Option<(&str, &Preprocessing)>) -> Vec<Setting> {
    let [channels, height, width] = model.input_shape().map(|size| size as usize);
    let mut settings: Vec<Setting> = PRESETS
        .iter()
        .filter_map(|preset| {
            let channels = match channels {
                1 => Channels::Grey,
                3 => preset.channels,
                _ => return None,
            };
            let mut preprocessing = preset.preprocessing(channels, (height, width))?;
            if let Some((_, own)) = own {
                (preprocessing.resize, preprocessing.filter) = (own.resize, own.filter);
            }
            Some(Setting {
                name: preset.name.to_owned(),
                preprocessing,
            })
        })
        .collect();
    if let Some((name, own)) = own
        && settings.iter().all(|setting| setting.preprocessing != *own)
    {
        settings.push(Setting {
            name: name.to_owned(),
            preprocessing: own.clone(),
        });
    }
    settings
}

/// The photos of a folder: named by its sub-folders, or by the list `labels.csv` in it. Labels are classes,
/// or groups where `groups` names a file of them, or the folder holds a `groups.yaml`. Arrays are refused:
/// nothing prepares them.
pub fn photos(
    folder: &Path,
    groups: Option<&Path>,
    labels: &Labels,
    settings: &[Setting],
) -> Result<(Groups, LabelledPhotos), Vec<Diagnostic>> {
    let beside = folder.join("groups.yaml");
    let file = groups.or_else(|| beside.is_file().then_some(beside.as_path()));
    let groups = match file {
        None => Groups::classes(labels),
        Some(file) => {
            let name = file.display().to_string();
            let text = fs::read_to_string(file).map_err(|error| {
                vec![Diagnostic::error(
                    &name,
                    None,
                    error.to_string(),
                    String::new(),
                )]
            })?;
            Groups::parse(&name, &text, labels)?
        }
    };
    let list = folder.join("labels.csv");
    let data = if list.is_file() { &list } else { folder };
    let name = data.display().to_string();
    let default = Preprocessing::default();
    let preprocessing = settings
        .first()
        .map_or(&default, |first| &first.preprocessing);
    let photos = labelled::read(&name, data, &groups, preprocessing)?;
    match photos.arrays {
        0 => Ok((groups, photos)),
        arrays => {
            let message = format!("{arrays} of the files are arrays, which are prepared already");
            let hint = "photos alone would be right".to_owned();
            Err(vec![Diagnostic::error(&name, None, message, hint)])
        }
    }
}

/// Runs every setting over every photo. `progress(done, total)` counts photos.
pub fn run(
    model: &Model,
    settings: &[Setting],
    groups: &Groups,
    photos: &LabelledPhotos,
    progress: &dyn Fn(usize, usize),
) -> Result<Trial, ExplainError> {
    let total = photos.photos.len();
    let mut outcomes: Vec<Vec<Outcome>> = settings.iter().map(|_| Vec::new()).collect();
    for (done, photos) in photos.photos.chunks(BATCH).enumerate() {
        let opened = photos.iter().map(|photo| {
            Picture::open(&photo.path).map_err(|error| ExplainError::Failed(error.to_string()))
        });
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let mut framed: Option<(&Preprocessing, Vec<Picture>)> = None;
        for (setting, outcomes) in settings.iter().zip(&mut outcomes) {
            let preprocessing = &setting.preprocessing;
            let pictures = match framed.take() {
                Some((before, pictures)) if same_frame(before, preprocessing) => pictures,
                _ => opened
                    .iter()
                    .map(|photo| preprocessing.apply(photo))
                    .collect(),
            };
            let input = preprocessing.tensor(&pictures.iter().collect::<Vec<_>>(), model.device());
            framed = Some((preprocessing, pictures));
            let rows = numbers::probabilities(&model.scores(&input)?)?;
            let outcome = |(photo, row): (&labelled::LabelledPhoto, &Vec<f64>)| {
                let sums = groups.probabilities(row);
                let top = numbers::largest(&sums, 1).first().copied().unwrap_or(0);
                Outcome {
                    right: top == photo.truth,
                    right_probability: sums[photo.truth],
                    top_probability: sums[top],
                }
            };
            outcomes.extend(photos.iter().zip(&rows).map(outcome));
        }
        progress((done * BATCH + photos.len()).min(total), total);
    }
    Ok(Trial {
        photos: total,
        groups: (0..groups.len())
            .filter(|group| groups.size(*group) > 0)
            .count(),
        rows: ranked(settings, &outcomes),
    })
}

/// Whether both cut the same pixels out of a photo; a margin has a colour of its own.
fn same_frame(a: &Preprocessing, b: &Preprocessing) -> bool {
    let pads = matches!(a.resize, Resize::Pad { .. });
    !pads && (a.resize, a.filter) == (b.resize, b.filter)
}

fn ranked(settings: &[Setting], outcomes: &[Vec<Outcome>]) -> Vec<Row> {
    let right = |of: &[Outcome]| of.iter().filter(|outcome| outcome.right).count();
    let mean = |of: &[Outcome], number: fn(&Outcome) -> f64| {
        of.iter().map(number).sum::<f64>() / of.len().max(1) as f64
    };
    let mut order: Vec<usize> = (0..settings.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&outcomes[*a], &outcomes[*b]);
        let probability = |of: &[Outcome]| mean(of, |outcome| outcome.right_probability);
        let by_right = right(b).cmp(&right(a));
        by_right.then(probability(b).total_cmp(&probability(a))) // stable
    });
    let best = order.first().copied();
    let row = |index: &usize| {
        let of = &outcomes[*index];
        let (right, photos) = (right(of), of.len());
        let others = best.filter(|best| best != index);
        Row {
            setting: settings[*index].name.clone(),
            right,
            accuracy: right as f64 / photos.max(1) as f64,
            interval: wilson_interval(right, photos),
            mean_right_probability: mean(of, |outcome| outcome.right_probability),
            mean_top_probability: mean(of, |outcome| outcome.top_probability),
            p_value: others.map(|best| compared(&outcomes[best], of)),
            input_lines: super::trial_text::input_lines(&settings[*index]),
        }
    };
    order.iter().map(row).collect()
}

/// Of the photos about which one of two settings only is right.
fn compared(a: &[Outcome], b: &[Outcome]) -> f64 {
    let only = |a: &[Outcome], b: &[Outcome]| {
        let pairs = a.iter().zip(b);
        pairs.filter(|(a, b)| a.right && !b.right).count()
    };
    mcnemar(only(a, b), only(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_ranked_by_what_they_are_right_about_then_by_probability() {
        let of = |right: &[bool], probability: f64| -> Vec<Outcome> {
            let outcome = |right: &bool| Outcome {
                right: *right,
                right_probability: probability,
                top_probability: 0.9,
            };
            right.iter().map(outcome).collect()
        };
        let setting = |name: &str| Setting {
            name: name.to_owned(),
            preprocessing: Preprocessing::default(),
        };
        let settings = ["a", "b", "c"].map(setting);
        let outcomes = [
            of(&[true, false, false, false], 0.9),
            of(&[true, true, true, false], 0.2),
            of(&[false, true, true, true], 0.6),
        ];
        let rows = ranked(&settings, &outcomes);
        let names: Vec<_> = rows.iter().map(|row| row.setting.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        assert_eq!(
            (rows[0].right, rows[0].accuracy, rows[0].p_value),
            (3, 0.75, None)
        );
        assert_eq!(rows[1].p_value, Some(1.0));
        assert_eq!(rows[2].p_value, Some(mcnemar(3, 1)));
        let trial = Trial {
            photos: 4,
            groups: 4,
            rows,
        };
        assert_eq!(trial.not_told_apart().count(), 3);
        assert!(!trial.may_be_guessing());
    }
}
