//! Which module of the network a node came from, as far as the exporter wrote it down.
//!
//! PyTorch's exporter of today keeps a list of module paths with every node; its older one (TorchScript)
//! names a node by its scopes, `/features/features.3/squeeze/Conv`. Others name nodes only: each node is
//! then a layer by itself.

use std::collections::BTreeSet;

use super::model::{OnnxModel, OnnxNode};
use crate::model::graph::ModuleCall;

/// What the names of nodes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Lists of modules beside the nodes.
    Lists,
    /// Names made of scopes.
    Scopes,
    /// Nothing beyond the node itself.
    Nodes,
}

const NAME_SCOPES: &str = "pkg.torch.onnx.name_scopes";
const CLASS_HIERARCHY: &str = "pkg.torch.onnx.class_hierarchy";

/// The modules of every node.
pub struct Scopes {
    pub naming: Naming,
    /// Scopes of the TorchScript exporter.
    scopes: BTreeSet<String>,
    /// Modules that have weights, as far as weights are named by their module.
    with_weights: BTreeSet<String>,
}

impl Scopes {
    pub fn new(model: &OnnxModel) -> Self {
        let nodes = &model.nodes;
        let listed = nodes
            .iter()
            .any(|node| node.metadata.contains_key(NAME_SCOPES));
        let scoped = model.producer.starts_with("pytorch")
            && nodes.iter().any(|node| node.name.starts_with('/'));
        let naming = match (listed, scoped) {
            (true, _) => Naming::Lists,
            (false, true) => Naming::Scopes,
            (false, false) => Naming::Nodes,
        };
        let scopes = nodes
            .iter()
            .filter_map(|node| Some(node.name.rsplit_once('/')?.0.to_owned()));
        let owners = model
            .initialisers
            .keys()
            .filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()));
        Self {
            naming,
            scopes: scopes.collect(),
            with_weights: owners.collect(),
        }
    }

    /// From the outermost to the innermost; classes that the file does not name are empty.
    pub fn modules(&self, node: &OnnxNode) -> Vec<ModuleCall> {
        match self.naming {
            Naming::Lists => from_lists(node).unwrap_or_default(),
            Naming::Scopes => self.of_name(&node.name),
            Naming::Nodes => vec![ModuleCall {
                key: node.name.clone(),
                path: node.name.clone(),
                class: String::new(),
            }],
        }
    }

    fn of_name(&self, name: &str) -> Vec<ModuleCall> {
        let Some((scope, _)) = name.strip_prefix('/').and_then(|_| name.rsplit_once('/')) else {
            return Vec::new();
        };
        let mut modules = vec![call("", "", "")];
        let (mut key, mut path, mut previous) = (String::new(), String::new(), "");
        for part in scope.split('/').skip(1) {
            let below_previous = part
                .strip_prefix(previous)
                .and_then(|rest| rest.strip_prefix('.'));
            let own = match below_previous {
                // A sequence names its members with its own name in front.
                Some(rest) if !previous.is_empty() => rest,
                _ => self.without_count(&key, &path, part),
            };
            path = join(&path, own);
            key = format!("{key}/{part}");
            previous = part;
            modules.push(call(&key, &path, ""));
        }
        modules
    }

    /// The second call of `relu` is written `relu_1`, unless there is a module of that name.
    fn without_count<'a>(&self, key: &str, path: &str, part: &'a str) -> &'a str {
        let Some((base, count)) = part.rsplit_once('_') else {
            return part;
        };
        let counts = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let first_call = self.scopes.contains(&format!("{key}/{base}"));
        let own_weights = self.with_weights.contains(&join(path, part));
        if counts && first_call && !own_weights {
            base
        } else {
            part
        }
    }
}

fn call(key: &str, path: &str, class: &str) -> ModuleCall {
    ModuleCall {
        key: key.to_owned(),
        path: path.to_owned(),
        class: class.to_owned(),
    }
}

fn join(path: &str, name: &str) -> String {
    match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    }
}

