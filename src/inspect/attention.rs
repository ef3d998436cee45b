//! The attention of a network as `layers` and `inspect` say it.

use serde_json::{Value, json};

use crate::model::attention::Form;
use crate::model::{ModelFacts, Tokens};

/// As one line; `None` without attention.
pub fn attention_text(facts: &ModelFacts) -> Option<String> {
    let attention = &facts.attention;
    (!attention.layers.is_empty()).then(|| attention.to_string())
}

/// The layers in the order in which they run, the grid of tokens, those beside it and those that the scores are
/// read from; null without attention, and without what is not known.
pub fn attention_json(facts: &ModelFacts) -> Value {
    let attention = &facts.attention;
    if attention.layers.is_empty() {
        return Value::Null;
    }
    let layers = attention.layers.iter().enumerate().map(|(number, layer)| {
        json!({
            "number": number,
            "name": layer.path,
            "heads": layer.heads,
            "tokens": layer.keys,
            "one_node": layer.form == Form::Fused,
        })
    });
    let tokens = match &attention.tokens {
        Tokens::None => Value::Null,
        Tokens::Grid(grid) => json!({
            "grid": [grid.height, grid.width],
            "beside": grid.prefix(),
            "read": grid.read,
        }),
        Tokens::Windows { windows, tokens } => json!({ "windows": windows, "tokens": tokens }),
        Tokens::Unclear(why) => json!({ "unclear": why }),
    };
    json!({ "layers": layers.collect::<Vec<_>>(), "tokens": tokens })
}
