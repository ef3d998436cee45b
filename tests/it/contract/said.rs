//! Every message of every method has its text in each language, and no text is there for nothing.

use std::collections::BTreeSet;

use cnn_report::assemble::with_task;
use cnn_report::execute::Checked;
use cnn_report::model::ModelFacts;
use cnn_report::plan::{Task, method_and_view};
use cnn_report::present::exhibit::{Body, Exhibit};
use cnn_report::present::{self, Data, Found, Presented, View};
use cnn_report::results::responses::{Responses, Seen};
use cnn_report::results::{
    Attributions, Curves, Ending, Fidelity, Kind, Optimised, Outcome, Outcomes, PhotoFact,
    PhotoFacts, Picture, PictureFacts, Results, StepCurve, Stopping, Superpixels, Tally, Target,
    Varied,
};
use cnn_report::words::Message;
use cnn_report::words::language::LANGUAGES;
use serde_json::{Value, json};

use super::cases::{NET1, Project, Ran, WITH_LAYERS};
use crate::strings::{said, texts};

/// Views in which a kind of result is said in other words.
fn views(kind: Kind) -> Vec<Value> {
    let views = match kind {
        Kind::Attributions => json!([
            { "view": "map", "scale": "own", "percentile": 100, "reduction": "max" },
            { "view": "overlay", "scale": "shared", "percentile": 90, "reduction": "sum" },
            { "view": "both", "scale": "own", "percentile": 90, "reduction": "mean" },
            { "view": "both", "scale": "shared", "percentile": 100 },
        ]),
        Kind::Superpixels => json!([{}, { "features": 1 }]),
        Kind::Predictions => json!([{}, { "top": 1 }]),
        Kind::Outcomes => json!([{}, { "pairs": 0 }]),
        Kind::Calibration => json!([{}, { "bins": 2, "binning": "quantile" }]),
        Kind::Labels => json!([{}, { "threshold": 0.1 }]),
        Kind::DataFaults => {
            json!([{}, { "hash_bits": 0, "dark": 1.0, "bright": 0.0, "blurred": 1e9, "aspect": 1.0, "flat": 1.0, "tiny_px": 9999 }])
        }
        Kind::Comparison => json!([{}, { "view": "map" }]),
        Kind::Factors => json!([{}, { "scale": "shared", "view": "map" }]),
        Kind::Photos
        | Kind::Optimised
        | Kind::Mistakes
        | Kind::Patches
        | Kind::Spread
        | Kind::Robustness
        | Kind::Concepts => json!([{}]),
    };
    views.as_array().unwrap().clone()
}

fn in_view(task: &Task, view: &Value, facts: &ModelFacts) -> View {
    let mut keys = view.as_object().unwrap().clone();
    keys.retain(|key, _| !task.entry.view.without.contains(&key.as_str()));
    let mut all = (task.entry.smallest)(facts);
    all.as_object_mut().unwrap().extend(keys);
    let (_, view) = method_and_view(task.entry, all.as_object().unwrap().clone()).unwrap();
    view.resolved(facts.classes)
}

/// What a unit could also have found: the cases in which a reader is told to be careful.
fn others(found: &Results) -> Vec<Results> {
    match found {
        Results::Attributions(found) => others_of_map(found),
        Results::Superpixels(found) => others_of_segments(found),
        Results::Predictions(_) => Vec::new(),
        Results::Optimised(found) => others_of_ascent(found),
        Results::Labels(_) => Vec::new(),
        Results::Outcomes(_) => Vec::new(), // see `a_large_data_set`
        Results::Responses(found) => others_of_responses(found),
        Results::PhotoFacts(found) => others_of_facts(found),
        Results::Concepts(found) => {
            let mut other = found.clone();
            (other.is_converged, other.shifted_channels) = (false, 1);
            for one in &mut other.concepts {
                one.importance = 0.0;
            }
            vec![Results::Concepts(other)]
        }
        Results::Factors(found) => {
            let (mut open, mut zero) = (found.clone(), found.clone());
            open.is_converged = false;
            for one in &mut zero.components {
                one.map.values.fill(0.0);
            }
            let (mut shifted, mut same) = (found.clone(), found.clone());
            (shifted.shifted_channels, shifted.at_zero) = (1, Vec::new());
            same.shifted_channels = 0;
            for one in &mut same.components {
                one.leading.clone_from(&same.at_zero);
            }
            [open, zero, shifted, same].map(Results::Factors).into()
        }
        Results::Variations(found) => {
            let mut other = found.clone();
            other.rows[0] = Varied::Array;
            vec![Results::Variations(other)]
        }
    }
}

