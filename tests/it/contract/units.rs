//! A unit gives the same bits whatever runs beside it, and what it gives is kept bit for bit.

use std::collections::BTreeSet;

use cnn_report::explain::checks::{Check, apply_to};
use cnn_report::explain::{Needs, Unit};
use cnn_report::results::{Fidelity, Kind, Results};
use cnn_report::store::{Key, LIMIT_BYTES, Store};
use serde_json::json;

use super::cases::{Case, NET1, Project, TRACED, TRANSFORMER, WITH_LAYERS, bits, name, names};

/// What results can be shown as.
fn kinds(results: &Results) -> &'static [Kind] {
    match results {
        Results::Attributions(_) => &[Kind::Attributions, Kind::Mistakes, Kind::Comparison],
        Results::Superpixels(_) => &[Kind::Superpixels, Kind::Comparison],
        Results::Predictions(_) => &[Kind::Predictions],
        Results::Optimised(_) => &[Kind::Optimised],
        Results::Responses(_) => &[Kind::Patches, Kind::Spread],
        Results::PhotoFacts(_) => &[Kind::DataFaults],
        Results::Variations(_) => &[Kind::Robustness],
        Results::Labels(_) => &[Kind::Labels],
        Results::Factors(_) => &[Kind::Factors],
        Results::Concepts(_) => &[Kind::Concepts],
        Results::Outcomes(_) => &[Kind::Outcomes, Kind::Calibration, Kind::Mistakes],
    }
}

fn each_alone(case: &Case) {
    let project = Project::new(case); // its folder stays for the data set
    let ran = project.run();
    let together = ran.bits();
    let mut compared = 0;
    for (index, task) in ran.plan.tasks.iter().enumerate() {
        if task.units.is_empty() {
            continue; // left out of the report
        }
        let units = ran.units(index);
        let names: BTreeSet<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names.len(), units.len(), "names of units are unique");
        for unit in units {
            let alone = ran.alone(task, std::slice::from_ref(unit));
            let name = name(task, unit);
            assert!(
                bits(&alone[0]) == together[&name],
                "{}: {name}: alone {:?}, together {:?}",
                case.name,
                alone[0],
                postcard::from_bytes::<Results>(&together[&name])
            );
            compared += 1;
        }
        // The other way round, and without the first one.
        let mut others: Vec<Unit> = task.units.iter().skip(1).cloned().collect();
        others.reverse();
        for (unit, found) in others.iter().zip(ran.alone(task, &others)) {
            let name = name(task, unit);
            assert!(bits(&found) == together[&name], "{}: {name}", case.name);
        }
    }
    assert_eq!(compared, together.len());
    assert!(
        compared > ran.plan.tasks.len(),
        "methods have several units"
    );
}

#[test]
fn a_unit_alone_gives_what_it_gives_beside_all_others() {
    for case in WITH_LAYERS.into_iter().chain([TRACED]) {
        each_alone(&case);
    }
}

/// More photos than a range of a data set holds, so that two ranges run one after the other.
#[test]
fn a_range_of_a_data_set_gives_what_it_gives_beside_the_other() {
    let mut project = Project::new(&NET1);
    for number in 0..300_u32 {
        let file = format!("labelled/{}/{number:03}.png", number % 2);
        let level =
            |pixel: u32| (number.wrapping_mul(31).wrapping_add(pixel * pixel * 7) % 256) as u8;
        let photo = image::RgbImage::from_fn(8, 8, |x, y| {
            image::Rgb([level(x), level(y + 3), level(x * y)])
        });
        photo.save(project.folder.path().join(file)).unwrap();
    }
    project.spec["questions"][0]["figures"] =
        json!([{ "confusion_matrix": { "data": "labelled" } }]);
    let ran = project.run();
    let task = &ran.plan.tasks[0];
    assert_eq!(task.units.len(), 2);
    let together = ran.bits();
    for unit in &task.units {
        let alone = ran.alone(task, std::slice::from_ref(unit));
        assert!(
            bits(&alone[0]) == together[&name(task, unit)],
            "{}",
            unit.name
        );
    }
}

