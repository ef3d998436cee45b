//! A network with photos on which methods are tried, without a report.yaml.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cnn_report::assemble;
use cnn_report::execute::{Networks, Reuse, execute};
use cnn_report::explain::{
    Entry, Fault, Inputs, Known, Method, Passes, Photo, Sink, Unit, parameters,
};
use cnn_report::labels::Labels;
use cnn_report::model::{self, Device, Model};
use cnn_report::picture::{Input, Picture, Preprocessing};
use cnn_report::plan::{Plan, method_and_view};
use cnn_report::present::exhibit::Exhibit;
use cnn_report::present::{self, Data, Found, Presented, View};
use cnn_report::progress::Silent;
use cnn_report::results::Results;
use cnn_report::words::{Message, Strings};
use serde_json::Value;

/// Where numbers are compared: `TEST_DEVICE`, as `make test-gpu` sets it, else the CPU.
pub fn device() -> Device {
    let requested = std::env::var("TEST_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    model::device(&requested).unwrap_or_else(|error| panic!("TEST_DEVICE: {error}"))
}

pub struct Bench {
    pub model: Model,
    pub labels: Labels,
    pub preprocessing: Preprocessing,
    pub photos: Vec<Arc<Photo>>,
    pub seed: u64,
    pub base: PathBuf,
}

/// What a method found and how it is shown.
#[derive(Debug)]
pub struct Ran {
    pub units: Vec<Unit>,
    pub results: Vec<Results>,
    pub exhibits: Vec<Exhibit>,
    pub notices: Vec<Message>,
    pub parameters: Vec<(String, String)>,
}

impl Bench {
    pub fn new(model: Model, preprocessing: Preprocessing, photos: Vec<(&str, Picture)>) -> Self {
        let photo = |(id, picture): (&str, Picture)| {
            Arc::new(Photo::of_picture(id, picture, &preprocessing))
        };
        Self {
            labels: Labels::numbers(model.facts().classes),
            photos: photos.into_iter().map(photo).collect(),
            model,
            preprocessing,
            seed: 7,
            base: PathBuf::new(),
        }
    }

    pub fn inputs(&self) -> Inputs<'_> {
        Inputs {
            facts: self.model.facts(),
            labels: &self.labels,
            preprocessing: &self.preprocessing,
            photos: &self.photos,
            seed: self.seed,
            base: &self.base,
        }
    }

    pub fn faults(&self, entry: &Entry, keys: Value) -> Vec<Fault> {
        let (method, view) = parsed(entry, keys);
        let of_view = view.faults(self.model.facts().classes).into_iter();
        let of_view = of_view.map(|(pointer, message, hint)| Fault {
            pointer,
            message,
            hint,
        });
        of_view.chain(method.check(&self.inputs())).collect()
    }

    pub fn run(&self, entry: &Entry, keys: Value) -> Ran {
        assert_eq!(self.faults(entry, keys.clone()), []);
        let (method, view) = parsed(entry, keys);
        let mut units = method.units(&self.inputs());
        let mut results = self.results(method.as_ref(), &units);
        let found: Vec<&Results> = results.iter().collect();
        let further = method.further_units(&self.inputs(), &units, &found);
        results.extend(self.results(method.as_ref(), &further));
        units.extend(further);
        self.presented(entry, (method.as_ref(), view), units, results)
    }

    /// Results of some units of a method.
    pub fn results(&self, method: &dyn Method, units: &[Unit]) -> Vec<Results> {
        let known = Known::default();
        let passes = Passes::new(&self.model, self.inputs(), &known);
        let mut results: Vec<Option<Results>> = units.iter().map(|_| None).collect();
        let steps = std::cell::RefCell::new(Vec::new());
        let mut keep = |unit: usize, found: Results| {
            assert!(results[unit].replace(found).is_none(), "found once");
            Ok(())
        };
        let advanced = |done, total| {
            steps.borrow_mut().push((done, total));
            std::ops::ControlFlow::Continue(())
        };
        let mut sink = Sink::new(&mut keep, &advanced);
        method.run(&passes, units, &mut sink).unwrap();
        let steps = steps.into_inner();
        assert!(steps.is_sorted(), "{steps:?}");
        assert!(
            steps.last().is_none_or(|(done, total)| done == total),
            "{steps:?}"
        );
        results.into_iter().map(|found| found.unwrap()).collect()
    }

    fn presented(
        &self,
        entry: &Entry,
        (method, view): (&dyn Method, View),
        units: Vec<Unit>,
        results: Vec<Results>,
    ) -> Ran {
        let view = view.resolved(self.model.facts().classes);
        let mut used = method.parameters(&self.inputs());
        used.extend(view.parameters(entry.view.without));
        let strings = Strings::new("en").unwrap();
        let photos: Vec<present::Photo> = self.photos.iter().map(|photo| shown(photo)).collect();
        let found: Vec<Found> = units
            .iter()
            .zip(&results)
            .map(|(unit, results)| Found {
                photo: unit.photo,
                results,
            })
            .collect();
        let data = method.data();
        let paths: Vec<&Path> = data.map_or(Vec::new(), |data| data.paths());
        let preprocessing = &self.preprocessing;
        let open = |index: usize| {
            let input = Input::open(paths[index], None).ok()?;
            Some(input.prepared(paths[index], preprocessing).ok()?.picture)
        };
        let data = data.map(|data| Data {
            groups: data.groups(),
            classes_in: data.classes_in(),
            truths: data.truths(),
            labels: data.labels(),
            paths: paths
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            arrays: data.arrays(),
            skipped: data.skipped(),
            unread_formats: data.unread_formats(),
            unreadable: data.unreadable(),
            classes_in_text_order: data.classes_in_text_order(),
            open: &open,
        });
        let presented = present::present(&present::Task {
            method: entry.name,
            view: &view,
            parameters: &used,
            strings: &strings,
            activation: "softmax",
            classes: &self.labels.0,
            photos: &photos,
            data: data.as_ref(),
            found: &found,
            checked: &[],
        });
        Ran {
            exhibits: presented.exhibits,
            notices: presented.notices,
            parameters: parameters::in_yaml(&used),
            units,
            results,
        }
    }
}

pub fn parsed(entry: &Entry, keys: Value) -> (Box<dyn Method>, View) {
    let keys = keys.as_object().cloned().unwrap_or_default();
    method_and_view(entry, keys).unwrap()
}

fn shown(photo: &Photo) -> present::Photo<'_> {
    present::Photo {
        id: &photo.id,
        name: &photo.name,
        picture: photo.picture().unwrap(),
        is_array: photo.array().unwrap().is_some(),
        changes: photo.prepared().unwrap().changes,
    }
}

/// The row of a method.
pub fn entry(name: &str) -> &'static Entry {
    let mut methods = cnn_report::methods().into_iter();
    methods.find(|entry| entry.name == name).unwrap()
}

/// Runs a whole plan without a store.
pub fn run_plan(plan: &Plan, network: &Networks) -> Vec<Presented> {
    let executed = execute(plan, network, None, Reuse::Stored, &Silent).unwrap();
    assert!(executed.failures.is_empty(), "{:?}", executed.failures);
    let tasks = plan.tasks.iter().zip(&executed.results).enumerate();
    tasks
        .map(|(index, (task, results))| {
            let found = (results.as_slice(), executed.checks_of(index));
            assemble::with_task(plan, task, found, present::present).unwrap()
        })
        .collect()
}

/// The key of a message, or the literal itself.
pub fn key(message: &Message) -> &str {
    match message {
        Message::Literal(text) => text,
        Message::Keyed { key, .. } => key,
    }
}

pub fn keys(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(key).collect()
}
