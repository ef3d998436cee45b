//! Under which key the result of a unit is stored: all that its numbers depend on, and nothing else.

use serde_json::{Map, Value, json};

use super::Networks;
use crate::explain::checks::{self, Check};
use crate::explain::{Needs, Shared, Unit};
use crate::picture::DECODING_VERSION;
use crate::plan::{Plan, Task};
use crate::store::Key;

/// What the keys of a plan have in common.
pub(super) struct Keys<'a> {
    plan: &'a Plan,
    /// By network.
    models: Vec<Value>,
    device: &'static str,
    precision: &'static str,
}

impl<'a> Keys<'a> {
    pub fn new(plan: &'a Plan, networks: &Networks) -> Self {
        let networks = networks.all();
        let (device, precision) = networks[0].model.runs_on();
        Self {
            plan,
            models: networks.iter().map(|one| one.identity().clone()).collect(),
            device,
            precision,
        }
    }

    /// Not in it: names, titles, language, view, batch size.
    pub fn of(&self, task: &Task, unit: &Unit) -> Key {
        let inputs = self.plan.inputs(task);
        let mut key = Map::new();
        let mut put = |name: &str, value: Value| {
            key.insert(name.to_owned(), value);
        };
        let shared = task.method.shared(&inputs, unit);
        let of = shared.unwrap_or_else(|| Shared {
            name: task.entry.name,
            version: task.entry.version,
            needs: task.method.needs(),
            computing: task.method.computing(&inputs),
        });
        // Random numbers are drawn by the photo's id, so that one result does not stand for another photo of the same file.
        let draws = of.computing.contains_key("seed");
        put("method", json!(of.name));
        put("version", json!(of.version));
        put("parameters", Value::Object(of.computing));
        put("unit", Value::Object(unit.key()));
        if let Some(photo) = unit.photo.and_then(|index| task.photos.get(index)) {
            let mut of_photo = json!({ "file": photo.digest, "tensor": photo.tensor_name });
            if draws {
                of_photo["id"] = json!(photo.id);
            }
            put("photo", of_photo);
        }
        put("decoding", json!(DECODING_VERSION));
        if of.needs != Needs::Nothing {
            put("model", self.models[task.model].clone());
            put(
                "preprocessing",
                json!(self.plan.model_of(task).preprocessing.as_ref()),
            );
            put("device", json!(self.device));
            put("libtorch", json!(env!("LIBTORCH_VERSION")));
        }
        if of.needs == Needs::Scores {
            put("precision", json!(self.precision)); // gradients and layers are float32 always
        }
        Key::new(Value::Object(key))
    }

    /// That of the map which is judged, and what the check adds: its random numbers, and scores.
    pub fn of_check(&self, task: &Task, unit: &Unit, check: Check) -> Key {
        let mut key = self.of(task, unit).json().clone();
        key["check"] = json!({
            "name": check.name(),
            "version": checks::VERSION,
            "seed": self.plan.seed,
        });
        key["precision"] = json!(self.precision);
        Key::new(key)
    }
}
