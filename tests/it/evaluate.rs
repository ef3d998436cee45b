//! The confusion matrix: rates against scikit-learn, a run of net1, faults of the files, and the
//! repository's own photos.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cnn_report::evaluate::labelled::Labelled;
use cnn_report::evaluate::{
    activation_histogram, calibration, confusion_matrix, mistakes, top_patches,
};
use cnn_report::explain::{Fault, Photo};
use cnn_report::labels::Labels;
use cnn_report::model::{Model, Source};
use cnn_report::picture::{Input, Preprocessing, Resize};
use cnn_report::present::exhibit::{Body, CellPhoto, Matrix};
use cnn_report::present::{Data, Found, Task, present};
use cnn_report::results::calibration::{Binning, Calibration};
use cnn_report::results::rates::Rates;
use cnn_report::results::{Outcome, Outcomes, Picture, Results, Tally, Target};
use cnn_report::words::{Argument, Message, Strings};
use serde_json::{Map, Value, json};

use crate::bench::{Bench, Ran, keys};
use crate::strings;

pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn rates_are_those_of_scikit_learn() {
    let golden = std::fs::read(repository("tests/data/evaluate/scikit_learn.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    let indices =
        |key: &str| -> Vec<usize> { serde_json::from_value(golden[key].clone()).unwrap() };
    let mut counts = vec![vec![0; 11]; 11];
    indices("true")
        .into_iter()
        .zip(indices("predicted"))
        .for_each(|(t, p)| counts[t][p] += 1);
    assert_eq!(json!(counts), golden["matrix"]);
    let rates = Rates::new(&counts);
    let report = &golden["classification_report"];
    // Ratios and sums of a few doubles.
    let close = |found: f64, expected: &Value| (found - expected.as_f64().unwrap()).abs() < 1e-12;
    assert!(close(rates.accuracy, &report["accuracy"]));
    for (class, rates) in rates.classes.iter().enumerate() {
        let expected = &report[class.to_string()];
        assert!(close(rates.precision.unwrap(), &expected["precision"]));
        assert!(close(rates.recall.unwrap(), &expected["recall"]));
        assert!(close(rates.f1.unwrap(), &expected["f1-score"]));
        assert!(close(rates.support as f64, &expected["support"]));
    }
    for (found, name) in [
        (rates.macro_average, "macro avg"),
        (rates.weighted_average, "weighted avg"),
    ] {
        assert!(close(found.precision, &report[name]["precision"]));
        assert!(close(found.recall, &report[name]["recall"]));
        assert!(close(found.f1, &report[name]["f1-score"]));
    }
}

/// A folder that holds what a test writes into it.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn with(self, path: &str, content: &[u8]) -> Self {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub fn photo(self, path: &str, of: &str) -> Self {
        let photo = std::fs::read(repository(&format!("tests/data/picture/{of}.webp"))).unwrap();
        self.with(path, &photo)
    }
}

fn labels() -> Labels {
    Labels("abcdefghij".chars().map(String::from).collect())
}

fn parameters(parameters: Value) -> Labelled {
    serde_json::from_value(parameters).unwrap()
}

fn run(folder: &Folder, parameters: Value) -> Ran {
    net1(folder).run(&confusion_matrix::ENTRY, parameters)
}

fn run_with(
    model: Model,
    labels: Labels,
    preprocessing: Preprocessing,
    base: &Path,
    parameters: Value,
) -> Ran {
    let mut bench = Bench::new(model, preprocessing, Vec::new());
    bench.labels = labels;
    bench.base = base.to_owned();
    bench.run(&confusion_matrix::ENTRY, parameters)
}

/// net1 at its size, over photos of a folder.
pub fn net1(folder: &Folder) -> Bench {
    let source = Source::new(repository("tests/data/model/net1.pt2"), [3, 64, 64]);
    let resize = Resize::Stretch {
        height: 64,
        width: 64,
    };
    let preprocessing = Preprocessing {
        resize,
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    };
    let model = Model::load(&source, crate::bench::device()).unwrap();
    let mut bench = Bench::new(model, preprocessing, Vec::new());
    bench.labels = labels();
    bench.base = folder.0.path().to_owned();
    bench
}

