//! What somebody needs who builds the report again. No clock: same input, same bytes.

use crate::model::{Precision, ScoresAre, device_name};
use crate::plan::Plan;
use crate::words::Message;

/// Label and value of each line.
pub fn of(plan: &Plan) -> Vec<(String, String)> {
    let origin = &plan.facts.provenance;
    let mut network = match &origin.architecture {
        Some(architecture) => format!("{} ({}, {architecture})", plan.model_file, origin.format),
        None => format!("{} ({})", plan.model_file, origin.format),
    };
    let label = |key: &'static str| plan.strings.text(&Message::new(key));
    if plan.facts.scores_are == ScoresAre::Probabilities {
        network = format!("{network}; {}", label("scores_are_probabilities"));
    }
    let [channels, height, width] = plan.preprocessing.input_shape();
    vec![
        (
            label("provenance_version"),
            format!("cnn-report {}", env!("CARGO_PKG_VERSION")),
        ),
        (label("provenance_model"), network),
        (label("provenance_sha256"), origin.sha256.clone()),
        (
            label("provenance_input"),
            format!("{channels} × {height} × {width}"),
        ),
        (label("provenance_device"), device_name(plan.device)),
        (
            label("provenance_precision"),
            label(match plan.precision {
                Precision::Fp32 => "precision_fp32",
                Precision::Bf16 => "precision_bf16",
            }),
        ),
        (
            label("provenance_libtorch"),
            env!("LIBTORCH_VERSION").to_owned(),
        ),
        (label("provenance_seed"), plan.seed.to_string()),
    ]
}
