//! The key of a result holds what its numbers depend on, and nothing else.

use cnn_report::explain::checks::Check;
use serde_json::json;

use super::cases::{NET1, Project, Ran, WITH_LAYERS, different};

fn assert_same(before: &Ran, after: &Ran, what: &str) {
    assert_eq!(
        different(&before.bits(), &after.bits()),
        [""; 0],
        "{what}: results"
    );
    assert_eq!(
        different(&before.bits_of_checks(), &after.bits_of_checks()),
        [""; 0],
        "{what}: checks"
    );
    assert_eq!(
        different(before.keys(), after.keys()),
        [""; 0],
        "{what}: keys"
    );
}

#[test]
fn the_order_of_photos_is_irrelevant() {
    for case in WITH_LAYERS {
        let mut project = Project::new(&case);
        let before = project.run();
        project.spec["images"].as_array_mut().unwrap().reverse();
        assert_same(&before, &project.run(), case.name);
    }
}

#[test]
fn a_photo_left_out_changes_nothing_of_the_others() {
    let mut project = Project::new(&NET1);
    let (bits, of_checks, keys) = {
        let before = project.run();
        (
            before.bits(),
            before.bits_of_checks(),
            before.keys().clone(),
        )
    };
    project.spec["images"].as_array_mut().unwrap().pop();
    let after = project.run();
    assert!(after.keys().len() < keys.len());
    for (name, found) in after.bits() {
        // Of all photos of the figure together; the key says so.
        if keys[&name]["parameters"]["photos"].is_array() {
            assert_ne!(keys[&name], after.keys()[&name], "{name}");
            continue;
        }
        assert!(bits[&name] == found, "{name}");
        assert_eq!(keys[&name], after.keys()[&name], "{name}");
    }
    for (name, found) in after.bits_of_checks() {
        assert!(of_checks[&name] == found, "{name}");
        assert_eq!(keys[&name], after.keys()[&name], "{name}");
    }
}