fn matrix(finding: &Ran) -> &Matrix {
    match &finding.exhibits[0].body {
        Body::Matrix(matrix) => matrix,
        _ => panic!("the matrix comes first"),
    }
}

fn literal(names: &[&str]) -> Vec<Message> {
    names.iter().map(|name| Message::literal(*name)).collect()
}

fn says(ran: &Ran, wanted: &str) -> bool {
    keys(&ran.notices).contains(&wanted)
}

/// net1 takes both photos for class 8, `i`, at every size and with every filter.
fn two_photos() -> Folder {
    Folder::new()
        .photo("photos/drink/1.webp", "coffee")
        .photo("photos/cat/chelsea.WebP", "chelsea")
}

#[test]
fn photos_are_counted_by_group_and_no_group_is_left_out() {
    let folder = two_photos().with("photos/cat/notes.txt", b"no photo").with(
        "groups.yaml",
        b"drink: [i, a]\ncat: [j]\nfish: [0x]\n".as_slice(),
    );
    let wrong = parameters(json!({ "data": "photos", "groups": "groups.yaml" })).prepare(
        folder.0.path(),
        &labels(),
        &Preprocessing::default(),
    );
    assert!(
        wrong.unwrap_err()[0]
            .message
            .contains("`groups.yaml:3:8`: there is no class `0x`")
    );
    let folder = folder.with("groups.yaml", b"drink: [i]\ncat: [j]\nfish: [2]\nfox:\n");
    let finding = run(
        &folder,
        json!({ "data": "photos", "groups": "groups.yaml" }),
    );
    let matrix = matrix(&finding);
    assert_eq!(matrix.rows, literal(&["drink", "cat", "fish", "fox"]));
    assert_eq!(matrix.columns[..4], matrix.rows);
    assert_eq!(matrix.counts[0][0], 1); // coffee
    assert_eq!(matrix.counts.iter().flatten().sum::<usize>(), 2);
    assert!(says(&finding, "outcomes.notice_without_photos"));
    assert!(says(&finding, "outcomes.notice_skipped"));
    strings::assert_said(&finding);
}

#[test]
fn mistakes_are_listed_and_shown() {
    // Only class 8 is in a group: whatever the network says of the cat, it is not in the model.
    let folder = two_photos().with("groups.yaml", b"drink: 0-9\ncat: []\n");
    let finding = run(
        &folder,
        json!({ "data": "photos", "groups": "groups.yaml", "batch": 1 }),
    );
    assert_eq!(matrix(&finding).counts, [[1, 0], [1, 0]]);
    assert!(says(&finding, "outcomes.notice_not_in_model"));
    assert!(says(&finding, "outcomes.notice_undefined")); // cat: never predicted
    let Body::Table(rates) = &finding.exhibits[1].body else {
        panic!("rates come second")
    };
    assert_eq!(rates.rows[1][4], Argument::from("–"));
    assert_eq!(
        rates.rows[0][4..],
        [0.5, 1.0, 2.0 / 3.0].map(|rate| Argument::Number(rate, 3))
    );
    assert_eq!(
        rates.rows[2][4..],
        [0.25, 0.5, 1.0 / 3.0].map(|rate| Argument::Number(rate, 3))
    );
    let Body::Table(pairs) = &finding.exhibits[2].body else {
        panic!("mistakes come third")
    };
    assert_eq!(
        pairs.rows[0][2..],
        [Argument::Count(1), Argument::Percent(1.0, 1)]
    );
    let Body::Pictures(pictures) = &finding.exhibits[3].body else {
        panic!("photos come last")
    };
    let picture = &pictures.tiles[0].picture;
    assert_eq!(
        (pictures.tiles.len(), picture.width, picture.height),
        (1, 64, 64)
    );
    strings::assert_said(&finding);
    let without = run(
        &folder,
        json!({ "data": "photos", "groups": "groups.yaml", "examples": 0 }),
    );
    assert_eq!(without.exhibits.len(), 3);
}

