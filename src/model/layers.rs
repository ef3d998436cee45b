//! The numbered table of layers, and finding one by number or path.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ModelError;
use super::graph::{Graph, StoredKind};
use super::run::Program;
use super::{Layer, LayerName, NodeId};

/// All that can be named in a network.
pub struct Layers {
    /// Leaf modules in the order they run.
    leaves: Vec<Layer>,
    /// Modules that hold others, then the nodes of the graph by their own names. Their number is that
    /// of the last leaf that runs before their output is there.
    others: Vec<Layer>,
    /// How many of `others` are modules.
    modules: usize,
}

/// One run of a module.
struct Call {
    path: String,
    class: String,
    /// The last node that gives one tensor.
    output: Option<NodeId>,
}

impl Layers {
    /// `shapes` of every node's output for a batch of 1, from a dry pass.
    pub fn new(program: &Program, shapes: &[Option<Vec<i64>>]) -> Self {
        let graph = program.graph();
        let containers = containers(graph);
        let sizes = parameter_sizes(program);
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let (mut leaves, mut modules) = (Vec::new(), Vec::new());
        for call in calls(graph, shapes) {
            let Some(node) = call.output else { continue };
            let time = times.entry(call.path.clone()).or_default();
            *time += 1;
            let layer = Layer {
                number: leaves.len(),
                path: if *time == 1 {
                    call.path.clone()
                } else {
                    format!("{}#{time}", call.path)
                },
                kind: call.class.rsplit('.').next().unwrap_or_default().to_owned(),
                node,
                output_shape: shapes[node.0].clone().unwrap_or_default(),
                parameters: parameters_below(&sizes, &call.path),
            };
            let kind = if containers.contains(&call.path) {
                &mut modules
            } else {
                &mut leaves
            };
            kind.push(layer);
        }
        let count = modules.len();
        let mut others = modules;
        others.extend(graph.nodes.iter().zip(shapes).enumerate().filter_map(
            |(index, (node, shape))| {
                Some(Layer {
                    number: 0,
                    path: node.name.clone(),
                    kind: node.operator_base().to_owned(),
                    node: NodeId(index),
                    output_shape: shape.clone()?,
                    parameters: 0,
                })
            },
        ));
        for other in &mut others {
            let before = leaves.iter().rfind(|leaf| leaf.node <= other.node);
            other.number = before.map_or(0, |leaf| leaf.number);
        }
        Self {
            leaves,
            others,
            modules: count,
        }
    }

    pub fn leaves(&self) -> &[Layer] {
        &self.leaves
    }

    /// A leaf by number; a leaf, a module or a node by path.
    pub fn find(&self, name: &LayerName) -> Result<&Layer, ModelError> {
        match name {
            LayerName::Number(number) => self.leaves.get(*number).ok_or_else(|| {
                let remedy = match self.leaves.len() {
                    0 => "the file names no modules; name a node of its graph".to_owned(),
                    count => format!("the numbers run from 0 to {}", count - 1),
                };
                ModelError::LayerUnknown {
                    name: number.to_string(),
                    remedy,
                }
            }),
            LayerName::Path(path) => {
                let mut all = self.leaves.iter().chain(&self.others);
                all.find(|layer| layer.path == *path)
                    .ok_or_else(|| ModelError::LayerUnknown {
                        name: path.clone(),
                        remedy: self.suggestion(path),
                    })
            }
        }
    }

    fn suggestion(&self, wrong: &str) -> String {
        const SUGGESTIONS: usize = 3;
        let named = self.leaves.iter().chain(&self.others[..self.modules]);
        let mut near: Vec<_> = named
            .map(|layer| {
                (
                    strsim::jaro_winkler(wrong, &layer.path),
                    layer.path.as_str(),
                )
            })
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let near: Vec<_> = near
            .iter()
            .take(SUGGESTIONS)
            .map(|(_, path)| format!("`{path}`"))
            .collect();
        match near.is_empty() {
            true => "the file names no modules; name a node of its graph".to_owned(),
            false => format!("the nearest are {}", near.join(", ")),
        }
    }
}

/// Paths of modules whose `forward` calls other modules.
fn containers(graph: &Graph) -> BTreeSet<String> {
    let outer = graph
        .nodes
        .iter()
        .flat_map(|node| node.modules.iter().rev().skip(1));
    outer.map(|module| module.path.clone()).collect()
}

