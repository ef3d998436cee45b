//! Checks that several methods share: the layer, its filters, the class, the photos.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::target_name::{self, Takes, TargetName, Wanted};
use super::{ExplainError, Fault, Inputs};
use crate::labels::{Class, ClassName};
use crate::model::{Layer, LayerName, ModelFacts, NodeId, Parts, ScoresTaken};
use crate::results::LayerRef;

/// The layer, where it exists and gives maps [N, C, H, W]; else a fault at `/layer`.
pub fn map_layer<'a>(inputs: &Inputs<'a>, name: Option<&LayerName>) -> Result<&'a Layer, Fault> {
    let fault = |message: String, hint: String| Fault {
        pointer: "/layer".to_owned(),
        message,
        hint,
    };
    let advice = || match last_map_layer(inputs.facts) {
        Some(last) => format!(
            "choose from the table of `cnn-report layers`; the last one that gives maps is {}",
            layer_text(last)
        ),
        None => "this network has no layer that gives maps".to_owned(),
    };
    let name = name.ok_or_else(|| fault("the layer is missing".to_owned(), advice()))?;
    let layer = inputs
        .facts
        .layer(name)
        .map_err(|error| fault(error.to_string(), String::new()))?;
    if gives_maps(inputs.facts, layer) {
        Ok(layer)
    } else {
        let shape = &layer.output_shape;
        Err(fault(
            format!(
                "layer {} gives {shape:?}, not maps [N, C, H, W] or tokens",
                layer_text(layer)
            ),
            advice(),
        ))
    }
}

/// A fault where the network runs as a whole and shows no layers.
pub fn hidden_layers(facts: &ModelFacts) -> Option<Fault> {
    (facts.parts == Parts::None).then(|| Fault {
        pointer: String::new(),
        message: "it needs the layers of the network, which TorchScript does not show".to_owned(),
        hint: "export the network as `.pt2`, or take `integrated_gradients`".to_owned(),
    })
}

/// A network through which no relevance can be handed back: nodes of it are `without` a rule, or what they make
/// probabilities of is not there.
pub fn relevance_fault(inputs: &Inputs, without: &[String]) -> Option<Fault> {
    let message = match (without, inputs.facts.scores.taken) {
        ([], ScoresTaken::AsGiven | ScoresTaken::BeforeClosing) => return None,
        ([], ScoresTaken::Logarithms | ScoresTaken::Logits | ScoresTaken::LogitsOfLogarithms) => {
            "the network gives probabilities whose scores cannot be taken before they are made"
                .to_owned()
        }
        ([only], _) => format!("there is no rule by which relevance gets through {only}"),
        ([first, others @ ..], _) => format!(
            "there is no rule by which relevance gets through {first} and {} more",
            others.len()
        ),
    };
    Some(Fault {
        pointer: String::new(),
        message,
        hint: "take `grad_cam`, which asks nothing of the layers between".to_owned(),
    })
}

/// The last layer that gives maps.
pub fn last_map_layer(facts: &ModelFacts) -> Option<&Layer> {
    facts
        .leaves()
        .iter()
        .rfind(|layer| gives_maps(facts, layer))
}

/// What `layer` and `filters` are for a network that is merely to be tried: the last layer that gives maps and
/// its first filter. Where no layer can be named, the first one, of which the method says that it is not there.
pub fn smallest(facts: &ModelFacts, filters: &[&str]) -> Value {
    let layer = last_map_layer(facts).map_or(json!(0), |layer| json!(layer.path));
    let mut parameters = Map::new();
    parameters.insert("layer".to_owned(), layer);
    for key in filters {
        parameters.insert((*key).to_owned(), json!([0]));
    }
    Value::Object(parameters)
}

/// How results name a layer.
pub fn layer_ref(layer: &Layer) -> LayerRef {
    LayerRef {
        path: layer.path.clone(),
        number: layer.number,
    }
}

