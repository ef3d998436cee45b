//! One pass on the first photo, so that a check finds what only a photo can show: scores that are not finite.

use serde_json::json;

use super::Network;
use crate::explain::{Needs, Photo};
use crate::model::ModelError;
use crate::plan::{Plan, Task};
use crate::store::{Key, Store};

/// The figure whose first photo gets scores that are not finite, and what is to be said of it. It is remembered,
/// so that the network is opened once for each photo. Other errors are left to those who read the photo.
pub fn first_photo<'a>(
    plan: &'a Plan,
    network: &Network,
    store: Option<&Store>,
) -> Option<(&'a Task, String)> {
    let asks = |task: &&Task| matches!(task.method.needs(), Needs::Scores | Needs::Gradients);
    let mut tasks = plan.tasks.iter().filter(asks);
    let (task, photo) = tasks.find_map(|task| Some((task, task.photos.first()?)))?;
    let (device, precision) = network.model.runs_on();
    let key = Key::new(json!({
        "first_photo": env!("MODEL_SOURCES"),
        "photo": { "file": photo.digest, "tensor": photo.tensor_name },
        "model": network.identity(),
        "preprocessing": plan.preprocessing.as_ref(),
        "device": device,
        "precision": precision,
        "libtorch": env!("LIBTORCH_VERSION"),
    }));
    let known: Option<Option<String>> = store.and_then(|store| store.load(&key));
    let problem = match known {
        Some(problem) => problem,
        None => {
            let problem = tried(network, photo).ok()?;
            if let Some(store) = store {
                let _ = store.save(&key, &problem); // tried again where it cannot be kept
            }
            problem
        }
    };
    Some((task, format!("`{}`: {}", photo.id, problem?)))
}

/// Why the scores of the photo are of no use; an error where it was not tried.
fn tried(network: &Network, photo: &Photo) -> Result<Option<String>, crate::explain::ExplainError> {
    let model = network.open()?;
    match model.scores(&photo.tensor(model.device())?) {
        Err(error @ ModelError::ScoresNotFinite { .. }) => Ok(Some(error.to_string())),
        other => Ok(other.map(|_| None)?),
    }
}
