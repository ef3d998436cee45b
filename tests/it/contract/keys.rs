//! The key of a result holds what its numbers depend on, and nothing else.

use serde_json::{Value, json};

use super::cases::{NET1, Project, Ran, WITH_LAYERS, different};

fn assert_same(before: &Ran, after: &Ran, what: &str) {
    assert_eq!(
        different(&before.bits(), &after.bits()),
        [""; 0],
        "{what}: results"
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
    let (bits, keys) = {
        let before = project.run();
        (before.bits(), before.keys().clone())
    };
    project.spec["images"].as_array_mut().unwrap().pop();
    let after = project.run();
    assert!(after.keys().len() < keys.len());
    for (name, found) in after.bits() {
        assert!(bits[&name] == found, "{name}");
        assert_eq!(keys[&name], after.keys()[&name], "{name}");
    }
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
/// that something is drawn with is.
fn assert_by_key(before: &Ran, after: &Ran, what: &str) -> Vec<String> {
    let keys = different(before.keys(), after.keys());
    assert_eq!(different(&before.bits(), &after.bits()), keys, "{what}");
    keys
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
        assert!(!drawn.is_empty() && drawn.len() < before.keys().len());
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
        assert_eq!(
            key["method"],
            Value::from(unit.rsplit_once('/').unwrap().0.rsplit_once('-').unwrap().0)
        );
    }
}
