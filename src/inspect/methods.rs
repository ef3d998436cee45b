//! Which methods a network serves: each is asked to check itself, with the parameters that it requires.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::explain::{Entry, Fault, Inputs, Needs, Photo, chosen};
use crate::labels::Labels;
use crate::model::ModelFacts;
use crate::picture::{Channels, PRESETS, Picture, Preprocessing};

#[derive(Debug, Serialize)]
pub struct MethodRow {
    pub method: &'static str,
    pub runs: bool,
    /// Why it cannot run; empty where it can.
    pub why_not: String,
    /// The parameters it was tried with: those it has no default for.
    pub tried_with: Value,
}

pub fn rows(facts: &ModelFacts, entries: &[&'static Entry]) -> Vec<MethodRow> {
    let labels = Labels::numbers(facts.classes);
    let preprocessing = preprocessing(facts.input_shape);
    let row = |entry: &&'static Entry| {
        let parameters = (entry.smallest)(facts);
        let faults = match &preprocessing {
            Some(preprocessing) => faults(entry, &parameters, facts, &labels, preprocessing),
            None => vec![format!(
                "it takes {} channels; photos have 3, or 1 made of them",
                facts.input_shape[0]
            )],
        };
        MethodRow {
            method: entry.name,
            runs: faults.is_empty(),
            why_not: faults.join("; "),
            tried_with: parameters,
        }
    };
    entries.iter().map(row).collect()
}

/// One photo as the network takes it; `None` where it takes no photos.
fn preprocessing([channels, height, width]: [i64; 3]) -> Option<Preprocessing> {
    let channels = usize::try_from(channels).ok()?;
    let sides = (usize::try_from(height).ok()?, usize::try_from(width).ok()?);
    let channels = [Channels::Rgb, Channels::Grey]
        .into_iter()
        .find(|known| known.count() == channels)?;
    let presets = PRESETS.iter();
    presets
        .filter_map(|preset| preset.preprocessing(channels, sides))
        .find(|preprocessing| preprocessing.faults().is_empty())
}

fn faults(
    entry: &Entry,
    parameters: &Value,
    facts: &ModelFacts,
    labels: &Labels,
    preprocessing: &Preprocessing,
) -> Vec<String> {
    let method = match (entry.parse)(parameters.clone()) {
        Ok(method) => method,
        Err(error) => return vec![error.to_string()],
    };
    if method.needs() == Needs::Layers
        && let Some(fault) = chosen::hidden_layers(facts)
    {
        return vec![fault.message];
    }
    let (height, width) = preprocessing.resize.output_px();
    let grey = Picture::filled(width, height, [0; 3]);
    let photos = [Arc::new(Photo::of_picture("photo", grey, preprocessing))];
    let inputs = Inputs {
        facts,
        labels,
        preprocessing,
        photos: &photos,
        seed: 0,
        base: Path::new("."),
    };
    let text = |fault: Fault| match fault.hint.is_empty() {
        true => fault.message,
        false => format!("{}; {}", fault.message, fault.hint),
    };
    let of_gradient = match method.needs() {
        Needs::Gradients => chosen::gradient_fault(facts),
        Needs::Nothing | Needs::Scores | Needs::Layers => None,
    };
    let faults = method.network_faults(&inputs).into_iter();
    faults.chain(of_gradient).map(text).collect()
}