fn others_of_map(found: &Attributions) -> Vec<Results> {
    let (mut zero, mut signed) = (found.clone(), found.clone());
    let mut against = found.clone();
    against.meaning = cnn_report::results::Meaning::Evidence;
    against.values.values.fill(-1.0);
    zero.values.values.fill(0.0);
    zero.values
        .values
        .truncate(zero.values.height * zero.values.width);
    zero.values.channels = 1;
    signed.meaning = cnn_report::results::Meaning::Contribution;
    signed.values.values.fill(-1.0);
    // One cell of a map of attention holds all of it.
    let mut outlier = found.clone();
    outlier.meaning = cnn_report::results::Meaning::Attention;
    outlier.values.values = vec![0.0; 64];
    (outlier.values.channels, outlier.values.height) = (1, 8);
    outlier.values.width = 8;
    outlier.values.values[3] = 1.0;
    // The difference of a class to itself; and more classes than are named.
    let (mut nothing, mut many) = (found.clone(), found.clone());
    if let (Target::Class(same), Target::Class(sum)) = (&mut nothing.target, &mut many.target) {
        same.scalar.minus.clone_from(&same.scalar.plus);
        sum.scalar.plus = vec![0; 5];
    }
    // Of random samples, more than of other photos, that leave much open; with and without an end.
    let mut noisy = found.clone();
    if let Some(sampling) = &mut noisy.sampling {
        // Another number for each photo.
        let first = found.values.values.first();
        sampling.samples += first.map_or(1, |value| value.to_bits() as usize % 7);
        let errors = vec![1e3; found.values.values.len()];
        sampling.standard_errors = Some(errors);
    }
    [zero, signed, against, outlier, nothing, many, noisy]
        .map(Results::Attributions)
        .into()
}

fn others_of_responses(found: &Responses) -> Vec<Results> {
    let change = |change: &dyn Fn(&mut Responses)| {
        let mut other = found.clone();
        change(&mut other);
        Results::Responses(other)
    };
    let silence = |other: &mut Responses| {
        for filter in &mut other.filters {
            filter.peaks.iter_mut().for_each(|peak| peak.value = 0.0);
        }
    };
    let known = [Seen::Pixels {
        size: 3,
        start: -1,
        jump: 2,
    }; 2];
    vec![
        change(&|other| other.seen = [Seen::Unknown; 2]),
        change(&|other| other.seen = known),
        change(&silence),
        change(&|other| {
            silence(other);
            other.filters = vec![other.filters[0].clone(); 40];
        }),
    ]
}

/// The same photo twice, nearly twice, and an array.
fn others_of_facts(found: &PhotoFacts) -> Vec<Results> {
    let change = |change: &dyn Fn(&mut PictureFacts)| {
        let mut other = found.clone();
        let PhotoFact::Picture(first) = &found.rows[0] else {
            panic!("a picture comes first")
        };
        let mut again = first.clone();
        again.contrast = 0.2;
        let before = again.clone();
        change(&mut again);
        other.rows = vec![
            PhotoFact::Picture(before),
            PhotoFact::Picture(again),
            PhotoFact::Array,
        ];
        Results::PhotoFacts(other)
    };
    vec![
        change(&|_| {}),
        change(&|again| (again.pixels, again.hash) = ([7; 16], again.hash ^ 3)),
    ]
}

