//! What should make a reader doubt an explanation.

use super::{BARS, Photo};
use crate::explain::finding::{Argument, Message};
use crate::explain::lime::{Explained, Lime, SampleCount};

/// Below this held-out R² the line says little of the network.
const TRUSTED_R_SQUARED: f64 = 0.3;
/// A linear model this far from the network at the photo itself, in probability, is said to be.
const LOCAL_GAP: f64 = 0.2;
/// Fewer segments than this are too coarse to point at anything.
const FEWEST_SEGMENTS: usize = 5;
/// The package's author asks for so many samples a segment.
const SAMPLES_PER_SEGMENT: usize = 10;

pub fn of(lime: &Lime, photo: &Photo) -> Vec<Message> {
    let Explained {
        segments,
        probability,
        samples,
        surrogate,
        ..
    } = photo.explained;
    let mut notices = Vec::new();
    let say = |key| Message::new(key).with("photo", photo.id());
    match (surrogate.r_squared, surrogate.r_squared_held_out) {
        (None, _) => notices.push(say("lime.notice_constant").with("class", photo.class.as_str())),
        (Some(_), Some(held_out)) if held_out < TRUSTED_R_SQUARED => notices.push(
            say("lime.notice_untrusted")
                .with("held_out", Argument::Number(held_out, 2))
                .with("least", Argument::Number(TRUSTED_R_SQUARED, 1)),
        ),
        (Some(_), _) => {}
    }
    if (surrogate.local_prediction - probability).abs() > LOCAL_GAP {
        notices.push(
            say("lime.notice_local")
                .with("line", Argument::Percent(surrogate.local_prediction, 0))
                .with("network", Argument::Percent(*probability, 0)),
        );
    }
    if segments.count < FEWEST_SEGMENTS {
        notices.push(say("lime.notice_few_segments").with("count", segments.count));
    }
    let wanted = SAMPLES_PER_SEGMENT * segments.count;
    if matches!(lime.samples, SampleCount::Number(_)) && *samples < wanted {
        notices.push(
            say("lime.notice_few_samples")
                .with("samples", *samples)
                .with("wanted", wanted),
        );
    }
    if photo.positive.is_empty() {
        notices.push(say("lime.notice_no_evidence").with("class", photo.class.as_str()));
    }
    let shown = photo.strongest(lime.features.max(BARS));
    let crosses_zero = |segment: &&usize| {
        photo
            .uncertainty(**segment)
            .is_some_and(|half| half >= photo.weights[**segment].abs())
    };
    let open: Vec<Message> = shown
        .iter()
        .filter(crosses_zero)
        .map(|&segment| photo.segment(segment))
        .collect();
    if !open.is_empty() {
        let (count, of) = (open.len(), shown.len());
        notices.push(
            say("lime.notice_sign_open")
                .with("count", count)
                .with("of", of)
                .with("segments", open),
        );
    }
    notices
}
