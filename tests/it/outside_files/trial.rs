//! Preprocessings that `inspect --try` has to find.

use serde_json::Value;

use super::{cnn_report, data};

/// A network that read blue first, with ImageNet's numbers.
#[test]
fn blue_first_with_the_numbers_of_imagenet_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| data("bgr").join(name).to_str().unwrap().to_owned();
    let (model, photos, classes) = (path("net.pt2"), path("photos"), path("classes.txt"));
    let arguments = ["inspect", &model, "--try", &photos, "--classes", &classes];
    let (code, printed) = cnn_report(folder.path(), &[&arguments[..], &["--json"]].concat());
    assert_eq!(code, 0, "{printed}");
    let start = printed.find('{').unwrap();
    let end = printed.rfind('}').unwrap();
    let found: Value = serde_json::from_str(&printed[start..=end]).unwrap();
    let right = |name: &str| {
        let rows = found["trial"]["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["setting"] == name);
        row.unwrap()["right"].as_u64().unwrap()
    };
    assert_eq!(right("imagenet, bgr"), 24);
    assert!(right("imagenet") < 12);
    for name in ["imagenet, grey3", "unit, grey3", "caffe, grey3"] {
        assert!(right(name) <= 24, "{name} is tried");
    }
    let rows = found["trial"]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["setting"] == "imagenet, bgr");
    let input = row.unwrap()["input_lines"].as_str().unwrap();
    assert!(input.contains("channels: bgr"), "{input}");
}