fn others_of_segments(found: &Superpixels) -> Vec<Results> {
    let change = |change: &dyn Fn(&mut Superpixels)| {
        let mut other = found.clone();
        change(&mut other);
        Results::Superpixels(other)
    };
    vec![
        change(&|other| other.fit.r_squared = None),
        change(&|other| other.fit.r_squared_held_out = Some(0.1)),
        change(&|other| other.fit.local_prediction = other.target.probability + 0.5),
        change(&|other| other.weights.iter_mut().for_each(|weight| *weight = -0.1)),
        change(&|other| other.standard_errors = Some(vec![9.0; other.weights.len()])),
        change(&|other| (other.fit.samples, other.fit.is_exhaustive) = (10, false)),
        change(&|other| other.stopping = Some(stopped(vec![0]))),
        change(&|other| other.stopping = Some(stopped(Vec::new()))),
        change(&|other| {
            let tied = Stopping {
                is_settled: true,
                ..stopped(vec![0])
            };
            other.stopping = Some(tied);
        }),
        change(&|other| {
            (other.weights, other.standard_errors) = (vec![0.5, -0.5], None);
            other.labels.iter_mut().for_each(|label| *label %= 2);
        }),
    ]
}

/// At the cap, with segments that cannot be ordered.
fn stopped(open: Vec<usize>) -> Stopping {
    Stopping {
        is_settled: false,
        leading: 5,
        most_samples: 4000,
        tolerance: 0.1,
        open,
    }
}

fn others_of_ascent(found: &Optimised) -> Vec<Results> {
    let endings = [
        Ending::Complete,
        Ending::NoGradient,
        Ending::GradientLost { step: 2 },
        Ending::Diverged { step: 1 },
    ];
    let mut others = Vec::new();
    for ending in endings {
        for is_pre_activation in [false, true] {
            let mut other = found.clone();
            (other.ending, other.is_pre_activation) = (ending, is_pre_activation);
            if matches!(ending, Ending::Diverged { .. }) {
                other.frames.clear();
                other.last = None;
            }
            others.push(Results::Optimised(other));
        }
    }
    others
}

/// Maps that say no more than chance, or than the middle of the photo.
fn doubtful(checks: &[Checked]) -> Vec<Checked> {
    let area = |area: f64| StepCurve(vec![area; 3]);
    let curves = |map, random, centre| Curves {
        map: area(map),
        random: area(random),
        centre: area(centre),
    };
    let change = |(index, one): (usize, &Checked)| {
        let mut one = one.clone();
        match &mut one.found {
            Ok(Fidelity::InsertionDeletion {
                insertion,
                deletion,
            }) => {
                *deletion = curves(0.1, 0.1, 0.1);
                *insertion = match index % 2 {
                    0 => curves(0.2, 0.3, 0.1),
                    _ => curves(0.2, 0.1, 0.3),
                };
            }
            Ok(Fidelity::Randomisation { correlation, .. }) => *correlation = Some(0.99),
            Ok(Fidelity::RandomisationCascade { steps }) => {
                steps
                    .iter_mut()
                    .for_each(|step| step.correlation = Some(0.9));
            }
            Ok(Fidelity::MuFidelity { correlation, .. }) => *correlation = None,
            Ok(Fidelity::Infidelity { scaled, .. }) => *scaled = None,
            Ok(Fidelity::MaxSensitivity { largest_change, .. }) => *largest_change = None,
            Err(reason) => panic!("{reason}"),
        }
        one
    };
    checks.iter().enumerate().map(change).collect()
}

/// Maps of a class whose probability nothing changes.
fn unmoved(checks: &[Checked]) -> Vec<Checked> {
    let still = || StepCurve(vec![0.1; 3]);
    let change = |one: &Checked| {
        let mut one = one.clone();
        if let Ok(Fidelity::InsertionDeletion {
            insertion,
            deletion,
        }) = &mut one.found
        {
            for curves in [insertion, deletion] {
                *curves = Curves {
                    map: still(),
                    random: still(),
                    centre: still(),
                };
            }
        }
        one
    };
    checks.iter().map(change).collect()
}

/// Checks for which the network gives no finite numbers.
fn failing(checks: &[Checked]) -> Vec<Checked> {
    let fail = |one: &Checked| Checked {
        found: Err("the network's scores are not finite numbers".to_owned()),
        ..one.clone()
    };
    checks.iter().map(fail).collect()
}

fn keys_of(presented: &Presented) -> BTreeSet<String> {
    said(&presented.exhibits, &presented.notices)
}

