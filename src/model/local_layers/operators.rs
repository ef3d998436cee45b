//! Nodes that can be computed in pieces: what leads to them moves windows over the photo or looks at one place at a time.

use crate::model::graph::{Argument, Graph, Node, Size, ValueId};
use crate::model::receptive_field::is_of_each_place;

/// What is known of a value that depends on the photo piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maps {
    /// [N, C, h, w].
    OfChannels,
    /// [N, h, w]: one channel by itself.
    OfOne,
}

/// Whether each node gives maps [N, C, h, w] of which a piece depends on a piece of the photo, whatever the photo's
/// size. `stored` gives the sizes of a weight.
pub fn local(graph: &Graph, stored: &dyn Fn(ValueId) -> Option<Vec<i64>>) -> Vec<bool> {
    let mut of_photo: Vec<Option<Maps>> = vec![None; graph.values.len()];
    of_photo[graph.input.0] = Some(Maps::OfChannels);
    let mut local = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let given = given(node, &|value| of_photo[value.0], stored);
        local.push(given == Some(Maps::OfChannels));
        if let [output] = node.outputs.as_slice() {
            of_photo[output.0] = given;
        }
    }
    local
}

/// What the node gives; `None` where a piece of it needs more than a piece of the photo.
fn given(
    node: &Node,
    of_photo: &dyn Fn(ValueId) -> Option<Maps>,
    stored: &dyn Fn(ValueId) -> Option<Vec<i64>>,
) -> Option<Maps> {
    let base = node.operator_base();
    let base = base.strip_suffix('_').unwrap_or(base);
    let first = node.first_input().and_then(of_photo)?;
    let channel = matches!(node.argument("dim"), Some(Argument::Size(Size::Known(1))));
    if !sizes_are_known(node) || node.outputs.len() != 1 {
        return None;
    }
    let is_maps = |value| of_photo(value) == Some(Maps::OfChannels);
    match (base, first) {
        // Inputs of ImageNet for weights of TensorFlow are scaled channel by channel.
        ("select", Maps::OfChannels) => channel.then_some(Maps::OfOne),
        ("slice", maps) if is_whole_batch(node) => Some(maps),
        ("slice", Maps::OfChannels) => channel.then_some(Maps::OfChannels),
        ("unsqueeze", Maps::OfOne) => channel.then_some(Maps::OfChannels),
        (base, Maps::OfChannels) if moves_windows(node, base, &is_maps, stored) => {
            Some(Maps::OfChannels)
        }
        (base, first) if is_of_each_place(base) && !states_sizes(node) => {
            let mut inputs = node.inputs().into_iter();
            let is_alike = |value| match of_photo(value) {
                Some(maps) => maps == first,
                None => stored(value).is_some_and(|sizes| is_everywhere(&sizes)),
            };
            inputs.all(is_alike).then_some(first)
        }
        _ => None,
    }
}

/// Whether a cut `[:]` along the pictures of a batch leaves all of them.
fn is_whole_batch(node: &Node) -> bool {
    let number = |name: &str, left_out: i64| match node.argument(name) {
        None | Some(Argument::None) => Some(left_out),
        Some(Argument::Size(Size::Known(number))) => Some(*number),
        _ => None,
    };
    let cut = ["dim", "start", "step"].map(|name| number(name, i64::from(name == "step")));
    cut == [Some(0), Some(0), Some(1)] && number("end", i64::MAX) == Some(i64::MAX)
}

/// Whether sizes of the photo's own may be written into the node, which a piece does not have.
fn states_sizes(node: &Node) -> bool {
    let mut arguments = node.arguments.iter();
    arguments.any(|(_, argument)| matches!(argument, Argument::Sizes(_)))
}

fn sizes_are_known(node: &Node) -> bool {
    let is_known = |size: &Size| matches!(size, Size::Known(_));
    node.arguments.iter().all(|(_, argument)| match argument {
        Argument::Size(size) => is_known(size),
        Argument::Sizes(sizes) => sizes.iter().all(is_known),
        _ => true,
    })
}

fn moves_windows(
    node: &Node,
    base: &str,
    of_photo: &dyn Fn(ValueId) -> bool,
    stored: &dyn Fn(ValueId) -> Option<Vec<i64>>,
) -> bool {
    match base {
        "conv2d" | "convolution" => {
            let is_plain = node.argument("transposed") != Some(&Argument::Bool(true));
            // Padding of unequal sides: where a piece begins would depend on it.
            let is_counted = !matches!(node.argument("padding"), Some(Argument::Text(_)));
            is_plain && is_counted && others_are_weights(node, of_photo, stored)
        }
        "max_pool2d" | "avg_pool2d" => node.argument("auto_pad").is_none(),
        "batch_norm" | "_native_batch_norm_legit_no_training" => {
            others_are_weights(node, of_photo, stored)
        }
        "cat" | "concat" => {
            node.inputs().into_iter().all(of_photo)
                && matches!(
                    node.argument("dim"),
                    Some(Argument::Size(Size::Known(1 | -3)))
                )
        }
        "pad" | "constant_pad_nd" => {
            let mode = node.argument("mode");
            let is_constant = matches!(mode, None | Some(Argument::None))
                || matches!(mode, Some(Argument::Text(mode)) if mode == "constant");
            let adds = |size: &Size| matches!(size, Size::Known(0..));
            let pad = node.argument("pad");
            let only_adds = matches!(pad, Some(Argument::Sizes(pad)) if pad.iter().all(adds));
            is_constant && only_adds && node.inputs().len() == 1
        }
        _ => false,
    }
}

fn others_are_weights(
    node: &Node,
    of_photo: &dyn Fn(ValueId) -> bool,
    stored: &dyn Fn(ValueId) -> Option<Vec<i64>>,
) -> bool {
    let mut others = node.inputs().into_iter().skip(1);
    others.all(|value| !of_photo(value) && stored(value).is_some())
}

/// Whether a constant has the same value at every place of the maps [N, C, h, w].
fn is_everywhere(sizes: &[i64]) -> bool {
    matches!(sizes, [] | [1] | [.., 1, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bias of each channel may be added to a piece; a map of positions, or a row that runs along the width, may not.
    #[test]
    fn constants_that_differ_from_place_to_place_are_told_apart() {
        for sizes in [&[][..], &[1], &[16, 1, 1], &[1, 16, 1, 1]] {
            assert!(is_everywhere(sizes), "{sizes:?}");
        }
        for sizes in [&[16][..], &[1, 16, 8, 8], &[8, 1], &[1, 8]] {
            assert!(!is_everywhere(sizes), "{sizes:?}");
        }
    }
}
