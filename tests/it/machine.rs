//! `report.json` and the arrays beside it.

mod pictures;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cnn_report::assemble::{self, machine::report};
use cnn_report::execute::{Executed, Reuse, execute};
use cnn_report::explain::ExplainError;
use cnn_report::plan::{Overrides, Plan};
use cnn_report::progress::Silent;
use cnn_report::report::machine::json_schema;
use cnn_report::results::{Outcome, Results};
use cnn_report::store::{LIMIT_BYTES, Store};
use cnn_report::{OnFailure, Request, StoreAt, build_report, plan_report};
use serde_json::{Value, json};
use tch::Tensor;
use tempfile::TempDir;

const REPORT: &str = "\
title: Every number
byline: {Author: A}
introduction: The largest is {value:saliency.golden.largest}.
model:
  file: net1.pt2
  input: {resize: stretch, size: 64}
images:
  - {id: golden, file: golden.npy}
  - {id: coffee, file: photos/coffee.webp, name: Kaffee}
questions:
  - title: First
    points: 2.5
    figures:
      - text: See {fig:saliency}.
      - photos:
      - predictions: {top: 3}
      - saliency: {id: saliency}
      - saliency: {id: clipped, percentile: 90, reduction: sum, scale: shared, view: map, images: [coffee]}
      - lime: {samples: 60}
  - title: Second
    figures:
      - activation_maps: {layer: conv2, filters: [0, 5]}
      - filters: {layer: conv2, filters: [5], steps: 3}
      - filters: {layer: 3, filters: [5], parameterisation: fourier, steps: 2}
      - deep_dream: {image: coffee, layer: conv4, filter: 7, steps: 4, frame_every: 2}
      - deep_dream: {image: coffee, layer: conv4, octaves: 2, steps: 2}
      - confusion_matrix: {data: labelled}
    answer: As {fig:saliency} shows.
output: {formats: FORMATS}
";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn golden(name: &str) -> Tensor {
    let file = repository().join("tests/data/model/net1_golden.safetensors");
    let tensors = Tensor::read_safetensors(file).unwrap();
    let found = tensors.into_iter().find(|(known, _)| known == name);
    found.unwrap().1
}

/// A folder with net1, its first golden input, a photo, three labelled photos and `report.yaml`.
fn project(formats: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = repository().join("tests/data");
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(data.join(from), to).unwrap();
    };
    copy("model/net1.pt2", "net1.pt2");
    copy("picture/coffee.webp", "photos/coffee.webp");
    copy("picture/coffee.webp", "labelled/3/a.webp");
    copy("picture/chelsea.webp", "labelled/5/b, \"c\".webp");
    copy("picture/grey.png", "labelled/5/d.png");
    let input = golden("input").get(0);
    input.write_npy(folder.path().join("golden.npy")).unwrap();
    write_report(&folder, formats);
    folder
}

fn write_report(folder: &TempDir, formats: &str) {
    let text = REPORT.replace("FORMATS", formats);
    std::fs::write(folder.path().join("report.yaml"), text).unwrap();
}

fn build(folder: &TempDir, output: &str, reuse: Reuse) -> PathBuf {
    let output = folder.path().join(output);
    let request = Request {
        spec: folder.path().join("report.yaml"),
        overrides: Overrides {
            output: Some(output.clone()),
            ..Overrides::default()
        },
        on_failure: OnFailure::Stop,
        store: StoreAt::BesideReport,
        reuse,
    };
    build_report(&request, &Silent).unwrap();
    output
}

/// A report that was built once, for the tests that only read it.
struct Built {
    folder: TempDir,
    output: PathBuf,
    json: Value,
}

fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = project("[html, markdown, json]");
        let output = build(&folder, "build", Reuse::Stored);
        let json = read_json(&output);
        Built {
            folder,
            output,
            json,
        }
    })
}

fn read_json(output: &Path) -> Value {
    let text = std::fs::read_to_string(output.join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The plan and what was found, all of it from the store.
fn executed(built: &Built) -> (Plan, Executed) {
    let store = Store::open(&built.folder.path().join(".cnn-report"), LIMIT_BYTES).unwrap();
    let spec = built.folder.path().join("report.yaml");
    let (plan, network) = plan_report(&spec, &Overrides::default(), Some(&store)).unwrap();
    let executed = execute(&plan, &network, Some(&store), Reuse::Stored, &Silent).unwrap();
    assert!(executed.ran.is_empty(), "{:?}", executed.ran);
    (plan, executed)
}

fn figure<'a>(json: &'a Value, name: &str) -> &'a Value {
    let figures = json["figures"].as_array().unwrap();
    let found = figures.iter().find(|figure| figure["name"] == name);
    found.unwrap_or_else(|| panic!("no figure `{name}`"))
}