/// What a whole report says of its figures.
fn said_in(ran: &mut Ran) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for index in 0..ran.plan.tasks.len() {
        for (number, view) in views(ran.plan.tasks[index].entry.kind).iter().enumerate() {
            ran.plan.tasks[index].view =
                in_view(&ran.plan.tasks[index], view, &ran.plan.model().facts);
            let task = &ran.plan.tasks[index];
            let results = &ran.executed.results[index];
            let checks = ran.executed.checks_of(index);
            let kinds = [
                checks.to_vec(),
                doubtful(checks),
                unmoved(checks),
                failing(checks),
            ];
            for checks in kinds {
                let found = (results.as_slice(), checks.as_slice());
                let presented = with_task(&ran.plan, task, found, present::present).unwrap();
                keys.extend(keys_of(&presented));
            }
            let mut worlds = vec![results.clone()];
            let found: Vec<&Results> = results.iter().flatten().collect();
            let count = found.first().map_or(0, |first| others(first).len());
            // What a reader of maps is warned of does not depend on the view.
            let is_of_maps = matches!(
                ran.plan.tasks[index].entry.kind,
                Kind::Attributions | Kind::Superpixels
            );
            let count = if number == 0 || !is_of_maps { count } else { 0 };
            worlds.extend((0..count).map(|at| {
                found
                    .iter()
                    .map(|found| others(found).into_iter().nth(at))
                    .collect()
            }));
            for world in worlds {
                let presented =
                    with_task(&ran.plan, task, (&world, &[]), present::present).unwrap();
                keys.extend(keys_of(&presented));
            }
            if matches!(
                task.entry.kind,
                Kind::Outcomes | Kind::Calibration | Kind::Mistakes
            ) {
                let large = with_task(&ran.plan, task, (results, &[]), |shown| {
                    a_large_data_set(*shown)
                });
                keys.extend(large.unwrap());
            }
        }
    }
    keys
}

/// Classes without photos, photos of no class, files that cannot be read: more than a folder of a test holds.
fn a_large_data_set(task: present::Task) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for groups in [12, 60] {
        for with_photos in [2, groups] {
            let names: Vec<String> = (0..groups).map(|group| format!("group {group}")).collect();
            let mut classes_in = vec![1; groups + 1];
            classes_in[1] = 0;
            let truths: Vec<usize> = (0..with_photos).collect();
            let tally = |photo: usize| Tally {
                predicted: if photo == 0 { groups } else { 0 },
                probability: 0.5,
                leading: vec![(0, 0.5)],
            };
            let mut rows: Vec<Outcome> = truths
                .iter()
                .map(|photo| Outcome::Classified(tally(*photo)))
                .collect();
            rows.push(Outcome::Unreadable("`x.png` cannot be read".to_owned()));
            let results = Results::Outcomes(Outcomes { rows });
            let truths: Vec<usize> = truths.into_iter().chain([0]).collect();
            let picture = Picture::filled(8, 8, [1, 2, 3]);
            let data = Data {
                groups: &names,
                classes_in,
                paths: truths.iter().map(usize::to_string).collect(),
                labels: truths.iter().map(|truth| vec![*truth]).collect(),
                truths,
                arrays: 1,
                skipped: 2,
                unread_formats: vec![("heic".to_owned(), 1)],
                unreadable: vec!["`y.png` cannot be read".to_owned()],
                classes_in_text_order: &[0, 1, 10, 2],
                open: &|_| Some(picture.clone()),
            };
            let found = [Found {
                photo: None,
                results: &results,
            }];
            let shown = present::Task {
                data: Some(&data),
                found: &found,
                ..task
            };
            keys.extend(keys_of(&present::present(&shown)));
            let right = Outcomes {
                rows: vec![Outcome::Classified(Tally {
                    predicted: 0,
                    probability: 1.0,
                    leading: vec![(0, 1.0)],
                })],
            };
            let results = Results::Outcomes(right);
            let found = [Found {
                photo: None,
                results: &results,
            }];
            let shown = present::Task {
                found: &found,
                ..shown
            };
            keys.extend(keys_of(&present::present(&shown)));
        }
    }
    keys
}

