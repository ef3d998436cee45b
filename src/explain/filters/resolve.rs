//! From the objectives of report.yaml to numbers of this network, or what is wrong with them.

use super::super::target_name::{self, Takes};
use super::super::{Fault, Inputs, chosen};
use super::objective::NamedObjective;
use super::raised::{Number, Raised};
use crate::model::{Layer, LayerName};

/// The middle of a map.
const MIDDLE: [f64; 2] = [0.5, 0.5];

/// The objective at `pointer`; `layer` is the figure's own.
pub(super) fn resolve<'a>(
    named: &NamedObjective,
    inputs: &Inputs<'a>,
    layer: Option<&LayerName>,
    pointer: &str,
) -> Result<Raised<'a>, Vec<Fault>> {
    let Some(sum) = &named.sum else {
        return Ok(Raised::one(number(named, inputs, layer, pointer)?));
    };
    let mut faults: Vec<Fault> = one_kind(named, pointer).into_iter().collect();
    let layer = named.layer.as_ref().or(layer);
    let mut terms = Vec::new();
    for (at, term) in sum.iter().enumerate() {
        match number(term, inputs, layer, &format!("{pointer}/sum/{at}")) {
            Ok(number) => terms.push((term.weight.unwrap_or(1.0), number)),
            Err(found) => faults.extend(found),
        }
    }
    match faults.is_empty() {
        true => Ok(Raised {
            terms,
            is_sum: true,
        }),
        false => Err(faults),
    }
}

/// More than one of the keys that say what is raised.
fn one_kind(named: &NamedObjective, pointer: &str) -> Option<Fault> {
    let kinds = named.kinds();
    let &[first, second, ..] = kinds.as_slice() else {
        return None;
    };
    Some(Fault {
        pointer: format!("{pointer}/{second}"),
        message: format!("an objective has `{first}` or `{second}`, not both"),
        hint: "write two objectives, or a `sum` of both".to_owned(),
    })
}

fn number<'a>(
    named: &NamedObjective,
    inputs: &Inputs<'a>,
    layer: Option<&LayerName>,
    pointer: &str,
) -> Result<Number<'a>, Vec<Fault>> {
    let mut faults: Vec<Fault> = one_kind(named, pointer).into_iter().collect();
    if named.at.is_some() && named.neuron.is_none() {
        faults.push(Fault {
            pointer: format!("{pointer}/at"),
            message: "`at` is the place of a `neuron`".to_owned(),
            hint: "write `neuron` in the place of `filter`, or leave `at` out".to_owned(),
        });
    }
    if let (Some(name), Some(_)) = (&named.class, &named.layer) {
        faults.push(Fault {
            pointer: format!("{pointer}/layer"),
            message: "a class is no part of a layer".to_owned(),
            hint: format!("leave `layer` out beside `class: {}`", class_text(name)),
        });
    }
    let found = match &named.class {
        Some(_) => class(named, inputs, pointer),
        None => of_layer(named, inputs, layer, pointer),
    };
    match found {
        Ok(number) if faults.is_empty() => Ok(number),
        Ok(_) => Err(faults),
        Err(found) => {
            faults.extend(found);
            Err(faults)
        }
    }
}

fn class_text(name: &target_name::TargetName) -> String {
    let value = serde_json::to_value(name).unwrap_or_default();
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A number of the network's scores.
fn class<'a>(
    named: &NamedObjective,
    inputs: &Inputs<'a>,
    pointer: &str,
) -> Result<Number<'a>, Vec<Fault>> {
    let Some(name) = &named.class else {
        return Err(Vec::new());
    };
    let within = |fault: Fault| Fault {
        pointer: format!("{pointer}{}", fault.pointer),
        ..fault
    };
    let wanted = target_name::wanted(inputs.labels, name, Takes::Any)
        .map_err(|faults| faults.into_iter().map(within).collect::<Vec<_>>())?;
    let mut faults = Vec::new();
    if !wanted.is_fixed() {
        faults.push(Fault {
            pointer: format!("{pointer}/class"),
            message: "noise to start from has no predicted class".to_owned(),
            hint: "name the class".to_owned(),
        });
    }
    let fault = chosen::gradient_fault(inputs.facts);
    faults.extend(fault.map(|fault| Fault {
        pointer: format!("{pointer}/class"),
        ..fault
    }));
    match faults.is_empty() {
        true => Ok(Number::Class {
            node: inputs.facts.output.scores,
            wanted,
        }),
        false => Err(faults),
    }
}

/// A number of a layer's output.
fn of_layer<'a>(
    named: &NamedObjective,
    inputs: &Inputs<'a>,
    layer: Option<&LayerName>,
    pointer: &str,
) -> Result<Number<'a>, Vec<Fault>> {
    let (name, place) = match &named.layer {
        Some(own) => (Some(own), format!("{pointer}/layer")),
        None => (layer, "/layer".to_owned()),
    };
    let at_layer = |fault: Fault| {
        vec![Fault {
            pointer: place.clone(),
            ..fault
        }]
    };
    let layer: &Layer = chosen::map_layer(inputs, name).map_err(at_layer)?;
    if let Some(fault) = chosen::layer_gradient_fault(inputs.facts, layer) {
        return Err(at_layer(fault));
    }
    let filter = |filter: usize, key: &str| {
        let place = format!("{pointer}/{key}");
        match chosen::filter_fault(inputs.facts, layer, filter, &place) {
            Some(fault) => Err(vec![fault]),
            None => Ok(filter),
        }
    };
    if let Some(direction) = &named.direction {
        let channels = chosen::filter_count(inputs.facts, layer);
        let weights = direction.weights(inputs.base, channels);
        let weights = weights.map_err(|(message, hint)| {
            vec![Fault {
                pointer: format!("{pointer}/direction"),
                message,
                hint,
            }]
        })?;
        return Ok(Number::Direction { layer, weights });
    }
    Ok(match (named.filter, named.neuron) {
        (Some(number), _) => Number::Filter {
            layer,
            filter: filter(number, "filter")?,
        },
        (None, Some(number)) => Number::Neuron {
            layer,
            filter: filter(number, "neuron")?,
            at: named.at.unwrap_or(MIDDLE),
        },
        (None, None) => Number::Layer { layer },
    })
}