/// How the key of a result names a layer: by path, so that its number is as good. Only of one that is there.
pub fn layer_key(inputs: &Inputs, name: Option<&LayerName>) -> Value {
    match map_layer(inputs, name) {
        Ok(layer) => json!(layer.path),
        Err(_) => Value::Null,
    }
}

fn gives_maps(facts: &ModelFacts, layer: &Layer) -> bool {
    facts.maps(layer).is_some()
}

/// Maps that the layer gives.
pub fn filter_count(facts: &ModelFacts, layer: &Layer) -> usize {
    let maps = facts.maps(layer).map(|maps| maps.channels);
    maps.and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0)
}

/// `features.6.squeeze` (15): how faults name a layer.
fn layer_text(layer: &Layer) -> String {
    format!("`{}` ({})", layer.path, layer.number)
}

/// Faults of a list of filters at `/filters`.
pub fn filter_faults(facts: &ModelFacts, layer: &Layer, filters: &[usize]) -> Vec<Fault> {
    filter_faults_of(filter_count(facts, layer), layer, filters)
}

fn filter_faults_of(count: usize, layer: &Layer, filters: &[usize]) -> Vec<Fault> {
    let range = filter_range(count);
    if filters.is_empty() {
        let message = "no filter is chosen".to_owned();
        return vec![Fault {
            pointer: "/filters".to_owned(),
            message,
            hint: format!("list some of {range}"),
        }];
    }
    let mut seen = BTreeSet::new();
    let (mut beyond, mut twice) = (Vec::new(), Vec::new());
    for (at, filter) in filters.iter().enumerate() {
        if *filter >= count {
            beyond.push(at);
        } else if !seen.insert(filter) {
            twice.push(at);
        }
    }
    let fault = |places: &[usize], one: &dyn Fn(usize) -> String, many: String, hint: &str| {
        let first = places.first()?;
        Some(Fault {
            pointer: format!("/filters/{first}"),
            message: match places.len() {
                1 => one(filters[*first]),
                _ => many,
            },
            hint: hint.to_owned(),
        })
    };
    let missing = |filter| format!("layer {} has no filter {filter}", layer_text(layer));
    let many = format!(
        "layer {} lacks {} of these {} filters, the first of them {}",
        layer_text(layer),
        beyond.len(),
        filters.len(),
        beyond.first().map_or(0, |at| filters[*at])
    );
    let again = |filter| format!("filter {filter} is listed twice");
    let many_again = format!("{} filters are listed twice", twice.len());
    let beyond = fault(&beyond, &missing, many, &range);
    let twice = fault(&twice, &again, many_again, "list each once");
    beyond.into_iter().chain(twice).collect()
}

/// The fault of one filter that the layer does not have.
pub fn filter_fault(
    facts: &ModelFacts,
    layer: &Layer,
    filter: usize,
    pointer: &str,
) -> Option<Fault> {
    let count = filter_count(facts, layer);
    (filter >= count).then(|| Fault {
        pointer: pointer.to_owned(),
        message: format!("layer {} has no filter {filter}", layer_text(layer)),
        hint: filter_range(count),
    })
}

fn filter_range(count: usize) -> String {
    format!("0 to {}", count.saturating_sub(1))
}

/// The fault of a method that goes back from the scores to the photo, where no gradient gets there.
pub fn gradient_fault(facts: &ModelFacts) -> Option<Fault> {
    let by = facts.limits.cut(facts.output.scores)?;
    Some(cut_off(
        "",
        format!("no gradient of the scores reaches the photo: it ends at {by}"),
    ))
}

/// The same of a method that changes the photo until a layer gives more, at `/layer`.
pub fn layer_gradient_fault(facts: &ModelFacts, layer: &Layer) -> Option<Fault> {
    let by = facts.limits.cut(layer.node)?;
    let name = layer_text(layer);
    let message = format!("no gradient of layer {name} reaches the photo: it ends at {by}");
    Some(cut_off("/layer", message))
}

