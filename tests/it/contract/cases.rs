//! Networks with photos, and a report of every method on them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cnn_report::execute::{Checked, Executed, Networks, Reuse, execute};
use cnn_report::explain::{Known, Passes, Photos, Sink, Unit};
use cnn_report::plan::{Overrides, Plan, Task};
use cnn_report::progress::Silent;
use cnn_report::results::Results;
use cnn_report::{Failure, plan_report};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A network of the test data, with what it is fed.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    file: &'static str,
    /// `model: input:`, as JSON.
    input: &'static str,
    photos: [&'static str; 3],
}

pub const NET1: Case = Case {
    name: "net1",
    file: "model/net1.pt2",
    input: r#"{"shorter": null, "size": [64, 64]}"#,
    photos: [
        "picture/coffee.webp",
        "picture/chelsea.webp",
        "picture/palette.png",
    ],
};

/// One channel.
const GREY: Case = Case {
    name: "grey",
    file: "input/grey.pt2",
    input: r#"{"size": 28, "resize": "stretch", "mean": [0.25], "std": [0.3]}"#,
    photos: [
        "input/grey/disc/0.png",
        "input/grey/square/0.png",
        "input/grey/cross/0.png",
    ],
};

/// Twice as wide as high, blue first.
const WIDE: Case = Case {
    name: "wide",
    file: "input/wide.pt2",
    input: r#"{"preset": "caffe", "size": [48, 96], "resize": "stretch", "mean": [40, 45, 50], "std": [60, 60, 60]}"#,
    photos: [
        "input/wide/disc/0.png",
        "input/wide/square/0.png",
        "input/wide/cross/0.png",
    ],
};

/// Filter 1 of its layer is always zero, and so is the gradient of class 1.
const DEAD: Case = Case {
    name: "dead",
    file: "explain/dead.pt2",
    ..NET1
};

/// Tokens behind the first layer; two heads of attention.
pub const TRANSFORMER: Case = Case {
    name: "transformer",
    file: "onnx/transformer.onnx",
    ..NET1
};

/// TorchScript, which shows no layers.
pub const TRACED: Case = Case {
    name: "traced",
    file: "model/traced.pt",
    input: r#"{"shorter": null, "size": [8, 8]}"#,
    ..NET1
};

pub const WITH_LAYERS: [Case; 5] = [NET1, GREY, WIDE, DEAD, TRANSFORMER];

/// What refuses some of the networks: class activation maps where attention mixes places or no average follows, rules at
/// ReLUs where there is no ReLU, maps of attention where there is none, relevance where there is some, random weights
/// where no weight is shown.
const REFUSED_BY_SOME: [&str; 17] = [
    "cam",
    "guided_backprop",
    "deconvnet",
    "guided_grad_cam",
    "lrp",
    "attn_lrp",
    "attention_rollout",
    "gradient_rollout",
    "generic_attention",
    "legrad",
    "attention_maps",
    "randomisation",
    "objectives",
    "maco",
    "guide",
    "enlarge",
    "tile",
];

/// Every check of a map.
const ALL_CHECKS: [&str; 6] = [
    "insertion_deletion",
    "mu_fidelity",
    "max_sensitivity",
    "infidelity",
    "randomisation",
    "randomisation_cascade",
];

/// Stands for the first layer, which takes pictures of every size.
const FIRST: &str = "the first layer";

