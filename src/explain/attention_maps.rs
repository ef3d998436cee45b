//! Where does each head of an attention layer look?
//!
//! The row of the token that is read in A of the head, at the tokens of the photo; where scores are read from several
//! tokens, the mean of their rows.
//!
//! **Input** one photo [1, C, H, W], normalised. **Reads** the weights of attention [heads, N, N]. **Output** one map
//! [h, w] a photo, layer and head, zero or more; with the tokens beside the photo a row sums to 1.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tch::Tensor;

use super::{
    Entry, ExplainError, Fault, Inputs, Method, Needs, Part, Passes, Photos, Sink, Unit, Viewing,
    attention, parameters,
};
use crate::results::{Kind, LayerRef, Results, Target};

pub const ENTRY: Entry = Entry {
    name: "attention_maps",
    version: 1,
    kind: Kind::Attributions,
    view: Viewing {
        defaults: || json!({ "percentile": 100, "view": "map", "scale": "own" }),
        without: &["reduction"],
    },
    photos: Photos::Any,
    schema: parameters::schema::<AttentionMaps>,
    parse: parameters::parse::<AttentionMaps>,
    smallest: |_| Value::Object(Map::new()),
    citations: &[
        "Dosovitskiy, A. et al.: An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale. ICLR 2021",
        "Caron, M., Touvron, H., Misra, I., Jégou, H., Mairal, J., Bojanowski, P., Joulin, A.: Emerging Properties in Self-Supervised Vision Transformers. ICCV 2021",
    ],
};

/// Attention of heads of a transformer, from the token that is read to those of the photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttentionMaps {
    /// The attention layers, counted from 0 in the order in which they run. Default: the last one.
    pub layers: Vec<usize>,
    /// The heads of each, from 0. Default: all.
    pub heads: Vec<usize>,
}

impl AttentionMaps {
    fn layers(&self, inputs: &Inputs) -> Vec<usize> {
        match self.layers.is_empty() {
            true => inputs
                .facts
                .attention
                .layers
                .len()
                .checked_sub(1)
                .into_iter()
                .collect(),
            false => self.layers.clone(),
        }
    }

    /// Those that all of the layers have.
    fn heads(&self, inputs: &Inputs) -> Vec<usize> {
        match self.heads.is_empty() {
            true => (0..self.least_heads(inputs)).collect(),
            false => self.heads.clone(),
        }
    }

    fn least_heads(&self, inputs: &Inputs) -> usize {
        let all = &inputs.facts.attention.layers;
        let chosen = self.layers(inputs).into_iter();
        let heads = chosen.filter_map(|layer| all.get(layer).map(|layer| layer.heads));
        heads.min().map_or(0, |heads| heads as usize)
    }
}

/// Numbers at or beyond `count`, and such as are listed twice.
fn number_faults(key: &str, what: &str, numbers: &[usize], count: usize) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let fault = |(at, number): (usize, &usize)| {
        let (message, hint) = match (*number < count, seen.insert(*number)) {
            (true, true) => return None,
            (true, false) => (
                format!("{what} {number} is listed twice"),
                "list each once".to_owned(),
            ),
            (false, _) => (
                format!("there is no {what} {number}"),
                format!("0 to {}", count.saturating_sub(1)),
            ),
        };
        Some(Fault {
            pointer: format!("/{key}/{at}"),
            message,
            hint,
        })
    };
    numbers.iter().enumerate().filter_map(fault).collect()
}

impl Method for AttentionMaps {
    fn needs(&self) -> Needs {
        Needs::Layers
    }

    fn check(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = attention::faults(inputs);
        if attention::grid_fault(inputs).is_some() {
            return faults;
        }
        let layers = inputs.facts.attention.layers.len();
        faults.extend(number_faults(
            "layers",
            "attention layer",
            &self.layers,
            layers,
        ));
        let heads = self.least_heads(inputs);
        faults.extend(number_faults("heads", "head", &self.heads, heads));
        faults
    }

    /// Layers and heads as they are used.
    fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        parameters::object(&Self {
            layers: self.layers(inputs),
            heads: self.heads(inputs),
        })
    }

    /// Layer and head are in the unit.
    fn computing(&self, _: &Inputs) -> Map<String, Value> {
        Map::new()
    }

    fn units(&self, inputs: &Inputs) -> Vec<Unit> {
        let (layers, heads) = (self.layers(inputs), self.heads(inputs));
        let mut units = Vec::new();
        for (index, photo) in inputs.photos.iter().enumerate() {
            for layer in &layers {
                units.extend(heads.iter().map(|head| Unit {
                    name: format!("{}, layer {layer}, head {head}", photo.id),
                    photo: Some(index),
                    part: Part::Head {
                        layer: *layer,
                        head: *head,
                    },
                }));
            }
        }
        units
    }

    fn run(&self, passes: &Passes, units: &[Unit], sink: &mut Sink) -> Result<(), ExplainError> {
        let grid = attention::grid(&passes.inputs)?;
        let mut recorded: Option<(Option<usize>, Vec<Tensor>)> = None;
        for (index, unit) in units.iter().enumerate() {
            // The units of a photo stand together: one pass serves them.
            if recorded
                .as_ref()
                .is_none_or(|(photo, _)| *photo != unit.photo)
            {
                let input = passes.input(passes.photo(unit.photo)?)?;
                recorded = Some((unit.photo, passes.model.attention(&input)?));
            }
            let (Some((_, weights)), Part::Head { layer, head }) = (&recorded, &unit.part) else {
                let message = "the unit names no head".to_owned();
                return Err(ExplainError::Failed(message));
            };
            let layers = &passes.inputs.facts.attention.layers;
            let (Some(weights), Some(found)) = (weights.get(*layer), layers.get(*layer)) else {
                let message = format!("there is no attention layer {layer}");
                return Err(ExplainError::Failed(message));
            };
            let of_head = attention::doubles(&weights.f_get(*head as i64)?)?;
            let target = Target::Head {
                layer: LayerRef {
                    path: found.path.clone(),
                    number: *layer,
                },
                head: *head,
            };
            let map = attention::found(target, &attention::read(grid, &of_head)?)?;
            sink.found(index, Results::Attributions(map))?;
            sink.advanced(index + 1, units.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_last_and_twice_are_faults_where_they_stand() {
        let faults = number_faults("heads", "head", &[0, 4, 0], 4);
        let found: Vec<(&str, &str, &str)> = faults
            .iter()
            .map(|f| (&f.pointer[..], &f.message[..], &f.hint[..]))
            .collect();
        assert_eq!(
            found,
            [
                ("/heads/1", "there is no head 4", "0 to 3"),
                ("/heads/2", "head 0 is listed twice", "list each once")
            ]
        );
        assert!(number_faults("heads", "head", &[1, 0], 2).is_empty());
    }
}