fn cut_off(pointer: &str, message: String) -> Fault {
    let hint = "export the network without `detach`, `no_grad` and rounding there; `lime` needs no gradient";
    Fault {
        pointer: pointer.to_owned(),
        message,
        hint: hint.to_owned(),
    }
}

/// Where the network is known not to run before the layer on a picture of a size that is not its own: what is
/// to be said of it.
pub fn size_problem(facts: &ModelFacts, layer: &Layer, size: (usize, usize)) -> Option<String> {
    size_problem_of(facts, layer.node, &named(layer), size)
}

/// How messages name a layer.
pub fn named(layer: &Layer) -> String {
    format!("layer {}", layer_text(layer))
}

/// The same up to any node, which the message calls `name`.
pub fn size_problem_of(
    facts: &ModelFacts,
    node: NodeId,
    name: &str,
    (height, width): (usize, usize),
) -> Option<String> {
    let [_, own_height, own_width] = facts.input_shape;
    let size = [height as i64, width as i64];
    let fails = facts.limits.fails_at(node, size, [own_height, own_width])?;
    Some(format!(
        "{name} does not run on {height} × {width} px: {} takes {own_height} × {own_width} px only",
        fails.at
    ))
}

/// The class that `name` means, or a fault at `/class`.
pub fn class(inputs: &Inputs, name: &ClassName) -> Result<Class, Fault> {
    inputs.labels.class(name).map_err(|error| Fault {
        pointer: "/class".to_owned(),
        message: error.to_string(),
        hint: String::new(),
    })
}

/// The number that `name` means, of a method that was checked.
pub fn wanted(inputs: &Inputs, name: &TargetName, takes: Takes) -> Result<Wanted, ExplainError> {
    let first = |faults: Vec<Fault>| match faults.into_iter().next() {
        Some(fault) => refused(fault),
        None => ExplainError::Failed("`class` is wrong".to_owned()),
    };
    target_name::wanted(inputs.labels, name, takes).map_err(first)
}

/// A fault at the method itself where no photo is there to be explained.
pub fn photo_faults(inputs: &Inputs) -> Vec<Fault> {
    if inputs.photos.is_empty() {
        let hint = "list photos under `images`".to_owned();
        vec![Fault {
            pointer: String::new(),
            message: "there is no photo".to_owned(),
            hint,
        }]
    } else {
        Vec::new()
    }
}

/// The fault that `check` reported already, for a caller that runs all the same.
pub fn refused(fault: Fault) -> ExplainError {
    ExplainError::Failed(format!("`{}`: {}", fault.pointer, fault.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(output_shape: &[i64]) -> Layer {
        Layer {
            number: 3,
            path: "features.3".to_owned(),
            kind: "Conv2d".to_owned(),
            node: NodeId(3),
            output_shape: output_shape.to_vec(),
            parameters: 0,
        }
    }

    #[test]
    fn a_filter_beyond_the_last_is_a_fault_where_it_stands() {
        let faults = filter_faults_of(8, &layer(&[1, 8, 4, 4]), &[0, 7, 8, 0]);
        let found: Vec<(&str, &str)> = faults
            .iter()
            .map(|f| (&f.pointer[..], &f.hint[..]))
            .collect();
        assert_eq!(
            found,
            [("/filters/2", "0 to 7"), ("/filters/3", "list each once")]
        );
        let many: Vec<usize> = (0..512).collect();
        let faults = filter_faults_of(256, &layer(&[1, 256, 4, 4]), &many);
        assert_eq!(faults.len(), 1);
        assert_eq!(
            faults[0].message,
            "layer `features.3` (3) lacks 256 of these 512 filters, the first of them 256"
        );
        assert_eq!(
            filter_faults_of(8, &layer(&[1, 8, 4, 4]), &[])[0].pointer,
            "/filters"
        );
    }
}