#[test]
fn other_is_a_column_when_predicted_and_a_row_when_a_label() {
    let folder = two_photos().with("groups.yaml", b"drink: [0]\ncat: [1]\n");
    let finding = run(
        &folder,
        json!({ "data": "photos", "groups": "groups.yaml" }),
    );
    assert_eq!(matrix(&finding).counts, [[0, 0, 1], [0, 0, 1]]);
    assert_eq!(matrix(&finding).columns[2], Message::new("outcomes.other"));
    assert!(says(&finding, "outcomes.notice_other"));
    strings::assert_said(&finding);
    let list = folder.with("list.csv", b"photos/drink/1.webp,other\n");
    let finding = run(
        &list,
        json!({ "data": "list.csv", "groups": "groups.yaml" }),
    );
    assert_eq!(matrix(&finding).counts, [[0, 0, 0], [0, 0, 0], [0, 0, 1]]);
    assert_eq!(finding.exhibits.len(), 2); // no mistake
    strings::assert_said(&finding);
}

#[test]
fn lists_give_what_folders_give() {
    let folder = two_photos()
        .with(
            "lists/tab.txt",
            "\u{feff}# photos\n\n../photos/drink/1.webp\ti\r\n../photos/cat/chelsea.WebP \t J\n"
                .as_bytes(),
        )
        .with(
            "lists/comma.csv",
            b"../photos/drink/1.webp, 8\n../photos/cat/chelsea.WebP,9\n",
        )
        .with(
            "lists/list.yaml",
            b"i: ../photos/drink/1.webp\nj: [../photos/cat/chelsea.WebP]\n",
        );
    let counts = |data: &str| {
        matrix(&run(&folder, json!({ "data": data })))
            .counts
            .clone()
    };
    let expected = counts("lists/tab.txt");
    assert_eq!((expected.len(), expected[8][8]), (10, 1)); // all ten classes, coffee right
    assert_eq!(counts("lists/comma.csv"), expected);
    assert_eq!(counts("lists/list.yaml"), expected);
}

fn faults(folder: &Folder, value: Value) -> Vec<String> {
    let faults = parameters(value)
        .prepare(folder.0.path(), &labels(), &Preprocessing::default())
        .unwrap_err();
    let base = folder.0.path().display().to_string();
    let text = |fault: Fault| {
        let text = format!("{} {}; {}", fault.pointer, fault.message, fault.hint);
        text.replace(&format!("{base}/"), "")
    };
    faults.into_iter().map(text).collect()
}

#[test]
fn every_fault_of_a_list_is_found_at_once_with_its_line() {
    let folder = two_photos()
        .with("broken.png", b"\x89PNG\r\n\x1a\n")
        .with("list.txt", b"photos/drink/1.webp\tk\nbroken.png,a\nmissing.jpg,a\nphotos/drink/1.webp,a\n./x\nphotos/drink/1.webp,b\n");
    let found = faults(&folder, json!({ "data": "list.txt" }));
    let starts = [
        "/data `list.txt:1:1`: there is no class `k`; expected a class name or number",
        "/data `list.txt:5:1`: `./x` has no label; separate path and label",
        "/data `list.txt:3:1`: cannot read `missing.jpg`",
        "/data `list.txt:6:1`: `photos/drink/1.webp` is listed twice; the first place is line 4",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (fault, start) in found.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault}");
    }
}

#[test]
fn every_fault_of_a_folder_is_found_at_once() {
    let folder = two_photos()
        .photo("photos/loose.webp", "coffee")
        .with("groups.yaml", b"drnik: 0\ncat: 1\n");
    let found = faults(
        &folder,
        json!({ "data": "photos", "groups": "groups.yaml" }),
    );
    assert_eq!(
        found,
        [
            "/data `photos`: `photos/loose.webp` lies in no sub-folder; the sub-folder's name is the label",
            "/data `photos`: sub-folder `drink`: there is no group `drink`; did you mean `drnik`",
        ]
    );
    std::fs::create_dir(folder.0.path().join("empty")).unwrap();
    assert!(
        faults(&folder, json!({ "data": "empty" }))[0]
            .starts_with("/data `empty`: there is no photo")
    );
    assert!(
        faults(&folder, json!({ "data": "nowhere" }))[0]
            .starts_with("/data `nowhere`: cannot read")
    );
    assert!(faults(&folder, json!({}))[0].starts_with("/data `data` is missing"));
    let missing = faults(&folder, json!({ "data": "photos", "groups": "no.yaml" }));
    assert!(
        missing[0].starts_with("/groups cannot read `no.yaml`"),
        "{missing:?}"
    );
}