/// Parameters beside those of `Entry::smallest`, so that a method is quick, has several units and takes each of
/// its branches. A method that is not named here runs with its defaults.
fn variants(method: &str) -> Vec<Value> {
    let variants = match method {
        "saliency" => json!([{}, { "class": 1 }, { "class": { "class": 1, "of": "probability" } }]),
        "input_x_gradient" => json!([
            {}, { "checks": ALL_CHECKS },
            { "class": { "difference": [1, 0] }, "checks": ALL_CHECKS },
            { "class": { "difference": ["predicted", 1], "of": "probability" } },
            { "class": { "sum": [0, 1], "of": "probability" } },
            { "class": { "sum": [1, 0] } },
            { "class": { "class": "predicted", "of": "score" } },
        ]),
        "lime" => json!([
            { "samples": 40, "checks": ALL_CHECKS },
            { "samples": "exact", "slic": { "n_segments": 5 }, "segmenter": "slic" },
            { "samples": 130, "design": "balanced" },
            { "samples": "auto", "most_samples": 384 },
            { "samples": 30, "segmenter": "quickshift", "hide": [90, 120, 30], "seed": 5, "class": 1 },
        ]),
        // So many segments that some of their sets are drawn: where all are run, the seed of the key changes nothing.
        "kernel_shap" => json!([
            { "samples": 130, "slic": { "n_segments": 30 }, "segmenter": "slic" },
            { "most_samples": 256, "output": "score", "baseline": "black", "segmenter": "quickshift",
              "quickshift": { "kernel_size": 1 } },
            { "samples": 80, "design": "random", "baseline": "mean", "segmenter": "slic", "slic": { "n_segments": 30 } },
            { "samples": 130, "baseline": "white", "segmenter": "slic", "slic": { "n_segments": 12 } },
            { "samples": 130, "baseline": "blur", "segmenter": "slic", "slic": { "n_segments": 12 } },
        ]),
        "shapley" => json!([
            { "slic": { "n_segments": 4 } },
            { "segmenter": "quickshift", "quickshift": { "kernel_size": 12 } },
            { "slic": { "n_segments": 3 }, "output": "score", "baseline": "black" },
            { "slic": { "n_segments": 2 }, "baseline": "mean" },
            { "slic": { "n_segments": 2 }, "baseline": "white" },
            { "slic": { "n_segments": 2 }, "baseline": "blur" },
        ]),
        "feature_ablation" => json!([
            { "segmenter": "slic", "slic": { "n_segments": 5 }, "baseline": "black" },
            { "segmenter": "quickshift", "baseline": "blur" },
            { "segmenter": "slic", "slic": { "n_segments": 3 }, "baseline": "white" },
            { "segmenter": "slic", "slic": { "n_segments": 3 }, "baseline": "mean" },
        ]),
        "eigen_cam" => json!([{}, { "matrix": "centred" }]),
        "occlusion" => {
            json!([{}, { "baseline": "black" }, { "baseline": "blur" }, { "baseline": "white", "checks": [] }])
        }
        "rise" => json!([
            { "samples": 12 },
            { "samples": "auto", "most_samples": 300, "tolerance": 0.9 },
            { "samples": 10, "baseline": "black" },
            { "samples": 10, "baseline": "blur" },
            { "samples": 10, "baseline": "white" },
        ]),
        "smooth_grad" => json!([
            { "samples": 3 },
            { "samples": 2, "variant": "absolute" },
            { "samples": 2, "variant": "squared" },
            { "samples": "auto", "most_samples": 40 },
        ]),
        "var_grad" => json!([{ "samples": 3 }, { "samples": "auto", "most_samples": 32 }]),
        "shapley_cam" => json!([{}, { "utility": "score" }]),
        "guided_grad_cam" => json!([{}, { "enlarging": "nearest" }]),
        "expected_gradients" => {
            json!([{ "samples": 5 }, { "samples": 4, "baselines": [[9, 8, 7], "white"] }])
        }
        "deep_lift" => json!([
            {},
            { "baseline": "white" },
            { "baseline": "mean" },
            { "baseline": "blur" },
        ]),
        "lrp" => json!([
            {},
            { "composite": "epsilon" },
            { "composite": "epsilon_plus" },
            { "composite": "epsilon_plus_flat" },
            { "composite": "epsilon_alpha_beta" },
        ]),
        "attn_lrp" => json!([{}, { "rule": "cp_lrp" }]),
        "compare" => json!([
            { "methods": ["saliency", "input_x_gradient", { "lime": { "samples": 40 } }, "grad_cam", "eigen_cam", "layer_cam"],
              "classes": ["predicted", 1] },
            { "methods": ["saliency", { "lime": { "samples": 40 } }, { "lime": { "samples": 50 } }], "view": "map" },
        ]),
        "blur_ig" => json!([{ "steps": 3, "most_steps": 3 }]),
        "integrated_gradients" => json!([
            { "steps": 4 },
            { "steps": 4, "baseline": "white", "rule": "trapezoid" },
            { "steps": 4, "baseline": "mean", "rule": "gauss_legendre" },
            { "steps": 4, "baseline": "blur" },
        ]),
        "attention_rollout" => json!([
            {},
            { "head_fusion": "max", "discard": 0.5 },
            { "head_fusion": "min" },
        ]),
        "gradient_rollout" => json!([{}, { "discard": 0.9, "class": 1 }]),
        "legrad" => json!([{}, { "blocks": 1, "class": 1 }]),
        "attention_maps" => json!([{}, { "layers": [1, 0], "heads": [1] }]),
        "activation_maps" => json!([{ "filters": [0, 1] }]),
        "factorisation" => json!([
            { "components": 2 },
            { "components": 1, "most_iterations": 1, "scale": "shared", "view": "map" },
        ]),
        "feature_inversion" => {
            json!([{ "steps": 2 }, { "steps": 1, "jitter_px": 0, "smoothness": 0 }])
        }
        "filters" => json!([
            { "filters": [0, 1], "steps": 3 },
            { "filters": [1, 0], "steps": 2, "parameterisation": "fourier", "size": 32, "layer": FIRST },
            { "filters": [0], "steps": 2, "parameterisation": "fourier", "layer": FIRST,
              "transforms": { "jitter": 0, "scale": 0, "rotate": 0, "last_jitter": 0 } },
            { "objectives": [{ "neuron": 1 }, { "sum": [{ "filter": 0 }, { "filter": 1, "weight": -0.5 }] }],
              "steps": 2, "parameterisation": "pixels", "variants": 2 },
            { "objectives": [
                { "layer": 0 }, { "class": 0 }, { "class": { "sum": [0, 1], "of": "probability" } },
                { "direction": { "0": 1, "1": -0.5 } },
              ], "steps": 1, "parameterisation": "fourier", "layer": FIRST },
            { "filters": [0], "steps": 2, "parameterisation": "maco", "layer": FIRST },
            { "objectives": [{ "class": 1 }], "steps": 2, "parameterisation": "maco" },
        ]),
        "deep_dream" => json!([
            { "filter": 0, "steps": 3, "frame_every": 1 },
            { "octaves": 1, "steps": 2 },
            { "filter": 0, "ascent": "octaves", "octaves": 1, "steps": 2 },
            { "octaves": 1, "steps": 2, "jitter": 0 },
            { "octaves": 1, "steps": 1, "zoom": { "frames": 2 } },
            { "octaves": 1, "steps": 1, "guide": "guide" },
            { "octaves": 1, "steps": 1, "enlarge": 2 },
            { "octaves": 1, "steps": 1, "enlarge": 2, "tile": 64 },
        ]),
        "confusion_matrix" => json!([
            { "data": "labelled" },
            { "data": "labelled", "groups": "groups.yaml", "batch": 3 },
        ]),
        "calibration" => json!([
            { "data": "labelled" },
            { "data": "labelled", "groups": "groups.yaml", "bins": 3, "binning": "quantile" },
        ]),
        "label_rates" => {
            json!([{ "data": "labelled" }, { "data": "labelled", "threshold": 0.2, "batch": 2 }])
        }
        "mistakes" => json!([
            { "data": "labelled", "count": 2 },
            { "data": "labelled", "groups": "groups.yaml", "map": "saliency" },
        ]),
        "top_patches" => json!([{ "data": "labelled", "filters": [0, 1], "count": 2 }]),
        "activation_histogram" => {
            json!([{ "data": "labelled", "filters": [1, 0], "groups": "groups.yaml" }])
        }
        "concepts" => json!([
            { "data": "labelled", "concepts": 2, "designs": 4 },
            { "data": "labelled", "groups": "together.yaml", "concepts": 1, "designs": 2 },
        ]),
        "data_faults" => json!([{ "data": "labelled" }]),
        "robustness" => json!([
            { "data": "labelled" },
            { "data": "labelled", "groups": "groups.yaml", "jpeg": [], "blur_px": [0.5], "brightness": [], "shift_px": [], "rotation_degrees": [], "mirrored": false },
        ]),
        _ => json!([{}]),
    };
    variants.as_array().unwrap().clone()
}

