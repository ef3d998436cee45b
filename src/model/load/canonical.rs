//! Operators as `run_decompositions()` writes them, under the names that they had before, so that layers, ReLUs,
//! receptive fields and folded batch norms are the same in both. The decomposed ones give more than one tensor,
//! for a backward pass that is not run here: outputs at the end that nothing reads are left out.

use std::collections::BTreeSet;

use crate::model::graph::{Argument, Graph, Node, ValueId};
use crate::model::operators;

struct Rule {
    from: &'static str,
    to: &'static str,
    /// Arguments by their decomposed names that have another name.
    renamed: &'static [(&'static str, &'static str)],
    /// Arguments that say nothing beyond the others.
    dropped: &'static [&'static str],
}

const fn rule(
    from: &'static str,
    to: &'static str,
    renamed: &'static [(&'static str, &'static str)],
    dropped: &'static [&'static str],
) -> Rule {
    Rule {
        from,
        to,
        renamed,
        dropped,
    }
}

const ATTENTION: &str = "aten.scaled_dot_product_attention.default";

const RULES: &[Rule] = &[
    rule(
        "aten.max_pool2d_with_indices.default",
        "aten.max_pool2d.default",
        &[],
        &[],
    ),
    rule(
        "aten.max_pool3d_with_indices.default",
        "aten.max_pool3d.default",
        &[],
        &[],
    ),
    rule(
        "aten.native_layer_norm.default",
        "aten.layer_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten.native_group_norm.default",
        "aten.group_norm.default",
        &[("group", "num_groups")],
        &["N", "C", "HxW"],
    ),
    rule(
        "aten._native_batch_norm_legit_no_training.default",
        "aten.batch_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten._native_batch_norm_legit.default",
        "aten.batch_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten._batch_norm_no_update.default",
        "aten.batch_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten.native_dropout.default",
        "aten.dropout.default",
        &[],
        &[],
    ),
    rule(
        "aten._weight_norm_interface.default",
        "aten._weight_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten._fused_rms_norm.default",
        "aten.rms_norm.default",
        &[],
        &[],
    ),
    rule(
        "aten.log_sigmoid_forward.default",
        "aten.log_sigmoid.default",
        &[],
        &[],
    ),
    rule(
        "aten._scaled_dot_product_flash_attention_for_cpu.default",
        ATTENTION,
        &[],
        &[],
    ),
    rule(
        "aten._scaled_dot_product_flash_attention.default",
        ATTENTION,
        &[],
        &["return_debug_mask"],
    ),
    rule(
        "aten._scaled_dot_product_efficient_attention.default",
        ATTENTION,
        &[("attn_bias", "attn_mask")],
        &["compute_log_sumexp"],
    ),
    rule(
        "aten._scaled_dot_product_cudnn_attention.default",
        ATTENTION,
        &[("attn_bias", "attn_mask")],
        &["compute_log_sumexp", "return_debug_mask"],
    ),
    rule(
        "aten._scaled_dot_product_fused_attention_overrideable.default",
        ATTENTION,
        &[("attn_bias", "attn_mask")],
        &["return_debug_mask"],
    ),
    rule(
        "aten._scaled_dot_product_attention_math.default",
        ATTENTION,
        &[],
        &["dropout_mask"],
    ),
];

/// Leaves out what nothing reads and renames what has one output then.
pub fn rename(graph: &mut Graph) {
    let mut read: BTreeSet<ValueId> = graph.nodes.iter().flat_map(Node::inputs).collect();
    read.insert(graph.output);
    for node in &mut graph.nodes {
        let rule = RULES.iter().find(|rule| rule.from == node.operator);
        let optional = operators::find(&node.operator).is_some_and(|o| o.has_optional_outputs());
        if rule.is_none() && !optional {
            continue;
        }
        while let [_, .., last] = node.outputs.as_slice()
            && !read.contains(last)
        {
            node.outputs.pop();
        }
        if let (Some(rule), [_]) = (rule, node.outputs.as_slice()) {
            apply(rule, node);
        }
    }
}

fn apply(rule: &Rule, node: &mut Node) {
    node.operator = rule.to.to_owned();
    node.arguments
        .retain(|(name, _)| !rule.dropped.contains(&name.as_str()));
    for (name, _) in &mut node.arguments {
        if let Some((_, to)) = rule.renamed.iter().find(|(from, _)| from == name) {
            *name = (*to).to_owned();
        }
    }
    // What their names say is an argument of the operator that both are.
    let said = match rule.to {
        "aten.batch_norm.default" => "training",
        "aten.dropout.default" => "train",
        _ => return,
    };
    if node.argument(said).is_none() {
        let predicting = Argument::Bool(rule.to == "aten.dropout.default");
        node.arguments.push((said.to_owned(), predicting));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_with_places_is_pooling_unless_they_are_read() {
        let graph = |reader: usize| Graph {
            values: ["x", "maxima", "places", "relu"].map(str::to_owned).into(),
            nodes: vec![
                Node {
                    name: "pool".to_owned(),
                    operator: "aten.max_pool2d_with_indices.default".to_owned(),
                    arguments: vec![("self".to_owned(), Argument::Tensor(ValueId(0)))],
                    outputs: vec![ValueId(1), ValueId(2)],
                    modules: Vec::new(),
                },
                Node {
                    name: "relu".to_owned(),
                    operator: "aten.relu.default".to_owned(),
                    arguments: vec![("self".to_owned(), Argument::Tensor(ValueId(reader)))],
                    outputs: vec![ValueId(3)],
                    modules: Vec::new(),
                },
            ],
            input: ValueId(0),
            input_sizes: Vec::new(),
            stored: Vec::new(),
            output: ValueId(3),
        };
        let (mut of_maxima, mut of_places) = (graph(1), graph(2));
        rename(&mut of_maxima);
        rename(&mut of_places);
        assert_eq!(of_maxima.nodes[0].operator, "aten.max_pool2d.default");
        assert_eq!(of_maxima.nodes[0].outputs, [ValueId(1)]);
        assert_eq!(of_places, graph(2));
    }

    #[test]
    fn every_rule_leads_to_an_operator() {
        for rule in RULES {
            assert!(operators::find(rule.to).is_some(), "{}", rule.to);
        }
    }
}
