//! Passes that start in the middle, gradients between nodes and folded batch norms, on whole networks.

use cnn_report::model::{self, Model, ModelError, NodeId, ReluRule};
use tch::{Device, Kind, Tensor};

use super::{TOLERANCE, data, golden, net1, net1_exported, path, relative, source, squeezenet};

fn branches() -> Model {
    let source = source(data("branches.pt2"), None, [3, 12, 10]);
    Model::load(&source, model::Device::Cpu).unwrap()
}

fn known(name: &str) -> Tensor {
    golden("branches.safetensors", name)
}

/// From every node that cuts the network, to the scores: how many do.
fn resumed_from_everywhere(model: &Model, input: &Tensor) -> usize {
    let scores = model.scores_node();
    let mut cuts = 0;
    for node in (0..=scores.0).map(NodeId) {
        let Ok(recorded) = model.record(input, &[node, scores], &[]) else {
            continue; // a size
        };
        let from = [(node, recorded[0].shallow_clone())];
        match model.resume(&from, &[scores]) {
            Ok(resumed) => {
                assert_eq!(resumed[0], recorded[1], "{node:?}");
                cuts += 1;
            }
            Err(ModelError::NotASeparator { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    cuts
}

#[test]
fn a_resumed_pass_is_the_whole_pass_bit_for_bit() {
    let net1_model = net1_exported();
    let nodes = net1_model.scores_node().0 + 1;
    assert_eq!(resumed_from_everywhere(&net1_model, &net1("input")), nodes);

    let model = branches();
    let nodes = model.scores_node().0 + 1;
    let cuts = resumed_from_everywhere(&model, &known("input"));
    assert!(cuts > 5 && cuts < nodes, "{cuts} of {nodes}");
}

#[test]
fn branches_are_resumed_from_all_of_them() {
    let model = branches();
    let node = |name: &str| model.layer(&path(name)).unwrap().node;
    let (norm2, shortcut, scores) = (node("norm2"), node("shortcut_norm"), model.scores_node());
    let recorded = model.record(&known("input"), &[norm2, shortcut, scores], &[]);
    let [norm2_output, shortcut_output, expected]: [Tensor; 3] =
        recorded.unwrap().try_into().unwrap();
    let one = [(norm2, norm2_output.shallow_clone())];
    let error = model.resume(&one, &[scores]).unwrap_err().to_string();
    assert!(
        error.ends_with("`batch_norm_3` is needed as well"),
        "{error}"
    );
    let both = [(norm2, norm2_output), (shortcut, shortcut_output)];
    assert_eq!(model.resume(&both, &[scores]).unwrap()[0], expected);
}

#[test]
fn an_activation_of_another_shape_is_refused() {
    let model = branches();
    let [relu, fc] = ["relu", "fc"].map(|name| model.layer(&path(name)).unwrap().node);
    let resume = |from: &[(NodeId, Vec<i64>)]| {
        let from = from
            .iter()
            .map(|(node, shape)| (*node, Tensor::zeros(shape, (Kind::Float, Device::Cpu))));
        model.resume(&from.collect::<Vec<_>>(), &[fc])
    };
    // Maps of any size, as for a whole pass.
    assert_eq!(
        resume(&[(relu, vec![4, 6, 9, 7])]).unwrap()[0].size(),
        [4, 5]
    );
    let error = resume(&[(relu, vec![4, 7, 12, 10])])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the node `relu_` gives [1, 6, 12, 10] for one picture; \
         [4, 7, 12, 10] is not a whole number of pictures"
    );
    assert!(resume(&[(fc, vec![5])]).is_err());
    assert!(resume(&[(relu, vec![2, 6, 12, 10]), (fc, vec![3, 5])]).is_err());
}

#[test]
fn gradients_between_nodes_are_autograds() {
    let model = branches();
    let input = known("input");
    assert!(relative(&model.scores(&input).unwrap(), &known("logits")) < 1e-5);
    let node = |name: &str| model.layer(&path(name)).unwrap().node;
    let compare =
        |of: NodeId, prefix: &str, names: &[&str], rule, score: &dyn Fn(&Tensor) -> Tensor| {
            let nodes: Vec<_> = names.iter().map(|name| node(name)).collect();
            let gradients = model.gradient_at(&input, of, &nodes, rule, score);
            for (name, gradient) in names.iter().zip(gradients.unwrap()) {
                let expected = known(&format!("{prefix}.{name}"));
                let difference = relative(&gradient, &expected);
                assert!(difference < 1e-5, "{prefix}.{name}: {difference}");
            }
        };
    let class = |scores: &Tensor| scores.select(1, 3).sum(Kind::Float);
    let names = [
        "stem",
        "relu",
        "conv1",
        "shortcut_norm",
        "attention",
        "mul",
        "dropout",
    ];
    let scores = model.scores_node();
    compare(scores, "score3", &names, ReluRule::Plain, &class);
    let mean = |output: &Tensor| output.select(1, 5).mean(Kind::Float);
    let names = ["stem", "relu"];
    compare(
        node("norm2"),
        "norm2_filter5",
        &names,
        ReluRule::Plain,
        &mean,
    );
    let names = ["stem", "conv1", "relu#2"];
    compare(scores, "guided", &names, ReluRule::Guided, &class);
}

/// Selvaraju et al. 2017, equations 1 and 2 without the final ReLU, as captum's `LayerGradCam`.
#[test]
fn grad_cam_of_net1_is_captums() {
    let model = net1_exported();
    let input = net1("input");
    let conv4 = model.layer(&path("conv4")).unwrap().node;
    let class = net1("logits").argmax(1, true);
    let score = |scores: &Tensor| scores.gather(1, &class, false).sum(Kind::Float);
    let plain = ReluRule::Plain;
    let gradient = model.gradient_at(&input, model.scores_node(), &[conv4], plain, &score);
    let weights = gradient.unwrap()[0].mean_dim([2, 3].as_slice(), true, Kind::Float);
    let activation = model.record(&input, &[conv4], &[]).unwrap().remove(0);
    let map = (weights * activation).sum_dim_intlist([1].as_slice(), true, Kind::Float);
    let expected = known("net1.layergradcam_conv4_top1").narrow(0, 0, map.size()[0]);
    assert!(relative(&map, &expected) < TOLERANCE);
}

/// The gradient at the first layer, carried on to the input by hand, is the gradient at the input.
#[test]
fn a_gradient_at_a_node_goes_on_to_the_input() {
    let model = squeezenet();
    let input = Tensor::arange(3 * 64 * 64, (Kind::Float, Device::Cpu)).sin();
    let input = input.view([1, 3, 64, 64]).set_requires_grad(true);
    let first = model.layer(&path("features.0")).unwrap().node;
    let score = |scores: &Tensor| scores.select(1, 7).sum(Kind::Float);
    let rule = ReluRule::Deconvnet;
    let at_input = model
        .gradient(&input, model.scores_node(), rule, &score)
        .unwrap();
    let at_first = model.gradient_at(&input, model.scores_node(), &[first], rule, &score);
    let output = model.record(&input, &[first], &[]).unwrap().remove(0);
    let through = (output * &at_first.unwrap()[0]).sum(Kind::Float);
    let carried = Tensor::run_backward(&[through], &[&input], false, false).remove(0);
    assert!(relative(&carried, &at_input) < 1e-6);
}