/// Every method in its variants as `figures`; `one` is the photo of those that take exactly one.
pub fn figures(facts: &cnn_report::model::ModelFacts, one: &str) -> Value {
    let mut figures = Vec::new();
    for entry in cnn_report::methods() {
        for (number, variant) in variants(entry.name).into_iter().enumerate() {
            let mut keys = (entry.smallest)(facts)
                .as_object()
                .cloned()
                .unwrap_or_default();
            keys.extend(variant.as_object().unwrap().clone());
            keys.insert("id".to_owned(), json!(format!("{}-{number}", entry.name)));
            if keys.get("layer") == Some(&json!(FIRST)) {
                let first = facts.leaves().first();
                keys.insert(
                    "layer".to_owned(),
                    first.map_or(json!(0), |layer| json!(layer.path)),
                );
            }
            if entry.photos == Photos::One {
                keys.insert("image".to_owned(), json!(one));
            }
            figures.push(json!({ entry.name: keys }));
        }
    }
    Value::Array(figures)
}

/// Ids of the photos of every case.
pub const IDS: [&str; 3] = ["a", "b", "c"];

/// A folder with a report of every method.
pub struct Project {
    pub folder: TempDir,
    pub spec: Value,
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file)
}

impl Project {
    /// The figures that the network takes: all, but for those of methods that refuse some networks. Found once for
    /// each network, for it takes several plans.
    fn taken(&mut self, case: &Case) -> Value {
        static FOUND: Mutex<BTreeMap<&str, Value>> = Mutex::new(BTreeMap::new());
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = found.get(case.name) {
            return taken.clone();
        }
        let all = figures(&self.plan().0.model().facts, IDS[0]);
        let mut all = all.as_array().unwrap().clone();
        for word in REFUSED_BY_SOME {
            let word = Value::from(word).to_string();
            let (with, others) = all
                .into_iter()
                .partition(|figure| figure.to_string().contains(&word));
            all = others;
            if self.faults_with(&with).is_none() {
                all.extend(with);
            }
        }
        // All others take every network.
        let faults = self.faults_with(&all);
        assert!(faults.is_none(), "{}: {}", case.name, faults.unwrap());
        let taken = Value::Array(all);
        found.insert(case.name, taken.clone());
        taken
    }

