//! Every setting over every photo.

use std::ops::ControlFlow;

use super::labels::relabelled;
use super::ranking::{Candidate, Outcome, ranked};
use super::{Setting, Trial};
use crate::evaluate::data_set::{
    Batch, DEFAULT_MAX_UNREADABLE, DataSet, LabelledPhoto, Unreadable, check_unreadable,
    for_each_batch,
};
use crate::evaluate::groups::Groups;
use crate::explain::{ExplainError, numbers};
use crate::model::Model;
use crate::picture::Picture;

/// Photos that run at once.
const BATCH: usize = 16;

/// Runs every setting over every photo, and the best one once more with each other way of resampling.
/// `progress(done, total)` counts photos.
pub fn run(
    model: &Model,
    settings: &[Setting],
    groups: &Groups,
    data_set: &DataSet,
    progress: &dyn Fn(usize, usize),
) -> Result<Trial, ExplainError> {
    let total = 2 * data_set.photos.len();
    let (mut found, unreadable) = tried(model, settings, groups, data_set, &|done| {
        progress(done, total)
    })?;
    let mut settings = settings.to_vec();
    let best = ranked(&settings, &found)
        .first()
        .map(|row| row.setting.clone());
    let best = settings
        .iter()
        .find(|setting| Some(&setting.name) == best.as_ref());
    let resampled = best.map(Setting::resampled).unwrap_or_default();
    let (more, _) = tried(model, &resampled, groups, data_set, &|done| {
        progress(data_set.photos.len() + done, total)
    })?;
    found.extend(more.into_iter().map(|candidate| Candidate {
        setting: candidate.setting + settings.len(),
        ..candidate
    }));
    settings.extend(resampled);
    let counted = found.first().map_or(0, |first| first.outcomes.len());
    let rows = ranked(&settings, &found);
    Ok(Trial {
        photos: counted,
        groups: (0..groups.len())
            .filter(|group| groups.size(*group) > 0)
            .count(),
        unreadable,
        skipped: data_set.skipped.clone(),
        label_order: data_set.label_order.clone(),
        relabelled: relabelled(&settings, &found, &groups.names),
        rows,
    })
}

/// Every setting over every photo, and the photos that could not be read.
fn tried(
    model: &Model,
    settings: &[Setting],
    groups: &Groups,
    data_set: &DataSet,
    progress: &dyn Fn(usize),
) -> Result<(Vec<Candidate>, Vec<Unreadable>), ExplainError> {
    let frames = Frames::of(settings);
    let photos = &data_set.photos;
    let mut candidates = candidates(settings, data_set);
    let mut unreadable = data_set.unreadable.clone();
    let mut run = |batch: Batch<Vec<Picture>>| {
        let of_batch = &photos[batch.first..][..batch.items.len()];
        let mut readable: Vec<(&LabelledPhoto, Vec<Picture>)> = Vec::new();
        for (photo, item) in of_batch.iter().zip(batch.items) {
            match item {
                Ok(pictures) => readable.push((photo, pictures)),
                Err(reason) => unreadable.push(Unreadable {
                    path: photo.path.clone(),
                    truth: photo.truth,
                    reason,
                }),
            }
        }
        check_unreadable(unreadable.len(), data_set.total(), DEFAULT_MAX_UNREADABLE)
            .map_err(ExplainError::Failed)?;
        if !readable.is_empty() {
            for (index, (setting, frame)) in settings.iter().zip(&frames.of_setting).enumerate() {
                let pictures: Vec<&Picture> =
                    readable.iter().map(|(_, all)| &all[*frame]).collect();
                let input = setting.preprocessing.tensor(&pictures, model.device());
                let rows = numbers::probabilities(&model.scores(&input)?, model.activation())?;
                for ((photo, _), row) in readable.iter().zip(&rows) {
                    let sums = groups.probabilities(row);
                    for candidate in candidates.iter_mut().filter(|one| one.setting == index) {
                        candidate
                            .outcomes
                            .push(outcome(&sums, candidate.truth(photo.truth)));
                    }
                }
            }
        }
        progress(batch.first + of_batch.len());
        Ok::<_, ExplainError>(ControlFlow::Continue(()))
    };
    if !settings.is_empty() {
        for_each_batch(photos, BATCH, &|photo| frames.cut(photo), &mut run)?;
    }
    Ok((candidates, unreadable))
}

/// Each setting, and once more with the labels in the order of text where that is in question.
fn candidates(settings: &[Setting], data_set: &DataSet) -> Vec<Candidate> {
    let order = data_set.label_order.as_ref();
    let orders = std::iter::once(None).chain(order.map(Some));
    orders
        .flat_map(|order| {
            (0..settings.len()).map(move |setting| Candidate {
                setting,
                class_in_text_order: order.map(|order| order.class_in_text_order.clone()),
                outcomes: Vec::new(),
            })
        })
        .collect()
}

fn outcome(sums: &[f64], truth: usize) -> Outcome {
    let top = numbers::largest(sums, 1).first().copied().unwrap_or(0);
    Outcome {
        truth,
        top,
        right_probability: sums[truth],
        top_probability: sums[top],
    }
}

/// The pixels that the settings want of a photo, each cut once.
struct Frames<'a> {
    /// The first setting of each frame.
    settings: Vec<&'a Setting>,
    /// Index of the frame of each setting.
    of_setting: Vec<usize>,
}

impl<'a> Frames<'a> {
    fn of(settings: &'a [Setting]) -> Self {
        let mut frames = Self {
            settings: Vec::new(),
            of_setting: Vec::new(),
        };
        for setting in settings {
            let known = |other: &&Setting| setting.has_frame_of(other);
            let frame = frames.settings.iter().position(known);
            let frame = frame.unwrap_or_else(|| {
                frames.settings.push(setting);
                frames.settings.len() - 1
            });
            frames.of_setting.push(frame);
        }
        frames
    }

    /// One picture for each frame, or why the photo cannot be read.
    fn cut(&self, photo: &LabelledPhoto) -> Result<Vec<Picture>, String> {
        let picture = Picture::open(&photo.path).map_err(|error| error.to_string())?;
        let settings = self.settings.iter();
        Ok(settings
            .map(|setting| setting.preprocessing.apply(&picture))
            .collect())
    }
}