/// Keys that the report itself asks of every method.
const OF_EVERY_METHOD: [&str; 3] = ["title", "reading", "misleading"];

const OUTSIDE: &str = "networks that end in a sigmoid; found in tests/it/outside.rs";

/// Keys that none of the cases says, each with the reason.
const RARE: [(&str, &str); 14] = [
    (
        "photo_faults.notice_across",
        "equal photos under two labels; counted in tests/it/data_faults.rs",
    ),
    (
        "reliability.notice_by_chance",
        "a calibration error below that of chance, which no case has",
    ),
    ("predictions.caption_sigmoid", OUTSIDE),
    ("predictions.caption_sigmoid_of_one", OUTSIDE),
    ("predictions.misleading_sigmoid", OUTSIDE),
    ("predictions.misleading_sigmoid_of_one", OUTSIDE),
    ("predictions.reading_sigmoid", OUTSIDE),
    ("predictions.reading_sigmoid_of_one", OUTSIDE),
    ("saliency.caption_sigmoid", OUTSIDE),
    ("saliency.caption_sigmoid_of_one", OUTSIDE),
    (
        "shown_photos.arrays",
        "photos that are arrays; said in tests/it/arrays.rs",
    ),
    (
        "shown_photos.flattened",
        "photos with transparency; found in tests/it/outside_files/pictures.rs",
    ),
    (
        "shown_photos.reduced",
        "photos of more than 8 bits; found in tests/it/outside_files/pictures.rs",
    ),
    (
        "shown_photos.turned",
        "photos with an orientation; said in tests/it/outside_files/pictures.rs",
    ),
];

#[test]
fn every_message_has_its_text_and_no_text_is_there_for_nothing() {
    let mut used = BTreeSet::new();
    for case in WITH_LAYERS {
        let mut project = Project::new(&case);
        let mut ran = project.run();
        used.extend(said_in(&mut ran));
        // Which variant of a text is taken depends on the texts that a language has, not on the network.
        if case.name == NET1.name {
            project.spec["language"] = json!("zh-TW");
            let (plan, _) = project.plan();
            ran.plan = plan;
            used.extend(said_in(&mut ran));
        }
    }
    for entry in cnn_report::methods() {
        used.extend(OF_EVERY_METHOD.map(|key| format!("{}.{key}", entry.name)));
    }
    let rare: BTreeSet<String> = RARE.iter().map(|(key, _)| (*key).to_owned()).collect();
    let all: BTreeSet<String> = texts().into_keys().collect();
    let unused: Vec<&String> = all.iter().filter(|key| !used.contains(*key)).collect();
    assert_eq!(
        unused,
        rare.iter().collect::<Vec<_>>(),
        "texts that nothing says"
    );
}

/// Alt text and caption of a figure are whole sentences in each language: no placeholder is left in them.
#[test]
fn no_placeholder_is_left_in_a_sentence() {
    for language in LANGUAGES {
        let mut project = Project::new(&WITH_LAYERS[0]);
        project.spec["language"] = json!(language);
        let ran = project.run();
        let tasks = ran.plan.tasks.iter().zip(&ran.executed.results);
        for (index, (task, results)) in tasks.enumerate() {
            let found = (results.as_slice(), ran.executed.checks_of(index));
            let presented = with_task(&ran.plan, task, found, present::present).unwrap();
            assert!(!presented.exhibits.is_empty(), "{}", task.name);
            for exhibit in &presented.exhibits {
                for message in sentences(exhibit).into_iter().chain(&presented.notices) {
                    let text = ran.plan.strings.text(message);
                    assert!(
                        !text.contains(['{', '}']),
                        "{language}, {}: {text}",
                        task.name
                    );
                    assert!(!text.trim().is_empty(), "{language}, {}", task.name);
                }
            }
        }
    }
}

fn sentences(exhibit: &Exhibit) -> Vec<&Message> {
    let mut sentences = vec![&exhibit.caption, &exhibit.alt];
    if let Body::HeatMaps(maps) = &exhibit.body {
        sentences.push(&maps.quantity);
    }
    sentences
}