/// References that all maps of a photo share are those that a map has which is alone.
#[test]
fn a_map_is_judged_alone_as_beside_all_others() {
    let mut project = Project::new(&NET1);
    let all = project.run().bits_of_checks();
    let figures = project.spec["questions"][0]["figures"].take();
    let mut compared = 0;
    for figure in figures.as_array().unwrap() {
        project.spec["questions"][0]["figures"] = json!([figure]);
        for (name, found) in project.run().bits_of_checks() {
            assert!(all[&name] == found, "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, all.len());
}

#[test]
fn the_name_of_a_photo_changes_nothing() {
    for case in WITH_LAYERS {
        let mut project = Project::new(&case);
        let before = project.run();
        for image in project.spec["images"].as_array_mut().unwrap() {
            image["name"] = json!("沖泡好的咖啡");
        }
        project.spec["language"] = json!("zh-TW");
        assert_same(&before, &project.run(), case.name);
    }
}

/// The results change exactly where the key does: a seed that nothing is drawn with is in no key, and one
/// that something is drawn with is. But for photos of so few segments that all their combinations were run: the key
/// cannot know their number.
fn assert_by_key(before: &Ran, after: &Ran, what: &str) -> Vec<String> {
    let keys = different(before.keys(), after.keys());
    // What judges a map may be the same for another one: the order of its places decides.
    let (of_checks, of_units): (Vec<_>, Vec<_>) =
        keys.iter().cloned().partition(|name| is_check(name));
    let bits = different(&before.bits(), &after.bits());
    let exhaustive = before.exhaustive();
    let is_due = |name: &&String| bits.contains(name) || !exhaustive.contains(*name);
    let due: Vec<String> = of_units.iter().filter(is_due).cloned().collect();
    assert_eq!(bits, due, "{what}");
    for name in different(&before.bits_of_checks(), &after.bits_of_checks()) {
        assert!(of_checks.contains(&name), "{what}: {name}");
    }
    of_units
}

fn is_check(name: &str) -> bool {
    Check::ALL
        .iter()
        .any(|check| name.ends_with(&format!(", {}", check.name())))
}

#[test]
fn a_seed_changes_results_exactly_where_it_changes_keys() {
    for case in WITH_LAYERS {
        let mut project = Project::new(&case);
        let before = project.run();
        project.spec["seed"] = json!(8);
        let drawn = assert_by_key(&before, &project.run(), case.name);
        assert!(
            drawn.iter().any(|name| name.starts_with("filters-0/")),
            "{drawn:?}"
        );
        assert!(!drawn.is_empty() && drawn.len() < before.bits().len());
    }
}

/// A seed of a figure's own takes the place of the report's.
#[test]
fn a_figures_own_seed_is_the_one_that_counts() {
    let mut project = Project::new(&NET1);
    let figures = project.spec["questions"][0]["figures"]
        .as_array_mut()
        .unwrap();
    figures.retain(|figure| figure.get("lime").is_some());
    let before = project.run();
    for figure in project.spec["questions"][0]["figures"]
        .as_array_mut()
        .unwrap()
    {
        figure["lime"]["seed"] = json!(11);
    }
    let drawn = assert_by_key(&before, &project.run(), "lime");
    assert!(
        drawn.iter().all(|name| !name.starts_with("lime-1/")),
        "{drawn:?}"
    );
    // Four that draw, of three photos.
    assert_eq!(drawn.len(), 12);
}

/// A key is canonical JSON of the parts that the documentation lists, without a name or a place on the disk.
#[test]
fn a_key_says_neither_names_nor_paths() {
    let project = Project::new(&NET1);
    let ran = project.run();
    let parts = [
        "check",
        "decoding",
        "device",
        "libtorch",
        "method",
        "model",
        "parameters",
        "photo",
        "precision",
        "preprocessing",
        "unit",
        "version",
    ];
    for (unit, key) in ran.keys() {
        for part in key.as_object().unwrap().keys() {
            assert!(parts.contains(&part.as_str()), "{unit}: {part}");
        }
        let text = key.to_string();
        for private in [
            "photo a",
            "net.pt2",
            ".webp",
            project.folder.path().to_str().unwrap(),
        ] {
            assert!(!text.contains(private), "{unit} says `{private}`: {text}");
        }
        let method = unit.rsplit_once('/').unwrap().0.rsplit_once('-').unwrap().0;
        match method {
            // What is shown in several ways is stored once.
            "confusion_matrix" | "calibration" => assert_eq!(key["method"], "outcomes"),
            "top_patches" | "activation_histogram" => assert_eq!(key["method"], "responses"),
            "mistakes" => {
                assert!(["outcomes", "mistakes"].contains(&key["method"].as_str().unwrap()))
            }
            // Each map is that of its method.
            "compare" => assert_ne!(key["method"], method),
            _ => assert_eq!(key["method"], method),
        }
    }
}

/// A classifier runs over a data set once, whatever is shown of it.
#[test]
fn methods_of_one_data_set_share_its_outcomes() {
    let mut project = Project::new(&NET1);
    project.spec["questions"][0]["figures"] = json!([
        { "confusion_matrix": { "data": "labelled" } },
        { "calibration": { "data": "labelled", "bins": 4 } },
        { "mistakes": { "data": "labelled", "count": 1 } },
        { "calibration": { "data": "labelled", "groups": "groups.yaml" } },
        { "top_patches": { "data": "labelled", "layer": 0, "filters": [0] } },
        { "activation_histogram": { "data": "labelled", "layer": 0, "filters": [1, 2] } },
    ]);
    let ran = project.run();
    let ran: Vec<&str> = ran
        .executed
        .ran
        .iter()
        .map(|ran| ran.unit.as_str())
        .collect();
    let expected = [
        "confusion_matrix/photos 0-2",
        "mistakes/mistake 1, as predicted",
        "mistakes/mistake 1, as labelled",
        "calibration-2/photos 0-2", // other groups are other outcomes
        "top_patches/photos 0-2",
    ];
    assert_eq!(ran, expected);
}

/// Facts that a walk through the network kept by the way are those of the files; the network is in no key of them.
#[test]
fn facts_of_photos_do_not_depend_on_who_decoded_them() {
    let mut project = Project::new(&NET1);
    let faults = json!({ "data_faults": { "data": "labelled" } });
    project.spec["questions"][0]["figures"] = json!([faults.clone()]);
    let alone = project.run();
    project.spec["questions"][0]["figures"] = json!([
        { "confusion_matrix": { "data": "labelled", "batch": 2 } },
        { "top_patches": { "data": "labelled", "layer": 0, "filters": [0] } },
        faults,
    ]);
    let beside = project.run();
    let name = "data_faults/photos 0-2";
    assert!(alone.bits()[name] == beside.bits()[name]);
    assert_eq!(alone.keys()[name], beside.keys()[name]);
    assert!(alone.keys()[name].get("model").is_none());
}