/// What a unit of a figure found.
fn found<'a>(json: &'a Value, name: &str, unit: usize) -> &'a Value {
    &figure(json, name)["units"][unit]["found"]
}

/// The results of a figure, unit by unit.
fn results<'a>(plan: &Plan, executed: &'a Executed, name: &str) -> Vec<&'a Results> {
    let task = plan.tasks.iter().position(|task| task.name == name);
    let results = executed.results[task.unwrap()].iter();
    results.map(|found| found.as_ref().unwrap()).collect()
}

/// An array as numpy would read it, without the product's reader.
struct Npy {
    dtype: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

fn npy(path: &Path) -> Npy {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0, "aligned as numpy aligns");
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    let inside = |before: &str, after: char| {
        let (_, rest) = header.split_once(before).unwrap();
        rest.split_once(after).unwrap().0
    };
    assert_eq!(inside("'fortran_order': ", ','), "False");
    let sides = inside("'shape': (", ')').split(',').map(str::trim);
    let shape: Vec<usize> = sides
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().unwrap())
        .collect();
    let data = &bytes[10 + length..];
    let (dtype, values): (&str, Vec<f64>) = match inside("'descr': '", '\'') {
        "<f4" => {
            let four = data.as_chunks::<4>().0.iter();
            let values = four.map(|four| f64::from(f32::from_le_bytes(*four)));
            ("float32", values.collect())
        }
        "<f8" => {
            let eight = data.as_chunks::<8>().0.iter();
            let values = eight.map(|eight| f64::from_le_bytes(*eight));
            ("float64", values.collect())
        }
        "<u4" => {
            let four = data.as_chunks::<4>().0.iter();
            let values = four.map(|four| f64::from(u32::from_le_bytes(*four)));
            ("uint32", values.collect())
        }
        other => panic!("unexpected kind of number {other}"),
    };
    assert_eq!(values.len(), shape.iter().product::<usize>());
    Npy {
        dtype: dtype.to_owned(),
        shape,
        values,
    }
}

/// The array that an object of the report names.
fn array(output: &Path, named: &Value) -> Npy {
    npy(&output.join(named["file"].as_str().unwrap()))
}

/// Every object that names a file beside the report.
fn named_files(value: &Value) -> Vec<&Value> {
    let inside: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(keys) => keys.values().collect(),
        _ => return Vec::new(),
    };
    let is_beside = |file: &str| file.starts_with("report_data/");
    let own = value["file"].as_str().filter(|file| is_beside(file));
    let below = inside.into_iter().flat_map(named_files);
    own.map(|_| value).into_iter().chain(below).collect()
}

/// serde_json reads a number to the last digit or the one beside it; what is written is exact.
fn assert_same(got: &Value, expected: f64) {
    let got = got.as_f64().unwrap();
    let difference = (got - expected).abs();
    assert!(
        difference <= 2.0 * f64::EPSILON * expected.abs(),
        "{got} for {expected}"
    );
}

#[test]
fn the_report_is_valid_by_its_schema_and_a_wrong_one_is_not() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let json = &built().json;
    let errors: Vec<String> = validator
        .iter_errors(json)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 7] = [
        ("no title", |json| {
            json.as_object_mut().unwrap().remove("title");
        }),
        ("another key", |json| json["more"] = json!(1)),
        ("a text for a number", |json| {
            json["figures"][2]["units"][0]["found"]["map"]["smallest"] = json!("0");
        }),
        ("an unknown kind", |json| {
            json["figures"][2]["units"][0]["found"]["kind"] = json!("other");
        }),
        ("an unknown dtype", |json| {
            json["figures"][2]["units"][0]["found"]["map"]["dtype"] = json!("int8");
        }),
        ("no probability", |json| {
            let target = &mut json["figures"][2]["units"][0]["found"]["target"];
            target.as_object_mut().unwrap().remove("probability");
        }),
        ("no counts", |json| {
            let figure = json["figures"].as_array_mut().unwrap().last_mut().unwrap();
            let outcomes = figure["outcomes"].as_object_mut().unwrap();
            outcomes.remove("counts").unwrap();
        }),
    ];
    for (what, change) in changes {
        let mut changed = json.clone();
        change(&mut changed);
        assert_ne!(&changed, json, "{what}");
        assert!(!validator.is_valid(&changed), "{what} is refused");
    }
}

