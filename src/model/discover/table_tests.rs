//! Layers of built-in architectures, by number, path and the beginning of a path.

use super::*;
use crate::model::layers::LayerName;
use crate::model::load::architecture::Architecture;
use tch::Device;

/// The table of a built-in architecture; shapes and weights do not matter here.
fn layers_of(name: &str) -> Layers {
    let graph = Architecture::built_in(name).unwrap().graph;
    let program = Program::new(graph, BTreeMap::new(), Device::Cpu).unwrap();
    let shapes = vec![Some(Vec::new()); program.graph().nodes.len()];
    layers(&program, [3, 224, 224], &shapes)
}

fn path(path: &str) -> LayerName {
    LayerName::Path(path.to_owned())
}

/// For a VGG the number is that of `features[…]`.
#[test]
fn numbers_of_vgg_are_those_of_its_features() {
    let layers = layers_of("vgg19");
    for number in 0..37 {
        assert_eq!(layers.leaves()[number].path, format!("features.{number}"));
    }
    assert_eq!(layers.leaves()[34].kind, "Conv2d");
    assert_eq!(layers.leaves()[37].path, "avgpool");
    assert_eq!(layers.leaves().last().unwrap().path, "classifier.6");
}

#[test]
fn a_module_that_runs_twice_is_two_layers_and_a_block_its_last_one() {
    let layers = layers_of("resnet18");
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
    let layers = layers_of("resnet18");
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

#[test]
fn the_beginning_of_one_leafs_path_is_its_name() {
    let resnet = layers_of("resnet18");
    let found = |name: &str| resnet.find(&path(name)).unwrap().path.clone();
    assert_eq!(found("avgp"), "avgpool");
    assert_eq!(found("layer4.1.bn2"), "layer4.1.bn2");
    // The exact name wins over `conv1` within the stages, and a module over its leaves.
    assert_eq!(found("conv1"), "conv1");
    assert_eq!(found("layer3"), "layer3");
    let error = |name: &str| resnet.find(&path(name)).err().unwrap().to_string();
    assert_eq!(
        error("layer4.1.c"),
        "there is no layer `layer4.1.c`; 2 layers begin with it: `layer4.1.conv1`, `layer4.1.conv2`"
    );
    assert!(
        error("layer4.").ends_with("`layer4.0.relu#2` and 6 more"),
        "{}",
        error("layer4.")
    );
    assert!(error("").contains("the nearest are"), "{}", error(""));
}