/// The runs of modules in the order they begin, the network itself left out.
fn calls(graph: &Graph, shapes: &[Option<Vec<i64>>]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(&str, usize)> = Vec::new(); // key of the call, index in `calls`
    for (index, node) in graph.nodes.iter().enumerate() {
        if node.modules.is_empty() {
            continue;
        }
        let modules: Vec<_> = node
            .modules
            .iter()
            .filter(|module| !module.path.is_empty())
            .collect();
        let same = open
            .iter()
            .zip(&modules)
            .take_while(|((key, _), module)| *key == module.key);
        open.truncate(same.count());
        for module in &modules[open.len()..] {
            open.push((&module.key, calls.len()));
            let (path, class) = (module.path.clone(), module.class.clone());
            calls.push(Call {
                path,
                class,
                output: None,
            });
        }
        if shapes[index].is_some() {
            for (_, call) in &open {
                calls[*call].output = Some(NodeId(index));
            }
        }
    }
    calls
}

/// Numbers in each parameter, by state-dict name.
fn parameter_sizes(program: &Program) -> Vec<(&str, usize)> {
    let parameters = program
        .graph()
        .stored
        .iter()
        .filter(|s| s.kind == StoredKind::Parameter);
    parameters
        .map(|stored| {
            (
                stored.name.as_str(),
                program.weight(stored.value).map_or(0, |w| w.numel()),
            )
        })
        .collect()
}

fn parameters_below(sizes: &[(&str, usize)], path: &str) -> usize {
    let below = |name: &str| {
        name.strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    sizes
        .iter()
        .filter(|(name, _)| below(name))
        .map(|(_, size)| size)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Architecture;
    use tch::Device;

    /// The table of a built-in architecture; shapes and weights do not matter here.
    fn layers(name: &str) -> Layers {
        let graph = Architecture::built_in(name).unwrap().graph;
        let program = Program::new(graph, BTreeMap::new(), Device::Cpu).unwrap();
        let shapes = vec![Some(Vec::new()); program.graph().nodes.len()];
        Layers::new(&program, &shapes)
    }

    fn path(path: &str) -> LayerName {
        LayerName::Path(path.to_owned())
    }

    /// For a VGG the number is that of `features[…]`.
    #[test]
    fn numbers_of_vgg_are_those_of_its_features() {
        let layers = layers("vgg19");
        for number in 0..37 {
            assert_eq!(layers.leaves()[number].path, format!("features.{number}"));
        }
        assert_eq!(layers.leaves()[34].kind, "Conv2d");
        assert_eq!(layers.leaves()[37].path, "avgpool");
        assert_eq!(layers.leaves().last().unwrap().path, "classifier.6");
    }

    #[test]
    fn a_module_that_runs_twice_is_two_layers_and_a_block_its_last_one() {
        let layers = layers("resnet18");
        let paths: Vec<_> = layers.leaves()[4..9]
            .iter()
            .map(|leaf| leaf.path.as_str())
            .collect();
        let block = ["conv1", "bn1", "relu", "conv2", "bn2"].map(|p| format!("layer1.0.{p}"));
        assert_eq!(paths, block);
        assert_eq!(layers.leaves()[9].path, "layer1.0.relu#2");
        let last = layers.find(&path("layer4.1.relu#2")).unwrap();
        let stage = layers.find(&path("layer4")).unwrap();
        assert_eq!(
            (stage.node, stage.number, stage.kind.as_str()),
            (last.node, last.number, "Sequential")
        );
        assert_eq!(layers.find(&path("flatten")).unwrap().kind, "flatten");
    }

    #[test]
    fn a_wrong_name_says_what_is_near() {
        let layers = layers("resnet18");
        assert_eq!(
            layers
                .find(&path("layer4.1.con2"))
                .err()
                .unwrap()
                .to_string(),
            "there is no layer `layer4.1.con2`; \
             the nearest are `layer4.1.conv2`, `layer2.1.conv2`, `layer3.1.conv2`"
        );
        assert_eq!(
            layers
                .find(&LayerName::Number(99))
                .err()
                .unwrap()
                .to_string(),
            "there is no layer `99`; the numbers run from 0 to 59"
        );
    }
}
