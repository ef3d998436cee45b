//! What should make a reader doubt an explanation.

use serde_json::Value;

use super::{BARS, LimeResult, View};
use crate::present::Task;
use crate::results::{Explained, Fit, Stopping};
use crate::words::{Argument, Message};

/// Below this held-out R² the line says little of the network.
const TRUSTED_R_SQUARED: f64 = 0.3;
/// A linear model this far from the network at the photo itself is said to be: in probability, or of the score's size.
const LOCAL_GAP: f64 = 0.2;
/// Fewer segments than this are too coarse to point at anything.
const FEWEST_SEGMENTS: usize = 5;
/// The package's author asks for so many samples a segment.
const SAMPLES_PER_SEGMENT: usize = 10;

pub(super) fn of(task: &Task, view: &View, explained: &LimeResult) -> Vec<Message> {
    let Fit {
        samples,
        is_exhaustive,
        r_squared,
        r_squared_held_out,
        local_prediction,
    } = explained.result.fit;
    let probability = explained.result.target.probability;
    let segments = explained.result.segments();
    let class = explained.class.clone();
    let mut notices = Vec::new();
    let say = |key| Message::new(key).with("photo", explained.photo.name);
    match (r_squared, r_squared_held_out) {
        (None, _) => notices.push(say("superpixels.notice_constant").with("class", class.clone())),
        _ if explained.is_silent() => {
            notices.push(say("superpixels.notice_constant").with("class", class.clone()));
        }
        (Some(_), Some(held_out)) if held_out < TRUSTED_R_SQUARED => notices.push(
            say("superpixels.notice_untrusted")
                .with("held_out", Argument::Number(held_out, 2))
                .with("least", Argument::Number(TRUSTED_R_SQUARED, 1)),
        ),
        (Some(_), _) => {}
    }
    // As what it explains: a score is compared with the score.
    let (network, gap) = match explained.result.explained() {
        Explained::Probability => (probability, LOCAL_GAP),
        Explained::Score => {
            let score = explained.result.target.score;
            (score, LOCAL_GAP * score.abs().max(1.0))
        }
    };
    if (local_prediction - network).abs() > gap {
        let amount = |value: f64| match explained.result.explained() {
            Explained::Probability => Argument::Percent(value, 0),
            Explained::Score => Argument::Number(value, 2),
        };
        notices.push(
            say("superpixels.notice_local")
                .with("line", amount(local_prediction))
                .with("network", amount(network)),
        );
    }
    if segments < FEWEST_SEGMENTS {
        let segmenter = task.parameters.get("segmenter").and_then(Value::as_str);
        let key = match segmenter {
            Some("quickshift") => "superpixels.notice_few_segments_quickshift",
            _ => "superpixels.notice_few_segments_slic",
        };
        notices.push(say(key).with("count", segments));
    }
    let wanted = SAMPLES_PER_SEGMENT * segments;
    // `samples: auto` ends where the leading segments are settled, and says so where they are not.
    let is_asked = explained.result.stopping.is_none();
    if is_asked && !is_exhaustive && samples < wanted {
        notices.push(
            say("superpixels.notice_few_samples")
                .with("samples", samples)
                .with("wanted", wanted),
        );
    }
    if explained.positive.is_empty() {
        notices.push(say("superpixels.notice_no_evidence").with("class", class.clone()));
    }
    let shown = explained.strongest(view.features.max(BARS));
    let open: Vec<Message> = shown
        .iter()
        .filter(|segment| explained.is_undecided(**segment))
        .map(|&segment| explained.segment(segment))
        .collect();
    if !open.is_empty() {
        let (count, of) = (open.len(), shown.len());
        notices.push(
            say("superpixels.notice_sign_open")
                .with("count", count)
                .with("of", of)
                .with("segments", open),
        );
    }
    if let Some(stopping) = &explained.result.stopping {
        notices.extend(not_settled(explained, stopping).map(|notice| {
            notice
                .with("photo", explained.photo.name)
                .with("samples", samples)
        }));
    }
    notices
}

/// That `samples: auto` ended at its cap, or with segments that count as equal.
fn not_settled(explained: &LimeResult, stopping: &Stopping) -> Option<Message> {
    let Stopping {
        is_settled,
        leading,
        most_samples,
        tolerance,
        ref open,
    } = *stopping;
    let open: Vec<Message> = open.iter().map(|&open| explained.segment(open)).collect();
    let message = match (is_settled, open.as_slice()) {
        (true, []) => return None,
        (true, _) => Message::new("superpixels.notice_tied")
            .with("tolerance", Argument::Percent(tolerance, 0))
            .with("segments", open),
        (false, []) => Message::new("superpixels.notice_not_converged"),
        (false, _) => Message::new("superpixels.notice_not_ordered").with("segments", open),
    };
    Some(
        message
            .with("leading", leading)
            .with("most_samples", most_samples),
    )
}