#[test]
fn parameters_are_checked() {
    let refused = |value: Value| (confusion_matrix::ENTRY.parse)(value).is_err();
    assert!(refused(json!({ "folder": "photos" })) && refused(json!({ "data": 3 })));
    assert!(!refused(
        json!({ "data": "photos", "groups": "groups.yaml", "batch": 2 })
    ));
}

/// `photos/README.md` gives the counts that PyTorch and Pillow came to, and the two photos of 159 that our JPEG
/// decoder tips to another group. The next nearest decision has a margin of 3.7 %, which no rounding reaches.
#[test]
fn the_repositorys_own_photos_come_out_as_the_readme_says() {
    let labels = Labels::read(&repository("models/imagenet_classes.txt")).unwrap();
    let source = Source::new(
        repository("models/squeezenet1_1.safetensors"),
        [3, 224, 224],
    )
    .with_architecture(Some("squeezenet1_1"));
    let squeezenet = Model::load(&source, crate::bench::device()).unwrap();
    let resize = Resize::ShorterThenCrop {
        shorter: 256,
        height: 224,
        width: 224,
    };
    let preprocessing = Preprocessing {
        resize,
        mean: vec![0.485, 0.456, 0.406],
        std: vec![0.229, 0.224, 0.225],
        ..Preprocessing::default()
    };
    let parameters = json!({ "data": "photos/labelled", "groups": "photos/groups.yaml" });
    let finding = run_with(
        squeezenet,
        labels,
        preprocessing,
        &repository(""),
        parameters,
    );
    let matrix = matrix(&finding);
    let diagonal: Vec<usize> = (0..matrix.rows.len())
        .map(|group| matrix.counts[group][group])
        .collect();
    assert_eq!(diagonal, [18, 4, 2, 18, 2, 4, 3, 18, 20, 0, 7]);
    // Behind the eleven groups stands `other`. The two rows in which another JPEG decoder tips a photo: fish and tool.
    assert_eq!(matrix.counts[0], [18, 0, 3, 2, 1, 0, 0, 0, 0, 0, 0, 4]);
    assert_eq!(matrix.counts[7], [0, 0, 0, 0, 0, 3, 3, 18, 0, 0, 0, 14]);
    assert_eq!(matrix.counts.iter().flatten().sum::<usize>(), 159);
    strings::assert_said(&finding);
}

