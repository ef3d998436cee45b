//! The network and the photos that the repository ships, as the default report uses them.

use cnn_report::explain::numbers::probabilities;
use cnn_report::labels::Labels;
use cnn_report::model::{self, Model, Source};
use cnn_report::picture::{Picture, Preprocessing, Resize};
use tch::Device;

#[test]
fn the_photos_are_what_the_network_says_they_are() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = Source::new(root.join("models/squeezenet1_1.safetensors"), [3, 224, 224])
        .with_architecture(Some("squeezenet1_1"));
    let model = Model::load(&source, model::Device::Cpu).unwrap();
    let labels = Labels::read(&root.join("models/imagenet_classes.txt")).unwrap();
    labels.check(model.classes()).unwrap();
    let preprocessing = Preprocessing {
        resize: Resize::ShorterThenCrop {
            shorter: 256,
            height: 224,
            width: 224,
        },
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    };
    for (photo, class, at_least) in [
        ("coffee", "espresso", 0.9),
        ("giant-panda", "giant panda", 0.9),
        ("citrus-fruits", "lemon", 0.7),
        ("honey-bee", "bee", 0.9),
    ] {
        let picture = Picture::open(&root.join(format!("photos/{photo}.jpg"))).unwrap();
        let input = preprocessing.tensor(&[&preprocessing.apply(&picture)], Device::Cpu);
        let found = probabilities(&model.scores(&input).unwrap(), model.activation()).unwrap();
        let best = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
        let (index, probability) = found[0].iter().enumerate().max_by(best).unwrap();
        assert_eq!(labels.name(index), class, "{photo}");
        assert!(*probability > at_least, "{photo}: {class} {probability}");
    }
}
