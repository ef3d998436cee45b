//! Batch norms that a convolution takes in.

use super::*;
use crate::model::load::architecture::Architecture;

/// conv: −1, 1, 3, 5; the batch norm subtracts −3, divides by √(3 + 1) and adds −3.
#[test]
fn a_batch_norm_nobody_looks_behind_is_part_of_the_convolution() {
    let norm: &[_] = &[
        ("input", tensor(3)),
        ("weight", Argument::None),
        ("bias", tensor(2)),
        ("running_mean", tensor(2)),
        ("running_var", tensor(5)),
        ("training", Argument::Bool(false)),
        ("momentum", Argument::Float(0.1)),
        ("eps", Argument::Float(1.0)),
        ("cudnn_enabled", Argument::Bool(true)),
    ];
    let [conv, norm_node] = [NodeId(0), NodeId(1)];
    let with_variance = |rows: &[Row]| {
        let mut graph = graph(rows);
        assert_eq!(graph.values.len(), 5);
        graph.values.push("v".to_owned());
        graph.stored.push(Stored {
            value: ValueId(5),
            name: "v".to_owned(),
            kind: StoredKind::Buffer,
            sizes: None,
        });
        let weights = [
            ("w", Tensor::from_slice(&[2f32]).reshape([1, 1, 1, 1])),
            ("b", Tensor::from_slice(&[-3f32])),
            ("v", Tensor::from_slice(&[3f32])),
        ];
        let weights = weights.map(|(name, tensor)| (name.to_owned(), tensor));
        Program::new(graph, weights.into(), Device::Cpu).unwrap()
    };
    let program = with_variance(&[CONV, ("norm", "aten.batch_norm.default", norm)]);
    let is_folded = || program.weights.has_folded(program.folds[0].norm);

    let both = program.record(&input(), &[conv, norm_node], &[]).unwrap();
    assert_eq!(numbers(&both[0]), [-1., 1., 3., 5.]);
    assert_eq!(numbers(&both[1]), [-2., -1., 0., 1.]);
    let open = program
        .record(&input(), &[norm_node], &[norm_node])
        .unwrap();
    assert_eq!(numbers(&open[0]), [-1., 1., 3., 5.]);
    let from = [(conv, input())];
    let resumed = program.resume(&from, 1, &[norm_node]).unwrap();
    assert_eq!(numbers(&resumed[0]), [-1., -0.5, 0., 0.5]);
    assert!(
        !is_folded(),
        "a pass that looks between the two folded them"
    );

    let x = input().set_requires_grad(true);
    let norm_output = program.record(&x, &[norm_node], &[]).unwrap().remove(0);
    assert!(is_folded());
    assert_eq!(numbers(&norm_output), [-2., -1., 0., 1.]);
    norm_output.sum(Kind::Float).backward();
    assert_eq!(numbers(&x.grad()), [1., 1., 1., 1.]); // 2 / √4
    assert_eq!(numbers(program.weight(ValueId(1)).unwrap()), [2.]);

    // A second reader of the convolution's output needs it as it is.
    let relu: Row = ("norm", "aten.relu.default", &[("self", tensor(3))]);
    assert!(with_variance(&[CONV, relu]).folds.is_empty());
}

/// Weights of the sizes that an architecture asks for, such that activations keep their size.
fn random_weights(graph: &Graph) -> BTreeMap<String, Tensor> {
    let weight = |stored: &Stored| {
        let sizes = stored.sizes.iter().flatten();
        let sizes: Vec<i64> = sizes.map(|size| size.unwrap_or(1)).collect();
        let inputs: i64 = sizes.iter().skip(1).product();
        let numbers = Tensor::arange(sizes.iter().product::<i64>(), (Kind::Double, Device::Cpu));
        // Sines of large multiples of an irrational number: as good as random here, the same everywhere.
        let noise = (numbers * 12.9898 + stored.value.0 as f64).sin() * 43758.5453;
        let noise = noise.frac() * 1.7;
        let tensor = match stored.name.rsplit('.').next() {
            Some("running_var") => noise.abs() + 0.3,
            Some("weight") if sizes.len() == 1 => noise.abs() * 0.5 + 0.4,
            _ => noise / (inputs as f64).sqrt(),
        };
        (
            stored.name.clone(),
            tensor.to_kind(Kind::Float).reshape(sizes),
        )
    };
    graph.stored.iter().map(weight).collect()
}