/// Points of both strategies as `sklearn.calibration.calibration_curve` gives them; the errors as numpy sums them up.
#[test]
fn calibration_is_that_of_scikit_learn() {
    let golden = std::fs::read(repository("tests/data/evaluate/calibration.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    let numbers = |value: &Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
    let right: Vec<bool> = serde_json::from_value(golden["right"].clone()).unwrap();
    let photos: Vec<(f64, bool)> = numbers(&golden["confidence"])
        .into_iter()
        .zip(right)
        .collect();
    for (name, binning) in [
        ("uniform", Binning::Uniform),
        ("quantile", Binning::Quantile),
    ] {
        for case in golden[name].as_array().unwrap() {
            let bins = case["bins"].as_u64().unwrap() as usize;
            let found = Calibration::new(&photos, bins, binning);
            let occupied = || found.bins.iter().filter(|bin| bin.count > 0);
            let shares: Vec<f64> = occupied().filter_map(|bin| bin.share_right()).collect();
            let confidences: Vec<f64> = occupied().map(|bin| bin.confidence).collect();
            for (found, expected) in [
                (shares, &case["prob_true"]),
                (confidences, &case["prob_pred"]),
                (vec![found.expected_error], &case["expected_error"]),
                (vec![found.maximum_error], &case["maximum_error"]),
                (vec![found.brier], &golden["brier"]),
            ] {
                let expected = numbers(expected);
                assert_eq!(found.len(), expected.len(), "{name} {bins}");
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(
                        (found - expected).abs() < 1e-12,
                        "{name} {bins}: {found} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn calibration_counts_what_the_matrix_counts() {
    let folder = two_photos().with("groups.yaml", b"drink: 0-9\ncat: []\n");
    let keys_of_data = json!({ "data": "photos", "groups": "groups.yaml" });
    let found = net1(&folder).run(&calibration::ENTRY, keys_of_data);
    // All classes are in one group: every photo is predicted as it with probability 1, and one of two is right.
    let Body::Curves(curves) = &found.exhibits[0].body else {
        panic!("the curve comes first")
    };
    let [(confidence, share)] = curves.series[0].points[..] else {
        panic!("one bin has photos")
    };
    assert!((confidence - 1.0).abs() < 1e-6 && share == 0.5);
    let Body::Histograms(all) = &found.exhibits[1].body else {
        panic!("confidences come second")
    };
    assert_eq!(all.charts[0].edges.len(), 11);
    let last: Vec<f64> = all.charts[0].heights.iter().map(|part| part[9]).collect();
    assert_eq!(last, [1.0, 1.0]); // right and wrong
    strings::assert_said(&found);
}

/// The maps are those of the explaining method for the class and photo.
#[test]
fn a_mistake_is_explained_for_both_of_its_classes() {
    // net1 takes both photos for class 8, `i`.
    let folder = two_photos().with("groups.yaml", b"drink: [0]\ncat: 1-9\n");
    let bench = net1(&folder);
    for map in ["grad_cam", "saliency"] {
        let data = json!({ "data": "photos", "groups": "groups.yaml", "map": map, "count": 3 });
        let found = bench.run(&mistakes::ENTRY, data);
        let maps: Vec<_> = found
            .results
            .iter()
            .filter_map(|results| match results {
                Results::Attributions(map) => Some(map),
                _ => None,
            })
            .collect();
        let classes: Vec<usize> = maps
            .iter()
            .map(|map| match map.target {
                Target::Class(ref target) => target.scalar.class().unwrap(),
                _ => panic!("maps are of classes"),
            })
            .collect();
        assert_eq!(classes, [8, 0], "{map}"); // coffee is `drink`; the cat was right
        let coffee = folder.0.path().join("photos/drink/1.webp");
        let picture = Input::open(&coffee, None)
            .unwrap()
            .prepared(&coffee, &bench.preprocessing)
            .unwrap()
            .picture;
        let mut alone = net1(&folder);
        alone.photos = vec![Arc::new(Photo::of_picture(
            "coffee",
            picture,
            &bench.preprocessing,
        ))];
        for (found, class) in maps.iter().zip([8, 0]) {
            let expected = alone.run(crate::bench::entry(map), json!({ "class": class }));
            assert_eq!(expected.results, [Results::Attributions((*found).clone())]);
        }
        // Photo and two maps, on one scale.
        let Body::HeatMaps(shown) = &found.exhibits[0].body else {
            panic!("maps come first")
        };
        assert_eq!((shown.tiles.len(), shown.columns), (3, 3));
        assert_eq!(shown.tiles[1].range, shown.tiles[2].range);
        strings::assert_said(&found);
    }
}

#[test]
fn no_mistake_and_a_label_without_class_are_said() {
    let folder = two_photos().with("groups.yaml", b"drink: [8]\ncat: []\n");
    let data = json!({ "data": "photos", "groups": "groups.yaml" });
    let found = net1(&folder).run(&mistakes::ENTRY, data);
    assert!(says(&found, "wrong_photos.notice_not_in_model"));
    assert_eq!(found.results.len(), 2); // outcomes, and the map of what the cat was predicted as
    let folder = Folder::new()
        .photo("photos/i/1.webp", "coffee")
        .photo("photos/i/2.webp", "chelsea");
    let found = net1(&folder).run(&mistakes::ENTRY, json!({ "data": "photos" }));
    assert!(says(&found, "wrong_photos.notice_none") && found.exhibits.is_empty());
    let faults = net1(&folder).faults(
        &mistakes::ENTRY,
        json!({ "data": "photos", "map": "saliency", "layer": 0 }),
    );
    assert_eq!(faults[0].pointer, "/layer");
}

/// What is said of a layer over a data set is what the layer gives for each photo alone.
#[test]
fn responses_are_those_of_the_layer() {
    let folder = two_photos()
        .photo("photos/cat/again.webp", "chelsea")
        .with("groups.yaml", b"drink: [8]\ncat: [0]\n");
    let bench = net1(&folder);
    let layer = 0; // conv1: outputs of both signs
    let keys_of = json!({ "data": "photos", "groups": "groups.yaml", "layer": layer, "filters": [0, 3], "batch": 2 });
    let found = bench.run(&top_patches::ENTRY, keys_of.clone());
    let [Results::Responses(all)] = &found.results[..] else {
        panic!("one range")
    };
    // In the order of the folder.
    let files = ["cat/again.webp", "cat/chelsea.WebP", "drink/1.webp"];
    let picture = |file: &str| {
        let path = folder.0.path().join("photos").join(file);
        let input = Input::open(&path, None).unwrap();
        input.prepared(&path, &bench.preprocessing).unwrap().picture
    };
    let mut alone = net1(&folder);
    alone.photos = files
        .iter()
        .map(|file| Arc::new(Photo::of_picture(file, picture(file), &bench.preprocessing)))
        .collect();
    let maps = alone.run(
        crate::bench::entry("activation_maps"),
        json!({ "layer": layer, "filters": [3] }),
    );
    let filter = &all.filters[3];
    let mut largest = Vec::new();
    for (photo, map) in maps.results.iter().enumerate() {
        let Results::Attributions(map) = map else {
            panic!("a map")
        };
        let values = &map.values.values;
        let mean = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        assert!((f64::from(filter.means[photo]) - mean).abs() <= 1e-6 * mean.abs().max(1e-3));
        let peak = filter
            .peaks
            .iter()
            .find(|peak| peak.photo == photo)
            .unwrap();
        let at = peak.row * map.values.width + peak.column;
        let most = values.iter().copied().fold(f32::MIN, f32::max);
        // A batch of two may be rounded otherwise than a photo alone.
        assert!((values[at] - most).abs() <= 1e-5 * most.abs());
        assert!((peak.value - most).abs() <= 1e-5 * most.abs());
        largest.push(most);
        assert_eq!(filter.cells(), 3 * values.len() as u64);
    }
    // The largest first; of the two equal photos the first.
    let order: Vec<usize> = filter.peaks.iter().map(|peak| peak.photo).collect();
    let is_cat_first = largest[0] > largest[2];
    assert_eq!(order, if is_cat_first { [0, 1, 2] } else { [2, 0, 1] });
    strings::assert_said(&found);
    let mut spread = keys_of;
    spread["filters"] = json!([3, 1]);
    let spread = bench.run(&activation_histogram::ENTRY, spread);
    assert_eq!(spread.results, found.results); // the same, shown otherwise
    let Body::Bars(bars) = &spread.exhibits[1].body else {
        panic!("means come second")
    };
    assert_eq!((bars.groups.len(), bars.groups[0].bars.len()), (2, 2));
    strings::assert_said(&spread);
}

#[test]
fn a_filter_that_is_not_there_is_refused() {
    let folder = two_photos();
    let keys_of = json!({ "data": "photos", "layer": 0, "filters": [99] });
    for entry in [&top_patches::ENTRY, &activation_histogram::ENTRY] {
        let faults = net1(&folder).faults(entry, keys_of.clone());
        assert_eq!(faults[0].pointer, "/filters/0");
    }
}

/// Sixty classes occur: the matrix shows those of the most frequent mistakes, and each row has all its photos.
#[test]
fn many_classes_are_shown_by_their_mistakes() {
    let (classes, photos) = (60, 400);
    let names: Vec<String> = (0..classes).map(|class| format!("class {class}")).collect();
    let truths: Vec<usize> = (0..photos).map(|photo| photo % classes).collect();
    // Class 7 is taken for 3 always, class 5 for 50 half of the time, and others for their neighbour now and then.
    let predicted = |photo: usize| match (photo % classes, photo / classes) {
        (7, _) => 3,
        (5, round) if round % 2 == 0 => 50,
        (class, 0) if class % 2 == 0 => (class + 1) % classes,
        (class, _) => class,
    };
    let row = |photo: usize| {
        Outcome::Classified(Tally {
            predicted: predicted(photo),
            probability: 0.5,
            leading: Vec::new(),
        })
    };
    let results = Results::Outcomes(Outcomes {
        rows: (0..photos).map(row).collect(),
    });
    let data = Data {
        groups: &names,
        classes_in: vec![1; classes + 1],
        truths: truths.clone(),
        labels: Vec::new(),
        paths: truths.iter().map(usize::to_string).collect(),
        arrays: 0,
        skipped: 0,
        unread_formats: Vec::new(),
        unreadable: Vec::new(),
        classes_in_text_order: &[],
        // The file of photo 7, the first that is taken for class 3, is gone.
        open: &|photo| (photo != 7).then(|| Picture::filled(2, 2, [9; 3])),
    };
    let (_, view) = crate::bench::parsed(&confusion_matrix::ENTRY, json!({ "data": "photos" }));
    let strings = Strings::new("en").unwrap();
    let shown = present(&Task {
        method: "confusion_matrix",
        view: &view,
        parameters: &Map::new(),
        strings: &strings,
        activation: "softmax",
        classes: &names,
        photos: &[],
        data: Some(&data),
        checked: &[],
        found: &[Found {
            photo: None,
            results: &results,
        }],
    });
    let Body::Matrix(matrix) = &shown.exhibits[0].body else {
        panic!("the matrix comes first")
    };
    // Photos of cells: one of each, then the second of the most frequent mistakes, until there are sixty.
    let in_cell = |row: &str, column: &str| {
        let is_named =
            |names: &[Message], at: usize, name: &str| names[at] == Message::literal(name);
        let photos = matrix.photos.iter();
        photos
            .filter(|one| {
                is_named(&matrix.rows, one.row, row)
                    && is_named(&matrix.columns, one.column, column)
            })
            .count()
    };
    assert_eq!(
        [
            in_cell("class 7", "class 3"),
            in_cell("class 5", "class 50")
        ],
        [1, 2]
    );
    assert!(
        matrix.photos.len() < 60 && matrix.photos.len() > 50,
        "{}",
        matrix.photos.len()
    );
    for photo in &matrix.photos {
        let count = matrix.counts[photo.row][photo.column];
        let same = |other: &&CellPhoto| (other.row, other.column) == (photo.row, photo.column);
        assert!(matrix.photos.iter().filter(same).count() <= count.min(3));
    }
    assert!(
        matrix.rows.len() <= 24 && matrix.rows.len() >= 20,
        "{}",
        matrix.rows.len()
    );
    assert_eq!(matrix.columns.len(), matrix.rows.len() + 1);
    for wanted in ["class 3", "class 7", "class 5", "class 50"] {
        assert!(matrix.rows.contains(&Message::literal(wanted)), "{wanted}");
    }
    for (name, counts) in matrix.rows.iter().zip(&matrix.counts) {
        let class = names
            .iter()
            .position(|known| Message::literal(known.as_str()) == *name)
            .unwrap();
        let all = truths.iter().filter(|truth| **truth == class).count();
        assert_eq!(counts.iter().sum::<usize>(), all);
    }
    let Body::Table(rates) = &shown.exhibits[1].body else {
        panic!("rates come second")
    };
    assert_eq!(rates.rows.len(), matrix.rows.len() + 2); // and two averages
}
