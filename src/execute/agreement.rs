//! Scores in bfloat16 beside those in float32, on the photos that a report shows.

use serde_json::json;

use super::photos_tried::photos_of_scores;
use super::{Network, Networks};
use crate::explain::{ExplainError, Photo, numbers};
use crate::model::Precision;
use crate::plan::{Agreement, Plan};
use crate::store::{Key, Store};

/// Of one photo: whether the most probable class is the same, and the largest difference of a probability.
type OfPhoto = (bool, f64);

/// What bfloat16 changes of the photos whose scores the report needs, its first 16. Remembered, so that a build of which
/// everything is known opens no network. A photo that cannot be read is left to those who show it.
pub fn agreement(plan: &Plan, networks: &Networks, store: Option<&Store>) -> Agreement {
    let mut agreement = Agreement::default();
    for (task, photo) in photos_of_scores(plan) {
        let of_photo = known_or_computed(plan, networks.of(task), store, (task, photo));
        let Ok((is_same, difference)) = of_photo else {
            continue;
        };
        agreement.photos += 1;
        agreement.largest_difference = agreement.largest_difference.max(difference);
        if !is_same {
            agreement.other_class.push(photo.name.clone());
        }
    }
    agreement
}

fn known_or_computed(
    plan: &Plan,
    network: &Network,
    store: Option<&Store>,
    (task, photo): (&crate::plan::Task, &Photo),
) -> Result<OfPhoto, ExplainError> {
    let key = Key::new(json!({
        "agreement_of_precisions": env!("MODEL_SOURCES"),
        "photo": { "file": photo.digest, "tensor": photo.tensor_name },
        "model": network.identity(),
        "preprocessing": plan.model_of(task).preprocessing.as_ref(),
        "device": network.model.runs_on().0,
        "libtorch": env!("LIBTORCH_VERSION"),
    }));
    if let Some(known) = store.and_then(|store| store.load(&key)) {
        return Ok(known);
    }
    let found = computed(network, photo)?;
    if let Some(store) = store {
        let _ = store.save(&key, &found); // computed again where it cannot be kept
    }
    Ok(found)
}

fn computed(network: &Network, photo: &Photo) -> Result<OfPhoto, ExplainError> {
    let model = network.open()?;
    let input = photo.tensor(model.device())?;
    let probabilities = |precision: Precision| -> Result<Vec<f64>, ExplainError> {
        let scores = model.scores_in(precision, &input)?;
        let mut rows = numbers::probabilities(&scores, model.activation())?;
        Ok(rows.pop().unwrap_or_default())
    };
    let (exact, rounded) = (
        probabilities(Precision::Fp32)?,
        probabilities(Precision::Bf16)?,
    );
    let differences = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs());
    let is_same = numbers::largest(&exact, 1) == numbers::largest(&rounded, 1);
    Ok((is_same, differences.fold(0.0, f64::max)))
}
