//! Finding attention in a graph, and what its tokens are: by what flows where, not by numbers of tokens.

mod blocks;
mod find;
mod labels;
mod read_out;

use tch::Tensor;

use super::tried::Tried;
use crate::model::attention::{Attention, AttentionFacts, Grid, Tokens};
use crate::model::error::ModelError;
use crate::model::facts::OutputFacts;
use crate::model::run::Program;

/// `input` is one picture of noise; `shapes` are those of every node's output for it.
pub fn attention(
    program: &Program,
    input: &Tensor,
    output: &OutputFacts,
    shapes: &[Option<Vec<i64>>],
) -> Result<AttentionFacts, ModelError> {
    let graph = program.graph();
    let tried = Tried {
        program,
        producers: graph.producers(),
        shapes,
    };
    let found = find::find(&tried, output.scores);
    if found.is_empty() {
        return Ok(AttentionFacts::NONE);
    }
    let mut layers = named(&tried, &found);
    let mut sizes = read_out::sizes(program, &layers, input, output.scores)?;
    // Behind the blocks one query may look at all tokens: it pools them, and is read out as a mean is.
    let is_square = |size: &Vec<i64>| matches!(size.as_slice(), [.., q, k] if q == k);
    if let Some(last) = sizes.iter().rposition(is_square) {
        layers.truncate(last + 1);
        sizes.truncate(last + 1);
    }
    let read = read_out::read_out(program, &layers, input, output.scores)?;
    for (layer, size) in layers.iter_mut().zip(&sizes) {
        if let [leading @ .., queries, keys] = size.as_slice() {
            // Of four axes the first counts windows, of three heads and windows stand in one.
            layer.heads = match leading {
                [_, heads] => *heads,
                leading => leading.iter().product(),
            };
            (layer.queries, layer.keys) = (*queries, *keys);
        }
    }
    let tokens = match same_tokens(&layers) {
        Err(why) => Tokens::Unclear(why),
        Ok(tokens) => match labels::labels(&tried, &layers, input)? {
            labels::Labels::Unclear(why) => Tokens::Unclear(why),
            labels::Labels::Windows(windows) => {
                for (layer, size) in layers.iter_mut().zip(&sizes) {
                    layer.heads /= if size.len() == 3 { windows } else { 1 };
                }
                Tokens::Windows { windows, tokens }
            }
            labels::Labels::Grid {
                height,
                width,
                cells,
            } => Tokens::Grid(Grid {
                height,
                width,
                tokens,
                cells,
                read,
            }),
        },
    };
    if let Tokens::Grid(grid) = &tokens {
        blocks::find(&tried, output.scores, grid.tokens, &mut layers);
    }
    Ok(AttentionFacts { layers, tokens })
}

/// Their number, where every layer has the same and each token looks at all.
fn same_tokens(layers: &[Attention]) -> Result<i64, String> {
    let first = layers.first().map_or(0, |layer| layer.keys);
    let other = |layer: &&Attention| layer.queries != layer.keys || layer.keys != first;
    match layers.iter().find(other) {
        None => Ok(first),
        Some(layer) => Err(format!(
            "are not the same in every layer: `{}` has {} × {}, the first has {first}",
            layer.path, layer.queries, layer.keys
        )),
    }
}

/// Modules that run several attentions have a number behind the name of each.
fn named(tried: &Tried, found: &[find::Found]) -> Vec<Attention> {
    let mut layers: Vec<Attention> = Vec::with_capacity(found.len());
    for one in found {
        let node = tried.node(one.weights);
        let path = match node.module_path() {
            "" => node.name.clone(),
            path => path.to_owned(),
        };
        let again = format!("{path}#");
        let times = layers.iter();
        let times = times.filter(|layer| layer.path == path || layer.path.starts_with(&again));
        layers.push(Attention {
            path: match times.count() {
                0 => path,
                times => format!("{path}#{}", times + 1),
            },
            form: one.form,
            weights: one.weights,
            mixed: one.mixed,
            heads: 1,
            queries: 0,
            keys: 0,
            norm: None,
            block: None,
        });
    }
    layers
}