    /// What is wrong with a report of these figures.
    fn faults_with(&mut self, figures: &Vec<Value>) -> Option<String> {
        self.spec["questions"][0]["figures"] = json!(figures);
        self.write();
        let planned = plan_report(&self.path(), &Overrides::default(), None);
        planned.err().map(|failure| match failure {
            Failure::Spec(faults) | Failure::Run(faults) => faults
                .iter()
                .map(|fault| format!("{}\n", fault.message))
                .collect(),
            Failure::Cancelled => "cancelled".to_owned(),
        })
    }

    pub fn new(case: &Case) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = |from: &str, to: String| {
            let to = folder.path().join(to);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(data(from), to).unwrap();
        };
        let extension = |file: &str| file.rsplit_once('.').unwrap().1.to_owned();
        let model = format!("net.{}", extension(case.file));
        copy(case.file, model.clone());
        copy(case.photos[1], "guide".to_owned()); // what is in a file decides, not its name
        let mut images = Vec::new();
        for (id, file) in IDS.into_iter().zip(case.photos) {
            let name = format!("{id}.{}", extension(file));
            copy(file, name.clone());
            copy(file, format!("labelled/{}/{name}", images.len() % 2));
            images.push(json!({ "id": id, "file": name, "name": format!("photo {id}") }));
        }
        std::fs::write(folder.path().join("groups.yaml"), "'0': [0]\n'1': [1]\n").unwrap();
        std::fs::write(
            folder.path().join("together.yaml"),
            "'0': [0, 1]\n'1': []\n",
        )
        .unwrap();
        let spec = json!({
            "title": "T",
            "language": "en",
            "seed": 7,
            "model": { "file": model, "input": serde_json::from_str::<Value>(case.input).unwrap() },
            "images": images,
            "questions": [{ "title": "Q", "figures": [] }],
        });
        let mut project = Self { folder, spec };
        project.spec["questions"][0]["figures"] = project.taken(case);
        project
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("report.yaml")
    }

    /// JSON is YAML.
    pub fn write(&self) {
        std::fs::write(self.path(), self.spec.to_string()).unwrap();
    }

    pub fn plan(&self) -> (Plan, Networks) {
        self.write();
        match plan_report(&self.path(), &Overrides::default(), None) {
            Ok(planned) => planned,
            Err(Failure::Spec(faults) | Failure::Run(faults)) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                panic!("{}", told.join("\n"))
            }
            Err(Failure::Cancelled) => panic!("nobody cancelled"),
        }
    }

    /// The plan with the results of all units.
    pub fn run(&self) -> Ran {
        let (plan, network) = self.plan();
        let executed = execute(&plan, &network, None, Reuse::Stored, &Silent).unwrap();
        let failed: Vec<String> = executed
            .failures
            .iter()
            .map(|(task, failure)| format!("{}: {failure}", plan.tasks[*task].name))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
        Ran {
            plan,
            network,
            executed,
        }
    }
}