#[test]
fn texts_figures_and_photos_stand_as_in_the_report() {
    let json = &built().json;
    assert_eq!(json["title"], "Every number");
    assert_eq!(json["byline"], json!([{ "label": "Author", "value": "A" }]));
    assert!(!json["introduction"].as_str().unwrap().contains("{value:"));
    let first = &json["sections"][0];
    assert_eq!(first["points"], 2.5);
    let text = "See [Figure 3](#fig-saliency).";
    assert_eq!(first["blocks"][0], json!({ "text": text }));
    assert_eq!(first["blocks"][3], json!({ "figure": "saliency" }));
    let saliency = figure(json, "saliency");
    assert_eq!(saliency["exhibits"][0]["number"], "Figure 3");
    assert_eq!(saliency["exhibits"][0]["anchor"], "fig-saliency");
    assert_eq!(saliency["parameters"]["method"]["class"], "predicted");
    assert_eq!(saliency["parameters"]["view"]["percentile"], 99.0);
    assert_eq!(saliency["method_version"], 2);
    assert_eq!(json["photos"][1]["file"], "photos/coffee.webp");
    assert_eq!(json["photos"][1]["name"], "Kaffee");
    let content = std::fs::read(built().folder.path().join("photos/coffee.webp")).unwrap();
    let digest = blake3::hash(&content).to_hex();
    assert_eq!(json["photos"][1]["blake3"], digest.as_str());
    assert_eq!(json["provenance"]["input_shape"], json!([3, 64, 64]));
    let kinds: BTreeSet<&str> = json["figures"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|figure| figure["units"].as_array().unwrap())
        .map(|unit| unit["found"]["kind"].as_str().unwrap())
        .collect();
    let expected = ["attributions", "optimised", "predictions", "superpixels"];
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[test]
fn every_array_is_there_as_the_report_says() {
    let Built { output, json, .. } = built();
    let mut names = BTreeSet::new();
    let mut arrays = 0;
    for named in named_files(json) {
        let file = named["file"].as_str().unwrap();
        names.insert(file.to_owned());
        let Some(shape) = named.get("shape") else {
            continue; // a table
        };
        let array = array(output, named);
        arrays += 1;
        assert_eq!(shape, &json!(array.shape), "{file}");
        assert_eq!(named["dtype"], array.dtype.as_str(), "{file}");
        let smallest = array.values.iter().copied().reduce(f64::min);
        let largest = array.values.iter().copied().reduce(f64::max);
        assert_same(&named["smallest"], smallest.unwrap());
        assert_same(&named["largest"], largest.unwrap());
    }
    // Of photos: 2 × 2 scores, 3 maps, 2 of segments, 4 of filters; 4 pictures.
    assert_eq!(arrays, 17);
    let there = std::fs::read_dir(output.join("report_data")).unwrap();
    let there: BTreeSet<String> = there
        .map(|entry| format!("report_data/{}", entry.unwrap().file_name().display()))
        .collect();
    assert_eq!(there, names);
}

#[test]
fn the_map_of_saliency_is_the_golden_gradient() {
    let Built { output, json, .. } = built();
    let found = found(json, "saliency", 0);
    assert_eq!(found["meaning"], "sensitivity");
    let map = array(output, &found["map"]);
    let expected = golden("gradient_top1").get(0);
    assert_eq!(map.shape, [3, 64, 64]);
    let got = Tensor::from_slice(&map.values).view([3, 64, 64]);
    let difference = (got - &expected).abs().max().double_value(&[]);
    let relative = difference / expected.abs().max().double_value(&[]);
    assert!(relative < 1e-4, "{relative}");
    let scores = array(output, &self::found(json, "predictions", 0)["scores"]);
    let expected = Vec::<f64>::try_from(golden("logits").get(0)).unwrap();
    for (got, expected) in scores.values.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-4, "{got} for {expected}");
    }
}

