//! The facts of a network: as data, and in place of the passes that find them.

use cnn_report::model::{
    Architecture, BatchSize, Device, LayerName, Model, ModelFacts, Precision, Source,
};

use super::{NET1_SHAPE, data, net1_exported, source, squeezenet};

fn torchscript() -> Model {
    Model::load(&source(data("traced.pt"), None, [3, 8, 8]), Device::Cpu).unwrap()
}

#[test]
fn facts_survive_json_and_a_format_that_names_no_fields() {
    for model in [net1_exported(), squeezenet(), torchscript()] {
        let facts = model.facts();
        let json = serde_json::to_string(facts).unwrap();
        assert_eq!(&serde_json::from_str::<ModelFacts>(&json).unwrap(), facts);
        let bytes = postcard::to_stdvec(facts).unwrap();
        assert_eq!(&postcard::from_bytes::<ModelFacts>(&bytes).unwrap(), facts);
    }
}

#[test]
fn a_layer_is_found_in_facts_alone() {
    let bytes = postcard::to_stdvec(net1_exported().facts()).unwrap();
    let facts: ModelFacts = postcard::from_bytes(&bytes).unwrap();
    let layer = |name: &str| facts.layer(&LayerName::Path(name.to_owned()));
    assert_eq!(layer("conv2").unwrap().kind, "Conv2d");
    assert_eq!(facts.input_shape, NET1_SHAPE);
    assert_eq!(
        layer("convx").unwrap_err().to_string(),
        "there is no layer `convx`; the nearest are `conv1`, `conv2`, `conv3`"
    );
}

#[test]
fn a_network_of_known_facts_gives_the_same_bytes() {
    let source = source(data("net1.pt2"), None, NET1_SHAPE);
    let found = net1_exported();
    let known = Model::load_known(&source, None, Device::Cpu, found.facts().clone()).unwrap();
    assert_eq!(known.facts(), found.facts());
    let input = super::net1("input");
    assert_eq!(known.scores(&input).unwrap(), found.scores(&input).unwrap());
    let size = |model: &Model| model.batch_size(BatchSize::AUTO, 8).unwrap();
    assert_eq!(size(&known), size(&found));
    let node = known.layers()[2].node;
    let recorded = known.record(&input, &[node], &[]).unwrap().remove(0);
    let resumed = known.resume(&[(node, recorded)], &[known.scores_node()]);
    assert_eq!(resumed.unwrap().remove(0), known.scores(&input).unwrap());
}

/// Facts that were found before are believed: nothing is run, so a wrong number of classes stays.
#[test]
fn known_facts_are_not_found_again() {
    let source = source(data("traced.pt"), None, [3, 8, 8]);
    let mut facts = torchscript().facts().clone();
    facts.classes = 77;
    facts.provenance.sha256.clear();
    let known = Model::load_known(&source, None, Device::Cpu, facts).unwrap();
    assert_eq!(known.classes(), 77);
    assert_eq!(known.provenance().sha256, "");
}

#[test]
fn facts_of_another_network_or_another_input_are_found_anew() {
    let net1 = net1_exported();
    let load = |source: &Source, facts: &ModelFacts| {
        Model::load_known(source, None, Device::Cpu, facts.clone()).unwrap()
    };
    let of_net1 = source(data("net1.pt2"), None, NET1_SHAPE);
    let wrong = squeezenet();
    assert_eq!(load(&of_net1, wrong.facts()).facts(), net1.facts());
    let mut renamed = net1.facts().clone();
    renamed.output.scores_name = "somewhere".to_owned();
    assert_eq!(load(&of_net1, &renamed).facts(), net1.facts());
    let in_bf16 = load(
        &of_net1.clone().with_precision(Precision::Bf16),
        net1.facts(),
    );
    assert_eq!(in_bf16.facts().precision, Precision::Bf16);
    // And those of a network that was tried in bfloat16 serve in float32.
    let in_fp32 = load(&of_net1, in_bf16.facts());
    assert_eq!(in_fp32.precision(), Precision::Fp32);
    assert_eq!(in_fp32.facts().precision, Precision::Bf16);
}

#[test]
fn weights_with_an_architecture_load_by_known_facts_too() {
    let bytes = std::fs::read(data("net1.json.gz")).unwrap();
    let architecture = Architecture::from_bytes("net1", &bytes).unwrap();
    let source = source(data("net1.safetensors"), None, NET1_SHAPE);
    let found = Model::load_into(&source, &architecture, Device::Cpu).unwrap();
    let facts = found.facts().clone();
    let known = Model::load_known(&source, Some(&architecture), Device::Cpu, facts).unwrap();
    let input = super::net1("input");
    assert_eq!(known.scores(&input).unwrap(), found.scores(&input).unwrap());
    let error = Model::load_known(&source, None, Device::Cpu, found.facts().clone());
    let error = error.err().unwrap().to_string();
    assert!(error.contains("holds weights only"), "{error}");
}
