//! The layer whose maps are weighted: the one that is named, or the last one before pooling and classifier; of a
//! transformer the layer norm before its last attention.

use serde_json::{Map, Value, json};

use crate::explain::{Fault, Inputs, chosen};
use crate::model::{Layer, LayerName, ModelFacts, Tokens};

/// Which layers a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Any that gives maps.
    Any,
    /// One behind which nothing comes but a global average and at most one linear layer.
    BeforeAverage,
}

/// Operators behind which maps are still the same maps, or smaller: the layer is looked for before them.
const PASSED_OVER: [&str; 9] = [
    "dropout",
    "feature_dropout",
    "alias",
    "clone",
    "contiguous",
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "_adaptive_avg_pool2d",
];

/// Operators that make a score of numbers that hold no place any more.
const LINEAR: [&str; 4] = ["linear", "addmm", "mm", "matmul"];

/// Operators that average maps or move numbers about.
const AVERAGE: [&str; 14] = [
    "mean",
    "adaptive_avg_pool2d",
    "_adaptive_avg_pool2d",
    "avg_pool2d",
    "flatten",
    "view",
    "reshape",
    "squeeze",
    "dropout",
    "alias",
    "clone",
    "contiguous",
    "t",
    "permute",
];

/// The layer that is named, or the default; else a fault at `/layer`.
pub fn find<'a>(
    inputs: &Inputs<'a>,
    name: Option<&LayerName>,
    rule: Rule,
) -> Result<&'a Layer, Fault> {
    let layer = match name {
        Some(_) => chosen::map_layer(inputs, name)?,
        None => last(inputs.facts, rule).map_err(|message| Fault {
            pointer: "/layer".to_owned(),
            message,
            hint: "name a layer of the table of `cnn-report layers`".to_owned(),
        })?,
    };
    match rule == Rule::BeforeAverage && !goes_into_average(inputs.facts, layer) {
        true => Err(Fault {
            pointer: "/layer".to_owned(),
            message: format!(
                "behind layer `{}` there is more than a global average and one linear layer",
                layer.path
            ),
            hint: "take `grad_cam`, which is the same map where this one exists".to_owned(),
        }),
        false => Ok(layer),
    }
}

/// Parameters with the path of the layer that is taken, in the place where the schema has it: behind the key `behind`,
/// first without one.
pub fn named_in(
    mut parameters: Map<String, Value>,
    layer: Result<&Layer, Fault>,
    behind: Option<&str>,
) -> Map<String, Value> {
    if let Ok(layer) = layer {
        let at = behind.and_then(|behind| parameters.keys().position(|key| key == behind));
        let at = at.map_or(0, |at| at + 1);
        parameters.shift_insert(at, "layer".to_owned(), json!(layer.path));
    }
    parameters
}

/// Of tokens on a grid the layer norm before the last attention. Else the last layer that gives maps larger than
/// 1 × 1, before pooling and dropout; for [`Rule::Any`] also before
/// convolutions that are the classifier, whose maps are the classes. Found by node, so that a sum or a
/// concatenation of branches counts as the layer, not its last branch.
pub fn last(facts: &ModelFacts, rule: Rule) -> Result<&Layer, String> {
    if let Some(norm) = before_last_attention(facts)? {
        return match rule {
            Rule::Any => Ok(named(facts, norm)),
            Rule::BeforeAverage => Err(
                "attention mixes the tokens behind the last layer that has a weight for each place"
                    .to_owned(),
            ),
        };
    }
    let nodes = facts.nodes();
    let kind = |node: &Layer| node.kind.trim_end_matches('_').to_owned();
    let is_linear = |node: &Layer| LINEAR.contains(&kind(node).as_str());
    let classes = i64::try_from(facts.classes).unwrap_or(i64::MAX);
    let last_attention = facts.attention.layers.last().map(|layer| layer.mixed);
    let mut is_behind_pooling = false;
    let mut is_behind_linear = false;
    for node in nodes.iter().rev() {
        is_behind_linear |= is_linear(node);
        is_behind_pooling |= node.kind.contains("pool2d");
        if node.output_shape.len() != 4 {
            continue;
        }
        let Some(maps) = facts.maps(node) else {
            continue;
        };
        let is_head = rule == Rule::Any && !is_behind_linear && maps.channels == classes;
        let is_passed_over = PASSED_OVER.contains(&kind(node).as_str());
        if maps.height * maps.width <= 1 || is_head || is_passed_over {
            continue;
        }
        // Of four axes may also be heads and tokens.
        let may_be_heads = last_attention.is_some_and(|last| node.node <= last);
        if may_be_heads && !is_behind_pooling {
            let message = "the network reads tokens, not maps, before its classifier";
            return Err(message.to_owned());
        }
        return Ok(named(facts, node));
    }
    Err("no layer gives maps larger than 1 × 1".to_owned())
}

/// The layer norm of tokens before the last attention, unless maps follow it: the output of the last block has no
/// gradient at the tokens of the photo where a class token is read.
fn before_last_attention(facts: &ModelFacts) -> Result<Option<&Layer>, String> {
    let (Tokens::Grid(_), Some(last)) = (&facts.attention.tokens, facts.attention.layers.last())
    else {
        return Ok(None);
    };
    let is_map_behind = |node: &Layer| node.node > last.mixed && node.kind.contains("pool2d");
    if facts.nodes().iter().any(is_map_behind) {
        return Ok(None);
    }
    let norm = last
        .norm
        .and_then(|norm| facts.nodes().iter().find(|node| node.node == norm));
    match norm {
        Some(norm) => Ok(Some(norm)),
        None => Err("no layer norm stands before the last attention".to_owned()),
    }
}

/// The module whose output the node is, as the user knows it: a leaf, else the innermost module.
fn named<'a>(facts: &'a ModelFacts, node: &'a Layer) -> &'a Layer {
    let same = |layer: &&Layer| layer.node == node.node;
    let leaf = facts.leaves().iter().find(same);
    let modules = facts.containers().iter().filter(same);
    leaf.or_else(|| modules.max_by_key(|layer| layer.path.len()))
        .unwrap_or(node)
}

/// Whether all that comes behind the layer averages each of its maps and weights the averages at most once.
fn goes_into_average(facts: &ModelFacts, layer: &Layer) -> bool {
    let scores = facts.output.scores;
    let behind = facts.nodes().iter();
    let behind: Vec<&Layer> = behind
        .filter(|node| node.node > layer.node && node.node <= scores)
        .collect();
    let kind = |node: &Layer| node.kind.trim_end_matches('_').to_owned();
    let is_linear = |node: &Layer| LINEAR.contains(&kind(node).as_str());
    let linear = behind.iter().filter(|node| is_linear(node)).count();
    let is_known = |node: &&Layer| is_linear(node) || AVERAGE.contains(&kind(node).as_str());
    // One number for each map: not the map itself, laid flat for the linear layer.
    let is_average = |node: &&Layer| {
        let is_mean = node.kind.contains("avg_pool2d") || node.kind == "mean";
        is_mean && node.output_shape.iter().skip(2).product::<i64>() == 1
    };
    linear <= 1 && behind.iter().all(is_known) && behind.iter().any(is_average)
}