#[test]
fn numbers_are_those_of_the_results() {
    let built = built();
    let Built { output, json, .. } = built;
    let (plan, executed) = executed(built);

    let lime = results(&plan, &executed, "lime");
    for (unit, results) in lime.iter().enumerate() {
        let Results::Superpixels(expected) = results else {
            panic!("superpixels expected")
        };
        let found = found(json, "lime", unit);
        let weights = found["weights"].as_array().unwrap();
        assert_eq!(weights.len(), expected.weights.len());
        for (got, &expected) in weights.iter().zip(&expected.weights) {
            assert_same(got, expected);
        }
        assert_same(&found["intercept"], expected.intercept);
        assert_same(&found["r_squared"], expected.fit.r_squared.unwrap());
        assert_same(&found["target"]["probability"], expected.target.probability);
        let segments = array(output, &found["segments"]).values;
        assert!(
            segments
                .iter()
                .map(|&n| n as u32)
                .eq(expected.labels.clone())
        );
    }

    let matrix = &figure(json, "confusion_matrix")["outcomes"];
    let [Results::Outcomes(outcomes)] = results(&plan, &executed, "confusion_matrix")[..] else {
        panic!("one range of outcomes expected")
    };
    let truths = [3, 5, 5];
    let mut counts = vec![vec![0; 11]; 11];
    for (row, truth) in outcomes.rows.iter().zip(truths) {
        let Outcome::Classified(tally) = row else {
            panic!("all photos are readable")
        };
        counts[truth][tally.predicted] += 1;
    }
    assert_eq!(matrix["counts"], json!(counts));
    assert_eq!(matrix["total"], 3);
    let table = output.join(matrix["rows"]["file"].as_str().unwrap());
    let mut table = csv::Reader::from_path(table).unwrap();
    assert_eq!(
        matrix["rows"]["columns"],
        json!(Vec::from_iter(table.headers().unwrap()))
    );
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let paths: BTreeSet<&str> = rows.iter().map(|row| &row[0]).collect();
    let expected = [
        "labelled/3/a.webp",
        "labelled/5/b, \"c\".webp",
        "labelled/5/d.png",
    ];
    assert_eq!(paths, BTreeSet::from(expected));
    for (row, outcome) in rows.iter().zip(&outcomes.rows) {
        let Outcome::Classified(tally) = outcome else {
            unreachable!()
        };
        assert_eq!(row[2], tally.predicted.to_string());
        assert_eq!(row[3].parse::<f64>().unwrap(), tally.probability);
        assert_eq!(row[5].parse::<usize>().unwrap(), tally.leading[0].0);
        assert_eq!(row[6].parse::<f64>().unwrap(), tally.leading[0].1);
    }

    let Results::Attributions(map) = results(&plan, &executed, "saliency")[0] else {
        panic!("a map expected")
    };
    let (low, high) = map.values.extremes();
    let found = found(json, "saliency", 0);
    assert_eq!(found["map"]["smallest"], f64::from(low));
    assert_eq!(found["map"]["largest"], f64::from(high));
    let size = f64::from(high.max(-low));
    assert_eq!(json["values"]["saliency.golden.largest"], size);

    let dream = results(&plan, &executed, "deep_dream")[0];
    let Results::Optimised(dream) = dream else {
        panic!("a picture expected")
    };
    let found = self::found(json, "deep_dream", 0);
    let objectives = found["curves"][0]["objectives"].as_array().unwrap();
    assert_eq!(objectives.len(), dream.curves[0].objectives.len());
    for (got, &expected) in objectives.iter().zip(&dream.curves[0].objectives) {
        assert_same(got, expected);
    }
    let steps = json!([{ "kind": "step", "step": 2 }, { "kind": "step", "step": 4 }]);
    assert_eq!(found["frames"], steps);
    assert_eq!(dream.frames.len(), 2);
    let last = array(output, &found["last"]).values;
    let expected = &dream.last.as_ref().unwrap().values;
    assert!(last.iter().map(|&n| n as f32).eq(expected.iter().copied()));
}

/// All files below a folder with their content.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => found.push((path.clone(), std::fs::read(path).unwrap())),
        }
    }
    found.sort();
    found
}

fn below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let relative = |(path, content): (PathBuf, Vec<u8>)| {
        let path = path.strip_prefix(folder).unwrap().to_owned();
        (path, content)
    };
    tree(folder).into_iter().map(relative).collect()
}

#[test]
fn json_alone_is_the_same_json_whatever_is_stored() {
    let folder = project("[json]");
    let output = build(&folder, "build", Reuse::Stored);
    let again = build(&folder, "again", Reuse::Nothing);
    let (one, two) = (below(&output), below(&again));
    assert!(one == two, "two builds give the same bytes");
    let name = |(path, _): &(PathBuf, Vec<u8>)| path.display().to_string();
    let pages = one
        .iter()
        .map(name)
        .filter(|name| !name.starts_with("report_data"));
    let pages: Vec<String> = pages.collect();
    // The lock of the folder may stay; no HTML, no Markdown, no pictures.
    let expected = |name: &String| name == "report.json" || name.starts_with('.');
    assert!(pages.iter().all(expected), "{pages:?}");
    let beside_pages = std::fs::read(built().output.join("report.json")).unwrap();
    let alone = std::fs::read(output.join("report.json")).unwrap();
    assert!(alone == beside_pages, "other formats change nothing");
}

