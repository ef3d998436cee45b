//! What a picture was grown for, in words.

use crate::present::Task;
use crate::results::{Explained, Optimised, Target};
use crate::words::{Argument, Message};

/// Of a direction so many channels are named.
const NAMED: usize = 4;

/// `filter 7`, of a gallery whose caption names the layer; else `filter 7 of features.3 (5)`, `score of tabby`.
pub(super) fn target(task: &Task, target: &Target, layer_is_said: bool) -> Message {
    let of = |key: &'static str, layer: &dyn std::fmt::Display| {
        Message::new(key).with("layer", layer.to_string())
    };
    match target {
        Target::Filter { filter, .. } | Target::Head { head: filter, .. } if layer_is_said => {
            Message::new("optimised.gallery_tile").with("filter", filter.to_string())
        }
        Target::Filter { layer, filter }
        | Target::Head {
            layer,
            head: filter,
        } => of("optimised.of_filter", layer).with("filter", filter.to_string()),
        Target::Layer { layer } => of("optimised.of_layer", layer),
        Target::Neuron { layer, filter, at } => of("optimised.of_neuron", layer)
            .with("filter", filter.to_string())
            .with("down", Argument::Percent(at[0], 0))
            .with("right", Argument::Percent(at[1], 0)),
        Target::Direction { layer, weights } => {
            of("optimised.of_direction", layer).with("weights", direction(weights))
        }
        Target::Class(class) => Message::new(match class.scalar.of {
            Explained::Score => "optimised.of_score",
            Explained::Probability => "optimised.of_probability",
        })
        .with("class", task.explained(class)),
        Target::Sum { terms } => {
            let each = terms.iter().map(|(weight, term)| {
                Message::new("optimised.of_term")
                    .with("weight", weight.to_string())
                    .with("number", self::target(task, term, layer_is_said))
            });
            Message::new("optimised.of_sum").with("terms", each.collect::<Vec<_>>())
        }
    }
}

/// `7: 1, 16: −0.5`, the largest first; of many only those.
fn direction(weights: &[(usize, f64)]) -> String {
    let mut largest = weights.to_vec();
    largest.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let named = largest.iter().take(NAMED);
    let named = named.map(|(channel, weight)| format!("{channel}: {weight}"));
    let mut text = named.collect::<Vec<_>>().join(", ").replace('-', "−");
    if weights.len() > NAMED {
        text += ", …";
    }
    text
}

/// Whether every picture is of a filter of one layer, which the caption names.
pub(super) fn are_filters_of_one_layer(all: &[&Optimised]) -> bool {
    let layer = |one: &Optimised| match &one.target {
        Target::Filter { layer, .. } => Some(layer.clone()),
        _ => None,
    };
    let first = all.first().and_then(|one| layer(one));
    first.is_some() && all.iter().all(|one| layer(one) == first)
}
