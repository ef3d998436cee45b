//! What will be done: tasks and the outline of the report.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::agreement::Agreement;
use super::input::InputFrom;
use crate::diagnostic::{Diagnostic, Place};
use crate::explain::checks::{self, Check};
use crate::explain::{Entry, Inputs, Method, Needs, Photo, Unit};
use crate::labels::Labels;
use crate::model::{Device, ModelFacts, Parts, Precision};
use crate::picture::Preprocessing;
use crate::present::View;
use crate::report::Look;
use crate::spec::Format;
use crate::words::Strings;

/// What will be done. Everything in it is resolved; paths are absolute or relative to the caller.
pub struct Plan {
    pub strings: Strings,
    pub look: Look,
    pub title: String,
    pub byline: Vec<(String, String)>,
    pub introduction: String,
    pub sections: Vec<Section>,
    /// In the order in which they run and appear.
    pub tasks: Vec<Task>,
    /// The report's own network first.
    pub models: Vec<PlannedModel>,
    pub device: Device,
    pub precision: Precision,
    /// Whether that was left to the program: `precision: auto`.
    pub precision_is_auto: bool,
    /// How far scores in bfloat16 are from float32's, where they are computed so.
    pub agreement: Option<Agreement>,
    pub seed: u64,
    /// Folder of report.yaml.
    pub base: PathBuf,
    pub output: Output,
    /// What is not wrong and still should be known.
    pub warnings: Vec<Diagnostic>,
}

/// A network of the report, with all that hangs on it.
pub struct PlannedModel {
    /// Its key under `models`, or `model`.
    pub key: String,
    /// For figures.
    pub name: String,
    /// Its file's name.
    pub file: String,
    /// Which of the file's outputs holds the scores, where the spec says it.
    pub output: Option<String>,
    pub facts: ModelFacts,
    pub labels: Labels,
    pub preprocessing: Arc<Preprocessing>,
    pub input_from: InputFrom,
}

pub struct Section {
    /// Whether it is called a question.
    pub is_question: bool,
    pub title: String,
    pub points: Option<f64>,
    pub prompt: String,
    pub answer: String,
    pub items: Vec<Item>,
}

pub enum Item {
    /// Markdown.
    Text(String),
    /// Index in the plan's tasks.
    Task(usize),
}

/// A figure of the spec: one method with its parameters, its view and its photos.
pub struct Task {
    pub entry: &'static Entry,
    pub method: Box<dyn Method>,
    pub view: View,
    /// Index in the plan's networks.
    pub model: usize,
    /// For references.
    pub id: Option<String>,
    /// The id, or one made from the method; unique in the report.
    pub name: String,
    /// Heading in place of the method's own name.
    pub title: Option<String>,
    /// The author's words before the caption.
    pub caption: Option<String>,
    pub photos: Vec<Arc<Photo>>,
    pub units: Vec<Unit>,
    /// What judges the results of its units, each by itself.
    pub checks: Vec<Check>,
    /// Whether a text of its question places it, by `{figure:ID}`.
    pub is_placed: bool,
    /// Where it stands in report.yaml: as a JSON pointer, and as file, line and column.
    pub pointer: String,
    pub place: Place,
}

pub struct Output {
    pub folder: PathBuf,
    /// Without extension.
    pub name: String,
    pub formats: Vec<Format>,
    /// Whether each section gets an HTML page of its own.
    pub is_split: bool,
    pub budget: Option<Budget>,
}

/// The most that a form of the report may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    pub bytes: u64,
    /// Where report.yaml says it; `None` where the command line does.
    pub place: Option<Place>,
}

/// What the command line says in place of the spec.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub device: Option<String>,
    pub precision: Option<String>,
    pub seed: Option<u32>,
    pub output: Option<PathBuf>,
    /// `KEY=VALUE` of `--set`, in order.
    pub set: Vec<String>,
    pub formats: Option<Vec<Format>>,
    /// Whether each section is to get an HTML page of its own, whatever the spec says.
    pub split: bool,
    /// Bytes.
    pub budget: Option<u64>,
    /// Whether nothing will be written: the folder need not be one that can be.
    pub writes_nothing: bool,
}

impl Plan {
    pub fn inputs<'a>(&'a self, task: &'a Task) -> Inputs<'a> {
        let model = self.model_of(task);
        Inputs {
            facts: &model.facts,
            labels: &model.labels,
            preprocessing: &model.preprocessing,
            photos: &task.photos,
            seed: self.seed,
            base: &self.base,
        }
    }

    /// The report's own network.
    pub fn model(&self) -> &PlannedModel {
        &self.models[0]
    }

    /// The network that a task explains.
    pub fn model_of(&self, task: &Task) -> &PlannedModel {
        &self.models[task.model]
    }

    /// Whether the network does not show what the task's method needs.
    pub fn leaves_out(&self, task: &Task) -> bool {
        task.method.needs() == Needs::Layers && self.model_of(task).facts.parts == Parts::None
    }
}

impl Task {
    /// Every parameter as used, defaults filled in, those of the view behind the method's own, `checks` last.
    pub fn parameters(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut parameters = self.method.parameters(inputs);
        parameters.extend(self.view.parameters(self.entry.view.without));
        if checks::apply_to(self.entry) {
            let names: Vec<&str> = self.checks.iter().map(|check| check.name()).collect();
            parameters.insert("checks".to_owned(), json!(names));
        }
        parameters
    }
}