#[test]
fn every_kind_of_result_is_kept_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), LIMIT_BYTES).unwrap();
    let mut seen = BTreeSet::from([Kind::Photos]); // gives no results
    for case in WITH_LAYERS {
        let project = Project::new(&case);
        let ran = project.run();
        for (index, task) in ran.plan.tasks.iter().enumerate() {
            let results = &ran.executed.results[index];
            for (unit, found) in ran.units(index).into_iter().zip(results) {
                let (found, name) = (found.as_ref().unwrap(), name(task, unit));
                assert!(kinds(found).contains(&task.entry.kind), "{name}");
                let key = Key::new(ran.keys()[&name].clone());
                store.save(&key, found).unwrap();
                let again: Results = store.load(&key).unwrap();
                assert!(bits(&again) == bits(found), "{}: {name}", case.name);
                seen.insert(task.entry.kind);
            }
        }
    }
    assert_eq!(seen, Kind::ALL.into());
}

#[test]
fn what_judges_a_map_is_kept_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), LIMIT_BYTES).unwrap();
    let mut kinds = BTreeSet::new();
    for case in WITH_LAYERS {
        let ran = Project::new(&case).run();
        for (name, bits) in ran.bits_of_checks() {
            let found: Fidelity = postcard::from_bytes(&bits).unwrap();
            let key = Key::new(ran.keys()[&name].clone());
            store.save(&key, &found).unwrap();
            assert_eq!(
                store.load(&key).as_ref(),
                Some(&found),
                "{}: {name}",
                case.name
            );
            kinds.insert(ran.keys()[&name]["check"]["name"].to_string());
        }
    }
    assert_eq!(kinds.len(), Check::ALL.len());
}

/// Every method whose maps are of a class is judged, and no other takes the key.
#[test]
fn maps_of_a_class_are_judged_and_nothing_else() {
    let ran = Project::new(&NET1).run();
    for (task, results) in ran.plan.tasks.iter().zip(&ran.executed.results) {
        // Maps of mistakes are those of another method, which judges them where it is asked for.
        if [Kind::Mistakes, Kind::Comparison].contains(&task.entry.kind) {
            continue;
        }
        let applies = apply_to(task.entry);
        for found in results.iter().flatten() {
            assert_eq!(found.explained().is_some(), applies, "{}", task.name);
        }
        let parameters = task.parameters(&ran.plan.inputs(task));
        assert_eq!(parameters.contains_key("checks"), applies, "{}", task.name);
    }
}

#[test]
fn parameters_are_keys_of_the_schema_in_its_order() {
    // The transformer takes the methods of attention, which the other refuses.
    let plans = [NET1, TRANSFORMER].map(|case| Project::new(&case).plan().0);
    for entry in cnn_report::methods() {
        let schema = (entry.schema)().to_value();
        let properties = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let documented = names(&properties);
        let mut given = BTreeSet::new();
        let tasks = plans
            .iter()
            .flat_map(|plan| plan.tasks.iter().map(move |task| (plan, task)));
        for (plan, task) in tasks.filter(|(_, task)| task.entry.name == entry.name) {
            let parameters = task.method.parameters(&plan.inputs(task));
            let used = names(&parameters);
            let known: Vec<&str> = documented
                .iter()
                .copied()
                .filter(|key| used.contains(key))
                .collect();
            assert_eq!(used, known, "{}", task.name);
            // Each is a value that the schema takes, so that it can be copied into a report.yaml.
            let validator = jsonschema::validator_for(&schema).unwrap();
            let parameters = serde_json::Value::Object(parameters.clone());
            let faults: Vec<String> = validator
                .iter_errors(&parameters)
                .map(|fault| fault.to_string())
                .collect();
            assert_eq!(faults, Vec::<String>::new(), "{}", task.name);
            given.extend(parameters.as_object().unwrap().keys().cloned());
        }
        // One that can be left out altogether need not have been given by a variant.
        let is_optional = |key: &&str| {
            let kinds = properties[*key]["type"].as_array();
            kinds.is_some_and(|kinds| kinds.contains(&json!("null")))
        };
        let missing: Vec<&str> = documented
            .into_iter()
            .filter(|key| !given.contains(*key) && !is_optional(key))
            .collect();
        assert_eq!(
            missing,
            Vec::<&str>::new(),
            "{} never says these",
            entry.name
        );
    }
}

/// What needs nothing of the network has nothing to run, unless it reads a data set; what has units needs something.
#[test]
fn needs_are_told_truly() {
    let (plan, _) = Project::new(&NET1).plan();
    for task in &plan.tasks {
        let is_idle = task.method.needs() == Needs::Nothing && task.method.data().is_none();
        assert_eq!(is_idle, task.units.is_empty(), "{}", task.name);
    }
}