pub struct Ran {
    pub plan: Plan,
    pub network: Networks,
    pub executed: Executed,
}

impl Ran {
    /// The bits of each result, by the name that its unit has in the report.
    pub fn bits(&self) -> BTreeMap<String, Vec<u8>> {
        let tasks = self.plan.tasks.iter().zip(&self.executed.results);
        let of_task = |(index, (task, results)): (usize, (&Task, &Vec<Option<Results>>))| {
            let found = self.units(index).into_iter().zip(results);
            let named =
                found.map(|(unit, found)| (name(task, unit), bits(found.as_ref().unwrap())));
            named.collect::<Vec<_>>()
        };
        tasks.enumerate().flat_map(of_task).collect()
    }

    /// The units of a task, those that its first results named behind the others.
    pub fn units(&self, task: usize) -> Vec<&Unit> {
        let further = self.executed.further.get(&task).into_iter().flatten();
        self.plan.tasks[task].units.iter().chain(further).collect()
    }

    /// The bits of what judges each map, by the name that it has in the report.
    pub fn bits_of_checks(&self) -> BTreeMap<String, Vec<u8>> {
        let tasks = self.plan.tasks.iter().zip(&self.executed.checks);
        let of_task = |(task, checks): (&Task, &Vec<Checked>)| {
            let named = checks.iter().map(|one| {
                let name = name(task, &task.units[one.unit]);
                let found = one.found.as_ref().unwrap();
                let bits = postcard::to_stdvec(found).unwrap();
                (format!("{name}, {}", one.check.name()), bits)
            });
            named.collect::<Vec<_>>()
        };
        tasks.flat_map(of_task).collect()
    }

    /// Keys of units and of what judges them.
    /// Units of which every combination of segments was run.
    pub fn exhaustive(&self) -> BTreeSet<String> {
        let tasks = self.plan.tasks.iter().zip(&self.executed.results);
        let units = tasks.flat_map(|(task, results)| {
            let units = task.units.iter().zip(results);
            units.map(move |(unit, found)| (name(task, unit), found))
        });
        let is_exhaustive = |found: &Option<Results>| match found {
            Some(Results::Superpixels(found)) => found.fit.is_exhaustive,
            _ => false,
        };
        units
            .filter(|(_, found)| is_exhaustive(found))
            .map(|(name, _)| name)
            .collect()
    }

    pub fn keys(&self) -> &BTreeMap<String, Value> {
        &self.executed.keys
    }

    /// Some units of a task, run by themselves.
    pub fn alone(&self, task: &Task, units: &[Unit]) -> Vec<Results> {
        let known = Known::default();
        let model = self.network.all()[0].open().unwrap();
        let passes = Passes::new(model, self.plan.inputs(task), &known);
        let mut found: Vec<Option<Results>> = units.iter().map(|_| None).collect();
        let mut keep = |unit: usize, results: Results| {
            assert!(found[unit].replace(results).is_none(), "found once");
            Ok(())
        };
        let go_on = |_, _| std::ops::ControlFlow::Continue(());
        task.method
            .run(&passes, units, &mut Sink::new(&mut keep, &go_on))
            .unwrap();
        found.into_iter().map(Option::unwrap).collect()
    }
}

/// What a unit is called in the report.
pub fn name(task: &Task, unit: &Unit) -> String {
    format!("{}/{}", task.name, unit.name)
}

/// As the store writes it: numbers that are not finite are compared too.
pub fn bits(results: &Results) -> Vec<u8> {
    postcard::to_stdvec(results).unwrap()
}

/// The names of those entries that differ, for a message that can be read.
pub fn different<T: PartialEq>(a: &BTreeMap<String, T>, b: &BTreeMap<String, T>) -> Vec<String> {
    assert!(a.keys().eq(b.keys()), "other units");
    let differ = a.iter().filter(|(name, value)| b[*name] != **value);
    differ.map(|(name, _)| name.clone()).collect()
}

/// The keys of an object.
pub fn names(object: &Map<String, Value>) -> Vec<&str> {
    object.keys().map(String::as_str).collect()
}
