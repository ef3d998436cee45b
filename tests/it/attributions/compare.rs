//! Comparisons of methods: what is refused.

use serde_json::json;

use super::*;

#[test]
fn what_is_listed_twice_is_refused_in_its_place() {
    let bench = bench_of_net1();
    let faults = |keys| {
        let faults = bench.faults(entry("compare"), keys);
        let places = faults.into_iter().map(|fault| fault.pointer);
        places.collect::<Vec<_>>()
    };
    let twice = json!({ "methods": ["grad_cam", "saliency", { "saliency": {} }] });
    assert_eq!(faults(twice), ["/methods/2"]);
    let by_default = json!({ "methods": ["lime", { "lime": { "segmenter": "auto" } }] });
    assert_eq!(faults(by_default), ["/methods/1"]);
    let other =
        json!({ "methods": [{ "lime": { "samples": 40 } }, { "lime": { "samples": 50 } }] });
    assert_eq!(faults(other), [""; 0]);
    let classes = json!({ "methods": ["saliency"], "classes": ["predicted", 1, "predicted"] });
    assert_eq!(faults(classes), ["/classes/2"]);
}
