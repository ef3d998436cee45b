//! One pass on each photo, so that a check finds what only a photo can show: scores that are not finite.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Network, Networks};
use crate::explain::{Needs, Photo};
use crate::model::ModelError;
use crate::plan::{Plan, Task};
use crate::store::{Key, Store};

/// More would keep a check waiting; reports explain a handful.
const MOST_PHOTOS: usize = 16;

/// Figures with a photo whose scores are not finite, each photo once for a network with what is to be said of it; of the report's first
/// 16. What a photo showed is remembered, so that the network is opened once for each. Other errors are left
/// to those who read the photo.
pub fn tried_photos<'a>(
    plan: &'a Plan,
    networks: &Networks,
    store: Option<&Store>,
) -> Vec<(&'a Task, String)> {
    let problems = photos_of_scores(plan).into_iter();
    let problems = problems.filter_map(|(task, photo)| {
        let problem = known_or_tried((plan, task), networks.of(task), store, photo)?;
        Some((task, format!("`{}`: {problem}", photo.id)))
    });
    problems.collect()
}

/// The photos of which scores are needed, each once for a network, with a figure that shows it; the first 16.
pub fn photos_of_scores(plan: &Plan) -> Vec<(&Task, &Photo)> {
    let asks = |task: &&Task| matches!(task.method.needs(), Needs::Scores | Needs::Gradients);
    let mut seen = BTreeSet::new();
    let shown = plan.tasks.iter().filter(asks);
    let shown = shown.flat_map(|task| task.photos.iter().map(move |photo| (task, photo.as_ref())));
    let shown = shown.filter(|(task, photo)| seen.insert((task.model, &photo.id)));
    shown.take(MOST_PHOTOS).collect()
}

fn known_or_tried(
    (plan, task): (&Plan, &Task),
    network: &Network,
    store: Option<&Store>,
    photo: &Photo,
) -> Option<String> {
    let (device, precision) = network.model.runs_on();
    let key = Key::new(json!({
        "tried_photo": env!("MODEL_SOURCES"),
        "photo": { "file": photo.digest, "tensor": photo.tensor_name },
        "model": network.identity(),
        "preprocessing": plan.model_of(task).preprocessing.as_ref(),
        "device": device,
        "precision": precision,
        "libtorch": env!("LIBTORCH_VERSION"),
    }));
    let known: Option<Option<String>> = store.and_then(|store| store.load(&key));
    if let Some(problem) = known {
        return problem;
    }
    let problem = tried(network, photo).ok()?;
    if let Some(store) = store {
        let _ = store.save(&key, &problem); // tried again where it cannot be kept
    }
    problem
}

/// Why the scores of the photo are of no use; an error where it was not tried.
fn tried(network: &Network, photo: &Photo) -> Result<Option<String>, crate::explain::ExplainError> {
    let model = network.open()?;
    match model.scores(&photo.tensor(model.device())?) {
        Err(error @ ModelError::ScoresNotFinite { .. }) => Ok(Some(error.to_string())),
        other => Ok(other.map(|_| None)?),
    }
}