#[test]
fn stale_arrays_go_and_the_users_files_stay() {
    let folder = project("[json]");
    let output = build(&folder, "build", Reuse::Stored);
    let data = output.join("report_data");
    let old = |json: &Value| output.join(json["file"].as_str().unwrap());
    let before = read_json(&output);
    let stale = old(&found(&before, "filters", 0)["last"]);
    let kept = old(&found(&before, "saliency", 0)["map"]);
    assert!(stale.exists());
    for own in ["mine.npy", "saliency-mine.0123abcd.npy"] {
        std::fs::write(data.join(own), "mine").unwrap();
    }
    let spec = folder.path().join("report.yaml");
    let text = std::fs::read_to_string(&spec).unwrap();
    let changed = text.replace("filters: [5], steps: 3", "filters: [5], steps: 4");
    assert_ne!(text, changed);
    std::fs::write(&spec, changed).unwrap();
    build(&folder, "build", Reuse::Stored);
    let after = read_json(&output);
    assert!(!stale.exists(), "an array that nothing names any more");
    assert!(old(&found(&after, "filters", 0)["last"]).exists());
    assert_eq!(old(&found(&after, "saliency", 0)["map"]), kept);
    assert!(kept.exists());
    for own in ["mine.npy", "saliency-mine.0123abcd.npy"] {
        assert_eq!(std::fs::read(data.join(own)).unwrap(), b"mine");
    }
}

#[test]
fn what_is_not_finite_is_null_and_what_failed_says_why() {
    let built = built();
    let (plan, mut executed) = executed(built);
    let at = |name: &str| {
        plan.tasks
            .iter()
            .position(|task| task.name == name)
            .unwrap()
    };
    match &mut executed.results[at("lime")][0] {
        Some(Results::Superpixels(found)) => found.intercept = f64::NAN,
        _ => panic!("superpixels expected"),
    }
    match &mut executed.results[at("filters")][0] {
        Some(Results::Optimised(found)) => {
            found.curves[0].objectives = vec![1.0, f64::INFINITY, f64::NAN];
            found.last = None;
        }
        _ => panic!("a picture expected"),
    }
    match &mut executed.results[at("activation_maps")][0] {
        Some(Results::Attributions(found)) => found.values.values.fill(f32::NAN),
        _ => panic!("a map expected"),
    }
    let matrix = at("confusion_matrix");
    let reason = ExplainError::Failed("it fell".to_owned());
    executed.failures.insert(matrix, reason);
    executed.results[matrix] = vec![None];
    let document = assemble::report(&plan, &executed).unwrap();
    let (machine, _) = report(&plan, &executed, &document, "report_data").unwrap();
    let json: Value = serde_json::from_slice(&machine.to_json().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    assert!(validator.is_valid(&json));
    assert_eq!(found(&json, "lime", 0)["intercept"], Value::Null);
    let filters = found(&json, "filters", 0);
    assert_eq!(filters["curves"][0]["objectives"], json!([1.0, null, null]));
    assert_eq!(filters["last"], Value::Null);
    let map = &found(&json, "activation_maps", 0)["map"];
    assert_eq!(map["largest"], Value::Null);
    let matrix = figure(&json, "confusion_matrix");
    assert_eq!(matrix["outcomes"], Value::Null);
    assert_eq!(matrix["failure"], "it fell");
    assert!(matrix["notices"][0].as_str().unwrap().contains("it fell"));
}

#[test]
fn the_schema_in_docs_is_what_the_program_says() {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .args(["schema", "--report"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let page = repository().join("docs/report.schema.json");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        told == page,
        "run `cnn-report schema --report > docs/report.schema.json`"
    );
    let parsed: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(parsed, json_schema());
}

/// Keys that the page of report.json shows are keys of the schema.
#[test]
fn the_page_about_the_report_names_keys_that_there_are() {
    let page = std::fs::read_to_string(repository().join("docs/report-json.md")).unwrap();
    // Parameters of a method are keys of report.yaml.
    let of_spec = cnn_report::spec::json_schema(&cnn_report::method_schemas());
    let schema = json_schema().to_string() + &of_spec.to_string();
    let keys = page
        .split("[\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\"]")?.0));
    let keys: BTreeSet<&str> = keys.collect();
    assert!(keys.len() > 5, "{keys:?}");
    for key in keys {
        assert!(
            schema.contains(&format!("\"{key}\"")),
            "`{key}` of the page"
        );
    }
}
