//! Predictions of changed photos against the same photos changed by hand.

use cnn_report::evaluate::robustness;
use cnn_report::explain::Photo;
use cnn_report::picture::Input;
use cnn_report::results::{Results, Variation, Varied};
use serde_json::json;
use std::sync::Arc;

use crate::evaluate::{Folder, net1};
use crate::strings;

#[test]
fn a_changed_photo_is_predicted_as_that_photo_alone() {
    let folder = Folder::new()
        .photo("photos/i/1.webp", "coffee")
        .photo("photos/j/2.webp", "chelsea");
    let keys = json!({ "data": "photos", "jpeg": [20], "brightness": [0.5], "blur_px": [2], "shift_px": [7], "rotation_degrees": [15] });
    let bench = net1(&folder);
    let found = bench.run(&robustness::ENTRY, keys);
    let [Results::Variations(all)] = &found.results[..] else {
        panic!("one range")
    };
    let expected = [
        Variation::Jpeg(20),
        Variation::Brightness(0.5),
        Variation::Blur(2.0),
        Variation::Shift(7),
        Variation::Rotation(15.0),
        Variation::Mirrored,
    ];
    assert_eq!(all.variations, expected);
    for (row, file) in all.rows.iter().zip(["photos/i/1.webp", "photos/j/2.webp"]) {
        let path = folder.0.path().join(file);
        let input = Input::open(&path, None).unwrap();
        let picture = input.prepared(&path, &bench.preprocessing).unwrap().picture;
        let Varied::Classified { unchanged, changed } = row else {
            panic!("it can be read")
        };
        assert_eq!(changed.len(), expected.len());
        for (variation, guess) in expected.iter().zip(changed) {
            let mut alone = net1(&folder);
            let varied = picture.varied(*variation).unwrap();
            alone.photos = vec![Arc::new(Photo::of_picture(
                "a",
                varied,
                &bench.preprocessing,
            ))];
            let ran = alone.run(crate::bench::entry("predictions"), json!({}));
            let Results::Predictions(predictions) = &ran.results[0] else {
                panic!("predictions")
            };
            let probability = predictions.probabilities[unchanged.predicted];
            assert!(
                (probability - guess.probability).abs() < 1e-5,
                "{variation}"
            );
            assert_eq!(
                predictions.most_probable(1),
                [guess.predicted],
                "{variation}"
            );
        }
    }
    strings::assert_said(&found);
}

#[test]
fn no_change_at_all_is_refused() {
    let folder = Folder::new().photo("photos/i/1.webp", "coffee");
    let none = json!({ "data": "photos", "jpeg": [], "brightness": [], "blur_px": [], "shift_px": [], "rotation_degrees": [], "mirrored": false });
    let faults = net1(&folder).faults(&robustness::ENTRY, none);
    assert_eq!(faults[0].message, "there is no change to be tried");
}