/// Largest difference of the scores over their largest magnitude: at most 1e-5.
#[test]
fn folding_leaves_the_scores_of_whole_networks_as_they_are() {
    for (name, folds) in [("resnet18", 20), ("resnet50", 53)] {
        let graph = Architecture::built_in(name).unwrap().graph;
        let weights = random_weights(&graph);
        let program = Program::new(graph, weights, Device::Cpu).unwrap();
        assert_eq!(program.folds.len(), folds, "{name}");
        let picture = Tensor::arange(3 * 64 * 64, (Kind::Float, Device::Cpu)).sin();
        let picture = picture.view([1, 3, 64, 64]);
        let scores = [NodeId(program.graph().nodes.len() - 1)];
        let folded = program.record(&picture, &scores, &[]).unwrap().remove(0);
        let convolutions: Vec<_> = program.folds.iter().map(|fold| fold.convolution).collect();
        let unfolded = program.record_changed(
            &picture,
            &scores,
            &convolutions,
            &mut super::super::pass::no_change,
        );
        let unfolded = unfolded.unwrap().remove(0);
        let largest = unfolded.abs().max().double_value(&[]);
        let difference = (&folded - &unfolded).abs().max().double_value(&[]) / largest;
        assert!(largest > 1e-3 && difference > 0.0, "{name}: {largest}");
        assert!(difference < 1e-5, "{name}: {difference}");
    }
}

/// Numbers from −1 to 1 without a generator, from which tests beside this one draw.
fn noise(sizes: &[i64]) -> Tensor {
    let count = sizes.iter().product::<i64>();
    let places = Tensor::arange(count, (Kind::Double, Device::Cpu)) + 1.0;
    let noise = (places * 12.9898).sin() * 43758.5453;
    noise.frac().to_kind(Kind::Float).view(sizes)
}

/// A built-in network with such weights.
fn seeded(name: &str) -> Program {
    let graph = Architecture::built_in(name).unwrap().graph;
    let weights = graph.stored.iter().map(|stored| {
        let sizes: Vec<i64> = stored.sizes.iter().flatten().flatten().copied().collect();
        let inputs: i64 = sizes.iter().skip(1).product();
        let random = noise(&sizes) * 0.5 + 0.5;
        let tensor = match sizes.len() {
            0 | 1 => random * 0.5 + 0.5, // variances among them
            _ => (random - 0.5) * (12.0 / inputs as f64).sqrt(),
        };
        (stored.name.clone(), tensor)
    });
    let weights = weights.collect();
    Program::new(graph, weights, Device::Cpu).unwrap()
}

/// What is computed with fewer multiplications, and ReLUs that are applied at once, on whole networks.
#[test]
fn fast_passes_give_what_direct_ones_give() {
    for name in ["squeezenet1_1", "resnet18", "vgg11"] {
        let program = seeded(name);
        let nodes = &program.graph().nodes;
        let scores = NodeId(nodes.len() - 1);
        let photos = noise(&[2, 3, 64, 64]) * 1.7;
        let fast = program.record(&photos, &[scores], &[]).unwrap().remove(0);
        // Who asks for each convolution's output has the ReLUs apart.
        let is_convolution = |node: &NodeId| nodes[node.0].operator_base().starts_with("conv");
        let mut all: Vec<NodeId> = (0..nodes.len())
            .map(NodeId)
            .filter(is_convolution)
            .collect();
        all.push(scores);
        let apart = program.record(&photos, &all, &[]).unwrap().pop().unwrap();
        let direct = photos.copy().set_requires_grad(true);
        let direct = program
            .record(&direct, &[scores], &[])
            .unwrap()
            .remove(0)
            .detach();
        let off = |other: &Tensor| {
            let difference = (other - &direct).abs().max() / direct.abs().max();
            difference.double_value(&[])
        };
        assert!(off(&fast) < 3e-6, "{name}: {:e}", off(&fast));
        assert!(off(&apart) < 3e-6, "{name}: {:e}", off(&apart));
        if !name.starts_with("resnet") {
            assert_eq!(fast, apart, "{name}"); // no batch norm that is folded in one pass only
        }
        // Gradients that are climbed.
        let of = |record: &dyn Fn(&Tensor) -> Tensor| {
            let photos = photos.copy().set_requires_grad(true);
            let sum = record(&photos).sum(Kind::Float);
            Tensor::run_backward(&[sum], &[&photos], false, false).remove(0)
        };
        let climbed = of(&|x| {
            program
                .record_to_climb(x, &[scores], &[])
                .unwrap()
                .remove(0)
        });
        let usual = of(&|x| program.record(x, &[scores], &[]).unwrap().remove(0));
        let (climbed, usual) = (climbed.reshape([-1]), usual.reshape([-1]));
        let cosine = climbed.dot(&usual) / (climbed.norm() * usual.norm());
        let cosine = cosine.double_value(&[]);
        assert!(cosine > 0.999, "{name}: {cosine}"); // ReLUs and poolings that rounding decides
    }
}