/// The last entry of both lists is the operator itself.
fn from_lists(node: &OnnxNode) -> Option<Vec<ModuleCall>> {
    let paths = python_list(node.metadata.get(NAME_SCOPES)?)?;
    let classes = python_list(node.metadata.get(CLASS_HIERARCHY)?)?;
    if paths.len() != classes.len() || paths.is_empty() {
        return None;
    }
    let modules = paths.iter().zip(&classes).take(paths.len() - 1);
    let mut modules: Vec<_> = modules
        .map(|(path, class)| call(path, path, class))
        .collect();
    // A batch norm that was folded into the convolution before it: the node is the convolution.
    let folded = modules
        .last()
        .is_some_and(|leaf| leaf.class.contains("batchnorm"));
    if node.operator == "Conv"
        && folded
        && let Some((convolution, _)) = node
            .inputs
            .get(1)
            .and_then(|weight| weight.rsplit_once('.'))
    {
        modules.retain(|module| {
            module.path.is_empty() || convolution.starts_with(&format!("{}.", module.path))
        });
        modules.push(call(
            convolution,
            convolution,
            "torch.nn.modules.conv.Conv2d",
        ));
    }
    Some(modules)
}

/// A list of texts as Python prints it: `['', 'features', "it's"]`.
fn python_list(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let quote = rest
            .chars()
            .next()
            .filter(|quote| matches!(quote, '\'' | '"'))?;
        let mut entry = String::new();
        let mut characters = rest[1..].char_indices();
        let end = loop {
            match characters.next()? {
                (_, '\\') => entry.push(characters.next()?.1),
                (at, character) if character == quote => break at + 2,
                (_, character) => entry.push(character),
            }
        };
        entries.push(entry);
        rest = rest[end..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(entries)
}

/// Fills in the classes that the file does not name: of a leaf by its operators, of others `Module`.
/// `operators` of the calls by key.
pub fn class_of(operators: &[&str]) -> &'static str {
    let has = |name: &str| operators.contains(&name);
    if has("softmax") && has("matmul") {
        "MultiheadAttention"
    } else if has("erf") {
        "GELU"
    } else if has("sigmoid") && has("mul") {
        "SiLU"
    } else if (has("hardsigmoid") || has("hardtanh")) && has("mul") {
        "Hardswish"
    } else if has("mean") && has("sqrt") && has("div") {
        "LayerNorm"
    } else if has("conv2d") {
        "Conv2d"
    } else if has("linear") || has("matmul") {
        "Linear"
    } else {
        operators
            .last()
            .map_or("Module", |last| class_of_operator(last))
    }
}

fn class_of_operator(operator: &str) -> &'static str {
    const CLASSES: &[(&str, &str)] = &[
        ("relu", "ReLU"),
        ("leaky_relu", "LeakyReLU"),
        ("prelu", "PReLU"),
        ("clamp_min", "ReLU"),
        ("hardtanh", "Hardtanh"),
        ("relu6", "ReLU6"),
        ("sigmoid", "Sigmoid"),
        ("hardsigmoid", "Hardsigmoid"),
        ("hardswish", "Hardswish"),
        ("mish", "Mish"),
        ("tanh", "Tanh"),
        ("elu", "ELU"),
        ("selu", "SELU"),
        ("gelu", "GELU"),
        ("softplus", "Softplus"),
        ("softmax", "Softmax"),
        ("log_softmax", "LogSoftmax"),
        ("batch_norm", "BatchNorm2d"),
        ("instance_norm", "InstanceNorm2d"),
        ("layer_norm", "LayerNorm"),
        ("group_norm", "GroupNorm"),
        ("local_response_norm", "LocalResponseNorm"),
        ("max_pool2d", "MaxPool2d"),
        ("avg_pool2d", "AvgPool2d"),
        ("adaptive_avg_pool2d", "AdaptiveAvgPool2d"),
        ("amax", "AdaptiveMaxPool2d"),
        ("mean", "AdaptiveAvgPool2d"),
        ("conv_transpose2d", "ConvTranspose2d"),
        ("flatten", "Flatten"),
        ("unflatten", "Unflatten"),
        ("upsample_nearest2d", "Upsample"),
        ("upsample_bilinear2d", "Upsample"),
        ("constant_pad_nd", "ConstantPad2d"),
        ("pixel_shuffle", "PixelShuffle"),
        ("cat", "Concat"),
        ("add", "Add"),
        ("sub", "Sub"),
        ("mul", "Mul"),
        ("div", "Div"),
        ("reshape", "Reshape"),
        ("permute", "Permute"),
    ];
    let found = CLASSES.iter().find(|(known, _)| *known == operator);
    found.map_or("Module", |(_, class)| class)
}

#[cfg(test)]
#[path = "scopes_tests.rs"]
mod tests;
